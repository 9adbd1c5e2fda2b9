//! An app with a signed JWT, somebody who signs, and a clock with hands.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::sync::{Arc, Mutex};

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::{SignedDuration, Timestamp};
use keystead::authn::{Outcome, Presented, Reason, Refusal};
use keystead::{
    Algorithm, AppId, AppName, AppPlan, Clock, CredentialPart, CredentialPlan, GenerateKey, KeyId, KeyName, KeySpec,
    KeyType, Keystore, Options, PublicFormat, SignedJwt, SigningKeys, StoredKeys,
};
use serde_json::{Value, json};

pub(crate) const APP: &str = "780e1d5b-ee3b-43b2-aec8-db99b99adc4e";
pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const NOW: &str = "2026-02-01T00:00:00Z";

/// A clock that stands until it is moved.
#[derive(Debug)]
pub(crate) struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl Hands {
    pub(crate) fn go(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }
}

/// Somebody with a key of one algorithm.
pub(crate) struct Signer {
    store: Keystore,
    key: KeyId,
    pub(crate) algorithm: Algorithm,
}

impl Signer {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let store = Keystore::in_memory(Options::default()).unwrap();
        let bits = (algorithm.key_type() == KeyType::Rsa).then_some(2048);
        let spec = KeySpec::new(algorithm, bits).unwrap();
        let key = store.generate(GenerateKey::new(KeyName::new("signer").unwrap(), spec)).unwrap().id();
        Self { store, key, algorithm }
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        self.store.export_public(self.key, PublicFormat::SpkiDer).unwrap()
    }

    /// The public key as a JWK with other members beside.
    pub(crate) fn jwk(&self, more: &Value) -> Value {
        let jwk = self.store.export_public(self.key, PublicFormat::Jwk).unwrap();
        let whole: Value = serde_json::from_slice(&jwk).unwrap();
        let mut jwk = json!({});
        for member in ["kty", "crv", "x", "y", "n", "e"] {
            if let Some(value) = whole.get(member) {
                jwk[member] = value.clone();
            }
        }
        for (member, value) in more.as_object().unwrap() {
            jwk[member] = value.clone();
        }
        jwk
    }

    /// A token of these texts, whatever they are.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> String {
        self.sign_with(self.algorithm, header, payload)
    }

    pub(crate) fn sign_with(&self, algorithm: Algorithm, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(payload));
        let signature = self.store.sign_with(self.key, algorithm, signed.as_bytes()).unwrap();
        format!("{signed}.{}", encode(signature.as_bytes()))
    }

    /// A token of the usual header, with claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.sign(&self.header("k"), &claims.to_string())
    }

    pub(crate) fn header(&self, kid: &str) -> String {
        json!({"alg": self.algorithm.name(), "kid": kid, "typ": "JWT"}).to_string()
    }
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// Claims that are good at [`NOW`].
pub(crate) fn claims() -> Value {
    json!({"iss": ISSUER, "sub": APP, "exp": 1_769_904_000 + 600})
}

/// [`claims`] with others beside or in place; null takes one away.
pub(crate) fn claims_with(more: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

/// A store with one app, known by a signed JWT.
pub(crate) struct Door {
    pub(crate) store: Keystore,
    pub(crate) clock: Arc<Hands>,
}

impl Door {
    pub(crate) fn new(keys: SigningKeys, policy: Option<&str>) -> Self {
        Self::try_new(keys, policy).unwrap()
    }

    pub(crate) fn try_new(keys: SigningKeys, policy: Option<&str>) -> Result<Self, keystead::Error> {
        let clock = Arc::new(Hands(Mutex::new(NOW.parse().unwrap())));
        let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
        let jwt = SignedJwt::new([ISSUER, "other issuer"], keys, policy.map(str::to_owned))?;
        let id: AppId = APP.parse().unwrap();
        let plan =
            AppPlan::new(AppName::new("app").unwrap(), CredentialPlan::new(CredentialPart::SignedJwt(jwt))).id(id);
        store.create_app(plan)?;
        Ok(Self { store, clock })
    }

    /// One whose only key is that of `signer`, by the name of `k`.
    pub(crate) fn of(signer: &Signer) -> Self {
        Self::new(stored([("k", signer.spki())]), None)
    }

    pub(crate) fn ask(&self, presented: &Presented<'_>) -> Outcome {
        self.store.authenticate(presented).unwrap()
    }

    pub(crate) fn ask_with(&self, token: &str) -> Outcome {
        self.ask(&Presented::new().app(APP.parse().unwrap()).jwt(token))
    }

    pub(crate) fn lets_in(&self, token: &str) -> bool {
        matches!(self.ask_with(token), Outcome::Authenticated(_))
    }

    pub(crate) fn refusal(&self, token: &str) -> Refusal {
        refusal(self.ask_with(token))
    }

    pub(crate) fn reason(&self, token: &str) -> Reason {
        self.refusal(token).reason
    }
}

pub(crate) fn refusal(outcome: Outcome) -> Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn stored<const N: usize>(keys: [(&str, Vec<u8>); N]) -> SigningKeys {
    SigningKeys::Stored(StoredKeys::new(keys).unwrap())
}

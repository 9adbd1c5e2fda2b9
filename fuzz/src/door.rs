//! A store with an app that is known by a signed JWT, and the key that signs for it.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use keystead::{
    Algorithm, AppId, AppName, AppPlan, Clock, CredentialPart, CredentialPlan, GenerateKey, KeyId, KeyName, KeySpec,
    Keystore, Options, PublicFormat, Result, SignedJwt, SigningKeys, StoredKeys,
};

/// The app's id.
pub const APP: &str = "780e1d5b-ee3b-43b2-aec8-db99b99adc4e";
/// Good until 2030.
pub const EXPIRES: i64 = 1_893_456_000;

/// A store, and a key in it.
pub struct Door {
    pub store: Keystore,
    key: KeyId,
}

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        "2026-02-01T00:00:00Z".parse().expect("a time")
    }
}

impl Door {
    pub fn get() -> &'static Self {
        static DOOR: OnceLock<Door> = OnceLock::new();
        DOOR.get_or_init(|| {
            let store = Keystore::in_memory(Options::default().clock(Arc::new(Stopped))).expect("a store in memory");
            let spec = KeySpec::new(Algorithm::Es256, None).expect("a kind of key");
            let request = GenerateKey::new(KeyName::new("signer").expect("a name"), spec);
            let key = store.generate(request).expect("a key").id();
            Self { store, key }
        })
    }

    /// Makes the app.
    pub fn make(&self, policy: Option<&str>) -> Result<AppId> {
        let spki = self.store.export_public(self.key, PublicFormat::SpkiDer)?;
        let keys = SigningKeys::Stored(StoredKeys::new([("k", spki)])?);
        let jwt = SignedJwt::new(["me"], keys, policy.map(str::to_owned))?;
        let id: AppId = APP.parse()?;
        let plan = CredentialPlan::new(CredentialPart::SignedJwt(jwt));
        self.store.create_app(AppPlan::new(AppName::new("app")?, plan).id(id))?;
        Ok(id)
    }

    pub fn sign(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(payload.as_bytes()));
        let signature = self.store.sign(self.key, signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", base64url(signature.as_bytes()))
    }
}

/// Base64url without padding.
pub fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let value = chunk.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            text.push(char::from(LETTERS[(value >> (18 - 6 * at) & 63) as usize]));
        }
    }
    text
}

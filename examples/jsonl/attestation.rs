//! The calls about statements: the authority that signs them, making them, judging them.

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use keystead::api::fortanix::{self, KeyAttestationResponse};
use keystead::attestation::{Claim, Policy, Profile, Statement, Verifier};
use keystead::{
    AttestationRequest, Authority, AuthorityPlan, AuthorityRenewal, AuthorityStrength, ImportAuthority, Issuer, KeyId,
    Keystore, Origin, inspect,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{Answer, quoted};
use crate::material::bytes;
use crate::native::{binary, parse};

/// Fortanix's call. Its service always has an authority, so one is made where there is none.
pub(crate) fn vendor(store: &Keystore, method: &str, path: &str, body: &str) -> Option<Answer> {
    let ("POST", "/crypto/v1/keys/key_attestation") = (method, path) else { return None };
    let response = match store.ensure_authority(&AuthorityPlan::new()) {
        Ok(_) => fortanix::call(store, method, path, body.as_bytes())?,
        Err(error) => fortanix::Failure::from(error).into(),
    };
    let body = if response.status == 200 { response.body } else { json!(response.body).to_string() };
    Some(Answer::vendor(response.status, Some(body)))
}

#[derive(Deserialize)]
struct Plan {
    strength: Option<String>,
    organization: Option<String>,
}

impl Plan {
    fn read(body: &str) -> Result<AuthorityPlan, Answer> {
        let Self { strength, organization } = parse(body)?;
        let mut plan = AuthorityPlan::new();
        plan = match strength.as_deref() {
            None => plan,
            Some("ec") => plan.strength(AuthorityStrength::Ec),
            Some("rsa") => plan.strength(AuthorityStrength::Rsa),
            Some(other) => {
                return Err(Answer::invalid(format!("strength is {}, allowed are ec and rsa", quoted(other))));
            }
        };
        Ok(match organization {
            Some(organization) => plan.organization(Issuer::new(organization)?),
            None => plan,
        })
    }
}

pub(crate) fn authority(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    Ok(shown(&store.ensure_authority(&Plan::read(body)?)?))
}

pub(crate) fn replace(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    Ok(shown(&store.replace_authority(&Plan::read(body)?)?))
}

pub(crate) fn renew(store: &Keystore) -> Result<Answer, Answer> {
    Ok(shown(&store.renew_authority()?))
}

pub(crate) fn past(store: &Keystore) -> Result<Answer, Answer> {
    let past: Vec<_> = store.past_authorities()?.iter().map(described).collect();
    Ok(Answer::ok(&json!({ "authorities": past })))
}

pub(crate) fn request(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    let request = store.authority_request(&Plan::read(body)?)?;
    Ok(Answer::ok(&json!({ "csr": Base64::encode_string(request.der()), "csr_pem": request.pem()? })))
}

pub(crate) fn discard_request(store: &Keystore) -> Result<Answer, Answer> {
    Ok(Answer::ok(&json!({ "discarded": store.discard_authority_request()? })))
}

pub(crate) fn install(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        chain: String,
    }
    let body: Body = parse(body)?;
    Ok(shown(&store.install_authority(&bytes(&body.chain))?))
}

pub(crate) fn import(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        data: String,
        chain: Option<String>,
        password: Option<String>,
    }
    let body: Body = parse(body)?;
    let mut request = ImportAuthority::new(bytes(&body.data));
    if let Some(chain) = body.chain {
        request = request.chain(bytes(&chain));
    }
    if let Some(password) = body.password {
        request = request.password(password);
    }
    Ok(shown(&store.import_authority(request)?))
}

fn shown(authority: &Authority) -> Answer {
    Answer::ok(&described(authority))
}

fn described(authority: &Authority) -> Value {
    let chain: Vec<_> = authority.chain().map(Base64::encode_string).collect();
    let renewal = match authority.renewal() {
        AuthorityRenewal::ByItself { until } => json!({ "by": "itself", "until": until.to_string() }),
        AuthorityRenewal::FromOutside { before } => json!({ "by": "outside", "before": before.to_string() }),
        _ => json!({ "by": "nobody" }),
    };
    json!({
        "authority_chain": chain,
        "not_before": authority.not_before().to_string(),
        "not_after": authority.not_after().to_string(),
        "renewal": renewal,
    })
}

pub(crate) fn attest(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        id: String,
        challenge: Option<String>,
    }
    let body: Body = parse(body)?;
    let id: KeyId = body.id.parse()?;
    let mut request = AttestationRequest::new();
    if let Some(challenge) = body.challenge {
        request = request.challenge(binary("challenge", &challenge)?)?;
    }
    let attestation = store.attest(id, &request)?;
    Ok(Answer::ok(&json!({
        "statement": Base64::encode_string(attestation.statement_der()),
        "statement_pem": attestation.statement_pem()?,
        "chain_pem": attestation.chain_pem()?,
        "renew_before": attestation.renew_authority_before().map(|at| at.to_string()),
    })))
}

pub(crate) fn verify(body: &str, now: Timestamp) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        response: Box<RawValue>,
        trust_anchor: String,
        profile: String,
        challenge: Option<String>,
        expected_key: Option<String>,
        required_claims: Option<Vec<String>>,
        max_age: Option<u64>,
    }
    let body: Body = parse(body)?;
    let response = KeyAttestationResponse::from_json(body.response.get().as_bytes());
    let response = response.map_err(|failure| Answer::invalid(format!("response: {}", failure.message())))?;
    let verifier = Verifier::new(body.profile.parse::<Profile>()?, [bytes(&body.trust_anchor)])?;
    let mut policy = Policy::new();
    if let Some(challenge) = body.challenge {
        policy = policy.challenge(binary("challenge", &challenge)?);
    }
    if let Some(key) = body.expected_key {
        policy = match key.parse::<KeyId>() {
            Ok(id) => policy.key_id(id),
            Err(_) => policy.public_key(public_key(&key)?),
        };
    }
    for name in body.required_claims.unwrap_or_default() {
        let claim = Claim::ALL.into_iter().find(|claim| called(*claim) == name);
        let unknown = || {
            let got = quoted(&name);
            Answer::invalid(format!("required_claims has {got}, allowed are generated_here and never_exportable"))
        };
        policy = policy.require(claim.ok_or_else(unknown)?);
    }
    if let Some(seconds) = body.max_age {
        policy = policy.max_age(std::time::Duration::from_secs(seconds));
    }
    let (claims, reasons) = match response.verify(&verifier, &policy, now) {
        Ok(report) => {
            let reasons = report.failures().map(|failed| format!("{}: {}", failed.check(), failed.reason()));
            (report.statement().map(claims), reasons.collect())
        }
        Err(error) => (None, vec![format!("response: {error}")]),
    };
    let valid = claims.is_some();
    Ok(Answer::ok(&json!({ "valid": valid, "claims": claims.unwrap_or_default(), "reasons": reasons })))
}

/// The public key of what may be a PEM or the base64 of DER.
fn public_key(text: &str) -> Result<Vec<u8>, Answer> {
    let wrong = "expected_key is no UUID, and no one public key as PEM or base64 of DER";
    let found = inspect(&bytes(text), None).map_err(|error| Answer::invalid(format!("expected_key: {error}")))?;
    match found.as_slice() {
        [found] => found.public_key_der().map(<[u8]>::to_vec).ok_or_else(|| Answer::invalid(wrong)),
        _ => Err(Answer::invalid(wrong)),
    }
}

fn called(claim: Claim) -> String {
    claim.as_str().replace('-', "_")
}

/// Claims by their names, facts as objects of name and value.
fn claims(statement: &Statement) -> Vec<Value> {
    let mut claims: Vec<_> = statement.claims().iter().map(|claim| json!(called(*claim))).collect();
    let at = |at: Option<Timestamp>| at.map(|at| json!(at.to_string()));
    let facts = [
        ("key_id", Some(json!(statement.key_id().to_string()))),
        ("signed_at", at(Some(statement.signed_at()))),
        ("imported", statement.origin().map(|origin| json!(origin == Origin::Imported))),
        ("created_at", at(statement.stored_since())),
        ("algorithm", statement.algorithm().map(|algorithm| json!(algorithm.name()))),
        ("exportable_since", at(statement.exportable_since())),
        ("exported_at", at(statement.exported_at())),
        ("challenge", statement.challenge().map(|challenge| json!(Base64::encode_string(challenge)))),
    ];
    let facts = facts.into_iter().filter_map(|(name, value)| Some(json!({ "name": name, "value": value? })));
    claims.extend(facts);
    claims
}

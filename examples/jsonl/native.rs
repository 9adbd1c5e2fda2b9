//! The calls of our own.

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use keystead::api::fusionauth::KeyBody;
use keystead::{Algorithm, BackupOptions, Error, GenerateKey, Issuer, KeyId, KeyName, KeySpec, Keystore, Unlock};
use serde::Deserialize;
use serde_json::json;

use crate::answer::Answer;
use crate::{apps, attestation, material, rings};

/// Does a call; `now` is its time, which the store's clock tells too.
pub(crate) fn call(store: &Keystore, call: &str, body: &str, now: Timestamp) -> Answer {
    let answer = match call {
        "generate" => generate(store, body),
        "inspect" => material::inspect(body),
        "import" => material::import(store, body),
        "export" => material::export(store, body),
        "jwks" => material::jwks(store),
        "sign" => sign(store, body),
        "verify" => verify(store, body),
        "rekey" => rekey(store, body),
        "backup" => backup(store, body),
        "verify_integrity" => verify_integrity(store),
        "anchor" => anchor(store),
        "anchor.check" => check_anchor(store, body),
        "forget_unsealed_keys" => {
            store.forget_unsealed_keys();
            Ok(Answer::ok(&json!({})))
        }
        "attestation.authority" => attestation::authority(store, body),
        "attestation.replace" => attestation::replace(store, body),
        "attestation.renew" => attestation::renew(store),
        "attestation.past" => attestation::past(store),
        "attestation.request" => attestation::request(store, body),
        "attestation.discard_request" => attestation::discard_request(store),
        "attestation.install" => attestation::install(store, body),
        "attestation.import" => attestation::import(store, body),
        "attestation.attest" => attestation::attest(store, body),
        "attestation.verify" => attestation::verify(body, now),
        _ => rings::call(store, call, body, now)
            .or_else(|| apps::call(store, call, body))
            .unwrap_or_else(|| Err(Answer::unsupported(call))),
    };
    answer.unwrap_or_else(|failure| failure)
}

impl From<Error> for Answer {
    fn from(error: Error) -> Self {
        Self::failed(&error)
    }
}

fn generate(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        algorithm: String,
        name: String,
        length: Option<u32>,
        issuer: Option<String>,
        exportable: Option<bool>,
    }
    let body: Body = parse(body)?;
    let spec = KeySpec::new(body.algorithm.parse::<Algorithm>()?, body.length)?;
    let mut request = GenerateKey::new(KeyName::new(body.name)?, spec).exportable(body.exportable.unwrap_or(false));
    if let Some(issuer) = body.issuer {
        request = request.issuer(Issuer::new(issuer)?);
    }
    Ok(Answer::ok(&KeyBody::new(&store.generate(request)?)?))
}

fn sign(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        id: String,
        algorithm: Option<String>,
        data: String,
    }
    let body: Body = parse(body)?;
    let id: KeyId = body.id.parse()?;
    let data = binary("data", &body.data)?;
    let signature = match body.algorithm {
        Some(algorithm) => store.sign_with(id, algorithm.parse()?, &data)?,
        None => store.sign(id, &data)?,
    };
    Ok(Answer::ok(&json!({ "signature": Base64::encode_string(signature.as_bytes()) })))
}

fn verify(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        id: String,
        algorithm: Option<String>,
        data: String,
        signature: String,
    }
    let body: Body = parse(body)?;
    let id: KeyId = body.id.parse()?;
    let data = binary("data", &body.data)?;
    let signature = binary("signature", &body.signature)?;
    let valid = match body.algorithm {
        Some(algorithm) => store.verify_with(id, algorithm.parse()?, &data, &signature)?,
        None => store.verify(id, &data, &signature)?,
    };
    Ok(Answer::ok(&json!({ "valid": valid })))
}

fn rekey(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        passphrase: Option<String>,
        raw_key: Option<String>,
    }
    let body: Body = parse(body)?;
    let unlock = match (body.passphrase, body.raw_key) {
        (Some(passphrase), None) => Unlock::passphrase(passphrase),
        (None, Some(hex)) => raw_key(&hex).map_err(|message| Answer::invalid(format!("raw_key: {message}")))?,
        _ => return Err(Answer::invalid("rekey takes one of passphrase and raw_key")),
    };
    store.rekey(&unlock)?;
    Ok(Answer::ok(&json!({})))
}

fn backup(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        path: String,
    }
    let body: Body = parse(body)?;
    store.backup(body.path, &BackupOptions::same_key())?;
    Ok(Answer::ok(&json!({})))
}

fn verify_integrity(store: &Keystore) -> Result<Answer, Answer> {
    let integrity = store.verify_integrity()?;
    Ok(Answer::ok(&json!({ "ok": integrity.is_ok(), "problems": integrity.problems() })))
}

fn anchor(store: &Keystore) -> Result<Answer, Answer> {
    Ok(Answer::ok(&json!({ "anchor": store.anchor()?.to_string() })))
}

fn check_anchor(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        anchor: String,
    }
    let body: Body = parse(body)?;
    store.check_anchor(&body.anchor.parse()?)?;
    Ok(Answer::ok(&json!({})))
}

/// 64 hex digits.
pub(crate) fn raw_key(hex: &str) -> Result<Unlock, String> {
    let wrong = || "it holds something else, allowed are hex digits".to_owned();
    if hex.len() != 64 {
        return Err(format!("it is {} characters, allowed are 64 hex digits", hex.chars().count()));
    }
    if !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut key = [0; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = hex.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(wrong)?;
    }
    Ok(Unlock::raw_key(key))
}

pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Answer> {
    if !body.starts_with('{') {
        return Err(Answer::invalid("body is no JSON object"));
    }
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(body))
        .map_err(|error| Answer::invalid(format!("body, field {}: {}", error.path(), error.inner())))
}

pub(crate) fn binary(field: &str, text: &str) -> Result<Vec<u8>, Answer> {
    Base64::decode_vec(text).map_err(|_| Answer::invalid(format!("{field} is no standard base64 with padding")))
}

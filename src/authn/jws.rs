//! JSON Web Signatures in the compact form (RFC 7515).
//!
//! Nothing of the payload is read here, and of the header only what says how it was signed. Keys that a header brings along
//! or points at (`jwk`, `jku`, `x5u`, `x5c`, `x5t`) are never used: RFC 7515, section 4.1, leaves that to the reader,
//! and whoever signs must not choose who is believed.

mod json;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value};

use super::outcome::{Reason, Refusal};
use crate::crypto::VerifyingKey;
use crate::model::{Algorithm, CredentialKind, Invalid, Scheme};

pub(super) use json::parse_object;

/// The most bytes of a token: what a large header of HTTP can hold, many times over.
pub(super) const MOST: usize = 64 * 1024;

/// A signed token of sound structure. Its signature was not looked at.
pub(super) struct Jws<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) header: Map<String, Value>,
    pub(super) payload: Vec<u8>,
    signed: &'a [u8],
    signature: Vec<u8>,
}

/// What is wrong with a token.
pub(super) fn refused(reason: Reason, message: impl Into<String>) -> Refusal {
    Refusal::new(CredentialKind::SignedJwt, reason, message)
}

fn malformed(message: impl Into<String>) -> Refusal {
    refused(Reason::Malformed, message)
}

impl<'a> Jws<'a> {
    /// Takes a token apart: exactly three parts, each in the one base64url that RFC 7515 (section 2) allows.
    pub(super) fn parse(token: &'a str) -> Result<Self, Refusal> {
        let (signed, header, payload, signature) = split(token)?;
        let header = parse_object(&decode("header", header)?, "header").map_err(malformed)?;
        check_extensions(&header)?;
        let algorithm = algorithm(&header)?;
        let (payload, signature) = (decode("payload", payload)?, decode("signature", signature)?);
        Ok(Self { algorithm, header, payload, signed: signed.as_bytes(), signature })
    }

    /// A member of the header that is a string, if it is there.
    pub(super) fn text(&self, member: &str) -> Result<Option<&str>, Refusal> {
        match self.header.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(malformed(format!("{member} of the header is {}, allowed is a string", kind(other)))),
        }
    }

    /// Checks the signature over the first two parts as they stand.
    pub(super) fn verify(&self, key: &VerifyingKey) -> Result<(), Refusal> {
        key.verify(self.signed, &self.signature).map_err(|_| {
            refused(Reason::BadSignature, format!("the signature is not that of the key ({})", self.algorithm))
        })
    }
}

/// The payload of a token, nothing else of which is looked at.
pub(super) fn unverified_payload(token: &str) -> Option<Vec<u8>> {
    let (_, _, payload, _) = split(token).ok()?;
    decode("payload", payload).ok()
}

/// What is signed, and the three parts.
fn split(token: &str) -> Result<(&str, &str, &str, &str), Refusal> {
    if token.len() > MOST {
        return Err(malformed(format!("the JWT has {} bytes, at most {MOST}", token.len())));
    }
    let parts = || {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        (!payload.contains('.')).then_some((signed, header, payload, signature))
    };
    parts().ok_or_else(|| {
        let found = token.bytes().filter(|byte| *byte == b'.').count() + 1;
        malformed(format!("the JWT has {found} parts, allowed are 3, with a dot between"))
    })
}

fn decode(what: &str, part: &str) -> Result<Vec<u8>, Refusal> {
    Base64UrlUnpadded::decode_vec(part)
        .map_err(|_| malformed(format!("the {what} is not base64url without padding (RFC 7515, section 2)")))
}

/// Refuses what would change the meaning of the token: nothing that a `crit` can name is understood here.
fn check_extensions(header: &Map<String, Value>) -> Result<(), Refusal> {
    if header.contains_key("crit") {
        return Err(malformed("the header has crit, of which no extension is understood (RFC 7515, section 4.1.11)"));
    }
    match header.get("b64") {
        None | Some(Value::Bool(true)) => Ok(()),
        Some(_) => Err(malformed("b64 of the header is not true, and other payloads (RFC 7797) are not understood")),
    }
}

fn algorithm(header: &Map<String, Value>) -> Result<Algorithm, Refusal> {
    const ALLOWED: &str = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and ES512";
    let wrong = |got: String| refused(Reason::WrongAlgorithm, format!("alg is {got}, allowed are {ALLOWED}"));
    match header.get("alg") {
        None => Err(malformed("the header has no alg")),
        Some(Value::String(name)) => match Algorithm::parse(name) {
            Ok(algorithm) if algorithm.scheme() != Scheme::Hmac => Ok(algorithm),
            _ => Err(wrong(Invalid::quote(name))),
        },
        Some(other) => Err(malformed(format!("alg of the header is {}, allowed is a string", kind(other)))),
    }
}

/// The kind of a value, for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

//! FusionAuth's requests, checked while they are read.

use super::Failure;
use super::json::Fields;
use crate::keystore::ImportKey;
use crate::model::{Algorithm, Invalid, Issuer, KeyName, KeySpec, KeyType, Kid, Problem, Scheme};

/// The body of a generate call.
#[derive(Clone, Debug)]
pub struct GenerateRequest {
    pub(super) name: KeyName,
    pub(super) spec: KeySpec,
    pub(super) issuer: Option<Issuer>,
}

/// The body of an import call. Its `Debug` shows no key.
#[derive(Debug)]
pub struct ImportRequest {
    pub(super) key: ImportKey,
}

/// The body of an update call.
#[derive(Clone, Debug)]
pub struct UpdateRequest {
    pub(super) name: KeyName,
}

impl GenerateRequest {
    /// Reads `{"key": {"algorithm", "name", "issuer"?, "length"?}}`. `length` is required for RSA; a blank `issuer` counts
    /// as none, and for HMAC `issuer` is ignored.
    ///
    /// # Errors
    /// 400 that names every field refused.
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        let mut fields = Fields::parse("key", body)?;
        let algorithm = match fields.text("algorithm") {
            Some(text) => {
                let parsed = vendor_algorithm(&text);
                fields.keep(parsed)
            }
            None => {
                fields.missing("algorithm");
                None
            }
        };
        let length = fields.integer("length");
        let length_refused = fields.refused.iter().any(|invalid| invalid.field == "length");
        let spec = match algorithm {
            Some(algorithm) if !length_refused => {
                let parsed = KeySpec::parse(algorithm, length);
                fields.keep(parsed)
            }
            _ => None,
        };
        let issuer = fields.text("issuer").filter(|text| !text.trim().is_empty());
        let hmac = algorithm.is_some_and(|algorithm| algorithm.scheme() == Scheme::Hmac);
        let issuer = issuer.filter(|_| !hmac).and_then(|text| {
            let parsed = Issuer::parse(text);
            fields.keep(parsed)
        });
        let name = name(&mut fields);
        match (name, spec) {
            (Some(name), Some(spec)) if fields.refused.is_empty() => Ok(Self { name, spec, issuer }),
            _ => Err(fields.into_failure()),
        }
    }
}

impl ImportRequest {
    /// Reads `{"key": {"algorithm"?, "certificate"?, "kid"?, "name", "privateKey"?, "publicKey"?, "secret"?, "type"?}}`. One
    /// of `certificate`, `publicKey`, `privateKey` and `secret` must be there; a secret is the UTF-8 text as it is.
    ///
    /// # Errors
    /// 400 that names every field that is wrong. What the keys themselves say is read by [`import`](super::import).
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        let mut fields = Fields::parse("key", body)?;
        let algorithm = fields.text("algorithm");
        let algorithm = algorithm.and_then(|text| fields.keep(vendor_algorithm(&text)));
        let key_type = fields.text("type");
        let key_type = key_type.and_then(|text| fields.keep(vendor_type(&text)));
        let kid = fields.text("kid").filter(|text| !text.trim().is_empty());
        let kid = kid.and_then(|text| fields.keep(Kid::parse(text)));
        let certificate = material(&mut fields, "certificate");
        let public_key = material(&mut fields, "publicKey");
        let private_key = material(&mut fields, "privateKey");
        let secret = material(&mut fields, "secret");
        let asymmetric = [&certificate, &public_key, &private_key].into_iter().any(Option::is_some);
        match (&secret, asymmetric) {
            (Some(_), true) => fields.refuse("secret", Problem::Invalid, "secret comes alone, without other keys"),
            (None, false) if key_type == Some(KeyType::Hmac) => fields.missing("secret"),
            (None, false) if fields.refused.is_empty() => fields.refuse(
                "publicKey",
                Problem::Missing,
                "one of certificate, publicKey, privateKey and secret is needed",
            ),
            _ => {}
        }
        let (Some(name), true) = (name(&mut fields), fields.refused.is_empty()) else {
            return Err(fields.into_failure());
        };
        let mut key = ImportKey::empty(name);
        // The private key first: what is inside it says most about the key.
        if let Some(data) = private_key {
            key = key.private_key(data);
        }
        if let Some(data) = certificate {
            key = key.certificate(data);
        }
        if let Some(data) = public_key {
            key = key.public_key(data);
        }
        if let Some(data) = secret {
            key = key.secret_text(data);
        }
        if let Some(algorithm) = algorithm {
            key = key.algorithm(algorithm);
        }
        if let Some(key_type) = key_type {
            key = key.key_type(key_type);
        }
        if let Some(kid) = kid {
            key = key.kid(kid);
        }
        Ok(Self { key })
    }
}

impl UpdateRequest {
    /// Reads `{"key": {"name"}}`. Other fields are ignored, as the vendor says: only the name can be changed.
    ///
    /// # Errors
    /// 400 that names what is wrong with the name.
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        let mut fields = Fields::parse("key", body)?;
        match name(&mut fields) {
            Some(name) => Ok(Self { name }),
            None => Err(fields.into_failure()),
        }
    }
}

/// A key in a text; a blank one is refused.
fn material(fields: &mut Fields, field: &'static str) -> Option<String> {
    let text = fields.text(field)?;
    if text.trim().is_empty() {
        fields.refuse(field, Problem::Blank, format!("{field} is blank"));
        return None;
    }
    Some(text)
}

pub(super) fn vendor_type(text: &str) -> Result<KeyType, Invalid> {
    let known = [KeyType::Ec, KeyType::Rsa, KeyType::Hmac];
    known.into_iter().find(|known| known.name() == text).ok_or_else(|| {
        let problem = if text.trim().is_empty() { Problem::Blank } else { Problem::Invalid };
        Invalid::new("type", problem, format!("type is {}, allowed are EC, RSA, HMAC", Invalid::quote(text)))
    })
}

fn name(fields: &mut Fields) -> Option<KeyName> {
    match fields.text("name") {
        Some(text) => {
            let parsed = KeyName::parse(text);
            fields.keep(parsed)
        }
        None => {
            fields.missing("name");
            None
        }
    }
}

/// The vendor knows nine algorithms: no PSS.
pub(super) fn vendor_algorithm(text: &str) -> Result<Algorithm, Invalid> {
    let known = |algorithm: &Algorithm| algorithm.scheme() != Scheme::RsaPss;
    Algorithm::parse(text).ok().filter(known).ok_or_else(|| {
        let allowed: Vec<_> = Algorithm::ALL.iter().filter(|algorithm| known(algorithm)).map(|a| a.name()).collect();
        Invalid::new(
            "algorithm",
            if text.trim().is_empty() { Problem::Blank } else { Problem::Invalid },
            format!("algorithm is {}, allowed are {}", Invalid::quote(text), allowed.join(", ")),
        )
    })
}

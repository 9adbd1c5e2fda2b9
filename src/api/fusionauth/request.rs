//! FusionAuth's requests, checked while they are read.

use super::Failure;
use super::json::Fields;
use crate::model::{Algorithm, Invalid, Issuer, KeyName, KeySpec, Problem, Scheme};

/// The body of a generate call.
#[derive(Clone, Debug)]
pub struct GenerateRequest {
    pub(super) name: KeyName,
    pub(super) spec: KeySpec,
    pub(super) issuer: Option<Issuer>,
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
        let mut fields = Fields::parse(body)?;
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

impl UpdateRequest {
    /// Reads `{"key": {"name"}}`. Other fields are ignored, as the vendor says: only the name can be changed.
    ///
    /// # Errors
    /// 400 that names what is wrong with the name.
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        let mut fields = Fields::parse(body)?;
        match name(&mut fields) {
            Some(name) => Ok(Self { name }),
            None => Err(fields.into_failure()),
        }
    }
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
fn vendor_algorithm(text: &str) -> Result<Algorithm, Invalid> {
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

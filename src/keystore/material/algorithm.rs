//! What a key is meant for.

use super::{Kind, Material};
use crate::crypto;
use crate::error::{Error, Result};
use crate::model::{Algorithm, Invalid, KeyType, Problem, Scheme};

/// The algorithm asked for, else the one that the key came with, else the usual one: when it fits the key.
pub(in crate::keystore) fn algorithm(material: &Material, wanted: Option<Algorithm>) -> Result<Algorithm> {
    let invalid = |message: String| Err(Invalid::new("algorithm", Problem::Invalid, message).into());
    let kind = &material.kind;
    let hinted = material.hints.algorithm.as_deref().map(jwk_algorithm).transpose()?;
    let algorithm = match (wanted, hinted) {
        (Some(wanted), Some(hinted)) if wanted != hinted => {
            return invalid(format!("algorithm is {wanted}, the JWK is for {hinted}"));
        }
        (wanted, hinted) => wanted.or(hinted).unwrap_or_else(|| kind.usual_algorithm()),
    };
    let fits = match kind.public() {
        Some(public) => algorithm.key_type() == public.key_type && algorithm.curve() == public.curve,
        None => algorithm.key_type() == KeyType::Hmac,
    };
    if !fits {
        let what = match kind.curve() {
            Some(curve) => format!("EC on {}", curve.name()),
            None => format!("{} of {} bits", kind.key_type(), kind.bits()),
        };
        return invalid(format!("algorithm is {algorithm}, the key is {what}"));
    }
    if let (Kind::Public(public), Scheme::RsaPss) = (kind, algorithm.scheme()) {
        crypto::VerifyingKey::from_spki(algorithm, &public.spki)?;
    }
    Ok(algorithm)
}

/// A JWK's `alg`; one that is for something else than signatures cannot be taken for one that is.
fn jwk_algorithm(alg: &str) -> Result<Algorithm> {
    Algorithm::parse(alg).map_err(|refused| {
        Error::from(Invalid::new("algorithm", Problem::Unsupported, format!("the JWK's {}", refused.message)))
    })
}

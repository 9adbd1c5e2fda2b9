//! Encodings: PEM, public keys as SubjectPublicKeyInfo, JWK thumbprints.
//!
//! Bytes to forms and back. Nothing here encrypts, signs or checks that a key is sound: that is `crypto`'s.

mod pem;
mod public_key;
mod thumbprint;

use der::asn1::ObjectIdentifier;

use crate::model::Curve;

pub(crate) use pem::pem;
pub(crate) use public_key::spki_facts;
pub(crate) use thumbprint::jwk_thumbprint_input;

/// Why bytes could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CodecError {
    #[error("PEM could not be written: {0}")]
    Pem(der::pem::Error),
    #[error("public key is malformed: {0}")]
    Der(#[from] der::Error),
    #[error("public key has {0} unused bits, allowed are none")]
    UnusedBits(u8),
    #[error("public key has algorithm {0}, allowed are {rsa} (RSA) and {ec} (EC)", rsa = public_key::RSA, ec = public_key::EC)]
    Algorithm(ObjectIdentifier),
    #[error("RSA public key has algorithm parameters that are not NULL")]
    RsaParameters,
    #[error("EC public key has no named curve, allowed are {}", public_key::curve_words())]
    NoNamedCurve,
    #[error("EC public key has curve {oid}, allowed are {}", public_key::curve_words())]
    Curve { oid: ObjectIdentifier },
    #[error("EC point is {got}, {} allows {allowed} bytes that begin with 04", curve.name())]
    Point { got: String, curve: Curve, allowed: usize },
}

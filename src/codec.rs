//! Encodings: PEM, DER, PKCS#7 and JWK, read into documents and written again; JWK thumbprints, OpenSSH blobs.
//!
//! Bytes to forms and back. Nothing here encrypts, signs or checks that a key is sound: that is `crypto`'s.

mod document;
mod pem;
mod public_key;
mod read;
mod thumbprint;
mod tlv;
mod write;

use der::asn1::ObjectIdentifier;

use crate::model::Curve;

pub(crate) use document::{Content, Document, Hints, Item};
pub(crate) use pem::{LineEnding, pem, pem_with, secret_pem};
pub(crate) use public_key::spki_facts;
pub(crate) use read::{ReadError, read_document, read_pkcs8, read_secret_text};
pub(crate) use thumbprint::jwk_thumbprint_input;
pub(crate) use write::{
    JwkFacts, jwk_private, jwk_public, jwk_secret, pkcs1_private, pkcs1_public, pkcs7, sec1_private, ssh_blob,
};

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
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{form} holds {wanted} keys alone, the key is {got}")]
    WrongType { form: &'static str, wanted: &'static str, got: &'static str },
    #[error("EC private key carries no public point")]
    NoPoint,
}

//! Encodings: PEM, DER, PKCS#7, PKCS#12 and JWK, read into documents and written again; JWK thumbprints, OpenSSH blobs.
//!
//! Bytes to forms and back. Nothing here encrypts, signs or checks that a key is sound: that is `crypto`'s.

mod document;
#[cfg(test)]
mod judged_by_openssl;
mod pem;
mod pkcs12;
mod public_key;
mod read;
#[cfg(test)]
mod rfc_keys;
mod thumbprint;
mod tlv;
mod write;

#[cfg(test)]
mod pkcs12_judged_by_openssl;

use der::asn1::ObjectIdentifier;

use crate::model::Curve;

pub(crate) use document::{Content, Document, Hints, Item};
pub(crate) use pem::{LineEnding, pem, pem_with, secret_pem};
pub(crate) use pkcs12::{
    MacFacts, NewPkcs12, Pkcs12Content, Pkcs12Entry, Pkcs12Password, hmac_algorithm, read_pkcs12, write_pkcs12,
};
pub(crate) use public_key::spki_facts;
pub(crate) use read::{ReadError, hides_key, read_document, read_pkcs8, read_secret_text};
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
    #[error("PKCS#12 is malformed in its {place}: {error}")]
    Pkcs12Malformed { place: &'static str, error: der::Error },
    #[error("PKCS#12 has an indefinite length in its {0}, which is BER, allowed is DER")]
    Pkcs12Ber(&'static str),
    #[error("PKCS#12 has version {0}, allowed is 3")]
    Pkcs12Version(u64),
    #[error("PKCS#12 has no MAC, so that nothing shows whether it was changed")]
    Pkcs12NoMac,
    #[error("PKCS#12 {what}, allowed {allowed}")]
    Pkcs12Unsupported { what: String, allowed: &'static str },
    #[error("PKCS#12 has an attribute {kind} that {what}")]
    Pkcs12Attribute { kind: ObjectIdentifier, what: &'static str },
    #[error("PKCS#12 holds more than {0} objects")]
    Pkcs12Objects(usize),
    #[error("PKCS#12 is nested more than {0} deep")]
    Pkcs12Depth(usize),
    #[error("PKCS#12 could not be written: {0}")]
    Pkcs12Unwritable(der::Error),
}

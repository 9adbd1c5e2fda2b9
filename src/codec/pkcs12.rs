//! PKCS#12 (RFC 7292): several keys and certificates in one file under a password. Read and written in DER.
//!
//! Nothing here encrypts: who calls brings the password, see [`Pkcs12Password`].

mod fields;
mod read;
mod write;

use der::asn1::ObjectIdentifier;

use super::CodecError;
use crate::model::Algorithm;
use crate::secret::SecretBytes;

pub(crate) use read::read_pkcs12;
pub(crate) use write::{NewPkcs12, write_pkcs12};

/// What takes the password to do.
pub(crate) trait Pkcs12Password {
    type Error: From<CodecError>;

    /// Checks the MAC of `content`, before anything is decrypted.
    fn verify_mac(&mut self, mac: &MacFacts, content: &[u8]) -> Result<(), Self::Error>;

    /// Decrypts `data` as `algorithm`, an `AlgorithmIdentifier` in DER, says.
    fn decrypt(&mut self, algorithm: &[u8], data: &[u8]) -> Result<SecretBytes, Self::Error>;
}

/// `MacData`, RFC 7292 section 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MacFacts {
    /// `AlgorithmIdentifier` in DER.
    pub(crate) algorithm: Vec<u8>,
    pub(crate) digest: Vec<u8>,
    pub(crate) salt: Vec<u8>,
    pub(crate) iterations: u64,
}

/// One key, certificate or secret.
#[derive(Debug)]
pub(crate) struct Pkcs12Entry {
    pub(crate) content: Pkcs12Content,
    /// What `keytool` calls the alias.
    pub(crate) friendly_name: Option<String>,
    /// The same for a key and its certificate.
    pub(crate) local_key_id: Option<Box<[u8]>>,
}

#[derive(Debug)]
pub(crate) enum Pkcs12Content {
    /// PKCS#8 in DER.
    PrivateKey(SecretBytes),
    /// X.509 in DER.
    Certificate(Box<[u8]>),
    /// A secret as Java wraps it: like a private key, under the identifier of its own algorithm.
    Secret { algorithm: ObjectIdentifier, secret: SecretBytes },
}

/// The algorithm of an HMAC key as Java names it: the identifiers of RFC 8018, appendix B.1.2.
pub(crate) fn hmac_algorithm(oid: ObjectIdentifier) -> Option<Algorithm> {
    const HMACS: [(ObjectIdentifier, Algorithm); 3] = [
        (ObjectIdentifier::new_unwrap("1.2.840.113549.2.9"), Algorithm::Hs256),
        (ObjectIdentifier::new_unwrap("1.2.840.113549.2.10"), Algorithm::Hs384),
        (ObjectIdentifier::new_unwrap("1.2.840.113549.2.11"), Algorithm::Hs512),
    ];
    HMACS.into_iter().find_map(|(known, algorithm)| (known == oid).then_some(algorithm))
}

/// Objects in one file: content infos and bags.
const MOST_OBJECTS: usize = 256;
/// Bags within bags.
const MOST_DEPTH: usize = 32;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const CRL_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.4");
const SECRET_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.5");
const SAFE_CONTENTS_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.6");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");

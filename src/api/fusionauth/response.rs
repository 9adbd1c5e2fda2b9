//! FusionAuth's key as JSON: every field of its documented examples, and no other.

use serde::Serialize;

use crate::error::Result;
use crate::keystore::CertificateInformation;
use crate::model::{Algorithm, Issuer, Key, KeyType};

/// `{"key": {...}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeyResponse {
    /// The key.
    pub key: KeyBody,
}

/// `{"keys": [...]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeysResponse {
    /// The keys, in the order of insertion.
    pub keys: Vec<KeyBody>,
}

/// A key. Fields that are `None` are left out of the JSON: for HMAC all of `certificate`, `certificateInformation`,
/// `expirationInstant`, `hasPrivateKey`, `issuer`, `length` and `publicKey`. Instants are UNIX milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KeyBody {
    /// The algorithm, for example `RS256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// The certificate, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// What the certificate says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_information: Option<CertificateInformationBody>,
    /// When the certificate ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_instant: Option<i64>,
    /// Whether the private key is in the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_private_key: Option<bool>,
    /// The UUID, lower case.
    pub id: String,
    /// When the key was inserted.
    pub insert_instant: i64,
    /// The issuer of the certificate, bare.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The key identifier.
    pub kid: String,
    /// When the key was last changed.
    pub last_update_instant: i64,
    /// The length in bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// The name.
    pub name: String,
    /// The public key, SPKI PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// `EC`, `HMAC` or `RSA`.
    #[serde(rename = "type")]
    pub key_type: String,
}

/// What a certificate says. Fingerprints are upper-case hex with colons, thumbprints base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CertificateInformationBody {
    /// The issuer's name, for example `CN=acme.com`.
    pub issuer: String,
    /// MD5 of the certificate.
    pub md5_fingerprint: String,
    /// The serial number's DER octets, upper-case hex with colons.
    pub serial_number: String,
    /// SHA-1 of the certificate.
    pub sha1_fingerprint: String,
    /// SHA-1 of the certificate.
    pub sha1_thumbprint: String,
    /// SHA-256 of the certificate.
    pub sha256_fingerprint: String,
    /// SHA-256 of the certificate.
    pub sha256_thumbprint: String,
    /// The subject's name.
    pub subject: String,
    /// The start of its validity.
    pub valid_from: i64,
    /// The end of its validity.
    pub valid_to: i64,
}

impl KeyBody {
    /// Shows a key as FusionAuth does.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when its certificate does not parse, which was checked when it came in.
    pub fn new(key: &Key) -> Result<Self> {
        let asymmetric = key.key_type() != KeyType::Hmac;
        Ok(Self {
            algorithm: key.algorithm().map(|algorithm| Algorithm::name(algorithm).into()),
            certificate: key.certificate_pem()?,
            certificate_information: key.certificate_information()?.as_ref().map(CertificateInformationBody::new),
            expiration_instant: key.expires_at().map(jiff::Timestamp::as_millisecond),
            has_private_key: asymmetric.then(|| key.has_private_key()),
            id: key.id().to_string(),
            insert_instant: key.inserted_at().as_millisecond(),
            issuer: key.issuer().map(Issuer::to_string),
            kid: key.kid().to_string(),
            last_update_instant: key.updated_at().as_millisecond(),
            length: asymmetric.then(|| key.bits()),
            name: key.name().to_string(),
            public_key: key.public_key_pem()?,
            key_type: key.key_type().name().into(),
        })
    }
}

impl CertificateInformationBody {
    /// Shows what a certificate says as FusionAuth does.
    #[must_use]
    pub fn new(information: &CertificateInformation) -> Self {
        Self {
            issuer: information.issuer().into(),
            md5_fingerprint: information.md5_fingerprint().to_colon_hex(),
            serial_number: information.serial_number().into(),
            sha1_fingerprint: information.sha1_fingerprint().to_colon_hex(),
            sha1_thumbprint: information.sha1_fingerprint().to_base64url(),
            sha256_fingerprint: information.sha256_fingerprint().to_colon_hex(),
            sha256_thumbprint: information.sha256_fingerprint().to_base64url(),
            subject: information.subject().into(),
            valid_from: information.valid_from().as_millisecond(),
            valid_to: information.valid_to().as_millisecond(),
        }
    }
}

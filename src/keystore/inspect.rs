//! Telling what bytes are, without a store.

use super::fingerprints::thumbprint;
use super::material::{self, Material};
use crate::crypto::KdfBudget;
use crate::error::Result;
use crate::model::{Algorithm, Certificates, Curve, Fingerprint, Form, KeyType, Kid};
use crate::secret::SecretBytes;
use crate::x509::{self, CertificateInformation};

/// What a key in some bytes is. It holds no private key and no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    form: Form,
    key_type: KeyType,
    bits: u32,
    curve: Option<Curve>,
    has_private_key: bool,
    algorithm: Algorithm,
    public_key: Option<Box<[u8]>>,
    jwk_thumbprint: Option<Fingerprint>,
    certificates: Option<Certificates>,
    certificate_information: Option<CertificateInformation>,
    kid: Option<Kid>,
    usage: Option<String>,
    name: Option<String>,
}

/// Says what bytes are and checks them as [`Keystore::import`](crate::Keystore::import) does. One answer for each key:
/// a set of keys, a store of another program or a file of several certificates gives several. Whether the factors of an
/// RSA key are prime, which takes milliseconds, is tested when it is the only key, and in any case on import.
///
/// ```
/// use keystead::inspect;
///
/// let pem = include_bytes!("../../tests/data/fusionauth-seed.pem");
/// let found = inspect(pem, None)?;
/// assert_eq!(found[0].form().to_string(), "certificate-pem");
/// assert_eq!(found[0].bits(), 2048);
/// assert_eq!(found[0].certificate_information().unwrap().issuer(), "CN=acme.com");
///
/// let refused = inspect(b"hello", None).unwrap_err();
/// assert_eq!(refused.kind(), keystead::ErrorKind::InvalidInput);
/// # Ok::<(), keystead::Error>(())
/// ```
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for what cannot be read or would be refused, and for what is
/// encrypted when the password is missing or wrong; [`Unsupported`](crate::ErrorKind::Unsupported) for keys and encryptions
/// that are known and not taken.
pub fn inspect(data: &[u8], password: Option<&SecretBytes>) -> Result<Vec<Inspection>> {
    let pieces = material::open("data", data, password, true, &mut KdfBudget::default())?;
    let found = material::group(pieces)?;
    if let [only] = found.as_slice() {
        only.test_primes()?;
    }
    found.iter().map(Inspection::new).collect()
}

impl Inspection {
    pub(super) fn new(material: &Material) -> Result<Self> {
        let kind = &material.kind;
        let public_key = kind.public().map(|public| public.spki.clone());
        let jwk_thumbprint = public_key.as_deref().map(thumbprint).transpose()?;
        let certificate = material.certificates.as_ref().map(Certificates::leaf);
        Ok(Self {
            form: material.form,
            key_type: kind.key_type(),
            bits: kind.bits(),
            curve: kind.curve(),
            has_private_key: kind.has_private(),
            algorithm: material::algorithm(material, None)?,
            public_key,
            jwk_thumbprint,
            certificate_information: certificate.map(x509::parse).transpose()?,
            certificates: material.certificates.clone(),
            kid: material.hints.kid.clone().map(Kid::parse).transpose()?,
            usage: material.hints.usage.clone(),
            name: material.hints.name.clone(),
        })
    }

    /// How the key was written down; for a key with its certificate in one file, the key.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// RSA, EC or HMAC.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The length in bits: of the modulus, the field or the secret.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// The curve of an EC key.
    #[must_use]
    pub const fn curve(&self) -> Option<Curve> {
        self.curve
    }

    /// Whether the private key or secret is there.
    #[must_use]
    pub const fn has_private_key(&self) -> bool {
        self.has_private_key
    }

    /// The algorithm that an import would give it when none is named.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key as SubjectPublicKeyInfo in DER, an EC point uncompressed. `None` for a secret.
    #[must_use]
    pub fn public_key_der(&self) -> Option<&[u8]> {
        self.public_key.as_deref()
    }

    /// The public key as SPKI PEM (RFC 7468), lines ending in LF, no line end at the end. `None` for a secret.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal), never seen.
    pub fn public_key_pem(&self) -> Result<Option<String>> {
        self.public_key_der().map(|der| super::describe::pem("PUBLIC KEY", der)).transpose()
    }

    /// The SHA-256 JWK thumbprint, RFC 7638. `None` for a secret, whose digest nobody should publish.
    #[must_use]
    pub const fn jwk_thumbprint(&self) -> Option<Fingerprint> {
        self.jwk_thumbprint
    }

    /// What the key's certificate says, when one is there.
    #[must_use]
    pub const fn certificate_information(&self) -> Option<&CertificateInformation> {
        self.certificate_information.as_ref()
    }

    /// The key's certificate and those above it, each in DER and followed by its issuer's.
    pub fn certificate_chain(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates.iter().flat_map(Certificates::iter)
    }

    /// The `kid` of a JWK.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_ref().map(Kid::as_str)
    }

    /// The `use` of a JWK. The store does not keep it: what it holds signs and verifies.
    #[must_use]
    pub fn usage(&self) -> Option<&str> {
        self.usage.as_deref()
    }

    /// The friendly name (alias) in a PKCS#12.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

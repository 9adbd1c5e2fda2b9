//! What is asked for when a key is to be taken in, and how its bytes are to be understood.

use super::Inspection;
use super::material::{self, Kind, Material, refuse};
use crate::codec;
use crate::crypto::KdfBudget;
use crate::error::Result;
use crate::model::{
    Algorithm, Armour, Certificates, Form, Invalid, Issuer, KeyId, KeyName, KeyType, Kid, Problem, Scheme,
    SecretEncoding, Structure,
};
use crate::secret::SecretBytes;

/// The longest HMAC secret.
const MOST_SECRET: usize = 4096;

/// A key to take in. What its bytes are is found out; the setters return the request, so that calls chain.
///
/// ```
/// use keystead::{Algorithm, ImportKey, KeyName};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let pem = include_str!("../../tests/data/fusionauth-seed.pem");
/// let request = ImportKey::new(KeyName::new("partner")?, pem).algorithm(Algorithm::Rs384);
/// let store = keystead::Keystore::in_memory(keystead::Options::default())?;
/// let imported = store.import(request)?;
/// assert_eq!(imported.form.to_string(), "certificate-pem");
/// assert_eq!(imported.key.bits(), 2048);
/// assert!(!imported.key.has_private_key());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ImportKey {
    pub(super) name: KeyName,
    inputs: Vec<(&'static str, SecretBytes)>,
    secret: Option<SecretEncoding>,
    pub(super) id: Option<KeyId>,
    algorithm: Option<Algorithm>,
    pub(super) kid: Option<Kid>,
    pub(super) issuer: Option<Issuer>,
    password: Option<SecretBytes>,
    key_type: Option<KeyType>,
    pub(super) exportable: bool,
    allow_short_secret: bool,
}

impl ImportKey {
    /// A key from bytes of any of the manual's [formats](crate::manual::formats): PEM, DER, base64 of DER, JSON. A private key,
    /// its public half, its certificate and the chain above that may come in one input.
    ///
    /// It is not exportable, has a random id and, unless its bytes say more, the usual algorithm of its type.
    #[must_use]
    pub fn new(name: KeyName, data: impl Into<SecretBytes>) -> Self {
        Self::empty(name).input("data", data.into())
    }

    /// A request without any bytes yet.
    pub(crate) fn empty(name: KeyName) -> Self {
        Self {
            name,
            inputs: Vec::new(),
            secret: None,
            id: None,
            algorithm: None,
            kid: None,
            issuer: None,
            password: None,
            key_type: None,
            exportable: false,
            allow_short_secret: false,
        }
    }

    /// One request for each key in `data`, for sets of keys (JWKS), stores of other programs (PKCS#12) and files of several
    /// certificates. `name` names each key when it has seen what it is; names within `data` are in
    /// [`Inspection::name`] and [`Inspection::kid`].
    ///
    /// # Errors
    /// As [`inspect`](crate::inspect), and what `name` says.
    pub fn each_of(
        data: &[u8],
        password: Option<&SecretBytes>,
        mut name: impl FnMut(&Inspection) -> Result<KeyName>,
    ) -> Result<Vec<Self>> {
        let pieces = material::open("data", data, password, true, &mut KdfBudget::default())?;
        let mut requests = Vec::new();
        for material in material::group(pieces)? {
            let inspection = Inspection::new(&material)?;
            let mut request = Self::empty(name(&inspection)?);
            request.algorithm = Some(material::algorithm(&material, None)?);
            request.kid = material.hints.kid.clone().map(Kid::parse).transpose()?;
            request = match &material.kind {
                Kind::Private(key, _) => request.input("data", key.to_private()?),
                Kind::Public(public) => request.input("data", SecretBytes::copy_from(&public.spki)),
                Kind::Secret(secret) => request.input("data", secret.clone_secret()).secret(SecretEncoding::Raw),
            };
            for der in material.certificates.iter().flat_map(Certificates::iter) {
                request = request.input("certificate", SecretBytes::copy_from(der));
            }
            requests.push(request);
        }
        Ok(requests)
    }

    /// The certificate, and the chain above it, when it is apart from the key.
    #[must_use]
    pub fn certificate(self, data: impl Into<SecretBytes>) -> Self {
        self.input("certificate", data.into())
    }

    /// The public key, when it is apart from the private one. It must be its half.
    #[must_use]
    pub fn public_key(self, data: impl Into<SecretBytes>) -> Self {
        self.input("publicKey", data.into())
    }

    pub(crate) fn private_key(self, data: impl Into<SecretBytes>) -> Self {
        self.input("privateKey", data.into())
    }

    /// An HMAC secret that is the text as it is.
    pub(crate) fn secret_text(self, text: String) -> Self {
        self.input("secret", text.into()).secret(SecretEncoding::Text)
    }

    fn input(mut self, field: &'static str, data: SecretBytes) -> Self {
        self.inputs.push((field, data));
        self
    }

    /// Says that the data is an HMAC secret, and how it is written. It is refused when it reads as a key or certificate.
    #[must_use]
    pub fn secret(mut self, encoding: SecretEncoding) -> Self {
        self.secret = Some(encoding);
        self
    }

    /// The id, random (UUID version 4) unless given.
    #[must_use]
    pub fn id(mut self, id: KeyId) -> Self {
        self.id = Some(id);
        self
    }

    /// What the key is meant for. Without it: the JWK's `alg`; else by the curve, RS256 for RSA, and for a secret the
    /// longest hash that it suffices for. With an HMAC algorithm, bytes that read as nothing else are the secret.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// The type that the key must have.
    #[must_use]
    pub fn key_type(mut self, key_type: KeyType) -> Self {
        self.key_type = Some(key_type);
        self
    }

    /// The key identifier. Without it: the JWK's; else the certificate's `x5t` when one came along, the SHA-256 JWK
    /// thumbprint when none did, 10 random hex digits for a secret.
    #[must_use]
    pub fn kid(mut self, kid: Kid) -> Self {
        self.kid = Some(kid);
        self
    }

    /// Issuer and subject of the certificate of ten years that a key pair gets when none came along.
    #[must_use]
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// Opens encrypted PKCS#8 and PKCS#12. UTF-8.
    #[must_use]
    pub fn password(mut self, password: impl Into<SecretBytes>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Whether the private key or secret may ever leave the store. Cannot be changed later.
    #[must_use]
    pub fn exportable(mut self, exportable: bool) -> Self {
        self.exportable = exportable;
        self
    }

    /// Takes an HMAC secret that is shorter than its hash, against RFC 7518 section 3.2.
    #[must_use]
    pub fn allow_short_secret(mut self, allow: bool) -> Self {
        self.allow_short_secret = allow;
        self
    }
}

impl ImportKey {
    /// The one key that the inputs are.
    pub(super) fn material(&self) -> Result<Material> {
        let field = self.inputs.first().map_or("data", |(field, _)| field);
        if let Some(secret) = self.as_secret()? {
            let form = Form { structure: Structure::Secret, armour: Armour::Raw };
            let kind = Kind::Secret(secret);
            return Ok(Material { field, form, kind, certificates: None, facts: None, hints: codec::Hints::default() });
        }
        let mut budget = KdfBudget::default();
        let mut pieces = Vec::new();
        for (field, data) in &self.inputs {
            let raw = self.inputs.len() == 1 && self.algorithm.is_none();
            let found = material::open(field, data.expose_secret(), self.password.as_ref(), raw, &mut budget)?;
            material::expect(field, &found)?;
            pieces.extend(found);
        }
        material::only(field, material::group(pieces)?)
    }

    /// The HMAC secret that the data is, because the caller said so.
    fn as_secret(&self) -> Result<Option<SecretBytes>> {
        let hmac = self.algorithm.is_some_and(|algorithm| algorithm.scheme() == Scheme::Hmac);
        if self.secret.is_none() && !hmac {
            return Ok(None);
        }
        let [(field, data)] = self.inputs.as_slice() else {
            return Err(refuse("secret", "a secret comes alone, without certificate or public key"));
        };
        let data = data.expose_secret();
        if data.len() > material::MOST_BYTES {
            return Err(refuse(field, format!("it is {} bytes, at most {}", data.len(), material::MOST_BYTES)));
        }
        let Some(encoding) = self.secret else {
            // Only what reads as nothing else is a secret; a JWK is read as one, and a mistaken one refused as one. Of random
            // bytes too, one in 256 begins with a brace, but then it is no UTF-8.
            let json = data.trim_ascii_start().first() == Some(&b'{') && std::str::from_utf8(data).is_ok();
            let unrecognised = codec::read_document(data).is_err_and(|error| error.is_unrecognised());
            return match material::refuse_key_as_secret(field, data) {
                _ if json => Ok(None),
                Ok(()) => Ok(Some(SecretBytes::copy_from(data))),
                Err(refused) if unrecognised => Err(refused),
                // Whoever reads it says more about it.
                Err(_) => Ok(None),
            };
        };
        let secret = codec::read_secret_text(data, encoding).map_err(|error| material::read_failed(field, &error))?;
        material::refuse_key_as_secret(field, data)?;
        material::refuse_key_as_secret(field, secret.expose_secret())?;
        Ok(Some(secret))
    }

    /// Checks what is asked for against what the key is, and gives its algorithm.
    pub(super) fn check(&self, material: &Material) -> Result<Algorithm> {
        let kind = &material.kind;
        if let Some(wanted) = self.key_type.filter(|wanted| *wanted != kind.key_type()) {
            let message = format!("type is {wanted}, the key is {}", kind.key_type());
            return Err(Invalid::new("type", Problem::Invalid, message).into());
        }
        let algorithm = material::algorithm(material, self.algorithm)?;
        if let Kind::Secret(secret) = kind {
            self.check_secret(secret.len(), algorithm)?;
        }
        material.test_primes()?;
        Ok(algorithm)
    }

    fn check_secret(&self, len: usize, algorithm: Algorithm) -> Result<()> {
        let least = if self.allow_short_secret { 1 } else { algorithm.hash().output_len() };
        if (least..=MOST_SECRET).contains(&len) {
            return Ok(());
        }
        let message = format!(
            "the secret is {len} bytes, {algorithm} allows {least} to {MOST_SECRET} bytes: RFC 7518, section 3.2"
        );
        Err(Invalid::new("secret", Problem::InvalidLength, message).into())
    }
}

//! Taking in keys from outside.

use super::generate::taken;
use super::material::{self, Kind, Material, refuse};
use super::{Inspection, Keystore};
use crate::codec;
use crate::crypto::{self, KdfBudget};
use crate::error::{Error, Result};
use crate::model::{
    Algorithm, Certificates, Fingerprint, Form, Invalid, Issuer, Key, KeyId, KeyName, KeyType, Kid, NewRow, Origin,
    Problem, Scheme, SecretEncoding, Structure,
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
    name: KeyName,
    inputs: Vec<(&'static str, SecretBytes)>,
    secret: Option<SecretEncoding>,
    id: Option<KeyId>,
    algorithm: Option<Algorithm>,
    kid: Option<Kid>,
    issuer: Option<Issuer>,
    password: Option<SecretBytes>,
    key_type: Option<KeyType>,
    exportable: bool,
    allow_short_secret: bool,
}

/// A key that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// The key.
    pub key: Key,
    /// Keys that were there before and have the same public key or the same secret: the 16 oldest, oldest first. A secret
    /// that was made here and never exported is not recognised.
    pub same_as: Vec<KeyId>,
    /// What its bytes were.
    pub form: Form,
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
            request.algorithm = hinted_algorithm(&material)?;
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

impl Keystore {
    /// Takes in a key. When it returns, the key is on disk.
    ///
    /// The same key may be in the store under several names; [`Imported::same_as`] tells. A key pair without a
    /// certificate gets a self-signed one. What is refused, and why, is in the manual's
    /// [decisions](crate::manual::decisions).
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) says what the bytes looked like, where they stopped making sense and
    /// what would be accepted; [`Unsupported`](crate::ErrorKind::Unsupported) for keys and encryptions that are known and
    /// not taken; [`Duplicate`](crate::ErrorKind::Duplicate) when the id or name is taken; and those of every write, see
    /// [`rename`](Self::rename).
    pub fn import(&self, request: ImportKey) -> Result<Imported> {
        let (row, form) = self.prepare_import(&request)?;
        let key = row.record.key.clone();
        let written = self.0.database.insert(&row).map_err(|error| taken(error, &key))?;
        Ok(Imported { key, same_as: written.same_as, form })
    }

    /// All of a key from outside that can be computed before the file is touched.
    pub(super) fn prepare_import(&self, request: &ImportKey) -> Result<(NewRow, Form)> {
        let Material { form, kind, mut certificates, mut facts, hints } = request.material()?;
        let algorithm = request.check(&kind, &hints)?;
        let inserted_at = self.now();
        let id = match request.id {
            Some(id) => id,
            None => KeyId::from_random_bytes(crypto::random_bytes(&*self.0.options.entropy)?),
        };
        let kid = match (&request.kid, hints.kid) {
            (Some(kid), _) => kid.clone(),
            (None, Some(kid)) => Kid::parse(kid)?,
            (None, None) => self.usual_kid(&kind, certificates.as_ref())?,
        };
        let (key_type, bits, has_private) = (kind.key_type(), kind.bits(), kind.has_private());
        let public_key = kind.public().map(|public| public.spki.clone());
        let private = match kind {
            Kind::Private(key, public) => {
                let key = key.rebind(algorithm)?;
                if certificates.is_none() {
                    let made = self.certify(id, request.issuer.as_ref(), inserted_at, &key, &public.spki)?;
                    facts = Some(crate::x509::CertificateFacts::read(&made.certificate)?);
                    certificates = Certificates::new(made.certificate);
                }
                Some(key.to_private()?)
            }
            Kind::Public(_) => None,
            Kind::Secret(secret) => Some(secret),
        };
        let key = Key {
            id,
            name: request.name.clone(),
            key_type,
            algorithm: Some(algorithm),
            bits,
            kid,
            issuer: facts.as_ref().and_then(material::issuer),
            origin: Origin::Imported,
            exportable: request.exportable,
            has_private,
            inserted_at,
            updated_at: inserted_at,
            expires_at: facts.as_ref().map(|facts| facts.expires_at),
            exported_at: None,
            public_key,
            certificates,
        };
        let bytes = private.as_ref().map_or(&[][..], SecretBytes::expose_secret);
        let material = match key.public_key_der() {
            Some(spki) => jwk_sha256(spki)?.prefix(),
            None => self.secret_prefix(bytes),
        };
        let mut row = self.seal_new(key, bytes)?;
        row.material = Some(material);
        Ok((row, form))
    }

    fn usual_kid(&self, kind: &Kind, certificates: Option<&Certificates>) -> Result<Kid> {
        Ok(Kid::parse(match (certificates, kind.public()) {
            (Some(certificates), _) => Fingerprint::Sha1(crypto::sha1(certificates.leaf())).to_base64url(),
            (None, Some(public)) => jwk_sha256(&public.spki)?.to_base64url(),
            (None, None) => self.random_kid()?,
        })?)
    }
}

impl ImportKey {
    /// The one key that the inputs are.
    fn material(&self) -> Result<Material> {
        if let Some(secret) = self.as_secret()? {
            let form = Form { structure: Structure::Secret, armour: crate::model::Armour::Raw };
            let hints = codec::Hints::default();
            return Ok(Material { form, kind: Kind::Secret(secret), certificates: None, facts: None, hints });
        }
        let mut budget = KdfBudget::default();
        let mut pieces = Vec::new();
        for (field, data) in &self.inputs {
            let raw = self.inputs.len() == 1 && self.algorithm.is_none();
            let found = material::open(field, data.expose_secret(), self.password.as_ref(), raw, &mut budget)?;
            material::expect(field, &found)?;
            pieces.extend(found);
        }
        let field = self.inputs.first().map_or("data", |(field, _)| field);
        material::only(field, material::group(pieces)?)
    }

    /// The HMAC secret that the data is, because the caller said so.
    fn as_secret(&self) -> Result<Option<SecretBytes>> {
        let told = match (self.secret, self.algorithm) {
            (Some(encoding), _) => Some(encoding),
            (None, Some(algorithm)) if algorithm.scheme() == Scheme::Hmac => None,
            _ => return Ok(None),
        };
        let [(field, data)] = self.inputs.as_slice() else {
            return Err(refuse("secret", "a secret comes alone, without certificate or public key"));
        };
        let data = data.expose_secret();
        if data.len() > material::MOST_BYTES {
            return Err(refuse(field, format!("it is {} bytes, at most {}", data.len(), material::MOST_BYTES)));
        }
        let reads_as_key = |bytes: &[u8]| codec::read_document(bytes).is_ok() || contains(bytes, b"-----BEGIN ");
        let Some(encoding) = told else {
            // Only what reads as nothing else is a secret; a JWK is read as one, and a mistaken one refused as one.
            let json = data.trim_ascii_start().first() == Some(&b'{');
            return Ok((!reads_as_key(data) && !json).then(|| SecretBytes::copy_from(data)));
        };
        let secret = codec::read_secret_text(data, encoding).map_err(|error| material::read_failed(field, &error))?;
        if reads_as_key(data) || reads_as_key(secret.expose_secret()) {
            return Err(refuse(field, "it reads as a key or certificate, which must not serve as an HMAC secret"));
        }
        Ok(Some(secret))
    }

    /// Checks what is asked for against what the key is, and gives its algorithm.
    fn check(&self, kind: &Kind, hints: &codec::Hints) -> Result<Algorithm> {
        let invalid = |field, problem, message: String| Err(Invalid::new(field, problem, message).into());
        if let Some(wanted) = self.key_type.filter(|wanted| *wanted != kind.key_type()) {
            return invalid("type", Problem::Invalid, format!("type is {wanted}, the key is {}", kind.key_type()));
        }
        let hinted = hints.algorithm.as_deref().map(jwk_algorithm).transpose()?;
        let algorithm = match (self.algorithm, hinted) {
            (Some(wanted), Some(hinted)) if wanted != hinted => {
                return invalid(
                    "algorithm",
                    Problem::Invalid,
                    format!("algorithm is {wanted}, the JWK is for {hinted}"),
                );
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
            return invalid("algorithm", Problem::Invalid, format!("algorithm is {algorithm}, the key is {what}"));
        }
        if let (Kind::Public(public), Scheme::RsaPss) = (kind, algorithm.scheme()) {
            crypto::VerifyingKey::from_spki(algorithm, &public.spki)?;
        }
        if let Kind::Secret(secret) = kind {
            self.check_secret(secret.len(), algorithm)?;
        }
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

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn jwk_sha256(spki: &[u8]) -> Result<Fingerprint> {
    Ok(Fingerprint::Sha256(crypto::sha256(codec::jwk_thumbprint_input(spki)?.as_bytes())))
}

fn hinted_algorithm(material: &Material) -> Result<Option<Algorithm>> {
    material.hints.algorithm.as_deref().map(jwk_algorithm).transpose()
}

/// A JWK's `alg`; one that is for something else than signatures cannot be taken for one that is.
fn jwk_algorithm(alg: &str) -> Result<Algorithm> {
    Algorithm::parse(alg).map_err(|refused| {
        Error::from(Invalid::new("algorithm", Problem::Unsupported, format!("the JWK's {}", refused.message)))
    })
}

//! Making a key.

use super::Keystore;
use crate::error::{Error, Result};
use crate::model::{Issuer, Key, KeyId, KeyName, KeySpec, KeyType, Kid};
use crate::storage::{Lookup, StorageError};

/// What key to make. The setters return the request, so that calls chain.
///
/// ```
/// use keystead::{Algorithm, GenerateKey, Issuer, KeyName, KeySpec, KidScheme};
///
/// let spec = KeySpec::new(Algorithm::Ps256, Some(3072))?;
/// let request = GenerateKey::new(KeyName::new("invoices")?, spec)
///     .issuer(Issuer::new("acme.com")?)
///     .exportable(true)
///     .kid(KidScheme::JwkThumbprint);
/// # let _ = request;
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GenerateKey {
    pub(super) name: KeyName,
    pub(super) spec: KeySpec,
    pub(super) id: Option<KeyId>,
    pub(super) issuer: Option<Issuer>,
    pub(super) exportable: bool,
    pub(super) kid: KidScheme,
}

/// How the key identifier (`kid`) of a new key comes about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KidScheme {
    /// As FusionAuth does it: the certificate's `x5t` for RSA and EC, 10 random lower-case hex digits for HMAC.
    #[default]
    Vendor,
    /// The certificate's SHA-1 thumbprint (`x5t`, RFC 7515 section 4.1.7). Not for HMAC.
    X5t,
    /// The certificate's SHA-256 thumbprint (`x5t#S256`, RFC 7515 section 4.1.8). Not for HMAC.
    X5tS256,
    /// The SHA-256 JWK thumbprint (RFC 7638). Not for HMAC: it would give away a digest of the secret.
    JwkThumbprint,
    /// This text.
    Given(Kid),
}

impl GenerateKey {
    /// A key of this name and kind, not exportable, with a random id, the store's issuer and the vendor's kind of kid.
    #[must_use]
    pub fn new(name: KeyName, spec: KeySpec) -> Self {
        Self { name, spec, id: None, issuer: None, exportable: false, kid: KidScheme::default() }
    }

    /// The id, random (UUID version 4) unless given. It is the certificate's serial number too.
    #[must_use]
    pub fn id(mut self, id: KeyId) -> Self {
        self.id = Some(id);
        self
    }

    /// The issuer and subject of the self-signed certificate. Without effect for HMAC.
    #[must_use]
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// Whether the private key or secret may ever leave the store. Cannot be changed later.
    #[must_use]
    pub fn exportable(mut self, exportable: bool) -> Self {
        self.exportable = exportable;
        self
    }

    /// How the key identifier comes about.
    #[must_use]
    pub fn kid(mut self, kid: KidScheme) -> Self {
        self.kid = kid;
        self
    }
}

impl Keystore {
    /// Makes a key and its self-signed certificate of ten years. When it returns, the key is on disk.
    ///
    /// Takes as long as the key does: some 100 us for EC and HMAC, up to seconds for RSA. The store stays free for
    /// others meanwhile.
    ///
    /// # Errors
    /// [`Duplicate`](crate::ErrorKind::Duplicate) when the id or name is taken,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the kid scheme needs a certificate and there is none,
    /// [`Busy`](crate::ErrorKind::Busy), [`ReadOnly`](crate::ErrorKind::ReadOnly),
    /// [`DiskFull`](crate::ErrorKind::DiskFull), [`Io`](crate::ErrorKind::Io).
    pub fn generate(&self, request: GenerateKey) -> Result<Key> {
        if request.spec.algorithm().key_type() == KeyType::Rsa {
            self.refuse_taken(&request)?;
        }
        let row = self.prepare(&request)?;
        let key = row.record.key.clone();
        self.0.database.insert(&row).map_err(|error| taken(error, &key))?;
        Ok(key)
    }

    /// Says early what the insertion would say after seconds of searching for primes.
    fn refuse_taken(&self, request: &GenerateKey) -> Result<()> {
        if !self.0.database.find(Lookup::Name(&request.name))?.is_empty() {
            return Err(Error::duplicate("name", quoted(&request.name)));
        }
        match request.id {
            Some(id) if self.0.database.nonce(id)?.is_some() => Err(Error::duplicate("id", id.to_string())),
            _ => Ok(()),
        }
    }
}

/// Names the value that was taken.
pub(super) fn taken(error: StorageError, key: &Key) -> Error {
    match error {
        StorageError::Duplicate { field: "name" } => Error::duplicate("name", quoted(&key.name)),
        StorageError::Duplicate { field } => Error::duplicate(field, key.id.to_string()),
        other => other.into(),
    }
}

pub(super) fn quoted(name: &KeyName) -> String {
    crate::model::Invalid::quote(name.as_str())
}

//! Handing keys out: public parts to everybody, private parts where the key allows it and the store remembers it.

use super::generate::quoted;
use super::public_form::{PublicFormat, jwk_facts};
use super::rename::no_such_key;
use super::{Keystore, material};
use crate::codec;
use crate::crypto;
use crate::error::{Error, Result};
use crate::model::{Invalid, Key, KeyId, KeyType, Problem};
use crate::secret::{DEEP, SecretBytes, wiping_stack};
use crate::storage::{Refused, StorageError};

/// How a private part is written. All of PEM have lines of 64 columns ending in LF, the last one too.
#[derive(Debug)]
#[non_exhaustive]
pub enum SecretFormat {
    /// `PrivateKeyInfo` (RFC 5208), label PRIVATE KEY. RSA and EC.
    Pkcs8Pem,
    /// `PrivateKeyInfo`.
    Pkcs8Der,
    /// `EncryptedPrivateKeyInfo` (RFC 5958 section 3) under PBES2 with scrypt and AES-256-CBC, label ENCRYPTED PRIVATE
    /// KEY. RSA and EC.
    EncryptedPkcs8Pem {
        /// UTF-8, at least one byte.
        password: SecretBytes,
    },
    /// The same in DER.
    EncryptedPkcs8Der {
        /// UTF-8, at least one byte.
        password: SecretBytes,
    },
    /// `RSAPrivateKey` (RFC 8017, appendix A.1.2), label RSA PRIVATE KEY. Only RSA.
    Pkcs1Pem,
    /// `ECPrivateKey` (RFC 5915) with its curve and public key, label EC PRIVATE KEY. Only EC.
    Sec1Pem,
    /// `PFX` (RFC 7292) in DER with the key, its certificate and those above it: PBES2 with PBKDF2 and AES-256-CBC, a MAC with
    /// SHA-256. RSA and EC.
    Pkcs12 {
        /// UTF-8, at least one byte.
        password: SecretBytes,
    },
    /// A private JWK (RFC 7517), all types.
    Jwk,
    /// The bytes of an HMAC secret.
    Raw,
}

impl Keystore {
    /// Writes a key's public part.
    ///
    /// ```
    /// use keystead::{Algorithm, GenerateKey, KeyName, KeySpec, Keystore, Options, PublicFormat};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let spec = KeySpec::new(Algorithm::Es256, None)?;
    /// let key = store.generate(GenerateKey::new(KeyName::new("a")?, spec))?;
    /// let pem = store.export_public(key.id(), PublicFormat::SpkiPem)?;
    /// assert!(pem.starts_with(b"-----BEGIN PUBLIC KEY-----\n"));
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`NotPossible`](crate::ErrorKind::NotPossible) when the key has no public
    /// part, no certificate, or is of another type than the format; and those of every read, see [`key`](Self::key).
    pub fn export_public(&self, id: KeyId, format: PublicFormat) -> Result<Vec<u8>> {
        self.key(id)?.export_public(format)
    }

    /// Writes a key's private part or secret, if the key was made or imported as exportable.
    ///
    /// That it left the store is recorded before it is handed out, for ever: from then on
    /// [`Key::exported_at`] says when. Everything that can fail fails before.
    ///
    /// ```
    /// use keystead::{Algorithm, ErrorKind, GenerateKey, KeyName, KeySpec, Keystore, Options, SecretFormat};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let spec = KeySpec::new(Algorithm::Es256, None)?;
    /// let fixed = store.generate(GenerateKey::new(KeyName::new("stays")?, spec))?;
    /// let refused = store.export_secret(fixed.id(), &SecretFormat::Pkcs8Pem).unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::Refused);
    ///
    /// let free = store.generate(GenerateKey::new(KeyName::new("may go")?, spec).exportable(true))?;
    /// let pem = store.export_secret(free.id(), &SecretFormat::Pkcs8Pem)?;
    /// assert!(pem.expose_secret().starts_with(b"-----BEGIN PRIVATE KEY-----\n"));
    /// assert!(store.key(free.id())?.exported_at().is_some());
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`Refused`](crate::ErrorKind::Refused) when the key is not exportable;
    /// [`NotPossible`](crate::ErrorKind::NotPossible) when it has no private part, or is of another type than the format;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty password; the first time those of every write, see
    /// [`rename`](Self::rename), and later those of every read, see [`key`](Self::key).
    pub fn export_secret(&self, id: KeyId, format: &SecretFormat) -> Result<SecretBytes> {
        let (stored, sealed) = self.0.database.sealed(id)?.ok_or_else(|| no_such_key(id))?;
        self.check(&stored.record)?;
        let key = &stored.record.key;
        if !key.has_private {
            return Err(Error::not_possible(format!("the key {} has no private part", quoted(&key.name))));
        }
        if !key.exportable {
            return Err(Error::refused(format!(
                "the key {} is not exportable, which was decided when it came into the store",
                quoted(&key.name)
            )));
        }
        let private = self.0.vault.unseal(&stored.record, &sealed)?;
        let written = wiping_stack::<DEEP, _>(|| self.write_private(key, &private, format))?;
        if key.exported_at.is_none() {
            self.record_export(id, stored.record.nonce)?;
        }
        Ok(written)
    }

    fn write_private(&self, key: &Key, private: &SecretBytes, format: &SecretFormat) -> Result<SecretBytes> {
        let entropy = &*self.0.options.entropy;
        let bytes = private.expose_secret();
        let chain: Vec<_> = key.certificate_chain().collect();
        let pkcs8 = || if key.key_type == KeyType::Hmac { Err(not_as(key, "PKCS#8")) } else { Ok(bytes) };
        let encrypted = |password: &SecretBytes| -> Result<Vec<u8>> {
            let password = password_bytes(password)?;
            Ok(crypto::pbes2_encrypt_scrypt(password, pkcs8()?, entropy)?)
        };
        Ok(match format {
            SecretFormat::Pkcs8Pem => codec::secret_pem("PRIVATE KEY", pkcs8()?)?,
            SecretFormat::Pkcs8Der => SecretBytes::copy_from(pkcs8()?),
            SecretFormat::EncryptedPkcs8Pem { password } => {
                codec::secret_pem("ENCRYPTED PRIVATE KEY", &encrypted(password)?)?
            }
            SecretFormat::EncryptedPkcs8Der { password } => encrypted(password)?.into(),
            SecretFormat::Pkcs1Pem => {
                must_be(key, KeyType::Rsa, "PKCS#1")?;
                codec::secret_pem("RSA PRIVATE KEY", codec::pkcs1_private(bytes)?.expose_secret())?
            }
            SecretFormat::Sec1Pem => {
                must_be(key, KeyType::Ec, "SEC 1")?;
                codec::secret_pem("EC PRIVATE KEY", codec::sec1_private(bytes)?.expose_secret())?
            }
            SecretFormat::Pkcs12 { password } => {
                material::write_pkcs12(pkcs8()?, &chain, key.name.as_str(), password_bytes(password)?, entropy)?.into()
            }
            SecretFormat::Jwk if key.key_type == KeyType::Hmac => codec::jwk_secret(bytes, &jwk_facts(key, &chain))?,
            SecretFormat::Jwk => codec::jwk_private(bytes, &jwk_facts(key, &chain))?,
            SecretFormat::Raw => {
                must_be(key, KeyType::Hmac, "raw bytes")?;
                private.clone_secret()
            }
        })
    }

    /// Notes the first export; nothing when somebody else did meanwhile.
    fn record_export(&self, id: KeyId, seen: [u8; 12]) -> Result<()> {
        let now = self.now();
        let outcome = self.0.database.reseal(id, |stored, sealed| -> Result<_, Refused<Error>> {
            let words = |error: Error| StorageError::Damaged(error.to_string());
            let mut record = stored.record;
            self.check(&record).map_err(words)?;
            if record.key.exported_at.is_some() {
                return Ok(None);
            }
            if record.nonce != seen {
                // Another key has taken the id since the private part was read.
                return Err(StorageError::NoSuchKey.into());
            }
            let private = self.0.vault.unseal(&record, &sealed).map_err(Error::from).map_err(words)?;
            record.key.exported_at = Some(now);
            let revision = record.next_revision();
            let revision = revision.ok_or_else(|| StorageError::Damaged("its revision is the last there is".into()))?;
            Ok(Some(self.seal_again(record.key, revision, private.expose_secret())?))
        });
        match outcome {
            Err(StorageError::NoSuchKey) => Err(no_such_key(id)),
            outcome => outcome?,
        }
    }
}

/// A password that can be one.
fn password_bytes(password: &SecretBytes) -> Result<&[u8]> {
    let invalid = |problem, message: &str| Err(Invalid::new("password", problem, message).into());
    match std::str::from_utf8(password.expose_secret()) {
        Ok("") => invalid(Problem::Blank, "password is empty, at least one byte is needed"),
        Ok(text) => Ok(text.as_bytes()),
        Err(_) => invalid(Problem::CouldNotParse, "password is no UTF-8"),
    }
}

pub(super) fn must_be(key: &Key, needed: KeyType, format: &str) -> Result<()> {
    if key.key_type == needed { Ok(()) } else { Err(not_as(key, format)) }
}

fn not_as(key: &Key, format: &str) -> Error {
    Error::not_possible(format!(
        "the key {} is of type {}, which is not written as {format}",
        quoted(&key.name),
        key.key_type
    ))
}

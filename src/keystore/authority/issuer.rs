//! The key that signs statements, unsealed and ready.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::chain::Signing;
use crate::attestation::Signatory;
use crate::crypto::SigningKey;
use crate::error::Result;
use crate::keystore::Keystore;
use crate::model::{AuthorityRole, AuthorityRow, AuthorityState, Certificates};
use crate::vault::VaultError;
use crate::x509;

/// The authority in force, with its key. Wiped when the last one who holds it lets go.
pub(in crate::keystore) struct Issuer {
    /// The nonce of its seal, which no other seal has.
    nonce: [u8; 12],
    private: SigningKey,
    name: Vec<u8>,
    key_identifier: Vec<u8>,
    algorithm: Vec<u8>,
    chain: Certificates,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Issuer {
    fn new(row: &AuthorityRow, private: SigningKey) -> Result<Self> {
        let chain = row.record.certificates.clone().ok_or_else(super::no_authority)?;
        let not_before = x509::Certificate::read(chain.leaf())?.not_before;
        let Signing { name, key_identifier, algorithm, chain, not_after, .. } = Signing::new(&private, chain)?;
        Ok(Self { nonce: row.record.nonce, private, name, key_identifier, algorithm, chain, not_before, not_after })
    }

    pub(in crate::keystore) fn private(&self) -> &SigningKey {
        &self.private
    }

    pub(in crate::keystore) fn chain(&self) -> &Certificates {
        &self.chain
    }

    pub(in crate::keystore) fn not_before(&self) -> Timestamp {
        self.not_before
    }

    pub(in crate::keystore) fn not_after(&self) -> Timestamp {
        self.not_after
    }

    pub(in crate::keystore) fn signatory(&self) -> Signatory<'_> {
        Signatory { name: &self.name, key_identifier: Some(&self.key_identifier), signature_algorithm: &self.algorithm }
    }
}

/// The issuer of last time.
#[derive(Default)]
pub(in crate::keystore) struct IssuerCache(Mutex<Option<Arc<Issuer>>>);

impl IssuerCache {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Issuer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for IssuerCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuerCache(..)")
    }
}

impl Keystore {
    /// The issuer whose seal has this nonce: the one of last time, or unsealed now.
    pub(in crate::keystore) fn issuer(&self, nonce: [u8; 12]) -> Result<Option<Arc<Issuer>>> {
        if let Some(issuer) = self.0.issuer_cache.lock().as_ref().filter(|issuer| issuer.nonce == nonce) {
            return Ok(Some(Arc::clone(issuer)));
        }
        self.issuer_in_force()
    }

    /// The issuer in force, unsealed now.
    pub(in crate::keystore) fn issuer_in_force(&self) -> Result<Option<Arc<Issuer>>> {
        let rows = self.authority_rows(&[AuthorityState::InForce])?;
        let Some(row) = rows.iter().find(|row| row.record.role == AuthorityRole::Signing) else { return Ok(None) };
        let issuer = Arc::new(Issuer::new(row, self.unseal_authority(row)?)?);
        *self.0.issuer_cache.lock() = Some(Arc::clone(&issuer));
        Ok(Some(issuer))
    }

    /// The private key of a row.
    pub(super) fn unseal_authority(&self, row: &AuthorityRow) -> Result<SigningKey> {
        let private = self.0.vault.unseal(&row.record, &row.sealed)?;
        let key = SigningKey::from_private(row.record.algorithm, private.expose_secret())?;
        if key.public_key_der()?.as_deref() != Some(&*row.record.public_key) {
            let what = "the private key of an authority is not that of its public key";
            return Err(VaultError::Tampered(what).into());
        }
        Ok(key)
    }
}

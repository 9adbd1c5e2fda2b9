//! The key that signs statements, unsealed and ready.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use jiff::Timestamp;

use super::chain::Signing;
use super::period::{Above, Period};
use super::{Authority, AuthorityRenewal};
use crate::attestation::Signatory;
use crate::crypto::SigningKey;
use crate::error::Result;
use crate::keystore::Keystore;
use crate::model::{AuthorityRole, AuthorityRow, AuthorityState, Certificates};
use crate::vault::VaultError;

/// The authority in force, with its key. Wiped when the last one who holds it lets go.
pub(in crate::keystore) struct Issuer {
    /// The nonce of its seal, which no other seal has.
    pub(super) nonce: [u8; 12],
    private: SigningKey,
    name: Vec<u8>,
    key_identifier: Vec<u8>,
    algorithm: Vec<u8>,
    chain: Certificates,
    pub(super) period: Period,
    pub(super) renewal: AuthorityRenewal,
}

impl Issuer {
    fn new(row: &AuthorityRow, private: SigningKey, above: Above) -> Result<Self> {
        let chain = row.record.certificates.clone().ok_or_else(super::no_authority)?;
        let period = Period::of(&chain)?;
        let Signing { name, key_identifier, algorithm, chain, .. } = Signing::new(&private, chain)?;
        let (nonce, renewal) = (row.record.nonce, period.renewal(above));
        let private = private.settled();
        Ok(Self { nonce, private, name, key_identifier, algorithm, chain, period, renewal })
    }

    pub(in crate::keystore) fn private(&self) -> &SigningKey {
        &self.private
    }

    pub(in crate::keystore) fn chain(&self) -> &Certificates {
        &self.chain
    }

    pub(in crate::keystore) fn not_before(&self) -> Timestamp {
        self.period.not_before
    }

    pub(in crate::keystore) fn signatory(&self) -> Signatory<'_> {
        Signatory { name: &self.name, key_identifier: Some(&self.key_identifier), signature_algorithm: &self.algorithm }
    }

    pub(super) fn authority(&self) -> Authority {
        Authority { chain: self.chain.clone(), period: self.period, renewal: self.renewal }
    }

    /// Before when somebody must do something about the authority, if that is soon. One that follows by itself and has not,
    /// though it is time, could not.
    pub(in crate::keystore) fn due(&self, now: Timestamp) -> Option<Timestamp> {
        self.renewal.due(now).into_iter().chain(self.period.nears_its_end(now).then_some(self.period.not_after)).min()
    }
}

/// The issuer of last time, and who is busy making the next.
#[derive(Default)]
pub(in crate::keystore) struct IssuerCache {
    last: Mutex<Option<Arc<Issuer>>>,
    renewing: Mutex<Option<Timestamp>>,
}

impl IssuerCache {
    fn last(&self) -> MutexGuard<'_, Option<Arc<Issuer>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For whoever makes the next one: waits for those who do. Holds when it last failed.
    pub(super) fn renewing(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.renewing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same without waiting; none while somebody is at it.
    pub(super) fn try_renewing(&self) -> Option<MutexGuard<'_, Option<Timestamp>>> {
        match self.renewing.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Wipes the key unless somebody signs with it.
    pub(in crate::keystore) fn forget(&self) {
        *self.last() = None;
    }
}

impl fmt::Debug for IssuerCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuerCache(..)")
    }
}

impl Keystore {
    /// The issuer whose seal has this nonce: the one of last time, or the one in force, unsealed now.
    pub(super) fn issuer(&self, nonce: [u8; 12]) -> Result<Option<Arc<Issuer>>> {
        if let Some(issuer) = self.0.issuer_cache.last().as_ref().filter(|issuer| issuer.nonce == nonce) {
            return Ok(Some(Arc::clone(issuer)));
        }
        self.issuer_in_force()
    }

    /// The issuer in force, unsealed now.
    pub(super) fn issuer_in_force(&self) -> Result<Option<Arc<Issuer>>> {
        let rows = self.authority_rows(&[AuthorityState::InForce])?;
        let Some(row) = row_of(&rows, AuthorityRole::Signing) else { return Ok(None) };
        let issuer = Arc::new(Issuer::new(row, self.unseal_authority(row)?, above(&rows))?);
        if self.0.options.cached_keys > 0 {
            *self.0.issuer_cache.last() = Some(Arc::clone(&issuer));
        }
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

/// The row of a role among those in force.
pub(super) fn row_of(rows: &[AuthorityRow], role: AuthorityRole) -> Option<&AuthorityRow> {
    rows.iter().find(|row| row.record.role == role)
}

/// Where the keys above the one in force are.
pub(super) fn above(rows: &[AuthorityRow]) -> Above {
    if row_of(rows, AuthorityRole::Ca).is_some() { Above::InStore } else { Above::Outside }
}

//! Rings: keys that follow each other without a gap.

mod change;
mod check;
mod loaded;
mod make_key;
mod plan;
mod ring;
mod schedule;
mod signer;
mod state;

pub(super) use check::{Marks, mark};
pub use plan::RingPlan;
pub use ring::Ring;
pub use schedule::Due;
pub use signer::{RingSignature, RingSigner};
pub use state::{RingKey, RingState};

use super::Keystore;
use super::generate::taken;
use crate::crypto;
use crate::error::{Error, Result};
use crate::model::{
    Invalid, KeySpec, KeyType, KeyUse, Kid, Problem, RingMember, RingName, RingPlace, RingRecord, Stored,
};
use crate::storage::{RingLookup, StorageError};

impl Keystore {
    /// Makes a ring with its current and its next key, both on disk when it returns.
    ///
    /// ```
    /// use keystead::{Algorithm, KeySpec, Keystore, Options, RingName, RingPlan};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let plan = RingPlan::new(RingName::new("tokens")?, KeySpec::new(Algorithm::Es256, None)?);
    /// let ring = store.create_ring(&plan)?;
    ///
    /// let signed = ring.signer()?.sign(b"message")?;
    /// ring.rotate()?;
    /// assert!(ring.verify(&signed.kid, b"message", signed.signature.as_bytes())?);
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Duplicate`](crate::ErrorKind::Duplicate) when there is a ring of this name; [`InvalidInput`](crate::ErrorKind::InvalidInput)
    /// for HMAC keys that are for encryption; those of every write, see [`rename`](Self::rename).
    pub fn create_ring(&self, plan: &RingPlan) -> Result<Ring> {
        check_use(plan.key_use, plan.spec)?;
        let name_taken = || Error::duplicate("ring", quoted_ring(&plan.name));
        // RSA keys take seconds.
        if plan.spec.algorithm().key_type() == KeyType::Rsa
            && self.0.database.ring(RingLookup::Name(&plan.name))?.is_some()
        {
            return Err(name_taken());
        }
        self.0.database.expect_writable()?;
        let now = self.now();
        let mut record = RingRecord {
            id: crypto::random_bytes(&*self.0.options.entropy)?,
            name: plan.name.clone(),
            common_name: plan.common_name.clone().unwrap_or_else(|| plan.name.clone()),
            key_use: plan.key_use,
            spec: plan.spec,
            exportable: plan.exportable,
            created_at: now,
            schedule: plan.schedule,
            keep: plan.keep,
            revision: 1,
            members: Vec::new(),
            tag: [0; 32],
        };
        let first = [self.new_ring_key(&record, now)?, self.new_ring_key(&record, now)?];
        let places = [RingPlace::Current, RingPlace::Next];
        let members = first.iter().zip(places).map(|(row, place)| RingMember::new(row.record.key.id, place, now));
        record.members = members.collect();
        record.tag = self.0.vault.tag(&record);
        self.0.database.create_ring(&record, &first).map_err(|error| match error {
            StorageError::Duplicate { field: "ring" } => name_taken(),
            error => {
                // Which of the two it was, the file does not say.
                let [current, next] = first.each_ref().map(|row| &row.record.key);
                let free = self.key(current.id).is_err() && self.key(current.name.clone()).is_err();
                taken(error, if free { next } else { current })
            }
        })?;
        Ok(Ring::new(self.clone(), record.id, record.name))
    }

    /// The ring of this name.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); and those of every read, see [`key`](Self::key).
    pub fn ring(&self, name: &RingName) -> Result<Ring> {
        let found = self.0.database.ring(RingLookup::Name(name))?.ok_or_else(|| no_such_ring(name))?;
        self.check_ring(&found.0)?;
        Ok(Ring::new(self.clone(), found.0.id, found.0.name))
    }

    /// Every ring, in the order in which they were made.
    ///
    /// # Errors
    /// Those of every read, see [`key`](Self::key).
    pub fn rings(&self) -> Result<Vec<Ring>> {
        let found = self.0.database.rings()?.into_iter();
        found
            .map(|record| {
                self.check_ring(&record)?;
                Ok(Ring::new(self.clone(), record.id, record.name))
            })
            .collect()
    }

    /// A row of a ring is as this library wrote it, and has the keys that a ring must have.
    fn check_ring(&self, record: &RingRecord) -> Result<()> {
        self.0.vault.check(record)?;
        if record.is_whole() {
            return Ok(());
        }
        Err(not_whole(&record.name))
    }

    /// The rows of a ring's keys are as this library wrote them, those are revoked that the ring says are, and all are for what the
    /// ring is for.
    fn check_keys_of(&self, record: &RingRecord, stored: &[Stored]) -> Result<()> {
        for (member, stored) in record.members.iter().zip(stored) {
            self.check(&stored.record)?;
            let key = &stored.record.key;
            let what = match key.revoked == (member.place == RingPlace::Revoked) {
                false => "whether it was revoked",
                true if key.key_use != record.key_use => "what it is for",
                true => continue,
            };
            let name = quoted_ring(&record.name);
            return Err(
                StorageError::Damaged(format!("key {} and the ring {name} do not agree on {what}", key.id)).into()
            );
        }
        Ok(())
    }
}

/// A ring for encryption publishes its keys, so that others encrypt to it.
fn check_use(key_use: KeyUse, spec: KeySpec) -> Result<()> {
    if key_use == KeyUse::Encryption && spec.algorithm().key_type() == KeyType::Hmac {
        let algorithm = spec.algorithm();
        let message = format!("algorithm is {algorithm}, a ring for encryption allows those of RSA and EC");
        return Err(Invalid::new("algorithm", Problem::Invalid, message).into());
    }
    Ok(())
}

fn not_whole(name: &RingName) -> Error {
    StorageError::Damaged(format!("the ring {} has not one current and one next key", quoted_ring(name))).into()
}

fn no_such_ring(name: &RingName) -> Error {
    Error::not_found(format!("ring {}", quoted_ring(name)))
}

/// Whole, since thumbprints are told apart by any of their characters.
fn quoted_kid(kid: &Kid) -> String {
    format!("'{}'", kid.as_str().escape_debug())
}

fn no_such_kid(kid: &Kid, ring: &RingName) -> Error {
    Error::not_found(format!("key with kid {} in the ring {}", quoted_kid(kid), quoted_ring(ring)))
}

fn quoted_ring(name: &RingName) -> String {
    Invalid::quote(name.as_str())
}

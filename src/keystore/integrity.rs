//! Checking a store from its pages to its seals.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::thread;

use super::Keystore;
use super::material::issuer;
use super::rings::{Marks, mark};
use crate::codec;
use crate::crypto::{self, SigningKey};
use crate::error::{Error, Result};
use crate::model::{Algorithm, Key, KeyType, Stored};
use crate::storage::{Moment, StorageError};
use crate::x509::CertificateFacts;

/// Rows checked at a time.
const BATCH: u32 = 256;

/// What a check of the whole store found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integrity {
    problems: Vec<String>,
    keys: u64,
}

impl Integrity {
    /// True when nothing is wrong.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }

    /// What is wrong, in words.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// How many keys were read.
    #[must_use]
    pub const fn keys(&self) -> u64 {
        self.keys
    }
}

impl Keystore {
    /// Checks everything there is to check: that each page authenticates, that SQLite's trees and references hold, that
    /// tables, indexes and triggers are those of a store, that each row has its tag, opens its seal and finds its
    /// digests, and that private key, public key and certificate belong together; the same of the attestation authority's
    /// keys, and that each certificate of their chains signed the one below it; that each ring has the keys that it must
    /// have; that each app's credentials open; and that the rows of each table are those that the last commit left behind, so
    /// that none was put back to an older state, taken away or added by somebody else. Takes time in proportion to the store;
    /// others use it meanwhile.
    ///
    /// # Errors
    /// Only when the check cannot be made: [`Busy`](crate::ErrorKind::Busy), [`Rekeyed`](crate::ErrorKind::Rekeyed),
    /// [`Io`](crate::ErrorKind::Io). What is wrong with the store is in the answer.
    pub fn verify_integrity(&self) -> Result<Integrity> {
        self.verify_integrity_with_progress(|_, _| ControlFlow::Continue(()))
    }

    /// As [`verify_integrity`](Self::verify_integrity), telling the keys checked and the keys in all: before the pages
    /// and trees are checked, after that, and after every 256 keys. The callback runs on the calling thread and stops the
    /// work with `Break`. It must not use the store.
    ///
    /// # Errors
    /// As [`verify_integrity`](Self::verify_integrity), and [`Cancelled`](crate::ErrorKind::Cancelled) after `Break`.
    pub fn verify_integrity_with_progress(
        &self,
        mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Integrity> {
        let examined = self.0.database.examine(|moment| {
            // A store too damaged to be counted is judged all the same.
            let all = moment.count().unwrap_or(0);
            if progress(0, all).is_break() {
                return Ok(None);
            }
            let mut problems = moment.check_file()?;
            if progress(0, all).is_break() {
                return Ok(None);
            }
            let mut keys = 0;
            let mut digests = 0;
            let mut last = 0;
            let mut marks = Marks::new();
            loop {
                let batch = match moment.after(last, BATCH) {
                    Ok(batch) => batch,
                    Err(error) => {
                        problems.push(format!("the rows after {last} cannot be read: {error}"));
                        break;
                    }
                };
                for ((stored, _), judged) in batch.iter().zip(self.check_keys(&batch)) {
                    last = stored.seq;
                    keys += 1;
                    marks.extend(mark(&stored.record.key));
                    match judged.and_then(|prefixes| find_digests(moment, stored, &prefixes)) {
                        Ok(found) => digests += found,
                        Err(problem) => {
                            problems.push(format!("key {} (row {last}): {problem}", stored.record.key.id));
                        }
                    }
                }
                if progress(keys, all.max(keys)).is_break() {
                    return Ok(None);
                }
                if batch.len() < BATCH as usize {
                    break;
                }
            }
            match moment.authorities() {
                Ok(rows) => problems.extend(self.check_authorities(&rows)),
                Err(error) => problems.push(format!("the keys of the authority cannot be read: {error}")),
            }
            match moment.rings() {
                Ok(rings) => problems.extend(self.check_rings(&rings, &marks)),
                Err(error) => problems.push(format!("the rings cannot be read: {error}")),
            }
            problems.extend(self.problems_of_apps(moment));
            match moment.check_state() {
                Ok(found) => problems.extend(found),
                Err(error) => problems.push(format!("the rows cannot be added up: {error}")),
            }
            // With every key and its digests in order, one digest more belongs to no key.
            if problems.is_empty() && moment.digests()? != digests {
                problems.push(format!("the index has {} digests, the keys have {digests}", moment.digests()?));
            }
            Ok(Some(Integrity { problems, keys }))
        });
        match examined {
            Err(StorageError::Damaged(problem)) => Ok(Integrity { problems: vec![problem], keys: 0 }),
            examined => examined?.ok_or_else(Error::cancelled),
        }
    }

    /// Checks keys on all cores: for each the digests that the index must have of it, or what is wrong.
    fn check_keys(&self, batch: &[(Stored, Box<[u8]>)]) -> Vec<Result<BTreeSet<i64>, String>> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let share = batch.len().div_ceil(cores).max(1);
        thread::scope(|scope| {
            let check = |some: &[(Stored, Box<[u8]>)]| -> Vec<_> {
                some.iter().map(|(stored, sealed)| self.check_key(stored, sealed)).collect()
            };
            let shares: Vec<_> = batch.chunks(share).map(|some| scope.spawn(move || check(some))).collect();
            shares.into_iter().flat_map(|share| share.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        })
    }

    fn check_key(&self, stored: &Stored, sealed: &[u8]) -> Result<BTreeSet<i64>, String> {
        let record = &stored.record;
        let words = |error: crate::Error| error.to_string();
        self.check(record).map_err(words)?;
        let private = self.0.vault.unseal(record, sealed).map_err(|error| error.to_string())?;
        self.check_parts(&record.key, private.expose_secret())?;
        let prefixes = self.all_prefixes(record, || Ok(private.clone_secret())).map_err(words)?;
        Ok(prefixes.into_iter().collect())
    }

    /// Private key, public key and certificate are of one piece.
    fn check_parts(&self, key: &Key, private: &[u8]) -> Result<(), String> {
        if private.is_empty() == key.has_private {
            return Err("it says that it has a private part and has none, or the reverse".into());
        }
        if key.has_private {
            let derived = SigningKey::from_private(any_algorithm(key), private)
                .and_then(|signing| signing.public_key_der())
                .map_err(|error| error.to_string())?;
            if derived.as_deref() != key.public_key.as_deref() {
                return Err("its private key is not that of its public key".into());
            }
        }
        if let Some(spki) = &key.public_key {
            let facts = codec::spki_facts(spki).map_err(|error| error.to_string())?;
            if (facts.key_type, facts.bits) != (key.key_type, key.bits) {
                return Err(format!("its public key is {} of {} bits", facts.key_type, facts.bits));
            }
        }
        if let Some(certificate) = key.certificate_der() {
            let facts = CertificateFacts::read(certificate).map_err(|error| error.to_string())?;
            if issuer(&facts) != key.issuer {
                return Err("its issuer is not that of its certificate".into());
            }
            let public = crypto::check_public(&facts.spki).map_err(|error| error.to_string())?;
            if Some(&public.spki) != key.public_key.as_ref() {
                return Err("its certificate is for another key".into());
            }
        }
        Ok(())
    }
}

/// Sees that the index has each of a key's digests, and tells how many they are.
fn find_digests(moment: &Moment<'_>, stored: &Stored, prefixes: &BTreeSet<i64>) -> Result<u64, String> {
    for &prefix in prefixes {
        if !moment.has_digest(prefix, stored.seq).map_err(|error| error.to_string())? {
            return Err("one of its digests is not in the index".into());
        }
    }
    Ok(prefixes.len() as u64)
}

/// The key's algorithm, or one for its type: enough to read the private part.
fn any_algorithm(key: &Key) -> Algorithm {
    let by_type = match (key.key_type, key.bits) {
        (KeyType::Rsa, _) => Algorithm::Rs256,
        (KeyType::Ec, 384) => Algorithm::Es384,
        (KeyType::Ec, 521) => Algorithm::Es512,
        (KeyType::Ec, _) => Algorithm::Es256,
        (KeyType::Hmac, _) => Algorithm::Hs256,
    };
    key.algorithm.unwrap_or(by_type)
}

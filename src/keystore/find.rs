//! Finding keys.

use std::collections::BTreeMap;

use super::Keystore;
use super::fingerprints::{digests, indexed_digests, kid_prefix};
use crate::error::{Error, Result};
use crate::model::{Fingerprint, Invalid, Key, KeyRef, Stored};
use crate::storage::Lookup;

impl Keystore {
    /// The one key with this id, name, kid, thumbprint or fingerprint.
    ///
    /// ```
    /// use keystead::{Algorithm, Fingerprint, GenerateKey, KeyName, KeyRef, KeySpec, Keystore, Options};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let spec = KeySpec::new(Algorithm::Es256, None)?;
    /// let key = store.generate(GenerateKey::new(KeyName::new("a")?, spec))?;
    ///
    /// assert_eq!(store.key(key.id())?, key);
    /// assert_eq!(store.key(KeyName::new("a")?)?, key);
    /// let thumbprint: Fingerprint = key.kid().as_str().parse()?;
    /// assert_eq!(store.key(thumbprint)?, key);
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`Ambiguous`](crate::ErrorKind::Ambiguous) when several keys answer,
    /// which a kid or fingerprint can do; and those of every read: [`Busy`](crate::ErrorKind::Busy),
    /// [`Damaged`](crate::ErrorKind::Damaged), [`Rekeyed`](crate::ErrorKind::Rekeyed), [`Io`](crate::ErrorKind::Io).
    pub fn key(&self, by: impl Into<KeyRef>) -> Result<Key> {
        let by = by.into();
        let mut found = self.keys_matching(&by)?;
        match (found.pop(), found.len()) {
            (Some(key), 0) => Ok(key),
            (None, _) => Err(Error::not_found(format!("key with {}", words(&by)))),
            (Some(_), others) => {
                Err(Error::ambiguous(format!("{} keys have {}: ask for all, or by id", others + 1, words(&by))))
            }
        }
    }

    /// Every key with this id, name, kid, thumbprint or fingerprint, oldest first.
    ///
    /// Id, name, kid, SHA-1 and SHA-256 of the certificate and the SHA-256 JWK thumbprint are in the file's index. The
    /// first look-up of another digest reads every key once and keeps 72 bytes of each in memory, later ones read
    /// only what is new.
    ///
    /// # Errors
    /// Those of every read, see [`key`](Self::key).
    pub fn keys_matching(&self, by: &KeyRef) -> Result<Vec<Key>> {
        let lookup = match by {
            KeyRef::Id(id) => Lookup::Id(*id),
            KeyRef::Name(name) => Lookup::Name(name),
            KeyRef::Kid(kid) => Lookup::DigestPrefix(kid_prefix(kid)),
            KeyRef::Fingerprint(digest) => return Ok(self.keys_with(digest)?.into_values().collect()),
        };
        let mut keys = Vec::new();
        for stored in self.0.database.find(lookup)? {
            let key = self.checked(stored)?;
            // The file keeps 8 bytes of a digest; the row it leads to gives the whole.
            let fits = match by {
                KeyRef::Kid(kid) => key.kid == *kid,
                _ => true,
            };
            if fits {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// Every key with this digest by its place.
    pub(super) fn keys_with(&self, digest: &Fingerprint) -> Result<BTreeMap<i64, Key>> {
        let mut found = BTreeMap::new();
        let mut keep = |store: &Self, stored: Stored| -> Result<bool> {
            let seq = stored.seq;
            let key = store.checked(stored)?;
            // A kid that is a digest leads here too, whatever key it names.
            let indexed = indexed_digests(&key)?.contains(digest);
            if indexed || digests(&key)?.contains(digest) {
                found.insert(seq, key);
            }
            Ok(indexed)
        };
        let mut all_indexed = false;
        for stored in self.0.database.find(Lookup::DigestPrefix(digest.prefix()))? {
            all_indexed |= keep(self, stored)?;
        }
        if !all_indexed {
            for place in self.places_by_other_digest(digest)? {
                for stored in self.0.database.find(Lookup::Place(place))? {
                    keep(self, stored)?;
                }
            }
        }
        Ok(found)
    }
}

fn words(by: &KeyRef) -> String {
    match by {
        KeyRef::Id(id) => format!("id {id}"),
        KeyRef::Name(name) => format!("name {}", Invalid::quote(name.as_str())),
        KeyRef::Kid(kid) => format!("kid {}", Invalid::quote(kid.as_str())),
        KeyRef::Fingerprint(digest) => format!("fingerprint {digest:?}"),
    }
}

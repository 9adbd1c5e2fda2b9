//! Searching keys.

use super::Keystore;
use super::fingerprints::kid_prefix;
use crate::error::Result;
use crate::model::{Invalid, Issuer, Key, KeyId, Listed, Problem};
use crate::search::{Conditions, Cursor, From, Index, Query};
use crate::storage::{StorageError, Tip};

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The keys of this page, in the order asked for.
    pub keys: Vec<Key>,
    /// How many keys match in all, on this page and on others.
    pub total: u64,
    /// Where the next page begins; `None` when this is the last.
    pub next: Option<Cursor>,
}

impl Keystore {
    /// The keys that a query asks for, one page of them, and how many there are, as of one moment: what any process has
    /// committed before the call is seen.
    ///
    /// The first search of an open store reads what all keys are searched by, and keeps it in memory for later ones: some 75
    /// bytes a key with names of 20 characters, shared by all clones and threads. Later ones read what came and changed.
    ///
    /// ```
    /// use keystead::{Algorithm, GenerateKey, KeyName, KeySpec, Keystore, NamePattern, Options, Query};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// for name in ["Straße 1", "STRASSE 2", "Gasse 3"] {
    ///     let spec = KeySpec::new(Algorithm::Hs256, None)?;
    ///     store.generate(GenerateKey::new(KeyName::new(name)?, spec))?;
    /// }
    /// let page = store.search(&Query::new().name(NamePattern::parse("strasse*")?))?;
    /// assert_eq!(page.total, 2);
    /// assert_eq!(page.keys[0].name().as_str(), "Straße 1");
    /// assert_eq!(page.next, None);
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a cursor of another order, and those of every read: see
    /// [`key`](Self::key).
    pub fn search(&self, query: &Query) -> Result<Page> {
        if let From::After(cursor) = &query.from
            && *cursor.order() != query.order
        {
            let message = format!("cursor is of a page by {}, this one is by {}", cursor.order(), query.order);
            return Err(Invalid::new("cursor", Problem::Invalid, message).into());
        }
        let among = self.named(query)?;
        let conditions = Conditions::new(query);
        let mut seen = Tip::default();
        let (found, rows) = loop {
            let page = self.0.database.listing(|moment| {
                let find = |index: &Index| index.find(query, &conditions, among.as_deref());
                let found = match self.0.search_index.at(moment, &self.0.database, seen, find)? {
                    Ok(found) => found,
                    Err(ahead) => return Ok(Err(ahead)),
                };
                let rows = found.hits.iter().map(|hit| moment.row(hit.seq)).collect::<Result<Vec<_>, _>>()?;
                Ok(Ok((found, rows)))
            })?;
            match page {
                Ok(page) => break page,
                Err(ahead) => seen = ahead,
            }
        };
        let mut keys = Vec::with_capacity(rows.len());
        for (hit, row) in found.hits.iter().zip(rows) {
            // The index was read from pages that authenticate, but rows have tags: what they say is what counts.
            let key = row.map(|row| self.checked(row)).transpose()?;
            let key = key.filter(|key| {
                key.id == hit.id
                    && conditions.fit(&listed(key, hit.seq))
                    && query.kid.as_ref().is_none_or(|kid| key.kid == *kid)
            });
            let disagree = || {
                // Perhaps the file was put in place of another while it was open: what it has now is what counts.
                self.0.search_index.forget();
                StorageError::Damaged(format!("the search index is wrong about key {}", hit.id))
            };
            keys.push(key.ok_or_else(disagree)?);
        }
        Ok(Page { keys, total: found.total, next: found.next })
    }

    /// The keys that have the kid and the fingerprint of a query, with their places, sorted; `None` when it names neither.
    fn named(&self, query: &Query) -> Result<Option<Vec<(KeyId, i64)>>> {
        let by_kid = match &query.kid {
            Some(kid) => Some(self.0.database.places_by_kid(kid_prefix(kid), kid)?),
            None => None,
        };
        let by_fingerprint = match &query.fingerprint {
            Some(digest) => Some(self.keys_with(digest)?.into_iter().map(|(seq, key)| (key.id, seq)).collect()),
            None => None,
        };
        let sorted = |mut keys: Vec<(KeyId, i64)>| {
            keys.sort_unstable();
            keys
        };
        Ok(match (by_kid.map(sorted), by_fingerprint.map(sorted)) {
            (Some(mut keys), Some(others)) => {
                keys.retain(|key| others.binary_search(key).is_ok());
                Some(keys)
            }
            (one, other) => one.or(other),
        })
    }
}

fn listed(key: &Key, seq: i64) -> Listed<'_> {
    Listed {
        seq,
        id: key.id,
        name: key.name.as_str(),
        key_type: key.key_type,
        algorithm: key.algorithm,
        has_private: key.has_private,
        issuer: key.issuer.as_ref().map(Issuer::as_str),
        inserted_at: key.inserted_at.as_millisecond(),
        updated_at: key.updated_at.as_millisecond(),
        expires_at: key.expires_at.map(jiff::Timestamp::as_millisecond),
    }
}

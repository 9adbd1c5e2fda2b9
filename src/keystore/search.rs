//! Searching keys.

use std::ops::RangeBounds;

use super::Keystore;
use super::fingerprints::digests;
use crate::error::Result;
use crate::model::{Invalid, Key, Problem};
use crate::search::{Cursor, From, Place, Query, fold};

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
    /// The keys that a query asks for, one page of them, and how many there are.
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
        let mut found = Vec::new();
        for key in self.keys() {
            let key = key?;
            let name = fold(key.name.as_str()).into_owned();
            let fits = query.name.as_ref().is_none_or(|pattern| pattern.fits(name.as_bytes()))
                && query.algorithm.is_none_or(|algorithm| key.algorithm == Some(algorithm))
                && query.key_type.is_none_or(|key_type| key.key_type == key_type)
                && query.kid.as_ref().is_none_or(|kid| key.kid == *kid)
                && match &query.fingerprint {
                    Some(fingerprint) => digests(&key)?.contains(fingerprint),
                    None => true,
                }
                && query.issuer.as_ref().is_none_or(|issuer| key.issuer.as_ref() == Some(issuer))
                && query.has_private.is_none_or(|has| key.has_private == has)
                && query.expires_before.is_none_or(|instant| key.expires_at.is_some_and(|at| at < instant))
                && query.inserted.contains(&key.inserted_at)
                && query.updated.contains(&key.updated_at);
            if fits {
                found.push((name, key));
            }
        }
        found.sort_by(|a, b| place(a).compare(&place(b), &query.order));
        let total = found.len() as u64;
        let start = match &query.from {
            From::Row(row) => usize::try_from(*row).unwrap_or(usize::MAX),
            From::After(cursor) => {
                found.partition_point(|item| place(item).compare(&cursor.place(), &query.order).is_le())
            }
        };
        let more = found.len().saturating_sub(start) > query.limit as usize && query.limit > 0;
        let page: Vec<_> = found.into_iter().skip(start).take(query.limit as usize).collect();
        let next = page.last().filter(|_| more).map(|last| Cursor::new(&query.order, &place(last)));
        Ok(Page { keys: page.into_iter().map(|(_, key)| key).collect(), total, next })
    }
}

fn place((name, key): &(String, Key)) -> Place<'_> {
    Place {
        id: key.id,
        name: name.as_bytes(),
        key_type: key.key_type,
        algorithm: key.algorithm,
        inserted: key.inserted_at.as_millisecond(),
        expires: key.expires_at.map(|instant| instant.as_millisecond()),
    }
}

//! The keys that may sign: given with the credential, or fetched as a JWK set.

mod fetched;
mod public_key;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use self::fetched::FetchedSet;
use super::jws::refused;
use super::outcome::{Reason, Refusal};
use super::presented::FetchKeys;
use crate::model::{FetchedKeys, Invalid, Problem, SigningKeys};

pub(super) use public_key::PublicKey;

/// Keys by their identifier.
type Keys = BTreeMap<Box<str>, Arc<PublicKey>>;

pub(super) enum KeySet {
    Stored(Keys),
    Fetched(FetchedSet),
}

/// What became of the search for a key.
pub(super) enum Found {
    Key(Arc<PublicKey>),
    /// The keys are not known, and there is nothing to fetch them with.
    NeedsFetch(FetchedKeys),
}

impl KeySet {
    /// Reads keys that were given.
    pub(super) fn new(keys: SigningKeys) -> Result<Self, Invalid> {
        let given = match keys {
            SigningKeys::Fetched(source) => return Ok(Self::Fetched(FetchedSet::new(source))),
            SigningKeys::Stored(given) => given,
        };
        let read = given.iter().map(|(kid, der)| match PublicKey::read(der, None) {
            Ok(key) => Ok((kid.into(), Arc::new(key))),
            Err(why) => {
                let message = format!("keys holds one of kid {} that cannot be used: {why}", Invalid::quote(kid));
                Err(Invalid::new("keys", Problem::CouldNotParse, message))
            }
        });
        Ok(Self::Stored(read.collect::<Result<_, _>>()?))
    }

    /// The key of an identifier. Keys that were fetched are taken until their time is over, even when this one is not among
    /// them: else anybody who makes up identifiers would have them fetched each time.
    pub(super) fn find(&self, kid: &str, now: Timestamp, fetch: Option<&FetchKeys<'_>>) -> Result<Found, Refusal> {
        let found = match self {
            Self::Stored(keys) => keys.get(kid).cloned(),
            Self::Fetched(set) => match set.keys(now, fetch)? {
                Some(keys) => keys.get(kid).cloned(),
                None => return Ok(Found::NeedsFetch(set.source().clone())),
            },
        };
        let unknown = || refused(Reason::UnknownKey, format!("no key of kid {} may sign", Invalid::quote(kid)));
        found.map(Found::Key).ok_or_else(unknown)
    }
}

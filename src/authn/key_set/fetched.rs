//! A JWK set (RFC 7517, section 5) that the application fetches, and that is kept for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::super::jws::{kind, parse_object, refused};
use super::super::outcome::{Reason, Refusal};
use super::super::presented::FetchKeys;
use super::{Keys, PublicKey};
use crate::codec::{self, Content};
use crate::model::{Algorithm, FetchedKeys, Invalid};

/// The most bytes of a set.
const MOST_BYTES: usize = 256 * 1024;
/// The most keys in a set.
const MOST_KEYS: usize = 256;

/// Members that only a private or a secret key has (RFC 7518, section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// All that makes up a public key: nothing else of it is read as a key.
const PUBLIC: [&str; 6] = ["kty", "n", "e", "crv", "x", "y"];

pub(in crate::authn) struct FetchedSet {
    source: FetchedKeys,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    keys: Arc<Keys>,
    since: Timestamp,
}

impl FetchedSet {
    pub(super) fn new(source: FetchedKeys) -> Self {
        Self { source, kept: Mutex::new(None) }
    }

    pub(super) fn source(&self) -> &FetchedKeys {
        &self.source
    }

    /// The keys, fetched when they have to be; `None` when there is nothing to fetch them with.
    pub(super) fn keys(&self, now: Timestamp, fetch: Option<&FetchKeys<'_>>) -> Result<Option<Arc<Keys>>, Refusal> {
        if let Some(keys) = self.fresh(now) {
            return Ok(Some(keys));
        }
        let Some(fetch) = fetch else { return Ok(None) };
        // Not under the lock: two threads may both fetch, none waits for the other's network.
        let url = self.source.url();
        let no_keys = |why: String| refused(Reason::NoKeys, format!("no keys from {}: {why}", Invalid::quote(url)));
        let bytes = fetch(url).map_err(|why| no_keys(format!("fetching failed: {}", quote(&why))))?;
        let keys = Arc::new(read_set(&bytes).map_err(no_keys)?);
        *self.lock() = Some(Kept { keys: Arc::clone(&keys), since: now });
        Ok(Some(keys))
    }

    /// Keys whose time is not over. Those of the future are not trusted: the clock was set back, and would keep them for
    /// as long again.
    fn fresh(&self, now: Timestamp) -> Option<Arc<Keys>> {
        let kept = self.lock();
        let kept = kept.as_ref()?;
        let age = now.duration_since(kept.since);
        let longest = SignedDuration::try_from(self.source.cache_duration()).ok()?;
        (!age.is_negative() && age < longest).then(|| Arc::clone(&kept.keys))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A text from outside, escaped and cut after 200 characters.
fn quote(text: &str) -> String {
    let shown: String = text.chars().take(200).flat_map(char::escape_debug).collect();
    if text.chars().nth(200).is_some() { format!("'{shown}…'") } else { format!("'{shown}'") }
}

/// Reads a set. What is not understood is passed over (RFC 7517, section 5), and so is what cannot serve here; of two
/// keys with one identifier neither serves, since nobody can say which was meant.
fn read_set(bytes: &[u8]) -> Result<Keys, String> {
    if bytes.len() > MOST_BYTES {
        return Err(format!("the JWK set has {} bytes, at most {MOST_BYTES}", bytes.len()));
    }
    let set = parse_object(bytes, "JWK set")?;
    let elements = match set.get("keys") {
        Some(Value::Array(elements)) => elements,
        Some(other) => return Err(format!("keys of the JWK set is {}, allowed is an array", kind(other))),
        None => return Err("the JWK set has no keys".into()),
    };
    if elements.len() > MOST_KEYS {
        return Err(format!("the JWK set has {} keys, at most {MOST_KEYS}", elements.len()));
    }
    let mut found: BTreeMap<Box<str>, Option<Arc<PublicKey>>> = BTreeMap::new();
    for (kid, key) in elements.iter().filter_map(Value::as_object).filter_map(read_key) {
        let key = Arc::new(key);
        found.entry(kid).and_modify(|twice| *twice = None).or_insert(Some(key));
    }
    let keys: Keys = found.into_iter().filter_map(|(kid, key)| Some((kid, key?))).collect();
    if keys.is_empty() {
        let count = elements.len();
        return Err(format!("none of the {count} keys of the JWK set is one to verify with, under a kid of its own"));
    }
    Ok(keys)
}

/// A key that may verify, with its identifier.
fn read_key(jwk: &Map<String, Value>) -> Option<(Box<str>, PublicKey)> {
    let kid = jwk.get("kid")?.as_str()?;
    // A private key that lies about is nobody's any more.
    if PRIVATE.iter().any(|member| jwk.contains_key(*member)) {
        return None;
    }
    if jwk.get("use").is_some_and(|usage| usage.as_str() != Some("sig")) {
        return None;
    }
    let verifies = |operations: &Value| operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify"));
    if !jwk.get("key_ops").is_none_or(verifies) {
        return None;
    }
    let only = match jwk.get("alg") {
        None => None,
        Some(name) => Some(Algorithm::parse(name.as_str()?).ok()?),
    };
    let members = PUBLIC.iter().filter_map(|member| Some(((*member).to_owned(), jwk.get(*member)?.clone())));
    let public = serde_json::to_vec(&Value::Object(members.collect())).ok()?;
    let document = codec::read_document(&public).ok()?;
    let [item] = document.items.as_slice() else { return None };
    let Content::Public(spki) = &item.content else { return None };
    let key = PublicKey::read(spki, only).ok()?;
    // One whose `alg` is not its own could never be used.
    only.is_none_or(|only| key.fits(only)).then(|| (kid.into(), key))
}

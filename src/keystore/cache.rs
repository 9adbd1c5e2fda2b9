//! A bounded cache of unsealed keys. A key that falls out is wiped as soon as no handle holds it.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;

use super::{Signer, Verifier};
use crate::model::{Algorithm, KeyId};

/// What is asked for: a key, for an algorithm or for its own.
pub(super) type Wanted = (KeyId, Option<Algorithm>);

/// What a cached handle was made from: the nonce of a seal, which no other seal has.
type Nonce = [u8; 12];

pub(super) struct Cache {
    signers: Mutex<LruCache<Wanted, (Nonce, Signer)>>,
    verifiers: Mutex<LruCache<Wanted, (Nonce, Verifier)>>,
}

impl Cache {
    pub(super) fn new(most: usize) -> Self {
        Self { signers: Mutex::new(LruCache::new(most)), verifiers: Mutex::new(LruCache::new(most)) }
    }

    /// A handle made from the very row that is in the file now.
    pub(super) fn signer(&self, wanted: &Wanted, nonce: &Nonce) -> Option<Signer> {
        current(&mut lock(&self.signers), wanted, nonce)
    }

    pub(super) fn verifier(&self, wanted: &Wanted, nonce: &Nonce) -> Option<Verifier> {
        current(&mut lock(&self.verifiers), wanted, nonce)
    }

    pub(super) fn keep_signer(&self, wanted: Wanted, nonce: Nonce, signer: Signer) {
        lock(&self.signers).insert(wanted, (nonce, signer));
    }

    pub(super) fn keep_verifier(&self, wanted: Wanted, nonce: Nonce, verifier: Verifier) {
        lock(&self.verifiers).insert(wanted, (nonce, verifier));
    }

    /// Drops everything.
    pub(super) fn clear(&self) {
        lock(&self.signers).clear();
        lock(&self.verifiers).clear();
    }

    /// Drops everything made from a key that is no more.
    pub(super) fn forget(&self, id: KeyId) {
        for algorithm in Algorithm::ALL.into_iter().map(Some).chain([None]) {
            lock(&self.signers).remove(&(id, algorithm));
            lock(&self.verifiers).remove(&(id, algorithm));
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache({} signers, {} verifiers)", lock(&self.signers).len(), lock(&self.verifiers).len())
    }
}

fn current<T: Clone>(cache: &mut LruCache<Wanted, (Nonce, T)>, wanted: &Wanted, nonce: &Nonce) -> Option<T> {
    match cache.get(wanted) {
        Some((made_from, handle)) if made_from == nonce => return Some(handle.clone()),
        None => return None,
        Some(_) => {}
    }
    cache.remove(wanted);
    None
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

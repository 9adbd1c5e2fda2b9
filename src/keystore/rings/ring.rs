//! A ring: looked at, published, asked whether a signature is one of its own.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::loaded::Loading;
use super::{RingSigner, RingState, no_such_kid, no_such_ring, quoted_kid, quoted_ring};
use crate::error::{Error, Result};
use crate::keystore::{Keystore, Verifier};
use crate::model::{Kid, RingName};
use crate::storage::{RingLookup, RingRows};

/// A ring of a store: keys that follow each other, with one current and one next at every moment, for every thread and process.
/// Cheap to clone.
///
/// A handle is that of one ring: when the ring is deleted, and another made of the same name, it finds neither.
#[derive(Clone)]
pub struct Ring(Arc<Inner>);

pub(super) struct Inner {
    pub(super) store: Keystore,
    pub(super) id: [u8; 16],
    pub(super) name: RingName,
    pub(super) loading: Loading,
}

impl Ring {
    pub(super) fn new(store: Keystore, id: [u8; 16], name: RingName) -> Self {
        Self(Arc::new(Inner { store, id, name, loading: Loading::default() }))
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.0
    }

    /// The ring's name.
    #[must_use]
    pub fn name(&self) -> &RingName {
        &self.0.name
    }

    /// All about the ring and its keys, of one moment.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the ring was deleted; and those of every read, see
    /// [`Keystore::key`].
    pub fn state(&self) -> Result<RingState> {
        self.0.state()
    }

    /// What signs with the ring's current key, whichever that is at the moment.
    ///
    /// # Errors
    /// As [`state`](Self::state), and [`NotPossible`](crate::ErrorKind::NotPossible) when the ring's keys are for encryption.
    pub fn signer(&self) -> Result<RingSigner> {
        let signer = RingSigner::new(self.clone());
        signer.current()?;
        Ok(signer)
    }

    /// Whether `signature`, in the JOSE form, is over `message` and of the ring's key with this key identifier, which is its
    /// current, next or previous one. An unknown key identifier is no error, nor is that of a key that was retired or revoked:
    /// the answer is no.
    ///
    /// # Errors
    /// As [`signer`](Self::signer).
    pub fn verify(&self, kid: &Kid, message: &[u8], signature: &[u8]) -> Result<bool> {
        self.0.with_loaded(|loaded| {
            Ok(loaded.verifiers()?.get(kid.as_str()).is_some_and(|verifier| verifier.verify(message, signature)))
        })
    }

    /// A handle that verifies what the ring's key with this key identifier signed, until it is dropped: also when the key is
    /// retired or revoked meanwhile.
    ///
    /// # Errors
    /// As [`signer`](Self::signer); [`NotFound`](crate::ErrorKind::NotFound) when the ring has no key with this key
    /// identifier, [`Refused`](crate::ErrorKind::Refused) when it has been retired or revoked.
    pub fn verifier(&self, kid: &Kid) -> Result<Verifier> {
        loop {
            if let Some(verifier) = self.0.with_loaded(|loaded| Ok(loaded.verifiers()?.get(kid.as_str()).cloned()))? {
                return Ok(verifier);
            }
            match self.state()?.by_kid(kid.as_str()) {
                None => return Err(no_such_kid(kid, &self.0.name)),
                // It was published since the look above.
                Some(key) if key.place().is_live() => {}
                Some(key) => {
                    let (quoted, name) = (quoted_kid(kid), quoted_ring(&self.0.name));
                    let (place, at) = (key.place().name(), key.ended_at().unwrap_or(Timestamp::UNIX_EPOCH));
                    return Err(Error::refused(format!(
                        "the key with kid {quoted} of the ring {name} was {place} at {at}"
                    )));
                }
            }
        }
    }

    /// The ring's public keys as a JWK set (RFC 7517, section 5): current, next, previous. Each has `alg` and `use`, those for
    /// encryption only `use`. HMAC keys are left out.
    ///
    /// ```
    /// # use keystead::{Algorithm, KeySpec, Keystore, Options, RingName, RingPlan};
    /// # let store = Keystore::in_memory(Options::default())?;
    /// # let plan = RingPlan::new(RingName::new("tokens")?, KeySpec::new(Algorithm::Es256, None)?);
    /// let ring = store.create_ring(&plan)?;
    /// let published = ring.jwks()?;
    /// assert!(published.contains(ring.state()?.next().key().kid().as_str()));
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`state`](Self::state).
    pub fn jwks(&self) -> Result<String> {
        self.0.loaded()?.jwks()
    }
}

impl Inner {
    /// The ring's rows and those of its keys at one moment, all checked.
    pub(super) fn rows(&self) -> Result<RingRows> {
        let found = self.store.0.database.ring(RingLookup::Id(&self.id))?;
        let (record, stored) = found.ok_or_else(|| no_such_ring(&self.name))?;
        self.store.check_ring(&record)?;
        self.store.check_keys_of(&record, &stored)?;
        Ok((record, stored))
    }

    fn state(&self) -> Result<RingState> {
        let (record, stored) = self.rows()?;
        RingState::new(record, stored.into_iter().map(|stored| stored.record.key).collect())
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ring").field(&self.0.name).finish()
    }
}

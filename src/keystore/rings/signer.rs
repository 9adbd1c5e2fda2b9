//! Signing with whatever key is current.

use std::fmt;

use super::Ring;
use crate::crypto::Signature;
use crate::error::Result;
use crate::keystore::Signer;
use crate::model::Kid;

/// Signs with the current key of a ring, and follows when another thread or process rotates it. Cheap to clone.
///
/// Before each signature it asks the file whether anything was committed, which takes less than a microsecond.
#[derive(Clone)]
pub struct RingSigner {
    ring: Ring,
}

/// A signature and the key that made it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RingSignature {
    /// The key identifier of the key that signed.
    pub kid: Kid,
    /// In the JOSE form.
    pub signature: Signature,
}

impl RingSigner {
    pub(super) fn new(ring: Ring) -> Self {
        Self { ring }
    }

    /// The handle of the key that is current now: for what names its key in what is signed, as a JWS does in its header.
    ///
    /// ```
    /// # use keystead::{Algorithm, KeySpec, Keystore, Options, RingName, RingPlan};
    /// # let store = Keystore::in_memory(Options::default())?;
    /// # let plan = RingPlan::new(RingName::new("tokens")?, KeySpec::new(Algorithm::Es256, None)?);
    /// # let ring = store.create_ring(&plan)?;
    /// let signer = ring.signer()?;
    /// let key = signer.current()?;
    /// let header = format!(r#"{{"alg":"{}","kid":"{}"}}"#, key.algorithm(), key.kid().as_str());
    /// let signature = key.sign(header.as_bytes())?;
    /// # let _ = signature;
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the ring was deleted; and those of every read, see
    /// [`Keystore::key`](crate::Keystore::key).
    pub fn current(&self) -> Result<Signer> {
        self.ring.inner().with_loaded(|loaded| loaded.signer().cloned())
    }

    /// Signs with the key that is current now.
    ///
    /// # Errors
    /// As [`current`](Self::current), and those of [`Signer::sign`].
    pub fn sign(&self, message: &[u8]) -> Result<RingSignature> {
        let signer = self.current()?;
        Ok(RingSignature { signature: signer.sign(message)?, kid: signer.kid().clone() })
    }
}

impl fmt::Debug for RingSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RingSigner({:?}, ..)", self.ring.name())
    }
}

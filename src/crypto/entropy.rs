//! The one seam for randomness, and the adapters that primitive crates take.

use std::convert::Infallible;
use std::fmt;

use getrandom::SysRng;
use getrandom::rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

/// A source of random bytes fit for keys, nonces and blinding.
///
/// The store asks it for every random byte that it needs. An implementation must be unpredictable: with a weak source
/// every key is weak. [`SystemEntropy`] is what nearly everybody wants. It is asked in the middle of a change, too: one that
/// calls the store would wait for itself.
pub trait Entropy: fmt::Debug + Send + Sync {
    /// Fills all of `out`.
    ///
    /// # Errors
    /// [`EntropyError`] when the source has no bytes to give. What `out` then holds is never used.
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError>;
}

/// The operating system's source of random bytes.
///
/// ```
/// use keystead::{Entropy, SystemEntropy};
///
/// let mut nonce = [0; 12];
/// SystemEntropy.fill(&mut nonce)?;
/// # Ok::<(), keystead::EntropyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        SysRng.try_fill_bytes(out).map_err(|_| EntropyError::new())
    }
}

/// A source gave no random bytes.
#[derive(Clone, Copy, Debug, Default, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct EntropyError(());

impl EntropyError {
    /// For implementations of [`Entropy`] that fail.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

/// [`Entropy`] as the random number generator of primitive crates, for one operation.
///
/// Their rejection loops end only when the bytes change, so a source that repeats itself would hang them: after
/// `most` bytes this one fails instead.
pub(super) struct Source<'a> {
    entropy: &'a dyn Entropy,
    left: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(entropy: &'a dyn Entropy, most: usize) -> Self {
        Self { entropy, left: most }
    }
}

impl TryRng for Source<'_> {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.left = self.left.checked_sub(out.len()).ok_or_else(EntropyError::new)?;
        self.entropy.fill(out)
    }
}

impl TryCryptoRng for Source<'_> {}

/// A [`Source`] for the one operation that takes no failing generator: the search for RSA primes.
///
/// The first failure is kept, and from then on the search is fed filler that anybody could compute, so that it comes
/// to an end. [`finish`](Self::finish) then drops what it found.
pub(super) struct Latched<'a> {
    source: Source<'a>,
    failure: Option<EntropyError>,
    filler: u64,
}

impl<'a> Latched<'a> {
    pub(super) fn new(source: Source<'a>) -> Self {
        Self { source, failure: None, filler: 0 }
    }

    /// Hands out `made` only when every byte that went into it came from the source.
    pub(super) fn finish<T>(self, made: T) -> Result<T, EntropyError> {
        self.failure.map_or(Ok(made), Err)
    }
}

impl TryRng for Latched<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        if self.failure.is_none() {
            self.failure = self.source.try_fill_bytes(out).err();
        }
        if self.failure.is_some() {
            for chunk in out.chunks_mut(32) {
                self.filler += 1;
                let block = Sha256::digest(self.filler.to_be_bytes());
                chunk.iter_mut().zip(block).for_each(|(byte, filler)| *byte = filler);
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for Latched<'_> {}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Broken, Stuck};
    use super::*;

    #[test]
    fn the_system_gives_bytes() {
        let mut bytes = [[0u8; 32]; 2];
        for out in &mut bytes {
            SystemEntropy.fill(out).unwrap();
        }
        assert_ne!(bytes[0], bytes[1]);
        assert_ne!(bytes[0], [0; 32]);
    }

    #[test]
    fn a_source_ends_at_its_limit() {
        let mut source = Source::new(&SystemEntropy, 40);
        source.try_fill_bytes(&mut [0; 32]).unwrap();
        source.try_next_u64().unwrap();
        source.try_next_u32().unwrap_err();
    }

    #[test]
    fn a_latched_failure_is_never_forgotten() {
        let broken = Broken::after(64);
        let mut rng = Latched::new(Source::new(&broken, 1 << 20));
        let mut out = [[0u8; 64]; 3];
        for out in &mut out {
            let Ok(()) = rng.try_fill_bytes(out);
        }
        assert_ne!(out[1], out[2], "filler must move, or the search for primes would not end");
        rng.finish(()).unwrap_err();

        let mut rng = Latched::new(Source::new(&Stuck(0), 64));
        let Ok(_) = rng.try_next_u64();
        rng.finish(()).unwrap();
    }
}

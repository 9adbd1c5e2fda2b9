//! Containers for secret bytes: wiped on drop, never cloned by accident, never shown.
//!
//! What is absent is the point: neither type has `Clone`, `PartialEq` or `Serialize`, and `Debug` says
//! only how long the secret is.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// Secret bytes of any length, wiped from memory when dropped.
///
/// ```
/// use keystead::SecretBytes;
///
/// let secret = SecretBytes::from(b"open sesame".to_vec());
/// assert_eq!(format!("{secret:?}"), "SecretBytes(11 bytes)");
/// assert_eq!(secret.expose_secret(), b"open sesame");
/// ```
pub struct SecretBytes(Zeroizing<Box<[u8]>>);

impl SecretBytes {
    /// Copies `bytes` into a container of its own. The caller's copy is the caller's to wipe.
    #[must_use]
    pub fn copy_from(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes themselves. Every use of this is a place where a secret could leak.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        &self.0
    }

    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is not a single byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A second copy, asked for by name.
    #[must_use]
    pub fn clone_secret(&self) -> Self {
        Self::copy_from(&self.0)
    }

    /// Compares in time that depends on the lengths alone.
    #[must_use]
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        self.0.as_ref().ct_eq(other).into()
    }
}

impl From<Vec<u8>> for SecretBytes {
    /// Takes the bytes over. A vector with spare capacity is copied and wiped, since shrinking it would leave
    /// its old memory behind.
    fn from(mut bytes: Vec<u8>) -> Self {
        if bytes.len() == bytes.capacity() {
            return Self(Zeroizing::new(bytes.into_boxed_slice()));
        }
        let secret = Self::copy_from(&bytes);
        bytes.zeroize();
        secret
    }
}

impl From<&str> for SecretBytes {
    fn from(text: &str) -> Self {
        Self::copy_from(text.as_bytes())
    }
}

impl From<String> for SecretBytes {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.len())
    }
}

/// A 32-byte key, kept on the heap in one place and wiped when dropped.
pub(crate) struct SecretKey(Box<Zeroizing<[u8; 32]>>);

impl SecretKey {
    /// Lets `fill` write the key in place, so that no copy passes through the stack.
    pub(crate) fn try_fill<E>(fill: impl FnOnce(&mut [u8; 32]) -> Result<(), E>) -> Result<Self, E> {
        let mut key = Box::new(Zeroizing::new([0u8; 32]));
        fill(&mut key)?;
        Ok(Self(key))
    }

    pub(crate) fn copy_from(bytes: &[u8; 32]) -> Self {
        let mut key = Box::new(Zeroizing::new([0u8; 32]));
        key.copy_from_slice(bytes);
        Self(key)
    }

    pub(crate) fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn clone_secret(&self) -> Self {
        Self::copy_from(&self.0)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(32 bytes)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_lengths_only() {
        insta::assert_debug_snapshot!(SecretBytes::copy_from(b"hunter2"), @"SecretBytes(7 bytes)");
        insta::assert_debug_snapshot!(SecretKey::copy_from(&[7; 32]), @"SecretKey(32 bytes)");
    }

    #[test]
    fn spare_capacity_is_not_kept() {
        let mut roomy = Vec::with_capacity(64);
        roomy.extend_from_slice(b"abc");
        let secret = SecretBytes::from(roomy);
        assert_eq!(secret.expose_secret(), b"abc");
        assert_eq!(secret.len(), 3);
    }

    #[test]
    fn comparison_wants_equal_length_and_bytes() {
        let secret = SecretBytes::copy_from(b"abc");
        assert!(secret.ct_eq(b"abc"));
        assert!(!secret.ct_eq(b"abd"));
        assert!(!secret.ct_eq(b"ab"));
    }
}

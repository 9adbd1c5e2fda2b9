//! Containers for secret bytes: wiped on drop, never cloned by accident, never shown. And what keeps them from the places that
//! a container does not reach: the stack, swap, core dumps.
//!
//! What is absent is the point: neither container has `Clone`, `PartialEq` or `Serialize`, and `Debug` says
//! only how long the secret is.

mod key;
mod page;
mod stack;

pub(crate) use key::SecretKey;
pub use page::MemoryProtection;
pub(crate) use stack::{DATABASE, DEEP, SHALLOW, wiping_stack, wiping_stack_if};

use std::fmt;

use page::Page;

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
pub struct SecretBytes(Place);

enum Place {
    Heap(Zeroizing<Box<[u8]>>),
    /// For what stays for long.
    Page(Page),
}

impl SecretBytes {
    /// Copies `bytes` into a container of its own. The caller's copy is the caller's to wipe.
    #[must_use]
    pub fn copy_from(bytes: &[u8]) -> Self {
        Self(Place::Heap(Zeroizing::new(bytes.into())))
    }

    /// Moves it to a page of its own that is not swapped out and not in core dumps, as far as the system allows. Takes
    /// some microseconds: for what stays.
    pub(crate) fn settle(&mut self) {
        if let Place::Heap(bytes) = &self.0
            && let Some(page) = Page::with(bytes)
        {
            self.0 = Place::Page(page);
        }
    }

    /// The bytes themselves. Every use of this is a place where a secret could leak.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        match &self.0 {
            Place::Heap(bytes) => bytes,
            Place::Page(page) => page.expose_secret(),
        }
    }

    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.expose_secret().len()
    }

    /// True when there is not a single byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose_secret().is_empty()
    }

    /// A second copy, asked for by name.
    #[must_use]
    pub fn clone_secret(&self) -> Self {
        Self::copy_from(self.expose_secret())
    }

    /// Compares in time that depends on the lengths alone.
    #[must_use]
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        self.expose_secret().ct_eq(other).into()
    }
}

impl From<Vec<u8>> for SecretBytes {
    /// Takes the bytes over. A vector with spare capacity is copied and wiped, since shrinking it would leave
    /// its old memory behind.
    fn from(mut bytes: Vec<u8>) -> Self {
        if bytes.len() == bytes.capacity() {
            return Self(Place::Heap(Zeroizing::new(bytes.into_boxed_slice())));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_lengths_only() {
        insta::assert_debug_snapshot!(SecretBytes::copy_from(b"hunter2"), @"SecretBytes(7 bytes)");
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
    fn a_secret_stays_the_same_wherever_it_lies() {
        let mut secret = SecretBytes::copy_from(&[7; 5000]);
        secret.settle();
        assert!(secret.ct_eq(&[7; 5000]));
        secret.settle();
        assert_eq!(secret.clone_secret().expose_secret(), [7; 5000]);
        // There are no pages of no bytes.
        let mut none = SecretBytes::copy_from(b"");
        none.settle();
        assert!(none.is_empty());
    }

    #[test]
    fn comparison_wants_equal_length_and_bytes() {
        let secret = SecretBytes::copy_from(b"abc");
        assert!(secret.ct_eq(b"abc"));
        assert!(!secret.ct_eq(b"abd"));
        assert!(!secret.ct_eq(b"ab"));
    }
}

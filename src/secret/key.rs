//! Keys of 32 bytes.

use std::fmt;

use zeroize::Zeroizing;

use super::MemoryProtection;
use super::page::Page;

/// A 32-byte key, kept in one place and wiped when dropped.
pub(crate) struct SecretKey(Place);

enum Place {
    /// For the moment of one computation.
    Heap(Box<Zeroizing<[u8; 32]>>),
    /// For as long as a store is open.
    Page(Page),
}

impl SecretKey {
    /// Lets `fill` write the key in place, so that no copy passes through the stack.
    pub(crate) fn try_fill<E>(fill: impl FnOnce(&mut [u8; 32]) -> Result<(), E>) -> Result<Self, E> {
        let mut key = Box::new(Zeroizing::new([0u8; 32]));
        fill(&mut key)?;
        Ok(Self(Place::Heap(key)))
    }

    pub(crate) fn copy_from(bytes: &[u8; 32]) -> Self {
        let mut key = Box::new(Zeroizing::new([0u8; 32]));
        key.copy_from_slice(bytes);
        Self(Place::Heap(key))
    }

    /// Moves it to a page of its own that is not swapped out and not in core dumps, as far as the system allows. Takes
    /// some microseconds: for keys that stay.
    pub(crate) fn settled(self) -> Self {
        match Page::with(self.expose_secret()) {
            Some(page) => Self(Place::Page(page)),
            None => self,
        }
    }

    /// What the system granted for it.
    pub(crate) fn protection(&self) -> MemoryProtection {
        match &self.0 {
            Place::Heap(_) => MemoryProtection::default(),
            Place::Page(page) => page.protection(),
        }
    }

    #[allow(clippy::expect_used, reason = "a page is as long as the key that it was made for; no other key will do")]
    pub(crate) fn expose_secret(&self) -> &[u8; 32] {
        match &self.0 {
            Place::Heap(key) => key,
            Place::Page(page) => page.expose_secret().try_into().expect("a page of 32 bytes"),
        }
    }

    pub(crate) fn clone_secret(&self) -> Self {
        Self::copy_from(self.expose_secret())
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
        insta::assert_debug_snapshot!(SecretKey::copy_from(&[7; 32]), @"SecretKey(32 bytes)");
    }

    #[test]
    fn a_key_stays_the_same_wherever_it_lies() {
        let key = SecretKey::copy_from(&[7; 32]);
        assert_eq!(key.protection(), MemoryProtection::default());
        let settled = key.clone_secret().settled();
        assert_eq!(settled.expose_secret(), &[7; 32]);
        assert_eq!(settled.settled().clone_secret().expose_secret(), &[7; 32]);
    }
}

//! What a statement says.

use std::fmt;

use jiff::Timestamp;

use super::KeyFacts;
use crate::model::{Algorithm, KeyId, Origin};

/// What a store vouches for. Its presence in a statement is the claim; where it is absent, nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Claim {
    /// The key was generated in the store. An imported key never has this one.
    GeneratedHere,
    /// The private key never left the store since it came there, and never can.
    NeverExportable,
}

impl Claim {
    /// Every claim.
    pub const ALL: [Self; 2] = [Self::GeneratedHere, Self::NeverExportable];

    /// `generated-here` or `never-exportable`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GeneratedHere => "generated-here",
            Self::NeverExportable => "never-exportable",
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a statement says, taken apart. Whether it can be believed is the [`Report`](super::Report)'s to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub(super) key_id: KeyId,
    pub(super) public_key: Box<[u8]>,
    pub(super) signed_at: Timestamp,
    pub(super) serial: Box<[u8]>,
    pub(super) claims: Vec<Claim>,
    pub(super) challenge: Option<Box<[u8]>>,
    pub(super) facts: Option<KeyFacts>,
}

impl Statement {
    /// The id of the attested key in its store.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The attested key as SubjectPublicKeyInfo in DER (RFC 5280, section 4.1.2.7), an EC point uncompressed.
    #[must_use]
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key
    }

    /// When it was signed, in whole seconds.
    #[must_use]
    pub const fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Its serial number: the octets of the INTEGER, so with a leading 00 where the top bit is set.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The claims, each once.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The challenge for which it was made, of 1 to 64 bytes. `None` without one, and for Fortanix.
    #[must_use]
    pub fn challenge(&self) -> Option<&[u8]> {
        self.challenge.as_deref()
    }

    /// How the key came into its store. `None` for Fortanix, whose statements do not say.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.facts.as_ref().map(|facts| facts.origin)
    }

    /// When the key was generated or imported, in whole seconds. `None` for Fortanix.
    #[must_use]
    pub fn stored_since(&self) -> Option<Timestamp> {
        self.facts.as_ref().map(|facts| facts.stored_since)
    }

    /// The algorithm that the key is for. `None` for a key that is bound to none, and for Fortanix.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.facts.as_ref().and_then(|facts| facts.algorithm)
    }

    /// Since when the private key may be exported. `None` for never, and for Fortanix.
    #[must_use]
    pub fn exportable_since(&self) -> Option<Timestamp> {
        self.facts.as_ref().and_then(|facts| facts.exportable_since)
    }

    /// When the private key was first exported. `None` for never before it was signed, and for Fortanix.
    #[must_use]
    pub fn exported_at(&self) -> Option<Timestamp> {
        self.facts.as_ref().and_then(|facts| facts.exported_at)
    }
}

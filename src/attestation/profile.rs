//! Whose statements are verified, and what is particular to them.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::SignedDuration;

use super::Oids;
use crate::model::{Invalid, Problem};

/// Whose statements are verified: which object identifiers count, and what a chain looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// This library's. A chain has 2 to 5 certificates: the authority, then its CAs, the root among them.
    ///
    /// The authority must carry our extended key usage. It need not carry our policy, since a CA from outside does not always
    /// put in what a request asks for; but one that carries policies without ours was issued for something else. The policies
    /// of the CAs are their own affair: the pinned root says whose they are.
    Keystead,
    /// Fortanix DSM's. A chain has exactly 3 certificates, and both the authority and its CA carry Fortanix's policy.
    ///
    /// A statement may be up to 24 hours older than its authority's certificate: the vendor certifies the same key of the
    /// authority anew, and delivers earlier statements with the later certificate. In its own published example the
    /// certificate begins 13 hours and 52 minutes after the statement.
    Fortanix,
}

impl Profile {
    /// `keystead` or `fortanix`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keystead => "keystead",
            Self::Fortanix => "fortanix",
        }
    }

    pub(super) const fn oids(self) -> &'static Oids {
        match self {
            Self::Keystead => &Oids::KEYSTEAD,
            Self::Fortanix => &Oids::FORTANIX,
        }
    }

    /// Those whose claims must not stand in one statement with its own.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Keystead => Self::Fortanix,
            Self::Fortanix => Self::Keystead,
        }
    }

    /// How many certificates a chain has.
    pub(super) const fn chain(self) -> RangeInclusive<usize> {
        match self {
            Self::Keystead => 2..=5,
            Self::Fortanix => 3..=3,
        }
    }

    /// How much older than its authority's certificate a statement may be.
    pub(super) const fn backdating(self) -> SignedDuration {
        match self {
            Self::Keystead => SignedDuration::ZERO,
            Self::Fortanix => SignedDuration::from_hours(24),
        }
    }

    /// Whether each certificate below the root carries the policy.
    pub(super) const fn asks_for_policy(self) -> bool {
        matches!(self, Self::Fortanix)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = crate::Error;

    /// Reads `keystead` or `fortanix`.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Self::Keystead, Self::Fortanix].into_iter().find(|profile| profile.as_str() == text);
        let refusal =
            || format!("attestation profile is {}, allowed are 'keystead' and 'fortanix'", Invalid::quote(text));
        Ok(known.ok_or_else(|| Invalid::new("profile", Problem::Invalid, refusal()))?)
    }
}

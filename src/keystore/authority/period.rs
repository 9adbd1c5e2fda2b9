//! When an authority signs, and when somebody must see to its successor.

use jiff::{SignedDuration, Timestamp};

use crate::error::Result;
use crate::model::Certificates;
use crate::x509;

/// A statement-signing authority with less than this left is renewed, or must be.
const DAYS_LEFT: i64 = 7;
/// A CA is renewed before it would cut short what it issues: the 30 days of an authority, and the days above.
const CA_DAYS_LEFT: i64 = 30 + DAYS_LEFT;
/// Whoever verifies must be told of a new root, so more time is given for that.
const ROOT_DAYS_LEFT: i64 = 90;
/// The clocks of two that use one store may be apart by this.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(60);

/// How an authority is followed by the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorityRenewal {
    /// By itself, before its 30 days end: the store has the keys of its CA and root. The root is not renewed, since whoever
    /// verifies pins it: [`replace_authority`](crate::Keystore::replace_authority) makes another.
    ByItself {
        /// When the root ends.
        until: Timestamp,
    },
    /// By a CA outside, which must be asked in time: [`authority_request`](crate::Keystore::authority_request).
    FromOutside {
        /// When the authority ends, or a certificate above it.
        before: Timestamp,
    },
    /// No more: another took its place. Its private key is gone.
    Past,
}

/// Where the keys above an authority are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Above {
    InStore,
    Outside,
    /// It is retired.
    Gone,
}

/// The times of a chain: those in which all of its certificates are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    /// When the last certificate of the chain ends.
    pub(super) root_not_after: Timestamp,
}

impl Period {
    pub(super) fn of(chain: &Certificates) -> Result<Self> {
        let (first, last) = (Timestamp::MIN, Timestamp::MAX);
        let mut period = Self { not_before: first, not_after: last, root_not_after: last };
        for der in chain.iter() {
            let certificate = x509::Certificate::read(der)?;
            period.not_before = period.not_before.max(certificate.not_before);
            period.not_after = period.not_after.min(certificate.not_after);
            period.root_not_after = certificate.not_after;
        }
        Ok(period)
    }

    pub(super) fn contains(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// Whether it has begun by a clock that may be a little slow.
    pub(super) fn has_begun(&self, now: Timestamp) -> bool {
        has_come(self.not_before, now)
    }

    pub(super) fn renewal(&self, above: Above) -> AuthorityRenewal {
        match above {
            Above::InStore => AuthorityRenewal::ByItself { until: self.root_not_after },
            Above::Outside => AuthorityRenewal::FromOutside { before: self.not_after },
            Above::Gone => AuthorityRenewal::Past,
        }
    }

    /// From when on a statement-signing authority is followed by the next, which its CA in the store makes. One that ends with
    /// its root could only be followed by one that ends then too.
    pub(super) fn followed_from(&self) -> Timestamp {
        if self.not_after < self.root_not_after { days_before(self.not_after, DAYS_LEFT) } else { self.not_after }
    }

    /// Whether a CA of this period should issue no more, its root being able to make another that ends later.
    pub(super) fn is_worn(&self, now: Timestamp) -> bool {
        let short = now > days_before(self.not_after, CA_DAYS_LEFT) && self.not_after < self.root_not_after;
        short || !self.contains(now)
    }

    /// Whether less is left than an authority needs for being followed in time.
    pub(super) fn nears_its_end(&self, now: Timestamp) -> bool {
        now > days_before(self.not_after, DAYS_LEFT)
    }
}

impl AuthorityRenewal {
    /// Before when somebody must do something, if that is soon.
    pub(super) fn due(self, now: Timestamp) -> Option<Timestamp> {
        let (end, days) = match self {
            Self::ByItself { until } => (until, ROOT_DAYS_LEFT),
            Self::FromOutside { before } => (before, DAYS_LEFT),
            Self::Past => return None,
        };
        (now > days_before(end, days)).then_some(end)
    }
}

/// Whether a time has come, by a clock that may be a little slow.
pub(in crate::keystore) fn has_come(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) <= CLOCKS_APART
}

fn days_before(at: Timestamp, days: i64) -> Timestamp {
    at.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
}

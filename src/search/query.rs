//! What is searched for: plain data, valid as soon as it is built.

use std::ops::{Bound, RangeBounds};

use jiff::Timestamp;

use super::{Cursor, NamePattern, OrderBy};
use crate::model::{Algorithm, Fingerprint, Issuer, KeyType, Kid};

/// What is searched for, in which order, and which page of it. Conditions add up; without any, every key is found.
///
/// ```
/// use jiff::ToSpan;
/// use keystead::{Algorithm, NamePattern, OrderBy, OrderField, Query};
///
/// let month = jiff::Timestamp::now() + (30 * 24).hours();
/// let query = Query::new()
///     .name(NamePattern::parse("checkout*")?)
///     .algorithm(Algorithm::Rs256)
///     .expires_before(month)
///     .order_by(OrderBy::ascending(OrderField::Expiration))
///     .limit(100);
/// # let _ = query;
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(crate) name: Option<NamePattern>,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) key_type: Option<KeyType>,
    pub(crate) kid: Option<Kid>,
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) issuer: Option<Issuer>,
    pub(crate) has_private: Option<bool>,
    pub(crate) expires_before: Option<Timestamp>,
    pub(crate) inserted: Span,
    pub(crate) updated: Span,
    pub(crate) order: OrderBy,
    pub(crate) limit: u32,
    pub(crate) from: From,
}

/// Two bounds of time.
pub(super) type Span = (Bound<Timestamp>, Bound<Timestamp>);

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// With this many keys left out.
    Row(u64),
    /// Behind the key that ended another page.
    After(Cursor),
}

impl Query {
    /// Every key by name, the first 25 of them.
    #[must_use]
    pub fn new() -> Self {
        Self {
            name: None,
            algorithm: None,
            key_type: None,
            kid: None,
            fingerprint: None,
            issuer: None,
            has_private: None,
            expires_before: None,
            inserted: (Bound::Unbounded, Bound::Unbounded),
            updated: (Bound::Unbounded, Bound::Unbounded),
            order: OrderBy::default(),
            limit: 25,
            from: From::Row(0),
        }
    }

    /// Keys whose name fits the pattern.
    #[must_use]
    pub fn name(mut self, pattern: NamePattern) -> Self {
        self.name = Some(pattern);
        self
    }

    /// Keys of this algorithm.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// Keys of this type.
    #[must_use]
    pub fn key_type(mut self, key_type: KeyType) -> Self {
        self.key_type = Some(key_type);
        self
    }

    /// Keys with exactly this kid.
    #[must_use]
    pub fn kid(mut self, kid: Kid) -> Self {
        self.kid = Some(kid);
        self
    }

    /// Keys with this fingerprint or thumbprint, any of [`Fingerprints`](crate::Fingerprints).
    #[must_use]
    pub fn fingerprint(mut self, fingerprint: Fingerprint) -> Self {
        self.fingerprint = Some(fingerprint);
        self
    }

    /// Keys with exactly this issuer.
    #[must_use]
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// Keys with, or those without, their private key or secret.
    #[must_use]
    pub fn has_private_key(mut self, has: bool) -> Self {
        self.has_private = Some(has);
        self
    }

    /// Keys whose certificate ends before this instant. Keys that never expire are not among them.
    #[must_use]
    pub fn expires_before(mut self, instant: Timestamp) -> Self {
        self.expires_before = Some(instant);
        self
    }

    /// Keys made or imported in this span, for example `from..until`.
    #[must_use]
    pub fn inserted(mut self, span: impl RangeBounds<Timestamp>) -> Self {
        self.inserted = (span.start_bound().cloned(), span.end_bound().cloned());
        self
    }

    /// Keys last changed in this span, for example `from..`.
    #[must_use]
    pub fn updated(mut self, span: impl RangeBounds<Timestamp>) -> Self {
        self.updated = (span.start_bound().cloned(), span.end_bound().cloned());
        self
    }

    /// The order. By name unless told.
    #[must_use]
    pub fn order_by(mut self, order: OrderBy) -> Self {
        self.order = order;
        self
    }

    /// How many keys a page has at most. 25 unless told; with 0 only the total is found.
    #[must_use]
    pub fn limit(mut self, most: u32) -> Self {
        self.limit = most;
        self
    }

    /// Leaves out the first keys: page `n` begins at `n * limit`. Where keys come and go between two pages, a key may be
    /// skipped or come twice; [`after`](Self::after) has no such gap.
    #[must_use]
    pub fn start(mut self, row: u64) -> Self {
        self.from = From::Row(row);
        self
    }

    /// Begins behind the key that ended another page, given by [`Page::next`](crate::Page::next), in place of
    /// [`start`](Self::start). The order must be that page's. Whatever came or went meanwhile, no key that stayed as it
    /// was is skipped or comes twice.
    #[must_use]
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.from = From::After(cursor);
        self
    }
}

impl Default for Query {
    /// As [`new`](Self::new).
    fn default() -> Self {
        Self::new()
    }
}

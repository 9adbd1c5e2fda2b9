//! The conditions of a query, prepared for millions of comparisons.

use std::ops::{Bound, Range};

use jiff::Timestamp;

use super::class::Class;
use super::fold;
use super::pattern::{Matcher, NamePattern};
use super::query::{Query, Span};
use crate::model::{Algorithm, Issuer, KeyType, Listed};

/// What a query asks of a key, kid and fingerprint aside, of which the index knows nothing. Instants in milliseconds.
#[derive(Debug)]
pub(crate) struct Conditions<'a> {
    name: Option<&'a NamePattern>,
    algorithm: Option<Algorithm>,
    key_type: Option<KeyType>,
    has_private: Option<bool>,
    issuer: Option<&'a Issuer>,
    pub(super) inserted: Range<i64>,
    pub(super) updated: Range<i64>,
    /// Expires before this.
    pub(super) expires: Option<i64>,
}

impl<'a> Conditions<'a> {
    pub(crate) fn new(query: &'a Query) -> Self {
        Self {
            name: query.name.as_ref(),
            algorithm: query.algorithm,
            key_type: query.key_type,
            has_private: query.has_private,
            issuer: query.issuer.as_ref(),
            inserted: range(&query.inserted),
            updated: range(&query.updated),
            expires: query.expires_before.map(ceiling),
        }
    }

    /// Whether every class will do.
    pub(super) fn any_class(&self) -> bool {
        self.algorithm.is_none() && self.key_type.is_none() && self.has_private.is_none() && self.issuer.is_none()
    }

    pub(super) fn fit_class(&self, class: &Class) -> bool {
        self.fit_parts(class.key_type, class.algorithm, class.has_private, class.issuer.as_deref())
    }

    fn fit_parts(&self, kind: KeyType, algorithm: Option<Algorithm>, has_private: bool, issuer: Option<&str>) -> bool {
        self.algorithm.is_none_or(|wanted| algorithm == Some(wanted))
            && self.key_type.is_none_or(|wanted| kind == wanted)
            && self.has_private.is_none_or(|wanted| has_private == wanted)
            && self.issuer.is_none_or(|wanted| issuer == Some(wanted.as_str()))
    }

    pub(super) fn fit_instants(&self, inserted: i64, updated: i64, expires: Option<i64>) -> bool {
        self.inserted.contains(&inserted)
            && self.updated.contains(&updated)
            && self.expires.is_none_or(|before| expires.is_some_and(|instant| instant < before))
    }

    /// The pattern made ready for many names.
    pub(super) fn matcher(&self) -> Option<Matcher> {
        self.name.map(Matcher::new)
    }

    pub(super) fn fit_name(&self, folded: &[u8]) -> bool {
        self.name.is_none_or(|pattern| pattern.fits(folded))
    }

    /// Whether a key fits.
    pub(crate) fn fit(&self, key: &Listed<'_>) -> bool {
        self.fit_parts(key.key_type, key.algorithm, key.has_private, key.issuer)
            && self.fit_instants(key.inserted_at, key.updated_at, key.expires_at)
            && self.fit_name(fold(key.name).as_bytes())
    }
}

/// Whether every instant is in the range; the last millisecond there is belongs to no key.
pub(super) fn unbounded(range: &Range<i64>) -> bool {
    *range == (i64::MIN..i64::MAX)
}

fn range((from, until): &Span) -> Range<i64> {
    let from = match from {
        Bound::Unbounded => i64::MIN,
        Bound::Included(instant) => ceiling(*instant),
        Bound::Excluded(instant) => floor(*instant) + 1,
    };
    let until = match until {
        Bound::Unbounded => i64::MAX,
        Bound::Included(instant) => floor(*instant) + 1,
        Bound::Excluded(instant) => ceiling(*instant),
    };
    from..until
}

/// The last whole millisecond that is not after it.
fn floor(instant: Timestamp) -> i64 {
    i64::try_from(instant.as_nanosecond().div_euclid(1_000_000)).unwrap_or(0)
}

/// The first whole millisecond that is not before it.
fn ceiling(instant: Timestamp) -> i64 {
    i64::try_from(-(-instant.as_nanosecond()).div_euclid(1_000_000)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_between_milliseconds_are_rounded_so_that_nothing_changes_sides() {
        let at = |nanos: i128| Timestamp::from_nanosecond(nanos).unwrap();
        for base in [-3_000_000, 0, 3_000_000] {
            for offset in [-1, 0, 1] {
                let bound = at(base + offset);
                for millis in -5..5_i64 {
                    let instant = Timestamp::from_millisecond(millis).unwrap();
                    let holds = |span: Span, truth: bool| {
                        assert_eq!(range(&span).contains(&millis), truth, "{span:?} {millis}");
                    };
                    holds((Bound::Included(bound), Bound::Unbounded), instant >= bound);
                    holds((Bound::Excluded(bound), Bound::Unbounded), instant > bound);
                    holds((Bound::Unbounded, Bound::Included(bound)), instant <= bound);
                    holds((Bound::Unbounded, Bound::Excluded(bound)), instant < bound);
                }
            }
        }
        let (first, last) = (Timestamp::MIN, Timestamp::MAX);
        assert!(range(&(Bound::Included(first), Bound::Included(last))).contains(&last.as_millisecond()));
        assert!(!range(&(Bound::Excluded(first), Bound::Excluded(last))).contains(&first.as_millisecond()));
        assert!(unbounded(&range(&(Bound::Unbounded, Bound::Unbounded))));
    }
}

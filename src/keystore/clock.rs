//! The one way by which time enters.

use std::fmt::Debug;

use jiff::Timestamp;

/// Where the store takes the time from. Give one of your own to make a test repeatable.
///
/// It is asked in the middle of a change, too: one that calls the store would wait for itself.
pub trait Clock: Debug + Send + Sync {
    /// The time of now.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The millisecond that has begun, as times are kept.
pub(super) fn cut_to_millis(at: Timestamp) -> Timestamp {
    // Milliseconds and what is finer have the same sign: before 1970 the cut is the other way round.
    let millis = at.as_millisecond() - i64::from(at.subsec_nanosecond() % 1_000_000 < 0);
    // Of the last second that there is, jiff takes no milliseconds.
    Timestamp::from_millisecond(millis).or_else(|_| Timestamp::from_second(at.as_second())).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_can_be_read_and_never_lies_after() {
        for (from, to) in [
            ("2026-11-22T06:00:00.123999999Z", "2026-11-22T06:00:00.123Z"),
            ("1969-12-31T23:59:59.999000001Z", "1969-12-31T23:59:59.999Z"),
            ("1969-12-31T23:59:59.998999999Z", "1969-12-31T23:59:59.998Z"),
        ] {
            assert_eq!(cut_to_millis(from.parse().unwrap()), to.parse().unwrap());
        }
        for end in [Timestamp::MIN, Timestamp::MAX] {
            let kept = cut_to_millis(end);
            assert!(kept <= end && Timestamp::from_millisecond(kept.as_millisecond()).unwrap() == kept, "{kept}");
        }
    }
}

//! What follows wrong secrets. Pure: instants in, instants out.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// In FIPS mode so many wrong secrets reset the secret; of no more is kept when they were.
pub(super) const MOST: usize = 100;
/// A wrong secret counts for so long.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// So many wrong secrets have no delay.
const FREE: usize = 2;
/// The longest delay.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Those that count at `now`, oldest first. One that lies ahead, since the clock was put back, counts as of now.
pub(super) fn recent(at: &[Timestamp], now: Timestamp) -> Vec<Timestamp> {
    let counts = |at: &Timestamp| now.duration_since(*at) < WINDOW;
    let mut recent: Vec<_> = at.iter().map(|at| (*at).min(now)).filter(counts).collect();
    recent.drain(..recent.len().saturating_sub(MOST - 1));
    recent
}

/// After so many wrong secrets: nothing for the first two, then 1 s, 2 s, 4 s and so on, at most 15 minutes.
pub(super) fn delay(failures: usize) -> Option<Duration> {
    let doublings = u32::try_from(failures.checked_sub(FREE + 1)?).unwrap_or(u32::MAX).min(10);
    Some(Duration::from_secs(1 << doublings).min(LONGEST))
}

/// How long it still is, in whole seconds rounded up, until the delay is over that was told last.
pub(super) fn wait(at: &[Timestamp], now: Timestamp) -> Option<Duration> {
    let recent = recent(at, now);
    let over = recent.last()?.checked_add(SignedDuration::try_from(delay(recent.len())?).ok()?).ok()?;
    let left = over.as_millisecond().saturating_sub(now.as_millisecond());
    let left = u64::try_from(left).ok().filter(|left| *left > 0)?;
    Some(Duration::from_secs(left.div_ceil(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn delays_double_to_a_quarter_of_an_hour() {
        let seconds: Vec<_> = (0..16).map(|failures| delay(failures).map(|delay| delay.as_secs())).collect();
        let known = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900].map(Some);
        assert_eq!(seconds, [&[None; 3][..], &known].concat());
        assert_eq!(delay(usize::MAX), Some(LONGEST));
    }

    #[test]
    fn a_failure_counts_for_a_day() {
        const DAY: i64 = 24 * 60 * 60;
        let all = [at(0), at(10), at(20)];
        assert_eq!(recent(&all, at(DAY - 1)), all);
        assert_eq!(recent(&all, at(DAY)), all[1..]);
        assert_eq!(recent(&all, at(DAY + 20)), []);
        assert_eq!(recent(&all, at(5)), [at(0), at(5), at(5)], "the clock was put back");
        let many: Vec<_> = (0..150).map(at).collect();
        assert_eq!(recent(&many, at(150)), many[51..], "room for one more");
    }

    #[test]
    fn the_wait_ends_with_the_delay() {
        assert_eq!(wait(&[at(0), at(1)], at(1)), None);
        let four = [at(0), at(0), at(0), at(10)];
        let left = |millis| wait(&four, Timestamp::from_millisecond(millis).unwrap()).map(|left| left.as_secs());
        assert_eq!(
            [10_000, 10_001, 11_000, 11_001, 11_999, 12_000].map(left),
            [Some(2), Some(2), Some(1), Some(1), Some(1), None]
        );
    }
}

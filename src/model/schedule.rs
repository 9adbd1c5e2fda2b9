//! When the keys of a ring follow each other.

use std::time::Duration;

use super::{Invalid, Problem};

/// When the keys of a ring follow each other: how long one is current, how long the next is published before it may be
/// used, how long the previous one is still accepted. In whole milliseconds; finer parts are cut.
///
/// Nothing happens by itself: [`Ring::due`](crate::Ring::due) tells what should, [`Ring::apply_due`](crate::Ring::apply_due)
/// does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Schedule {
    every: Duration,
    publish: Duration,
    grace: Duration,
}

impl Schedule {
    /// The shortest time between two rotations.
    pub const SHORTEST: Duration = Duration::from_secs(60);
    /// The longest time between two rotations: ten years of 365 days.
    pub const LONGEST: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

    /// Rotates when a key has been current for `every`, but not before the next one has been published for `publish`. The
    /// previous key is retired when it has been so for `grace`.
    ///
    /// `publish` should be as long as others keep a JWK set before they ask for it again, `grace` as long as the longest
    /// token is valid.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use keystead::Schedule;
    ///
    /// const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    /// let schedule = Schedule::new(90 * DAY, 7 * DAY, 2 * DAY)?;
    /// assert_eq!(schedule.every(), 90 * DAY);
    /// let refused = Schedule::new(DAY, 2 * DAY, DAY).unwrap_err();
    /// assert_eq!(refused.to_string(), "publish is 172800 s, at most as long as every, which is 86400 s");
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) unless `every` is [`SHORTEST`](Self::SHORTEST) to
    /// [`LONGEST`](Self::LONGEST) and neither of the others is longer.
    pub fn new(every: Duration, publish: Duration, grace: Duration) -> Result<Self, crate::Error> {
        Ok(Self::parse(every, publish, grace)?)
    }

    pub(crate) fn parse(every: Duration, publish: Duration, grace: Duration) -> Result<Self, Invalid> {
        let whole =
            |time: Duration| time.saturating_sub(Duration::from_nanos(u64::from(time.subsec_nanos() % 1_000_000)));
        let [every, publish, grace] = [every, publish, grace].map(whole);
        let invalid = |field, message| Err(Invalid::new(field, Problem::Invalid, message));
        if !(Self::SHORTEST..=Self::LONGEST).contains(&every) {
            let (least, most) = (Self::SHORTEST.as_secs(), Self::LONGEST.as_secs());
            let message = format!("every is {} s, allowed are {least} to {most} s", every.as_secs_f64());
            return invalid("every", message);
        }
        for (field, time) in [("publish", publish), ("grace", grace)] {
            if time > every {
                let (time, every) = (time.as_secs_f64(), every.as_secs_f64());
                return invalid(field, format!("{field} is {time} s, at most as long as every, which is {every} s"));
            }
        }
        Ok(Self { every, publish, grace })
    }

    /// How long a key is current.
    #[must_use]
    pub const fn every(self) -> Duration {
        self.every
    }

    /// How long the next key is published before it may become current.
    #[must_use]
    pub const fn publish(self) -> Duration {
        self.publish
    }

    /// How long a key is accepted after another took its place.
    #[must_use]
    pub const fn grace(self) -> Duration {
        self.grace
    }

    /// From the time a key is made, as the next one, to the end of its grace when every rotation is on time.
    pub(crate) fn lifetime(self) -> Duration {
        self.every + self.every + self.grace
    }

    /// As the file holds it: milliseconds.
    pub(crate) fn to_millis(self) -> [i64; 3] {
        [self.every, self.publish, self.grace].map(|time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }

    /// From the file. `None` for what no version writes.
    pub(crate) fn from_millis(millis: [i64; 3]) -> Option<Self> {
        let [every, publish, grace] = millis.map(|time| u64::try_from(time).ok().map(Duration::from_millis));
        Self::parse(every?, publish?, grace?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for millis in [[60_000, 0, 0], [60_001, 60_001, 60_001], [315_360_000_000, 1, 315_360_000_000]] {
            assert_eq!(Schedule::from_millis(millis).map(Schedule::to_millis), Some(millis));
        }
    }

    #[test]
    fn nothing_else_is_read() {
        for millis in [
            [59_999, 0, 0],
            [315_360_000_001, 0, 0],
            [60_000, 60_001, 0],
            [60_000, 0, 60_001],
            [-60_000, 0, 0],
            [60_000, -1, 0],
            [60_000, 0, -1],
            [i64::MAX; 3],
            [i64::MIN; 3],
            [0; 3],
        ] {
            assert_eq!(Schedule::from_millis(millis), None, "{millis:?}");
        }
    }

    #[test]
    fn a_key_lives_through_two_turns_and_its_grace() {
        let schedule = Schedule::from_millis([100_000, 7_000, 30_000]).unwrap();
        assert_eq!(schedule.lifetime(), Duration::from_secs(230));
    }
}

//! What a ring's schedule asks for, and doing it.

use std::time::Duration;

use jiff::Timestamp;

use super::change::{Changed, insert, is_of};
use super::{Ring, RingState};
use crate::error::Result;
use crate::keystore::clock::cut_to_millis;
use crate::model::{NewRow, RingPlace, RingRecord, Schedule};
use crate::storage::RingChange;

/// What a ring's schedule asks for, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Due {
    /// The previous key's grace is over: retire it.
    RetirePrevious {
        /// Since when.
        since: Timestamp,
    },
    /// The current key has signed long enough, and the next one is known everywhere: rotate.
    Rotate {
        /// Since when.
        since: Timestamp,
    },
}

impl Due {
    /// Since when it is due.
    #[must_use]
    pub const fn since(self) -> Timestamp {
        match self {
            Self::RetirePrevious { since } | Self::Rotate { since } => since,
        }
    }
}

impl RingState {
    /// What is due at `now`, in the order in which it is to be done. Nothing without a schedule.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<Due> {
        due(&self.record, now)
    }

    /// The instant at which something is due next; it may have passed. `None` without a schedule, or when that would be after
    /// the last instant that there is, in the year 9999.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        coming(&self.record).into_iter().flatten().map(Due::since).min()
    }
}

impl Ring {
    /// What the ring's schedule asks for at `now`, in the order in which it is to be done.
    ///
    /// # Errors
    /// As [`state`](Self::state).
    pub fn due(&self, now: Timestamp) -> Result<Vec<Due>> {
        Ok(self.state()?.due(now))
    }

    /// Does what is due at `now`, all of it or nothing, and tells what it did: nothing when another thread or process was
    /// faster. However long ago a rotation was due, it is made once; the new current key's time begins at `now`. What it
    /// makes due itself is for the next call: without a grace, that retires the key that it replaced.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use keystead::{Algorithm, KeySpec, Keystore, Options, RingName, RingPlan, Schedule};
    ///
    /// const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    /// let store = Keystore::in_memory(Options::default())?;
    /// let plan = RingPlan::new(RingName::new("tokens")?, KeySpec::new(Algorithm::Es256, None)?)
    ///     .schedule(Schedule::new(90 * DAY, 7 * DAY, 2 * DAY)?);
    /// let ring = store.create_ring(&plan)?;
    ///
    /// // Once an hour, say, by whatever the application has for such tasks:
    /// let now = jiff::Timestamp::now();
    /// for ring in store.rings()? {
    ///     ring.apply_due(now)?;
    /// }
    /// # let due = ring.state()?.next_due().ok_or("no schedule")?;
    /// # assert!(ring.apply_due(due - DAY)?.is_empty());
    /// # assert_eq!(ring.apply_due(due)?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn apply_due(&self, now: Timestamp) -> Result<Vec<Due>> {
        let now = cut_to_millis(now);
        loop {
            let seen = self.inner().rows()?.0;
            let expected = due(&seen, now);
            if expected.is_empty() {
                return Ok(Vec::new());
            }
            // Made before the store is locked; it is of use only if a rotation is still due then.
            let successor = match expected.iter().any(|due| matches!(due, Due::Rotate { .. })) {
                true => Some(self.successor_of(&seen, now)?),
                false => None,
            };
            let (_, done) = self.change(|change, record| {
                if successor.as_ref().is_some_and(|next| !is_of(next, record.spec)) {
                    return Ok(None);
                }
                apply(change, record, successor.as_ref(), now).map(Some)
            })?;
            // Else the ring's keys are to be others since.
            if let Some(done) = done {
                return Ok(done);
            }
        }
    }

    /// Gives the ring another schedule, or none. What is due follows the new one at once; certificates that were made stay as
    /// long as they are.
    ///
    /// # Errors
    /// As [`retire_previous`](Self::retire_previous).
    pub fn set_schedule(&self, schedule: Option<Schedule>) -> Result<RingState> {
        self.change(|_, record| {
            record.schedule = schedule;
            Ok(())
        })
        .map(|(state, ())| state)
    }
}

/// Does what is due. A rotation that became due between the look and the lock has no new key yet: next time.
fn apply(
    change: &RingChange<'_>,
    record: &mut RingRecord,
    successor: Option<&NewRow>,
    now: Timestamp,
) -> Changed<Vec<Due>> {
    let mut done = Vec::new();
    for due in due(record, now) {
        match (due, successor) {
            (Due::RetirePrevious { .. }, _) => {
                record.retire_previous(now);
            }
            (Due::Rotate { .. }, Some(next)) => {
                insert(change, next)?;
                record.rotate(next.record.key.id, now);
            }
            (Due::Rotate { .. }, None) => continue,
        }
        done.push(due);
    }
    Ok(done)
}

fn due(record: &RingRecord, now: Timestamp) -> Vec<Due> {
    coming(record).into_iter().flatten().filter(|due| due.since() <= now).collect()
}

/// What the schedule will ask for next: the end of the previous key, then a rotation.
fn coming(record: &RingRecord) -> [Option<Due>; 2] {
    let Some(schedule) = record.schedule else { return [None; 2] };
    let replaced = record.in_place(RingPlace::Previous).and_then(|member| member.replaced_at);
    let current = record.in_place(RingPlace::Current).and_then(|member| member.current_since);
    let published = record.in_place(RingPlace::Next).map(|member| member.published_at);
    let retire = after(replaced, schedule.grace());
    let rotate = after(current, schedule.every()).zip(after(published, schedule.publish()));
    let rotate = rotate.map(|(every, publish)| every.max(publish));
    [retire.map(|since| Due::RetirePrevious { since }), rotate.map(|since| Due::Rotate { since })]
}

/// `None` when time ends before.
fn after(at: Option<Timestamp>, time: Duration) -> Option<Timestamp> {
    at?.checked_add(time).ok()
}

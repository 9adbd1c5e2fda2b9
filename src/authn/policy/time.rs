//! The time of an evaluation, for a function that is not handed any.

use std::cell::Cell;

use jiff::Timestamp;
use regorus::Value;

thread_local! {
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
}

/// Sets the time of the evaluations on this thread.
pub(super) fn set(now: Timestamp) {
    NOW.set(now);
}

/// Nanoseconds since 1970.
pub(super) fn now() -> Value {
    NOW.get().as_nanosecond().into()
}

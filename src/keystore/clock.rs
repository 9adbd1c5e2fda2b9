//! The one way by which time enters.

use std::fmt::Debug;

use jiff::Timestamp;

/// Where the store takes the time from. Give one of your own to make a test repeatable.
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

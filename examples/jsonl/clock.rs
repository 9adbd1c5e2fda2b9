//! A clock that a call can set for itself.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use keystead::Clock;

#[derive(Debug, Default)]
pub(crate) struct CallClock(Mutex<Option<Timestamp>>);

impl CallClock {
    /// The time for the call to come; `None` for the system's.
    pub(crate) fn set(&self, at: Option<Timestamp>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

impl Clock for CallClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(Timestamp::now)
    }
}

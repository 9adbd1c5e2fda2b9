//! A certificate that a trusted CA issued, for one of several subjects.

use super::checker::{Facts, Passed};
use super::outcome::Refusal;
use super::presented::Presented;
use crate::model::{Invalid, TrustedCa};

pub(super) struct TrustedCaCheck {}

impl TrustedCaCheck {
    /// Reads anchors and subjects.
    pub(super) fn new(_trusted: &TrustedCa) -> Result<Self, Invalid> {
        todo!()
    }

    pub(super) fn check(&self, _facts: Facts, _presented: &Presented<'_>) -> Result<Passed, Refusal> {
        todo!()
    }
}

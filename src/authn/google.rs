//! Google service accounts: access reasons and permissions.

use super::checker::Passed;
use super::outcome::Refusal;
use super::presented::Presented;
use crate::model::GoogleServiceAccount;

pub(super) struct GoogleCheck(GoogleServiceAccount);

impl GoogleCheck {
    pub(super) fn new(account: GoogleServiceAccount) -> Self {
        Self(account)
    }

    pub(super) fn check(&self, _presented: &Presented<'_>) -> Result<Passed, Refusal> {
        todo!()
    }
}

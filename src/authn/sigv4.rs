//! Requests signed with AWS Signature Version 4.

use super::checker::{Facts, Passed};
use super::outcome::Refusal;
use super::presented::Presented;
use crate::model::AwsXks;

pub(super) struct SigV4Check(AwsXks);

impl SigV4Check {
    pub(super) fn new(aws: AwsXks) -> Self {
        Self(aws)
    }

    pub(super) fn check(&self, _facts: Facts, _presented: &Presented<'_>) -> Result<Passed, Refusal> {
        todo!()
    }
}

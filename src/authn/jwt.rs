//! JSON Web Tokens (RFC 7519) that speak for an application.

use super::checker::{Facts, Passed};
use super::outcome::Refusal;
use super::presented::Presented;
use crate::model::{AppId, Invalid, SignedJwt};

pub(super) struct JwtCheck {}

impl JwtCheck {
    /// Reads keys and policy.
    pub(super) fn new(_jwt: SignedJwt) -> Result<Self, Invalid> {
        todo!()
    }

    pub(super) fn check(&self, _facts: Facts, _presented: &Presented<'_>) -> Result<Passed, Refusal> {
        todo!()
    }
}

/// Which app a JWT says that it is about, before anything of it was checked.
pub(crate) fn unverified_subject(_jwt: &str) -> Option<AppId> {
    todo!()
}

//! One certificate, which must be presented as it is.

use super::checker::Passed;
use super::outcome::Refusal;
use super::presented::Presented;
use crate::model::Invalid;

pub(super) struct CertificateCheck(Box<[u8]>);

impl CertificateCheck {
    /// Reads the certificate, in DER.
    pub(super) fn new(_der: Box<[u8]>) -> Result<Self, Invalid> {
        todo!()
    }

    pub(super) fn check(&self, _presented: &Presented<'_>) -> Result<Passed, Refusal> {
        todo!()
    }
}

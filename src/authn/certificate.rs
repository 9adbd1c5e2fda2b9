//! One certificate, which must be presented as it is.

use subtle::ConstantTimeEq;

use super::checker::Passed;
use super::outcome::{Reason, Refusal};
use super::presented::Presented;
use crate::model::{CredentialKind, Invalid, Problem};
use crate::x509::Certificate;

pub(super) struct CertificateCheck(Box<[u8]>);

impl CertificateCheck {
    /// Reads the certificate, in DER.
    pub(super) fn new(der: Box<[u8]>) -> Result<Self, Invalid> {
        read("certificate", &der)?;
        Ok(Self(der))
    }

    /// The first certificate that is presented must be this one, octet by octet. Nothing else counts: not when it is valid, nor
    /// who issued it, nor what else is presented. Whoever named the certificate is who trusts it.
    pub(super) fn check(&self, presented: &Presented<'_>) -> Result<Passed, Refusal> {
        let refused = |reason, message: &str| Err(Refusal::new(CredentialKind::Certificate, reason, message));
        match presented.certificate_chain.first() {
            None => refused(Reason::NotPresented, "no certificate was presented"),
            Some(leaf) if bool::from(self.0.ct_eq(leaf)) => Ok(Passed::default()),
            Some(_) => refused(Reason::WrongCertificate, "the certificate is another"),
        }
    }
}

/// Reads a certificate that is part of a credential.
pub(super) fn read<'a>(field: &'static str, der: &'a [u8]) -> Result<Certificate<'a>, Invalid> {
    if der.trim_ascii_start().starts_with(b"-----BEGIN") {
        let message = format!("{field} is PEM, allowed is a certificate in DER");
        return Err(Invalid::new(field, Problem::CouldNotParse, message));
    }
    Certificate::read(der).map_err(|error| {
        let message = format!("{field} cannot be read: {error}");
        Invalid::new(field, Problem::CouldNotParse, message)
    })
}

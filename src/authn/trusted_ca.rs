//! A certificate that a trusted CA issued, for one of several subjects.

use super::certificate;
use super::checker::{Facts, Passed};
use super::outcome::{Reason, Refusal};
use super::presented::Presented;
use crate::model::{CredentialKind, Invalid, Problem, TrustAnchors, TrustedCa};
use crate::x509::{self, Anchors, Certificate, PathError, PathProblem, Subjects, WantedSubject};

/// The most certificates of a chain.
const MOST_CERTIFICATES: usize = 16;
/// The most revocation lists, and their bytes in all: 16 MiB.
const MOST_CRLS: usize = 64;
const MOST_CRL_BYTES: usize = 1 << 24;

pub(super) struct TrustedCaCheck {
    anchors: Anchors,
    subjects: Vec<WantedSubject>,
    check_revocation: bool,
}

impl TrustedCaCheck {
    /// Reads anchors and subjects.
    pub(super) fn new(trusted: &TrustedCa) -> Result<Self, Invalid> {
        let field = match trusted.anchors() {
            TrustAnchors::One(_) => "ca_certificate",
            TrustAnchors::Many(_) => "ca_certificates",
        };
        for anchor in trusted.anchors().iter() {
            certificate::read(field, anchor)?;
        }
        let anchors = Anchors::read(trusted.anchors().iter()).map_err(|error| {
            let message = format!("{field} cannot be read: {error}");
            Invalid::new(field, Problem::CouldNotParse, message)
        })?;
        let subjects = trusted.subject().subjects();
        let subjects = subjects.iter().map(WantedSubject::read).collect::<Result<_, _>>()?;
        Ok(Self { anchors, subjects, check_revocation: trusted.check_revocation() == Some(true) })
    }

    /// Looks at lengths first, then at paths, and at the subject last: only an issuer that is trusted says whose it is.
    pub(super) fn check(&self, facts: Facts, presented: &Presented<'_>) -> Result<Passed, Refusal> {
        let ders = &presented.certificate_chain;
        if ders.is_empty() {
            return Err(refusal(Reason::NotPresented, "no certificate was presented"));
        }
        if ders.len() > MOST_CERTIFICATES {
            let message =
                format!("{} certificates were presented, allowed are at most {MOST_CERTIFICATES}", ders.len());
            return Err(refusal(Reason::Malformed, message));
        }
        let read = ders.iter().enumerate().map(|(at, der)| {
            let read = Certificate::read(der);
            read.map_err(|error| unreadable(at, &error))
        });
        let chain = read.collect::<Result<Vec<_>, _>>()?;
        let crls = if self.check_revocation { Some(bounded(&presented.crls)?) } else { None };
        let path = x509::Presented { chain: &chain, crls, now: facts.now };
        self.anchors.validate(path).map_err(path_refusal)?;
        let client = chain.first().map(Subjects::read).transpose().map_err(|error| unreadable(0, &error))?;
        if client.is_some_and(|client| self.subjects.iter().any(|wanted| client.have(wanted))) {
            return Ok(Passed::default());
        }
        Err(refusal(Reason::WrongSubject, "the certificate is about none of the subjects that are allowed"))
    }
}

fn bounded<'a, 'b>(crls: &'b [&'a [u8]]) -> Result<&'b [&'a [u8]], Refusal> {
    let bytes = crls.iter().map(|crl| crl.len()).sum::<usize>();
    if crls.len() > MOST_CRLS || bytes > MOST_CRL_BYTES {
        let given = crls.len();
        return Err(refusal(
            Reason::Malformed,
            format!(
                "{given} revocation lists have {bytes} bytes, allowed are at most {MOST_CRLS} of {MOST_CRL_BYTES} in all"
            ),
        ));
    }
    Ok(crls)
}

fn refusal(reason: Reason, message: impl Into<String>) -> Refusal {
    Refusal::new(CredentialKind::TrustedCa, reason, message)
}

fn unreadable(at: usize, error: &x509::X509Error) -> Refusal {
    refusal(Reason::Malformed, format!("certificate {at} of the chain cannot be read: {error}"))
}

fn path_refusal(error: PathError) -> Refusal {
    let reason = match error.problem {
        PathProblem::NoPath => Reason::NoPath,
        PathProblem::NotValidNow => Reason::NotValidNow,
        PathProblem::WrongPurpose => Reason::WrongPurpose,
        PathProblem::RevocationUnknown => Reason::RevocationUnknown,
        PathProblem::Revoked => Reason::Revoked,
    };
    refusal(reason, error.message)
}

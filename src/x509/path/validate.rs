//! Whether one path keeps the rules.

use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::super::Certificate;
use super::super::name::FoldedName;
use super::anchor::Anchor;
use super::revocation::{Issuer, Revocation, Subject};
use super::rules::{self, IssuerFacts};
use super::signatures::Signatures;
use super::{PathError, PathProblem};

/// emailAddress of PKCS #9, 1.2.840.113549.1.9.1.
const MAIL: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1];

/// A certificate that was presented, and what has to be known of it again and again.
pub(super) struct Link<'a> {
    /// In the chain.
    pub(super) place: usize,
    pub(super) certificate: &'a Certificate<'a>,
    pub(super) issuer: Option<FoldedName>,
    pub(super) subject: Option<FoldedName>,
    pub(super) facts: IssuerFacts,
}

/// A path whose signatures are right.
pub(super) struct Candidate<'a> {
    /// From the client's certificate up.
    pub(super) links: Vec<&'a Link<'a>>,
    pub(super) anchor: &'a Anchor,
    pub(super) anchor_place: usize,
}

impl Candidate<'_> {
    pub(super) fn validate(
        &self,
        now: Timestamp,
        revocation: Option<&Revocation<'_>>,
        signatures: &Signatures,
    ) -> Result<(), PathError> {
        let self_issued = |ca: &&&Link<'_>| ca.issuer.is_some() && ca.issuer == ca.subject;
        let cas = self.links.iter().skip(1);
        let below = cas.clone().count() - cas.filter(self_issued).count();
        self.anchor.check(self.anchor_place, below, now)?;
        self.ask_webpki(now, signatures)?;
        self.check_mail()?;
        revocation.map_or(Ok(()), |revocation| self.check_revocation(revocation, signatures))
    }

    fn ask_webpki(&self, now: Timestamp, signatures: &Signatures) -> Result<(), PathError> {
        let unreadable = || PathError::new(PathProblem::NoPath, "the path has a certificate that cannot be read");
        let (Some(client), Some(top)) = (self.links.first(), self.links.last()) else { return Err(unreadable()) };
        let anchors = [self.anchor.for_issuer(top.certificate.issuer).map_err(|_| unreadable())?];
        let client = CertificateDer::from_slice(client.certificate.der);
        let cas = self.links.iter().skip(1).map(|ca| CertificateDer::from_slice(ca.certificate.der));
        let cas: Vec<_> = cas.collect();
        let client = EndEntityCert::try_from(&client).map_err(|error| told(&error))?;
        let algorithms = signatures.algorithms();
        let algorithms: Vec<_> =
            algorithms.iter().map(|algorithm| algorithm as &dyn SignatureVerificationAlgorithm).collect();
        // Before 1970 there is no time for `webpki`; all times were checked already.
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let found = client.verify_for_usage(&algorithms, &anchors, &cas, now, KeyUsage::client_auth(), None, None);
        found.map_err(|error| told(&error)).and_then(|found| {
            // Another path through the same certificates would not be the one that is checked for the rest.
            let same = found.intermediate_certificates().map(|ca| ca.der()).eq(cas.iter().cloned());
            if same { Ok(()) } else { Err(told(&Error::UnknownIssuer)) }
        })
    }

    /// RFC 5280, section 4.2.1.10: constraints of mail addresses hold for those in the subject. Here there may be none then.
    fn check_mail(&self) -> Result<(), PathError> {
        let mut constrained = self.anchor.constrains_mail();
        for link in self.links.iter().rev() {
            let has_mail = link.subject.as_ref().is_none_or(|subject| subject.has(MAIL));
            if constrained && has_mail {
                return Err(told(&Error::NameConstraintViolation));
            }
            constrained |= rules::certificate_constrains_mail(link.certificate);
        }
        Ok(())
    }

    fn check_revocation(&self, revocation: &Revocation<'_>, signatures: &Signatures) -> Result<(), PathError> {
        let issuer = |ca: &&Link<'_>| Issuer {
            name: ca.subject.clone(),
            spki: ca.certificate.spki.into(),
            may_sign_crls: ca.facts.may_sign_crls,
        };
        let mut issuers: Vec<_> = self.links.iter().skip(1).map(issuer).collect();
        issuers.push(Issuer {
            name: Some(self.anchor.subject.clone()),
            spki: self.anchor.spki.clone(),
            may_sign_crls: self.anchor.may_sign_crls(),
        });
        for (height, link) in self.links.iter().enumerate() {
            let subject = Subject { place: link.place, certificate: link.certificate, is_ca: height > 0 };
            revocation.check(&subject, issuers.get(height..).unwrap_or_default(), signatures)?;
        }
        Ok(())
    }
}

/// In words, which are not those of another crate.
fn told(error: &Error) -> PathError {
    let (problem, message) = match error {
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } | Error::InvalidCertValidity | Error::BadDerTime => {
            (PathProblem::NotValidNow, "a certificate on the path is not valid now")
        }
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension | Error::CaUsedAsEndEntity => {
            (PathProblem::WrongPurpose, "a certificate on the path is for other purposes")
        }
        Error::NameConstraintViolation | Error::InvalidNetworkMaskConstraint | Error::MalformedNameConstraint => (
            PathProblem::NoPath,
            "a name on the path is not within the name constraints above it, or of a kind for which they are not understood",
        ),
        Error::PathLenConstraintViolated => {
            (PathProblem::NoPath, "a CA on the path has more CAs below it than its path length allows")
        }
        Error::EndEntityUsedAsCa => (PathProblem::NoPath, "a certificate on the path issued another and is no CA's"),
        Error::UnsupportedCriticalExtension => {
            (PathProblem::NoPath, "a certificate on the path has a critical extension that is not understood")
        }
        Error::SignatureAlgorithmMismatch => {
            (PathProblem::NoPath, "a certificate on the path names one signature algorithm inside and another outside")
        }
        Error::MaximumSignatureChecksExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => {
            (PathProblem::NoPath, "the path asks for more work than is allowed")
        }
        _ => (PathProblem::NoPath, "the path breaks a rule of RFC 5280"),
    };
    PathError::new(problem, message)
}

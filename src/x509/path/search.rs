//! Which paths there are.
//!
//! A certificate stands above another when its subject is the other's issuer and its key made the other's signature. Each
//! certificate is signed by one key, so that paths part only where one name and key has several certificates: of 16
//! there are a few hundred paths at most, where names alone would allow for millions.

use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::super::Certificate;
use super::super::name::FoldedName;
use super::anchor::Anchor;
use super::revocation::{Issuer, Revocation};
use super::rules::{self, IssuerFacts};
use super::signatures::Signatures;
use super::{PathError, PathProblem};

/// `webpki` goes no further.
const MOST_BETWEEN: usize = 6;
/// How many paths are validated that have the right signatures.
const MOST_PATHS: usize = 8;
/// emailAddress of PKCS #9, 1.2.840.113549.1.9.1.
const MAIL: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1];

pub(super) struct Search<'a> {
    anchors: &'a [Anchor],
    chain: &'a [Certificate<'a>],
    facts: Vec<IssuerFacts>,
    now: Timestamp,
    signatures: &'a Signatures,
    revocation: Option<&'a Revocation<'a>>,
    tried: usize,
    /// What the path said that was nearest to be right.
    nearest: PathError,
}

/// How the search goes on.
enum Next {
    Found,
    GoOn,
    Stop,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        anchors: &'a [Anchor],
        chain: &'a [Certificate<'a>],
        now: Timestamp,
        signatures: &'a Signatures,
        revocation: Option<&'a Revocation<'a>>,
    ) -> Self {
        let facts = chain.iter().map(IssuerFacts::of_presented).collect();
        let nearest = PathError::new(PathProblem::NoPath, "no path leads from the certificate to a trust anchor");
        Self { anchors, chain, facts, now, signatures, revocation, tried: 0, nearest }
    }

    pub(super) fn run(mut self) -> Result<(), PathError> {
        let Some(client) = self.chain.first() else { return Err(self.nearest) };
        rules::check_client(client, self.now).map_err(|fault| fault.of("certificate 0"))?;
        match self.climb(&mut vec![0]) {
            Next::Found => Ok(()),
            Next::GoOn | Next::Stop => Err(self.nearest),
        }
    }

    /// Goes up from the last of `path`, by places in the chain.
    fn climb(&mut self, path: &mut Vec<usize>) -> Next {
        let chain = self.chain;
        let Some(head) = path.last().and_then(|at| chain.get(*at)) else { return Next::GoOn };
        if let Ok(issuer) = FoldedName::read(head.issuer) {
            let anchors = self.anchors;
            for (at, anchor) in anchors.iter().enumerate() {
                if anchor.subject == issuer && self.is_signed(head, &anchor.spki) {
                    match self.try_path(path, at, anchor) {
                        Next::GoOn => {}
                        end => return end,
                    }
                }
            }
        }
        for (at, above) in chain.iter().enumerate().skip(1) {
            let met = |place: &usize| {
                chain.get(*place).is_some_and(|met| met.subject == above.subject && met.spki == above.spki)
            };
            if above.subject != head.issuer || path.iter().any(met) || !self.is_signed(head, above.spki) {
                continue;
            }
            if let Some(Err(fault)) = self.facts.get(at).map(|facts| facts.check(self.now)) {
                self.note(fault.of(&format!("certificate {at}")));
                continue;
            }
            if path.len() > MOST_BETWEEN {
                let message =
                    format!("the path has more than {MOST_BETWEEN} CAs between the certificate and the anchor");
                self.note(PathError::new(PathProblem::NoPath, message));
                continue;
            }
            path.push(at);
            let next = self.climb(path);
            path.pop();
            match next {
                Next::GoOn => {}
                end => return end,
            }
        }
        Next::GoOn
    }

    fn is_signed(&self, certificate: &Certificate<'_>, spki: &[u8]) -> bool {
        let (algorithm, tbs, signature) = (certificate.signature_algorithm, certificate.tbs, certificate.signature);
        self.signatures.verify(spki, algorithm, tbs, signature)
    }

    fn note(&mut self, error: PathError) {
        if error.problem > self.nearest.problem || self.nearest.problem == PathProblem::NoPath {
            self.nearest = error;
        }
    }

    fn try_path(&mut self, path: &[usize], at: usize, anchor: &Anchor) -> Next {
        if self.tried == MOST_PATHS {
            let message = format!("more than {MOST_PATHS} paths lead to trust anchors, none of those tried is right");
            self.note(PathError::new(PathProblem::NoPath, message));
            return Next::Stop;
        }
        self.tried += 1;
        let certificates: Vec<_> = path.iter().filter_map(|place| self.chain.get(*place)).collect();
        match self.validate(path, &certificates, at, anchor) {
            Ok(()) => Next::Found,
            Err(error) => {
                let next = if error.ends_search { Next::Stop } else { Next::GoOn };
                self.note(error);
                next
            }
        }
    }

    /// Validates one path, from the client's certificate up.
    fn validate(
        &self,
        places: &[usize],
        path: &[&Certificate<'_>],
        at: usize,
        anchor: &Anchor,
    ) -> Result<(), PathError> {
        let cas = path.get(1..).unwrap_or_default();
        anchor.check(at, cas.iter().filter(|ca| !is_self_issued(ca)).count(), self.now)?;
        self.ask_webpki(path, anchor)?;
        check_mail(path, anchor)?;
        let Some(revocation) = self.revocation else { return Ok(()) };
        let may_sign_crls = |place: &usize| self.facts.get(*place).is_some_and(|facts| facts.may_sign_crls);
        let mut issuers: Vec<_> =
            places.iter().zip(path).skip(1).map(|(place, ca)| Issuer::new(ca, may_sign_crls(place))).collect();
        issuers.push(Issuer::of_anchor(anchor));
        for (height, (certificate, place)) in path.iter().zip(places).enumerate() {
            let above = issuers.get(height..).unwrap_or_default();
            revocation.check(*place, certificate, height > 0, above, self.signatures)?;
        }
        Ok(())
    }

    fn ask_webpki(&self, path: &[&Certificate<'_>], anchor: &Anchor) -> Result<(), PathError> {
        let unreadable = |_| PathError::new(PathProblem::NoPath, "the path has a certificate that cannot be read");
        let (Some(client), Some(top)) = (path.first(), path.last()) else { return Err(self.nearest.clone()) };
        let anchors = [anchor.for_issuer(top.issuer).map_err(unreadable)?];
        let client = CertificateDer::from_slice(client.der);
        let cas: Vec<_> = path.iter().skip(1).map(|ca| CertificateDer::from_slice(ca.der)).collect();
        let client = EndEntityCert::try_from(&client).map_err(|error| told(&error))?;
        let algorithms = self.signatures.algorithms();
        let algorithms: Vec<_> =
            algorithms.iter().map(|algorithm| algorithm as &dyn SignatureVerificationAlgorithm).collect();
        // Earlier than 1970 no certificate is valid for `webpki`, and all times were checked before.
        let seconds = u64::try_from(self.now.as_second()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let found = client.verify_for_usage(&algorithms, &anchors, &cas, now, KeyUsage::client_auth(), None, None);
        found.map_err(|error| told(&error)).and_then(|found| {
            // Another path through the same certificates would not be the one that is checked for the rest.
            let same = found.intermediate_certificates().map(|ca| ca.der()).eq(cas.iter().cloned());
            if same { Ok(()) } else { Err(told(&Error::UnknownIssuer)) }
        })
    }
}

fn is_self_issued(certificate: &Certificate<'_>) -> bool {
    match (FoldedName::read(certificate.issuer), FoldedName::read(certificate.subject)) {
        (Ok(issuer), Ok(subject)) => issuer == subject,
        _ => false,
    }
}

/// RFC 5280, section 4.2.1.10: constraints of mail addresses hold for those in the subject. Here there may be none then.
fn check_mail(path: &[&Certificate<'_>], anchor: &Anchor) -> Result<(), PathError> {
    let mut constrained = anchor.constrains_mail();
    for certificate in path.iter().rev() {
        let has_mail = FoldedName::read(certificate.subject).map_or(true, |subject| subject.has(MAIL));
        if constrained && has_mail {
            return Err(told(&Error::NameConstraintViolation));
        }
        constrained |= rules::certificate_constrains_mail(certificate);
    }
    Ok(())
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

//! Paths from a client's certificate to a trust anchor (RFC 5280, section 6).
//!
//! `search` finds the paths whose every signature is right, which are few whatever was presented. `validate` has each of
//! them validated by `webpki`, and `rules` and `revocation` ask for what `webpki` does not look at. A certificate is refused when any of
//! these refuses it: where they disagree, the stricter one counts.
//!
//! Names chain octet by octet, but for that of an anchor, which compares as `name::folded` says. Of the certificates
//! that were presented, at most six can stand between the client's and the anchor.

mod anchor;
mod crl;
mod distribution;
mod revocation;
mod rules;
mod search;
mod signatures;
mod validate;

use jiff::Timestamp;

use super::{Certificate, X509Error, cut_to_second};
use anchor::Anchor;
use revocation::Revocation;
use search::Search;
use signatures::Signatures;

/// What to validate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Presented<'a> {
    /// The client's certificate, and others in any order, of which some may be of no use.
    pub(crate) chain: &'a [Certificate<'a>],
    /// Revocation lists in DER; without them nobody asks about revocation.
    pub(crate) crls: Option<&'a [&'a [u8]]>,
    pub(crate) now: Timestamp,
}

/// Certificates that are trusted to issue.
#[derive(Debug)]
pub(crate) struct Anchors(Vec<Anchor>);

impl Anchors {
    /// Reads certificates in DER, of any version and from anyone. Their signatures mean nothing here.
    pub(crate) fn read<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, X509Error> {
        certificates.into_iter().map(Anchor::read).collect::<Result<_, _>>().map(Self)
    }

    /// Validates the first certificate of a chain for a TLS client.
    pub(crate) fn validate(&self, presented: Presented<'_>) -> Result<(), PathError> {
        self.validate_counting(presented).0
    }

    /// How many signatures were verified for it, too.
    pub(super) fn validate_counting(&self, presented: Presented<'_>) -> (Result<(), PathError>, u32) {
        let signatures = Signatures::new();
        let now = cut_to_second(presented.now);
        let revocation = presented.crls.map(|crls| Revocation::read(crls, now));
        let found = Search::new(&self.0, presented.chain, now, &signatures, revocation.as_ref()).run();
        (found, signatures.count())
    }
}

/// Why no path leads from the certificate to an anchor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct PathError {
    pub(crate) problem: PathProblem,
    pub(crate) message: String,
    /// Whether no other path can be better.
    ends_search: bool,
}

/// What is wrong, the later the nearer the path was to be right: of several paths this is what is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PathProblem {
    /// There is none, or one that breaks a rule.
    NoPath,
    /// A certificate on it is not yet or no longer valid.
    NotValidNow,
    /// A certificate on it is for other purposes.
    WrongPurpose,
    /// No list tells whether a certificate on it was revoked.
    RevocationUnknown,
    /// A certificate on it was revoked.
    Revoked,
}

impl PathError {
    fn new(problem: PathProblem, message: impl Into<String>) -> Self {
        Self { problem, message: message.into(), ends_search: false }
    }
}

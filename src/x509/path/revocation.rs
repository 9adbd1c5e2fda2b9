//! Whether certificates were revoked, by the lists that their issuers signed themselves.
//!
//! `webpki` takes the first list that fits by its names, and does not ask which of two is newer. Here the order of the
//! lists does not count: of each scope and key the newest is taken, and a certificate is revoked when any of these lists it.

use jiff::Timestamp;

use super::super::Certificate;
use super::super::name::FoldedName;
use super::crl::{Crl, Listed};
use super::distribution::{Fit, Points};
use super::signatures::Signatures;
use super::{PathError, PathProblem};

/// The lists that were given.
pub(super) struct Revocation<'a> {
    crls: Vec<Crl<'a>>,
    unreadable: usize,
    now: Timestamp,
}

/// A certificate whose status is asked for.
pub(super) struct Subject<'a> {
    /// In the chain.
    pub(super) place: usize,
    pub(super) certificate: &'a Certificate<'a>,
    pub(super) is_ca: bool,
}

/// A name and key above a certificate, which may have signed lists.
pub(super) struct Issuer {
    pub(super) name: Option<FoldedName>,
    /// A `SubjectPublicKeyInfo`, header included.
    pub(super) spki: Box<[u8]>,
    pub(super) may_sign_crls: bool,
}

impl<'a> Revocation<'a> {
    /// Reads lists. One that cannot be read tells nothing.
    pub(super) fn read(crls: &[&'a [u8]], now: Timestamp) -> Self {
        let read: Vec<_> = crls.iter().filter_map(|der| Crl::read(der).ok()).collect();
        Self { unreadable: crls.len() - read.len(), crls: read, now }
    }

    /// Refuses a certificate that was revoked, or whose status no list tells. `above` is what stands above it, the nearest
    /// first: its issuer, which may have signed its lists with another key, of a certificate further above that has the same name
    /// (RFC 5280, section 6.3.3 (f)).
    pub(super) fn check(
        &self,
        subject: &Subject<'_>,
        above: &[Issuer],
        signatures: &Signatures,
    ) -> Result<(), PathError> {
        let Subject { place, certificate, is_ca } = *subject;
        let unknown = |why: &str| {
            let message = format!("whether certificate {place} was revoked is not known: {why}");
            PathError::new(PathProblem::RevocationUnknown, message)
        };
        let issuer = FoldedName::read(certificate.issuer).map_err(|_| unknown("its issuer cannot be read"))?;
        let points = Points::read(certificate, &issuer);
        let signers: Vec<_> = above.iter().filter(|above| above.name.as_ref() == Some(&issuer)).collect();
        let by_issuer: Vec<_> = self.crls.iter().filter(|crl| crl.issuer == issuer).collect();
        let signed = by_issuer.iter().copied().filter_map(|crl| {
            let signs = |signer: &&Issuer| signer.may_sign_crls && crl.is_signed(&signer.spki, signatures);
            Some(Signed { crl, signer: signers.iter().copied().position(|signer| signs(&signer))? })
        });
        let signed: Vec<_> = signed.collect();
        let current = |signed: &&Signed<'_>| {
            let Crl { this_update, next_update, .. } = signed.crl;
            *this_update <= self.now && next_update.is_some_and(|next_update| self.now < next_update)
        };
        let current: Vec<_> = signed.iter().filter(current).collect();
        let mut told = false;
        for signed in &current {
            if current.iter().any(|other| other.replaces(signed)) {
                continue;
            }
            match status(signed.crl, certificate, &points, is_ca, &issuer) {
                Status::Revoked => {
                    let message = format!("certificate {place} was revoked");
                    let error = PathError::new(PathProblem::Revoked, message);
                    // Its issuer is the same name and key on every path.
                    return Err(PathError { ends_search: place == 0, ..error });
                }
                Status::Good => told = true,
                Status::Unknown => {}
            }
        }
        if told {
            return Ok(());
        }
        Err(unknown(&match (by_issuer.len(), signed.len(), current.len()) {
            (0, ..) if self.unreadable > 0 => {
                format!("none of the {} lists is its issuer's, {} cannot be read", self.given(), self.unreadable)
            }
            (0, ..) => format!("none of the {} lists is its issuer's", self.given()),
            (_, 0, _) => "its issuer signed none of the lists of that name".to_owned(),
            (.., 0) => format!("no list of its issuer is in force at {}", self.now),
            _ => {
                "no list of its issuer is about all such certificates and all reasons, or can be understood".to_owned()
            }
        }))
    }

    fn given(&self) -> usize {
        self.crls.len() + self.unreadable
    }
}

enum Status {
    Revoked,
    Good,
    Unknown,
}

/// A list, and which of the keys above signed it.
struct Signed<'a> {
    crl: &'a Crl<'a>,
    signer: usize,
}

impl Signed<'_> {
    /// Whether it is a newer one of the same scope. Lists by several keys of one name stand beside each other: that they are
    /// of one authority is what the name says alone.
    fn replaces(&self, other: &Self) -> bool {
        let (newer, crl) = (self.crl, other.crl);
        let same = self.signer == other.signer && newer.scope_der == crl.scope_der && newer.delta == crl.delta;
        // Of numbers in DER, none of them negative, the longer is the greater.
        let age = |crl: &Crl<'_>| (crl.this_update, crl.number.len());
        same && (age(newer), newer.number) > (age(crl), crl.number)
    }
}

/// Lists of changes, of some reasons, or of certificates by several issuers can tell that a certificate was revoked,
/// never that it was not.
fn status(
    crl: &Crl<'_>,
    certificate: &Certificate<'_>,
    points: &Points<'_>,
    is_ca: bool,
    issuer: &FoldedName,
) -> Status {
    let Some(scope) = &crl.scope else { return Status::Unknown };
    let fit = scope.fits(points, is_ca, issuer);
    if fit == Fit::No {
        return Status::Unknown;
    }
    let whole = fit == Fit::Whole && !scope.some_reasons && !scope.indirect && !crl.delta;
    match crl.find(certificate.serial) {
        Some(Listed::Yes) => Status::Revoked,
        Some(Listed::No) if whole => Status::Good,
        Some(Listed::No | Listed::Removed) | None => Status::Unknown,
    }
}

//! Credentials by a certificate that a trusted CA issued.

use super::super::Invalid;
use super::{TrustAnchorSubject, check_count};

/// A certificate for one of several subjects, under one of several trust anchors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedCa {
    subject: TrustAnchorSubject,
    anchors: TrustAnchors,
    check_revocation: Option<bool>,
}

/// Trust anchors, in one of the two forms of the vendor's document. Certificates in DER.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustAnchors {
    /// `ca_certificate`: one.
    One(Box<[u8]>),
    /// `ca_certificates`: 1 to 16.
    Many(Vec<Box<[u8]>>),
}

impl TrustedCa {
    /// The most bytes of a certificate.
    pub(crate) const MOST_CERTIFICATE_BYTES: usize = 1 << 16;

    /// Takes whom the certificate must be about and under which anchors it must stand. With `check_revocation`, a
    /// certificate whose status no given CRL tells is refused.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for too many or too few of them. Whether they can be read is said when the app
    /// is made.
    pub fn new(
        subject: TrustAnchorSubject,
        anchors: TrustAnchors,
        check_revocation: Option<bool>,
    ) -> Result<Self, crate::Error> {
        Ok(Self::parse(subject, anchors, check_revocation)?)
    }

    pub(crate) fn parse(
        subject: TrustAnchorSubject,
        anchors: TrustAnchors,
        check_revocation: Option<bool>,
    ) -> Result<Self, Invalid> {
        subject.check()?;
        let field = match &anchors {
            TrustAnchors::One(_) => "ca_certificate",
            TrustAnchors::Many(_) => "ca_certificates",
        };
        check_count(field, "certificates", anchors.iter().len(), 1..=16)?;
        for anchor in anchors.iter() {
            check_count(field, "bytes in a certificate", anchor.len(), 1..=Self::MOST_CERTIFICATE_BYTES)?;
        }
        Ok(Self { subject, anchors, check_revocation })
    }

    /// Whom the certificate must be about.
    #[must_use]
    pub fn subject(&self) -> &TrustAnchorSubject {
        &self.subject
    }

    /// The trust anchors.
    #[must_use]
    pub fn anchors(&self) -> &TrustAnchors {
        &self.anchors
    }

    /// Whether revocation is checked. Not said counts as no.
    #[must_use]
    pub const fn check_revocation(&self) -> Option<bool> {
        self.check_revocation
    }
}

impl TrustAnchors {
    /// The certificates, in DER.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let anchors = match self {
            Self::One(anchor) => std::slice::from_ref(anchor),
            Self::Many(anchors) => anchors,
        };
        anchors.iter().map(|anchor| &**anchor)
    }
}

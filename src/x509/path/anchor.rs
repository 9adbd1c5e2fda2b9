//! Trust anchors.

use jiff::Timestamp;
use rustls_pki_types::{Der, TrustAnchor};

use super::super::name::FoldedName;
use super::super::{Certificate, X509Error};
use super::PathError;
use super::rules::{self, Fault, IssuerFacts};
use super::signatures::content;

/// A certificate that is trusted to issue, within what it says of itself: its validity, its path length, its key usage
/// and its name constraints hold as those of any other, which RFC 5280, section 6.2, leaves open.
#[derive(Debug)]
pub(super) struct Anchor {
    pub(super) subject: FoldedName,
    /// A `SubjectPublicKeyInfo`, header included.
    pub(super) spki: Box<[u8]>,
    facts: IssuerFacts,
    /// Contents without their headers.
    spki_content: Box<[u8]>,
    name_constraints: Option<Box<[u8]>>,
}

impl Anchor {
    pub(super) fn read(der: &[u8]) -> Result<Self, X509Error> {
        let certificate = Certificate::read(der)?;
        let name_constraints = certificate.extension(rules::NAME_CONSTRAINTS);
        let name_constraints = name_constraints.map(|extension| content(extension.value)).transpose()?;
        Ok(Self {
            subject: FoldedName::read(certificate.subject)?,
            spki: certificate.spki.into(),
            spki_content: content(certificate.spki)?.into(),
            name_constraints: name_constraints.map(Into::into),
            facts: IssuerFacts::of_anchor(&certificate),
        })
    }

    /// What `webpki` asks of an anchor, with the subject as the certificate below writes it.
    pub(super) fn for_issuer<'a>(&'a self, issuer: &'a [u8]) -> Result<TrustAnchor<'a>, X509Error> {
        Ok(TrustAnchor {
            subject: Der::from_slice(content(issuer)?),
            subject_public_key_info: Der::from_slice(&self.spki_content),
            name_constraints: self.name_constraints.as_deref().map(Der::from_slice),
        })
    }

    /// Refuses it where it says itself that it must not issue, or not so many CAs one below the other.
    pub(super) fn check(&self, at: usize, below: usize, now: Timestamp) -> Result<(), PathError> {
        let named = |fault: Fault| fault.of(&format!("trust anchor {at}"));
        self.facts.check(now).map_err(named)?;
        self.facts.check_path_length(below).map_err(named)
    }

    /// Whether it may sign revocation lists.
    pub(super) fn may_sign_crls(&self) -> bool {
        self.facts.may_sign_crls
    }

    /// Whether it bounds the mail addresses of those below.
    pub(super) fn constrains_mail(&self) -> bool {
        self.name_constraints.as_deref().is_some_and(rules::constrains_mail)
    }
}

//! What each certificate of a path must be like.
//!
//! `webpki` asks the same of CA flags, path lengths, purposes and validity. It does not look at key usage, nor at policies
//! unless they are critical.

use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use jiff::Timestamp;

use super::super::extension::{
    BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, KEY_USAGE, KeyUsage, read_basic_constraints, read_extended_key_usage,
};
use super::super::{Certificate, X509Error, dotted, oid};
use super::{PathError, PathProblem};

pub(super) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 30];
pub(super) const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1D, 31];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 17];
const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1D, 33];
const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 36];
/// Those that may be critical: what they say is done. They are the same that `webpki` knows.
const UNDERSTOOD: [&[u8]; 6] =
    [KEY_USAGE, SUBJECT_ALT_NAME, BASIC_CONSTRAINTS, NAME_CONSTRAINTS, CRL_DISTRIBUTION_POINTS, EXTENDED_KEY_USAGE];
/// id-kp-clientAuth, RFC 5280, section 4.2.1.12.
const CLIENT_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 2];
/// anyPolicy, RFC 5280, section 4.2.1.4.
const ANY_POLICY: &[u8] = &[0x55, 0x1D, 32, 0];

/// What is wrong with a certificate that is still to be named.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    problem: PathProblem,
    message: String,
}

impl Fault {
    fn no_path(message: impl Into<String>) -> Self {
        Self { problem: PathProblem::NoPath, message: message.into() }
    }

    fn wrong_purpose(message: impl Into<String>) -> Self {
        Self { problem: PathProblem::WrongPurpose, message: message.into() }
    }

    pub(super) fn of(self, who: &str) -> PathError {
        PathError::new(self.problem, format!("{who} {}", self.message))
    }
}

/// An extension that cannot be read.
impl From<X509Error> for Fault {
    fn from(error: X509Error) -> Self {
        Self::no_path(format!("has an extension that cannot be read: {error}"))
    }
}

/// What a certificate says about whether it may issue others.
#[derive(Debug)]
pub(super) struct IssuerFacts {
    not_before: Timestamp,
    not_after: Timestamp,
    may_issue: Result<Option<u8>, Fault>,
    pub(super) may_sign_crls: bool,
}

impl IssuerFacts {
    /// A certificate that was presented must be of version 3 and say that it is a CA's.
    pub(super) fn of_presented(certificate: &Certificate<'_>) -> Self {
        Self::new(certificate, check_version(certificate).and_then(|()| check_issuer(certificate)))
    }

    /// An anchor of version 1 or 2 cannot say what it is: it is one since it was configured.
    pub(super) fn of_anchor(certificate: &Certificate<'_>) -> Self {
        Self::new(certificate, if certificate.version < 3 { Ok(None) } else { check_issuer(certificate) })
    }

    fn new(certificate: &Certificate<'_>, may_issue: Result<Option<u8>, Fault>) -> Self {
        Self {
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            may_issue,
            may_sign_crls: key_usage_allows(certificate, KeyUsage::CRL_SIGN).unwrap_or(false),
        }
    }

    pub(super) fn check(&self, now: Timestamp) -> Result<(), Fault> {
        self.may_issue.clone()?;
        check_times(self.not_before, self.not_after, now)
    }

    /// Refuses more CAs below it than it allows. Those that are issued by themselves do not count (RFC 5280, section 4.2.1.9).
    pub(super) fn check_path_length(&self, below: usize) -> Result<(), Fault> {
        match self.may_issue {
            Ok(Some(most)) if below > usize::from(most) => {
                Err(Fault::no_path(format!("has {below} CAs below it, at most {most} by its path length")))
            }
            _ => Ok(()),
        }
    }
}

/// The client's certificate.
pub(super) fn check_client(certificate: &Certificate<'_>, now: Timestamp) -> Result<(), Fault> {
    check_version(certificate)?;
    check_extensions(certificate)?;
    if basic_constraints(certificate)?.0 {
        return Err(Fault::wrong_purpose("is a CA's, allowed is one of a client"));
    }
    // RFC 5246, section 7.4.6: a client signs with its key. RFC 8446 knows no other way.
    if !key_usage_allows(certificate, KeyUsage::DIGITAL_SIGNATURE)? {
        return Err(Fault::wrong_purpose("has a key usage without digitalSignature, which a client needs"));
    }
    check_purpose(certificate)?;
    check_times(certificate.not_before, certificate.not_after, now)
}

fn check_version(certificate: &Certificate<'_>) -> Result<(), Fault> {
    let version = certificate.version;
    if version == 3 { Ok(()) } else { Err(Fault::no_path(format!("is of version {version}, allowed is 3"))) }
}

/// The path length of a CA.
fn check_issuer(certificate: &Certificate<'_>) -> Result<Option<u8>, Fault> {
    check_extensions(certificate)?;
    let (ca, path_length) = basic_constraints(certificate)?;
    if !ca {
        return Err(Fault::no_path("issued another and is no CA's by its basic constraints"));
    }
    if !key_usage_allows(certificate, KeyUsage::KEY_CERT_SIGN)? {
        return Err(Fault::no_path("issued another and has a key usage without keyCertSign"));
    }
    check_purpose(certificate)?;
    Ok(path_length)
}

/// Refuses critical extensions that are not understood, and policies that forbid what is not looked at: with no policy
/// asked for, all but these can be left alone.
fn check_extensions(certificate: &Certificate<'_>) -> Result<(), Fault> {
    let unknown = |extension: &&super::super::certificate::Extension<'_>| {
        extension.critical && !UNDERSTOOD.contains(&extension.oid)
    };
    if let Some(extension) = certificate.extensions.iter().find(unknown) {
        let oid = dotted(extension.oid);
        return Err(Fault::no_path(format!("has the critical extension {oid}, which is not understood")));
    }
    if certificate.extension(POLICY_CONSTRAINTS).is_some() {
        return Err(Fault::no_path("has policy constraints, which are not understood"));
    }
    match certificate.extension(POLICY_MAPPINGS) {
        // RFC 5280, section 6.1.4 (a).
        Some(mappings) if maps_any_policy(mappings.value)? => Err(Fault::no_path("maps anyPolicy to another policy")),
        _ => Ok(()),
    }
}

fn basic_constraints(certificate: &Certificate<'_>) -> Result<(bool, Option<u8>), Fault> {
    let extension = certificate.extension(BASIC_CONSTRAINTS);
    Ok(extension.map(|extension| read_basic_constraints(extension.value)).transpose()?.unwrap_or((false, None)))
}

/// RFC 5280, section 4.2.1.3: without the extension all is allowed.
fn key_usage_allows(certificate: &Certificate<'_>, usage: KeyUsage) -> Result<bool, Fault> {
    let Some(extension) = certificate.extension(KEY_USAGE) else { return Ok(true) };
    Ok(usage.is_within(KeyUsage::read(extension.value)?))
}

/// RFC 5280, section 4.2.1.12: where purposes are named, id-kp-clientAuth must be among them. anyExtendedKeyUsage does not
/// stand for it, which that section leaves open.
fn check_purpose(certificate: &Certificate<'_>) -> Result<(), Fault> {
    let Some(extension) = certificate.extension(EXTENDED_KEY_USAGE) else { return Ok(()) };
    if read_extended_key_usage(extension.value)?.contains(&CLIENT_AUTH) {
        return Ok(());
    }
    Err(Fault::wrong_purpose("has an extended key usage without clientAuth"))
}

fn check_times(not_before: Timestamp, not_after: Timestamp, now: Timestamp) -> Result<(), Fault> {
    let message = if now < not_before {
        format!("is valid from {not_before}, checked at {now}")
    } else if now > not_after {
        format!("expired at {not_after}, checked at {now}")
    } else {
        return Ok(());
    };
    Err(Fault { problem: PathProblem::NotValidNow, message })
}

/// ```text
/// PolicyMappings ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE {
///      issuerDomainPolicy      CertPolicyId,
///      subjectDomainPolicy     CertPolicyId }
/// ```
fn maps_any_policy(value: &[u8]) -> Result<bool, X509Error> {
    let mut found = false;
    let mut reader = SliceReader::new(value)?;
    reader.sequence(|mappings| {
        while !mappings.is_finished() {
            mappings.sequence(|mapping| {
                found |= oid::read(mapping)? == ANY_POLICY;
                found |= oid::read(mapping)? == ANY_POLICY;
                Ok::<_, X509Error>(())
            })?;
        }
        Ok::<_, X509Error>(())
    })?;
    reader.finish()?;
    Ok(found)
}

/// Whether name constraints, given without their header, bound mail addresses. `webpki` looks for such addresses in the
/// subject alternative names alone, and RFC 5280, section 4.2.1.10, in the subject too. What cannot be read counts as yes.
///
/// ```text
/// NameConstraints ::= SEQUENCE {
///      permittedSubtrees       [0]     GeneralSubtrees OPTIONAL,
///      excludedSubtrees        [1]     GeneralSubtrees OPTIONAL }
/// GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree
/// GeneralSubtree ::= SEQUENCE {
///      base                    GeneralName,
///      minimum         [0]     BaseDistance DEFAULT 0,
///      maximum         [1]     BaseDistance OPTIONAL }
/// ```
pub(super) fn constrains_mail(content: &[u8]) -> bool {
    let read = || -> Result<bool, der::Error> {
        let mut reader = SliceReader::new(content)?;
        while !reader.is_finished() {
            let mut subtrees = SliceReader::new(reader.decode::<AnyRef<'_>>()?.value())?;
            while !subtrees.is_finished() {
                let mut subtree = SliceReader::new(subtrees.decode::<AnyRef<'_>>()?.value())?;
                let base: AnyRef<'_> = subtree.decode()?;
                if matches!(base.tag(), Tag::ContextSpecific { number: TagNumber(1), .. }) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    };
    read().unwrap_or(true)
}

/// Whether the name constraints of a certificate that was presented bound mail addresses.
pub(super) fn certificate_constrains_mail(certificate: &Certificate<'_>) -> bool {
    certificate.extension(NAME_CONSTRAINTS).is_some_and(|extension| {
        AnyRef::from_der(extension.value).map_or(true, |constraints| constrains_mail(constraints.value()))
    })
}

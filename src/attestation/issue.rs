//! Writing the certificates of an authority and its statements.

use jiff::Timestamp;

use super::arc::Oids;
use super::facts::KeyFacts;
use crate::crypto::CryptoError;
use crate::model::{AuthorityRole, KeyId};
use crate::x509::extension::{self, KeyUsage};
use crate::x509::{Issued, X509Error, time, write_name};

const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];

/// The most bytes of a challenge.
pub(crate) const MOST_CHALLENGE: usize = 64;

/// How long each certificate of a chain is valid, in days.
pub(crate) const fn days(role: AuthorityRole) -> i64 {
    match role {
        AuthorityRole::Root => 3650,
        AuthorityRole::Ca => 1095,
        AuthorityRole::Signing => 30,
    }
}

/// Whose certificate it is: the root and the CA with their organization, the statement-signing authority by its common name
/// alone, as Fortanix has it.
pub(crate) fn authority_name(role: AuthorityRole, organization: &str) -> Result<Vec<u8>, X509Error> {
    let organized = |name| write_name(&[(ORGANIZATION, organization), (COMMON_NAME, name)]);
    match role {
        AuthorityRole::Root => organized("Keystead Attestation Root CA"),
        AuthorityRole::Ca => organized("Keystead Key Attestation CA"),
        AuthorityRole::Signing => signing_name(None),
    }
}

/// The name of a statement-signing authority. One whose certificate comes from outside may have its organization in it.
pub(crate) fn signing_name(organization: Option<&str>) -> Result<Vec<u8>, X509Error> {
    let common_name = (COMMON_NAME, "Keystead Key Attestation Authority");
    match organization {
        Some(organization) => write_name(&[(ORGANIZATION, organization), common_name]),
        None => write_name(&[common_name]),
    }
}

/// Who signs, as the certificate names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signatory<'a> {
    /// A Name in DER.
    pub(crate) name: &'a [u8],
    /// As its own certificate has it. None in a root's own certificate.
    pub(crate) key_identifier: Option<&'a [u8]>,
    /// An AlgorithmIdentifier in DER.
    pub(crate) signature_algorithm: &'a [u8],
}

/// A certificate of the authority's chain that is to be signed.
#[derive(Debug)]
pub(crate) struct AuthorityCertificate<'a> {
    pub(crate) role: AuthorityRole,
    pub(crate) serial: [u8; 16],
    pub(crate) subject: &'a [u8],
    pub(crate) spki: &'a [u8],
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

impl AuthorityCertificate<'_> {
    /// Writes the certificate in DER. `sign` is the signatory's.
    pub(crate) fn issue(
        &self,
        by: Signatory<'_>,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, CryptoError>,
    ) -> Result<Vec<u8>, X509Error> {
        let mut extensions = authority_extensions(self.role)?;
        let key_id = extension::key_identifier(self.spki)?;
        extensions.extend(extension::write_subject_key_identifier(&key_id)?);
        if self.role != AuthorityRole::Root {
            extensions.extend(extension::write_policy(Oids::KEYSTEAD.policy)?);
        }
        if let Some(id) = by.key_identifier {
            extensions.extend(extension::write_authority_key_identifier(id)?);
        }
        let certificate = Issued {
            serial: &self.serial,
            signature_algorithm: by.signature_algorithm,
            issuer: by.name,
            not_before: &time::write(self.not_before)?,
            not_after: &time::write(self.not_after)?,
            subject: self.subject,
            spki: self.spki,
            extensions: &extensions,
        };
        certificate.sign(sign)
    }
}

/// What the key of a role is for: asked for in a certificate request too.
pub(crate) fn authority_extensions(role: AuthorityRole) -> Result<Vec<u8>, X509Error> {
    let signs_certificates = role != AuthorityRole::Signing;
    let usage = if signs_certificates {
        KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::KEY_CERT_SIGN).and(KeyUsage::CRL_SIGN)
    } else {
        KeyUsage::DIGITAL_SIGNATURE
    };
    let mut extensions = usage.write()?;
    extensions.extend(extension::write_basic_constraints(signs_certificates)?);
    if role == AuthorityRole::Signing {
        extensions.extend(extension::write_extended_key_usage(Oids::KEYSTEAD.authority_usage)?);
    }
    Ok(extensions)
}

/// The part of a statement that stays the same as long as the key does.
#[derive(Debug)]
pub(crate) struct Attested {
    subject: Vec<u8>,
    spki: Box<[u8]>,
    extensions: Vec<u8>,
    latest: Timestamp,
}

impl Attested {
    pub(crate) fn new(id: KeyId, spki: Box<[u8]>, facts: &KeyFacts) -> Result<Self, X509Error> {
        const OIDS: Oids = Oids::KEYSTEAD;
        const PRESENT: &[u8] = &[0x30, 0];
        let subject = write_name(&[(COMMON_NAME, "Keystead Key Attestation"), (OIDS.key_id, &id.to_string())])?;
        let mut extensions = KeyUsage::DIGITAL_SIGNATURE.write()?;
        if facts.is_generated() {
            extensions.extend(extension::write(OIDS.generated, false, PRESENT)?);
        }
        if facts.is_never_exportable() {
            extensions.extend(extension::write(OIDS.never_exportable, false, PRESENT)?);
        }
        if let Some(oid) = OIDS.facts {
            extensions.extend(extension::write(oid, false, &facts.write()?)?);
        }
        let latest = time::cut_to_second(facts.exported_at.map_or(facts.stored_since, |at| at.max(facts.stored_since)));
        Ok(Self { subject, spki, extensions, latest })
    }

    /// The latest time that is stated: a statement that was signed before it would contradict itself.
    pub(crate) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// Writes the statement in DER. The serial number's first bit is clear, and it is not all zero; `key_identifier` is the
    /// extension that names the authority's key.
    pub(crate) fn issue(
        &self,
        by: Signatory<'_>,
        serial: [u8; 16],
        at: Timestamp,
        challenge: Option<&[u8]>,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, CryptoError>,
    ) -> Result<Vec<u8>, X509Error> {
        let mut extensions = self.extensions.clone();
        if let (Some(oid), Some(challenge)) = (Oids::KEYSTEAD.challenge, challenge) {
            let value = crate::x509::tlv::tlv(der::Tag::OctetString, &[challenge])?;
            extensions.extend(extension::write(oid, false, &value)?);
        }
        if let Some(id) = by.key_identifier {
            extensions.extend(extension::write_authority_key_identifier(id)?);
        }
        let certificate = Issued {
            serial: &serial,
            signature_algorithm: by.signature_algorithm,
            issuer: by.name,
            not_before: &time::write(at)?,
            not_after: time::NO_END,
            subject: &self.subject,
            spki: &self.spki,
            extensions: &extensions,
        };
        certificate.sign(sign)
    }
}

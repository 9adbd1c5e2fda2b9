//! What a certificate shows about itself.

use jiff::Timestamp;

use super::name::Name;
use super::{Certificate, X509Error};
use crate::crypto;
use crate::model::{Fingerprint, colon_hex};

/// What a certificate says, as FusionAuth's `certificateInformation` shows it. Nothing of it has been verified.
///
/// The vendor's thumbprints are its fingerprints in another form: [`Fingerprint::to_base64url`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInformation {
    version: u8,
    serial_number: String,
    issuer: String,
    subject: String,
    valid_from: Timestamp,
    valid_to: Timestamp,
    md5: Fingerprint,
    sha1: Fingerprint,
    sha256: Fingerprint,
    public_key: Box<[u8]>,
}

impl CertificateInformation {
    /// The X.509 version: 1, 2 or 3.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The serial number: the bytes of its DER INTEGER in upper-case hex, a colon between bytes. A number whose top
    /// bit is set comes after `00:`, since without it the INTEGER would be negative.
    #[must_use]
    pub fn serial_number(&self) -> &str {
        &self.serial_number
    }

    /// Who issued the certificate, as RFC 4514 writes names: `CN=acme.com`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whose certificate it is, as RFC 4514 writes names. Empty where the certificate has no subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The first instant of its validity, in whole seconds.
    #[must_use]
    pub const fn valid_from(&self) -> Timestamp {
        self.valid_from
    }

    /// The last instant of its validity, in whole seconds. A certificate without an end, which RFC 5280 section
    /// 4.1.2.5 writes as the end of the year 9999, has 9999-12-30T22:00:00Z, the last second of [`Timestamp`].
    #[must_use]
    pub const fn valid_to(&self) -> Timestamp {
        self.valid_to
    }

    /// MD5 of the certificate in DER. Broken; a name, never a proof.
    #[must_use]
    pub const fn md5_fingerprint(&self) -> Fingerprint {
        self.md5
    }

    /// SHA-1 of the certificate in DER. Broken; a name, never a proof.
    #[must_use]
    pub const fn sha1_fingerprint(&self) -> Fingerprint {
        self.sha1
    }

    /// SHA-256 of the certificate in DER.
    #[must_use]
    pub const fn sha256_fingerprint(&self) -> Fingerprint {
        self.sha256
    }

    /// The public key, a SubjectPublicKeyInfo in DER (RFC 5280, section 4.1.2.7), as it stands in the certificate.
    #[must_use]
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key
    }
}

/// Reads a certificate of any version in DER, of at most 64 KiB and with nothing after it.
pub(crate) fn parse(der: &[u8]) -> Result<CertificateInformation, X509Error> {
    let certificate = Certificate::read_to_show(der)?;
    Ok(CertificateInformation {
        version: certificate.version,
        serial_number: colon_hex(certificate.serial),
        issuer: Name::read(certificate.issuer)?.rfc4514(),
        subject: Name::read(certificate.subject)?.rfc4514(),
        valid_from: certificate.not_before,
        valid_to: certificate.not_after,
        md5: Fingerprint::Md5(crypto::md5(der)),
        sha1: Fingerprint::Sha1(crypto::sha1(der)),
        sha256: Fingerprint::Sha256(crypto::sha256(der)),
        public_key: certificate.spki.into(),
    })
}

#[cfg(test)]
mod tests;

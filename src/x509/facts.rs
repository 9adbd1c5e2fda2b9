//! What import asks of a certificate: whose key it is for, when it ends, and who stands above it.

use jiff::Timestamp;

use super::name::Name;
use super::{Certificate, X509Error};
use crate::crypto;

/// A certificate's key and place among others. Nothing of it has been verified.
#[derive(Debug)]
pub(crate) struct CertificateFacts {
    /// SHA-256 of the names in DER: of many certificates each is compared with each, and a name may have 64 KiB.
    issuer: [u8; 32],
    subject: [u8; 32],
    /// As it stands in the certificate.
    pub(crate) spki: Box<[u8]>,
    pub(crate) expires_at: Timestamp,
    /// The issuer's first common name, where it has one that is text.
    pub(crate) issuer_common_name: Option<String>,
}

impl CertificateFacts {
    /// Reads a certificate of any version in DER, of at most 64 KiB and with nothing after it.
    pub(crate) fn read(der: &[u8]) -> Result<Self, X509Error> {
        let certificate = Certificate::read_to_show(der)?;
        Ok(Self {
            spki: certificate.spki.into(),
            expires_at: certificate.not_after,
            issuer_common_name: Name::read(certificate.issuer)?.first_common_name().ok().flatten(),
            issuer: crypto::sha256(certificate.issuer),
            subject: crypto::sha256(certificate.subject),
        })
    }

    /// Whether, by its names, the other one is the issuer's.
    pub(crate) fn is_issued_by(&self, other: &Self) -> bool {
        self.issuer == other.subject
    }

    /// Whether issuer and subject are the same.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_certificate_says_whose_it_is() {
        let pem = include_bytes!("../../tests/data/fusionauth-seed.pem");
        let (_, der) = der::pem::decode_vec(pem).unwrap();
        let facts = CertificateFacts::read(&der).unwrap();
        assert_eq!(facts.issuer_common_name.as_deref(), Some("acme.com"));
        assert_eq!(facts.expires_at.as_second(), 1_877_808_272);
        assert!(facts.is_self_issued() && facts.is_issued_by(&facts));
    }
}

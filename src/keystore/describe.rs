//! What can be computed from a key's public part.

use crate::codec;
use crate::error::Result;
use crate::model::Key;
use crate::x509::{self, CertificateInformation};

impl Key {
    /// What its certificate says. `None` for HMAC.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when the certificate does not parse, which was checked when it came in.
    pub fn certificate_information(&self) -> Result<Option<CertificateInformation>> {
        Ok(self.certificate_der().map(x509::parse).transpose()?)
    }

    /// The certificate as PEM (RFC 7468), lines ending in LF, no line end at the end. `None` for HMAC.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal), never seen.
    pub fn certificate_pem(&self) -> Result<Option<String>> {
        self.certificate_der().map(|der| pem("CERTIFICATE", der)).transpose()
    }

    /// The public key as SPKI PEM (RFC 7468), lines ending in LF, no line end at the end. `None` for HMAC.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal), never seen.
    pub fn public_key_pem(&self) -> Result<Option<String>> {
        self.public_key_der().map(|der| pem("PUBLIC KEY", der)).transpose()
    }
}

pub(super) fn pem(label: &str, der: &[u8]) -> Result<String> {
    let mut pem = codec::pem(label, der)?;
    pem.truncate(pem.trim_end().len());
    Ok(pem)
}

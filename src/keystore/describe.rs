//! What can be computed from a key's public part.

use crate::codec;
use crate::crypto;
use crate::error::Result;
use crate::model::{Fingerprint, Key, Kid};
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

    /// The SHA-256 JWK thumbprint, RFC 7638. `None` for HMAC.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when the public key does not parse, which was checked when it came in.
    pub fn jwk_thumbprint(&self) -> Result<Option<Fingerprint>> {
        self.public_key_der().map(thumbprint).transpose()
    }
}

/// Every digest that names a key: its certificate's MD5, SHA-1 and SHA-256, and its JWK thumbprint.
pub(super) fn digests(key: &Key) -> Result<Vec<Fingerprint>> {
    let mut digests = indexed_digests(key)?;
    digests.extend(key.certificate_der().map(|certificate| Fingerprint::Md5(crypto::md5(certificate))));
    Ok(digests)
}

/// The digests in the file's index. MD5 is not among them: each digest is a page more to write for every key, and
/// nobody should look keys up by MD5 any more.
fn indexed_digests(key: &Key) -> Result<Vec<Fingerprint>> {
    let mut digests = Vec::with_capacity(4);
    if let Some(certificate) = key.certificate_der() {
        digests.push(Fingerprint::Sha1(crypto::sha1(certificate)));
        digests.push(Fingerprint::Sha256(crypto::sha256(certificate)));
    }
    if let Some(spki) = key.public_key_der() {
        digests.push(thumbprint(spki)?);
    }
    Ok(digests)
}

/// By what the file finds a key: its digests, and its kid.
pub(super) fn digest_prefixes(key: &Key) -> Result<Vec<i64>> {
    let digests = indexed_digests(key)?;
    Ok(digests.iter().map(Fingerprint::prefix).chain([kid_prefix(&key.kid)]).collect())
}

/// A kid that is a thumbprint in base64url stands for that digest, which then needs no second place in the index. Any other
/// is found by the SHA-256 of its text.
pub(super) fn kid_prefix(kid: &Kid) -> i64 {
    let digest = match Fingerprint::parse(kid.as_str()) {
        Ok(digest) if digest.to_base64url() == kid.as_str() => digest,
        _ => Fingerprint::Sha256(crypto::sha256(kid.as_str().as_bytes())),
    };
    digest.prefix()
}

fn thumbprint(spki: &[u8]) -> Result<Fingerprint> {
    Ok(Fingerprint::Sha256(crypto::sha256(codec::jwk_thumbprint_input(spki)?.as_bytes())))
}

fn pem(label: &str, der: &[u8]) -> Result<String> {
    let mut pem = codec::pem(label, der)?;
    pem.truncate(pem.trim_end().len());
    Ok(pem)
}

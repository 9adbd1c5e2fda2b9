//! Writing public parts.

use super::export::must_be;
use super::generate::quoted;
use crate::codec::{self, JwkFacts, LineEnding};
use crate::crypto;
use crate::error::{Error, Result};
use crate::model::{Algorithm, Key, KeyType, KeyUse};

/// How a public part is written. PEM is that of RFC 7468 with lines of 64 columns ending in LF, the last one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublicFormat {
    /// `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7), label PUBLIC KEY.
    SpkiPem,
    /// `SubjectPublicKeyInfo`.
    SpkiDer,
    /// `RSAPublicKey` (RFC 8017, appendix A.1.1), label RSA PUBLIC KEY. Only RSA.
    Pkcs1Pem,
    /// The certificate, label CERTIFICATE.
    CertificatePem,
    /// The same with lines that end in CR and LF.
    CertificatePemCrlf,
    /// The certificate.
    CertificateDer,
    /// The certificate and those above it, each a block of PEM.
    CertificateChainPem,
    /// A degenerate `SignedData` (RFC 5652, section 5) with the certificate and those above it, label PKCS7.
    Pkcs7Pem,
    /// The same with lines that end in CR and LF.
    Pkcs7PemCrlf,
    /// The same in DER.
    Pkcs7Der,
    /// A JWK (RFC 7517) with `alg`, `use`, `kid` and, with a certificate, `x5c`, `x5t` and `x5t#S256`.
    Jwk,
}

impl Key {
    /// Writes the public part, as [`Keystore::export_public`](crate::Keystore::export_public) does, from what is at hand.
    ///
    /// # Errors
    /// [`NotPossible`](crate::ErrorKind::NotPossible) when the key has no public part, no certificate, or is of another type
    /// than the format.
    pub fn export_public(&self, format: PublicFormat) -> Result<Vec<u8>> {
        let spki = public_part(self)?;
        let chain: Vec<_> = self.certificate_chain().collect();
        let certificate = || {
            chain.first().copied().ok_or_else(|| {
                Error::not_possible(format!("the key {} came without a certificate", quoted(&self.name)))
            })
        };
        let pkcs7 = || certificate().and_then(|_| Ok(codec::pkcs7(&chain)?));
        let pem =
            |label, der: &[u8], ending| -> Result<Vec<u8>> { Ok(codec::pem_with(label, der, ending)?.into_bytes()) };
        match format {
            PublicFormat::SpkiPem => pem("PUBLIC KEY", spki, LineEnding::Lf),
            PublicFormat::SpkiDer => Ok(spki.to_vec()),
            PublicFormat::Pkcs1Pem => {
                must_be(self, KeyType::Rsa, "PKCS#1")?;
                pem("RSA PUBLIC KEY", &codec::pkcs1_public(spki)?, LineEnding::Lf)
            }
            PublicFormat::CertificatePem => pem("CERTIFICATE", certificate()?, LineEnding::Lf),
            PublicFormat::CertificatePemCrlf => pem("CERTIFICATE", certificate()?, LineEnding::Crlf),
            PublicFormat::CertificateDer => Ok(certificate()?.to_vec()),
            PublicFormat::CertificateChainPem => {
                certificate()?;
                let blocks = chain.iter().map(|der| pem("CERTIFICATE", der, LineEnding::Lf));
                Ok(blocks.collect::<Result<Vec<_>>>()?.concat())
            }
            PublicFormat::Pkcs7Pem => pem("PKCS7", &pkcs7()?, LineEnding::Lf),
            PublicFormat::Pkcs7PemCrlf => pem("PKCS7", &pkcs7()?, LineEnding::Crlf),
            PublicFormat::Pkcs7Der => pkcs7(),
            PublicFormat::Jwk => Ok(codec::jwk_public(spki, &jwk_facts(self, &chain))?.into_bytes()),
        }
    }
}

/// The public part, or why there is none.
pub(super) fn public_part(key: &Key) -> Result<&[u8]> {
    key.public_key_der().ok_or_else(|| {
        Error::not_possible(format!("the key {} is an HMAC secret, it has no public part", quoted(&key.name)))
    })
}

/// What a JWK says beside the key itself.
pub(super) fn jwk_facts<'a>(key: &'a Key, certificates: &'a [&'a [u8]]) -> JwkFacts<'a> {
    let signs = key.key_use == KeyUse::Signing;
    JwkFacts {
        kid: Some(key.kid.as_str()),
        // The algorithms here are all for signing; how to encrypt is left to whoever does.
        algorithm: key.algorithm.map(Algorithm::name).filter(|_| signs),
        usage: Some(if signs { "sig" } else { "enc" }),
        certificates,
        x5t: key.certificate_der().map(crypto::sha1),
        x5t_s256: key.certificate_der().map(crypto::sha256),
    }
}

//! Private keys in the older encodings.

use super::super::CodecError;
use super::super::read::private::EcPrivate;
use super::super::read::{ec_private, read_pkcs8};
use crate::model::RawPrivate;
use crate::secret::SecretBytes;

/// Writes the `RSAPrivateKey` (RFC 8017, appendix A.1.2) inside a PKCS#8 key.
pub(crate) fn pkcs1_private(pkcs8: &[u8]) -> Result<SecretBytes, CodecError> {
    match read_pkcs8(pkcs8)? {
        RawPrivate::Rsa { key, .. } => Ok(key),
        RawPrivate::Ec { .. } => Err(CodecError::WrongType { form: "PKCS#1", wanted: "RSA", got: "EC" }),
    }
}

/// Writes the `ECPrivateKey` (RFC 5915, section 3) inside a PKCS#8 key, with its curve and its point.
pub(crate) fn sec1_private(pkcs8: &[u8]) -> Result<SecretBytes, CodecError> {
    match read_pkcs8(pkcs8)? {
        RawPrivate::Ec { curve, key, .. } => {
            let parts = EcPrivate::read(key.expose_secret(), Some(curve))?;
            let point = parts.point.ok_or(CodecError::NoPoint)?;
            Ok(SecretBytes::copy_from(&ec_private(curve, parts.scalar, point)))
        }
        RawPrivate::Rsa { .. } => Err(CodecError::WrongType { form: "SEC1", wanted: "EC", got: "RSA" }),
    }
}

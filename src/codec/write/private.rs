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

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::super::super::rfc_keys::PRIVATE;
    use super::*;

    #[test]
    fn older_encodings_are_those_of_python() {
        for key in &PRIVATE {
            let [pkcs8, traditional] = [key.pkcs8, key.traditional].map(|der| Base64::decode_vec(der).unwrap());
            let (fits, other) = if key.jwk.contains("RSA") {
                (pkcs1_private(&pkcs8), sec1_private(&pkcs8))
            } else {
                (sec1_private(&pkcs8), pkcs1_private(&pkcs8))
            };
            assert_eq!(fits.unwrap().expose_secret(), traditional);
            assert!(matches!(other, Err(CodecError::WrongType { .. })));
        }
    }

    #[test]
    fn refusals() {
        let [ec, rsa, ..] = [0, 1].map(|at| Base64::decode_vec(PRIVATE[at].pkcs8).unwrap());
        insta::assert_snapshot!(pkcs1_private(&ec).unwrap_err(), @"PKCS#1 holds RSA keys alone, the key is EC");
        insta::assert_snapshot!(sec1_private(&rsa).unwrap_err(), @"SEC1 holds EC keys alone, the key is RSA");
        insta::assert_snapshot!(sec1_private(&[]).unwrap_err(), @"PKCS#8 private key stops making sense at byte 0 (outer SEQUENCE): it is missing; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        insta::assert_snapshot!(CodecError::NoPoint, @"EC private key carries no public point");
    }
}

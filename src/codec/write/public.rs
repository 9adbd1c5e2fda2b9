//! Public keys in encodings other than SubjectPublicKeyInfo.

use super::super::public_key::PublicKey;
use super::super::{CodecError, tlv};
use crate::model::Curve;

/// Writes an `RSAPublicKey` (RFC 8017, appendix A.1.1).
pub(crate) fn pkcs1_public(spki: &[u8]) -> Result<Vec<u8>, CodecError> {
    match PublicKey::read(spki)? {
        PublicKey::Rsa { modulus, exponent } => {
            Ok(tlv::tlv(tlv::SEQUENCE, &[&tlv::unsigned(modulus), &tlv::unsigned(exponent)]).to_vec())
        }
        PublicKey::Ec { .. } => Err(CodecError::WrongType { form: "PKCS#1", wanted: "RSA", got: "EC" }),
    }
}

/// Writes the blob whose digest OpenSSH shows as a fingerprint: RFC 4253 section 6.6, RFC 5656 section 3.1. A point
/// is taken as it is, so it has to be uncompressed.
pub(crate) fn ssh_blob(spki: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut blob = Vec::with_capacity(spki.len() + 64);
    let mut string = |parts: &[&[u8]]| {
        let len = parts.iter().map(|part| part.len()).sum::<usize>();
        let len = u32::try_from(len).map_err(der::Error::from)?;
        blob.extend_from_slice(&len.to_be_bytes());
        parts.iter().for_each(|part| blob.extend_from_slice(part));
        Ok::<_, CodecError>(())
    };
    match PublicKey::read(spki)? {
        PublicKey::Rsa { modulus, exponent } => {
            string(&[b"ssh-rsa"])?;
            // RFC 4251 section 5, mpint: the top bit is the sign.
            for number in [exponent, modulus] {
                let sign: &[u8] = if number.first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
                string(&[sign, number])?;
            }
        }
        PublicKey::Ec { curve, point } => {
            let name: &[u8] = match curve {
                Curve::P256 => b"nistp256",
                Curve::P384 => b"nistp384",
                Curve::P521 => b"nistp521",
            };
            string(&[b"ecdsa-sha2-", name])?;
            string(&[name])?;
            string(&[point])?;
        }
    }
    Ok(blob)
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::super::super::public_key::tests::rsa_spki;
    use super::super::super::rfc_keys::PRIVATE;
    use super::*;
    use crate::crypto::sha256;

    #[test]
    fn fingerprints_of_openssh_are_those_of_python() {
        for key in &PRIVATE {
            let blob = ssh_blob(&Base64::decode_vec(key.spki).unwrap()).unwrap();
            let digest: String = sha256(&blob).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digest, key.ssh);
        }
    }

    /// RFC 4251 section 5: the length in four bytes, numbers as short as they can be without becoming negative.
    #[test]
    fn numbers_in_blobs_stay_positive() {
        let blob = ssh_blob(&rsa_spki(&[0x85], &[3])).unwrap();
        assert_eq!(blob, *b"\0\0\0\x07ssh-rsa\0\0\0\x01\x03\0\0\0\x02\0\x85");
    }

    #[test]
    fn pkcs1_is_the_inside_of_spki() {
        assert_eq!(pkcs1_public(&rsa_spki(&[0x85], &[3])).unwrap(), [0x30, 7, 2, 2, 0, 0x85, 2, 1, 3]);
        let ec = Base64::decode_vec(PRIVATE[0].spki).unwrap();
        insta::assert_snapshot!(pkcs1_public(&ec).unwrap_err(), @"PKCS#1 holds RSA keys alone, the key is EC");
    }
}

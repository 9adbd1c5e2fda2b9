//! The input of a JWK thumbprint, RFC 7638.

use base64ct::{Base64UrlUnpadded, Encoding};

use super::CodecError;
use super::public_key::PublicKey;
use crate::model::Curve;

/// The JSON whose digest is the thumbprint of an RSA or EC public key (RFC 7638, section 3.2): the required members
/// in the order of their names, without white space. The key is a SubjectPublicKeyInfo in DER, an EC point in it
/// uncompressed.
pub(crate) fn jwk_thumbprint_input(spki: &[u8]) -> Result<String, CodecError> {
    // No value needs JSON's escapes.
    Ok(match PublicKey::read(spki)? {
        PublicKey::Rsa { modulus, exponent } => {
            format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64url(exponent), base64url(modulus))
        }
        PublicKey::Ec { curve, point } => {
            let (x, y) = coordinates(curve, point)?;
            format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, curve.name(), base64url(x), base64url(y))
        }
    })
}

/// The two halves of an uncompressed point.
pub(super) fn coordinates(curve: Curve, point: &[u8]) -> Result<(&[u8], &[u8]), CodecError> {
    let allowed = 1 + 2 * curve.field_len();
    let both = match point {
        [0x04, both @ ..] if point.len() == allowed => both.split_at_checked(curve.field_len()),
        _ => None,
    };
    both.ok_or_else(|| {
        let got = match point {
            [] => "empty".to_owned(),
            [first, ..] => format!("{} bytes that begin with {first:02X}", point.len()),
        };
        CodecError::Point { got, curve, allowed }
    })
}

fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use base64ct::Base64;

    use super::super::public_key::tests::{EC_KEYS, ec_spki, rsa_spki};
    use super::*;

    #[test]
    fn example_of_rfc_7638() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
                 V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9\
                 c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1\
                 jF44-csFCur-kEgU8awapJzKnqDKgw";
        let spki = rsa_spki(&Base64UrlUnpadded::decode_vec(n).unwrap(), &[1, 0, 1]);
        assert_eq!(jwk_thumbprint_input(&spki).unwrap(), format!(r#"{{"e":"AQAB","kty":"RSA","n":"{n}"}}"#));
    }

    /// Expected values from Python's `cryptography` 48 and `json`. Coordinates keep their leading zeros: RFC 7518,
    /// section 6.2.1.2.
    #[test]
    fn ec_coordinates_keep_their_length() {
        let [p256, p384, p521] =
            EC_KEYS.map(|(_, key)| jwk_thumbprint_input(&Base64::decode_vec(key).unwrap()).unwrap());
        assert_eq!(
            p256,
            r#"{"crv":"P-256","kty":"EC","x":"AFVDiUrz0A7X10Cr29dclrBod7eH219w7qeLkKjXwAo","y":"u0yFo9jqKe-q-iRAaRLdhNWxTcMr9lbvbGvVil2UP5I"}"#
        );
        assert_eq!(
            p384,
            r#"{"crv":"P-384","kty":"EC","x":"AE0QSybuVnH3LBDJhoQdPmXSheJRYWG3uqNBsSYxueMrbw1YlthDHFHV2To3y8kO","y":"8RoeP4t7kFOO5CzADuk0puLuJVQWB9j7ZceosR4viGhTiG7vOGXskzIAufJVmfKf"}"#
        );
        assert_eq!(
            p521,
            r#"{"crv":"P-521","kty":"EC","x":"AABgqI2FlqLGWXstxORl39fnSgvLe4Y_VvIcFBSllYtipJWZb9hrjp54pnEseIfnXfzpcqBOEsuc-eAy_yrBr_8Z","y":"ATPR_AqtuggGE1eNKYDHf-Y8t80KYNGt8rLlCNmsniqLHQxTiNHLsF8OLFjQHLzAWUWSk9SYKLYfR8Hy7euJFFKK"}"#
        );
    }

    #[test]
    fn points_must_be_uncompressed() {
        let wrong =
            |point: &[u8]| jwk_thumbprint_input(&ec_spki("1.2.840.10045.3.1.7", point)).unwrap_err().to_string();
        insta::assert_snapshot!(wrong(&[2; 33]), @"EC point is 33 bytes that begin with 02, P-256 allows 65 bytes that begin with 04");
        insta::assert_snapshot!(wrong(&[6; 65]), @"EC point is 65 bytes that begin with 06, P-256 allows 65 bytes that begin with 04");
        insta::assert_snapshot!(wrong(&[4; 66]), @"EC point is 66 bytes that begin with 04, P-256 allows 65 bytes that begin with 04");
        insta::assert_snapshot!(wrong(&[]), @"EC point is empty, P-256 allows 65 bytes that begin with 04");
    }

    #[test]
    fn the_value_is_json_in_canonical_form() {
        let text = jwk_thumbprint_input(&rsa_spki(&[0xFB; 256], &[3])).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.to_string(), text);
    }

    proptest::proptest! {
        #[test]
        fn hostile_keys_do_not_panic(at in 0usize..91, byte: u8, cut in 0usize..92) {
            let mut key = Base64::decode_vec(EC_KEYS[0].1).unwrap();
            key[at] = byte;
            let _ = jwk_thumbprint_input(&key[..cut.min(key.len())]);
            let _ = jwk_thumbprint_input(&key);
        }
    }
}

//! Private keys in DER: PKCS#8, PKCS#1, SEC 1.

use super::super::tlv;
use super::ReadError;
use super::algorithms::{KeyAlgorithm, key_algorithm, named_curve};
use super::asn1::{Cursor, Kind};
use super::public;
use crate::model::{Curve, RawPrivate};
use crate::secret::SecretBytes;

pub(super) static PKCS8: Kind = Kind {
    name: "PKCS#8 private key",
    accepted: "PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)",
};
pub(super) static PKCS1: Kind = Kind {
    name: "PKCS#1 private key",
    accepted: "RSAPrivateKey in DER, version 0 with two primes (RFC 8017, appendix A.1.2)",
};
pub(super) static SEC1: Kind =
    Kind { name: "SEC1 private key", accepted: "ECPrivateKey in DER, version 1 with a named curve (RFC 5915)" };

/// Reads a PKCS#8 private key in DER, RFC 5958 section 2. What stands beside the key goes: attributes are dropped.
///
/// ```text
/// OneAsymmetricKey ::= SEQUENCE {
///   version                   Version,
///   privateKeyAlgorithm       PrivateKeyAlgorithmIdentifier,
///   privateKey                PrivateKey,
///   attributes            [0] IMPLICIT Attributes OPTIONAL,
///   ...,
///   [[2: publicKey        [1] IMPLICIT PublicKey OPTIONAL ]],
///   ... }
/// ```
pub(crate) fn read_pkcs8(der: &[u8]) -> Result<RawPrivate, ReadError> {
    let mut fields = Cursor::sequence(&PKCS8, der)?;
    let version = fields.version(&[0, 1])?;
    let algorithm = key_algorithm(&mut fields)?;
    let key = fields.expect(tlv::OCTET_STRING, "privateKey")?.value;
    if let Some(attributes) = fields.optional(tlv::constructed(0), "attributes")? {
        let mut attributes = attributes.inside();
        while !attributes.is_empty() {
            attributes.expect(tlv::SEQUENCE, "attributes")?;
        }
    }
    let public = match fields.peek() {
        Some(PUBLIC_KEY) if version == 1 => Some(fields.bit_string(PUBLIC_KEY, "publicKey")?),
        Some(PUBLIC_KEY) => {
            let field = fields.next("publicKey")?;
            return Err(field.malformed("version 0 has no public key"));
        }
        // RFC 5958 section 2: the version says whether there is one.
        _ if version == 1 => return Err(fields.missing("publicKey", "version 1 needs a public key")),
        _ => None,
    };
    fields.finish()?;
    match algorithm {
        KeyAlgorithm::Rsa => {
            check_rsa(key).map_err(|error| error.within("the privateKey in PKCS#8"))?;
            if let Some(public) = public {
                public::rsa_numbers(public).map_err(|error| error.within("the publicKey in PKCS#8"))?;
            }
            Ok(RawPrivate::Rsa { key: SecretBytes::copy_from(key), public: public.map(Into::into) })
        }
        KeyAlgorithm::Ec(curve) => {
            EcPrivate::read(key, Some(curve)).map_err(|error| error.within("the privateKey in PKCS#8"))?;
            Ok(RawPrivate::Ec { curve, key: SecretBytes::copy_from(key), public: public.map(Into::into) })
        }
    }
}

/// `[1] IMPLICIT BIT STRING`.
const PUBLIC_KEY: u8 = 0x81;

pub(super) fn read_pkcs1(der: &[u8]) -> Result<RawPrivate, ReadError> {
    check_rsa(der)?;
    Ok(RawPrivate::Rsa { key: SecretBytes::copy_from(der), public: None })
}

/// ```text
/// RSAPrivateKey ::= SEQUENCE {
///   version           Version,
///   modulus           INTEGER,  -- n
///   publicExponent    INTEGER,  -- e
///   privateExponent   INTEGER,  -- d
///   prime1            INTEGER,  -- p
///   prime2            INTEGER,  -- q
///   exponent1         INTEGER,  -- d mod (p-1)
///   exponent2         INTEGER,  -- d mod (q-1)
///   coefficient       INTEGER,  -- (inverse of q) mod p
///   otherPrimeInfos   OtherPrimeInfos OPTIONAL }
/// ```
fn check_rsa(der: &[u8]) -> Result<(), ReadError> {
    let mut fields = Cursor::sequence(&PKCS1, der)?;
    if fields.version(&[0, 1])? == 1 {
        return Err(ReadError::unsupported("RSA key of more than two primes", "accepted are RSA keys of two primes"));
    }
    for field in RSA_FIELDS {
        fields.unsigned(field)?;
    }
    fields.finish()
}

/// In the order of `RSAPrivateKey`, behind the version.
pub(in crate::codec) const RSA_FIELDS: [&str; 8] =
    ["modulus", "publicExponent", "privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient"];

/// The numbers of an RSAPrivateKey, in its order, each without leading zeros.
pub(in crate::codec) fn rsa_private_numbers(der: &[u8]) -> Result<[&[u8]; 8], ReadError> {
    let mut fields = Cursor::sequence(&PKCS1, der)?;
    fields.version(&[0])?;
    let mut numbers = [&[][..]; 8];
    for (number, field) in numbers.iter_mut().zip(RSA_FIELDS) {
        *number = fields.unsigned(field)?;
    }
    fields.finish()?;
    Ok(numbers)
}

/// Reads a bare SEC 1 private key, which has to name its curve.
pub(super) fn read_sec1(der: &[u8]) -> Result<RawPrivate, ReadError> {
    let EcPrivate { curve, .. } = EcPrivate::read(der, None)?;
    Ok(RawPrivate::Ec { curve, key: SecretBytes::copy_from(der), public: None })
}

/// The parts of an EC private key.
pub(in crate::codec) struct EcPrivate<'a> {
    pub(in crate::codec) curve: Curve,
    /// As long as the field.
    pub(in crate::codec) scalar: &'a [u8],
    pub(in crate::codec) point: Option<&'a [u8]>,
}

impl<'a> EcPrivate<'a> {
    /// `outside` is the curve that PKCS#8 names.
    ///
    /// ```text
    /// ECPrivateKey ::= SEQUENCE {
    ///   version        INTEGER { ecPrivkeyVer1(1) } (ecPrivkeyVer1),
    ///   privateKey     OCTET STRING,
    ///   parameters [0] ECParameters {{ NamedCurve }} OPTIONAL,
    ///   publicKey  [1] BIT STRING OPTIONAL }
    /// ```
    pub(in crate::codec) fn read(der: &'a [u8], outside: Option<Curve>) -> Result<Self, ReadError> {
        let mut fields = Cursor::sequence(&SEC1, der)?;
        fields.version(&[1])?;
        let scalar = fields.expect(tlv::OCTET_STRING, "privateKey")?;
        let curve = match (fields.optional(tlv::constructed(0), "parameters")?, outside) {
            (Some(parameters), outside) => {
                let mut inside = parameters.inside();
                let named = named_curve(&inside.next("parameters")?)?;
                inside.finish()?;
                if outside.is_some_and(|outside| outside != named) {
                    return Err(parameters.malformed("PKCS#8 around it names another curve"));
                }
                named
            }
            (None, Some(outside)) => outside,
            (None, None) => return Err(scalar.malformed("no curve is named behind the private key")),
        };
        let point = match fields.optional(tlv::constructed(1), "publicKey")? {
            Some(public) => {
                let mut inside = public.inside();
                let point = inside.bit_string(tlv::BIT_STRING, "publicKey")?;
                inside.finish()?;
                Some(point)
            }
            None => None,
        };
        fields.finish()?;
        // RFC 5915 section 3: as long as the order of the curve.
        if scalar.value.len() != curve.field_len() {
            let (got, name, needed) = (scalar.value.len(), curve.name(), curve.field_len());
            return Err(scalar.malformed(format!("it is {got} bytes, {name} needs {needed}")));
        }
        Ok(Self { curve, scalar: scalar.value, point })
    }
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::super::super::rfc_keys::PRIVATE;
    use super::*;
    use crate::codec::tlv::{bit_string, constructed, tlv};

    fn der(base64: &str) -> Vec<u8> {
        Base64::decode_vec(base64).unwrap()
    }

    fn wrong(outcome: Result<RawPrivate, ReadError>) -> String {
        outcome.unwrap_err().to_string()
    }

    const RSA: [u8; 15] = [0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];
    const P256: [u8; 21] =
        [0x30, 19, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
    const P384: [u8; 9] = [0xA0, 7, 6, 5, 0x2B, 0x81, 4, 0, 0x22];

    fn pkcs8(version: u8, algorithm: &[u8], key: &[u8], rest: &[&[u8]]) -> Vec<u8> {
        let key = tlv(tlv::OCTET_STRING, &[key]);
        tlv(tlv::SEQUENCE, &[&[2, 1, version], algorithm, &key, &rest.concat()]).to_vec()
    }

    fn sec1(version: u8, scalar: &[u8], rest: &[u8]) -> Vec<u8> {
        tlv(tlv::SEQUENCE, &[&[2, 1, version], &tlv(tlv::OCTET_STRING, &[scalar]), rest]).to_vec()
    }

    #[test]
    fn keys_come_out_as_they_stand_inside() {
        let [ec, rsa, ..] = &PRIVATE;
        let RawPrivate::Rsa { key, public: None } = read_pkcs8(&der(rsa.pkcs8)).unwrap() else { panic!() };
        assert_eq!(key.expose_secret(), der(rsa.traditional));
        let RawPrivate::Ec { curve: Curve::P256, key, public: None } = read_pkcs8(&der(ec.pkcs8)).unwrap() else {
            panic!()
        };
        // Python leaves the curve out of the inner structure.
        let expected = EcPrivate::read(&der(ec.traditional), None).unwrap().scalar.to_vec();
        assert_eq!(EcPrivate::read(key.expose_secret(), Some(Curve::P256)).unwrap().scalar, expected);
    }

    /// RFC 5958 section 2: version 2 is written 1.
    #[test]
    fn version_2_carries_the_public_key() {
        let key = sec1(1, &[7; 32], &[]);
        let public = [&[0x81, 4, 0][..], &[4, 5, 6]].concat();
        let attributes = [0xA0, 4, 0x30, 2, 5, 0];
        let with = read_pkcs8(&pkcs8(1, &P256, &key, &[&attributes, &public])).unwrap();
        let RawPrivate::Ec { public: Some(point), .. } = with else { panic!() };
        assert_eq!(*point, [4, 5, 6]);
        assert!(read_pkcs8(&pkcs8(0, &P256, &key, &[&attributes])).is_ok());
        let tell = |version, rest: &[&[u8]]| wrong(read_pkcs8(&pkcs8(version, &P256, &key, rest)));
        insta::assert_snapshot!(tell(0, &[&public]), @"PKCS#8 private key stops making sense at byte 67 (publicKey): version 0 has no public key; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        insta::assert_snapshot!(tell(1, &[]), @"PKCS#8 private key stops making sense at byte 67 (publicKey): version 1 needs a public key; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        insta::assert_snapshot!(tell(2, &[]), @"PKCS#8 private key stops making sense at byte 2 (version): the version is unknown; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        insta::assert_snapshot!(tell(1, &[&[0xA1, 0]]), @"PKCS#8 private key stops making sense at byte 67 (publicKey): version 1 needs a public key; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        insta::assert_snapshot!(tell(0, &[&[0xA0, 2, 5, 0]]), @"PKCS#8 private key stops making sense at byte 69 (attributes): it is NULL, needed is a SEQUENCE; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
    }

    #[test]
    fn algorithms_are_strict() {
        let tell = |algorithm: &[u8]| wrong(read_pkcs8(&pkcs8(0, &tlv(tlv::SEQUENCE, &[algorithm]), &[0x30, 0], &[])));
        let rsa = &RSA[2..13];
        let ec = &P256[2..11];
        insta::assert_snapshot!(tell(rsa), @"PKCS#8 private key stops making sense at byte 5 (algorithm): rsaEncryption has no parameters, NULL is needed; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        insta::assert_snapshot!(tell(&[rsa, &[0x30, 0]].concat()), @"PKCS#8 private key stops making sense at byte 18 (parameters): the parameters of rsaEncryption are not NULL; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        insta::assert_snapshot!(tell(ec), @"PKCS#8 private key stops making sense at byte 5 (algorithm): id-ecPublicKey has no parameters, a named curve is needed; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        insta::assert_snapshot!(tell(&[ec, &[5, 0]].concat()), @"PKCS#8 private key stops making sense at byte 16 (parameters): the curve is left open (implicitCurve), a named curve is needed; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        insta::assert_snapshot!(tell(&[ec, &[0x30, 0]].concat()), @"not supported: curve given by explicit parameters; accepted are the names of P-256, P-384 and P-521: any numbers could stand there, CVE-2020-0601");
        insta::assert_snapshot!(tell(&[ec, &[4, 0]].concat()), @"PKCS#8 private key stops making sense at byte 16 (parameters): the parameters are no curve, a named curve is needed; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        insta::assert_snapshot!(tell(&[ec, &[6, 5, 0x2B, 0x81, 4, 0, 0x21]].concat()), @"not supported: curve P-224 (secp224r1) (1.3.132.0.33); accepted are RSA (rsaEncryption) and EC on P-256, P-384 or P-521");
        insta::assert_snapshot!(tell(&[ec, &[6, 9, 0x2B, 0x24, 3, 3, 2, 8, 1, 1, 7]].concat()), @"not supported: curve brainpoolP256r1 (1.3.36.3.3.2.8.1.1.7); accepted are RSA (rsaEncryption) and EC on P-256, P-384 or P-521");
        insta::assert_snapshot!(tell(&[6, 3, 0x2B, 0x65, 0x70]), @"not supported: key algorithm Ed25519 (1.3.101.112); accepted are RSA (rsaEncryption) and EC on P-256, P-384 or P-521");
        insta::assert_snapshot!(tell(&[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10]), @"not supported: key algorithm RSASSA-PSS (1.2.840.113549.1.1.10); accepted are RSA (rsaEncryption) and EC on P-256, P-384 or P-521");
        insta::assert_snapshot!(tell(&[6, 2, 0x2A, 3]), @"not supported: key algorithm 1.2.3; accepted are RSA (rsaEncryption) and EC on P-256, P-384 or P-521");
        insta::assert_snapshot!(tell(&[&[6, 30, 0x2A], &[1; 29][..]].concat()), @"not supported: key algorithm with an unknown OID; accepted are RSA (rsaEncryption) and EC on P-256, P-384 or P-521");
        insta::assert_snapshot!(tell(&[6, 2, 0x2A, 0x80]), @"PKCS#8 private key stops making sense at byte 7 (algorithm): the OBJECT IDENTIFIER is not well formed; accepted is PrivateKeyInfo or OneAsymmetricKey in DER, version 0 or 1 (RFC 5208, RFC 5958)");
        assert!(read_pkcs8(&pkcs8(0, &RSA, &der(PRIVATE[1].traditional), &[])).is_ok());
    }

    #[test]
    fn rsa_keys_have_two_primes() {
        let numbers = |version: u8, count: usize| {
            let mut parts = vec![vec![2, 1, version]];
            parts.resize(count + 1, vec![2, 1, 5]);
            tlv(tlv::SEQUENCE, &[&parts.concat()]).to_vec()
        };
        assert!(read_pkcs1(&numbers(0, 8)).is_ok());
        insta::assert_snapshot!(wrong(read_pkcs1(&numbers(0, 7))), @"PKCS#1 private key stops making sense at byte 26 (coefficient): it is missing; accepted is RSAPrivateKey in DER, version 0 with two primes (RFC 8017, appendix A.1.2)");
        insta::assert_snapshot!(wrong(read_pkcs1(&numbers(0, 9))), @"PKCS#1 private key stops making sense at byte 29 (end): 3 bytes follow where nothing may; accepted is RSAPrivateKey in DER, version 0 with two primes (RFC 8017, appendix A.1.2)");
        insta::assert_snapshot!(wrong(read_pkcs1(&numbers(1, 9))), @"not supported: RSA key of more than two primes; accepted are RSA keys of two primes");
        insta::assert_snapshot!(wrong(read_pkcs8(&pkcs8(0, &RSA, &numbers(0, 1), &[]))), @"PKCS#1 private key stops making sense at byte 8 (publicExponent) of the privateKey in PKCS#8: it is missing; accepted is RSAPrivateKey in DER, version 0 with two primes (RFC 8017, appendix A.1.2)");
        assert_eq!(rsa_private_numbers(&numbers(0, 8)).unwrap(), [&[5]; 8]);
    }

    #[test]
    fn ec_keys_name_one_curve() {
        assert!(read_sec1(&sec1(1, &[7; 48], &P384)).is_ok());
        insta::assert_snapshot!(wrong(read_sec1(&sec1(1, &[7; 48], &[]))), @"SEC1 private key stops making sense at byte 5 (privateKey): no curve is named behind the private key; accepted is ECPrivateKey in DER, version 1 with a named curve (RFC 5915)");
        insta::assert_snapshot!(wrong(read_sec1(&sec1(0, &[7; 48], &P384))), @"SEC1 private key stops making sense at byte 2 (version): the version is unknown; accepted is ECPrivateKey in DER, version 1 with a named curve (RFC 5915)");
        insta::assert_snapshot!(wrong(read_sec1(&sec1(1, &[7; 47], &P384))), @"SEC1 private key stops making sense at byte 5 (privateKey): it is 47 bytes, P-384 needs 48; accepted is ECPrivateKey in DER, version 1 with a named curve (RFC 5915)");
        insta::assert_snapshot!(wrong(read_pkcs8(&pkcs8(0, &P256, &sec1(1, &[7; 48], &P384), &[]))), @"SEC1 private key stops making sense at byte 55 (parameters) of the privateKey in PKCS#8: PKCS#8 around it names another curve; accepted is ECPrivateKey in DER, version 1 with a named curve (RFC 5915)");
        let point = tlv(constructed(1), &[&bit_string(&[4, 1, 2])]);
        let key = sec1(1, &[7; 48], &[&P384, &point[..]].concat());
        assert_eq!(EcPrivate::read(&key, None).ok().and_then(|key| key.point), Some(&[4, 1, 2][..]));
    }
}

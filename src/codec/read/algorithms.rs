//! Which key algorithms and curves there are by object identifier, and what to call those that are not taken.

use der::asn1::ObjectIdentifier;

use super::super::public_key::{CURVES, EC, RSA};
use super::super::tlv;
use super::ReadError;
use super::asn1::{Cursor, Element};
use crate::model::Curve;

const TAKEN: &str = "accepted are RSA (rsaEncryption) and EC on P-256, P-384 or P-521";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyAlgorithm {
    Rsa,
    Ec(Curve),
}

/// Reads the algorithm of a key, RFC 3279 section 2.3 and RFC 5480 section 2.1.1:
///
/// ```text
/// AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }
/// ```
pub(super) fn key_algorithm(fields: &mut Cursor<'_>) -> Result<KeyAlgorithm, ReadError> {
    let identifier = fields.expect(tlv::SEQUENCE, "algorithm")?;
    let mut inside = identifier.inside();
    let oid = inside.expect(tlv::OID, "algorithm")?.oid()?;
    let parameters = if inside.is_empty() { None } else { Some(inside.next("parameters")?) };
    inside.finish()?;
    match oid {
        // RFC 3279 section 2.3.1: they MUST be NULL. openssl takes keys without them; but then one key would have two
        // encodings and two fingerprints.
        RSA => match parameters {
            Some(Element { tag: tlv::NULL, value: [], .. }) => Ok(KeyAlgorithm::Rsa),
            Some(parameters) => Err(parameters.malformed("the parameters of rsaEncryption are not NULL")),
            None => Err(identifier.malformed("rsaEncryption has no parameters, NULL is needed")),
        },
        EC => match parameters {
            Some(parameters) => named_curve(&parameters).map(KeyAlgorithm::Ec),
            None => Err(identifier.malformed("id-ecPublicKey has no parameters, a named curve is needed")),
        },
        other => Err(refused(&FOREIGN, "key algorithm", other)),
    }
}

/// Reads ECParameters, RFC 5480 section 2.1.1, of which the name is taken alone.
///
/// ```text
/// ECParameters ::= CHOICE { namedCurve OBJECT IDENTIFIER, implicitCurve NULL, specifiedCurve SpecifiedECDomain }
/// ```
pub(super) fn named_curve(parameters: &Element<'_>) -> Result<Curve, ReadError> {
    match parameters.tag {
        tlv::OID => {
            let oid = parameters.oid()?;
            let curve = CURVES.into_iter().find(|(known, _)| *known == oid);
            curve.map(|(_, curve)| curve).ok_or_else(|| refused(&FOREIGN_CURVES, "curve", oid))
        }
        tlv::SEQUENCE => Err(ReadError::unsupported(
            "curve given by explicit parameters",
            "accepted are the names of P-256, P-384 and P-521: any numbers could stand there, CVE-2020-0601",
        )),
        tlv::NULL => Err(parameters.malformed("the curve is left open (implicitCurve), a named curve is needed")),
        _ => Err(parameters.malformed("the parameters are no curve, a named curve is needed")),
    }
}

/// The refusal of something that is not taken, by name and OID; the OID alone where the name is not known.
fn refused(names: &[(&str, &str)], what: &str, oid: ObjectIdentifier) -> ReadError {
    let oid = oid.to_string();
    match names.iter().find(|(known, _)| *known == oid) {
        Some((_, name)) => ReadError::unsupported(format!("{what} {name} ({oid})"), TAKEN),
        // Longer ones are damage, and could swallow what stands behind them.
        None if oid.len() > 40 => ReadError::Unknown { what: format!("{what} with an unknown OID"), remedy: TAKEN },
        None => ReadError::Unknown { what: format!("{what} {oid}"), remedy: TAKEN },
    }
}

const FOREIGN: [(&str, &str); 22] = [
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.7", "RSAES-OAEP"),
    ("2.5.8.1.1", "RSA of X.509"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.111", "X448"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.3.14.3.2.12", "DSA"),
    ("1.2.840.10046.2.1", "DH"),
    ("1.2.840.113549.1.3.1", "DH"),
    ("1.3.132.1.12", "ECDH"),
    ("1.3.132.1.13", "ECMQV"),
    ("1.2.643.2.2.19", "GOST R 34.10-2001"),
    ("1.2.643.7.1.1.1.1", "GOST R 34.10-2012"),
    ("1.2.643.7.1.1.1.2", "GOST R 34.10-2012"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
    ("2.16.840.1.101.3.4.4.1", "ML-KEM-512"),
    ("2.16.840.1.101.3.4.4.2", "ML-KEM-768"),
    ("2.16.840.1.101.3.4.4.3", "ML-KEM-1024"),
];

const FOREIGN_CURVES: [(&str, &str); 14] = [
    ("1.2.840.10045.3.1.1", "P-192 (secp192r1)"),
    ("1.3.132.0.33", "P-224 (secp224r1)"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.132.0.31", "secp192k1"),
    ("1.3.132.0.32", "secp224k1"),
    ("1.3.132.0.8", "secp160r1"),
    ("1.3.132.0.1", "sect163k1"),
    ("1.3.132.0.16", "sect283k1"),
    ("1.3.132.0.36", "sect409k1"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ("1.2.156.10197.1.301", "SM2"),
];

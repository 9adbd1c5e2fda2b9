//! X.509 algorithm identifiers: how a signature is named, and what kind a key says it is.

use ::rsa::pkcs1::RsaPssParams;
use const_oid::{AssociatedOid, ObjectIdentifier};
use der::asn1::{Any, AnyRef};
use sha2::{Sha256, Sha384, Sha512};
use spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef};

use super::CryptoError;
use crate::model::{Algorithm, Curve, Hash, KeyType, Scheme};

pub(super) const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
pub(super) const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// The `signatureAlgorithm` of X.509; none for HMAC.
///
/// RSASSA-PKCS1-v1_5 with NULL parameters (RFC 4055 section 5), RSASSA-PSS with hash, mask generation and salt length
/// written out (RFC 4055 section 3.1), ECDSA without parameters (RFC 5758 section 3.2).
pub(crate) fn algorithm_identifier(algorithm: Algorithm) -> Option<AlgorithmIdentifierOwned> {
    let hash = algorithm.hash();
    match algorithm.scheme() {
        Scheme::Ecdsa => Some(AlgorithmIdentifierOwned { oid: ecdsa_with(hash), parameters: None }),
        Scheme::RsaPkcs1v15 => Some(AlgorithmIdentifierOwned { oid: rsa_with(hash), parameters: Some(Any::null()) }),
        Scheme::RsaPss => {
            let parameters = match hash {
                Hash::Sha256 => pss_parameters::<Sha256>(hash),
                Hash::Sha384 => pss_parameters::<Sha384>(hash),
                Hash::Sha512 => pss_parameters::<Sha512>(hash),
            };
            Some(AlgorithmIdentifierOwned { oid: RSASSA_PSS, parameters: Some(parameters?) })
        }
        Scheme::Hmac => None,
    }
}

const fn ecdsa_with(hash: Hash) -> ObjectIdentifier {
    match hash {
        Hash::Sha256 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
        Hash::Sha384 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
        Hash::Sha512 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
    }
}

const fn rsa_with(hash: Hash) -> ObjectIdentifier {
    match hash {
        Hash::Sha256 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
        Hash::Sha384 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"),
        Hash::Sha512 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"),
    }
}

fn pss_parameters<D: AssociatedOid>(hash: Hash) -> Option<Any> {
    let salt_len = u8::try_from(hash.output_len()).ok()?;
    Any::encode_from(&RsaPssParams::<AnyRef<'_>>::new::<D>(salt_len)).ok()
}

/// Refuses a key that says it is of another kind than `algorithm` needs.
///
/// RSA keys are `rsaEncryption` with NULL, whatever the padding: a key marked for PSS alone (RFC 4055 section 1.2) is
/// another kind. EC keys name their curve; explicit curve parameters are another kind.
pub(super) fn expect_kind(algorithm: Algorithm, found: AlgorithmIdentifierRef<'_>) -> Result<(), CryptoError> {
    let found = match (found.oid, found.parameters) {
        (EC_PUBLIC_KEY, Some(parameters)) => match parameters.decode_as() {
            Ok(p256::NistP256::OID) => Curve::P256.name(),
            Ok(p384::NistP384::OID) => Curve::P384.name(),
            Ok(p521::NistP521::OID) => Curve::P521.name(),
            _ => "EC on another curve",
        },
        (RSA_ENCRYPTION, Some(parameters)) if parameters == AnyRef::NULL => KeyType::Rsa.name(),
        (RSA_ENCRYPTION, _) => return Err(CryptoError::MalformedKey("RSA algorithm identifier lacks its NULL")),
        (RSASSA_PSS, _) => "RSASSA-PSS only",
        _ => "unknown",
    };
    if found == kind_needed(algorithm) { Ok(()) } else { Err(CryptoError::wrong_kind(algorithm, found)) }
}

/// The kind of key that `algorithm` needs, in the words of [`expect_kind`].
pub(super) fn kind_needed(algorithm: Algorithm) -> &'static str {
    algorithm.curve().map_or(algorithm.key_type().name(), Curve::name)
}

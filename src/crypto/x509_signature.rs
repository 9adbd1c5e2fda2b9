//! Signatures as certificates hold them (RFC 5280, section 4.1.1.3), of any issuer: the curve of ECDSA and its hash are
//! chosen apart.

use ::rsa::RsaPublicKey;
use ::signature::hazmat::PrehashVerifier;
use der::asn1::{AnyRef, ContextSpecific, ObjectIdentifier, UintRef};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use sha2::{Digest, Sha256, Sha384, Sha512};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::algorithm_identifier::RSA_ENCRYPTION;
use super::ec::{self, Suite};
use super::import::check_public;
use super::{CryptoError, rsa, rsa_check};
use crate::model::{Algorithm, Curve, Hash, KeyType, Scheme};

/// The public key of who issues certificates, checked as the import policy says.
pub(crate) struct IssuerKey {
    key: Public,
    bits: u32,
}

enum Public {
    P256(<NistP256 as Suite>::Verifying),
    P384(<NistP384 as Suite>::Verifying),
    P521(<NistP521 as Suite>::Verifying),
    Rsa(Box<RsaPublicKey>),
}

impl IssuerKey {
    /// Reads a `SubjectPublicKeyInfo` in DER: RSA of 1024 to 4096 bits, or EC on P-256, P-384 or P-521.
    pub(crate) fn from_spki(spki: &[u8]) -> Result<Self, CryptoError> {
        let info = SubjectPublicKeyInfoRef::from_der(spki)
            .map_err(|_| CryptoError::MalformedKey("public key is not a SubjectPublicKeyInfo in DER"))?;
        let point = info.subject_public_key;
        if info.algorithm.oid == RSA_ENCRYPTION && info.algorithm.parameters == Some(AnyRef::NULL) {
            let der = point.as_bytes().ok_or(CryptoError::MalformedKey("public key is not whole bytes"))?;
            let (key, bits) = rsa_check::import_public(der)?;
            return Ok(Self { key: Public::Rsa(Box::new(key)), bits });
        }
        // A point is read in a hundredth of the time that a signature takes: twice does no harm.
        let checked = check_public(spki)?;
        let key = match checked.curve {
            Some(Curve::P256) => Public::P256(ec::load_point::<NistP256>(point)?),
            Some(Curve::P384) => Public::P384(ec::load_point::<NistP384>(point)?),
            Some(Curve::P521) => Public::P521(ec::load_point::<NistP521>(point)?),
            None => return Err(CryptoError::MalformedKey("RSA algorithm identifier lacks its NULL")),
        };
        Ok(Self { key, bits: checked.bits })
    }

    /// Of the modulus or of the field.
    pub(crate) fn bits(&self) -> u32 {
        self.bits
    }

    pub(crate) fn key_type(&self) -> KeyType {
        match &self.key {
            Public::Rsa(_) => KeyType::Rsa,
            _ => KeyType::Ec,
        }
    }

    /// Verifies a signature over `message`, whose `AlgorithmIdentifier` is given in DER: RSASSA-PKCS1-v1_5, RSASSA-PSS with
    /// MGF1 of the same hash and a salt as long as it, or ECDSA, each with SHA-256, SHA-384 or SHA-512. ECDSA signatures are
    /// `Ecdsa-Sig-Value` in DER (RFC 3279, section 2.2.3).
    pub(crate) fn verify(&self, algorithm: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let (scheme, hash) = read_algorithm(algorithm)?;
        match (&self.key, scheme) {
            (Public::P256(key), Scheme::Ecdsa) => verify_ecdsa::<NistP256>(key, hash, message, signature),
            (Public::P384(key), Scheme::Ecdsa) => verify_ecdsa::<NistP384>(key, hash, message, signature),
            (Public::P521(key), Scheme::Ecdsa) => verify_ecdsa::<NistP521>(key, hash, message, signature),
            (Public::Rsa(key), Scheme::RsaPkcs1v15 | Scheme::RsaPss) => {
                rsa::verify(key, rsa_algorithm(scheme, hash), message, signature)
            }
            _ => Err(CryptoError::Refused(format!(
                "the signature is by {}, the key that should have made it is {}",
                if scheme == Scheme::Ecdsa { "ECDSA" } else { "RSA" },
                self.key_type().name()
            ))),
        }
    }
}

impl std::fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IssuerKey({} {})", self.key_type().name(), self.bits)
    }
}

fn rsa_algorithm(scheme: Scheme, hash: Hash) -> Algorithm {
    match (scheme, hash) {
        (Scheme::RsaPss, Hash::Sha256) => Algorithm::Ps256,
        (Scheme::RsaPss, Hash::Sha384) => Algorithm::Ps384,
        (Scheme::RsaPss, Hash::Sha512) => Algorithm::Ps512,
        (_, Hash::Sha256) => Algorithm::Rs256,
        (_, Hash::Sha384) => Algorithm::Rs384,
        (_, Hash::Sha512) => Algorithm::Rs512,
    }
}

fn verify_ecdsa<S: Suite>(key: &S::Verifying, hash: Hash, message: &[u8], signature: &[u8]) -> Result<(), CryptoError>
where
    S::Verifying: PrehashVerifier<S::Signature>,
{
    let joined = joined(signature, S::CURVE.field_len()).ok_or(CryptoError::BadSignature)?;
    let signature = S::Signature::try_from(&joined).map_err(|_| CryptoError::BadSignature)?;
    match hash {
        Hash::Sha256 => key.verify_prehash(&Sha256::digest(message), &signature),
        Hash::Sha384 => key.verify_prehash(&Sha384::digest(message), &signature),
        Hash::Sha512 => key.verify_prehash(&Sha512::digest(message), &signature),
    }
    .map_err(|_| CryptoError::BadSignature)
}

/// `r || s`, each as long as the field, of
///
/// ```text
/// Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
/// ```
fn joined(der: &[u8], field_len: usize) -> Option<Vec<u8>> {
    let mut reader = SliceReader::new(der).ok()?;
    let numbers = reader.sequence(|inner| {
        let (r, s) = (inner.decode::<UintRef<'_>>()?, inner.decode::<UintRef<'_>>()?);
        Ok::<_, der::Error>([r, s])
    });
    let numbers = numbers.ok()?;
    reader.finish().ok()?;
    let mut joined = Vec::with_capacity(2 * field_len);
    for number in numbers {
        let digits = number.as_bytes();
        let zeros = field_len.checked_sub(digits.len())?;
        joined.resize(joined.len() + zeros, 0);
        joined.extend_from_slice(digits);
    }
    Some(joined)
}

const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const HASHES: [(ObjectIdentifier, Hash); 3] = [
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"), Hash::Sha256),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"), Hash::Sha384),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"), Hash::Sha512),
];
/// RFC 4055, section 5, and RFC 5758, section 3.2.
const SCHEMES: [(ObjectIdentifier, Scheme, Hash); 6] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"), Scheme::RsaPkcs1v15, Hash::Sha256),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"), Scheme::RsaPkcs1v15, Hash::Sha384),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"), Scheme::RsaPkcs1v15, Hash::Sha512),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"), Scheme::Ecdsa, Hash::Sha256),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"), Scheme::Ecdsa, Hash::Sha384),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"), Scheme::Ecdsa, Hash::Sha512),
];
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// Known and not taken: their hash is broken, or nothing here has them.
const REFUSED: [(ObjectIdentifier, &str); 7] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"), "RSA with MD5"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"), "RSA with SHA-1"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.14"), "RSA with SHA-224"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"), "ECDSA with SHA-1"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.1"), "ECDSA with SHA-224"),
    (ObjectIdentifier::new_unwrap("1.3.101.112"), "Ed25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.113"), "Ed448"),
];

fn read_algorithm(der: &[u8]) -> Result<(Scheme, Hash), CryptoError> {
    let unsupported = |what: String| {
        CryptoError::Unsupported(format!(
            "signature algorithm {what}, allowed are RSASSA-PKCS1-v1_5, RSASSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512"
        ))
    };
    let Ok(AlgorithmIdentifierRef { oid, parameters }) = AlgorithmIdentifierRef::from_der(der) else {
        return Err(unsupported("is no AlgorithmIdentifier that can be read".into()));
    };
    if oid == RSASSA_PSS {
        let hash = parameters.and_then(pss_hash);
        let unlike = "is RSASSA-PSS without one hash for both of its uses and a salt as long as that";
        return hash.map(|hash| (Scheme::RsaPss, hash)).ok_or_else(|| unsupported(unlike.into()));
    }
    let Some((_, scheme, hash)) = SCHEMES.into_iter().find(|(known, ..)| *known == oid) else {
        let name = REFUSED.into_iter().find(|(known, _)| *known == oid).map(|(_, name)| format!(" ({name})"));
        return Err(unsupported(format!("is {oid}{}", name.unwrap_or_default())));
    };
    // RFC 4055, section 5, has NULL for RSA, and takes nothing as the same; RFC 5758, section 3.2, has nothing for ECDSA.
    match parameters {
        Some(any) if scheme == Scheme::Ecdsa || any != AnyRef::NULL => {
            Err(unsupported(format!("is {oid} with parameters that do not belong there")))
        }
        _ => Ok((scheme, hash)),
    }
}

/// The hash that is also that of the mask, and as long as the salt:
///
/// ```text
/// RSASSA-PSS-params ::= SEQUENCE {
///   hashAlgorithm     [0] HashAlgorithm DEFAULT sha1Identifier,
///   maskGenAlgorithm  [1] MaskGenAlgorithm DEFAULT mgf1SHA1Identifier,
///   saltLength        [2] INTEGER DEFAULT 20,
///   trailerField      [3] INTEGER DEFAULT 1 }
/// ```
///
/// RFC 4055, section 3.1. SHA-1 is not taken, so that three of the four stand there, and DER leaves out the fourth.
fn pss_hash(parameters: AnyRef<'_>) -> Option<Hash> {
    let mut reader = SliceReader::new(parameters.value()).ok().filter(|_| parameters.tag() == Tag::Sequence)?;
    let hash: AlgorithmIdentifierRef<'_> = field(&mut reader, 0)?;
    let mask: AlgorithmIdentifierRef<'_> = field(&mut reader, 1)?;
    let salt_len: u8 = field(&mut reader, 2)?;
    reader.finish().ok()?;
    let mask_hash = mask.parameters?.decode_as::<AlgorithmIdentifierRef<'_>>().ok()?;
    let (_, known) = HASHES.into_iter().find(|(oid, _)| *oid == hash.oid)?;
    // RFC 4055, section 2.1: NULL and nothing are the same.
    let plain = [hash, mask_hash].iter().all(|hash| hash.parameters.is_none_or(|any| any == AnyRef::NULL));
    let one = mask.oid == MGF1 && mask_hash.oid == hash.oid && usize::from(salt_len) == known.output_len();
    (plain && one).then_some(known)
}

fn field<'a, T: Decode<'a, Error = der::Error> + Tagged>(reader: &mut SliceReader<'a>, number: u32) -> Option<T> {
    let field = ContextSpecific::<T>::decode_explicit(reader, TagNumber(number)).ok()?;
    field.map(|field| field.value)
}

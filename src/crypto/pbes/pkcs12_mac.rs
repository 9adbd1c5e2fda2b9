//! The MAC over a PKCS#12 file (RFC 7292 section 5.1 and appendix B): HMAC under a key from the password.

use der::asn1::AnyRef;
use der::{Decode, Reader};
use spki::AlgorithmIdentifierRef;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::super::digest::random_bytes;
use super::super::{CryptoError, Entropy, KdfBudget};
use super::derivation::{Derivation, PBKDF2, hmac};
use super::pkcs12_kdf::{Purpose, bmp};
use super::sha::Sha;
use super::{NULL, ROUNDS, SALT_LEN, encoded, names, passwords, sequence};

/// RFC 9579.
const PBMAC1: const_oid::ObjectIdentifier = const_oid::ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.14");

/// What a file says about its MAC, and the MAC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pkcs12Mac {
    /// `AlgorithmIdentifier` in DER.
    pub(crate) algorithm: Vec<u8>,
    pub(crate) digest: Vec<u8>,
    pub(crate) salt: Vec<u8>,
    pub(crate) iterations: u64,
}

/// Makes the MAC of `content`, with SHA-256. The password is UTF-8.
pub(crate) fn pkcs12_mac(password: &[u8], content: &[u8], entropy: &dyn Entropy) -> Result<Pkcs12Mac, CryptoError> {
    let sha = Sha::Sha256;
    let salt = random_bytes::<SALT_LEN>(entropy)?;
    let key = mac_key(sha, &bmp(password)?, &salt, ROUNDS);
    Ok(Pkcs12Mac {
        algorithm: sequence(&[&encoded(&sha.oid())?, NULL])?,
        digest: sha.hmac(&key, content)?,
        salt: salt.to_vec(),
        iterations: ROUNDS.into(),
    })
}

/// Checks the MAC of `content`. Costs are taken from `budget` before any work; a wrong password and changed content give
/// the one error [`WrongPassword`](CryptoError::WrongPassword).
pub(crate) fn verify_pkcs12_mac(
    mac: &Pkcs12Mac,
    password: &[u8],
    content: &[u8],
    budget: &mut KdfBudget,
) -> Result<(), CryptoError> {
    let algorithm = AlgorithmIdentifierRef::from_der(&mac.algorithm)
        .map_err(|_| CryptoError::MalformedEncryption("PKCS#12 MAC has no AlgorithmIdentifier in DER"))?;
    if algorithm.oid == PBMAC1 {
        return compare(&pbmac1(algorithm.parameters, password, content, budget)?, mac);
    }
    if algorithm.parameters.is_some_and(|parameters| parameters != AnyRef::NULL) {
        return Err(CryptoError::MalformedEncryption("PKCS#12 MAC has parameters that are not NULL"));
    }
    let sha = Sha::by_oid(algorithm.oid).ok_or_else(|| {
        names::unsupported("PKCS#12 MAC", algorithm.oid, "are SHA-1, SHA-224, SHA-256, SHA-384, SHA-512 and PBMAC1")
    })?;
    if mac.iterations == 0 {
        return Err(CryptoError::MalformedEncryption("PKCS#12 MAC has no rounds"));
    }
    let mut result = Err(CryptoError::WrongPassword);
    for password in passwords(password)?.iter() {
        budget.spend_rounds(mac.iterations, 1)?;
        let rounds = u32::try_from(mac.iterations).map_err(|_| CryptoError::Kdf)?;
        let key = mac_key(sha, password, &mac.salt, rounds);
        result = compare(&sha.hmac(&key, content)?, mac);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn mac_key(sha: Sha, password: &[u8], salt: &[u8], rounds: u32) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; sha.output_len()]);
    sha.pkcs12(Purpose::Mac, password, salt, rounds, &mut key);
    key
}

fn compare(digest: &[u8], mac: &Pkcs12Mac) -> Result<(), CryptoError> {
    if digest.ct_eq(&mac.digest).into() { Ok(()) } else { Err(CryptoError::WrongPassword) }
}

/// RFC 9579: PBKDF2 with the password in UTF-8; salt and iterations of the file are not used, and the length of the key
/// is named.
///
/// ```text
/// PBMAC1-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, messageAuthScheme AlgorithmIdentifier }
/// ```
fn pbmac1(
    parameters: Option<AnyRef<'_>>,
    password: &[u8],
    content: &[u8],
    budget: &mut KdfBudget,
) -> Result<Vec<u8>, CryptoError> {
    let malformed = || CryptoError::MalformedEncryption("PBMAC1 parameters are not those of RFC 9579");
    let (derivation, scheme): (AlgorithmIdentifierRef<'_>, AlgorithmIdentifierRef<'_>) = parameters
        .ok_or_else(malformed)?
        .sequence(|fields| Ok::<_, der::Error>((fields.decode()?, fields.decode()?)))
        .map_err(|_| malformed())?;
    if derivation.oid != PBKDF2 {
        return Err(names::unsupported("key derivation of PBMAC1", derivation.oid, "is PBKDF2"));
    }
    let derivation = Derivation::read(derivation)?;
    let sha = hmac(scheme)?;
    // RFC 9579 section 5 asks for at least 20 bytes; longer than a hash's block makes no sense.
    let key_len = derivation.key_len().and_then(|len| usize::try_from(len).ok()).filter(|len| (20..=128).contains(len));
    let key_len = key_len.ok_or(CryptoError::MalformedEncryption("PBMAC1 names no key length of 20 to 128 bytes"))?;
    sha.hmac(&derivation.key(password, key_len, budget)?, content)
}

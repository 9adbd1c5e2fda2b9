//! Encryption under a password: PBES2 (RFC 8018 section 6.2), and for reading the schemes of PKCS#12 (RFC 7292 appendix C).

mod cbc_cipher;
mod derivation;
mod names;
mod pkcs12_kdf;
mod pkcs12_mac;
mod sha;

use const_oid::ObjectIdentifier;
use der::asn1::{Any, AnyRef, OctetStringRef};
use der::{Decode, Encode, Reader, Tag};
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use self::cbc_cipher::{AES_256_CBC, Cipher};
use self::derivation::{Derivation, PBKDF2, SCRYPT, number, run_scrypt};
use self::pkcs12_kdf::{Purpose, bmp};
use self::sha::Sha;
use super::digest::random_bytes;
use super::{CryptoError, Entropy, KdfBudget};
use crate::secret::{DEEP, SHALLOW, SecretBytes, wiping_stack};

pub(crate) use pkcs12_mac::{Pkcs12Mac, pkcs12_mac, verify_pkcs12_mac};

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const SHA_3DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
const SHA_RC2_128: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.5");
const SHA_RC2_40: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6");

/// Decrypts `data` as `algorithm`, an `AlgorithmIdentifier` in DER, says, and hands out what is one `SEQUENCE` in DER.
/// The password is UTF-8.
///
/// Costs are taken from `budget` before any work. A wrong password and damaged data give the one error
/// [`WrongPassword`](CryptoError::WrongPassword).
pub(crate) fn pbes_decrypt(
    algorithm: &[u8],
    password: &[u8],
    data: &[u8],
    budget: &mut KdfBudget,
) -> Result<SecretBytes, CryptoError> {
    wiping_stack::<DEEP, _>(|| decrypt_here(algorithm, password, data, budget))
}

fn decrypt_here(
    algorithm: &[u8],
    password: &[u8],
    data: &[u8],
    budget: &mut KdfBudget,
) -> Result<SecretBytes, CryptoError> {
    let AlgorithmIdentifierRef { oid, parameters } = AlgorithmIdentifierRef::from_der(algorithm)
        .map_err(|_| CryptoError::MalformedEncryption("encryption has no AlgorithmIdentifier in DER"))?;
    let parameters = parameters.ok_or(CryptoError::MalformedEncryption("encryption has no parameters"));
    let cipher = match oid {
        PBES2 => return decrypt_pbes2(parameters?, password, data, budget),
        SHA_3DES => Cipher::TripleDes,
        SHA_RC2_128 => Cipher::Rc2 { key_len: 16 },
        SHA_RC2_40 => Cipher::Rc2 { key_len: 5 },
        other => {
            let allowed = "are PBES2 and, in PKCS#12, SHA-1 with 3DES or RC2";
            return Err(names::unsupported("encryption scheme", other, allowed));
        }
    };
    decrypt_pkcs12(cipher, parameters?, password, data, budget)
}

/// ```text
/// PBES2-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, encryptionScheme AlgorithmIdentifier }
/// ```
fn decrypt_pbes2(
    parameters: AnyRef<'_>,
    password: &[u8],
    data: &[u8],
    budget: &mut KdfBudget,
) -> Result<SecretBytes, CryptoError> {
    let (derivation, scheme) = parameters
        .sequence(|fields| Ok::<_, der::Error>((fields.decode()?, fields.decode()?)))
        .map_err(|_| CryptoError::MalformedEncryption("PBES2 parameters are not those of RFC 8018"))?;
    let derivation = Derivation::read(derivation)?;
    let (cipher, iv) = Cipher::read(scheme)?;
    let key = derivation.key(password, cipher.key_len(), budget)?;
    cipher.decrypt(&key, iv, data)
}

/// ```text
/// pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }
/// ```
fn decrypt_pkcs12(
    cipher: Cipher,
    parameters: AnyRef<'_>,
    password: &[u8],
    data: &[u8],
    budget: &mut KdfBudget,
) -> Result<SecretBytes, CryptoError> {
    let (salt, rounds) = parameters
        .sequence(|fields| Ok::<_, der::Error>((fields.decode::<&OctetStringRef>()?, number(fields.decode()?))))
        .map_err(|_| CryptoError::MalformedEncryption("PKCS#12 encryption parameters are not those of RFC 7292"))?;
    if rounds == 0 {
        return Err(CryptoError::MalformedEncryption("PKCS#12 encryption has no rounds"));
    }
    let mut key = Zeroizing::new(vec![0; cipher.key_len()]);
    let mut iv = Zeroizing::new(vec![0; cipher.block_len()]);
    let blocks = [&key, &iv].map(|out| out.len().div_ceil(Sha::Sha1.output_len())).iter().sum();
    let mut result = Err(CryptoError::WrongPassword);
    for password in passwords(password)?.iter() {
        budget.spend_rounds(rounds, blocks)?;
        let rounds = u32::try_from(rounds).map_err(|_| CryptoError::Kdf)?;
        Sha::Sha1.pkcs12(Purpose::Key, password, salt.as_bytes(), rounds, &mut key);
        Sha::Sha1.pkcs12(Purpose::Iv, password, salt.as_bytes(), rounds, &mut iv);
        result = cipher.decrypt(&key, &iv, data);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// The password as PKCS#12 takes it. An empty one is two zero bytes by the RFC, and nothing at all for programs that
/// call it absent: both are tried.
fn passwords(password: &[u8]) -> Result<Vec<Zeroizing<Vec<u8>>>, CryptoError> {
    let mut passwords = vec![bmp(password)?];
    if password.is_empty() {
        passwords.push(Zeroizing::new(Vec::new()));
    }
    Ok(passwords)
}

/// What was encrypted, and how.
#[derive(Debug)]
pub(crate) struct Sealed {
    /// `AlgorithmIdentifier` in DER.
    pub(crate) algorithm: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

impl Sealed {
    /// As `EncryptedPrivateKeyInfo` (RFC 5958 section 3) in DER.
    pub(crate) fn to_encrypted_private_key(&self) -> Result<Vec<u8>, CryptoError> {
        sequence(&[&self.algorithm, &octets(&self.ciphertext)?])
    }
}

/// Encrypts a private key in DER as `EncryptedPrivateKeyInfo`, with scrypt and AES-256-CBC. The password is UTF-8.
pub(crate) fn pbes2_encrypt_scrypt(
    password: &[u8],
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, CryptoError> {
    // OWASP's choice for 16 MiB. With twice the memory openssl is at its limit of 32 MiB and refuses.
    let cost @ [n, r, p] = [1 << 14, 8, 5];
    let salt = random_bytes::<SALT_LEN>(entropy)?;
    let mut key = Zeroizing::new(vec![0; Cipher::Aes256.key_len()]);
    wiping_stack::<DEEP, _>(|| run_scrypt(password, &salt, cost, &mut key))?;
    let parameters = sequence(&[&octets(&salt)?, &integer(n)?, &integer(r)?, &integer(p)?])?;
    seal(SCRYPT, &parameters, &key, plaintext, entropy)?.to_encrypted_private_key()
}

/// Encrypts with PBKDF2-HMAC-SHA-256 and AES-256-CBC, which everybody reads in PKCS#12: Java has no scrypt. The password
/// is UTF-8.
pub(crate) fn pbes2_encrypt_pbkdf2(
    password: &[u8],
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> Result<Sealed, CryptoError> {
    let salt = random_bytes::<SALT_LEN>(entropy)?;
    let mut key = Zeroizing::new(vec![0; Cipher::Aes256.key_len()]);
    wiping_stack::<SHALLOW, _>(|| Sha::Sha256.pbkdf2(password, &salt, ROUNDS, &mut key))?;
    let prf = sequence(&[&encoded(&Sha::Sha256.hmac_oid())?, NULL])?;
    let parameters = sequence(&[&octets(&salt)?, &integer(ROUNDS.into())?, &prf])?;
    seal(PBKDF2, &parameters, &key, plaintext, entropy)
}

fn seal(
    derivation: ObjectIdentifier,
    parameters: &[u8],
    key: &[u8],
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> Result<Sealed, CryptoError> {
    let iv = random_bytes::<16>(entropy)?;
    let derivation = sequence(&[&encoded(&derivation)?, parameters])?;
    let scheme = sequence(&[&encoded(&AES_256_CBC)?, &octets(&iv)?])?;
    let algorithm = sequence(&[&encoded(&PBES2)?, &sequence(&[&derivation, &scheme])?])?;
    let ciphertext = wiping_stack::<SHALLOW, _>(|| cbc_cipher::encrypt_aes_256(key, &iv, plaintext))?;
    Ok(Sealed { algorithm, ciphertext })
}

/// OWASP's number for PBKDF2-HMAC-SHA-256. A file has three derivations, each with a salt of its own: who guesses picks
/// the cheapest, so none takes fewer, and who reads pays for all three.
const ROUNDS: u32 = 600_000;
/// NIST SP 800-132 asks for 16 bytes.
const SALT_LEN: usize = 16;
const NULL: &[u8] = &[5, 0];

fn sequence(parts: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
    encoded(&Any::new(Tag::Sequence, parts.concat()).map_err(|_| UNWRITABLE)?)
}

fn octets(bytes: &[u8]) -> Result<Vec<u8>, CryptoError> {
    encoded(&OctetStringRef::new(bytes).map_err(|_| UNWRITABLE)?)
}

fn integer(number: u64) -> Result<Vec<u8>, CryptoError> {
    encoded(&number)
}

fn encoded(value: &(impl Encode + ?Sized)) -> Result<Vec<u8>, CryptoError> {
    value.to_der().map_err(|_| UNWRITABLE)
}

const UNWRITABLE: CryptoError = CryptoError::MalformedEncryption("more than DER can hold");

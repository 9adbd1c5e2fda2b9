//! Key derivation functions of PBES2 (RFC 8018 appendix A.2, RFC 7914 section 7), read strictly.

use const_oid::ObjectIdentifier;
use der::Reader;
use der::asn1::{AnyRef, OctetStringRef, UintRef};
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::super::{CryptoError, KdfBudget};
use super::names;
use super::sha::Sha;

pub(super) const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
pub(super) const SCRYPT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.4.11");

/// How a key comes from a password.
pub(super) struct Derivation<'a> {
    salt: &'a [u8],
    /// What the parameters say about it.
    key_len: Option<u64>,
    function: Function,
}

enum Function {
    Pbkdf2 { prf: Sha, rounds: u64 },
    Scrypt { n: u64, r: u64, p: u64 },
}

impl<'a> Derivation<'a> {
    pub(super) fn read(scheme: AlgorithmIdentifierRef<'a>) -> Result<Self, CryptoError> {
        match scheme.oid {
            PBKDF2 => read_pbkdf2(scheme.parameters),
            SCRYPT => read_scrypt(scheme.parameters),
            other => Err(names::unsupported("key derivation", other, "are PBKDF2 and scrypt")),
        }
    }

    /// The length of the key that the parameters name, where they do.
    pub(super) fn key_len(&self) -> Option<u64> {
        self.key_len
    }

    /// A key of `len` bytes, when the parameters name no other length and `budget` allows it.
    pub(super) fn key(
        &self,
        password: &[u8],
        len: usize,
        budget: &mut KdfBudget,
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        if self.key_len.is_some_and(|named| named != len as u64) {
            return Err(CryptoError::MalformedEncryption(
                "key derivation gives a key of another length than the cipher's",
            ));
        }
        let mut key = Zeroizing::new(vec![0; len]);
        match self.function {
            Function::Pbkdf2 { prf, rounds } => {
                budget.spend_rounds(rounds, len.div_ceil(prf.output_len()))?;
                prf.pbkdf2(password, self.salt, u32::try_from(rounds).map_err(|_| CryptoError::Kdf)?, &mut key)?;
            }
            Function::Scrypt { n, r, p } => {
                budget.spend_scrypt(n, r, p)?;
                run_scrypt(password, self.salt, [n, r, p], &mut key)?;
            }
        }
        Ok(key)
    }
}

/// ```text
/// PBKDF2-params ::= SEQUENCE {
///     salt CHOICE { specified OCTET STRING, otherSource AlgorithmIdentifier },
///     iterationCount INTEGER (1..MAX),
///     keyLength INTEGER (1..MAX) OPTIONAL,
///     prf AlgorithmIdentifier DEFAULT algid-hmacWithSHA1 }
/// ```
fn read_pbkdf2(parameters: Option<AnyRef<'_>>) -> Result<Derivation<'_>, CryptoError> {
    let malformed = |_: der::Error| CryptoError::MalformedEncryption("PBKDF2 parameters are not those of RFC 8018");
    let parameters = parameters.ok_or(CryptoError::MalformedEncryption("PBKDF2 has no parameters"))?;
    let (salt, rounds, key_len, prf) = parameters
        .sequence(|fields| {
            Ok((
                fields.decode::<&OctetStringRef>()?.as_bytes(),
                number(fields.decode()?),
                fields.decode::<Option<UintRef<'_>>>()?.map(number),
                fields.decode::<Option<AlgorithmIdentifierRef<'_>>>()?,
            ))
        })
        .map_err(malformed)?;
    let prf = prf.map_or(Ok(Sha::Sha1), hmac)?;
    if rounds == 0 {
        return Err(CryptoError::MalformedEncryption("PBKDF2 has no rounds"));
    }
    Ok(Derivation { salt, key_len, function: Function::Pbkdf2 { prf, rounds } })
}

/// The hash of an HMAC, whose parameters are NULL or nothing.
pub(super) fn hmac(algorithm: AlgorithmIdentifierRef<'_>) -> Result<Sha, CryptoError> {
    if algorithm.parameters.is_some_and(|parameters| parameters != AnyRef::NULL) {
        return Err(CryptoError::MalformedEncryption("HMAC has parameters that are not NULL"));
    }
    Sha::by_hmac_oid(algorithm.oid).ok_or_else(|| {
        names::unsupported(
            "pseudo-random function",
            algorithm.oid,
            "are HMAC with SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512",
        )
    })
}

/// ```text
/// scrypt-params ::= SEQUENCE {
///     salt OCTET STRING,
///     costParameter INTEGER (1..MAX),
///     blockSize INTEGER (1..MAX),
///     parallelizationParameter INTEGER (1..MAX),
///     keyLength INTEGER (1..MAX) OPTIONAL }
/// ```
fn read_scrypt(parameters: Option<AnyRef<'_>>) -> Result<Derivation<'_>, CryptoError> {
    let malformed = |_: der::Error| CryptoError::MalformedEncryption("scrypt parameters are not those of RFC 7914");
    let parameters = parameters.ok_or(CryptoError::MalformedEncryption("scrypt has no parameters"))?;
    let (salt, n, r, p, key_len) = parameters
        .sequence(|fields| {
            Ok((
                fields.decode::<&OctetStringRef>()?.as_bytes(),
                number(fields.decode()?),
                number(fields.decode()?),
                number(fields.decode()?),
                fields.decode::<Option<UintRef<'_>>>()?.map(number),
            ))
        })
        .map_err(malformed)?;
    if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 {
        return Err(CryptoError::MalformedEncryption("scrypt has an N that is no power of two, or an r or p of zero"));
    }
    // RFC 7914 section 2: N is below 2^(128 r / 8).
    if u64::from(n.trailing_zeros()) >= r.saturating_mul(16) {
        return Err(CryptoError::MalformedEncryption("scrypt has an N that is too large for its r"));
    }
    Ok(Derivation { salt, key_len, function: Function::Scrypt { n, r, p } })
}

/// What does not fit is too much for any bound.
pub(super) fn number(number: UintRef<'_>) -> u64 {
    if number.as_bytes().len() > 8 {
        return u64::MAX;
    }
    number.as_bytes().iter().fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

pub(super) fn run_scrypt(password: &[u8], salt: &[u8], [n, r, p]: [u64; 3], out: &mut [u8]) -> Result<(), CryptoError> {
    let narrow = |number: u64| u32::try_from(number).map_err(|_| CryptoError::Kdf);
    let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| CryptoError::Kdf)?;
    let params = scrypt::Params::new(log_n, narrow(r)?, narrow(p)?).map_err(|_| CryptoError::Kdf)?;
    // Asked for once beforehand, so that too little memory is an error and not an abort.
    let memory = usize::try_from(n * r * 128).map_err(|_| CryptoError::Kdf)?;
    let mut reserved = Vec::<u8>::new();
    reserved.try_reserve_exact(memory).map_err(|_| CryptoError::Kdf)?;
    drop(std::hint::black_box(reserved));
    scrypt::scrypt(password, salt, &params, out).map_err(|_| CryptoError::Kdf)
}

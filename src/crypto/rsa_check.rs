//! What an RSA key from outside must be, beyond what the `rsa` crate asks for. The rules and their reasons stand in the
//! manual's decisions, under "Import".

use std::ops::RangeInclusive;

use ::rsa::pkcs1::{RsaPrivateKey as PrivateKeyDer, RsaPublicKey as PublicKeyDer, UintRef};
use ::rsa::traits::PrivateKeyParts;
use ::rsa::{BoxedUint, RsaPrivateKey, RsaPublicKey};
use crypto_primes::{Flavor, is_prime};
use der::Decode;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::rsa::MOST_DER;
use super::{CryptoError, roca};

const PRIVATE_BITS: RangeInclusive<u32> = 2048..=4096;
const PUBLIC_BITS: RangeInclusive<u32> = 1024..=4096;

const PRIVATE_EXPONENTS: RangeInclusive<u64> = 65537..=MOST_EXPONENT;
const PUBLIC_EXPONENTS: RangeInclusive<u64> = 3..=MOST_EXPONENT;
/// What the crate takes at most.
const MOST_EXPONENT: u64 = (1 << 33) - 1;

/// Takes an `RSAPrivateKey` (RFC 8017 appendix A.1.2) whose every number was checked, but for the primes: these wait for
/// [`test_primes`], which takes milliseconds. `public` is the `RSAPublicKey` that came with it.
///
/// Lengths come before arithmetic.
pub(super) fn import(der: &[u8], public: Option<&[u8]>) -> Result<RsaPrivateKey, CryptoError> {
    let parts = read_private(der)?;
    check_modulus(&parts.modulus, &PRIVATE_BITS)?;
    check_exponent(&parts.public_exponent, &PRIVATE_EXPONENTS)?;
    check_primes_length(&parts)?;
    if let Some(public) = public {
        let public = read_public(public)?;
        if public.modulus != parts.modulus || public.public_exponent != parts.public_exponent {
            return Err(CryptoError::MalformedKey("RSA private and public key do not belong together"));
        }
    }
    check_fingerprint(&parts.modulus)?;
    let crt = [parts.exponent1, parts.exponent2, parts.coefficient];
    let key = RsaPrivateKey::try_from(parts)
        .map_err(|_| CryptoError::MalformedKey("RSA private key has parts that do not belong together"))?;
    check_distance(&key)?;
    check_crt(&key, crt)?;
    Ok(key)
}

/// Refuses a key whose factors are not prime (Baillie-PSW).
pub(super) fn test_primes(key: &RsaPrivateKey) -> Result<(), CryptoError> {
    if key.primes().iter().all(|prime| is_prime::<BoxedUint>(Flavor::Any, prime)) {
        Ok(())
    } else {
        Err(CryptoError::Refused("RSA private key has a factor that is not prime".to_owned()))
    }
}

/// Takes an `RSAPublicKey` (RFC 8017 appendix A.1.1) and says how many bits its modulus has.
pub(super) fn import_public(der: &[u8]) -> Result<(RsaPublicKey, u32), CryptoError> {
    let parts = read_public(der)?;
    let bits = check_modulus(&parts.modulus, &PUBLIC_BITS)?;
    check_exponent(&parts.public_exponent, &PUBLIC_EXPONENTS)?;
    check_fingerprint(&parts.modulus)?;
    let key = RsaPublicKey::try_from(parts)
        .map_err(|_| CryptoError::MalformedKey("RSA modulus is even, or not above its exponent"))?;
    Ok((key, bits))
}

fn read_private(der: &[u8]) -> Result<PrivateKeyDer<UintRef<'_>>, CryptoError> {
    let malformed = CryptoError::MalformedKey("RSA private key is not an RSAPrivateKey in DER");
    check_der_length("RSA private key", der)?;
    let Ok(parts) = PrivateKeyDer::<UintRef<'_>>::from_der(der) else { return Err(malformed) };
    match &parts.other_prime_infos {
        None => Ok(parts),
        Some(others) => {
            let primes = others.len() + 2;
            Err(CryptoError::Unsupported(format!("RSA private key has {primes} primes, allowed are 2")))
        }
    }
}

fn read_public(der: &[u8]) -> Result<PublicKeyDer<UintRef<'_>>, CryptoError> {
    check_der_length("RSA public key", der)?;
    PublicKeyDer::<UintRef<'_>>::from_der(der)
        .map_err(|_| CryptoError::MalformedKey("RSA public key is not an RSAPublicKey in DER"))
}

fn check_der_length(what: &str, der: &[u8]) -> Result<(), CryptoError> {
    if der.len() > MOST_DER {
        let len = der.len();
        return Err(CryptoError::Refused(format!("{what} has {len} bytes, allowed are {MOST_DER}")));
    }
    Ok(())
}

fn check_modulus(modulus: &UintRef<'_>, allowed: &RangeInclusive<u32>) -> Result<u32, CryptoError> {
    let bits = bits(modulus);
    if !allowed.contains(&bits) {
        let (least, most) = (allowed.start(), allowed.end());
        return Err(CryptoError::Refused(format!("RSA modulus has {bits} bits, allowed are {least} to {most}")));
    }
    if modulus.as_bytes().last().is_none_or(|last| last % 2 == 0) {
        return Err(CryptoError::MalformedKey("RSA modulus is even"));
    }
    Ok(bits)
}

fn check_exponent(exponent: &UintRef<'_>, allowed: &RangeInclusive<u64>) -> Result<(), CryptoError> {
    let (least, most) = (allowed.start(), allowed.end());
    let refused = |what: String| {
        CryptoError::Refused(format!("RSA exponent {what}, allowed are odd numbers from {least} to {most}"))
    };
    if bits(exponent) > u64::BITS {
        return Err(refused(format!("has {} bits", bits(exponent))));
    }
    let value = exponent.as_bytes().iter().fold(0, |value: u64, byte| (value << 8) | u64::from(*byte));
    if value % 2 == 0 || !allowed.contains(&value) {
        return Err(refused(format!("is {value}")));
    }
    Ok(())
}

/// Both primes are half as long as the modulus: the crate computes with that, FIPS 186-5 (appendix A.1.1) asks for it.
fn check_primes_length(parts: &PrivateKeyDer<UintRef<'_>>) -> Result<(), CryptoError> {
    let allowed = bits(&parts.modulus).div_ceil(2);
    let (p, q) = (bits(&parts.prime1), bits(&parts.prime2));
    if p > allowed || q > allowed {
        return Err(CryptoError::Refused(format!("RSA primes have {p} and {q} bits, allowed are {allowed} at most")));
    }
    Ok(())
}

fn check_fingerprint(modulus: &UintRef<'_>) -> Result<(), CryptoError> {
    if roca::has_fingerprint(modulus.as_bytes()) {
        let what = "RSA modulus has the fingerprint of CVE-2017-15361 (ROCA): it can be factored";
        return Err(CryptoError::Refused(what.to_owned()));
    }
    Ok(())
}

/// Primes that are equal, or agree in their first 100 bits, are found by taking the root of the modulus (FIPS 186-5,
/// appendix A.1.3).
fn check_distance(key: &RsaPrivateKey) -> Result<(), CryptoError> {
    let [p, q] = key.primes() else { return Err(CryptoError::MalformedKey("RSA private key has not two primes")) };
    let (p, q): (&BoxedUint, &BoxedUint) = (p, q);
    let distance = Zeroizing::new(if p > q { p.wrapping_sub(q) } else { q.wrapping_sub(p) });
    let half = p.bits().max(q.bits());
    if distance.bits() + 100 <= half {
        return Err(CryptoError::Refused("RSA primes are equal or too close together".to_owned()));
    }
    Ok(())
}

/// The crate computes the CRT values itself and does not look at those that were given.
fn check_crt(key: &RsaPrivateKey, [dp, dq, qinv]: [UintRef<'_>; 3]) -> Result<(), CryptoError> {
    let missing = || CryptoError::MalformedKey("RSA private key has no CRT form");
    let own = Zeroizing::new(key.qinv().ok_or_else(missing)?.retrieve());
    let same =
        equals(key.dp().ok_or_else(missing)?, &dp) & equals(key.dq().ok_or_else(missing)?, &dq) & equals(&own, &qinv);
    if same { Ok(()) } else { Err(CryptoError::MalformedKey("RSA private key has wrong CRT values")) }
}

/// Compares a number, padded as the crate keeps it, with its bytes from DER, without leading zeros.
fn equals(number: &BoxedUint, bytes: &UintRef<'_>) -> bool {
    let own = Zeroizing::new(number.to_be_bytes());
    let Some(at) = own.len().checked_sub(bytes.as_bytes().len()) else { return false };
    let Some((zeros, value)) = own.split_at_checked(at) else { return false };
    zeros.iter().all(|byte| *byte == 0) && bool::from(value.ct_eq(bytes.as_bytes()))
}

fn bits(number: &UintRef<'_>) -> u32 {
    let bytes = number.as_bytes();
    let unused = bytes.first().map_or(0, |first| first.leading_zeros());
    u32::try_from(bytes.len() * 8).unwrap_or(u32::MAX) - unused
}

#[cfg(test)]
mod tests;

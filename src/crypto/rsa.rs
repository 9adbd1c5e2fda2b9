//! RSA signatures (RFC 8017): RSASSA-PKCS1-v1_5 and RSASSA-PSS. Decryption is not offered.

use ::rsa::pkcs1::{RsaPrivateKey as PrivateKeyDer, RsaPublicKey as PublicKeyDer, UintRef};
use ::rsa::traits::{PrivateKeyParts, PublicKeyParts, SignatureScheme};
use ::rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey};
use ::signature::rand_core::TryCryptoRng;
use const_oid::AssociatedOid;
use der::Decode;
use sha2::digest::FixedOutputReset;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::entropy::{Latched, Source};
use super::{CryptoError, Entropy, EntropyError};
use crate::model::{Algorithm, Hash, Scheme};

/// Moduli that are loaded, in bits. What may be made anew is narrower, see [`KeySpec`](crate::model::KeySpec).
const BITS: std::ops::RangeInclusive<u32> = 1024..=4096;

/// Longer DER cannot hold a key of at most 4096 bits; a bound before any arithmetic.
pub(super) const MOST_DER: usize = 4096;

/// Makes a key with the public exponent 65537.
pub(super) fn generate(bits: u32, entropy: &dyn Entropy) -> Result<RsaPrivateKey, CryptoError> {
    // Two primes take `bits` once; a second try is rare, a thirty-second means that the source repeats itself.
    let mut rng = Latched::new(Source::new(entropy, bits as usize / 8 * 32));
    let made = RsaPrivateKey::new(&mut rng, bits as usize);
    rng.finish(made)?.map_err(|_| CryptoError::MalformedKey("RSA key of this length cannot be made"))
}

/// Reads an `RSAPrivateKey` (RFC 8017 appendix A.1.2), the inside of PKCS#8. The crate checks that `n = p q` and that
/// `d` fits `e`, makes no primality test, and computes the CRT values itself.
pub(super) fn load(algorithm: Algorithm, der: &[u8]) -> Result<RsaPrivateKey, CryptoError> {
    let malformed = CryptoError::MalformedKey("RSA private key is not an RSAPrivateKey in DER");
    if der.len() > MOST_DER {
        return Err(malformed);
    }
    let Ok(parts) = PrivateKeyDer::<UintRef<'_>>::from_der(der) else { return Err(malformed) };
    check_length(algorithm, parts.modulus.as_bytes())?;
    let key = RsaPrivateKey::try_from(parts)
        .map_err(|_| CryptoError::MalformedKey("RSA private key has parts that do not belong together"))?;
    // Without them every signature would take four times as long, and its fault check would guard nothing.
    key.qinv().ok_or(CryptoError::MalformedKey("RSA private key has no CRT form"))?;
    Ok(key)
}

/// Reads an `RSAPublicKey` (RFC 8017 appendix A.1.1), the inside of SPKI. The exponent is odd and less than 2^33.
pub(super) fn load_public(algorithm: Algorithm, der: &[u8]) -> Result<RsaPublicKey, CryptoError> {
    let malformed = CryptoError::MalformedKey("RSA public key is not an RSAPublicKey in DER");
    if der.len() > MOST_DER {
        return Err(malformed);
    }
    let Ok(parts) = PublicKeyDer::<UintRef<'_>>::from_der(der) else { return Err(malformed) };
    check_length(algorithm, parts.modulus.as_bytes())?;
    RsaPublicKey::try_from(parts)
        .map_err(|_| CryptoError::MalformedKey("RSA public key has an even modulus or an exponent out of range"))
}

fn check_length(algorithm: Algorithm, modulus: &[u8]) -> Result<(), CryptoError> {
    let leading = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = u32::try_from(modulus.len() * 8 - leading).unwrap_or(u32::MAX);
    if !BITS.contains(&bits) {
        return Err(CryptoError::MalformedKey("RSA modulus has fewer than 1024 or more than 4096 bits"));
    }
    check_hash(algorithm, bits)
}

/// EMSA-PSS-ENCODE, RFC 8017 section 9.1.1, step 3; the salt is as long as the hash.
pub(super) fn check_hash(algorithm: Algorithm, bits: u32) -> Result<(), CryptoError> {
    let room = bits.saturating_sub(1).div_ceil(8) as usize;
    if algorithm.scheme() == Scheme::RsaPss && room < 2 * algorithm.hash().output_len() + 2 {
        return Err(CryptoError::MalformedKey("RSA modulus is too short for this hash"));
    }
    Ok(())
}

pub(super) fn bits(key: &impl PublicKeyParts) -> u32 {
    key.n().bits_vartime()
}

/// Signs, always blinded: the crate multiplies the message representative by `r^e` whenever it is given a generator,
/// on this path for both schemes (`rsa_decrypt_and_check`), and checks the result against the public key.
pub(super) fn sign<R: TryCryptoRng + ?Sized>(
    key: &RsaPrivateKey,
    algorithm: Algorithm,
    message: &[u8],
    rng: &mut R,
) -> Result<Vec<u8>, CryptoError> {
    match algorithm.hash() {
        Hash::Sha256 => sign_with::<Sha256, R>(key, algorithm, message, rng),
        Hash::Sha384 => sign_with::<Sha384, R>(key, algorithm, message, rng),
        Hash::Sha512 => sign_with::<Sha512, R>(key, algorithm, message, rng),
    }
}

/// The generator for one signature.
pub(super) fn source<'a>(key: &RsaPrivateKey, entropy: &'a dyn Entropy) -> Source<'a> {
    // A salt and a blinding factor below the modulus; at worst every second draw is too large.
    Source::new(entropy, key.size() * 128)
}

fn sign_with<D: Digest + AssociatedOid + FixedOutputReset, R: TryCryptoRng + ?Sized>(
    key: &RsaPrivateKey,
    algorithm: Algorithm,
    message: &[u8],
    rng: &mut R,
) -> Result<Vec<u8>, CryptoError> {
    let digest = D::digest(message);
    match algorithm.scheme() {
        Scheme::RsaPss => Pss::<D>::new_blinded().sign(Some(rng), key, &digest),
        _ => Pkcs1v15Sign::new::<D>().sign(Some(rng), key, &digest),
    }
    .map_err(|error| match error {
        ::rsa::Error::Rng => EntropyError::new().into(),
        _ => CryptoError::MalformedKey("RSA private key gives a wrong signature"),
    })
}

/// Verifies a signature as long as the modulus; the salt of PSS as long as the hash.
pub(super) fn verify(
    key: &RsaPublicKey,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    match algorithm.hash() {
        Hash::Sha256 => verify_with::<Sha256>(key, algorithm, message, signature),
        Hash::Sha384 => verify_with::<Sha384>(key, algorithm, message, signature),
        Hash::Sha512 => verify_with::<Sha512>(key, algorithm, message, signature),
    }
}

fn verify_with<D: Digest + AssociatedOid + FixedOutputReset>(
    key: &RsaPublicKey,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    let digest = D::digest(message);
    match algorithm.scheme() {
        Scheme::RsaPss => Pss::<D>::new().verify(key, &digest, signature),
        _ => Pkcs1v15Sign::new::<D>().verify(key, &digest, signature),
    }
    .map_err(|_| CryptoError::BadSignature)
}

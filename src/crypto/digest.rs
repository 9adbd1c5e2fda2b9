//! Digests, HMAC under a store's own key, and plain random values.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Entropy, EntropyError};
use crate::secret::{SHALLOW, SecretBytes, SecretKey, wiping_stack};

/// For fingerprints only: MD5 is broken.
pub(crate) fn md5(data: &[u8]) -> [u8; 16] {
    Md5::digest(data).into()
}

/// For fingerprints only: SHA-1 is broken.
pub(crate) fn sha1(data: &[u8]) -> [u8; 20] {
    Sha1::digest(data).into()
}

pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// `HMAC-SHA256(key, data)`.
pub(crate) fn hmac_sha256(key: &SecretKey, data: &[u8]) -> [u8; 32] {
    hmac_of_short(key.expose_secret(), data)
}

/// `HMAC-SHA256(key, data)` under a key of any length: of one longer than a block its digest counts (RFC 2104, section 3).
pub(crate) fn hmac_sha256_any(key: &SecretBytes, data: &[u8]) -> [u8; 32] {
    if key.len() <= BLOCK {
        return hmac_of_short(key.expose_secret(), data);
    }
    hmac_of_short(Zeroizing::new(sha256(key.expose_secret())).as_slice(), data)
}

/// The bytes that SHA-256 takes at once.
const BLOCK: usize = 64;

/// Zeros fill the block behind the key.
fn hmac_of_short(key: &[u8], data: &[u8]) -> [u8; 32] {
    wiping_stack::<SHALLOW, _>(|| {
        let mut block = Zeroizing::new([0u8; BLOCK]);
        block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        Hmac::<Sha256>::new((&*block).into()).chain_update(data).finalize().into_bytes().into()
    })
}

/// `N` random bytes that are not secret: nonces, salts, identifiers.
pub(crate) fn random_bytes<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// A random 32-byte key.
pub(crate) fn random_key(entropy: &dyn Entropy) -> Result<SecretKey, EntropyError> {
    SecretKey::try_fill(|key| entropy.fill(key))
}

#[cfg(test)]
mod tests {
    use super::super::SystemEntropy;
    use super::super::fixtures::{Broken, hex};
    use super::*;

    /// RFC 1321 appendix A.5, RFC 3174 section 7.3, FIPS 180-4 examples.
    #[test]
    fn digests_of_abc() {
        assert_eq!(md5(b"abc")[..], hex("900150983cd24fb0d6963f7d28e17f72"));
        assert_eq!(sha1(b"abc")[..], hex("a9993e364706816aba3e25717850c26c9cd0d89d"));
        assert_eq!(sha256(b"abc")[..], hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }

    /// RFC 4231 has no 32-byte key, but HMAC pads with zeros: its test case 2 with the key `Jefe` padded by us.
    #[test]
    fn hmac_of_rfc_4231() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        assert_eq!(
            hmac_sha256(&SecretKey::copy_from(&key), b"what do ya want for nothing?")[..],
            hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        );
    }

    /// RFC 4231, test cases 1, 2, 6 and 7: keys of 20, 4 and 131 bytes.
    #[test]
    fn hmac_of_any_key() {
        let long = SecretBytes::from(vec![0xaa; 131]);
        let larger =
            b"This is a test using a larger than block-size key and a larger than block-size data. The key needs \
            to be hashed before being used by the HMAC algorithm.";
        for (key, data, mac) in [
            (
                &SecretBytes::from(vec![0x0b; 20]),
                b"Hi There".as_slice(),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                &SecretBytes::from("Jefe"),
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &long,
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (&long, larger, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
        ] {
            assert_eq!(hmac_sha256_any(key, data)[..], hex(mac));
        }
    }

    #[test]
    fn random_values_differ_and_fail() {
        assert_ne!(random_bytes::<16>(&SystemEntropy).unwrap(), random_bytes::<16>(&SystemEntropy).unwrap());
        let keys = [(); 2].map(|()| random_key(&SystemEntropy).unwrap());
        assert_ne!(keys[0].expose_secret(), keys[1].expose_secret());
        let broken = Broken::after(8);
        random_bytes::<16>(&broken).unwrap_err();
        random_key(&broken).unwrap_err();
    }
}

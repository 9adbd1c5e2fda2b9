//! Key derivation: HKDF-SHA256 (RFC 5869) and Argon2id (RFC 9106).

use argon2::{Algorithm, Argon2, Block, Params, Version};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::CryptoError;
use crate::model::KdfCost;
use crate::secret::{DEEP, SHALLOW, SecretBytes, SecretKey, wiping_stack};

/// `HKDF-SHA256[salt, info](key, 32)`. The parts of `info` are joined as they are: who calls keeps them apart.
pub(crate) fn hkdf_sha256(salt: &[u8], key: &SecretKey, info: &[&[u8]]) -> Result<SecretKey, CryptoError> {
    wiping_stack::<SHALLOW, _>(|| {
        let hkdf = Hkdf::<Sha256>::new(Some(salt), key.expose_secret());
        SecretKey::try_fill(|out| hkdf.expand_multi_info(info, out)).map_err(|_| CryptoError::Kdf)
    })
}

/// `Argon2id[salt, memory, passes](passphrase, 32)`, version 1.3, one lane. The salt has at least 8 bytes.
pub(crate) fn argon2id(passphrase: &SecretBytes, salt: &[u8], cost: KdfCost) -> Result<SecretKey, CryptoError> {
    let params = Params::new(cost.memory_kib(), cost.passes(), 1, Some(32)).map_err(|_| CryptoError::Kdf)?;
    let count = params.block_count();
    // Reserved first, so that too little memory is an error and not an abort; wiped, since the crate's own is not.
    let mut memory = Zeroizing::new(Vec::new());
    memory.try_reserve_exact(count).map_err(|_| CryptoError::Kdf)?;
    memory.resize(count, Block::default());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    wiping_stack::<DEEP, _>(|| {
        SecretKey::try_fill(|out| {
            argon2.hash_password_into_with_memory(passphrase.expose_secret(), salt, out, memory.as_mut_slice())
        })
        .map_err(|_| CryptoError::Kdf)
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::hex;
    use super::*;

    /// RFC 5869, appendix A: its input keys are 22 and 80 bytes and ours are 32, so the expected values here are those
    /// of `openssl kdf -keylen 32 -kdfopt digest:SHA256 ... HKDF` for a 32-byte key, and the RFC's own cases
    /// run through the same crate calls.
    #[test]
    fn hkdf_agrees_with_openssl_and_the_rfc() {
        let key = SecretKey::copy_from(&[0x0b; 32]);
        let salt = hex("000102030405060708090a0b0c");
        let whole = hkdf_sha256(&salt, &key, &[&hex("f0f1f2f3f4f5f6f7f8f9")]).unwrap();
        let parts = hkdf_sha256(&salt, &key, &[&hex("f0f1f2"), &[], &hex("f3f4f5f6f7f8f9")]).unwrap();
        assert_eq!(whole.expose_secret()[..], hex("d4100799f26a09615a72af3e58fa3841a2ff20d5ace3fb392e562e207fe6b718"));
        assert_eq!(whole.expose_secret(), parts.expose_secret());

        let cases = [
            (
                "0b".repeat(22),
                "000102030405060708090a0b0c".to_owned(),
                "f0f1f2f3f4f5f6f7f8f9",
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            ),
            (
                "0b".repeat(22),
                String::new(),
                "",
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            ),
        ];
        for (key, salt, info, expected) in cases {
            let mut out = [0; 42];
            Hkdf::<Sha256>::new(Some(&hex(&salt)), &hex(&key)).expand_multi_info(&[&hex(info)], &mut out).unwrap();
            assert_eq!(out[..], hex(expected));
        }
    }

    /// The RFC's one vector has four lanes; these were made with argon2-cffi 25.1.0 (the reference C code):
    /// `hash_secret_raw(b"correct horse battery staple", bytes(range(16)), passes, kib, 1, 32, Type.ID, 19)`.
    #[test]
    fn argon2id_agrees_with_the_reference_code() {
        let passphrase = SecretBytes::copy_from(b"correct horse battery staple");
        let salt: Vec<u8> = (0..16).collect();
        for (cost, expected) in [
            (KdfCost::FLOOR, "7cfb910f4bd460566328e3bad06e93c339eea042b331c8215ee9b478f9851668"),
            (KdfCost::default(), "0d1a3c6523c8f06e4e0af9c515aa5b5448cfebd6838f2d52c3d8b6ef8ddc3c2e"),
        ] {
            assert_eq!(argon2id(&passphrase, &salt, cost).unwrap().expose_secret()[..], hex(expected));
        }
        assert!(matches!(argon2id(&passphrase, &salt[..7], KdfCost::FLOOR), Err(CryptoError::Kdf)));
    }
}

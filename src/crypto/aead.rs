//! AES-256-GCM (NIST SP 800-38D) with a 12-byte nonce and a 16-byte tag after the ciphertext.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};

use super::CryptoError;
use crate::secret::{SHALLOW, SecretBytes, SecretKey, wiping_stack};

const TAG_LEN: usize = 16;

/// `AES-256-GCM(key, nonce, associated, plain)`: ciphertext, then tag. A nonce must never come twice with one key.
pub(crate) fn seal(
    key: &SecretKey,
    nonce: &[u8; 12],
    associated: &[u8],
    plain: &[u8],
) -> Result<Box<[u8]>, CryptoError> {
    let mut sealed = vec![0; plain.len() + TAG_LEN];
    let (cipher_text, tag_out) = sealed.split_at_mut(plain.len());
    let buffer = InOutBuf::new(plain, cipher_text).map_err(|_| CryptoError::Unseal)?;
    let tag = wiping_stack::<SHALLOW, _>(|| cipher(key).encrypt_inout_detached(nonce.into(), associated, buffer))
        .map_err(|_| CryptoError::Unseal)?;
    tag_out.copy_from_slice(&tag);
    Ok(sealed.into_boxed_slice())
}

/// The reverse of [`seal`]. Nothing is decrypted before the tag was found right, and the plain bytes go straight into
/// the buffer that is wiped.
pub(crate) fn open(
    key: &SecretKey,
    nonce: &[u8; 12],
    associated: &[u8],
    sealed: &[u8],
) -> Result<SecretBytes, CryptoError> {
    let (cipher_text, tag) = sealed.split_last_chunk::<TAG_LEN>().ok_or(CryptoError::Unseal)?;
    let mut plain = vec![0; cipher_text.len()];
    let buffer = InOutBuf::new(cipher_text, &mut plain).map_err(|_| CryptoError::Unseal)?;
    wiping_stack::<SHALLOW, _>(|| cipher(key).decrypt_inout_detached(nonce.into(), associated, buffer, tag.into()))
        .map_err(|_| CryptoError::Unseal)?;
    Ok(SecretBytes::from(plain))
}

fn cipher(key: &SecretKey) -> Aes256Gcm {
    Aes256Gcm::new(key.expose_secret().into())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::hex;
    use super::*;

    /// Test cases 13 to 16 of the GCM specification (McGrew and Viega, appendix B): AES-256, 96-bit nonce.
    #[test]
    fn the_specification_agrees() {
        let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
        let plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
        let cipher_text = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                           8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";
        let zero = "00".repeat(32);
        let nonce = "cafebabefacedbaddecaf888";
        let associated = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
        let cases = [
            (&*zero, &zero[..24], "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
            (
                &*zero,
                &zero[..24],
                "",
                &zero[..32],
                "cea7403d4d606b6e074ec5d3baf39d18",
                "d0d1c8a799996bf0265b98b5d48ab919",
            ),
            (key, nonce, "", plain, cipher_text, "b094dac5d93471bdec1a502270e3cc6c"),
            (key, nonce, associated, &plain[..120], &cipher_text[..120], "76fc6ece0f4e1768cddf8853bb2d551b"),
        ];
        for (key, nonce, associated, plain, cipher_text, tag) in cases {
            let key = SecretKey::copy_from(&hex(key).try_into().unwrap());
            let nonce: [u8; 12] = hex(nonce).try_into().unwrap();
            let (associated, plain, sealed) = (hex(associated), hex(plain), hex(&format!("{cipher_text}{tag}")));
            assert_eq!(*seal(&key, &nonce, &associated, &plain).unwrap(), *sealed);
            assert_eq!(open(&key, &nonce, &associated, &sealed).unwrap().expose_secret(), plain);
        }
    }

    #[test]
    fn any_other_bit_does_not_open() {
        let (key, nonce) = (SecretKey::copy_from(&[7; 32]), [3; 12]);
        let sealed = seal(&key, &nonce, b"row 1", b"secret").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut wrong = sealed.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(open(&key, &nonce, b"row 1", &wrong), Err(CryptoError::Unseal)), "bit {bit}");
        }
        for length in 0..sealed.len() {
            open(&key, &nonce, b"row 1", &sealed[..length]).unwrap_err();
        }
        open(&key, &nonce, b"row 2", &sealed).unwrap_err();
        open(&key, &[4; 12], b"row 1", &sealed).unwrap_err();
        open(&SecretKey::copy_from(&[8; 32]), &nonce, b"row 1", &sealed).unwrap_err();
    }
}

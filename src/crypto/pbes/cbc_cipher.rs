//! Block ciphers in CBC mode with the padding of PKCS#7, and what says which.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use const_oid::ObjectIdentifier;
use der::Decode;
use der::asn1::OctetStringRef;
use des::TdesEde3;
use rc2::Rc2;
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::super::CryptoError;
use super::names;
use crate::secret::SecretBytes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
    /// The effective key is as long as the key.
    Rc2 {
        key_len: usize,
    },
}

pub(super) const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");

impl Cipher {
    /// The encryption scheme of PBES2 (RFC 8018 appendix B.2) and its initialisation vector.
    pub(super) fn read(scheme: AlgorithmIdentifierRef<'_>) -> Result<(Self, &[u8]), CryptoError> {
        let cipher = match scheme.oid {
            AES_256_CBC => Self::Aes256,
            oid => match oid.to_string().as_str() {
                "2.16.840.1.101.3.4.1.2" => Self::Aes128,
                "2.16.840.1.101.3.4.1.22" => Self::Aes192,
                "1.2.840.113549.3.7" => Self::TripleDes,
                _ => {
                    return Err(names::unsupported(
                        "cipher",
                        oid,
                        "are AES-128-CBC, AES-192-CBC, AES-256-CBC and 3DES",
                    ));
                }
            },
        };
        let malformed = CryptoError::MalformedEncryption("cipher has no initialisation vector as long as its block");
        let Some(parameters) = scheme.parameters else { return Err(malformed) };
        match parameters.decode_as::<&OctetStringRef>() {
            Ok(iv) if iv.as_bytes().len() == cipher.block_len() => Ok((cipher, iv.as_bytes())),
            _ => Err(malformed),
        }
    }

    pub(super) const fn key_len(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
            Self::Rc2 { key_len } => key_len,
        }
    }

    pub(super) const fn block_len(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes | Self::Rc2 { .. } => 8,
        }
    }

    /// The plain text, when it is one `SEQUENCE` in DER and nothing else: padding alone lets one wrong password in 256
    /// through. Whatever is wrong, the answer is the same.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Result<SecretBytes, CryptoError> {
        let mut buffer = Zeroizing::new(data.to_vec());
        let plain = match self {
            Self::Aes128 => decrypt::<Aes128>(key, iv, &mut buffer),
            Self::Aes192 => decrypt::<Aes192>(key, iv, &mut buffer),
            Self::Aes256 => decrypt::<Aes256>(key, iv, &mut buffer),
            Self::TripleDes => decrypt::<TdesEde3>(key, iv, &mut buffer),
            Self::Rc2 { .. } => decrypt::<Rc2>(key, iv, &mut buffer),
        };
        match plain {
            Some(plain) if is_sequence(plain) => Ok(SecretBytes::copy_from(plain)),
            _ => Err(CryptoError::WrongPassword),
        }
    }
}

fn decrypt<'a, C: BlockCipherDecrypt + KeyInit>(key: &[u8], iv: &[u8], buffer: &'a mut [u8]) -> Option<&'a [u8]>
where
    cbc::Decryptor<C>: BlockModeDecrypt + KeyIvInit + InnerIvInit,
{
    <cbc::Decryptor<C> as KeyIvInit>::new_from_slices(key, iv).ok()?.decrypt_padded::<Pkcs7>(buffer).ok()
}

fn is_sequence(plain: &[u8]) -> bool {
    der::asn1::AnyRef::from_der(plain).is_ok_and(|any| der::Tagged::tag(&any) == der::Tag::Sequence)
}

/// AES-256-CBC, for writing.
pub(super) fn encrypt_aes_256(key: &[u8], iv: &[u8], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
    const BLOCK: usize = 16;
    // In place, in memory that is wiped should anything fail on the way.
    let mut buffer = Zeroizing::new(Vec::with_capacity(plain.len() + BLOCK));
    buffer.extend_from_slice(plain);
    buffer.resize(plain.len() + BLOCK - plain.len() % BLOCK, 0);
    let cbc = cbc::Encryptor::<Aes256>::new_from_slices(key, iv).map_err(|_| CryptoError::Kdf)?;
    let sealed = cbc.encrypt_padded::<Pkcs7>(&mut buffer, plain.len()).map_err(|_| CryptoError::Kdf)?;
    Ok(sealed.to_vec())
}

//! A signature, in the two forms that the world wants.

use std::fmt;

use der::asn1::BitString;
use spki::SignatureBitStringEncoding;

use crate::model::{Algorithm, KeyType};

/// A signature and the algorithm that made it.
///
/// JOSE and X.509 write ECDSA signatures differently: [`as_bytes`](Self::as_bytes) and [`to_der`](Self::to_der). For
/// RSA and HMAC the two are the same bytes.
#[derive(Clone)]
pub struct Signature {
    algorithm: Algorithm,
    bytes: Bytes,
}

/// Short signatures (ES256 and HMAC) live inline: next to an HMAC an allocation shows.
#[derive(Clone)]
enum Bytes {
    Inline { buffer: [u8; INLINE], len: usize },
    Heap(Box<[u8]>),
}

const INLINE: usize = 64;

impl Signature {
    /// `bytes` in JOSE form.
    #[inline]
    pub(crate) fn new(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut buffer = [0; INLINE];
        let bytes = match buffer.get_mut(..bytes.len()) {
            Some(head) => {
                head.copy_from_slice(bytes);
                Bytes::Inline { buffer, len: bytes.len() }
            }
            None => Bytes::Heap(bytes.into()),
        };
        Self { algorithm, bytes }
    }

    /// The algorithm that made it.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The form of JOSE, RFC 7518 section 3.4: for ECDSA `r || s`, each as long as the field (64, 96 or 132 bytes
    /// together); for RSA as long as the modulus; for HMAC as long as the hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Inline { buffer, len } => buffer.get(..*len).unwrap_or_default(),
            Bytes::Heap(bytes) => bytes,
        }
    }

    /// The form of X.509 and of OpenSSL: for ECDSA the DER of `Ecdsa-Sig-Value`, RFC 3279 section 2.2.3, for RSA and
    /// HMAC the same as [`as_bytes`](Self::as_bytes).
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        match self.algorithm.key_type() {
            KeyType::Ec => ecdsa_sig_value(self.as_bytes()),
            KeyType::Hmac | KeyType::Rsa => self.as_bytes().to_vec(),
        }
    }
}

/// ```text
/// Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
/// ```
///
/// Written by hand because it cannot fail: of the longest, 132 bytes, each half is a positive INTEGER of at most 67.
fn ecdsa_sig_value(joined: &[u8]) -> Vec<u8> {
    const INTEGER: u8 = 0x02;
    const SEQUENCE: u8 = 0x30;
    let (r, s) = joined.split_at(joined.len() / 2);
    let mut integers = Vec::with_capacity(joined.len() + 6);
    for number in [r, s] {
        let zeros = number.iter().take_while(|&&byte| byte == 0).count();
        let digits = number.get(zeros..).unwrap_or_default();
        // A leading zero keeps it positive, and makes the zero of an empty one.
        let sign = digits.first().is_none_or(|first| first & 0x80 != 0);
        integers.extend([INTEGER, digits.len() as u8 + u8::from(sign)]);
        integers.extend(sign.then_some(0));
        integers.extend_from_slice(digits);
    }
    let mut der = Vec::with_capacity(integers.len() + 3);
    der.push(SEQUENCE);
    der.extend((integers.len() >= 0x80).then_some(0x81));
    der.push(integers.len() as u8);
    der.append(&mut integers);
    der
}

impl SignatureBitStringEncoding for Signature {
    fn to_bitstring(&self) -> der::Result<BitString> {
        BitString::new(0, self.to_der())
    }
}

impl AsRef<[u8]> for Signature {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}, {} bytes)", self.algorithm, self.as_bytes().len())
    }
}

#[cfg(test)]
mod tests {
    use der::asn1::UintRef;
    use der::{Decode, Encode};

    use super::*;

    #[test]
    fn every_length_is_kept() {
        for len in 0..600 {
            let bytes: Vec<u8> = (0..len).map(|at| at as u8).collect();
            assert_eq!(Signature::new(Algorithm::Rs256, &bytes).as_bytes(), bytes);
        }
        insta::assert_debug_snapshot!(Signature::new(Algorithm::Es256, &[1; 64]), @"Signature(ES256, 64 bytes)");
    }

    #[test]
    fn der_is_what_the_der_crate_writes() {
        for (algorithm, half) in [(Algorithm::Es256, 32), (Algorithm::Es384, 48), (Algorithm::Es512, 66)] {
            for first in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                for zeros in [0, 1, half - 1, half] {
                    let mut number = vec![first; half];
                    number[..zeros].fill(0);
                    let signature = Signature::new(algorithm, &[&number[..], &vec![0x80; half]].concat());
                    let expected = [UintRef::new(&number).unwrap(), UintRef::new(&vec![0x80; half]).unwrap()].to_der();
                    assert_eq!(signature.to_der(), expected.unwrap(), "{algorithm} {first} {zeros}");
                    let bits = BitString::from_der(&signature.to_bitstring().unwrap().to_der().unwrap()).unwrap();
                    assert_eq!(bits.as_bytes(), Some(&signature.to_der()[..]));
                }
            }
        }
        assert_eq!(Signature::new(Algorithm::Hs256, &[0, 1]).to_der(), [0, 1]);
    }
}

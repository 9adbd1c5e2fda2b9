//! Signatures of a path: verified by `crypto`, each once, and no more than so many in all.

use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};

use der::{Tag, asn1::AnyRef};
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use super::super::X509Error;
use super::super::tlv::tlv;
use crate::crypto::{self, IssuerKey};
use crate::model::KeyType;

/// The most signatures that are verified for one chain and its revocation lists. Whoever presents a chain chooses how many
/// there are to verify, and with which keys.
pub(super) const MOST: u32 = 128;
/// NIST SP 800-131A, section 3: shorter ones are not to be verified but for old archives.
const LEAST_RSA_BITS: u32 = 2048;

/// What was verified so far.
pub(super) struct Signatures(Mutex<Verified>);

struct Verified {
    left: u32,
    /// By digests of all that went in.
    known: HashMap<[u8; 32], bool>,
}

impl Signatures {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Verified { left: MOST, known: HashMap::new() }))
    }

    /// Whether the key made this signature over the message. The first two are DER, headers included. When too many were
    /// verified already, no more is right.
    pub(super) fn verify(&self, spki: &[u8], algorithm: &[u8], message: &[u8], signature: &[u8]) -> bool {
        self.verify_digested(spki, algorithm, (message, &crypto::sha256(message)), signature)
    }

    /// [`verify`](Self::verify) of a long message, whose SHA-256 was taken already.
    pub(super) fn verify_digested(
        &self,
        spki: &[u8],
        algorithm: &[u8],
        (message, digest): (&[u8], &[u8; 32]),
        signature: &[u8],
    ) -> bool {
        // Of digests no two lists are the same bytes.
        let parts = [crypto::sha256(spki), crypto::sha256(algorithm), *digest, crypto::sha256(signature)];
        let digest = crypto::sha256(parts.as_flattened());
        let mut verified = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = verified.known.get(&digest) {
            return *known;
        }
        let Some(left) = verified.left.checked_sub(1) else { return false };
        verified.left = left;
        let right = is_signed(spki, algorithm, message, signature);
        verified.known.insert(digest, right);
        right
    }

    /// How many were verified.
    pub(super) fn count(&self) -> u32 {
        MOST - self.0.lock().unwrap_or_else(PoisonError::into_inner).left
    }

    /// For `webpki`: one for each pair of algorithms of a key and of a signature.
    pub(super) fn algorithms(&self) -> Vec<Algorithm<'_>> {
        PAIRS.iter().map(|pair| Algorithm { pair, signatures: self }).collect()
    }
}

fn is_signed(spki: &[u8], algorithm: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = IssuerKey::from_spki(spki) else { return false };
    let short = key.key_type() == KeyType::Rsa && key.bits() < LEAST_RSA_BITS;
    !short && key.verify(algorithm, message, signature).is_ok()
}

/// A kind of signature by a kind of key.
pub(super) struct Algorithm<'a> {
    pair: &'static Pair,
    signatures: &'a Signatures,
}

/// Contents of two `AlgorithmIdentifier`s.
struct Pair {
    key: AlgorithmIdentifier,
    signature: Vec<u8>,
}

impl SignatureVerificationAlgorithm for Algorithm<'_> {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let verified = self.put_together(public_key).is_ok_and(|(spki, algorithm)| {
            // What is inside of a BIT STRING is all that arrives here.
            self.signatures.verify(&spki, &algorithm, message, signature)
        });
        if verified { Ok(()) } else { Err(InvalidSignature) }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.pair.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(&self.pair.signature)
    }
}

impl Algorithm<'_> {
    /// `SubjectPublicKeyInfo` and `AlgorithmIdentifier` as they stood in the certificates.
    fn put_together(&self, public_key: &[u8]) -> Result<(Vec<u8>, Vec<u8>), X509Error> {
        let key = tlv(Tag::Sequence, &[&self.pair.key])?;
        let spki = tlv(Tag::Sequence, &[&key, &tlv(Tag::BitString, &[&[0], public_key])?])?;
        Ok((spki, tlv(Tag::Sequence, &[&self.pair.signature])?))
    }
}

impl fmt::Debug for Algorithm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Algorithm")
    }
}

/// RSASSA-PKCS1-v1_5 and RSASSA-PSS with SHA-256, SHA-384 and SHA-512, ECDSA on P-256, P-384 and P-521 with each of them.
static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let mut pairs = Vec::new();
    for signature in [alg_id::RSA_PKCS1_SHA256, alg_id::RSA_PKCS1_SHA384, alg_id::RSA_PKCS1_SHA512] {
        // RFC 4055, section 5: without the NULL at the end it is the same.
        let without = signature.strip_suffix(NULL).unwrap_or(&signature);
        pairs.extend([&signature, without].map(|signature| (alg_id::RSA_ENCRYPTION, signature.to_vec())));
    }
    for hash in 1..=3 {
        let both = [true, false].map(|null| hash_identifier(hash, null));
        for hash_of_message in &both {
            for hash_of_mask in &both {
                let signature = pss(hash, hash_of_message, hash_of_mask).unwrap_or_default();
                pairs.push((alg_id::RSA_ENCRYPTION, signature));
            }
        }
    }
    for curve in [alg_id::ECDSA_P256, alg_id::ECDSA_P384, alg_id::ECDSA_P521] {
        for signature in [alg_id::ECDSA_SHA256, alg_id::ECDSA_SHA384, alg_id::ECDSA_SHA512] {
            pairs.push((curve, signature.to_vec()));
        }
    }
    pairs.into_iter().map(|(key, signature)| Pair { key, signature }).collect()
});

const NULL: &[u8] = &[5, 0];

/// id-sha256, id-sha384 or id-sha512 (RFC 4055, section 2.1), with the NULL or without it.
fn hash_identifier(hash: u8, null: bool) -> Vec<u8> {
    let oid = [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, hash];
    tlv(Tag::Sequence, &[&oid, if null { NULL } else { &[] }]).unwrap_or_default()
}

/// RFC 4055, section 3.1: the hash serves both uses, and the salt is as long as it.
fn pss(hash: u8, of_message: &[u8], of_mask: &[u8]) -> Result<Vec<u8>, X509Error> {
    const RSASSA_PSS: &[u8] = &[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10];
    const MGF1: &[u8] = &[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8];
    let field = |number, value: &[u8]| {
        tlv(Tag::ContextSpecific { constructed: true, number: der::TagNumber(number) }, &[value])
    };
    let mask = tlv(Tag::Sequence, &[MGF1, of_mask])?;
    let salt = [2, 1, 16 * (hash + 1)];
    let parameters = tlv(Tag::Sequence, &[&field(0, of_message)?, &field(1, &mask)?, &field(2, &salt)?])?;
    Ok([RSASSA_PSS, &parameters].concat())
}

/// The content of one DER value.
pub(super) fn content(der: &[u8]) -> Result<&[u8], X509Error> {
    use der::Decode;
    Ok(AnyRef::from_der(der)?.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that are written down elsewhere too.
    #[test]
    fn identifiers_are_those_of_others() {
        let signatures: Vec<&[u8]> = PAIRS.iter().map(|pair| &*pair.signature).collect();
        for known in [alg_id::RSA_PSS_SHA256, alg_id::RSA_PSS_SHA384, alg_id::RSA_PSS_SHA512] {
            assert!(signatures.contains(&known.as_ref()), "{known:02x?}");
        }
        assert_eq!(signatures.len(), 6 + 12 + 9);
    }
}

//! HMAC with SHA-2 (RFC 2104, RFC 7518 section 3.2): a secret, already mixed into the hash's two states.
//!
//! The `hmac` crate keeps these states in a value of its own, wherever that happens to lie. Here they are bytes, which can be
//! put into a page that is locked.

use sha2::digest::Output;
use sha2::digest::block_api::BlockSizeUser;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::digest::typenum::Unsigned;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{CryptoError, Signature};
use crate::model::{Algorithm, Hash};
use crate::secret::{SHALLOW, SecretBytes, wiping_stack};

/// A secret, ready to make tags. Wiped when dropped.
pub(super) struct Mac {
    hash: Hash,
    /// The hash after its first block, of the secret and `ipad`; the same with `opad`; the secret itself.
    kept: SecretBytes,
}

impl Mac {
    /// Takes a secret of any length but none.
    pub(super) fn new(hash: Hash, secret: &[u8]) -> Result<Self, CryptoError> {
        if secret.is_empty() {
            return Err(CryptoError::MalformedKey("HMAC secret is empty"));
        }
        let kept = wiping_stack::<SHALLOW, _>(|| match hash {
            Hash::Sha256 => keyed::<Sha256>(secret),
            Hash::Sha384 => keyed::<Sha384>(secret),
            Hash::Sha512 => keyed::<Sha512>(secret),
        });
        Ok(Self { hash, kept })
    }

    /// Moves it to a page of its own, for secrets that stay.
    pub(super) fn settle(&mut self) {
        self.kept.settle();
    }

    /// The secret itself.
    pub(super) fn secret(&self) -> &[u8] {
        let states = match self.hash {
            Hash::Sha256 => 2 * state_len::<Sha256>(),
            Hash::Sha384 | Hash::Sha512 => 2 * state_len::<Sha512>(),
        };
        self.kept.expose_secret().get(states..).unwrap_or_default()
    }

    #[inline]
    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Result<Signature, CryptoError> {
        Ok(match self.hash {
            Hash::Sha256 => Signature::new(algorithm, &self.tag::<Sha256>(message)?),
            Hash::Sha384 => Signature::new(algorithm, &self.tag::<Sha384>(message)?),
            Hash::Sha512 => Signature::new(algorithm, &self.tag::<Sha512>(message)?),
        })
    }

    /// Compares in constant time; a tag of another length is wrong.
    pub(super) fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), CryptoError> {
        let equal = match self.hash {
            Hash::Sha256 => self.tag::<Sha256>(message)?[..].ct_eq(tag),
            Hash::Sha384 => self.tag::<Sha384>(message)?[..].ct_eq(tag),
            Hash::Sha512 => self.tag::<Sha512>(message)?[..].ct_eq(tag),
        };
        if equal.into() { Ok(()) } else { Err(CryptoError::BadSignature) }
    }

    /// `H((secret ^ opad) || H((secret ^ ipad) || message))`, where both begin behind their first block.
    #[inline]
    fn tag<D: Digest + SerializableState>(&self, message: &[u8]) -> Result<Output<D>, CryptoError> {
        let (inner, behind) = split::<D>(self.kept.expose_secret())?;
        let (outer, _) = split::<D>(behind)?;
        Ok(outer.chain_update(inner.chain_update(message).finalize()).finalize())
    }
}

/// The length of a hash's state in bytes.
fn state_len<D: SerializableState>() -> usize {
    D::SerializedStateSize::USIZE
}

/// A hash that goes on where a state was kept, and what comes behind it.
#[inline]
fn split<D: SerializableState>(bytes: &[u8]) -> Result<(D, &[u8]), CryptoError> {
    let no_state = CryptoError::MalformedKey("HMAC secret has no state");
    let Some((state, behind)) = bytes.split_at_checked(state_len::<D>()) else { return Err(no_state) };
    match <&SerializedState<D>>::try_from(state).map(D::deserialize) {
        Ok(Ok(hash)) => Ok((hash, behind)),
        _ => Err(no_state),
    }
}

/// A secret longer than a block counts as its digest, a shorter one as if zeros followed (RFC 2104, section 2).
fn keyed<D: Digest + BlockSizeUser + SerializableState>(secret: &[u8]) -> SecretBytes {
    let mut block = Zeroizing::new(vec![0u8; D::block_size()]);
    let fill = |block: &mut [u8], from: &[u8]| block.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    if secret.len() > block.len() {
        fill(&mut block, &D::digest(secret))
    } else {
        fill(&mut block, secret)
    }
    let state = |block: &mut [u8], pad: u8| {
        block.iter_mut().for_each(|byte| *byte ^= pad);
        let state = D::new_with_prefix(&*block).serialize();
        block.iter_mut().for_each(|byte| *byte ^= pad);
        state
    };
    let (inner, outer) = (state(&mut block, 0x36), state(&mut block, 0x5c));
    let mut kept = Vec::with_capacity(inner.len() + outer.len() + secret.len());
    kept.extend_from_slice(&inner);
    kept.extend_from_slice(&outer);
    kept.extend_from_slice(secret);
    kept.into()
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac as _};
    use proptest::prelude::*;

    use super::*;

    fn judged<D: hmac::EagerHash>(secret: &[u8], message: &[u8]) -> Vec<u8> {
        Hmac::<D>::new_from_slice(secret).unwrap().chain_update(message).finalize().into_bytes().to_vec()
    }

    proptest! {
        /// On both sides of a block's length, in a page and not, and the secret comes back.
        #[test]
        fn tags_are_those_of_the_hmac_crate(
            secret in proptest::collection::vec(any::<u8>(), 1..300),
            message in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            for (hash, algorithm, expected) in [
                (Hash::Sha256, Algorithm::Hs256, judged::<Sha256>(&secret, &message)),
                (Hash::Sha384, Algorithm::Hs384, judged::<Sha384>(&secret, &message)),
                (Hash::Sha512, Algorithm::Hs512, judged::<Sha512>(&secret, &message)),
            ] {
                let mut mac = Mac::new(hash, &secret).unwrap();
                let sign = |mac: &Mac| mac.sign(algorithm, &message).unwrap().as_bytes().to_vec();
                prop_assert_eq!(sign(&mac), &expected[..]);
                mac.settle();
                prop_assert_eq!(sign(&mac), &expected[..]);
                mac.verify(&message, &expected).unwrap();
                mac.verify(&message, &expected[1..]).unwrap_err();
                mac.verify(&message, &[]).unwrap_err();
                prop_assert_eq!(mac.secret(), &secret[..]);
            }
        }
    }
}

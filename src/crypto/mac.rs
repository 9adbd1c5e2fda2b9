//! HMAC with SHA-2 (RFC 2104, RFC 7518 section 3.2): a secret, already mixed into the hash's two states.
//!
//! The `hmac` crate keeps these states in a value of its own, wherever that happens to lie. Here they are bytes, which can be
//! put into a page that is locked.

use sha2::digest::Output;
use sha2::digest::block_api::{Block, BlockSizeUser, Buffer, EagerHash, FixedOutputCore, UpdateCore};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::digest::typenum::Unsigned;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

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
    fn tag<D>(&self, message: &[u8]) -> Result<Output<D::Core>, CryptoError>
    where
        D: EagerHash<Core: SerializableState>,
    {
        let (mut inner, behind) = split::<D::Core>(self.kept.expose_secret())?;
        let (mut outer, _) = split::<D::Core>(behind)?;
        let mut buffer = Buffer::<D::Core>::default();
        let (mut digest, mut tag) = (Output::<D::Core>::default(), Output::<D::Core>::default());
        buffer.digest_blocks(message, |blocks| inner.update_blocks(blocks));
        inner.finalize_fixed_core(&mut buffer, &mut digest);
        buffer.reset();
        buffer.digest_blocks(&digest, |blocks| outer.update_blocks(blocks));
        outer.finalize_fixed_core(&mut buffer, &mut tag);
        Ok(tag)
    }
}

/// The length of a hash's state in bytes.
fn state_len<D: EagerHash<Core: SerializableState>>() -> usize {
    <D::Core as SerializableState>::SerializedStateSize::USIZE
}

/// A hash that goes on where a state was kept, and what comes behind it.
#[inline]
fn split<C: SerializableState>(bytes: &[u8]) -> Result<(C, &[u8]), CryptoError> {
    let no_state = CryptoError::MalformedKey("HMAC secret has no state");
    let Some((state, behind)) = bytes.split_at_checked(C::SerializedStateSize::USIZE) else { return Err(no_state) };
    match <&SerializedState<C>>::try_from(state).map(C::deserialize) {
        Ok(Ok(hash)) => Ok((hash, behind)),
        _ => Err(no_state),
    }
}

/// A secret longer than a block counts as its digest, a shorter one as if zeros followed (RFC 2104, section 2).
fn keyed<D: EagerHash<Core: SerializableState>>(secret: &[u8]) -> SecretBytes {
    let mut block = Block::<D::Core>::default();
    let mut fill = |from: &[u8]| block.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    if secret.len() > <D::Core as BlockSizeUser>::block_size() {
        fill(&D::digest(secret))
    } else {
        fill(secret)
    }
    let state = |pad: u8| {
        let mut block = block.clone();
        block.iter_mut().for_each(|byte| *byte ^= pad);
        let mut hash = D::Core::default();
        hash.update_blocks(std::slice::from_ref(&block));
        hash.serialize()
    };
    let (inner, outer) = (state(0x36), state(0x5c));
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

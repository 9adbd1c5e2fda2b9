//! One public key, ready for each algorithm that it may be used with.

use std::sync::OnceLock;

use crate::crypto::{self, CryptoError, VerifyingKey};
use crate::model::{Algorithm, Curve, KeyType};

/// RFC 7518, sections 3.3 and 3.5: at least 2048 bits.
const LEAST_RSA_BITS: u32 = 2048;

pub(in crate::authn) struct PublicKey {
    spki: Box<[u8]>,
    key_type: KeyType,
    curve: Option<Curve>,
    /// Where it is said: the only algorithm.
    only: Option<Algorithm>,
    /// One for each of [`Algorithm::ALL`], made when it is first asked for.
    ready: [OnceLock<VerifyingKey>; Algorithm::ALL.len()],
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` in DER: RSA of 2048 to 4096 bits, or EC on P-256, P-384 or P-521.
    pub(in crate::authn) fn read(spki: &[u8], only: Option<Algorithm>) -> Result<Self, String> {
        let checked = crypto::check_public(spki).map_err(|error| error.to_string())?;
        if checked.key_type == KeyType::Rsa && checked.bits < LEAST_RSA_BITS {
            return Err(format!("its RSA modulus has {} bits, allowed are {LEAST_RSA_BITS} to 4096", checked.bits));
        }
        let (key_type, curve) = (checked.key_type, checked.curve);
        Ok(Self { spki: checked.spki, key_type, curve, only, ready: [const { OnceLock::new() }; Algorithm::ALL.len()] })
    }

    /// Whether signatures of this algorithm may be the key's: of EC by its curve alone, of RSA any, unless it is said which.
    pub(in crate::authn) fn fits(&self, algorithm: Algorithm) -> bool {
        self.key_type == algorithm.key_type()
            && self.curve == algorithm.curve()
            && self.only.is_none_or(|only| only == algorithm)
    }

    /// Its kind in words, for messages.
    pub(in crate::authn) fn describe(&self) -> String {
        match (self.only, self.curve) {
            (Some(only), _) => format!("for {only} alone"),
            (None, Some(curve)) => format!("on {}", curve.name()),
            (None, None) => self.key_type.name().to_owned(),
        }
    }

    /// The key for an algorithm that it [fits](Self::fits). It is read once.
    pub(in crate::authn) fn verifier(&self, algorithm: Algorithm) -> Result<&VerifyingKey, CryptoError> {
        let at = Algorithm::ALL.iter().position(|known| *known == algorithm).and_then(|at| self.ready.get(at));
        let Some(slot) = at else { return Err(CryptoError::MalformedKey("the algorithm is unknown")) };
        if let Some(ready) = slot.get() {
            return Ok(ready);
        }
        let made = VerifyingKey::from_spki(algorithm, &self.spki)?;
        Ok(slot.get_or_init(|| made))
    }
}

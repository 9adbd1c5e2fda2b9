//! Binding what a store's rows add up to.

use subtle::ConstantTimeEq;

use super::Vault;
use crate::crypto;
use crate::model::{BoundState, State, StateBinder};

impl Vault {
    /// `HMAC-SHA256[state key]("keystead 1 state" || store id || epoch || tallies)`
    fn state_digest(&self, epoch: u64, tallies: &[u8]) -> [u8; 32] {
        let data = [&b"keystead 1 state"[..], &self.store.0, &epoch.to_be_bytes(), tallies].concat();
        crypto::hmac_sha256(&self.state, &data)
    }
}

impl StateBinder for Vault {
    /// `HMAC-SHA256[state key]("keystead 1 element" || row)`. No state has such an element: what follows "keystead 1 " differs.
    fn element(&self, row: &[u8]) -> [u8; 32] {
        crypto::hmac_sha256(&self.state, &[b"keystead 1 element", row].concat())
    }

    /// The tallies are sealed, since from sums that are known rows of the same sum could be found. The key of the seal hangs
    /// on the digest of what is sealed, so that no key and nonce seal two things, without a random number.
    fn bind(&self, state: &State) -> Option<BoundState> {
        let tallies = state.encode_tallies();
        let digest = self.state_digest(state.epoch, &tallies);
        let key = crypto::hkdf_sha256(&self.store.0, &self.root, &[b"keystead 1 state seal", &digest]).ok()?;
        let sealed = crypto::seal(&key, &NONCE, &associated(state.epoch), &tallies).ok()?;
        Some(BoundState { epoch: state.epoch, digest, sealed })
    }

    fn open(&self, bound: &BoundState) -> Option<State> {
        let key = crypto::hkdf_sha256(&self.store.0, &self.root, &[b"keystead 1 state seal", &bound.digest]).ok()?;
        let tallies = crypto::open(&key, &NONCE, &associated(bound.epoch), &bound.sealed).ok()?;
        let digest = self.state_digest(bound.epoch, tallies.expose_secret());
        if !bool::from(digest.ct_eq(&bound.digest)) {
            return None;
        }
        State::decode(bound.epoch, tallies.expose_secret())
    }
}

/// The key is of one seal alone.
const NONCE: [u8; 12] = [0; 12];

/// `"keystead 1 state" || epoch`
fn associated(epoch: u64) -> Vec<u8> {
    [&b"keystead 1 state"[..], &epoch.to_be_bytes()].concat()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first failure")]
mod tests {
    use super::*;
    use crate::crypto::SystemEntropy;
    use crate::model::{StoreId, Tally};

    fn vault(id: u8) -> Vault {
        Vault::generate(StoreId([id; 16]), &SystemEntropy).unwrap()
    }

    fn state(vault: &Vault, epoch: u64) -> State {
        let mut tally = Tally::default();
        tally.add(&vault.element(b"a row"));
        State { epoch, tallies: vec![tally, Tally::default()] }
    }

    #[test]
    fn a_state_opens_as_it_was_bound_and_in_no_other_way() {
        let vault = vault(1);
        let bound = vault.bind(&state(&vault, 4)).unwrap();
        assert!(vault.open(&bound).unwrap() == state(&vault, 4));
        let altered = |change: &dyn Fn(&mut BoundState)| {
            let mut other = bound.clone();
            change(&mut other);
            vault.open(&other).is_none()
        };
        assert!(altered(&|bound| bound.epoch = 5));
        for bit in 0..8 {
            for byte in 0..32 {
                assert!(altered(&|bound| bound.digest[byte] ^= 1 << bit));
            }
            for byte in 0..bound.sealed.len() {
                assert!(altered(&|bound| bound.sealed[byte] ^= 1 << bit));
            }
        }
        assert!(altered(&|bound| bound.sealed = Box::default()));
        assert!(self::vault(1).open(&bound).is_none(), "another root key");
    }

    #[test]
    fn digests_tell_epochs_and_tallies_apart() {
        let vault = vault(1);
        let digest = |state: &State| vault.bind(state).unwrap().digest;
        assert_eq!(digest(&state(&vault, 4)), digest(&state(&vault, 4)));
        assert_ne!(digest(&state(&vault, 4)), digest(&state(&vault, 5)));
        let mut other = state(&vault, 4);
        other.tallies.reverse();
        assert_ne!(digest(&state(&vault, 4)), digest(&other));
    }
}

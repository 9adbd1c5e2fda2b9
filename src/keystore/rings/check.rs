//! Checking the rings of a store.

use std::collections::BTreeSet;

use super::quoted_ring;
use crate::keystore::Keystore;
use crate::model::{KeyId, RingPlace, RingRecord};

impl Keystore {
    /// Every problem with the rings, in words, when these are all keys that were revoked.
    pub(in crate::keystore) fn check_rings(&self, rings: &[RingRecord], revoked: &BTreeSet<KeyId>) -> Vec<String> {
        let problem =
            |ring| self.problem_of(ring, revoked).map(|problem| format!("ring {}: {problem}", quoted_ring(&ring.name)));
        let mut problems: Vec<_> = rings.iter().filter_map(problem).collect();
        let members: BTreeSet<_> = rings.iter().flat_map(|ring| &ring.members).map(|member| member.key).collect();
        problems.extend(revoked.difference(&members).map(|key| format!("key {key} was revoked and is in no ring")));
        problems
    }

    fn problem_of(&self, ring: &RingRecord, revoked: &BTreeSet<KeyId>) -> Option<String> {
        if let Err(error) = self.check_ring(ring) {
            return Some(error.to_string());
        }
        let keys: BTreeSet<_> = ring.members.iter().map(|member| member.key).collect();
        if keys.len() < ring.members.len() {
            return Some("it has a key twice".into());
        }
        ring.members.iter().find_map(|member| {
            if revoked.contains(&member.key) != (member.place == RingPlace::Revoked) {
                return Some(format!("key {} does not agree whether it was revoked", member.key));
            }
            let fits = match member.place {
                RingPlace::Next => member.current_since.is_none() && member.ended_at.is_none(),
                RingPlace::Current => member.current_since.is_some() && member.replaced_at.is_none(),
                RingPlace::Previous => member.replaced_at.is_some() && member.ended_at.is_none(),
                RingPlace::Retired | RingPlace::Revoked => member.ended_at.is_some(),
            };
            (!fits).then(|| format!("key {} is {} at times that do not fit", member.key, member.place.name()))
        })
    }
}

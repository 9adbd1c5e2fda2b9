//! Checking the rings of a store.

use std::collections::BTreeSet;

use super::quoted_ring;
use crate::keystore::Keystore;
use crate::model::{RingPlace, RingRecord};

impl Keystore {
    /// Every problem with the rings, in words.
    pub(in crate::keystore) fn check_rings(&self, rings: &[RingRecord]) -> Vec<String> {
        let problem =
            |ring| self.problem_of(ring).map(|problem| format!("ring {}: {problem}", quoted_ring(&ring.name)));
        rings.iter().filter_map(problem).collect()
    }

    fn problem_of(&self, ring: &RingRecord) -> Option<String> {
        if let Err(error) = self.check_ring(ring) {
            return Some(error.to_string());
        }
        let keys: BTreeSet<_> = ring.members.iter().map(|member| member.key).collect();
        if keys.len() < ring.members.len() {
            return Some("it has a key twice".into());
        }
        ring.members.iter().find_map(|member| {
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

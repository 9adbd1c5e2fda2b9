//! Checking the rings of a store.

use std::collections::{BTreeMap, BTreeSet};

use super::quoted_ring;
use crate::keystore::Keystore;
use crate::model::{Key, KeyId, KeyUse, RingPlace, RingRecord};

/// What the rows of keys say that only a ring brings about: whether they were revoked, and what they are for. Keys of which nothing
/// is said are left out.
pub(in crate::keystore) type Marks = BTreeMap<KeyId, (bool, KeyUse)>;

const NO_MARK: (bool, KeyUse) = (false, KeyUse::Signing);

/// What a key says of itself, if it says anything.
pub(in crate::keystore) fn mark(key: &Key) -> Option<(KeyId, (bool, KeyUse))> {
    let mark = (key.revoked, key.key_use);
    (mark != NO_MARK).then_some((key.id, mark))
}

impl Keystore {
    /// Every problem with the rings, in words, when this is what the keys say.
    pub(in crate::keystore) fn check_rings(&self, rings: &[RingRecord], marks: &Marks) -> Vec<String> {
        let problem =
            |ring| self.problem_of(ring, marks).map(|problem| format!("ring {}: {problem}", quoted_ring(&ring.name)));
        let mut problems: Vec<_> = rings.iter().filter_map(problem).collect();
        let members: BTreeSet<_> = rings.iter().flat_map(|ring| &ring.members).map(|member| member.key).collect();
        let strays = marks.iter().filter(|(key, _)| !members.contains(key));
        problems.extend(strays.map(|(key, (revoked, _))| {
            let what = if *revoked { "was revoked" } else { "is for encryption" };
            format!("key {key} {what} and is in no ring")
        }));
        problems
    }

    fn problem_of(&self, ring: &RingRecord, marks: &Marks) -> Option<String> {
        if let Err(error) = self.check_ring(ring) {
            return Some(error.to_string());
        }
        let keys: BTreeSet<_> = ring.members.iter().map(|member| member.key).collect();
        if keys.len() < ring.members.len() {
            return Some("it has a key twice".into());
        }
        ring.members.iter().find_map(|member| {
            let (revoked, key_use) = marks.get(&member.key).copied().unwrap_or(NO_MARK);
            if revoked != (member.place == RingPlace::Revoked) {
                return Some(format!("key {} does not agree whether it was revoked", member.key));
            }
            if key_use != ring.key_use {
                return Some(format!("key {} does not agree what it is for", member.key));
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{Algorithm, KeySpec, Options, RingName, RingPlan};

    /// What a tag cannot tell, since this library would have written it itself.
    #[test]
    fn times_and_keys_that_do_not_fit_are_named() {
        let store = Keystore::in_memory(Options::default()).unwrap();
        let spec = KeySpec::new(Algorithm::Hs256, None).unwrap();
        let ring = store.create_ring(&RingPlan::new(RingName::new("acme").unwrap(), spec)).unwrap();
        ring.rotate().unwrap();
        ring.rotate().unwrap();
        let found = || store.0.database.rings().unwrap();
        assert_eq!(store.check_rings(&found(), &Marks::new()), [""; 0]);
        let problem = |place: RingPlace, change: &dyn Fn(&mut crate::model::RingMember)| {
            let mut rings = found();
            let member = rings[0].members.iter_mut().find(|member| member.place == place).unwrap();
            change(member);
            rings[0].tag = store.0.vault.tag(&rings[0]);
            let problems = store.check_rings(&rings, &Marks::new());
            assert_eq!(problems.len(), 1, "{}", place.name());
            assert!(problems[0].contains(&format!(" is {} at times that do not fit", place.name())), "{problems:?}");
        };
        let at = Some(Timestamp::UNIX_EPOCH);
        problem(RingPlace::Next, &|member| member.current_since = at);
        problem(RingPlace::Next, &|member| member.ended_at = at);
        problem(RingPlace::Current, &|member| member.current_since = None);
        problem(RingPlace::Current, &|member| member.replaced_at = at);
        problem(RingPlace::Previous, &|member| member.replaced_at = None);
        problem(RingPlace::Previous, &|member| member.ended_at = at);
        problem(RingPlace::Retired, &|member| member.ended_at = None);

        let mut twice = found();
        let again = *twice[0].members.iter().find(|member| member.place == RingPlace::Retired).unwrap();
        twice[0].members.push(again);
        twice[0].tag = store.0.vault.tag(&twice[0]);
        assert_eq!(store.check_rings(&twice, &Marks::new()), ["ring 'acme': it has a key twice"]);
    }
}

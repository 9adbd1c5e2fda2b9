//! A ring of keys, as the file holds it, and the moves that its keys make.
//!
//! The moves are pure: they take an instant and a new key, and never leave a ring without a current or a next key.

use jiff::Timestamp;

use super::bound::{Encoder, Tagged};
use super::{KeyId, KeySpec, KeyUse, RingName, Schedule, StoreId};

/// Where a key stands in its ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RingPlace {
    /// It was current until the last rotation, and what it signed is still accepted.
    Previous,
    /// The one that signs.
    Current,
    /// Published, so that it is known everywhere when it becomes current.
    Next,
    /// It was previous. It is not published, and what it signed is not accepted.
    Retired,
    /// Taken out at once, whatever it was. What it signed is never accepted.
    Revoked,
}

impl RingPlace {
    pub(crate) const ALL: [Self; 5] = [Self::Previous, Self::Current, Self::Next, Self::Retired, Self::Revoked];

    /// In lower case: `previous`, `current`, `next`, `retired`, `revoked`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Current => "current",
            Self::Next => "next",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }

    /// Whether the key is published and its signatures are accepted.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Previous | Self::Current | Self::Next)
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Previous => 1,
            Self::Current => 2,
            Self::Next => 3,
            Self::Retired => 4,
            Self::Revoked => 5,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.code() == code)
    }
}

/// A key's place in its ring, and when it came there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RingMember {
    pub(crate) key: KeyId,
    pub(crate) place: RingPlace,
    /// When it was made, as the next key or the first current one.
    pub(crate) published_at: Timestamp,
    /// When it became current, if it ever did.
    pub(crate) current_since: Option<Timestamp>,
    /// When another became current in its place.
    pub(crate) replaced_at: Option<Timestamp>,
    /// When it was retired or revoked.
    pub(crate) ended_at: Option<Timestamp>,
}

impl RingMember {
    pub(crate) fn new(key: KeyId, place: RingPlace, at: Timestamp) -> Self {
        let current_since = (place == RingPlace::Current).then_some(at);
        Self { key, place, published_at: at, current_since, replaced_at: None, ended_at: None }
    }

    fn end(&mut self, place: RingPlace, at: Timestamp) {
        if self.place == RingPlace::Current {
            self.replaced_at = Some(at);
        }
        self.place = place;
        self.ended_at = Some(at);
    }
}

/// A row of the table `ring` with those of `ring_key` that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RingRecord {
    /// Random: a ring that is made anew under an old name is another.
    pub(crate) id: [u8; 16],
    pub(crate) name: RingName,
    /// Of subject and issuer of its keys' certificates.
    pub(crate) common_name: RingName,
    pub(crate) key_use: KeyUse,
    /// What the keys to come are.
    pub(crate) spec: KeySpec,
    pub(crate) exportable: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) schedule: Option<Schedule>,
    /// The most retired and revoked keys that stay.
    pub(crate) keep: u16,
    /// Counts the changes, from 1.
    pub(crate) revision: i64,
    /// In the order in which the keys were made.
    pub(crate) members: Vec<RingMember>,
    pub(crate) tag: [u8; 32],
}

impl RingRecord {
    /// The one key in a place that holds one.
    pub(crate) fn in_place(&self, place: RingPlace) -> Option<&RingMember> {
        self.members.iter().find(|member| member.place == place)
    }

    /// Whether there is exactly one current key, exactly one next and at most one previous.
    pub(crate) fn is_whole(&self) -> bool {
        let count = |place| self.members.iter().filter(|member| member.place == place).count();
        count(RingPlace::Current) == 1 && count(RingPlace::Next) == 1 && count(RingPlace::Previous) <= 1
    }

    /// The next key becomes current, the current one previous, the previous one is retired; `next` is the new next key.
    pub(crate) fn rotate(&mut self, next: KeyId, at: Timestamp) {
        self.retire_previous(at);
        for member in &mut self.members {
            match member.place {
                RingPlace::Current => (member.place, member.replaced_at) = (RingPlace::Previous, Some(at)),
                RingPlace::Next => (member.place, member.current_since) = (RingPlace::Current, Some(at)),
                _ => {}
            }
        }
        self.members.push(RingMember::new(next, RingPlace::Next, at));
    }

    /// Retires the previous key, if there is one.
    pub(crate) fn retire_previous(&mut self, at: Timestamp) -> Option<KeyId> {
        let previous = self.members.iter_mut().find(|member| member.place == RingPlace::Previous)?;
        previous.end(RingPlace::Retired, at);
        Some(previous.key)
    }

    /// Whether a key has to be made before this one can be revoked: it is current or next.
    pub(crate) fn needs_successor(&self, key: KeyId) -> bool {
        let found = self.members.iter().find(|member| member.key == key);
        found.is_some_and(|member| matches!(member.place, RingPlace::Current | RingPlace::Next))
    }

    /// Revokes a key. If it was current, the next one takes over at once; if it was either, `next` is the new next key.
    pub(crate) fn revoke(&mut self, key: KeyId, next: Option<KeyId>, at: Timestamp) {
        let Some(member) = self.members.iter_mut().find(|member| member.key == key) else { return };
        let was = member.place;
        member.end(RingPlace::Revoked, at);
        if was == RingPlace::Current
            && let Some(heir) = self.members.iter_mut().find(|member| member.place == RingPlace::Next)
        {
            (heir.place, heir.current_since) = (RingPlace::Current, Some(at));
        }
        if let Some(next) = next {
            self.members.push(RingMember::new(next, RingPlace::Next, at));
        }
    }

    /// The keys that are over, of which no more than `keep` may stay: the longest ended first.
    pub(crate) fn ended(&self) -> Vec<KeyId> {
        let mut ended: Vec<_> = self.members.iter().filter(|member| !member.place.is_live()).collect();
        ended.sort_by_key(|member| member.ended_at);
        ended.into_iter().map(|member| member.key).collect()
    }

    fn facts(&self, out: &mut Encoder, store: StoreId) {
        out.bytes(&store.0);
        out.bytes(&self.id);
        out.bytes(self.name.as_str().as_bytes());
        out.bytes(self.common_name.as_str().as_bytes());
        out.0.extend([self.key_use.code(), self.spec.algorithm().code()]);
        out.0.extend(self.spec.bits().to_be_bytes());
        out.0.push(u8::from(self.exportable));
        out.instant(Some(self.created_at));
        out.0.push(u8::from(self.schedule.is_some()));
        for time in self.schedule.map_or([0; 3], Schedule::to_millis) {
            out.0.extend(time.to_be_bytes());
        }
        out.0.extend(self.keep.to_be_bytes());
        out.0.extend(self.revision.to_be_bytes());
    }
}

impl Tagged for RingRecord {
    fn tag(&self) -> &[u8; 32] {
        &self.tag
    }

    fn row_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead ring 1");
        self.facts(&mut out, store);
        for member in &self.members {
            out.bytes(member.key.as_bytes());
            out.0.push(member.place.code());
            out.instant(Some(member.published_at));
            out.instant(member.current_since);
            out.instant(member.replaced_at);
            out.instant(member.ended_at);
        }
        out.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Algorithm;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn key(n: u8) -> KeyId {
        KeyId::from_random_bytes([n; 16])
    }

    fn ring() -> RingRecord {
        let name = RingName::parse("acme").unwrap();
        RingRecord {
            id: [7; 16],
            common_name: name.clone(),
            name,
            key_use: KeyUse::Signing,
            spec: KeySpec::parse(Algorithm::Es256, None).unwrap(),
            exportable: false,
            created_at: at(1),
            schedule: None,
            keep: 4,
            revision: 1,
            members: vec![
                RingMember::new(key(1), RingPlace::Current, at(1)),
                RingMember::new(key(2), RingPlace::Next, at(1)),
            ],
            tag: [0; 32],
        }
    }

    fn places(ring: &RingRecord) -> Vec<RingPlace> {
        ring.members.iter().map(|member| member.place).collect()
    }

    #[test]
    fn a_ring_turns_and_stays_whole() {
        use RingPlace::{Current, Next, Previous, Retired, Revoked};
        let mut ring = ring();
        assert!(ring.is_whole() && ring.retire_previous(at(2)).is_none());
        ring.rotate(key(3), at(3));
        assert_eq!(places(&ring), [Previous, Current, Next]);
        ring.rotate(key(4), at(4));
        assert_eq!(places(&ring), [Retired, Previous, Current, Next]);
        let second = ring.in_place(Previous).unwrap();
        assert_eq!((second.current_since, second.replaced_at, second.ended_at), (Some(at(3)), Some(at(4)), None));

        let successors = [1, 2, 3, 4, 9].map(|n| ring.needs_successor(key(n)));
        assert_eq!(successors, [false, false, true, true, false]);
        ring.revoke(key(3), Some(key(5)), at(5));
        assert_eq!(places(&ring), [Retired, Previous, Revoked, Current, Next]);
        assert_eq!(ring.in_place(Current).unwrap().current_since, Some(at(5)));
        ring.revoke(key(5), Some(key(6)), at(6));
        ring.revoke(key(2), None, at(7));
        ring.revoke(key(9), None, at(8));
        assert_eq!(places(&ring), [Retired, Revoked, Revoked, Current, Revoked, Next]);
        assert!(ring.is_whole());
        assert_eq!(ring.ended(), [key(1), key(3), key(5), key(2)]);
    }

    #[test]
    fn a_ring_with_a_place_empty_or_twice_is_not_whole() {
        for place in [RingPlace::Current, RingPlace::Next, RingPlace::Previous] {
            let mut twice = ring();
            twice.rotate(key(3), at(2));
            twice.members.push(RingMember::new(key(4), place, at(3)));
            assert!(!twice.is_whole(), "two {}", place.name());
            let mut empty = ring();
            empty.members.retain(|member| member.place != place);
            assert_eq!(empty.is_whole(), place == RingPlace::Previous, "no {}", place.name());
        }
    }

    /// Whatever of a ring or a member is changed in the file, the tag is another.
    #[test]
    fn every_fact_is_under_the_tag() {
        type Change = fn(&mut RingRecord);
        let changes: [Change; 20] = [
            |_| (),
            |ring| ring.id = [8; 16],
            |ring| ring.name = RingName::parse("acmee").unwrap(),
            |ring| ring.common_name = RingName::parse("acmee").unwrap(),
            |ring| ring.key_use = KeyUse::Encryption,
            |ring| ring.spec = KeySpec::parse(Algorithm::Rs256, Some(2048)).unwrap(),
            |ring| ring.spec = KeySpec::parse(Algorithm::Rs256, Some(3072)).unwrap(),
            |ring| ring.exportable = true,
            |ring| ring.created_at = at(2),
            |ring| ring.schedule = Schedule::from_millis([60_000, 0, 0]),
            |ring| ring.schedule = Schedule::from_millis([60_000, 0, 1]),
            |ring| ring.keep = 5,
            |ring| ring.revision = 2,
            |ring| ring.members.swap(0, 1),
            |ring| ring.members.truncate(1),
            |ring| ring.members[0].key = key(9),
            |ring| ring.members[0].place = RingPlace::Revoked,
            |ring| ring.members[0].current_since = None,
            |ring| ring.members[0].replaced_at = Some(at(1)),
            |ring| ring.members[0].ended_at = Some(at(1)),
        ];
        let mut seen = std::collections::BTreeSet::new();
        for change in changes {
            let mut ring = ring();
            change(&mut ring);
            assert!(seen.insert(ring.row_data(StoreId([1; 16]))), "{ring:?}");
        }
        assert!(seen.insert(ring().row_data(StoreId([2; 16]))));
        // The tag itself is not.
        let tagged = RingRecord { tag: [1; 32], ..ring() };
        assert!(!seen.insert(tagged.row_data(StoreId([1; 16]))));
    }

    #[test]
    fn codes_come_back() {
        for place in RingPlace::ALL {
            assert_eq!(RingPlace::from_code(place.code()), Some(place));
        }
        for key_use in KeyUse::ALL {
            assert_eq!(KeyUse::from_code(key_use.code()), Some(key_use));
        }
        assert_eq!([0, 6, 255].map(RingPlace::from_code), [None; 3]);
        assert_eq!([0, 3, 255].map(KeyUse::from_code), [None; 3]);
    }
}

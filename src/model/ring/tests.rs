//! A ring turns and stays whole.

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

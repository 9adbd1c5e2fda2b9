//! What a ring was at one moment.

use jiff::Timestamp;

use crate::error::Result;
use crate::model::{Key, KeySpec, KeyUse, RingMember, RingName, RingPlace, RingRecord, Schedule};

/// What a ring was at one moment: its keys, each in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingState {
    pub(super) record: RingRecord,
    current: RingKey,
    next: RingKey,
    previous: Option<RingKey>,
    ended: Vec<RingKey>,
}

/// A key in its place in a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingKey {
    key: Key,
    member: RingMember,
}

impl RingState {
    /// Of the rows of a ring and its keys, which are in the order of its members.
    pub(super) fn new(record: RingRecord, keys: Vec<Key>) -> Result<Self> {
        let (mut current, mut next, mut previous, mut ended) = (None, None, None, Vec::new());
        for (&member, key) in record.members.iter().zip(keys) {
            let key = RingKey { key, member };
            match member.place {
                RingPlace::Current => current = Some(key),
                RingPlace::Next => next = Some(key),
                RingPlace::Previous => previous = Some(key),
                RingPlace::Retired | RingPlace::Revoked => ended.push(key),
            }
        }
        match (current, next) {
            (Some(current), Some(next)) => Ok(Self { record, current, next, previous, ended }),
            _ => Err(super::not_whole(&record.name)),
        }
    }

    /// The ring's name.
    #[must_use]
    pub const fn name(&self) -> &RingName {
        &self.record.name
    }

    /// The common name of subject and issuer in the certificates of the ring's keys.
    #[must_use]
    pub const fn common_name(&self) -> &RingName {
        &self.record.common_name
    }

    /// What the keys are for.
    #[must_use]
    pub const fn key_use(&self) -> KeyUse {
        self.record.key_use
    }

    /// What the keys to come will be.
    #[must_use]
    pub const fn spec(&self) -> KeySpec {
        self.record.spec
    }

    /// Whether the ring's private keys may leave the store.
    #[must_use]
    pub const fn is_exportable(&self) -> bool {
        self.record.exportable
    }

    /// When the ring was made.
    #[must_use]
    pub const fn created_at(&self) -> Timestamp {
        self.record.created_at
    }

    /// When the keys follow each other.
    #[must_use]
    pub const fn schedule(&self) -> Option<Schedule> {
        self.record.schedule
    }

    /// How many retired and revoked keys stay.
    #[must_use]
    pub const fn keep(&self) -> u16 {
        self.record.keep
    }

    /// The key that signs.
    #[must_use]
    pub const fn current(&self) -> &RingKey {
        &self.current
    }

    /// The key that signs after the next rotation.
    #[must_use]
    pub const fn next(&self) -> &RingKey {
        &self.next
    }

    /// The key that signed before the last rotation, until it is retired.
    #[must_use]
    pub const fn previous(&self) -> Option<&RingKey> {
        self.previous.as_ref()
    }

    /// The retired and the revoked keys that stay, in the order in which they were made.
    #[must_use]
    pub fn ended(&self) -> &[RingKey] {
        &self.ended
    }

    /// The keys that are published: current, next, previous.
    pub fn live(&self) -> impl Iterator<Item = &RingKey> {
        [&self.current, &self.next].into_iter().chain(&self.previous)
    }

    /// Every key: the live ones, then those that have ended.
    pub fn keys(&self) -> impl Iterator<Item = &RingKey> {
        self.live().chain(&self.ended)
    }

    /// The key with this key identifier.
    #[must_use]
    pub fn by_kid(&self, kid: &str) -> Option<&RingKey> {
        self.keys().find(|key| key.key.kid.as_str() == kid)
    }
}

impl RingKey {
    /// The key itself.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> RingPlace {
        self.member.place
    }

    /// When it was made, and so published: as the next key, or as the first current one.
    #[must_use]
    pub const fn published_at(&self) -> Timestamp {
        self.member.published_at
    }

    /// When it became current, if it ever did.
    #[must_use]
    pub const fn current_since(&self) -> Option<Timestamp> {
        self.member.current_since
    }

    /// When another became current in its place.
    #[must_use]
    pub const fn replaced_at(&self) -> Option<Timestamp> {
        self.member.replaced_at
    }

    /// When it was retired or revoked.
    #[must_use]
    pub const fn ended_at(&self) -> Option<Timestamp> {
        self.member.ended_at
    }
}

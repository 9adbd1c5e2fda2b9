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
mod tests;

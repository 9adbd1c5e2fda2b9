//! Rings once more, slow and plain: lists of keys in the order in which they were made, and what each verb does to them, as
//! the documents say it. Shares no code with the store's.

use std::collections::{BTreeMap, BTreeSet};

use keystead::{ErrorKind, RingPlace};

/// Instants in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) published: i64,
    pub(crate) current_since: Option<i64>,
    pub(crate) replaced: Option<i64>,
    pub(crate) ended: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Empty until the store has told it.
    pub(crate) kid: String,
    pub(crate) place: RingPlace,
    pub(crate) times: Times,
}

pub(crate) struct Ring {
    /// The how-many-eth ring that was made.
    number: usize,
    pub(crate) algorithm: usize,
    pub(crate) keep: u16,
    pub(crate) schedule: Option<[i64; 3]>,
    pub(crate) keys: Vec<Entry>,
}

#[derive(Default)]
pub(crate) struct Model {
    made: usize,
    rings: BTreeMap<usize, Ring>,
    /// Who uses a key, by its kid.
    labels: BTreeMap<String, BTreeSet<&'static str>>,
}

/// What became of a call.
pub(crate) enum Asked {
    Done,
    Refused(ErrorKind),
}

const NAMES: [&str; 2] = ["acme", "other"];

impl Ring {
    fn add(&mut self, place: RingPlace, now: i64) {
        let current_since = (place == RingPlace::Current).then_some(now);
        let times = Times { published: now, current_since, replaced: None, ended: None };
        self.keys.push(Entry { kid: String::new(), place, times });
    }

    fn at(&mut self, place: RingPlace) -> Option<&mut Entry> {
        self.keys.iter_mut().find(|key| key.place == place)
    }

    fn retire(&mut self, now: i64) {
        if let Some(previous) = self.at(RingPlace::Previous) {
            previous.place = RingPlace::Retired;
            previous.times.ended = Some(now);
        }
    }

    fn promote(&mut self, now: i64) {
        let next = self.at(RingPlace::Next).unwrap();
        next.place = RingPlace::Current;
        next.times.current_since = Some(now);
    }

    fn rotate(&mut self, now: i64) {
        self.retire(now);
        let current = self.at(RingPlace::Current).unwrap();
        current.place = RingPlace::Previous;
        current.times.replaced = Some(now);
        self.promote(now);
        self.add(RingPlace::Next, now);
    }

    /// A rotation is due when the current key has been so for long enough and the next one has been published for long enough;
    /// the previous key's end, when it has been so for long enough.
    pub(crate) fn due(&self, now: i64) -> Vec<(&'static str, i64)> {
        self.coming().into_iter().filter(|(_, since)| *since <= now).collect()
    }

    pub(crate) fn next_due(&self) -> Option<i64> {
        self.coming().into_iter().map(|(_, since)| since).min()
    }

    fn coming(&self) -> Vec<(&'static str, i64)> {
        let Some([every, publish, grace]) = self.schedule else { return Vec::new() };
        let mut coming = Vec::new();
        for key in &self.keys {
            if key.place == RingPlace::Previous {
                coming.push(("retire", key.times.replaced.unwrap() + grace));
            }
        }
        let mut rotate = i64::MIN;
        for key in &self.keys {
            match key.place {
                RingPlace::Current => rotate = rotate.max(key.times.current_since.unwrap() + every),
                RingPlace::Next => rotate = rotate.max(key.times.published + publish),
                _ => {}
            }
        }
        coming.push(("rotate", rotate));
        coming
    }
}

impl Model {
    pub(crate) fn has(&self, n: usize) -> bool {
        self.rings.contains_key(&n)
    }

    pub(crate) fn ring(&self, n: usize) -> Option<&Ring> {
        self.rings.get(&n)
    }

    /// The rings in the order in which they were made.
    pub(crate) fn order(&self) -> impl Iterator<Item = usize> {
        let mut order: Vec<_> = self.rings.iter().map(|(n, ring)| (ring.number, *n)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, n)| n)
    }

    /// The store tells what the key that it made is called.
    pub(crate) fn name(&mut self, n: usize, place: RingPlace, kid: &str) {
        let ring = self.rings.get_mut(&n).unwrap();
        let key = ring.keys.iter_mut().find(|key| key.kid.is_empty() && key.place == place);
        kid.clone_into(&mut key.unwrap_or_else(|| panic!("a {} key that nobody made", place.name())).kid);
    }

    pub(crate) fn create(
        &mut self,
        n: usize,
        algorithm: usize,
        keep: u16,
        schedule: Option<[i64; 3]>,
        now: i64,
    ) -> Asked {
        if self.has(n) {
            return Asked::Refused(ErrorKind::Duplicate);
        }
        self.made += 1;
        let mut ring = Ring { number: self.made, algorithm, keep, schedule, keys: Vec::new() };
        ring.add(RingPlace::Current, now);
        ring.add(RingPlace::Next, now);
        self.rings.insert(n, ring);
        Asked::Done
    }

    pub(crate) fn rotate(&mut self, n: usize, to: Option<usize>, now: i64) -> Asked {
        self.change(n, |ring| {
            ring.algorithm = to.unwrap_or(ring.algorithm);
            ring.rotate(now);
        })
    }

    pub(crate) fn retire(&mut self, n: usize, now: i64) -> Asked {
        self.change(n, |ring| ring.retire(now))
    }

    /// Nothing that it signed is accepted; the next key takes a current one's place, and a new one the next one's.
    pub(crate) fn revoke(&mut self, n: usize, kid: &str, now: i64) -> Asked {
        let Some(at) = self.ring(n).and_then(|ring| ring.keys.iter().position(|key| key.kid == kid)) else {
            return Asked::Refused(ErrorKind::NotFound);
        };
        self.change(n, |ring| {
            let was = ring.keys[at].place;
            if was == RingPlace::Revoked {
                return;
            }
            ring.keys[at].place = RingPlace::Revoked;
            ring.keys[at].times.ended = Some(now);
            if was == RingPlace::Current {
                ring.keys[at].times.replaced = Some(now);
                ring.promote(now);
            }
            if was == RingPlace::Current || was == RingPlace::Next {
                ring.add(RingPlace::Next, now);
            }
        })
    }

    pub(crate) fn set_keep(&mut self, n: usize, keep: u16) -> Asked {
        self.change(n, |ring| ring.keep = keep)
    }

    pub(crate) fn set_schedule(&mut self, n: usize, schedule: Option<[i64; 3]>) -> Asked {
        self.change(n, |ring| ring.schedule = schedule)
    }

    /// First the previous key ends, then the ring turns, once.
    pub(crate) fn apply_due(&mut self, n: usize, now: i64) -> Vec<(&'static str, i64)> {
        let due = self.rings[&n].due(now);
        if !due.is_empty() {
            self.change(n, |ring| {
                for (what, _) in &due {
                    if *what == "retire" { ring.retire(now) } else { ring.rotate(now) }
                }
            });
        }
        due
    }

    pub(crate) fn delete(&mut self, n: usize) -> Asked {
        let Some(ring) = self.rings.get(&n) else { return Asked::Refused(ErrorKind::NotFound) };
        if ring.keys.iter().any(|key| self.labels.contains_key(&key.kid)) {
            return Asked::Refused(ErrorKind::InUse);
        }
        self.rings.remove(&n);
        Asked::Done
    }

    /// Notes that somebody uses a key, or takes it back.
    pub(crate) fn mark(&mut self, kid: &str, label: &'static str, marks: bool) -> Asked {
        if self.place(kid).is_none() {
            return Asked::Refused(ErrorKind::NotFound);
        }
        let labels = self.labels.entry(kid.to_owned()).or_default();
        if marks {
            labels.insert(label);
        } else {
            labels.remove(label);
        }
        self.labels.retain(|_, labels| !labels.is_empty());
        Asked::Done
    }

    pub(crate) fn place(&self, kid: &str) -> Option<RingPlace> {
        self.rings.values().flat_map(|ring| &ring.keys).find(|key| key.kid == kid).map(|key| key.place)
    }

    /// The ring that a key is in, and who else uses it. None when there is no such key any more.
    pub(crate) fn users(&self, kid: &str) -> Option<Vec<String>> {
        let (n, _) = self.rings.iter().find(|(_, ring)| ring.keys.iter().any(|key| key.kid == kid))?;
        let mut users = vec![format!("ring {}", NAMES[*n])];
        users.extend(self.labels.get(kid).into_iter().flatten().map(|label| (*label).to_owned()));
        Some(users)
    }

    /// Changes a ring, and then drops what is too much of its history: what ended first, unless somebody uses it.
    fn change(&mut self, n: usize, change: impl FnOnce(&mut Ring)) -> Asked {
        let Some(ring) = self.rings.get_mut(&n) else { return Asked::Refused(ErrorKind::NotFound) };
        change(ring);
        let mut ended: Vec<_> = ring.keys.iter().filter(|key| !key.place.is_live()).cloned().collect();
        ended.sort_by_key(|key| key.times.ended);
        let too_many = ended.len().saturating_sub(usize::from(ring.keep));
        for key in &ended[..too_many] {
            if !self.labels.contains_key(&key.kid) {
                ring.keys.retain(|other| other.kid != key.kid);
            }
        }
        Asked::Done
    }
}

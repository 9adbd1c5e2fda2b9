//! The store once more, slow and plain: lists of what is there, and what each verb does to them as the documents say it.
//! Shares no code with the store's. A state is cheap to clone, so that a crash can put an earlier one in force.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::Timestamp;
use keystead::{
    Algorithm, Anchor, AppId, Authority, ErrorKind, Fingerprint, Issuer, Key, KeyId, KeyName, KeyType, KeyUse, Kid,
    Origin, RingPlace,
};

use super::naive;

/// All that a store holds.
#[derive(Clone, Default)]
pub(crate) struct State {
    /// Counts the keys that ever were, so that the map is in the order of insertion.
    made: u64,
    pub(crate) keys: BTreeMap<u64, Rc<Entry>>,
    pub(crate) rings: BTreeMap<u8, Rc<Ring>>,
    pub(crate) rings_made: u64,
    pub(crate) apps: BTreeMap<u64, Rc<App>>,
    pub(crate) apps_made: u64,
    pub(crate) fips: bool,
    pub(crate) authority: Option<Rc<Authority>>,
    /// When its root began, in seconds.
    pub(crate) root_begin: i64,
    pub(crate) past_authorities: usize,
    /// Those that were taken and must be known, oldest first.
    pub(crate) anchors: Vec<Anchor>,
    /// Whether a row was changed for sure since the last one.
    pub(crate) changed: bool,
    /// Another one after each commit, also after those that were lost.
    pub(crate) commit: u64,
}

/// A key, and what the store does not tell of it.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) listed: naive::Entry,
    pub(crate) digests: Vec<Fingerprint>,
    /// Of an HMAC key that was outside: the same secret is recognised when it comes again.
    pub(crate) secret: Option<Vec<u8>>,
    pub(crate) labels: BTreeSet<u8>,
    /// The ring that it is in.
    pub(crate) ring: Option<u8>,
    /// What it signed the first time, if its signatures are always the same.
    pub(crate) signature: Rc<RefCell<Option<Vec<u8>>>>,
}

impl Entry {
    pub(crate) fn new(key: Key, folded: String) -> Self {
        let digests = digests(&key);
        Self {
            listed: naive::Entry { key, folded },
            digests,
            secret: None,
            labels: BTreeSet::new(),
            ring: None,
            signature: Rc::default(),
        }
    }

    pub(crate) fn key(&self) -> &Key {
        &self.listed.key
    }
}

/// Every digest of a key, as it says itself.
fn digests(key: &Key) -> Vec<Fingerprint> {
    let Some(all) = key.fingerprints().unwrap() else { return vec![] };
    let digests = [Some(all.public_key), all.certificate].into_iter().flatten();
    let mut digests: Vec<_> = digests.flat_map(|digests| [digests.md5, digests.sha1, digests.sha256]).collect();
    digests.extend([all.jwk_sha1, all.jwk_sha256, all.openssh]);
    digests
}

/// All that a key says of itself, to be compared with some of it changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(crate) id: KeyId,
    pub(crate) name: KeyName,
    pub(crate) key_type: KeyType,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) bits: u32,
    pub(crate) kid: Kid,
    pub(crate) issuer: Option<Issuer>,
    pub(crate) origin: Origin,
    pub(crate) exportable: bool,
    pub(crate) has_private: bool,
    pub(crate) inserted_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) exported_at: Option<Timestamp>,
    pub(crate) revoked: bool,
    pub(crate) key_use: KeyUse,
    pub(crate) public_key: Option<Vec<u8>>,
    pub(crate) certificates: Vec<Vec<u8>>,
}

impl Facts {
    pub(crate) fn of(key: &Key) -> Self {
        Self {
            id: key.id(),
            name: key.name().clone(),
            key_type: key.key_type(),
            algorithm: key.algorithm(),
            bits: key.bits(),
            kid: key.kid().clone(),
            issuer: key.issuer().cloned(),
            origin: key.origin(),
            exportable: key.is_exportable(),
            has_private: key.has_private_key(),
            inserted_at: key.inserted_at(),
            updated_at: key.updated_at(),
            expires_at: key.expires_at(),
            exported_at: key.exported_at(),
            revoked: key.is_revoked(),
            key_use: key.key_use(),
            public_key: key.public_key_der().map(<[u8]>::to_vec),
            certificates: key.certificate_chain().map(<[u8]>::to_vec).collect(),
        }
    }
}

impl State {
    pub(crate) fn add(&mut self, entry: Entry) {
        self.made += 1;
        self.keys.insert(self.made, Rc::new(entry));
    }

    pub(crate) fn by_id(&self, id: KeyId) -> Option<(u64, &Rc<Entry>)> {
        self.keys.iter().map(|(seq, entry)| (*seq, entry)).find(|(_, entry)| entry.key().id() == id)
    }

    pub(crate) fn named(&self, name: &KeyName) -> Option<&Rc<Entry>> {
        self.keys.values().find(|entry| entry.key().name() == name)
    }

    /// Whether a new key would clash with one that is there.
    pub(crate) fn clashes(&self, name: &KeyName, id: Option<KeyId>) -> bool {
        self.named(name).is_some() || id.is_some_and(|id| self.by_id(id).is_some())
    }

    /// Changes a key that is there.
    pub(crate) fn change(&mut self, id: KeyId, change: impl FnOnce(&mut Entry)) {
        let (seq, _) = self.by_id(id).unwrap();
        change(Rc::make_mut(self.keys.get_mut(&seq).unwrap()));
    }

    /// Who uses a key: its ring, then the labels in their order.
    pub(crate) fn users(&self, entry: &Entry) -> Vec<String> {
        let ring = entry.ring.map(|ring| format!("ring {}", RINGS[usize::from(ring)]));
        ring.into_iter().chain(entry.labels.iter().map(|label| LABELS[usize::from(*label)].to_owned())).collect()
    }

    pub(crate) fn delete(&mut self, id: KeyId) -> Result<(), ErrorKind> {
        let (seq, entry) = self.by_id(id).ok_or(ErrorKind::NotFound)?;
        if !self.users(entry).is_empty() {
            return Err(ErrorKind::InUse);
        }
        self.keys.remove(&seq);
        Ok(())
    }

    /// The 16 oldest keys with the same public key or the same secret, oldest first.
    pub(crate) fn same_as(&self, public: Option<&[u8]>, secret: Option<&[u8]>) -> Vec<KeyId> {
        let is_same = |entry: &&Rc<Entry>| match public {
            Some(public) => entry.key().public_key_der() == Some(public),
            None => entry.secret.is_some() && entry.secret.as_deref() == secret,
        };
        self.keys.values().filter(is_same).take(16).map(|entry| entry.key().id()).collect()
    }
}

pub(crate) const RINGS: [&str; 2] = ["acme", "other"];
/// In their order.
pub(crate) const LABELS: [&str; 4] = ["tenant 12", "tenant 7", "the golden test", "\u{fc}ber"];

/// A ring: its keys in the order in which they were made.
#[derive(Clone)]
pub(crate) struct Ring {
    /// The how-many-eth ring that was made: another one of the same name is another.
    pub(crate) number: u64,
    pub(crate) what: u8,
    pub(crate) encrypts: bool,
    pub(crate) exportable: bool,
    pub(crate) keep: u16,
    pub(crate) schedule: Option<[i64; 3]>,
    pub(crate) created: i64,
    pub(crate) keys: Vec<RingEntry>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RingEntry {
    /// None until the store has told it.
    pub(crate) id: Option<KeyId>,
    pub(crate) place: RingPlace,
    pub(crate) published: i64,
    pub(crate) current_since: Option<i64>,
    pub(crate) replaced: Option<i64>,
    pub(crate) ended: Option<i64>,
}

impl Ring {
    pub(crate) fn add(&mut self, place: RingPlace, now: i64) {
        let current_since = (place == RingPlace::Current).then_some(now);
        self.keys.push(RingEntry { id: None, place, published: now, current_since, replaced: None, ended: None });
    }

    pub(crate) fn at(&self, place: RingPlace) -> Option<&RingEntry> {
        self.keys.iter().find(|key| key.place == place)
    }

    fn at_mut(&mut self, place: RingPlace) -> Option<&mut RingEntry> {
        self.keys.iter_mut().find(|key| key.place == place)
    }

    pub(crate) fn retire(&mut self, now: i64) {
        if let Some(previous) = self.at_mut(RingPlace::Previous) {
            previous.place = RingPlace::Retired;
            previous.ended = Some(now);
        }
    }

    fn promote(&mut self, now: i64) {
        let next = self.at_mut(RingPlace::Next).unwrap();
        next.place = RingPlace::Current;
        next.current_since = Some(now);
    }

    pub(crate) fn rotate(&mut self, now: i64) {
        self.retire(now);
        let current = self.at_mut(RingPlace::Current).unwrap();
        current.place = RingPlace::Previous;
        current.replaced = Some(now);
        self.promote(now);
        self.add(RingPlace::Next, now);
    }

    /// Nothing that it signed is accepted; the next key takes a current one's place, and a new one the next one's.
    pub(crate) fn revoke(&mut self, id: KeyId, now: i64) {
        let key = self.keys.iter_mut().find(|key| key.id == Some(id)).unwrap();
        let was = key.place;
        if was == RingPlace::Revoked {
            return;
        }
        key.place = RingPlace::Revoked;
        key.ended = Some(now);
        if was == RingPlace::Current {
            key.replaced = Some(now);
            self.promote(now);
        }
        if was == RingPlace::Current || was == RingPlace::Next {
            self.add(RingPlace::Next, now);
        }
    }

    /// What the schedule asks for next: the end of the previous key, then a rotation.
    pub(crate) fn coming(&self) -> Vec<(&'static str, i64)> {
        let Some([every, publish, grace]) = self.schedule else { return Vec::new() };
        let mut coming = Vec::new();
        if let Some(previous) = self.at(RingPlace::Previous) {
            coming.push(("retire", previous.replaced.unwrap() + grace));
        }
        let current = self.at(RingPlace::Current).unwrap().current_since.unwrap() + every;
        let next = self.at(RingPlace::Next).unwrap().published + publish;
        coming.push(("rotate", current.max(next)));
        coming
    }

    pub(crate) fn due(&self, now: i64) -> Vec<(&'static str, i64)> {
        self.coming().into_iter().filter(|(_, since)| *since <= now).collect()
    }

    /// Drops what is too much of its history: what ended first, unless somebody uses it. Gives the keys that went.
    pub(crate) fn drop_ended(&mut self, is_used: impl Fn(KeyId) -> bool) -> Vec<KeyId> {
        let mut ended: Vec<_> = self.keys.iter().filter(|key| !key.place.is_live()).cloned().collect();
        ended.sort_by_key(|key| key.ended);
        let too_many = ended.len().saturating_sub(usize::from(self.keep));
        let gone: Vec<_> = ended[..too_many].iter().map(|key| key.id.unwrap()).filter(|id| !is_used(*id)).collect();
        self.keys.retain(|key| key.id.is_none_or(|id| !gone.contains(&id)));
        gone
    }
}

/// What an application must present.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Credential {
    Secret(String),
    /// One of the certificates that there are for this.
    Certificate(u8),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct App {
    pub(crate) id: AppId,
    pub(crate) name: u8,
    pub(crate) fips: bool,
    pub(crate) hashed: bool,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) made: i64,
    /// None when the store replaced the secret by one that it tells nobody.
    pub(crate) current: Option<Credential>,
    /// As it lies in the file, until it is wiped; in milliseconds.
    pub(crate) previous: Option<(Option<Credential>, i64)>,
    pub(crate) failures: Vec<i64>,
}

impl App {
    /// The credential before this one, while it is accepted.
    pub(crate) fn previous_at(&self, now: i64) -> Option<&(Option<Credential>, i64)> {
        self.previous.as_ref().filter(|(_, until)| *until > now)
    }

    /// Wipes what is over.
    pub(crate) fn expire(&mut self, now: i64) -> bool {
        let over = self.previous.is_some() && self.previous_at(now).is_none();
        if over {
            self.previous = None;
            self.updated = now;
        }
        over
    }
}

pub(crate) fn is_secret(credential: &Option<Credential>) -> bool {
    !matches!(credential, Some(Credential::Certificate(_)))
}

/// The wrong secrets that count: those of the last day. One that lies ahead counts as of now.
pub(crate) fn recent(failures: &[i64], now: i64) -> Vec<i64> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let recent: Vec<_> = failures.iter().map(|at| (*at).min(now)).filter(|at| now - at < DAY).collect();
    recent[recent.len().saturating_sub(99)..].to_vec()
}

/// Seconds to wait after so many wrong secrets: from the third on, doubling from one second to a quarter of an hour.
pub(crate) fn delay(failures: usize) -> Option<u64> {
    let doubled = failures.checked_sub(3)?;
    Some(if doubled >= 10 { 900 } else { 1 << doubled })
}

/// Seconds until the delay that was told last is over, rounded up.
pub(crate) fn wait(failures: &[i64], now: i64) -> Option<u64> {
    let recent = recent(failures, now);
    let over = recent.last()? + delay(recent.len())? as i64 * 1000;
    (over > now).then(|| ((over - now) as u64).div_ceil(1000))
}

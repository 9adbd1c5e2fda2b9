//! Steps on rings.

use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use keystead::{
    Algorithm, Due, ErrorKind, KeyId, KeySpec, KeyType, KeyUse, Kid, Origin, Ring, RingKey, RingName, RingPlace,
    RingPlan, RingSigner, RingState, Schedule,
};

use super::World;
use super::keys::same_signature;
use super::materials::MESSAGE;
use super::model::{self, Entry, Facts, RINGS, RingEntry, State};
use super::naive::instant;
use super::verb::Verb;

const SCHEDULES: [Option<[i64; 3]>; 4] =
    [None, Some([60_000, 0, 0]), Some([90_061, 30_007, 1_500]), Some([86_400_000, 3_600_000, 7_200_000])];

/// A ring that a handle keeps open, so that it has to notice.
pub(super) struct Held {
    ring: Ring,
    /// None for a ring whose keys are for encryption.
    signer: Option<RingSigner>,
    /// Of the ring that it was taken of.
    number: u64,
}

fn spec(what: u8) -> KeySpec {
    KeySpec::new(if what.is_multiple_of(3) { Algorithm::Hs256 } else { Algorithm::Es256 }, None).unwrap()
}

fn is_hmac(what: u8) -> bool {
    spec(what).algorithm().key_type() == KeyType::Hmac
}

fn schedule(of: u8) -> (Option<Schedule>, Option<[i64; 3]>) {
    let times = SCHEDULES[usize::from(of) % SCHEDULES.len()];
    let schedule = times.map(|times| {
        let [every, publish, grace] = times.map(|time| Duration::from_millis(time as u64));
        Schedule::new(every, publish, grace).unwrap()
    });
    (schedule, times)
}

fn ring_of(a: u8) -> (u8, RingName) {
    // The first one more often.
    let n = u8::from(a % 4 == 3);
    (n, RingName::new(RINGS[usize::from(n)]).unwrap())
}

impl World {
    pub(super) fn create_ring(&mut self, by: u8, a: u8, [what, set, keep]: [u8; 3]) {
        let slot = self.handle(by);
        let (n, name) = ring_of(a);
        let (encrypts, exportable) = (set.is_multiple_of(8), set % 2 == 1);
        let (schedule, times) = schedule(set / 8);
        let keep = u16::from(keep % 4);
        let mut plan = RingPlan::new(name, spec(what)).keep(keep).exportable(exportable);
        if encrypts {
            plan = plan.key_use(KeyUse::Encryption);
        }
        if let Some(schedule) = schedule {
            plan = plan.schedule(schedule);
        }
        let expected = match self.state.rings.contains_key(&n) {
            _ if encrypts && is_hmac(what) => Err(ErrorKind::InvalidInput),
            true => Err(ErrorKind::Duplicate),
            false => Ok(()),
        };
        let made = self.store(slot).create_ring(&plan);
        let Some(ring) = self.settle(Verb::CreateRing, made, expected, self.gate(slot, true)) else { return };
        self.state.rings_made += 1;
        let mut model = model::Ring {
            number: self.state.rings_made,
            what,
            encrypts,
            exportable,
            keep,
            schedule: times,
            created: self.now,
            keys: Vec::new(),
        };
        model.add(RingPlace::Current, self.now);
        model.add(RingPlace::Next, self.now);
        let state = ring.state().unwrap();
        learn(&mut self.state, n, &mut model, &state, self.now);
        self.state.rings.insert(n, Rc::new(model));
        self.check_ring(n, &state);
    }

    /// Where there is no ring to be asked, one is made, three times of four.
    pub(super) fn makes_a_ring(&mut self, by: u8, a: u8, [what, more]: [u8; 2]) -> bool {
        let makes = !self.state.rings.contains_key(&ring_of(a).0) && more % 4 != 1;
        if makes {
            self.create_ring(by, a, [what, more, what / 4]);
        }
        makes
    }

    /// The ring as this handle holds it, from before if it was asked for then. None when there is none, or none can be had.
    fn held(&mut self, slot: usize, n: u8, anew: bool) -> Option<Ring> {
        let exists = self.state.rings.get(&n).map(|ring| (ring.number, ring.encrypts));
        let handle = self.handles[slot].as_ref().unwrap();
        if let Some(held) = handle.rings.get(&n).filter(|_| !anew) {
            return Some(held.ring.clone());
        }
        let name = RingName::new(RINGS[usize::from(n)]).unwrap();
        let expected = exists.map(drop).ok_or(ErrorKind::NotFound);
        let found = handle.store.ring(&name);
        // A look, whatever it is for.
        let ring = self.settle(Verb::RingSign, found, expected, self.gate(slot, false))?;
        let (number, encrypts) = exists.unwrap();
        let signer = if encrypts { None } else { Some(ring.signer().unwrap()) };
        let held = Held { ring: ring.clone(), signer, number };
        self.handles[slot].as_mut().unwrap().rings.insert(n, held);
        Some(ring)
    }

    /// The ring in the model that a handle's ring is, if it is there still.
    fn model_of(&self, slot: usize, n: u8) -> Option<Rc<model::Ring>> {
        let held = &self.handles[slot].as_ref().unwrap().rings[&n];
        self.state.rings.get(&n).filter(|ring| ring.number == held.number).cloned()
    }

    fn kid_of(&self, id: KeyId) -> Kid {
        self.state.by_id(id).unwrap().1.key().kid().clone()
    }

    pub(super) fn change_ring(&mut self, verb: Verb, by: u8, a: u8, [what, more]: [u8; 2]) {
        let slot = self.handle(by);
        let (n, _) = ring_of(a);
        let Some(ring) = self.held(slot, n, more.is_multiple_of(4)) else { return };
        let found = self.model_of(slot, n);
        let mut expected = found.as_ref().map(drop).ok_or(ErrorKind::NotFound);
        let mut model = found.map(|ring| (*ring).clone());
        let now = self.now;
        let mut with = |change: &mut dyn FnMut(&mut model::Ring)| {
            if let Some(model) = &mut model {
                change(model);
            }
        };
        let answer = match verb {
            Verb::Rotate => {
                with(&mut |ring| ring.rotate(now));
                ring.rotate()
            }
            Verb::RotateTo => {
                with(&mut |ring| {
                    if ring.encrypts && is_hmac(what) {
                        expected = Err(ErrorKind::InvalidInput);
                    }
                    ring.what = what;
                    ring.rotate(now);
                });
                ring.rotate_to(spec(what))
            }
            Verb::Retire => {
                with(&mut |ring| ring.retire(now));
                ring.retire_previous()
            }
            Verb::SetKeep => {
                let keep = u16::from(what % 4);
                with(&mut |ring| ring.keep = keep);
                ring.set_keep(keep)
            }
            Verb::SetSchedule => {
                let (schedule, times) = schedule(what);
                with(&mut |ring| ring.schedule = times);
                ring.set_schedule(schedule)
            }
            _ => {
                let keys = model.as_ref().map_or(&[][..], |ring| &ring.keys);
                let id = if what == 255 || keys.is_empty() { None } else { keys[usize::from(what) % keys.len()].id };
                match id {
                    Some(id) => {
                        model.as_mut().unwrap().revoke(id, now);
                        let kid = self.kid_of(id);
                        self.all_have_signed(id);
                        ring.revoke(&kid)
                    }
                    None => {
                        expected = Err(ErrorKind::NotFound);
                        ring.revoke(&Kid::new("unknown").unwrap())
                    }
                }
            }
        };
        let Some(state) = self.settle(verb, answer, expected, self.gate(slot, true)) else { return };
        let model = model.unwrap();
        let revoked = model.keys.iter().filter(|key| key.place == RingPlace::Revoked).filter_map(|key| key.id);
        let revoked: Vec<_> = revoked.collect();
        self.changed(n, model, &state, now);
        if verb == Verb::Revoke {
            revoked.into_iter().for_each(|id| self.all_have_signed(id));
        }
    }

    /// Every handle signs, or refuses to, so that it has the key at hand.
    fn all_have_signed(&self, id: KeyId) {
        for handle in self.handles.iter().flatten().filter(|handle| handle.stale.is_none()) {
            let kind = handle.store.sign(id, MESSAGE).err().map(|error| error.kind());
            let expected = match self.state.by_id(id).map(|(_, entry)| entry.key().clone()) {
                None => Some(ErrorKind::NotFound),
                Some(key) if key.key_use() == KeyUse::Encryption => Some(ErrorKind::NotPossible),
                Some(key) => key.is_revoked().then_some(ErrorKind::Refused),
            };
            assert_eq!(kind, expected);
        }
    }

    /// A ring was changed so: what is too much of it goes, and what is new is learnt.
    fn changed(&mut self, n: u8, mut ring: model::Ring, state: &RingState, made_at: i64) {
        let is_used = |id| !self.state.by_id(id).unwrap().1.labels.is_empty();
        let gone = ring.drop_ended(is_used);
        for id in gone {
            let (seq, _) = self.state.by_id(id).unwrap();
            self.state.keys.remove(&seq);
        }
        learn(&mut self.state, n, &mut ring, state, made_at);
        for key in &ring.keys {
            let revoked = key.place == RingPlace::Revoked;
            let (_, entry) = self.state.by_id(key.id.unwrap()).unwrap();
            if revoked && !entry.key().is_revoked() {
                let now = state.keys().find(|now| Some(now.key().id()) == key.id).unwrap().key().clone();
                let expected = Facts { revoked, ..Facts::of(entry.key()) };
                assert_eq!(Facts::of(&now), expected);
                self.state.change(now.id(), |entry| entry.listed.key = now);
            }
        }
        self.state.rings.insert(n, Rc::new(ring));
        self.check_ring(n, state);
    }

    /// What is due at an instant that is this far from that at which something is due, or from now.
    pub(super) fn apply_due(&mut self, by: u8, a: u8, [what, more]: [u8; 2]) {
        let slot = self.handle(by);
        let (n, _) = ring_of(a);
        let Some(ring) = self.held(slot, n, more.is_multiple_of(4)) else { return };
        let found = self.model_of(slot, n);
        let from = found.as_ref().and_then(|ring| ring.coming().into_iter().map(|(_, at)| at).min());
        let then = from.filter(|_| what < 128).unwrap_or(self.now) + [-1, 0, 1, 5_000][usize::from(what) % 4];
        let nanos = [0, 1, 999_999][usize::from(more) % 3];
        let due = found.as_ref().map(|ring| ring.due(then)).unwrap_or_default();
        let expected = found.as_ref().map(drop).ok_or(ErrorKind::NotFound);
        let done = ring.apply_due(instant(then, nanos));
        let gate = self.gate(slot, !due.is_empty());
        let Some(done) = self.settle(Verb::ApplyDue, done, expected, gate) else { return };
        assert_eq!(done.into_iter().map(plain).collect::<Vec<_>>(), due);
        let mut model = (*found.unwrap()).clone();
        for (what, _) in &due {
            if *what == "retire" { model.retire(then) } else { model.rotate(then) }
        }
        let state = ring.state().unwrap();
        if due.is_empty() {
            self.check_ring(n, &state);
        } else {
            self.changed(n, model, &state, then);
        }
    }

    pub(super) fn delete_ring(&mut self, by: u8, a: u8, more: u8) {
        let slot = self.handle(by);
        let (n, _) = ring_of(a);
        let Some(ring) = self.held(slot, n, more.is_multiple_of(4)) else { return };
        let found = self.model_of(slot, n);
        let ids: Vec<_> = found.iter().flat_map(|ring| &ring.keys).map(|key| key.id.unwrap()).collect();
        let used = ids.iter().any(|id| !self.state.by_id(*id).unwrap().1.labels.is_empty());
        let expected = match found {
            None => Err(ErrorKind::NotFound),
            Some(_) if used => Err(ErrorKind::InUse),
            Some(_) => Ok(()),
        };
        let deleted = ring.delete();
        if self.settle(Verb::DeleteRing, deleted, expected, self.gate(slot, true)).is_some() {
            self.state.rings.remove(&n);
            self.state.keys.retain(|_, entry| !ids.contains(&entry.key().id()));
        }
    }

    /// Signs with whatever is current, and asks about a signature of any key of the ring.
    pub(super) fn ring_sign(&mut self, by: u8, a: u8, which: u8) {
        let slot = self.handle(by);
        let (n, _) = ring_of(a);
        let Some(ring) = self.held(slot, n, false) else { return };
        let found = self.model_of(slot, n);
        let gate = self.gate(slot, false);
        let encrypts = found.as_ref().is_some_and(|ring| ring.encrypts);
        let expected = match &found {
            None => Err(ErrorKind::NotFound),
            Some(_) if encrypts => Err(ErrorKind::NotPossible),
            Some(_) => Ok(()),
        };
        if let Some(signer) = &self.handles[slot].as_ref().unwrap().rings[&n].signer {
            let signed = signer.clone().sign(MESSAGE);
            if let Some(signed) = self.settle(Verb::RingSign, signed, expected, gate) {
                let current = found.as_ref().unwrap().at(RingPlace::Current).unwrap().id.unwrap();
                let (_, entry) = self.state.by_id(current).unwrap();
                assert_eq!(&signed.kid, entry.key().kid());
                same_signature(entry, signed.signature.as_bytes());
            }
        }
        // Of any key that is there, of this ring or not.
        let Some(entry) = self.pick(which) else { return };
        let signature = entry.signature.borrow().clone();
        let Some(signature) = signature else { return };
        let kid = entry.key().kid();
        let live = found.iter().flat_map(|ring| &ring.keys).filter(|key| key.place.is_live());
        // A copy of a key of the ring, imported beside it, goes by the same thumbprint.
        let is_live = live.filter_map(|key| key.id).any(|id| {
            let own = self.state.by_id(id).unwrap().1.key();
            own.id() == entry.key().id() || own.kid() == kid && own.public_key_der() == entry.key().public_key_der()
        });
        let answer = ring.verify(kid, MESSAGE, &signature);
        if let Some(answer) = self.settle(Verb::RingSign, answer, expected, gate) {
            assert_eq!(answer, is_live);
        }
    }

    /// A ring is what the model says.
    pub(super) fn check_ring(&self, n: u8, state: &RingState) {
        let model = &self.state.rings[&n];
        assert_eq!(state.spec(), spec(model.what));
        assert_eq!((state.keep(), state.is_exportable()), (model.keep, model.exportable));
        assert_eq!(state.key_use() == KeyUse::Encryption, model.encrypts);
        assert_eq!(state.created_at(), instant(model.created, 0));
        let in_place = |place| model.keys.iter().filter(move |key| key.place == place);
        let live = [RingPlace::Current, RingPlace::Next, RingPlace::Previous].into_iter().flat_map(in_place);
        let ended = model.keys.iter().filter(|key| !key.place.is_live());
        let expected: Vec<_> = live.chain(ended).cloned().collect();
        assert_eq!(state.keys().map(entry).collect::<Vec<_>>(), expected);
        for key in state.keys() {
            assert_eq!(key.key(), self.state.by_id(key.key().id()).unwrap().1.key());
        }
        let next = model.coming().into_iter().map(|(_, at)| at).min();
        assert_eq!(state.next_due(), next.map(|at| instant(at, 0)));
    }
}

/// Tells the model what the new keys of a ring are called. They were made at this instant.
fn learn(state: &mut State, n: u8, ring: &mut model::Ring, now: &RingState, made_at: i64) {
    let known: Vec<_> = ring.keys.iter().filter_map(|key| key.id).collect();
    for key in &mut ring.keys {
        if key.id.is_some() {
            continue;
        }
        let mut new = now.keys().filter(|new| new.place() == key.place && !known.contains(&new.key().id()));
        let new = new.next().expect("a key that was made").key().clone();
        let got = Facts::of(&new);
        let at = instant(made_at, 0);
        let spec = spec(ring.what);
        let expected = Facts {
            name: keystead::KeyName::new(format!("{} {}", RINGS[usize::from(n)], got.kid)).unwrap(),
            key_type: spec.algorithm().key_type(),
            algorithm: Some(spec.algorithm()),
            bits: spec.bits(),
            origin: Origin::Generated,
            exportable: ring.exportable,
            has_private: true,
            inserted_at: at,
            updated_at: at,
            exported_at: None,
            revoked: false,
            key_use: if ring.encrypts { KeyUse::Encryption } else { KeyUse::Signing },
            ..got.clone()
        };
        assert_eq!(got, expected);
        if let Some(all) = new.fingerprints().unwrap() {
            assert_eq!(got.kid.as_str(), all.jwk_sha256.to_base64url());
        }
        key.id = Some(got.id);
        // Letters of base64 alone.
        let folded = got.name.as_str().to_ascii_lowercase();
        let mut entry = Entry::new(new, folded);
        entry.ring = Some(n);
        state.add(entry);
    }
}

fn entry(key: &RingKey) -> RingEntry {
    let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    RingEntry {
        id: Some(key.key().id()),
        place: key.place(),
        published: key.published_at().as_millisecond(),
        current_since: millis(key.current_since()),
        replaced: millis(key.replaced_at()),
        ended: millis(key.ended_at()),
    }
}

fn plain(due: Due) -> (&'static str, i64) {
    match due {
        Due::RetirePrevious { since } => ("retire", since.as_millisecond()),
        Due::Rotate { since } => ("rotate", since.as_millisecond()),
        other => panic!("{other:?}"),
    }
}

//! Rings against a model that is slow and plain: random histories over two handles, in memory and in a file. After each
//! step everything that can be seen of the rings is what the model says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/naive.rs"]
mod naive;
#[path = "support/ring_model.rs"]
mod ring_model;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use keystead::{
    Algorithm, Due, ErrorKind, KeyId, KeySpec, Keystore, Kid, Options, Ring, RingName, RingPlace, RingPlan, RingSigner,
    RingState, Schedule, UserLabel,
};
use naive::{Set, instant};
use proptest::prelude::*;
use proptest::sample::Index;
use ring_model::{Asked, Entry, Model, Times};
use serde_json::Value;
use support::{options, raw};
use tempfile::TempDir;

const RINGS: [&str; 2] = ["acme", "other"];
const LABELS: [&str; 2] = ["tenant 12", "tenant 7"];
const ALGORITHMS: [Algorithm; 3] = [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Es256];
const SCHEDULES: [Option<[i64; 3]>; 5] = [
    None,
    Some([60_000, 0, 0]),
    Some([60_000, 60_000, 60_000]),
    Some([90_061, 30_007, 1]),
    Some([86_400_000, 3_600_000, 7_200_000]),
];
/// How far the clock goes, also back.
const TICKS: [i64; 9] = [0, 1, 999, 1_000, 30_000, 60_000, 90_061, 40_000_000_000, -45_000];
const START: i64 = 1_700_000_000_000;
const MESSAGE: &[u8] = b"message";

#[derive(Clone, Debug)]
struct Step {
    ring: usize,
    /// Through which handle, and which one looks at what came of it.
    handle: usize,
    watcher: usize,
    tick: i64,
    verb: Verb,
}

#[derive(Clone, Debug)]
enum Verb {
    Create {
        algorithm: usize,
        keep: u16,
        schedule: usize,
    },
    Rotate,
    RotateTo(usize),
    Retire,
    /// Any key that ever was, of any ring, or none.
    Revoke(Index),
    RevokeAt(RingPlace),
    RevokeUnknown,
    SetKeep(u16),
    SetSchedule(usize),
    /// So far from the next instant at which something is due, or from now: milliseconds, and parts of one.
    ApplyDue {
        from_due: bool,
        millis: i64,
        nanos: i64,
    },
    DeleteRing,
    DeleteKey(Index),
    Mark(Index, usize),
    Unmark(Index, usize),
    /// Only the clock goes on.
    Wait,
}

fn verb() -> impl Strategy<Value = Verb> {
    let places =
        prop::sample::select(vec![RingPlace::Previous, RingPlace::Current, RingPlace::Next, RingPlace::Retired]);
    prop_oneof![
        4 => (0..ALGORITHMS.len(), 0..5u16, 0..SCHEDULES.len())
            .prop_map(|(algorithm, keep, schedule)| Verb::Create { algorithm, keep, schedule }),
        8 => Just(Verb::Rotate),
        2 => (0..ALGORITHMS.len()).prop_map(Verb::RotateTo),
        2 => Just(Verb::Retire),
        2 => any::<Index>().prop_map(Verb::Revoke),
        4 => places.prop_map(Verb::RevokeAt),
        1 => Just(Verb::RevokeUnknown),
        2 => (0..4u16).prop_map(Verb::SetKeep),
        2 => (0..SCHEDULES.len()).prop_map(Verb::SetSchedule),
        6 => (prop::bool::weighted(0.7), prop::sample::select(vec![-1, 0, 1, 5_000]), prop::sample::select(vec![0, 1, 999_999]))
            .prop_map(|(from_due, millis, nanos)| Verb::ApplyDue { from_due, millis, nanos }),
        1 => Just(Verb::DeleteRing),
        1 => any::<Index>().prop_map(Verb::DeleteKey),
        2 => (any::<Index>(), 0..2usize).prop_map(|(key, label)| Verb::Mark(key, label)),
        2 => (any::<Index>(), 0..2usize).prop_map(|(key, label)| Verb::Unmark(key, label)),
        1 => Just(Verb::Wait),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let ring = prop_oneof![4 => Just(0), 1 => Just(1)];
    (ring, 0..2usize, 0..2usize, prop::sample::select(TICKS.to_vec()), verb())
        .prop_map(|(ring, handle, watcher, tick, verb)| Step { ring, handle, watcher, tick, verb })
}

/// A key that ever was.
struct Known {
    id: KeyId,
    kid: Kid,
    algorithm: Algorithm,
    /// Of the ring of this name that it was made for.
    ring: usize,
    signature: Vec<u8>,
}

/// What was open before stays open, so that it has to notice.
#[derive(Default)]
struct Open {
    rings: BTreeMap<usize, (Ring, RingSigner)>,
}

struct World {
    clock: Arc<Set>,
    now: i64,
    stores: [Keystore; 2],
    open: [Open; 2],
    model: Model,
    known: Vec<Known>,
    steps: usize,
    _folder: Option<TempDir>,
}

fn spec(algorithm: usize) -> KeySpec {
    KeySpec::new(ALGORITHMS[algorithm], None).unwrap()
}

fn schedule(of: usize) -> Option<Schedule> {
    SCHEDULES[of].map(|times| {
        let [every, publish, grace] = times.map(|time| Duration::from_millis(time as u64));
        Schedule::new(every, publish, grace).unwrap()
    })
}

fn at(millis: i64) -> Timestamp {
    instant(millis, 0)
}

impl World {
    fn in_memory() -> Self {
        let clock = Set::new(START);
        let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
        Self::new(clock, [store.clone(), store], None)
    }

    fn in_file() -> Self {
        let clock = Set::new(START);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let options = || options().clock(clock.clone());
        let first = Keystore::create(&path, &raw(), options()).unwrap();
        let second = Keystore::open(&path, &raw(), options().cached_keys(1)).unwrap();
        Self::new(clock.clone(), [first, second], Some(folder))
    }

    fn new(clock: Arc<Set>, stores: [Keystore; 2], folder: Option<TempDir>) -> Self {
        let open = Default::default();
        Self { clock, now: START, stores, open, model: Model::default(), known: Vec::new(), steps: 0, _folder: folder }
    }

    fn take(&mut self, step: &Step) {
        self.now += step.tick;
        self.clock.to(self.now);
        let outcome = self.act(step);
        if let Err((kind, expected)) = outcome {
            assert_eq!(kind, expected, "{step:?}");
        }
        self.check(step.watcher);
        self.steps += 1;
        if self.steps.is_multiple_of(8) {
            self.check(1 - step.watcher);
            assert_eq!(self.stores[step.watcher].verify_integrity().unwrap().problems(), [""; 0]);
        }
    }

    /// Does it in the store and in the model. Gives what both refused with, if they did.
    fn act(&mut self, step: &Step) -> Result<(), (Option<ErrorKind>, Option<ErrorKind>)> {
        let store = self.stores[step.handle].clone();
        let name = RingName::new(RINGS[step.ring]).unwrap();
        let now = self.now;
        let n = step.ring;
        let compare = |kind: Option<ErrorKind>, asked: Asked| match (kind, asked) {
            (None, Asked::Done) => Ok(()),
            (kind, Asked::Done) => Err((kind, None)),
            (kind, Asked::Refused(expected)) => Err((kind, Some(expected))),
        };
        let kind_of = |outcome: keystead::Result<RingState>| outcome.err().map(|error| error.kind());
        match &step.verb {
            Verb::Create { algorithm, keep, schedule: times } => {
                let mut plan = RingPlan::new(name, spec(*algorithm)).keep(*keep);
                if let Some(schedule) = schedule(*times) {
                    plan = plan.schedule(schedule);
                }
                let made = store.create_ring(&plan);
                let asked = self.model.create(n, *algorithm, *keep, SCHEDULES[*times], now);
                if let Ok(ring) = &made {
                    self.meet(step.handle, n, ring);
                }
                compare(made.err().map(|error| error.kind()), asked)
            }
            Verb::Mark(key, label) | Verb::Unmark(key, label) => {
                let Some(known) = self.pick(key) else { return Ok(()) };
                let (id, kid) = (known.id, known.kid.as_str().to_owned());
                let user = UserLabel::new(LABELS[*label]).unwrap();
                let marks = matches!(step.verb, Verb::Mark(..));
                let kind = match marks {
                    true => store.mark_in_use(id, &user).err(),
                    false => store.unmark_in_use(id, &user).err(),
                };
                let asked = self.model.mark(&kid, LABELS[*label], marks);
                compare(kind.map(|error| error.kind()), asked)
            }
            Verb::DeleteKey(key) => {
                let Some(known) = self.pick(key) else { return Ok(()) };
                let error = store.delete(known.id).unwrap_err();
                match self.model.users(known.kid.as_str()) {
                    Some(users) => {
                        assert_eq!((error.kind(), error.users()), (ErrorKind::InUse, users.as_slice()));
                    }
                    None => assert_eq!(error.kind(), ErrorKind::NotFound),
                }
                Ok(())
            }
            Verb::Wait => Ok(()),
            verb => {
                let ring = match store.ring(&name) {
                    Ok(ring) => ring,
                    Err(error) => {
                        assert!(!self.model.has(n), "{name} is not found");
                        return compare(Some(error.kind()), Asked::Refused(ErrorKind::NotFound));
                    }
                };
                // Through a handle that is old as often as through one that is new.
                let ring = match self.open[step.handle].rings.get(&n) {
                    Some((old, _)) if step.watcher == 0 => old.clone(),
                    _ => ring,
                };
                let (outcome, asked) = match verb {
                    Verb::Rotate => (ring.rotate(), self.model.rotate(n, None, now)),
                    Verb::RotateTo(to) => (ring.rotate_to(spec(*to)), self.model.rotate(n, Some(*to), now)),
                    Verb::Retire => (ring.retire_previous(), self.model.retire(n, now)),
                    Verb::Revoke(key) => match self.pick(key).map(|known| known.kid.clone()) {
                        Some(kid) => (ring.revoke(&kid), self.model.revoke(n, kid.as_str(), now)),
                        None => return Ok(()),
                    },
                    Verb::RevokeAt(place) => {
                        let found =
                            self.model.ring(n).and_then(|ring| ring.keys.iter().find(|key| key.place == *place));
                        let Some(kid) = found.map(|key| key.kid.clone()) else { return Ok(()) };
                        (ring.revoke(&Kid::new(kid.as_str()).unwrap()), self.model.revoke(n, &kid, now))
                    }
                    Verb::RevokeUnknown => {
                        (ring.revoke(&Kid::new("unknown").unwrap()), self.model.revoke(n, "unknown", now))
                    }
                    Verb::SetKeep(keep) => (ring.set_keep(*keep), self.model.set_keep(n, *keep)),
                    Verb::SetSchedule(to) => {
                        (ring.set_schedule(schedule(*to)), self.model.set_schedule(n, SCHEDULES[*to]))
                    }
                    Verb::DeleteRing => {
                        let kind = ring.delete().err().map(|error| error.kind());
                        let asked = self.model.delete(n);
                        return compare(kind, asked);
                    }
                    Verb::ApplyDue { from_due, millis, nanos } => {
                        let from =
                            self.model.ring(n).and_then(|ring| ring.next_due()).filter(|_| *from_due).unwrap_or(now);
                        let then = from + millis;
                        let done = ring.apply_due(instant(then, *nanos)).unwrap();
                        let expected = self.model.apply_due(n, then);
                        assert_eq!(done.into_iter().map(plain).collect::<Vec<_>>(), expected);
                        (ring.state(), Asked::Done)
                    }
                    _ => unreachable!(),
                };
                if let Ok(state) = &outcome {
                    self.learn(step.handle, n, state);
                    assert_eq!(state, &ring.state().unwrap());
                }
                compare(kind_of(outcome), asked)
            }
        }
    }

    /// Whether to take a good signature's word for it this time: EC is slow in a debug build.
    fn spares(&self, known: &Known) -> bool {
        known.algorithm == Algorithm::Es256 && !self.steps.is_multiple_of(5)
    }

    fn pick(&self, key: &Index) -> Option<&Known> {
        if self.known.is_empty() { None } else { Some(key.get(&self.known)) }
    }

    /// A ring was made: both handles keep it open from now on.
    fn meet(&mut self, handle: usize, n: usize, ring: &Ring) {
        let state = ring.state().unwrap();
        self.learn(handle, n, &state);
        for (open, store) in self.open.iter_mut().zip(&self.stores) {
            let ring = store.ring(ring.name()).unwrap();
            let signer = ring.signer().unwrap();
            open.rings.insert(n, (ring, signer));
        }
    }

    /// Tells the model what the new keys of a ring are called, and has each sign once.
    fn learn(&mut self, handle: usize, n: usize, state: &RingState) {
        let new: Vec<_> =
            state.keys().filter(|key| self.known.iter().all(|known| known.id != key.key().id())).collect();
        for ring_key in new {
            let key = ring_key.key();
            self.model.name(n, ring_key.place(), key.kid().as_str());
            let signature = self.stores[handle].sign(key.id(), MESSAGE).unwrap().as_bytes().to_vec();
            let (id, kid, algorithm) = (key.id(), key.kid().clone(), key.algorithm().unwrap());
            self.known.push(Known { id, kid, algorithm, ring: n, signature });
        }
    }

    /// All that can be seen through one handle.
    fn check(&self, watcher: usize) {
        let store = &self.stores[watcher];
        let names: Vec<_> = store.rings().unwrap().iter().map(|ring| ring.name().as_str().to_owned()).collect();
        assert_eq!(names, self.model.order().map(|n| RINGS[n]).collect::<Vec<_>>());
        for n in 0..RINGS.len() {
            match self.model.ring(n) {
                Some(model) => self.check_ring(watcher, n, model),
                None => {
                    let Some((ring, signer)) = self.open[watcher].rings.get(&n) else { continue };
                    assert_eq!(ring.state().unwrap_err().kind(), ErrorKind::NotFound);
                    assert_eq!(ring.jwks().unwrap_err().kind(), ErrorKind::NotFound);
                    assert_eq!(signer.sign(MESSAGE).unwrap_err().kind(), ErrorKind::NotFound);
                }
            }
        }
        let in_store: BTreeSet<_> = store.keys().map(|key| key.unwrap().id()).collect();
        let mut expected = BTreeSet::new();
        for known in &self.known {
            let users = self.model.users(known.kid.as_str());
            if let Some(users) = users {
                expected.insert(known.id);
                assert_eq!(store.users(known.id).unwrap(), users);
            }
            let kind = match self.model.place(known.kid.as_str()) {
                None => Some(ErrorKind::NotFound),
                Some(RingPlace::Revoked) => Some(ErrorKind::Refused),
                Some(_) => None,
            };
            let verifier = store.verifier(known.id).map_err(|error| error.kind());
            let answers = verifier.map(|verifier| self.spares(known) || verifier.verify(MESSAGE, &known.signature));
            assert_eq!(answers, kind.map_or(Ok(true), Err));
            if known.algorithm != Algorithm::Es256 || kind.is_some() {
                assert_eq!(store.sign(known.id, MESSAGE).err().map(|error| error.kind()), kind);
            }
        }
        assert_eq!(in_store, expected);
        let published: BTreeSet<_> = kids(&store.jwks().unwrap()).into_iter().collect();
        let live = |known: &&Known| self.model.place(known.kid.as_str()).is_some_and(RingPlace::is_live);
        let expected = self.known.iter().filter(|known| known.algorithm == Algorithm::Es256).filter(live);
        assert_eq!(published, expected.map(|known| known.kid.as_str().to_owned()).collect());
    }

    fn check_ring(&self, watcher: usize, n: usize, model: &ring_model::Ring) {
        let (ring, signer) = &self.open[watcher].rings[&n];
        let state = ring.state().unwrap();
        assert_eq!(state.spec(), spec(model.algorithm));
        assert_eq!((state.keep(), state.schedule().map(times_of)), (model.keep, model.schedule));
        let seen: Vec<_> = state.keys().map(entry).collect();
        let in_place = |place| model.keys.iter().filter(move |key| key.place == place);
        let live: Vec<_> =
            [RingPlace::Current, RingPlace::Next, RingPlace::Previous].into_iter().flat_map(in_place).collect();
        let ended: Vec<_> = model.keys.iter().filter(|key| !key.place.is_live()).collect();
        assert_eq!(seen.iter().collect::<Vec<_>>(), [live.as_slice(), ended.as_slice()].concat());
        assert_eq!(state.ended().iter().map(entry).collect::<Vec<_>>(), ended.into_iter().cloned().collect::<Vec<_>>());
        let at_places = [Some(state.current()), Some(state.next()), state.previous()].map(|key| key.map(entry));
        assert_eq!(at_places, [live.first(), live.get(1), live.get(2)].map(|key| key.map(|key| (*key).clone())));

        let es256 = |kid: &&String| {
            self.known.iter().any(|known| known.kid.as_str() == **kid && known.algorithm == Algorithm::Es256)
        };
        let publishable: Vec<_> = live.iter().map(|key| &key.kid).filter(es256).cloned().collect();
        assert_eq!(kids(&ring.jwks().unwrap()), publishable);
        assert_eq!(signer.current().unwrap().kid().as_str(), live[0].kid);
        assert_eq!(signer.sign(MESSAGE).unwrap().kid.as_str(), live[0].kid);
        for known in &self.known {
            let place = model.keys.iter().find(|key| key.kid == known.kid.as_str()).map(|key| key.place);
            let is_live = place.is_some_and(RingPlace::is_live);
            if !is_live || !self.spares(known) {
                let accepted = ring.verify(&known.kid, MESSAGE, &known.signature).unwrap();
                assert_eq!(accepted, is_live, "{place:?} of {n}, made for {}", known.ring);
            }
            let expected = match place {
                None => Err(ErrorKind::NotFound),
                Some(place) if place.is_live() => Ok(true),
                Some(_) => Err(ErrorKind::Refused),
            };
            let verifier = ring.verifier(&known.kid).map_err(|error| error.kind());
            assert_eq!(
                verifier.map(|verifier| self.spares(known) || verifier.verify(MESSAGE, &known.signature)),
                expected
            );
        }

        assert_eq!(state.next_due(), model.next_due().map(at));
        let from = model.next_due().unwrap_or(self.now);
        for then in [self.now, from - 1, from, from + 1, from + 100_000] {
            let due: Vec<_> = ring.due(at(then)).unwrap().into_iter().map(plain).collect();
            assert_eq!(due, model.due(then), "at {then}");
        }
    }
}

fn entry(key: &keystead::RingKey) -> Entry {
    let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    Entry {
        kid: key.key().kid().as_str().to_owned(),
        place: key.place(),
        times: Times {
            published: key.published_at().as_millisecond(),
            current_since: millis(key.current_since()),
            replaced: millis(key.replaced_at()),
            ended: millis(key.ended_at()),
        },
    }
}

fn times_of(schedule: Schedule) -> [i64; 3] {
    [schedule.every(), schedule.publish(), schedule.grace()].map(|time| time.as_millis() as i64)
}

fn plain(due: Due) -> (&'static str, i64) {
    match due {
        Due::RetirePrevious { since } => ("retire", since.as_millisecond()),
        Due::Rotate { since } => ("rotate", since.as_millisecond()),
        other => panic!("{other:?}"),
    }
}

fn kids(set: &str) -> Vec<String> {
    let set: Value = serde_json::from_str(set).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Begins with a ring, so that most steps find one.
fn history(mut world: World, steps: &[Step]) {
    let verb = Verb::Create { algorithm: 2, keep: 2, schedule: 3 };
    world.take(&Step { ring: 0, handle: 0, watcher: 1, tick: 0, verb });
    steps.iter().for_each(|step| world.take(step));
    for watcher in [0, 1] {
        world.check(watcher);
        assert_eq!(world.stores[watcher].verify_integrity().unwrap().problems(), [""; 0]);
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 2_000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn rings_in_memory_are_what_the_model_says(steps in prop::collection::vec(step(), 1..32)) {
        history(World::in_memory(), &steps);
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn two_handles_of_a_file_see_what_the_model_says(steps in prop::collection::vec(step(), 1..32)) {
        history(World::in_file(), &steps);
    }
}

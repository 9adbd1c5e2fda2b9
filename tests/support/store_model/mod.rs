//! A whole store against a model: bytes become a history of calls on several handles of one file, with crashes, lost
//! tails of the log, locks, clocks that jump and random bytes that run out between them. What each call answers is what the
//! model says, and so is now and then all that can be seen.
//!
//! Shared by `tests/store_model.rs` and the fuzz target `store_model`.

// Each of them uses its own part of this.
#![allow(dead_code)]

mod anchors;
mod apps;
mod authority;
mod batches;
mod faults;
mod files;
mod keys;
mod look;
mod materials;
mod model;
#[path = "../naive.rs"]
mod naive;
mod older;
mod rings;
mod tally;
mod verb;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use keystead::{Anchor, AppId, Cursor, ErrorKind, Keystore, Options, Signer, Unlock};
use rusqlite::Connection;
use tempfile::TempDir;

use faults::{Dice, LogEnd};
use model::{Entry, State};
use naive::Set;
use rings::Held;
use tally::tally;
pub(crate) use tally::tally_in_words;
use verb::{Step, Verb};

/// One step is so many bytes; what is left over at the end counts for nothing.
pub(crate) const STEP: usize = 8;
/// More steps than this are not looked at.
const MOST_STEPS: usize = 120;
const START: i64 = 1_700_000_000_000;

/// Plays what the bytes say. The first is about the store, the others are steps.
pub(crate) fn play(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let mut world = World::new(*first);
    for step in rest.chunks_exact(STEP).take(MOST_STEPS) {
        world.take(&Step::read(step));
    }
    world.end();
}

/// What the bytes say, in words: to be read when it went wrong.
pub(crate) fn describe(bytes: &[u8]) -> String {
    let Some((first, rest)) = bytes.split_first() else { return String::new() };
    let steps = rest.chunks_exact(STEP).map(|step| format!("\n{:?}", Step::read(step)));
    format!("store {first}{}", steps.collect::<String>())
}

/// A way into the store.
struct Handle {
    store: Keystore,
    read_only: bool,
    /// The key that it knows.
    key: u8,
    /// How often it was used since another one changed the key.
    stale: Option<u8>,
    rings: BTreeMap<u8, Held>,
    /// Wrong secrets of apps in FIPS mode that this handle could not count yet.
    owed: BTreeMap<AppId, usize>,
}

type Gate = [ErrorKind; 2];

struct World {
    first: u8,
    folder: Option<TempDir>,
    path: PathBuf,
    /// How many files there were.
    files: u32,
    key: u8,
    clock: Arc<Set>,
    now: i64,
    /// The clock goes back to this, not farther.
    earliest: i64,
    dice: Arc<Dice>,
    handles: [Option<Handle>; 3],
    state: State,
    /// What was in force at which end of the log.
    history: Vec<(LogEnd, State, u8)>,
    signers: Vec<(Signer, Rc<Entry>)>,
    cursors: Vec<(Cursor, naive::Entry, naive::Terms)>,
    /// What was handed out, and whether it is a secret.
    exported: Vec<(Vec<u8>, bool)>,
    backup: Option<(PathBuf, State, u8)>,
    /// Every anchor that was ever taken, also of states that are lost, and behind which commit.
    anchors: Vec<(Anchor, u64)>,
    commits: u64,
    /// Whether the step was answered, and every answer was a refusal.
    refused: Option<bool>,
    lock: Option<Connection>,
    says: bool,
}

impl World {
    fn new(first: u8) -> Self {
        let says = std::env::var_os("STORE_MODEL_SAYS").is_some();
        let in_memory = first % 8 > 5;
        let folder = (!in_memory).then(folder);
        let path = folder.as_ref().map_or_else(PathBuf::new, |folder| folder.path().join("store"));
        let mut world = Self {
            first,
            folder,
            path,
            files: 0,
            key: 0,
            clock: Set::new(START),
            now: START,
            earliest: 946_684_800_000,
            dice: Arc::default(),
            handles: [None, None, None],
            state: State::default(),
            history: Vec::new(),
            signers: Vec::new(),
            cursors: Vec::new(),
            exported: Vec::new(),
            backup: None,
            anchors: Vec::new(),
            commits: 0,
            refused: None,
            lock: None,
            says,
        };
        world.dice.fail_after(-1, false);
        if in_memory {
            let store = Keystore::in_memory(world.options(0)).unwrap();
            world.handles[0] = Some(Handle::new(store, false, 0));
        } else {
            if first % 8 == 5 {
                world.begin_with(older::older(first / 8));
            } else {
                std::fs::write(&world.path, empty_store()).unwrap();
            }
            world.open(0);
        }
        world.note(false);
        world
    }

    fn in_memory(&self) -> bool {
        self.folder.is_none()
    }

    /// The second handle keeps next to nothing in memory.
    fn options(&self, slot: usize) -> Options {
        let cached = if slot == 1 { 1 } else { 256 };
        let options = Options::default().busy_timeout(Duration::ZERO).cached_keys(cached);
        options.clock(self.clock.clone()).entropy(self.dice.clone())
    }

    fn unlock(key: u8) -> Unlock {
        Unlock::raw_key([0x5a ^ key; 32])
    }

    fn open(&mut self, slot: usize) {
        let (unlock, options) = (Self::unlock(self.key), self.options(slot));
        let opened = match slot {
            2 => Keystore::open_read_only(&self.path, &unlock, options),
            _ => Keystore::open(&self.path, &unlock, options),
        };
        self.handles[slot] = Some(Handle::new(opened.expect("it opens"), slot == 2, self.key));
        self.note(false);
    }

    /// The handle that a step is to go through.
    fn handle(&mut self, by: u8) -> usize {
        if self.in_memory() {
            return 0;
        }
        let slot = [0, 0, 0, 1, 1, 2][usize::from(by) % 6];
        match &mut self.handles[slot] {
            // One that is stale is seen to be so a few times.
            Some(Handle { stale: Some(uses), .. }) if *uses < 2 => *uses += 1,
            Some(Handle { stale: None, .. }) => {}
            _ => self.open(slot),
        }
        slot
    }

    fn store(&self, slot: usize) -> Keystore {
        self.handles[slot].as_ref().unwrap().store.clone()
    }

    /// What keeps a call from being answered, if anything does: one of the two is told.
    fn gate(&self, slot: usize, writes: bool) -> Option<Gate> {
        let handle = self.handles[slot].as_ref().unwrap();
        match (handle.stale.is_some(), writes) {
            (true, true) if handle.read_only => Some([ErrorKind::Rekeyed, ErrorKind::ReadOnly]),
            (true, _) => Some([ErrorKind::Rekeyed; 2]),
            (false, true) if handle.read_only => Some([ErrorKind::ReadOnly; 2]),
            (false, true) if self.lock.is_some() => Some([ErrorKind::Busy; 2]),
            (false, _) => None,
        }
    }

    /// Compares what a call answered with what it should. Gives what it made, if it made something.
    fn settle<T>(
        &mut self,
        verb: Verb,
        answered: keystead::Result<T>,
        expected: Result<(), ErrorKind>,
        gate: Option<Gate>,
    ) -> Option<T> {
        let kind = answered.as_ref().err().map(keystead::Error::kind);
        self.say(&format!("-> {kind:?}"));
        tally(verb, kind);
        self.refused = Some(kind.is_some() && self.refused != Some(false));
        if self.dice.has_failed() {
            assert_eq!(kind, Some(ErrorKind::Io), "there were no random bytes, expected was {expected:?}");
            return None;
        }
        match (gate, expected) {
            // Which of several reasons is told first is nobody's business.
            (Some(_), Err(expected)) if kind == Some(expected) => {}
            (Some(gate), _) => {
                let fits = kind.is_some_and(|kind| gate.contains(&kind));
                assert!(fits, "{kind:?}, expected was one of {gate:?}, and {expected:?} behind that");
            }
            (None, expected) => {
                let words = answered.as_ref().err().map(ToString::to_string);
                assert_eq!(kind, expected.err(), "{words:?}");
            }
        }
        self.state.changed |= answered.is_ok() && verb.changes_a_row();
        answered.ok()
    }

    fn say(&self, words: &str) {
        if self.says {
            eprintln!("{words}");
        }
    }

    /// Notes what is in force at this end of the log, and whether a row may be another one since the last.
    fn note(&mut self, changed: bool) {
        if self.in_memory() {
            return;
        }
        let Some(end) = LogEnd::of(&self.path) else {
            self.history.clear();
            return;
        };
        // To put the log into the file is no commit.
        let mut grew = end.frames > 0;
        if let Some((last, ..)) = self.history.last() {
            if *last == end {
                return;
            }
            grew &= last.salt != end.salt || last.frames < end.frames;
            if last.salt != end.salt || last.frames > end.frames {
                self.history.clear();
            } else if last.frames == end.frames {
                self.history.pop();
            }
        }
        if changed && grew {
            self.commits += 1;
            self.state.commit = self.commits;
        }
        self.history.push((end, self.state.clone(), self.key));
    }

    fn take(&mut self, step: &Step) {
        self.say(&format!("{step:?}"));
        let [by, a, b, c, d, e] = step.bytes;
        let verb = step.verb;
        self.refused = None;
        match verb {
            _ if verb.is_of_rings() && self.makes_a_ring(by, a, [b, c]) => {}
            _ if verb.is_of_apps() && self.makes_an_app(by, a, [b, c]) => {}
            Verb::Generate => self.generate(by, a, b, c),
            Verb::GenerateMany => self.generate_many(by, a, b, c, d),
            Verb::Import => self.import(by, a, b, c),
            Verb::ImportMany => self.import_many(by, a, b, c, d),
            Verb::Rename => self.rename(by, a, b),
            Verb::Delete => self.delete(by, a),
            Verb::Mark | Verb::Unmark => self.mark(verb, by, a, b),
            Verb::ExportPublic => self.export_public(by, a, b),
            Verb::ExportSecret => self.export_secret(by, a, b),
            Verb::Find => self.find(by, a, b),
            Verb::List => self.list(by),
            Verb::Search => self.search(by, [a, b, c, d, e]),
            Verb::Sign => self.sign(by, a, b),
            Verb::TakeSigner => self.take_signer(by, a),
            Verb::UseSigner => self.use_signer(a),
            Verb::CreateRing => self.create_ring(by, a, [b, c, d]),
            Verb::Rotate | Verb::RotateTo | Verb::Retire | Verb::Revoke | Verb::SetKeep | Verb::SetSchedule => {
                self.change_ring(verb, by, a, [b, c]);
            }
            Verb::ApplyDue => self.apply_due(by, a, [b, c]),
            Verb::DeleteRing => self.delete_ring(by, a, b),
            Verb::RingSign => self.ring_sign(by, a, b),
            Verb::CreateApp => self.create_app(by, a, [b, c]),
            Verb::Authenticate => self.authenticate(verb, by, a, [b, c]),
            Verb::Guess => self.guess(by, a, [b, c]),
            Verb::ResetSecret => self.reset_secret(by, a, b),
            Verb::ReplaceCredential => self.replace_credential(by, a, [b, c, d]),
            Verb::RenameApp => self.rename_app(by, a, b),
            Verb::DeleteApp => self.delete_app(by, a),
            Verb::ExportApp => self.export_app(by, a),
            Verb::SetFips => self.set_fips(by, a),
            Verb::WipeExpired => self.wipe_expired(by),
            Verb::Authority => self.authority(by, a),
            Verb::Attest => self.attest(by, a, b),
            Verb::Anchor => self.anchor(by),
            Verb::CheckAnchor => self.check_anchor(by, a, b),
            Verb::Rekey => self.rekey(by, a),
            Verb::Backup => self.back_up(by, a),
            Verb::Restore => self.restore(),
            Verb::Reopen => self.reopen(by),
            Verb::CloseAll => self.close_all(),
            Verb::Crash => self.crash(a, b, c),
            Verb::RunOut => self.dice.fail_after(i64::from(a % 12), b % 2 == 0),
            Verb::Clock => self.turn_clock(a, b),
            Verb::Lock => self.lock(),
            Verb::Unlock => self.lock = None,
            Verb::Integrity => self.integrity(by),
            Verb::Compare => self.compare(by),
        }
        // What is refused changes nothing, though the log may begin anew before the first write of a handle.
        self.note(verb.may_change_a_row() && self.refused != Some(true));
    }

    /// How far the clock goes: milliseconds to years, also back.
    fn turn_clock(&mut self, how: u8, times: u8) {
        const TICKS: [i64; 12] = [
            1,
            999,
            1_000,
            30_000,
            60_001,
            900_000,
            3_600_000,
            86_400_000,
            24 * 86_400_000,
            31 * 86_400_000,
            400 * 86_400_000,
            -45_000,
        ];
        let tick = TICKS[usize::from(how) % TICKS.len()] * i64::from(times % 4 + 1);
        let tick = if how >= 240 { -tick } else { tick };
        self.now = (self.now + tick).clamp(self.earliest, 4_102_444_800_000);
        self.clock.to(self.now);
        tally(Verb::Clock, None);
    }

    /// What is there in the end is what the model says, through a handle of some kind and after all are closed, and nothing
    /// is wrong with it.
    fn end(mut self) {
        self.dice.fail_after(-1, false);
        self.lock = None;
        let by = [0, 3, 5][usize::from(self.first) % 3];
        let slot = self.handle(by);
        if self.handles[slot].as_ref().unwrap().stale.is_some() {
            self.open(slot);
        }
        self.compare(by);
        if self.in_memory() {
            return self.integrity(0);
        }
        self.close_all();
        self.no_file_is_left_over();
        self.integrity(0);
        self.compare(0);
    }
}

impl Handle {
    fn new(store: Keystore, read_only: bool, key: u8) -> Self {
        Self { store, read_only, key, stale: None, rings: BTreeMap::new(), owed: BTreeMap::new() }
    }
}

/// On a disk that is memory, if there is one.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A new store: to copy it is quicker than to make one.
fn empty_store() -> &'static [u8] {
    static STORE: OnceLock<Vec<u8>> = OnceLock::new();
    STORE.get_or_init(|| {
        let folder = folder();
        let path = folder.path().join("store");
        drop(Keystore::create(&path, &World::unlock(0), Options::default()).unwrap());
        std::fs::read(path).unwrap()
    })
}

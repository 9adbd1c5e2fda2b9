//! The power fails: what was synced is on the disk, of the rest any part, in any order, and names only if the folder was synced.
//! Whatever is left opens, and what was acknowledged is there.
//!
//! The short run takes some images of each script, the ignored sweep many more:
//! `cargo test --test power_loss -- --ignored --nocapture sweep`.
#![cfg(target_os = "linux")]
// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod faults;
mod support;

use std::collections::{BTreeMap, HashSet};
use std::os::unix::process::ExitStatusExt;
use std::sync::{Arc, Mutex};

use faults::disk::{Disk, Event, Kept, Unsynced};
use faults::scripts::World;
use faults::{Files, Recording, Told, child, in_two_threads, recordings, some_of, tell};
use keystead::ErrorKind;
use sha2::{Digest, Sha256};

/// What the child processes do. It only runs when another test starts it.
#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child_process() {
    let Some((role, script, folder, from)) = faults::told_as_child() else { return };
    match role.as_str() {
        "run" => faults::run(script, &folder, from),
        "insist" | "give up" => insist(script, &folder, role == "give up"),
        other => panic!("{other}"),
    }
}

/// In the child: when a step fails, the fault is over and it is tried again, or the process ends as if it was killed.
fn insist(script: &faults::scripts::Script, folder: &std::path::Path, gives_up: bool) {
    let mut world = World::new(folder);
    for (number, step) in script.steps.iter().enumerate() {
        let failed = world.run(number, step).is_err();
        if failed && gives_up {
            std::process::abort();
        }
        if failed {
            assert!(tell("off"));
            faults::remove_drafts(folder);
            // What was made all the same is no more than what a crash may leave: whoever wants it made removes it first.
            for suffix in ["", "-wal", "-shm"] {
                if let Some(makes) = step.makes {
                    let _ = std::fs::remove_file(folder.join(format!("{makes}{suffix}")));
                }
            }
            match world.run(number, step).map_err(|error| error.kind()) {
                // What failed was done all the same.
                Ok(()) | Err(ErrorKind::Duplicate | ErrorKind::NotFound | ErrorKind::AlreadyExists) => {}
                // The change of key was done all the same, and this handle has the old one: its owner opens the store anew.
                Err(ErrorKind::Rekeyed) => {
                    world.close().unwrap();
                    world.run(number, step).unwrap();
                }
                Err(kind) => panic!("{}, {}: {kind:?}", script.name, step.what),
            }
        }
        faults::acknowledge(number);
    }
}

#[test]
fn what_was_acknowledged_survives_a_power_loss() {
    if !faults::is_missing() {
        let recordings = recordings();
        let histories = recordings.iter().map(History::plain).collect();
        assert_none(&judge_all(histories, Some(20)));
    }
}

#[test]
fn what_was_acknowledged_survives_a_disk_that_failed_for_a_while() {
    if !faults::is_missing() {
        let scripts = ["rings", "apps", "copies"].map(faults::scripts::script);
        let recordings = in_two_threads(scripts.into(), Recording::new);
        for what in [("the same process goes on", "insist", "io-on"), ("another goes on", "give up", "io-on")] {
            assert_none(&after_a_failed_sync(&recordings, what, 6));
        }
    }
}

/// The same with a disk that says that it has synced and has not: this must be found, else nothing above proves anything.
#[test]
fn a_disk_that_lies_loses_keys() {
    if faults::is_missing() {
        return;
    }
    let recording = Recording::new(faults::scripts::script("keys"));
    let history = History::of(&recording, &Told { role: "run", lies: true, ..Told::default() });
    let lost = history.images(None).iter().filter(|image| image.judge(&history, 0).is_err()).count();
    assert!(lost > 20, "{lost} of the images lack what was acknowledged");
}

#[test]
#[ignore = "takes a minute: run by CI as a step of its own"]
fn sweep() {
    if faults::is_missing() {
        return;
    }
    let recordings = recordings();
    println!("everything goes well until the power fails");
    let mut failures = judge_all(recordings.iter().map(History::plain).collect(), None);
    let what = ("a sync fails once, the step is tried again, the power fails", "insist", "io");
    failures.extend(after_a_failed_sync(&recordings, what, usize::MAX));
    failures.extend(after_two_faults(&recordings, 5));
    assert_none(&failures);
}

/// The sweep does so for some of the syncs.
#[test]
#[ignore = "takes a minute or two"]
fn two_faults_at_each_sync() {
    if !faults::is_missing() {
        assert_none(&after_two_faults(&recordings(), usize::MAX));
    }
}

/// The disk fails for a while, or one process ends and another goes on, and then the power fails too.
fn after_two_faults(recordings: &[Recording], most: usize) -> Vec<String> {
    let mut failures = Vec::new();
    for what in [
        ("from a sync on everything fails, the step is tried again later, the power fails", "insist", "io-on"),
        ("a sync fails once, the process ends there, another goes on, the power fails", "give up", "io"),
        (
            "from a sync on everything fails, the process ends there, another goes on, the power fails",
            "give up",
            "io-on",
        ),
    ] {
        failures.extend(after_a_failed_sync(recordings, what, most));
    }
    println!("a process is killed, another goes on, the power fails");
    let points = recordings.iter().flat_map(|recording| {
        some_of((0..recording.calls().len()).collect(), most.min(15)).into_iter().map(move |n| (recording, n))
    });
    let histories = in_two_threads(points.collect(), |(recording, n)| {
        History::with_two_processes(recording, &Told { role: "run", arm: Some(format!("kill/{n}")), ..Told::default() })
    });
    failures.extend(judge_all(histories, None));
    failures
}

/// SQLite empties a long log by itself, behind a commit that it says is done whatever comes of that.
#[test]
#[ignore = "takes some minutes"]
fn a_log_that_is_emptied_by_itself() {
    if faults::is_missing() {
        return;
    }
    let recording = Recording::new(&faults::scripts::LONG);
    let calls = recording.calls_on("store");
    let (syncs, writes): (Vec<_>, Vec<_>) =
        calls.iter().partition(|(_, at)| matches!(recording.events[*at], Event::Sync { .. }));
    println!("{} writes and {} syncs of the file of the store", writes.len(), syncs.len());
    assert!(writes.len() > 1000);
    let mut failures = Vec::new();
    for (what, role, action) in [
        ("a call fails once, the power fails", "insist", "io"),
        ("there is no room from then on, then there is, the power fails", "insist", "full-on"),
        ("everything fails from then on, then not, the power fails", "insist", "io-on"),
        ("everything fails from then on, the process ends, another goes on, the power fails", "give up", "io-on"),
        ("the process is killed, another goes on, the power fails", "run", "kill"),
    ] {
        println!("{what}");
        let points = some_of(writes.clone(), 4).into_iter().chain(syncs.clone());
        let histories = in_two_threads(points.collect(), |(number, at)| {
            let told = Told { role, arm: Some(format!("{action}/{number}")), ..Told::default() };
            History { fault: Some(at), ..History::with_two_processes(&recording, &told) }
        });
        failures.extend(judge_all(histories, None));
    }
    assert_none(&failures);
}

/// Each sync of each script, or so many of them, fails, once or with all that follows, and one goes on afterwards.
fn after_a_failed_sync(recordings: &[Recording], (what, role, action): (&str, &str, &str), most: usize) -> Vec<String> {
    println!("{what}");
    let syncs = |recording: &Recording| -> Vec<usize> {
        let calls = recording.calls();
        some_of((0..calls.len()).filter(|&n| matches!(calls[n].1, Event::Sync { .. })).collect(), most)
    };
    let points = recordings.iter().flat_map(|recording| syncs(recording).into_iter().map(move |n| (recording, n)));
    let histories = in_two_threads(points.collect(), |(recording, n)| {
        History::with_two_processes(recording, &Told { role, arm: Some(format!("{action}/{n}")), ..Told::default() })
    });
    judge_all(histories, None)
}

/// What happened to a folder, by one process or by two.
struct History<'a> {
    recording: &'a Recording,
    /// The fault, as the library was told.
    arm: String,
    events: Vec<Event>,
    /// What is behind this is judged closely, at fewer places.
    fault: Option<usize>,
    /// One process ended before it was done, and another went on.
    by_two: bool,
}

/// A disk at a moment, and how many steps were acknowledged then.
struct Image {
    disk: Arc<Disk>,
    acknowledged: usize,
    changes: Vec<Kept>,
    names: Vec<bool>,
}

impl<'a> History<'a> {
    fn plain(recording: &'a Recording) -> Self {
        Self { recording, arm: String::new(), events: recording.events.clone(), fault: None, by_two: false }
    }

    fn of(recording: &'a Recording, told: &Told<'_>) -> Self {
        let (folder, outside) = (faults::folder(), faults::folder());
        faults::lay_out(folder.path(), &recording.start);
        let events = events_of(recording, folder.path(), outside.path(), told, true);
        Self { recording, arm: String::new(), events, fault: None, by_two: false }
    }

    /// One process to which something happens, then another that does what is left to be done, if anything is.
    fn with_two_processes(recording: &'a Recording, told: &Told<'_>) -> Self {
        let (folder, outside) = (faults::folder(), faults::folder());
        faults::lay_out(folder.path(), &recording.start);
        let mut events = events_of(recording, folder.path(), outside.path(), told, false);
        let done = events.iter().filter(|event| matches!(event, Event::Say(_))).count();
        let fault = events.iter().position(|event| matches!(event, Event::Sync { is_done: false, .. }));
        let fault = Some(fault.unwrap_or(events.len()));
        let by_two = done < recording.script.steps.len();
        if by_two {
            let is_there = recording.judge(&faults::read(folder.path()), done).unwrap();
            let from = done + usize::from(is_there);
            std::fs::remove_file(outside.path().join("log")).unwrap();
            let told = Told { role: "run", from, ..Told::default() };
            let others = events_of(recording, folder.path(), outside.path(), &told, true);
            let others = if is_there { said_later(recording, from, others) } else { others };
            events.extend(others);
        }
        Self { recording, arm: told.arm.clone().unwrap_or_default(), events, fault, by_two }
    }

    /// Disks after a power loss at each sync and after each acknowledgement, each of them once: about so many, or all.
    fn images(&self, most: Option<usize>) -> Vec<Image> {
        let mut disk = Disk::new(&self.recording.start);
        let mut acknowledged = 0;
        let mut images = Vec::new();
        let mut syncs = 0;
        for (at, event) in self.events.iter().enumerate() {
            let is_judged = self.fault.is_none_or(|fault| at >= fault);
            if matches!(event, Event::Sync { .. }) && is_judged {
                syncs += 1;
            }
            // Long after a fault only what was acknowledged is of interest.
            if matches!(event, Event::Sync { .. }) && is_judged && (self.fault.is_none() || syncs <= 3) {
                self.images_at(&disk, acknowledged, &mut images);
            }
            disk.apply(event);
            if matches!(event, Event::Say(_)) {
                acknowledged += 1;
                // What is said in one breath was done before the first of it.
                let is_last = !matches!(self.events.get(at + 1), Some(Event::Say(_)));
                if is_judged && is_last {
                    self.images_at(&disk, acknowledged, &mut images);
                }
            }
        }
        self.images_at(&disk, acknowledged, &mut images);
        match most {
            Some(most) => some_of(images, most),
            None => images,
        }
    }

    fn images_at(&self, disk: &Disk, acknowledged: usize, images: &mut Vec<Image>) {
        let unsynced = disk.unsynced();
        let disk = Arc::new(disk.clone());
        let all_names = vec![true; unsynced.names];
        let no_names = vec![false; unsynced.names];
        let mut add = |changes: Vec<Kept>, names: &Vec<bool>| {
            images.push(Image { disk: disk.clone(), acknowledged, changes, names: names.clone() });
        };
        for changes in [Kept::Whole, Kept::Lost].map(|kept| vec![kept; unsynced.changes]) {
            for names in parts_of_names(unsynced.names) {
                add(changes.clone(), &names);
            }
        }
        let parts = match self.fault {
            None => parts_of_changes(unsynced),
            Some(_) => random_parts(unsynced, 3),
        };
        for changes in parts {
            add(changes.clone(), &all_names);
            if unsynced.names > 0 {
                add(changes, &no_names);
            }
        }
    }
}

impl Image {
    fn files(&self) -> Files {
        self.disk.after_power_loss(&self.changes, &self.names)
    }

    /// Whether the next step is there. An error when what was acknowledged is not, or anything is torn.
    fn judge(&self, history: &History<'_>, number: usize) -> Result<bool, String> {
        let mut files = self.files();
        if history.by_two {
            // A log without its store, which nobody was told of: whoever makes the store is told to take it away.
            let stores: Vec<_> = files.keys().map(|name| format!("{name}-wal")).collect();
            files.retain(|name, _| !name.ends_with("-wal") || stores.contains(name));
        }
        if number % 2 == 1 && files.contains_key("store") {
            // Whatever the shared index was, it is made anew.
            files.insert("store-shm".into(), vec![0xa5; 32768]);
        }
        history.recording.judge(&files, self.acknowledged)
    }
}

/// The events of a process that found the step before `from` done, which nobody had said: nor does anybody until a change was
/// built on it. What is said before that is left out, and said with the first change.
fn said_later(recording: &Recording, from: usize, events: Vec<Event>) -> Vec<Event> {
    let mut numbers = from..;
    let mut owed = vec![Event::Say(format!("done {}", from - 1))];
    let mut later = Vec::new();
    for event in events {
        let builds = match event {
            Event::Say(_) => numbers.next().is_some_and(|number| recording.script.steps[number].changes),
            _ => false,
        };
        if builds {
            later.append(&mut owed);
        }
        if matches!(event, Event::Say(_)) && !owed.is_empty() {
            owed.push(event);
        } else {
            later.push(event);
        }
    }
    later
}

/// The events of one child process.
fn events_of(
    recording: &Recording,
    folder: &std::path::Path,
    outside: &std::path::Path,
    told: &Told<'_>,
    must_end_well: bool,
) -> Vec<Event> {
    let log = outside.join("log");
    let told = Told { log: Some(&log), ..told.clone() };
    let output = child(recording.script, folder, &told).output().unwrap();
    let ends_as_told = output.status.success() || !must_end_well && matches!(output.status.signal(), Some(6 | 9));
    assert!(ends_as_told, "{}, {told:?}: {}", recording.script.name, String::from_utf8_lossy(&output.stderr));
    faults::disk::read_log(&std::fs::read(log).unwrap(), folder)
}

/// All, none, each alone, all but each.
fn parts_of_names(count: usize) -> Vec<Vec<bool>> {
    let mut parts = vec![vec![true; count], vec![false; count]];
    for at in 0..count {
        parts.extend([true, false].map(|alone| (0..count).map(|name| (name == at) == alone).collect()));
    }
    parts
}

/// The first ones and no more, with the last of them whole or torn; each alone; all but each; all as zeros; some at random.
fn parts_of_changes(unsynced: Unsynced) -> Vec<Vec<Kept>> {
    let count = unsynced.changes;
    let with = |kept: &dyn Fn(usize) -> Kept| (0..count).map(kept).collect::<Vec<_>>();
    let either = |is_kept: bool| if is_kept { Kept::Whole } else { Kept::Lost };
    let mut parts = vec![with(&|_| Kept::Zeros)];
    for at in 0..count {
        parts.push(with(&|n| either(n < at)));
        parts.push(with(&|n| if n == at { Kept::Torn(at % 2 == 0) } else { either(n < at) }));
        parts.push(with(&|n| if n == at { Kept::Torn(at % 2 == 1) } else { Kept::Whole }));
        parts.push(with(&|n| either(n == at)));
        parts.push(with(&|n| either(n != at)));
    }
    parts.extend(random_parts(unsynced, 16));
    parts
}

fn random_parts(unsynced: Unsynced, how_many: u32) -> Vec<Vec<Kept>> {
    let part = |number: u32| {
        let byte = |at: usize| Sha256::digest(format!("{} {number} {at}", unsynced.changes))[0];
        let kept = |at| match byte(at) {
            0..112 => Kept::Whole,
            112..224 => Kept::Lost,
            224..232 => Kept::Zeros,
            other => Kept::Torn(other % 2 == 0),
        };
        (0..unsynced.changes).map(kept).collect()
    };
    if unsynced.changes > 1 { (0..how_many).map(part).collect() } else { Vec::new() }
}

/// Judges the images, prints what came of them, and gives those that are wrong.
fn judge_all(histories: Vec<History<'_>>, most: Option<usize>) -> Vec<String> {
    // Two orders of the same loss can leave the same files.
    let seen = Mutex::new(HashSet::new());
    let outcomes = in_two_threads(histories, |history| {
        let mut row = [0_u32; 3];
        let mut failures = Vec::new();
        for (number, image) in history.images(most).iter().enumerate() {
            let mut digest = Sha256::new();
            digest.update(format!("{} {}", history.recording.script.name, image.acknowledged));
            for (name, bytes) in image.files() {
                digest.update(format!("{name} {}", bytes.len()));
                digest.update(bytes);
            }
            if !seen.lock().unwrap().insert(digest.finalize()) {
                continue;
            }
            row[0] += 1;
            match image.judge(&history, number) {
                Ok(is_there) => row[1 + usize::from(is_there)] += 1,
                Err(problem) => {
                    let (changes, names) = (&image.changes, &image.names);
                    failures.push(format!(
                        "{} {}, {} acknowledged, image {number}: {problem}\nof changes {changes:?}, of names {names:?}",
                        history.recording.script.name, history.arm, image.acknowledged
                    ));
                }
            }
        }
        (history.recording.script.name, row, failures)
    });
    let mut table = BTreeMap::<_, [u32; 4]>::new();
    let mut failures = Vec::new();
    for (name, row, failed) in outcomes {
        let sums = table.entry(name).or_default();
        sums[0] += 1;
        (0..3).for_each(|column| sums[column + 1] += row[column]);
        failures.extend(failed);
    }
    println!("{:<10} {:>5} {:>7} {:>7} {:>7}", "", "runs", "images", "absent", "whole");
    for (name, [runs, images, absent, whole]) in &table {
        println!("{name:<10} {runs:>5} {images:>7} {absent:>7} {whole:>7}");
    }
    let sum = |column: usize| table.values().map(|row| row[column]).sum::<u32>();
    println!(
        "{:<10} {:>5} {:>7} {:>7} {:>7}, {} lost or torn",
        "in all",
        sum(0),
        sum(1),
        sum(2),
        sum(3),
        failures.len()
    );
    failures
}

fn assert_none(failures: &[String]) {
    assert!(failures.is_empty(), "{} of them:\n{}", failures.len(), failures[..failures.len().min(8)].join("\n"));
}

//! A process that has the store open, or writes to it all the time, while another one is killed or its calls fail.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use keystead::{Algorithm, Keystore, Unlock};

use super::judge::{self, State};
use super::{Files, Recording, Told, child, folder, in_two_threads, lay_out, read, some_of};
use crate::support::{RAW, options, request, words_of};

/// The scripts that find a store of the present version, and leave its key as it is.
const SCRIPTS: [&str; 4] = ["rings", "apps", "authority", "copies"];

/// What came of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The call was made that was to be met.
    Met,
    /// With somebody beside it a process makes fewer calls: the last to close the store empties the log.
    Whole,
}

/// Kills a process, or fails its calls, at about this many calls of each script, while this one has the store open.
pub(crate) fn go_on(most: usize) {
    let scripts = SCRIPTS.map(super::scripts::script);
    let recordings = in_two_threads(scripts.into(), Recording::new);
    let mut points = Vec::new();
    for recording in &recordings {
        for (at, how) in ["kill", "half", "io", "full-on", "torn"].into_iter().enumerate() {
            // Not the same calls with each.
            let calls: Vec<_> = (0..recording.calls().len()).skip(if most < usize::MAX { at } else { 0 }).collect();
            points.extend(
                some_of(calls, most).into_iter().flat_map(|n| [(recording, n, how, true), (recording, n, how, false)]),
            );
        }
    }
    let outcomes = in_two_threads(points, |(recording, n, how, is_busy)| {
        let run = if is_busy { a_busy_one } else { an_idle_one };
        let name = if is_busy { "writes" } else { "is there" };
        (
            name,
            how,
            run(recording, n, how).map_err(|problem| format!("{}, call {n}, {how}: {problem}", recording.script.name)),
        )
    });
    let mut table = BTreeMap::<_, [u32; 2]>::new();
    let mut failures = Vec::new();
    for (name, how, outcome) in outcomes {
        match outcome {
            Ok(outcome) => table.entry((name, how)).or_default()[usize::from(outcome == Outcome::Met)] += 1,
            Err(problem) => failures.push(format!("the other {name}: {problem}")),
        }
    }
    println!("{:<10} {:<10} {:>6} {:>10}", "another", "", "met", "went by");
    for ((name, how), [whole, met]) in &table {
        println!("{name:<10} {how:<10} {met:>6} {whole:>10}");
    }
    let met: u32 = table.values().map(|[_, met]| met).sum();
    println!("{:<21} {met:>6}, {} wrong", "in all", failures.len());
    assert!(failures.is_empty(), "{} of them:\n{}", failures.len(), failures[..failures.len().min(10)].join("\n"));
    assert!(met > 0);
}

/// Runs a script in a child whose call number `n` is met, while this process has the store open and reads.
fn an_idle_one(recording: &Recording, n: usize, how: &str) -> Result<Outcome, String> {
    let there = folder();
    let beside = opened(recording, there.path());
    let (outcome, acknowledged) = run(recording, there.path(), n, how)?;
    let crashed = copied(there.path());
    let waits = may_have_waited(recording, acknowledged, how);
    if waits {
        let crashed = rows(&judge::state_of(&crashed)?, waits);
        expected(recording, acknowledged).find(|state| rows(state, waits) == crashed).ok_or("not as acknowledged")?;
    } else {
        recording.judge(&crashed, acknowledged)?;
    }
    keys_beside(&beside, 0..1)?;
    drop(beside);
    let found = rows(&judge::state_of(&read(there.path()))?, waits);
    // A commit that nobody acknowledged, and that the other has not seen, may be there after a crash of both and be written over
    // by the other when it goes on.
    let lost = |state: &State| rows(state, waits).into_iter().filter(|row| !found.contains(row)).collect::<Vec<_>>();
    match expected(recording, acknowledged).map(lost).min_by_key(Vec::len) {
        Some(lost) if lost.is_empty() => Ok(outcome),
        lost => Err(format!("lost once the other went on:\n{}", lost.unwrap_or_default().join("\n"))),
    }
}

/// The same, while this process makes one key after the other.
fn a_busy_one(recording: &Recording, n: usize, how: &str) -> Result<Outcome, String> {
    let there = folder();
    let beside = opened(recording, there.path());
    let ended = AtomicBool::new(false);
    let (done, made) = thread::scope(|scope| {
        let busy = scope.spawn(|| -> Result<u32, String> {
            let mut made = 0;
            while !ended.load(Ordering::SeqCst) {
                keys_beside(&beside, made..made + 1)?;
                made += 1;
            }
            Ok(made)
        });
        let done = run(recording, there.path(), n, how);
        ended.store(true, Ordering::SeqCst);
        (done, busy.join().unwrap())
    });
    let ((outcome, acknowledged), made) = (done?, made?);
    // As both would leave it if both ended here, and as it is once the other has closed it.
    let crashed = copied(there.path());
    keys_beside(&beside, made..made + 1)?;
    drop(beside);
    let waits = may_have_waited(recording, acknowledged, how);
    for (files, made) in [(crashed, made), (read(there.path()), made + 1)] {
        let found = judge::state_of(&files)?;
        let beside = found["store"].iter().filter(|row| row.starts_with("key ") && row.contains("beside")).count();
        if beside != made as usize {
            return Err(format!("{beside} keys are there, {made} were made"));
        }
        let found = named(&found, waits);
        let expected: Vec<_> = expected(recording, acknowledged).map(|state| named(state, waits)).collect();
        if !expected.contains(&found) {
            return Err(format!("neither as acknowledged nor as the next step leaves it:\n{expected:?}\n{found:?}"));
        }
    }
    Ok(outcome)
}

/// Before and after the step that was not acknowledged.
fn expected(recording: &Recording, acknowledged: usize) -> impl Iterator<Item = &State> {
    recording.states[acknowledged..].iter().take(2)
}

/// Whether a step was done that may leave for later what it changes when it cannot be written.
fn may_have_waited(recording: &Recording, acknowledged: usize, how: &str) -> bool {
    !is_kill(how) && recording.script.steps[..acknowledged].iter().any(|step| step.can_wait)
}

fn is_kill(how: &str) -> bool {
    ["kill", "half"].contains(&how)
}

fn opened(recording: &Recording, there: &Path) -> Keystore {
    lay_out(there, &recording.start);
    let store = Keystore::open(there.join("store"), &Unlock::raw_key(RAW), options()).unwrap();
    store.len().unwrap();
    store
}

/// How it ended, and how many steps were acknowledged.
fn run(recording: &Recording, there: &Path, n: usize, how: &str) -> Result<(Outcome, usize), String> {
    let told = Told { role: "run", arm: Some(format!("{how}/{n}")), ..Told::default() };
    let output = child(recording.script, there, &told).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let outcome = match (output.status.signal(), output.status.code()) {
        (_, Some(0)) => Outcome::Whole,
        (Some(9), _) if is_kill(how) => Outcome::Met,
        // A step that fails ends the script, with an error that says what is wrong.
        (_, Some(101)) if said.contains(": Io: ") || said.contains(": DiskFull: ") => Outcome::Met,
        other => return Err(format!("ended with {other:?}\n{said}")),
    };
    Ok((outcome, words_of(&output.stdout).len()))
}

/// What is in a folder where this process has files open: to close a second handle of a file would give its locks away.
fn copied(there: &Path) -> Files {
    let copy = folder();
    let from = there.join(".");
    assert!(Command::new("cp").arg("-r").arg(&from).arg(copy.path()).status().unwrap().success());
    read(copy.path())
}

/// Goes on at once: what there is is in order, and more can be written.
fn keys_beside(store: &Keystore, numbers: std::ops::Range<u32>) -> Result<(), String> {
    for number in numbers {
        let made = store.generate(request(format!("beside {number}"), Algorithm::Hs256));
        made.map_err(|error| format!("the other cannot write: {error}"))?;
    }
    let integrity = store.verify_integrity().map_err(|error| format!("the other cannot check: {error}"))?;
    if integrity.is_ok() { Ok(()) } else { Err(format!("the other finds {:?}", integrity.problems())) }
}

/// All rows but the one that says which epoch it is, and wrong secrets, where they may be forgotten later.
fn rows(state: &State, waits: bool) -> Vec<String> {
    let rows = state.iter().flat_map(|(store, rows)| rows.iter().map(move |row| format!("{store} {row}")));
    let table = |row: &str| row.split(' ').nth(1).unwrap_or_default().to_owned();
    rows.filter(|row| table(row) != "state" && !(waits && table(row) == "app_failure")).collect()
}

/// Tables and names of all rows but those of keys made beside: their numbers depend on who came first. Fingerprints have no
/// names, that they fit their keys is checked with the rest.
fn named(state: &State, waits: bool) -> Vec<String> {
    let named = |row: String| {
        let words: Vec<&str> = row.splitn(4, ' ').collect();
        let [store, table, _, name] = words[..] else { return None };
        (table != "fingerprint" && !name.contains("beside")).then(|| format!("{store} {table} {name}"))
    };
    let mut rows: Vec<_> = rows(state, waits).into_iter().filter_map(named).collect();
    rows.sort();
    rows
}

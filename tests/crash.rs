//! A process is killed before each call that changes a file, and in the middle of each write; calls fail, once or from then on,
//! with an error of the disk or for want of room. What was acknowledged is there, everything else whole or not at all.
//!
//! The short runs take some calls of each script, the ignored sweep takes all:
//! `cargo test --test crash -- --ignored --nocapture sweep`.
#![cfg(target_os = "linux")]
// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod faults;
mod support;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use faults::scripts::{Script, World};
use faults::{Recording, Told, beside, child, failing, in_two_threads, judge, recordings, some_of};
use support::words_of;

/// What the child processes do. It only runs when another test starts it.
#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child_process() {
    let Some((role, script, folder, from)) = faults::told_as_child() else { return };
    match role.as_str() {
        "run" => faults::run(script, &folder, from),
        "boast" => boast(script, &folder),
        "fail" => failing::fail_at_each_call(script, &folder),
        other => panic!("{other}"),
    }
}

#[test]
fn a_process_may_be_killed_at_any_call() {
    if !faults::is_missing() {
        kill_at_each_call(&recordings(), 12);
    }
}

/// In the child: says of each step that it is done, then does it.
fn boast(script: &Script, folder: &Path) {
    let mut world = World::new(folder);
    for (number, step) in script.steps.iter().enumerate() {
        faults::acknowledge(number);
        world.run(number, step).unwrap();
    }
}

/// Whether the test above would notice anything.
#[test]
fn what_was_acknowledged_too_early_is_missed() {
    if faults::is_missing() {
        return;
    }
    let recording = Recording::new(faults::scripts::script("apps"));
    let points = some_of((0..recording.calls().len()).collect(), 10);
    let missed = points.into_iter().filter(|&n| kill_at(&recording, "boast", n, "kill").is_err()).count();
    assert!(missed > 5, "{missed}");
}

#[test]
fn a_call_may_fail() {
    if !faults::is_missing() {
        failing::fail_calls(&recordings(), 2);
    }
}

#[test]
fn another_process_goes_on() {
    if !faults::is_missing() {
        beside::go_on(3);
    }
}

#[test]
#[ignore = "takes a minute or two: run by CI as a step of its own"]
fn sweep() {
    if !faults::is_missing() {
        let recordings = recordings();
        kill_at_each_call(&recordings, usize::MAX);
        failing::fail_calls(&recordings, usize::MAX);
        beside::go_on(8);
    }
}

#[test]
#[ignore = "takes minutes, and CI runs some of it: for changes of what processes share"]
fn another_process_goes_on_after_each_call() {
    if !faults::is_missing() {
        beside::go_on(usize::MAX);
    }
}

/// Kills a process at about this many calls of each script.
fn kill_at_each_call(recordings: &[Recording], most: usize) {
    let mut points = Vec::new();
    for recording in recordings {
        let calls = recording.calls();
        let whole = (0..calls.len()).map(|n| (recording, n, "kill"));
        let halves = (0..calls.len()).filter(|&n| calls[n].1.is_write()).map(|n| (recording, n, "half"));
        points.extend(some_of(whole.collect(), most / 2).into_iter().chain(some_of(halves.collect(), most / 2)));
    }
    let outcomes = in_two_threads(points, |(recording, n, how)| {
        let (step, _) = recording.calls()[n];
        let what = recording.script.steps[step].what;
        let is_there = kill_at(recording, "run", n, how);
        ((recording.script.name, what), (n, how, is_there))
    });
    let mut table = BTreeMap::<_, [u32; 3]>::new();
    let mut failures = Vec::new();
    for ((script, what), (n, how, outcome)) in outcomes {
        let row = table.entry((script, what)).or_default();
        match outcome {
            Ok(is_there) => {
                row[0] += 1;
                row[if is_there { 2 } else { 1 }] += 1;
            }
            Err(problem) => failures.push(format!("{script}, {what}, call {n}, {how}: {problem}")),
        }
    }
    println!("{:<10} {:<20} {:>6} {:>7} {:>6}", "killed in", "", "points", "absent", "whole");
    for ((script, what), [points, absent, whole]) in &table {
        println!("{script:<10} {what:<20} {points:>6} {absent:>7} {whole:>6}");
    }
    let sum = |column: usize| table.values().map(|row| row[column]).sum::<u32>();
    println!("{:<31} {:>6} {:>7} {:>6}, {} lost or torn", "in all", sum(0), sum(1), sum(2), failures.len());
    assert!(failures.is_empty(), "{} of them:\n{}", failures.len(), failures[..failures.len().min(10)].join("\n"));
    assert!(sum(1) > 0 && sum(2) > 0);
}

/// Kills a process at its call number `n`. True when the step that was cut off is there.
fn kill_at(recording: &Recording, role: &str, n: usize, how: &str) -> Result<bool, String> {
    let folder = faults::folder();
    faults::lay_out(folder.path(), &recording.start);
    let told = Told { role, arm: Some(format!("{how}/{n}")), ..Told::default() };
    let output = child(recording.script, folder.path(), &told).output().unwrap();
    assert_eq!(output.status.signal(), Some(9), "call {n}: {}", String::from_utf8_lossy(&output.stderr));
    let acknowledged = words_of(&output.stdout).len();
    let files = faults::read(folder.path());
    if n.is_multiple_of(4) || files.keys().any(|name| judge::is_draft(name)) || !files.contains_key("store") {
        judge::goes_on(&files)?;
    }
    recording.judge(&files, acknowledged)
}

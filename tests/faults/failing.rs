//! Calls that fail, once or from then on, and what the same handle makes of it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::scripts::{Script, World};
use super::{Files, Recording, Told, child, in_two_threads, judge, some_of, tell};

/// How calls fail: once, or from then on; and a write that stops halfway, behind which there is no room.
const FAILURES: [&str; 6] = ["io", "io-on", "full", "full-on", "short", "torn"];

/// Lets about this many calls of each step fail in each way.
pub(crate) fn fail_calls(recordings: &[Recording], most: usize) {
    let told = in_two_threads(recordings.iter().collect(), |recording| {
        let (folder, outside) = (super::folder(), super::folder());
        for (number, files) in recording.files.iter().enumerate() {
            let scene = outside.path().join(number.to_string());
            std::fs::create_dir(&scene).unwrap();
            super::lay_out(&scene, files);
        }
        let told = Told { role: "fail", ..Told::default() };
        let mut child = child(recording.script, folder.path(), &told);
        let counts: Vec<_> = (0..recording.script.steps.len())
            .map(|step| recording.calls().iter().filter(|call| call.0 == step).count().to_string())
            .collect();
        child.env("SCENES", outside.path()).env("MOST", most.to_string()).env("CALLS", counts.join(" "));
        (recording, crate::support::finish(child.spawn().unwrap()))
    });
    let mut table = BTreeMap::<_, BTreeMap<&str, u32>>::new();
    let mut failures = Vec::new();
    let mut messages = BTreeMap::<String, u32>::new();
    for (recording, lines) in &told {
        let digests: Vec<_> = recording.states.iter().map(|state| digest_of(Ok(state.clone()))).collect();
        for line in lines {
            let words: Vec<&str> = line.split('|').collect();
            let [step, action, call, outcome, crashed, again, at_last] = words[..] else { panic!("{line}") };
            let step: usize = step.parse().unwrap();
            let (before, after) = (&digests[step], &digests[step + 1]);
            let row = table.entry((recording.script.name, action)).or_default();
            let mut count = |what| *row.entry(what).or_default() += 1;
            count("points");
            let (outcome, message) = outcome.split_once(": ").unwrap_or((outcome, ""));
            *messages.entry(format!("{outcome} {message}")).or_insert(0) += 1;
            count(if outcome == "done" { "done" } else { "failed" });
            let is_clear = ["done", "Io", "DiskFull"].contains(&outcome);
            let can_wait = recording.script.steps[step].can_wait;
            let holds = match outcome {
                "done" if !can_wait => crashed == after,
                _ => crashed == after || crashed == before,
            };
            if outcome != "done" {
                count(if crashed == after && after != before { "whole" } else { "absent" });
                count(if again == "done" { "done again" } else { "found done" });
            }
            let again = again.split(':').next().unwrap();
            let is_clear_again = ["done", "Duplicate", "AlreadyExists", "NotFound"].contains(&again);
            // A guess whose count failed and was done all the same is counted once more with the next try.
            let is_guess = recording.script.steps[step].what == "authenticate";
            let counted_twice = is_guess && outcome != "done" && crashed == after && is_digest(at_last);
            let ends_well = at_last == after || can_wait && at_last == before || counted_twice;
            if !is_clear || !holds || !is_clear_again || !ends_well {
                let (script, what) = (recording.script.name, recording.script.steps[step].what);
                let named = |digest: &str| match digest {
                    digest if digest == after => "after".to_owned(),
                    digest if digest == before => "before".to_owned(),
                    other => other.to_owned(),
                };
                failures.push(format!(
                    "{script}, {what} ({step}), {action} at call {call}: {outcome}, after a crash {}, then {again}, at last {}",
                    named(crashed),
                    named(at_last)
                ));
            }
        }
    }
    let columns = ["points", "done", "failed", "absent", "whole", "done again", "found done"];
    println!("{:<10} {:<8} {}", "failed in", "", columns.map(|column| format!("{column:>10}")).join(" "));
    let mut sums = BTreeMap::<&str, u32>::new();
    for ((script, action), row) in &table {
        let cells = columns.map(|column| {
            let count = row.get(column).copied().unwrap_or(0);
            *sums.entry(column).or_default() += count;
            format!("{count:>10}")
        });
        println!("{script:<10} {action:<8} {}", cells.join(" "));
    }
    let wordings = messages.iter().map(|(message, count)| format!("{count:>6} {message}\n"));
    println!("{}", wordings.collect::<String>());
    println!(
        "{:<19} {}, {} wrong",
        "in all",
        columns.map(|column| format!("{:>10}", sums[column])).join(" "),
        failures.len()
    );
    assert!(failures.is_empty(), "{} of them:\n{}", failures.len(), failures[..failures.len().min(40)].join("\n"));
}

fn digest_of(state: Result<judge::State, String>) -> String {
    match state {
        Ok(state) => Sha256::digest(format!("{state:?}"))[..6].iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(problem) => problem.replace(['|', '\n'], " "),
    }
}

/// Whether a state could be read, and nothing was wrong with it.
fn is_digest(state: &str) -> bool {
    state.len() == 12 && state.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// In the child: a line for each call of each step that fails.
pub(crate) fn fail_at_each_call(script: &'static Script, folder: &Path) {
    let scenes = std::path::PathBuf::from(std::env::var_os("SCENES").unwrap());
    let most: usize = std::env::var("MOST").unwrap().parse().unwrap();
    let calls = std::env::var("CALLS").unwrap();
    // What a panic says goes to the standard error anyway.
    for (step, calls) in calls.split(' ').enumerate() {
        let scene = super::read(&scenes.join(step.to_string()));
        for action in FAILURES {
            // Calls that were not made in the recording, and those that are not met by this action, end the search.
            let calls = calls.parse::<usize>().unwrap() + 20;
            // One in three will do for what is much like a single error.
            let most = if action == "io" { most } else { most.min(calls / 3) };
            for n in some_of((0..calls).collect(), most) {
                match fail_at(script, step, folder, &scene, &format!("{action}/{n}")) {
                    Some(line) => println!("SAYS {step}|{action}|{n}|{line}"),
                    None => break,
                }
            }
        }
    }
}

/// One point: what came of the call, what a crash would leave, what came of the next try by the same handle, and what there was
/// at last. None when the call that should have failed was not made.
fn fail_at(script: &'static Script, step: usize, folder: &Path, scene: &Files, arm: &str) -> Option<String> {
    super::lay_out(folder, scene);
    let mut world = World::new(folder);
    let does = &script.steps[step];
    if does.what != "migrate" {
        world.warm_up();
    }
    tell(&format!("arm/{arm}"));
    let outcome = told(catch_unwind(AssertUnwindSafe(|| world.run(step, does))), folder);
    if !tell("off") {
        assert_eq!(outcome, "done");
        return None;
    }
    let crashed = digest_of(judge::state_of(&super::read(folder)));
    let mut again = outcome.clone();
    if outcome != "done" {
        super::remove_drafts(folder);
        again = told(catch_unwind(AssertUnwindSafe(|| world.run(step, does))), folder);
    }
    world.close().unwrap();
    let at_last = digest_of(judge::state_of(&super::read(folder)));
    Some(format!("{outcome}|{crashed}|{again}|{at_last}"))
}

/// Kind and wording of an error, without the names of folders and files.
fn told(outcome: std::thread::Result<keystead::Result<()>>, folder: &Path) -> String {
    match outcome {
        Ok(Ok(())) => "done".to_owned(),
        Ok(Err(error)) => {
            let message = error.to_string().replace(folder.to_str().unwrap(), "[folder]");
            format!("{:?}: {}", error.kind(), message.replace(['|', '\n'], " "))
        }
        Err(_) => "panic".to_owned(),
    }
}

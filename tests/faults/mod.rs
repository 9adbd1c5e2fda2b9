//! A program that is made to fail: the preloaded library, the child processes that run the scripts under it, what they tell.

// Each test file uses its own part of this.
#![allow(dead_code)]

pub(crate) mod beside;
pub(crate) mod disk;
pub(crate) mod failing;
pub(crate) mod judge;
pub(crate) mod scripts;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use disk::Event;
use judge::State;
use scripts::{SCRIPTS, Script, World};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Names and contents of the files in a folder.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A folder in memory where there is one: what is on a disk after a crash is not asked of this machine's.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// The library, compiled once for each version of its source. None where there is no C compiler.
pub(crate) fn library() -> Option<&'static Path> {
    static LIBRARY: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let source = include_str!("faults.c");
        let digest: String = Sha256::digest(source)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let library = folder.join(format!("faults-{digest}.so"));
        if !library.exists() {
            let own = tempfile::tempdir_in(folder).unwrap();
            let (from, to) = (own.path().join("faults.c"), own.path().join("faults.so"));
            fs::write(&from, source).unwrap();
            let compiled =
                Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&to).arg(&from).output().ok()?;
            assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
            fs::rename(to, &library).unwrap();
        }
        Some(library)
    });
    LIBRARY.as_deref()
}

/// Says why a test does nothing, where it cannot.
pub(crate) fn is_missing() -> bool {
    let missing = library().is_none();
    if missing {
        println!("skipped: there is no C compiler (cc)");
    }
    missing
}

/// What the child is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told<'a> {
    pub(crate) role: &'a str,
    /// `action/n`, as the library has it.
    pub(crate) arm: Option<String>,
    pub(crate) log: Option<&'a Path>,
    pub(crate) lies: bool,
    /// The first step to be done.
    pub(crate) from: usize,
}

/// This program once more as a child that runs a script in `folder`, under the library.
pub(crate) fn child(script: &Script, folder: &Path, told: &Told<'_>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child_process", "--exact", "--ignored", "--nocapture"]);
    command.env("ROLE", told.role).env("SCRIPT", script.name).env("STORE", folder).env("FROM", told.from.to_string());
    command.env("LD_PRELOAD", library().unwrap()).env("FAULTS_FOLDER", folder);
    for (name, value) in [("FAULTS_ARM", told.arm.as_deref()), ("FAULTS_LIE", told.lies.then_some("1"))] {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    if let Some(log) = told.log {
        command.env("FAULTS_LOG", log);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// In the child: a command for the library. False when it says no.
pub(crate) fn tell(command: &str) -> bool {
    fs::remove_file(format!("/faults/{command}")).is_ok()
}

/// In the child: script, folder and first step.
pub(crate) fn told_as_child() -> Option<(String, &'static Script, PathBuf, usize)> {
    let role = std::env::var("ROLE").ok()?;
    let script = scripts::script(&std::env::var("SCRIPT").ok()?);
    let from = std::env::var("FROM").ok()?.parse().unwrap();
    Some((role, script, std::env::var_os("STORE")?.into(), from))
}

/// In the child: does one step after another, and says of each that it is done once its call has returned.
pub(crate) fn run(script: &Script, folder: &Path, from: usize) {
    remove_drafts(folder);
    let mut world = World::new(folder);
    for (number, step) in script.steps.iter().enumerate().skip(from) {
        let done = world.run(number, step);
        done.unwrap_or_else(|error| panic!("{}, {}: {:?}: {error}", script.name, step.what, error.kind()));
        acknowledge(number);
    }
}

/// In the child: what a process left behind that could not go on. Another's draft would have another name, but here all have the
/// same random bytes.
pub(crate) fn remove_drafts(folder: &Path) {
    for draft in read(folder).into_keys().filter(|name| judge::is_draft(name)) {
        fs::remove_file(folder.join(draft)).unwrap();
    }
}

/// In the child: a step is done.
pub(crate) fn acknowledge(number: usize) {
    tell(&format!("say/done {number}"));
    println!("SAYS done {number}");
}

/// What a script does when nothing fails.
pub(crate) struct Recording {
    pub(crate) script: &'static Script,
    pub(crate) start: Files,
    pub(crate) events: Vec<Event>,
    /// Before the first step, and after each.
    pub(crate) states: Vec<State>,
    /// The files as they were then, as a process sees them.
    pub(crate) files: Vec<Files>,
}

impl Recording {
    pub(crate) fn new(script: &'static Script) -> Self {
        let (folder, outside) = (folder(), folder());
        script.lay_out(folder.path());
        let start = read(folder.path());
        let log = outside.path().join("log");
        let told = Told { role: "run", log: Some(&log), ..Told::default() };
        let output = child(script, folder.path(), &told).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let events = disk::read_log(&fs::read(log).unwrap(), folder.path());

        let mut disk = disk::Disk::new(&start);
        let mut files = vec![start.clone()];
        for event in &events {
            disk.apply(event);
            if matches!(event, Event::Say(_)) {
                files.push(disk.seen());
            }
        }
        let seen: Vec<_> = read(folder.path()).into_keys().collect();
        assert_eq!(disk.seen().into_keys().collect::<Vec<_>>(), seen, "{}: calls that nobody saw", script.name);
        assert_eq!(disk.seen(), read(folder.path()), "{}: calls that nobody saw", script.name);
        assert_eq!(files.len(), script.steps.len() + 1, "{}", script.name);
        let states: Vec<_> = files.iter().map(|files| judge::state_of(files).unwrap()).collect();
        for (step, states) in script.steps.iter().zip(states.windows(2)) {
            assert_eq!(states[0] != states[1], step.changes, "{}: {}", script.name, step.what);
        }
        Self { script, start, events, states, files }
    }

    /// The calls that can be made to fail, each with the step that makes it.
    pub(crate) fn calls(&self) -> Vec<(usize, &Event)> {
        let mut step = 0;
        let mut calls = Vec::new();
        for event in &self.events {
            match event {
                Event::Say(_) => step += 1,
                event if event.counts() => calls.push((step, event)),
                _ => {}
            }
        }
        calls
    }

    /// Those of them, by number, that write to the file of this name, shorten or sync it, before the last step. And which of
    /// the events each is.
    pub(crate) fn calls_on(&self, name: &str) -> Vec<(usize, usize)> {
        let last = self.script.steps.len() - 1;
        let (mut step, mut number) = (0, 0);
        let mut found = Vec::new();
        let mut open = BTreeMap::new();
        for (at, event) in self.events.iter().enumerate() {
            match event {
                Event::Open { fd, name, .. } => drop(open.insert(*fd, name.as_str())),
                Event::Write { fd, .. } | Event::Sync { fd, .. } | Event::Truncate { fd, .. }
                    if step < last && open.get(fd) == Some(&name) =>
                {
                    found.push((number, at));
                }
                Event::Say(_) => step += 1,
                _ => {}
            }
            number += usize::from(event.counts());
        }
        found
    }

    /// Fails unless the files hold what they must when this many steps were acknowledged: those, and the next whole or not at
    /// all. True when the next is there.
    pub(crate) fn judge(&self, files: &Files, acknowledged: usize) -> Result<bool, String> {
        let found = judge::state_of(files)?;
        let next = self.states.get(acknowledged + 1);
        if found == self.states[acknowledged] {
            // A step that changes nothing is as much there as not.
            return Ok(false);
        }
        if Some(&found) == next {
            return Ok(true);
        }
        let lost = judge::difference(&self.states[acknowledged], &found);
        let more = next.map(|next| judge::difference(next, &found)).unwrap_or_default();
        Err(format!("neither as acknowledged:\n{lost}\nnor as the next step leaves it:\n{more}"))
    }
}

/// All scripts, recorded.
pub(crate) fn recordings() -> Vec<Recording> {
    in_two_threads(SCRIPTS.iter().collect(), Recording::new)
}

/// Names and contents of all files in a folder that no process has open.
pub(crate) fn read(folder: &Path) -> Files {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()));
    files.filter(|(name, _)| !name.ends_with("-shm")).collect()
}

/// Puts these files, and nothing else, into a folder.
pub(crate) fn lay_out(folder: &Path, files: &Files) {
    for entry in fs::read_dir(folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

/// Works on all jobs in two threads; answers stand in the order of the jobs.
pub(crate) fn in_two_threads<J: Send, A: Send>(jobs: Vec<J>, work: impl Fn(J) -> A + Sync) -> Vec<A> {
    let count = jobs.len();
    let jobs: Vec<_> = jobs.into_iter().map(|job| std::sync::Mutex::new(Some(job))).collect();
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut answers = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let Some(job) = jobs.get(at) else { return answers };
            let job = job.lock().unwrap().take().unwrap();
            answers.push((at, work(job)));
        }
    };
    let mut answers: Vec<_> = std::thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    assert_eq!(answers.len(), count);
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Those of `all` that a short run takes: about `most`, spread evenly, or all of them.
pub(crate) fn some_of<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let stride = all.len().div_ceil(most.max(1)).max(1);
    // An odd stride meets calls that come in pairs, such as head and page of a frame, in turn.
    all.into_iter().step_by(if stride > 1 { stride | 1 } else { 1 }).collect()
}

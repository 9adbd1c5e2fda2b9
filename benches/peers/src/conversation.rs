//! A peer's process: started with a folder of its own, asked a line at a time.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::serve::Done;
use crate::softhsm2;

pub struct Conversation {
    pub about: String,
    pub name: &'static str,
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// In the order of the table; the first is what the others are compared with.
pub const PEERS: [&str; 5] = ["keystead", "softhsm2", "askar", "jdk", "files"];

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// How a peer is started, or why it is not to be had.
fn command(name: &str, folder: &Path) -> Done<Command> {
    match name {
        "askar" => {
            let manifest = Path::new(HERE).join("askar/Cargo.toml");
            // Of this folder also when another was asked for, which has an SQLite of the same name in it.
            let target = Path::new(HERE).join("askar/target");
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let built = Command::new(cargo)
                .args(["build", "--release", "--locked", "--quiet", "--manifest-path"])
                .args([manifest.as_os_str(), "--target-dir".as_ref(), target.as_os_str()])
                .status()?;
            if !built.success() {
                return Err("it cannot be built here".into());
            }
            Ok(Command::new(target.join("release/keystead-peers-askar")))
        }
        "jdk" => {
            let version = Command::new("java").arg("-version").stderr(Stdio::null()).status();
            if !version.is_ok_and(|status| status.success()) {
                return Err("java is not installed".into());
            }
            // A program of one file, which java compiles as it starts.
            let mut java = Command::new("java");
            java.arg(Path::new(HERE).join("Jdk.java"));
            Ok(java)
        }
        own => {
            if own == "softhsm2" && softhsm2::module().is_none() {
                return Err("libsofthsm2.so is not installed".into());
            }
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["--peer", own]).env("SOFTHSM2_CONF", folder.join("softhsm2.conf"));
            Ok(command)
        }
    }
}

impl Conversation {
    pub fn start(name: &'static str, folder: &Path, keys: &Path, budget: Duration) -> Done<Self> {
        let folder = folder.join(name);
        std::fs::create_dir(&folder)?;
        let mut child = command(name, &folder)?
            .args([folder.as_os_str(), keys.as_os_str(), budget.as_millis().to_string().as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or("no answers")?);
        let mut started = Self { about: String::new(), name, child, requests, answers };
        started.about = started.ask("about")?;
        Ok(started)
    }

    pub fn ask(&mut self, request: &str) -> Done<String> {
        let requests = self.requests.as_mut().ok_or("it was stopped")?;
        writeln!(requests, "{request}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        match line.trim_end().split_once(' ') {
            Some(("ok", answer)) => Ok(answer.into()),
            Some(("no", reason)) => Err(format!("{} {request}: {reason}", self.name).into()),
            _ => Err(format!("{} {request}: no answer", self.name).into()),
        }
    }

    /// The middle of the times that it answers with, in seconds.
    pub fn time(&mut self, request: &str) -> Done<f64> {
        let answer = self.ask(request)?;
        let mut all = answer.split(' ').map(|word| Ok(word.parse()?)).collect::<Done<Vec<f64>>>()?;
        all.sort_by(f64::total_cmp);
        Ok(*all.get(all.len() / 2).ok_or("no times")?)
    }
}

impl Drop for Conversation {
    /// The end of its requests ends it.
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.child.wait();
    }
}

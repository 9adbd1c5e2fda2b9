//! The JSON lines driver, as a program in another language sees it: `examples/jsonl.rs`, run as a child with the clock that
//! each line sets.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A running driver.
pub(crate) struct Driver {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// The time of the calls to come.
    pub(crate) at: Option<String>,
}

/// What `cargo test` builds beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().unwrap().parent().unwrap().join("examples").join("jsonl");
    let built = built.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(built.exists(), "run `cargo build --example jsonl` first, as `cargo test` without a filter does");
    built
}

impl Driver {
    pub(crate) fn start(store: &Path) -> Self {
        let mut command = Command::new(program());
        command.arg(store).env("KEYSTEAD_RAW_KEY", "07".repeat(32)).env_remove("KEYSTEAD_PASSPHRASE");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output, at: None }
    }

    /// Writes a line and waits for the one that answers it.
    pub(crate) fn line(&mut self, line: &str) -> Value {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        assert!(answer.ends_with('\n'), "{answer}");
        serde_json::from_str(&answer).unwrap()
    }

    pub(crate) fn call(&mut self, call: &str, body: Value) -> Value {
        let mut request = json!({ "call": call, "body": body });
        if let Some(at) = &self.at {
            request["at"] = json!(at);
        }
        self.line(&request.to_string())
    }

    pub(crate) fn done(&mut self, call: &str, body: Value) -> Value {
        let answer = self.call(call, body);
        assert_eq!(answer["status"], json!(200), "{call}: {answer}");
        assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
        answer["body"].clone()
    }

    /// The status and the words of a failure, of the vendor's or of ours.
    pub(crate) fn failed(&mut self, call: &str, body: Value) -> String {
        let answer = self.call(call, body);
        assert!(answer["status"].as_u64().unwrap() >= 400, "{call} should fail: {answer}");
        match (&answer["body"], &answer["error"]) {
            (Value::String(text), Value::Null) => format!("{} {text}", answer["status"]),
            (Value::Null, error) => {
                let text = |name: &str| error[name].as_str().unwrap().to_owned();
                format!("{} {}: {}", answer["status"], text("kind"), text("message"))
            }
            _ => panic!("{answer}"),
        }
    }

    pub(crate) fn end(mut self) {
        drop(self.input);
        let mut rest = String::new();
        assert_eq!(self.output.read_line(&mut rest).unwrap(), 0, "{rest}");
        assert!(self.child.wait().unwrap().success());
    }
}

//! Requests signed with AWS Signature Version 4 by `sign_request.py`, for whom Python's hashes are enough.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

pub(crate) struct Signed<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) secret_key: &'a str,
    /// Such as `20261122T120000Z`.
    pub(crate) at: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: &'a str,
}

impl Signed<'_> {
    /// The headers of the signed request, an object. None where there is no Python, which is said.
    #[allow(clippy::print_stdout, reason = "whoever runs the tests is told what could not be judged")]
    pub(crate) fn headers(&self) -> Option<Value> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/sign_request.py");
        let python = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut python) = python else {
            println!("skipped: there is no python3");
            return None;
        };
        let asked = json!({
            "access_key_id": self.access_key_id,
            "secret_key": self.secret_key,
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "body": self.body,
        });
        writeln!(python.stdin.take().unwrap(), "{asked}").unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success());
        Some(serde_json::from_slice(&output.stdout).unwrap())
    }
}

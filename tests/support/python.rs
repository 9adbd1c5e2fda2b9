//! Whether Python can judge here.

use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// Whether Python's `cryptography` is there. Where it is not, that is said.
#[allow(clippy::print_stdout, reason = "whoever runs the tests is told what could not be judged")]
pub(crate) fn has_cryptography() -> bool {
    static FOUND: LazyLock<bool> = LazyLock::new(|| {
        let mut python = Command::new("python3");
        let status = python.args(["-c", "import cryptography"]).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    });
    if !*FOUND {
        println!("skipped: python3 has no package cryptography (pip install cryptography)");
    }
    *FOUND
}

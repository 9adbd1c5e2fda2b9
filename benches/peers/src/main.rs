//! Keystead and other keystores side by side, doing the same work in turn in one run, so that a busy machine slows all:
//!
//! ```sh
//! cargo run --release --locked --manifest-path benches/peers/Cargo.toml [-- --quick] [-- --folder FOLDER]
//! ```
//!
//! Prints a table in Markdown. A peer that is missing is left out, with the reason. The stores lie in FOLDER, or in the folder
//! for temporary files, which should be on a disk.

mod conversation;
mod files;
mod keystead;
mod plan;
mod serve;
mod softhsm2;
mod table;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serve::Done;

fn main() -> Done {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match &arguments[..] {
        [word, name, folder, keys, budget] if word == "--peer" => peer(name, folder.into(), keys.into(), budget),
        _ => plan::run(&arguments),
    }
}

/// The same program as one of the peers.
fn peer(name: &OsString, folder: PathBuf, keys: PathBuf, budget: &OsString) -> Done {
    let budget = Duration::from_millis(budget.to_str().ok_or("no number")?.parse()?);
    match name.to_str() {
        Some("keystead") => serve::serve(keystead::Keystead::default(), &folder, &keys, budget),
        Some("softhsm2") => {
            let settings = std::env::var_os("SOFTHSM2_CONF").ok_or("SOFTHSM2_CONF is not set")?;
            serve::serve(softhsm2::SoftHsm::new(settings.into())?, &folder, &keys, budget)
        }
        Some("files") => serve::serve(files::Files::new(), &folder, &keys, budget),
        _ => Err(format!("no peer is called {}", name.display()).into()),
    }
}

/// The version of a crate that this program was built with.
fn version_of(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let after =
        lock.split("[[package]]\nname = \"").find_map(|package| package.strip_prefix(name)?.strip_prefix("\"\n"));
    after.and_then(|rest| rest.strip_prefix("version = \"")?.split('"').next()).unwrap_or("?")
}

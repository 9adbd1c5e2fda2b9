//! The figures of criterion's folder, of this run and of earlier ones: as a table with what must be reached, and drawn as
//! `search.svg` in that folder, time against number of keys.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::others::{PLAIN, REJECTED};
use super::{GROUP, SIZES};
use crate::chart::{Chart, Line};

/// What a warm search of a page and the total may take, in seconds.
const MOST: [(usize, f64); 3] = [(1_000, 0.2e-3), (100_000, 3e-3), (1_000_000, 25e-3)];

/// Group, kind, and what the plot calls it.
const LINES: [(&str, &str, &str); 11] = [
    (GROUP, "first search of an opened store", "first search after opening"),
    (GROUP, "one key", "pattern that one key fits"),
    (GROUP, "an eighth", "pattern that an eighth fits"),
    (GROUP, "all, in the middle", "pattern that all fit, middle page"),
    (GROUP, "three wildcards", "three wildcards"),
    (GROUP, "prefix", "prefix"),
    (GROUP, "exact", "exact name"),
    (GROUP, "by expiration DESC, in the middle", "by expiration, middle page"),
    (GROUP, "by name ASC, behind a cursor", "by name, behind a cursor"),
    (PLAIN, "one key", "LIKE, plain SQLite: one key"),
    (PLAIN, "an eighth", "LIKE, plain SQLite: an eighth"),
];

/// Every median of a group in seconds: by kind, by number of keys. Names are short and plain, so folders have the same.
fn medians(group: &str) -> BTreeMap<String, BTreeMap<usize, f64>> {
    let mut all: BTreeMap<String, BTreeMap<usize, f64>> = BTreeMap::new();
    for folder in std::fs::read_dir(criterion_folder().join(group)).into_iter().flatten().flatten() {
        let kind = folder.file_name().into_string().unwrap();
        for size in std::fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let Ok(text) = std::fs::read_to_string(size.path().join("new/estimates.json")) else { continue };
            let Ok(keys) = size.file_name().to_str().unwrap().parse() else { continue };
            let estimates: serde_json::Value = serde_json::from_str(&text).unwrap();
            let nanos = estimates["median"]["point_estimate"].as_f64().unwrap();
            all.entry(kind.clone()).or_default().insert(keys, nanos / 1e9);
        }
    }
    all
}

fn criterion_folder() -> PathBuf {
    let target = || std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target");
    match std::env::var_os("CRITERION_HOME") {
        Some(home) => home.into(),
        None => target().unwrap_or_else(own).join("criterion"),
    }
}

fn written(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 1e-3 => format!("{:.2} ms", s * 1e3),
        s => format!("{:.2} us", s * 1e6),
    }
}

/// Prints every median, its ratio to `LIKE`, and which are over what is allowed.
pub fn tell() {
    let (ours, plain, rejected) = (medians(GROUP), medians(PLAIN), medians(REJECTED));
    for keys in SIZES.into_iter().filter(|keys| ours.values().any(|sizes| sizes.contains_key(keys))) {
        let mut over = Vec::new();
        println!("\n{keys} keys: median, and LIKE over a covering index on plain SQLite");
        for (kind, sizes) in &ours {
            let Some(&seconds) = sizes.get(&keys) else { continue };
            let mut line = format!("  {kind:<56} {:>10}", written(seconds));
            if let Some(like) = plain.get(kind).and_then(|sizes| sizes.get(&keys)) {
                let _ = write!(line, " {:>10}  ratio {:.3}", written(*like), seconds / like);
            }
            println!("{line}");
            let most = MOST.iter().find(|(size, _)| *size == keys).map(|(_, most)| *most);
            let warm = !kind.starts_with("first ") && !kind.starts_with("after ");
            if warm && most.is_some_and(|most| seconds > most) {
                over.push(kind.as_str());
            }
        }
        for (kind, sizes) in &rejected {
            let Some(&seconds) = sizes.get(&keys) else { continue };
            println!("  rejected: {kind:<46} {:>10}", written(seconds));
        }
        match MOST.iter().find(|(size, _)| *size == keys) {
            Some((_, most)) if over.is_empty() => println!("  all at most {}", written(*most)),
            Some((_, most)) => println!("  OVER {}: {}", written(*most), over.join("; ")),
            None => {}
        }
    }
}

/// Writes the plot, if there is anything to show.
pub fn draw() {
    let groups = BTreeMap::from([(GROUP, medians(GROUP)), (PLAIN, medians(PLAIN))]);
    let mut lines = Vec::new();
    for (at, (group, kind, label)) in LINES.iter().enumerate() {
        let found = groups[group].get(*kind);
        let points: Vec<_> = found.into_iter().flatten().map(|(&keys, &seconds)| (keys, seconds)).collect();
        let points: Vec<_> = points.into_iter().filter(|(keys, _)| SIZES.contains(keys)).collect();
        if !points.is_empty() {
            lines.push(Line { at, label, points });
        }
    }
    if lines.is_empty() {
        return println!("no figures to draw");
    }
    let path = criterion_folder().join("search.svg");
    let chart = Chart {
        title: "One search: a page of 25 keys and the total",
        label: "Time of a search against the number of keys",
        beside: "median time",
        below: "keys in the store",
        marks: &SIZES.into_iter().zip(["1,000", "10,000", "100,000", "1,000,000"]).collect::<Vec<_>>(),
        decades: (-6, 0),
        lines,
    };
    std::fs::write(&path, chart.svg()).unwrap();
    println!("drawn: {}", path.display());
}

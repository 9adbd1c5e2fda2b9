//! The figures of criterion's folder, of this run and of earlier ones: as a table with what must be reached, and drawn as
//! `search.svg` in that folder, time against number of keys.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::others::{PLAIN, REJECTED};
use super::{GROUP, SIZES};

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

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 262.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 58.0;
/// Powers of ten in seconds, at the lower and upper edge.
const DECADES: (i32, i32) = (-6, 0);

const STYLE: &str = "
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.ground { fill: #ffffff; }
.grid { stroke: #d1d9e0; stroke-width: 1; }
.line { fill: none; stroke-width: 2; }
.c0 { stroke: #0969da; } .c1 { stroke: #bc4c00; } .c2 { stroke: #1a7f37; } .c3 { stroke: #8250df; }
.c4 { stroke: #bf3989; } .c5 { stroke: #6e7781; }
.dot { fill: #ffffff; stroke-width: 2; }
.lead { fill: none; stroke-width: 1; stroke-dasharray: 1 4; opacity: 0.7; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .ground, .dot { fill: #0d1117; } .grid { stroke: #30363d; }
  .c0 { stroke: #58a6ff; } .c1 { stroke: #f0883e; } .c2 { stroke: #3fb950; } .c3 { stroke: #bc8cff; }
  .c4 { stroke: #f778ba; } .c5 { stroke: #9198a1; }
}
";

fn x(keys: usize) -> f64 {
    let (first, last) = ((SIZES[0] as f64).log10(), (SIZES[3] as f64).log10());
    LEFT + ((keys as f64).log10() - first) / (last - first) * (WIDTH - LEFT - RIGHT)
}

fn y(seconds: f64) -> f64 {
    let (low, high) = (f64::from(DECADES.0), f64::from(DECADES.1));
    HEIGHT - BOTTOM - (seconds.log10().clamp(low, high) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
}

/// A line of the plot: its place in [`LINES`], its name, its points.
struct Line {
    at: usize,
    label: &'static str,
    points: Vec<(usize, f64)>,
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
    std::fs::write(&path, svg(&lines)).unwrap();
    println!("drawn: {}", path.display());
}

fn svg(lines: &[Line]) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"Time of a search against the number of keys\">\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
         <text class=\"title\" x=\"{LEFT}\" y=\"26\">One search: a page of 25 keys and the total</text>\n"
    );
    let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    for decade in DECADES.0..=DECADES.1 {
        let at = y(10_f64.powi(decade));
        let label = match decade {
            ..-3 => format!("{} µs", 10_u32.pow((decade + 6).unsigned_abs())),
            -3..0 => format!("{} ms", 10_u32.pow((decade + 3).unsigned_abs())),
            _ => format!("{} s", 10_u32.pow(decade.unsigned_abs())),
        };
        let _ = writeln!(out, "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>");
        let _ = writeln!(out, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", LEFT - 8.0, at + 4.0);
    }
    for (keys, label) in SIZES.iter().zip(["1,000", "10,000", "100,000", "1,000,000"]) {
        let at = x(*keys);
        let _ = writeln!(out, "<line class=\"grid\" x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom}\"/>");
        let _ = writeln!(out, "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>", bottom + 20.0);
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">keys in the store</text>",
        (LEFT + right) / 2.0,
        HEIGHT - 14.0
    );
    let middle = (TOP + bottom) / 2.0;
    let _ = writeln!(
        out,
        "<text x=\"18\" y=\"{middle:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 18 {middle:.1})\">median time</text>"
    );
    for Line { at, points, .. } in lines {
        let corners: Vec<_> = points.iter().map(|(keys, s)| format!("{:.1},{:.1}", x(*keys), y(*s))).collect();
        let _ =
            writeln!(out, "<polyline class=\"line {}\"{} points=\"{}\"/>", colour(*at), dashes(*at), corners.join(" "));
        for (keys, seconds) in points {
            let _ = writeln!(
                out,
                "<circle class=\"dot {}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>",
                colour(*at),
                x(*keys),
                y(*seconds)
            );
        }
    }
    labels(&mut out, lines);
    out + "</svg>\n"
}

/// Names the lines at their right ends, from the top down, moved apart where they would cover each other.
fn labels(out: &mut String, lines: &[Line]) {
    let mut ends: Vec<_> = lines
        .iter()
        .filter_map(|line| line.points.last().map(|&(keys, s)| (y(s), x(keys), line.at, line.label)))
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let room = HEIGHT - BOTTOM - 17.0 * ends.len() as f64;
    let mut last = TOP - 17.0;
    for (n, (end, begin, at, label)) in ends.into_iter().enumerate() {
        // Never so low that the others have no room below.
        last = end.min(room + 17.0 * (n + 1) as f64).max(last + 17.0);
        let to = WIDTH - RIGHT + 40.0;
        let _ = writeln!(
            out,
            "<polyline class=\"lead {0}\" points=\"{1:.1},{end:.1} {2:.1},{last:.1}\"/>\n\
             <line class=\"line {0}\" x1=\"{2:.1}\" y1=\"{last:.1}\" x2=\"{to:.1}\" y2=\"{last:.1}\"{3}/>\n\
             <text x=\"{4:.1}\" y=\"{5:.1}\">{label}</text>",
            colour(at),
            begin + 5.0,
            to - 18.0,
            dashes(at),
            to + 5.0,
            last + 4.0
        );
    }
}

fn colour(at: usize) -> String {
    format!("c{}", at % 6)
}

/// The second time that a colour comes it is dashed.
fn dashes(at: usize) -> &'static str {
    if at < 6 { "" } else { " stroke-dasharray=\"5 4\"" }
}

//! The figures of all stores side by side, in Markdown, and drawn.

use std::path::Path;

use super::Measured;
use crate::chart::{Chart, Line};

pub fn written(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{s:.1} s"),
        s if s >= 1e-3 => format!("{:.1} ms", s * 1e3),
        s => format!("{:.1} us", s * 1e6),
    }
}

fn mebibytes(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub fn tell(all: &[Measured]) {
    let row = |what: &str, cells: Vec<String>| println!("| {what} | {} |", cells.join(" | "));
    println!();
    row("", all.iter().map(|store| format!("{} keys", thousands(store.keys))).collect());
    println!("|---|{}", "---|".repeat(all.len()));
    row("size of the file", all.iter().map(|store| mebibytes(store.bytes / 1024)).collect());
    for (n, figure) in all[0].figures.iter().enumerate() {
        let cell = |store: &Measured| {
            let figure = &store.figures[n];
            format!("{}, {}", written(figure.seconds), mebibytes(figure.peak))
        };
        row(figure.what, all.iter().map(cell).collect());
    }
}

/// Writes the plot, when there are two stores or more to draw a line between.
pub fn draw(all: &[Measured]) {
    if all.len() < 2 {
        return;
    }
    let texts: Vec<_> = all.iter().map(|store| thousands(store.keys)).collect();
    // Twelve lines can be told apart; by name is as by id.
    let drawn = (0..all[0].figures.len()).filter(|&n| all[0].figures[n].what != "find by name");
    let line = |(at, n): (usize, usize)| Line {
        at,
        label: all[0].figures[n].what,
        points: all.iter().map(|store| (store.keys, store.figures[n].seconds)).collect(),
    };
    let chart = Chart {
        title: "How cost grows with the number of keys",
        label: "Time of each call against the number of keys",
        beside: "time of one call",
        below: "keys in the store",
        marks: &all.iter().zip(&texts).map(|(store, text)| (store.keys, text.as_str())).collect::<Vec<_>>(),
        decades: (-6, 3),
        lines: drawn.enumerate().map(line).collect(),
    };
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scale.svg");
    std::fs::write(&path, chart.svg()).unwrap();
    println!("drawn: {}", path.display());
}

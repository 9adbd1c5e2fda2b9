//! Times of several rounds, and the table that they make.

use std::fmt::Write as _;

/// One time of each round, in seconds.
#[derive(Default)]
pub struct Measured(Vec<f64>);

impl Measured {
    pub fn one(time: f64) -> Self {
        Self(vec![time])
    }

    pub fn add(&mut self, time: f64) {
        self.0.push(time);
    }
}

/// One kind of work, and what it took each peer.
pub struct Row {
    what: String,
    pub measured: Vec<Measured>,
}

impl Row {
    pub fn new(what: String) -> Self {
        Self { what, measured: Vec::new() }
    }

    pub fn add(&mut self, measured: Measured) {
        self.measured.push(measured);
    }
}

/// For each peer the median of the rounds, from the lowest to the highest, and the median of what each round took in times
/// of what it took the first peer. Of seven rounds the lowest and the highest hold the true median between them with 98 %
/// certainty.
pub fn markdown(peers: &[&str], rows: &[Row]) -> String {
    let mut out = format!("\n| | {} |\n|---|{}\n", peers.join(" | "), "---|".repeat(peers.len()));
    for row in rows {
        let _ = write!(out, "| {} |", row.what);
        for measured in &row.measured {
            let _ = write!(out, " {} |", cell(measured, row.measured.first()));
        }
        out.push('\n');
    }
    out
}

fn cell(measured: &Measured, first: Option<&Measured>) -> String {
    let mut sorted = measured.0.clone();
    sorted.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else { return "-".into() };
    let mut text = written(middle(&sorted));
    if sorted.len() > 1 {
        let _ = write!(text, " ({} to {})", written(*low), written(*high));
    }
    if let Some(first) = first.filter(|first| !std::ptr::eq(*first, measured)) {
        let mut ratios: Vec<_> = measured.0.iter().zip(&first.0).map(|(other, own)| other / own).collect();
        ratios.sort_by(f64::total_cmp);
        let ratio = middle(&ratios);
        let digits = if ratio < 10.0 { 2 } else { 0 };
        let _ = write!(text, ", **{ratio:.digits$}**");
    }
    text
}

fn middle(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn written(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "us"),
    };
    let digits = if number >= 100.0 {
        0
    } else if number >= 10.0 {
        1
    } else {
        2
    };
    format!("{number:.digits$} {unit}")
}

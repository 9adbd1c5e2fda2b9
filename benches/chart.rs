//! A drawing of time against a number, both axes logarithmic, as SVG: what the benches that draw share.
#![allow(clippy::indexing_slicing, unreachable_pub, reason = "benches stop at the first failure")]

use std::fmt::Write as _;

/// What is drawn, and on what ground.
pub struct Chart<'a> {
    pub title: &'a str,
    /// For whoever does not see it.
    pub label: &'a str,
    /// What the times are.
    pub beside: &'a str,
    /// What the numbers below count.
    pub below: &'a str,
    /// The numbers that are marked, the first at the left edge, the last at the right.
    pub marks: &'a [(usize, &'a str)],
    /// Powers of ten in seconds, at the lower and upper edge.
    pub decades: (i32, i32),
    pub lines: Vec<Line>,
}

/// A line: its place among all that could be drawn, which gives it its colour, its name, its points.
pub struct Line {
    pub at: usize,
    pub label: &'static str,
    pub points: Vec<(usize, f64)>,
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 262.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 58.0;

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

impl Chart<'_> {
    fn x(&self, number: usize) -> f64 {
        let (first, last) = (self.marks[0].0 as f64, self.marks[self.marks.len() - 1].0 as f64);
        LEFT + ((number as f64).log10() - first.log10()) / (last.log10() - first.log10()) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, seconds: f64) -> f64 {
        let (low, high) = (f64::from(self.decades.0), f64::from(self.decades.1));
        HEIGHT - BOTTOM - (seconds.log10().clamp(low, high) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    }

    pub fn svg(&self) -> String {
        let Self { title, label, beside, below, .. } = self;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"{label}\">\n<style>{STYLE}</style>\n\
             <rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
             <text class=\"title\" x=\"{LEFT}\" y=\"26\">{title}</text>\n"
        );
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for decade in self.decades.0..=self.decades.1 {
            let at = self.y(10_f64.powi(decade));
            let label = match decade {
                ..-3 => format!("{} µs", 10_u32.pow((decade + 6).unsigned_abs())),
                -3..0 => format!("{} ms", 10_u32.pow((decade + 3).unsigned_abs())),
                _ => format!("{} s", 10_u32.pow(decade.unsigned_abs())),
            };
            let _ = writeln!(out, "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>");
            let _ =
                writeln!(out, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", LEFT - 8.0, at + 4.0);
        }
        for (number, label) in self.marks {
            let at = self.x(*number);
            let _ = writeln!(out, "<line class=\"grid\" x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom}\"/>");
            let _ =
                writeln!(out, "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>", bottom + 20.0);
        }
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{below}</text>",
            (LEFT + right) / 2.0,
            HEIGHT - 14.0
        );
        let middle = (TOP + bottom) / 2.0;
        let _ = writeln!(
            out,
            "<text x=\"18\" y=\"{middle:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 18 {middle:.1})\">{beside}</text>"
        );
        for Line { at, points, .. } in &self.lines {
            let corners: Vec<_> =
                points.iter().map(|(keys, s)| format!("{:.1},{:.1}", self.x(*keys), self.y(*s))).collect();
            let _ = writeln!(
                out,
                "<polyline class=\"line {}\"{} points=\"{}\"/>",
                colour(*at),
                dashes(*at),
                corners.join(" ")
            );
            for (keys, seconds) in points {
                let _ = writeln!(
                    out,
                    "<circle class=\"dot {}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>",
                    colour(*at),
                    self.x(*keys),
                    self.y(*seconds)
                );
            }
        }
        self.labels(&mut out);
        out + "</svg>\n"
    }

    /// Names the lines at their right ends, from the top down, moved apart where they would cover each other.
    fn labels(&self, out: &mut String) {
        let mut ends: Vec<_> = self
            .lines
            .iter()
            .filter_map(|line| line.points.last().map(|&(keys, s)| (self.y(s), self.x(keys), line.at, line.label)))
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
}

fn colour(at: usize) -> String {
    format!("c{}", at % 6)
}

/// The second time that a colour comes it is dashed.
fn dashes(at: usize) -> &'static str {
    if at < 6 { "" } else { " stroke-dasharray=\"5 4\"" }
}

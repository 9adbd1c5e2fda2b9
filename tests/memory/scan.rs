//! A look through this process's own memory for bytes that are known, without ever holding them plain.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Whatever is looked for is held under this mask, so that the search does not find itself.
pub(crate) const MASK: u8 = 0xA5;
/// How many bytes in a row must be there to count as found.
pub(crate) const RUN: usize = 16;
const CHUNK: usize = 1 << 16;
const PAGE: usize = 4096;

/// What is looked for.
pub(crate) struct Watch {
    labels: Vec<String>,
    /// By the first eight bytes of each run: which label, and the whole run.
    runs: HashMap<u64, Vec<(usize, [u8; RUN])>>,
    filter: Vec<bool>,
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub(crate) label: String,
    /// `[heap]`, `[stack]`, a file, or nothing for memory without a name.
    pub(crate) mapping: String,
    /// `lo` for locked, `dd` for left out of core dumps.
    pub(crate) flags: Vec<String>,
}

struct Mapping {
    start: usize,
    end: usize,
    name: String,
    flags: Vec<String>,
}

impl Watch {
    /// `masked` are labels and bytes under the [`MASK`].
    pub(crate) fn new<'a>(masked: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut watch = Self { labels: Vec::new(), runs: HashMap::new(), filter: vec![false; 1 << 16] };
        for (label, bytes) in masked {
            let at = watch.labels.len();
            watch.labels.push(label.to_owned());
            for start in (0..bytes.len().saturating_sub(RUN - 1)).step_by(8) {
                let run: [u8; RUN] = bytes[start..start + RUN].try_into().unwrap();
                let mut seen = run;
                seen.sort_unstable();
                // The zeros that fill up a number are everywhere.
                if seen.windows(2).filter(|pair| pair[0] != pair[1]).count() < 6 {
                    continue;
                }
                watch.filter[slot(first(&run))] = true;
                watch.runs.entry(first(&run)).or_default().push((at, run));
            }
        }
        watch
    }

    /// Looks through all memory that can be written. A thread of its own does it, whose stack is fresh: what lies on the
    /// caller's stays as it was.
    pub(crate) fn look(&self) -> Vec<Hit> {
        let mut hits = std::thread::scope(|scope| scope.spawn(|| self.look_here()).join().unwrap());
        hits.sort();
        hits
    }

    fn look_here(&self) -> Vec<Hit> {
        let memory = File::open("/proc/self/mem").unwrap();
        let mut chunk = vec![0; CHUNK];
        let own = chunk.as_ptr() as usize..chunk.as_ptr() as usize + chunk.len();
        let mut hits = Vec::new();
        for mapping in mappings() {
            let mut at = mapping.start;
            while at + RUN <= mapping.end {
                let len = CHUNK.min(mapping.end - at);
                let bytes = &mut chunk[..len];
                // Some pages of the kernel's cannot be read.
                if memory.read_exact_at(bytes, at as u64).is_err() {
                    at += PAGE;
                    continue;
                }
                bytes.iter_mut().for_each(|byte| *byte ^= MASK);
                for (offset, run) in bytes.windows(RUN).enumerate() {
                    let begin = first(run.try_into().unwrap());
                    if !self.filter[slot(begin)] || own.contains(&(at + offset)) {
                        continue;
                    }
                    for (label, _) in self.runs.get(&begin).into_iter().flatten().filter(|(_, wanted)| wanted == run) {
                        hits.push(Hit {
                            label: self.labels[*label].clone(),
                            mapping: mapping.name.clone(),
                            flags: mapping.flags.clone(),
                        });
                    }
                }
                bytes.fill(0);
                at += if at + len == mapping.end { len } else { len - (RUN - 1) };
            }
        }
        hits
    }
}

fn first(run: &[u8; RUN]) -> u64 {
    u64::from_le_bytes(*run.first_chunk().unwrap())
}

fn slot(begin: u64) -> usize {
    (begin.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize
}

/// The mappings of this process that can be written, from `/proc/self/smaps`, proc_pid_smaps(5).
fn mappings() -> Vec<Mapping> {
    let text = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut found: Vec<Mapping> = Vec::new();
    let mut writable = false;
    for line in text.lines() {
        let fields: Vec<_> = line.split_ascii_whitespace().collect();
        if let ["VmFlags:", flags @ ..] = &fields[..] {
            if writable {
                found.last_mut().unwrap().flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
            }
        } else if let [range, permissions, _, _, _, name @ ..] = &fields[..]
            && let Some((start, end)) = range.split_once('-')
            && let (Ok(start), Ok(end)) = (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16))
        {
            writable = permissions.starts_with("rw");
            if writable {
                found.push(Mapping { start, end, name: name.join(" "), flags: Vec::new() });
            }
        }
    }
    assert!(found.len() > 3, "the list of mappings was read");
    found
}

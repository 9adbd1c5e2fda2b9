//! A disk as a power loss leaves it: what was synced is there, of the rest any part.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::Files;

/// What a process did, as the library wrote it down.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Open {
        fd: u32,
        creates: bool,
        truncates: bool,
        name: String,
    },
    Write {
        fd: u32,
        at: u64,
        bytes: Vec<u8>,
    },
    Sync {
        fd: u32,
        is_done: bool,
    },
    Truncate {
        fd: u32,
        len: u64,
    },
    Unlink(String),
    Rename(String, String),
    Link(String, String),
    /// What the process said of itself.
    Say(String),
}

impl Event {
    /// Whether the library counts such a call.
    pub(crate) fn counts(&self) -> bool {
        match self {
            Self::Open { creates, truncates, .. } => *creates || *truncates,
            Self::Say(_) => false,
            _ => true,
        }
    }

    pub(crate) fn is_write(&self) -> bool {
        matches!(self, Self::Write { .. })
    }
}

/// Reads a log. Names are those below `folder`, the folder itself has none.
pub(crate) fn read_log(mut log: &[u8], folder: &Path) -> Vec<Event> {
    let mut events = Vec::new();
    while !log.is_empty() {
        let number = |range: std::ops::Range<usize>| {
            log[range].iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte))
        };
        let (fd, value) = (number(2..6) as u32, number(6..14));
        let (one, two) = (number(14..18) as usize, number(18..22) as usize);
        let bytes = log[22..22 + one].to_vec();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let name = |bytes: &[u8]| text(bytes)[folder.to_str().unwrap().len()..].trim_start_matches('/').to_owned();
        let other = &log[22 + one..22 + one + two];
        events.push(match log[0] {
            // The numbers are those of Linux.
            b'o' => Event::Open { fd, creates: value & 0o100 > 0, truncates: value & 0o1000 > 0, name: name(&bytes) },
            b'w' => Event::Write { fd, at: value, bytes },
            b's' => Event::Sync { fd, is_done: log[1] == 1 },
            b't' => Event::Truncate { fd, len: value },
            b'u' => Event::Unlink(name(&bytes)),
            b'r' => Event::Rename(name(&bytes), name(other)),
            b'l' => Event::Link(name(&bytes), name(other)),
            b'!' => Event::Say(text(&bytes)),
            other => panic!("a call that this disk does not know: {other}"),
        });
        log = &log[22 + one + two..];
    }
    events
}

/// Files and names, with what is durable of them.
#[derive(Clone)]
pub(crate) struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// Since the folder was synced.
    renamings: Vec<Vec<(String, Option<usize>)>>,
    open: HashMap<u32, Target>,
}

#[derive(Clone, Copy)]
enum Target {
    Folder,
    File(usize),
}

#[derive(Clone, Default)]
struct File {
    /// As processes see it.
    seen: Vec<u8>,
    durable: Vec<u8>,
    changes: Vec<(Change, Fate)>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Waits for a sync.
    Dirty,
    /// The sync failed: the system takes the pages for clean and never writes them again, nobody knows what is on disk.
    Unknown,
    /// Synced, behind one whose fate is unknown.
    Durable,
}

/// What becomes of something that was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Whole,
    Lost,
    /// The file became longer, its content did not arrive.
    Zeros,
    /// Every other sector of 512 bytes arrived, beginning with the first or the second.
    Torn(bool),
}

/// How many things were not synced: changes of files, and of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unsynced {
    pub(crate) changes: usize,
    pub(crate) names: usize,
}

impl Disk {
    pub(crate) fn new(files: &Files) -> Self {
        let names: BTreeMap<_, _> = files.keys().cloned().zip(0..).collect();
        let file = |bytes: &Vec<u8>| File { seen: bytes.clone(), durable: bytes.clone(), changes: Vec::new() };
        Self {
            files: files.values().map(file).collect(),
            durable_names: names.clone(),
            names,
            renamings: Vec::new(),
            open: HashMap::new(),
        }
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::Open { fd, name, .. } if name.is_empty() => drop(self.open.insert(*fd, Target::Folder)),
            Event::Open { fd, creates, truncates, name } => {
                let file = match self.names.get(name) {
                    Some(&file) => file,
                    None => {
                        assert!(creates, "{name} was opened and is not there");
                        self.files.push(File::default());
                        self.rename(vec![(name.clone(), Some(self.files.len() - 1))]);
                        self.files.len() - 1
                    }
                };
                self.open.insert(*fd, Target::File(file));
                if *truncates {
                    self.files[file].change(Change::Truncate(0));
                }
            }
            Event::Write { fd, at, bytes } => self.file(*fd).change(Change::Write(*at, bytes.clone())),
            Event::Truncate { fd, len } => self.file(*fd).change(Change::Truncate(*len)),
            Event::Sync { fd, is_done } => match self.open[fd] {
                Target::Folder if *is_done => {
                    self.durable_names = self.names.clone();
                    self.renamings.clear();
                }
                // Names whose sync failed are written by a later one.
                Target::Folder => {}
                Target::File(file) => self.files[file].sync(*is_done),
            },
            Event::Unlink(name) => self.rename(vec![(name.clone(), None)]),
            Event::Rename(from, to) => {
                let file = self.names[from];
                self.rename(vec![(from.clone(), None), (to.clone(), Some(file))]);
            }
            Event::Link(from, to) => self.rename(vec![(to.clone(), Some(self.names[from]))]),
            Event::Say(_) => {}
        }
    }

    fn file(&mut self, fd: u32) -> &mut File {
        match self.open[&fd] {
            Target::File(file) => &mut self.files[file],
            Target::Folder => panic!("a folder was written to"),
        }
    }

    fn rename(&mut self, changes: Vec<(String, Option<usize>)>) {
        put_names(&mut self.names, &changes);
        self.renamings.push(changes);
    }

    /// What processes see, and what is there after one was killed.
    pub(crate) fn seen(&self) -> Files {
        let files = self.names.iter().map(|(name, &file)| (name.clone(), self.files[file].seen.clone()));
        files.filter(|(name, _)| !is_shared_memory(name)).collect()
    }

    /// The files that may be there after a power loss, without the shared memory, which is made anew.
    fn unsynced_files(&self) -> Vec<usize> {
        let pending = self.renamings.iter().flatten().filter_map(|(name, file)| Some((name, (*file)?)));
        let named = self.names.iter().chain(&self.durable_names).map(|(name, &file)| (name, file)).chain(pending);
        let mut files: Vec<_> = named.filter(|(name, _)| !is_shared_memory(name)).map(|(_, file)| file).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    pub(crate) fn unsynced(&self) -> Unsynced {
        let changes = self.unsynced_files().into_iter().map(|file| self.files[file].unsynced()).sum();
        Unsynced { changes, names: self.renamings.len() }
    }

    /// The disk after a power loss: `changes` says of each unsynced change of a file, `names` of each of a name, what is left.
    pub(crate) fn after_power_loss(&self, changes: &[Kept], names: &[bool]) -> Files {
        let mut kept = changes.iter().copied();
        let files: HashMap<usize, Vec<u8>> = self
            .unsynced_files()
            .into_iter()
            .map(|file| (file, self.files[file].after_power_loss(&mut kept)))
            .collect();
        let mut left = self.durable_names.clone();
        for (change, is_kept) in self.renamings.iter().zip(names) {
            if *is_kept {
                put_names(&mut left, change);
            }
        }
        let left = left.into_iter().filter(|(name, _)| !is_shared_memory(name));
        left.filter_map(|(name, file)| Some((name, files.get(&file)?.clone()))).collect()
    }
}

impl File {
    fn change(&mut self, change: Change) {
        put(&mut self.seen, &change, Kept::Whole);
        self.changes.push((change, Fate::Dirty));
    }

    fn sync(&mut self, is_done: bool) {
        for (_, fate) in self.changes.iter_mut().filter(|(_, fate)| *fate == Fate::Dirty) {
            *fate = if is_done { Fate::Durable } else { Fate::Unknown };
        }
        // What is durable up to the first that is not needs no more thought.
        let settled = self.changes.iter().take_while(|(_, fate)| *fate == Fate::Durable).count();
        for (change, _) in self.changes.drain(..settled) {
            put(&mut self.durable, &change, Kept::Whole);
        }
    }

    fn unsynced(&self) -> usize {
        self.changes.iter().filter(|(_, fate)| *fate != Fate::Durable).count()
    }

    fn after_power_loss(&self, kept: &mut impl Iterator<Item = Kept>) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for (change, fate) in &self.changes {
            let kept = if *fate == Fate::Durable { Kept::Whole } else { kept.next().unwrap() };
            put(&mut bytes, change, kept);
        }
        bytes
    }
}

fn is_shared_memory(name: &str) -> bool {
    name.ends_with("-shm")
}

fn put_names(names: &mut BTreeMap<String, usize>, changes: &[(String, Option<usize>)]) {
    for (name, file) in changes {
        match file {
            Some(file) => names.insert(name.clone(), *file),
            None => names.remove(name),
        };
    }
}

const SECTOR: u64 = 512;

fn put(file: &mut Vec<u8>, change: &Change, kept: Kept) {
    if kept == Kept::Lost {
        return;
    }
    match change {
        Change::Truncate(len) => file.resize(usize::try_from(*len).unwrap(), 0),
        Change::Write(at, bytes) => {
            let start = usize::try_from(*at).unwrap();
            if file.len() < start + bytes.len() {
                file.resize(start + bytes.len(), 0);
            }
            for (place, byte) in (*at..).zip(bytes) {
                let arrived = match kept {
                    Kept::Whole => true,
                    Kept::Lost | Kept::Zeros => false,
                    Kept::Torn(odd) => (place / SECTOR % 2 == 1) == odd,
                };
                if arrived {
                    file[usize::try_from(place).unwrap()] = *byte;
                }
            }
        }
    }
}

//! Steps on the file: other keys, copies, crashes, locks.

use std::fs;
use std::path::{Path, PathBuf};

use keystead::{BackupOptions, ErrorKind, Keystore};

use super::World;
use super::faults::{self, LogEnd, beside};
use super::tally::{tally, tally_words};
use super::verb::Verb;

impl World {
    fn new_path(&mut self, what: &str) -> PathBuf {
        self.files += 1;
        self.path.with_file_name(format!("{what}-{}", self.files))
    }

    pub(super) fn rekey(&mut self, by: u8, key: u8) {
        let slot = self.handle(by);
        let key = if key == self.key { key.wrapping_add(1) } else { key };
        let expected = if self.in_memory() { Err(ErrorKind::NotPossible) } else { Ok(()) };
        let changed = self.store(slot).rekey(&Self::unlock(key));
        if self.settle(Verb::Rekey, changed, expected, self.gate(slot, true)).is_none() {
            return;
        }
        self.key = key;
        for (n, handle) in self.handles.iter_mut().enumerate() {
            let Some(handle) = handle else { continue };
            if n == slot {
                handle.key = key;
            }
            // Whoever was left behind is up to date again when the key comes back.
            handle.stale = (handle.key != key).then(|| handle.stale.unwrap_or(0));
        }
    }

    /// A copy, under another key or the same one, which is as the store is.
    pub(super) fn back_up(&mut self, by: u8, how: u8) {
        let slot = self.handle(by);
        let key = if how.is_multiple_of(2) { self.key } else { how };
        let unlock = Self::unlock(key);
        let options = if how.is_multiple_of(2) { BackupOptions::same_key() } else { BackupOptions::new(&unlock) };
        let taken = how % 8 == 7;
        let path = if taken { self.path.clone() } else { self.new_path("backup") };
        let expected = match self.in_memory() {
            true => Err(ErrorKind::NotPossible),
            false if taken => Err(ErrorKind::AlreadyExists),
            false => Ok(()),
        };
        let copied = self.store(slot).backup(&path, &options);
        if self.settle(Verb::Backup, copied, expected, self.gate(slot, false)).is_none() {
            return;
        }
        let open = if how < 128 { Keystore::open } else { Keystore::open_read_only };
        let copy = open(&path, &unlock, self.options(0)).expect("a copy opens");
        self.assert_same(&copy);
        assert_eq!(copy.verify_integrity().unwrap().problems(), [""; 0]);
        drop(copy);
        if let Some((old, ..)) = self.backup.replace((path, self.state.clone(), key)) {
            remove(&old);
        }
    }

    /// The last copy takes the place of the store.
    pub(super) fn restore(&mut self) {
        let Some((path, state, key)) = self.backup.clone() else { return };
        tally(Verb::Restore, None);
        self.forsake();
        let to = self.new_path("store");
        fs::copy(path, &to).unwrap();
        remove(&std::mem::replace(&mut self.path, to));
        (self.state, self.key) = (state, key);
    }

    pub(super) fn reopen(&mut self, by: u8) {
        if self.in_memory() {
            return;
        }
        let slot = self.handle(by);
        self.handles[slot] = None;
        self.open(slot);
        tally(Verb::Reopen, None);
    }

    /// Everybody lets go of the store: the log goes with the last one, unless that one may not write.
    pub(super) fn close_all(&mut self) {
        if self.in_memory() {
            return;
        }
        self.forsake();
        tally(Verb::CloseAll, None);
    }

    fn forsake(&mut self) {
        self.lock = None;
        self.handles = [None, None, None];
        self.history.clear();
    }

    /// The process ends. What was committed last may be lost with the tail of the log.
    pub(super) fn crash(&mut self, how: u8, back: u8, torn: u8) {
        if self.in_memory() {
            return;
        }
        let now = LogEnd::of(&self.path);
        let goes_back = |(end, ..): &&(LogEnd, _, _)| {
            now.is_some_and(|now| now.salt == end.salt && (now.in_file..=now.frames).contains(&end.frames))
        };
        let points: Vec<_> = self.history.iter().filter(goes_back).cloned().collect();
        let to = self.new_path("store");
        if how.is_multiple_of(3) || points.is_empty() {
            faults::crash(&self.path, &to, None, 0);
            tally_words(Verb::Crash, "whole");
        } else {
            let back = usize::from(back) % points.len();
            let (end, state, key) = points[points.len() - 1 - back].clone();
            faults::crash(&self.path, &to, Some(end.frames), u64::from(torn) * 16);
            tally_words(Verb::Crash, if back == 0 { "last" } else { "back" });
            (self.state, self.key) = (state, key);
        }
        self.forsake();
        remove(&std::mem::replace(&mut self.path, to));
        self.open(if how < 200 { 0 } else { 2 });
        self.compare(if how < 200 { 0 } else { 5 });
    }

    pub(super) fn lock(&mut self) {
        if self.in_memory() || self.lock.is_some() {
            return;
        }
        self.lock = Some(faults::lock(&self.path, &[0x5a ^ self.key; 32]));
        tally(Verb::Lock, None);
    }

    pub(super) fn integrity(&mut self, by: u8) {
        let slot = self.handle(by);
        let checked = self.store(slot).verify_integrity();
        if let Some(found) = self.settle(Verb::Integrity, checked, Ok(()), self.gate(slot, false)) {
            assert_eq!(found.problems(), [""; 0]);
            assert_eq!(found.keys(), self.state.keys.len() as u64);
        }
    }

    /// Drafts, logs and indexes are gone when all is closed.
    pub(super) fn no_file_is_left_over(&self) {
        let Some(folder) = &self.folder else { return };
        let known = [Some(&self.path), self.backup.as_ref().map(|(path, ..)| path)];
        // Who may only read leaves them behind.
        let known =
            known.into_iter().flatten().flat_map(|path| ["", "-wal", "-shm"].map(|suffix| beside(path, suffix)));
        let known: Vec<_> = known.collect();
        for file in fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            assert!(known.contains(&path), "{} was left over", path.display());
        }
    }
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(path, suffix));
    }
}

//! Stores of older formats to begin with: they are upgraded when they are opened.

use std::rc::Rc;
use std::sync::OnceLock;

use keystead::{Authority, BackupOptions, Key, Keystore, Options, Unlock};

use super::World;
use super::model::{Entry, LABELS};

/// 2030-01-01, after all of them were written.
const LATER: i64 = 1_893_456_000_000;

/// A store of an older format, under the raw key with which histories begin, and what is in it.
pub(super) struct Older {
    file: Vec<u8>,
    keys: Vec<(Key, Vec<String>)>,
    authority: Option<Authority>,
    past: usize,
}

/// Those of formats 1, 2 and 3; later ones have more than the model knows.
pub(super) fn older(which: u8) -> &'static Older {
    static ALL: [OnceLock<Older>; 3] = [const { OnceLock::new() }; 3];
    let which = usize::from(which) % 3;
    ALL[which].get_or_init(|| {
        let golden: [&[u8]; 3] = [
            include_bytes!("../../data/golden/format-1.db"),
            include_bytes!("../../data/golden/format-2.db"),
            include_bytes!("../../data/golden/format-3.db"),
        ];
        let folder = super::folder();
        let (path, copy) = (folder.path().join("golden"), folder.path().join("copy"));
        std::fs::write(&path, golden[which]).unwrap();
        // Read alone, it stays of its format.
        let store = Keystore::open_read_only(&path, &Unlock::passphrase("golden"), Options::default()).unwrap();
        store.backup(&copy, &BackupOptions::new(&World::unlock(0))).unwrap();
        let keys = store.keys().map(Result::unwrap);
        let keys = keys.map(|key| (key.clone(), store.users(key.id()).unwrap())).collect();
        let (authority, past) = (store.authority().unwrap(), store.past_authorities().unwrap().len());
        drop(store);
        Older { file: std::fs::read(copy).unwrap(), keys, authority, past }
    })
}

impl World {
    pub(super) fn begin_with(&mut self, older: &Older) {
        std::fs::write(&self.path, &older.file).unwrap();
        for (key, users) in &older.keys {
            // Plain letters alone.
            let folded = key.name().as_str().to_ascii_lowercase();
            let mut entry = Entry::new(key.clone(), folded);
            let label = |user: &String| LABELS.iter().position(|label| label == user).unwrap() as u8;
            entry.labels.extend(users.iter().map(label));
            self.state.add(entry);
        }
        self.state.authority = older.authority.clone().map(Rc::new);
        self.state.past_authorities = older.past;
        // It began when the file was written, before the earliest time that the clock will show.
        self.state.root_begin = i64::MIN;
        (self.now, self.earliest) = (LATER, LATER - 86_400_000);
        self.clock.to(self.now);
    }
}

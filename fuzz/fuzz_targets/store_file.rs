//! A store's file with bytes changed, cut or appended: opening and reading it gives what was written or an error.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use keystead::{Algorithm, GenerateKey, Key, KeyName, KeySpec, Keystore, Options, Unlock};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Change {
    at: u32,
    to: u8,
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    changes: Vec<Change>,
    cut: Option<u32>,
    appended: &'a [u8],
}

fn original() -> &'static (Vec<u8>, Vec<Key>) {
    static FILE: OnceLock<(Vec<u8>, Vec<Key>)> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.db");
        let store = Keystore::create(&path, &Unlock::raw_key([7; 32]), Options::default()).expect("a store");
        let algorithms = [Algorithm::Es256, Algorithm::Hs256, Algorithm::Es512, Algorithm::Hs512];
        for (n, algorithm) in algorithms.into_iter().enumerate() {
            let spec = KeySpec::new(algorithm, None).expect("a length that fits");
            let name = KeyName::new(format!("key {n}")).expect("a name");
            store.generate(GenerateKey::new(name, spec)).expect("a key");
        }
        let keys = store.keys().map(|key| key.expect("a key")).collect();
        drop(store);
        (std::fs::read(&path).expect("the file"), keys)
    })
}

fuzz_target!(|input: Input<'_>| {
    let (file, keys) = original();
    let mut bytes = file.clone();
    for change in &input.changes {
        let at = change.at as usize % bytes.len();
        bytes[at] = change.to;
    }
    if let Some(cut) = input.cut {
        bytes.truncate(cut as usize % (bytes.len() + 1));
    }
    bytes.extend_from_slice(input.appended);
    // A cost that the change asks for may be slow on purpose; a raw key never pays it.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys.db");
    std::fs::write(&path, &bytes).expect("a file");
    let Ok(store) = Keystore::open(&path, &Unlock::raw_key([7; 32]), Options::default()) else { return };
    for (read, written) in store.keys().zip(keys) {
        if let Ok(read) = read {
            assert_eq!(&read, written);
        }
    }
    for key in keys {
        if let Ok(signature) = store.sign(key.id(), b"message") {
            assert!(store.verify(key.id(), b"message", signature.as_bytes()).unwrap_or(true));
        }
    }
    let _ = store.verify_integrity();
});

//! What the benches share: requests by the thousand, stores, and a plain SQLite to compare with.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "benches stop at the first failure"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use keystead::{Algorithm, GenerateKey, KeyName, KeySpec, Keystore, Options, Unlock};
use rusqlite::Connection;

pub const RAW_KEY: [u8; 32] = [7; 32];

pub fn unlock() -> Unlock {
    Unlock::raw_key(RAW_KEY)
}

pub fn create(path: &Path) -> Keystore {
    Keystore::create(path, &unlock(), Options::default()).unwrap()
}

pub fn spec(algorithm: Algorithm) -> KeySpec {
    let rsa = algorithm.key_type() == keystead::KeyType::Rsa;
    KeySpec::new(algorithm, rsa.then_some(2048)).unwrap()
}

pub fn request(name: String, algorithm: Algorithm) -> GenerateKey {
    GenerateKey::new(KeyName::new(name).unwrap(), spec(algorithm))
}

/// `count` requests for ES256 keys, with names of some 20 characters.
pub fn requests(count: usize) -> Vec<GenerateKey> {
    (0..count).map(|n| request(format!("service {n:06} token"), Algorithm::Es256)).collect()
}

/// Fills a store with ES256 keys.
pub fn fill(store: &Keystore, count: usize) -> Vec<keystead::Key> {
    store.generate_many(&requests(count)).unwrap().into_iter().map(Result::unwrap).collect()
}

/// Plain SQLite with the settings of the store, and a table whose rows are as long as a key's.
pub fn plain(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
             PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;
             PRAGMA journal_size_limit = 16777216; PRAGMA wal_autocheckpoint = 4000;
             CREATE TABLE row (id INTEGER PRIMARY KEY, content BLOB NOT NULL);",
        )
        .unwrap();
    connection
}

/// As [`create`], without what searching adds to the file: to see what it costs.
pub fn create_without_search(path: &Path) -> Keystore {
    drop(create(path));
    let connection = Connection::open(path).unwrap();
    let key: String = RAW_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    connection
        .execute_batch(&format!(
            "PRAGMA key = \"x'{key}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256; DROP INDEX key_search;"
        ))
        .unwrap();
    connection.close().unwrap();
    Keystore::open(path, &unlock(), Options::default()).unwrap()
}

/// How many bytes a key's row holds: its public parts and seal, and the small fields.
pub fn row_len(key: &keystead::Key) -> usize {
    let seal = 138 + 16;
    let small = 160;
    key.certificate_der().unwrap().len()
        + key.public_key_der().unwrap().len()
        + key.name().as_str().len()
        + seal
        + small
}

/// Without figures: that nothing fails.
pub fn is_a_test() -> bool {
    let asked = |word: &str| std::env::args().any(|given| given == word);
    !asked("--bench") || asked("--test") || asked("--list")
}

/// How long two things took in short turns one after the other, in seconds.
pub struct Turns {
    /// Of the middle pair: the second in times of the first.
    pub ratio: f64,
    /// The quickest tenth of each, which is nearly what an idle machine has.
    pub bare: f64,
    pub ours: f64,
    pub count: usize,
}

/// Times both in turn for six seconds, since a busy machine slows both. None in a test, where each is done once.
pub fn in_turns<A, B>(mut bare: impl FnMut() -> A, mut ours: impl FnMut() -> B) -> Option<Turns> {
    let mut bare = || drop(black_box(bare()));
    let mut ours = || drop(black_box(ours()));
    if is_a_test() || std::env::args().any(|word| word == "--profile-time") {
        bare();
        ours();
        return None;
    }
    let time = |work: &mut dyn FnMut(), count: u32| {
        let begun = Instant::now();
        (0..count).for_each(|_| work());
        begun.elapsed().as_secs_f64() / f64::from(count)
    };
    let count = (0.002 / time(&mut bare, 3)).clamp(1.0, 1e6) as u32;
    let mut turns: [Vec<f64>; 3] = Default::default();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(6) || turns[0].len() < 21 {
        let (first, second) = (time(&mut bare, count), time(&mut ours, count));
        turns.iter_mut().zip([second / first, first, second]).for_each(|(turns, value)| turns.push(value));
    }
    turns.iter_mut().for_each(|turns| turns.sort_by(f64::total_cmp));
    let [ratio, bare, ours] = turns.each_ref().map(|turns| [turns[turns.len() / 2], turns[turns.len() / 10]]);
    Some(Turns { ratio: ratio[0], bare: bare[1], ours: ours[1], count: turns[0].len() })
}

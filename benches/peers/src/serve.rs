//! What every peer does, and the conversation with the program that asks for it: a request a line, an answer a line.
//!
//! Each peer is a process of its own, since two of them bring an SQLite that cannot be linked into one program.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub type Done<T = ()> = Result<T, Box<dyn Error>>;

/// What is signed: as long as the header and claims of a small JWT.
pub const MESSAGE: &[u8; 200] = &[0x65; 200];

/// A key to take in: its name, and PKCS#8 in DER, or the bare secret for HS256.
pub struct Given {
    pub name: String,
    pub secret: Vec<u8>,
}

/// A keystore, with at most one store open at a time.
pub trait Peer {
    /// What signs without another look into the store.
    type Handle;
    /// What a caller keeps of a key to ask for it again.
    type Id;

    /// Name and version.
    fn about(&self) -> String;
    /// Makes an empty store and opens it.
    fn create(&mut self, store: &Path) -> Done;
    fn open(&mut self, store: &Path) -> Done;
    fn close(&mut self) -> Done;
    /// Makes one P-256 key, as durable as the peer makes it.
    fn generate(&mut self, name: &str) -> Done;
    /// Takes in P-256 keys, in the quickest way that the peer has.
    fn import(&mut self, keys: &[Given]) -> Done;
    /// Takes in one key for an algorithm; false when the peer does not have it.
    fn import_for(&mut self, algorithm: &str, key: &Given) -> Done<bool>;
    /// Finds a key by its name.
    fn find(&mut self, name: &str) -> Done;
    fn id(&mut self, name: &str) -> Done<Self::Id>;
    /// Finds a key by its id and signs with it.
    fn sign(&mut self, id: &Self::Id, algorithm: &str) -> Done<Vec<u8>>;
    fn hold(&mut self, id: &Self::Id, algorithm: &str) -> Done<Self::Handle>;
    fn sign_held(&mut self, handle: &mut Self::Handle) -> Done<Vec<u8>>;
}

/// Answers requests until there are no more. Arguments of the process: a folder of its own, the file of the keys to take
/// in, and how many milliseconds one block of measurements may take.
pub fn serve<P: Peer>(peer: P, folder: &Path, keys: &Path, budget: Duration) -> Done {
    let mut server =
        Server { peer, folder: folder.into(), keys: read_keys(keys)?, budget, open: None, fresh: 0, made: 0, at: 0 };
    for line in io::stdin().lock().lines() {
        let answer = match server.answer(&line?) {
            Ok(answer) => format!("ok {answer}"),
            Err(error) => format!("no {}", error.to_string().replace('\n', " ")),
        };
        println!("{answer}");
        io::stdout().flush()?;
    }
    server.peer.close()
}

struct Server<P> {
    peer: P,
    folder: PathBuf,
    keys: Vec<Given>,
    budget: Duration,
    open: Option<&'static str>,
    fresh: usize,
    made: usize,
    at: usize,
}

impl<P: Peer> Server<P> {
    fn answer(&mut self, line: &str) -> Done<String> {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[..] {
            ["about"] => Ok(self.peer.about()),
            // An empty store for keys that are made, and one that holds all that were given.
            ["fill"] => {
                self.peer.create(&self.folder.join("small"))?;
                self.peer.close()?;
                self.peer.create(&self.folder.join("big"))?;
                self.open = Some("big");
                let begun = Instant::now();
                self.peer.import(&self.keys)?;
                Ok(seconds(&[begun.elapsed().as_secs_f64()]))
            }
            ["for", algorithm, secret] => {
                self.switch("big")?;
                let key = Given { name: algorithm.into(), secret: from_hex(secret)? };
                Ok(self.peer.import_for(algorithm, &key)?.to_string())
            }
            ["generate", store] => {
                self.switch(if store == "big" { "big" } else { "small" })?;
                let Self { peer, made, budget, .. } = self;
                samples(*budget, || {
                    *made += 1;
                    timed(|| peer.generate(&format!("made {made:06} token")))
                })
            }
            ["import", count] => {
                self.close()?;
                self.fresh += 1;
                self.peer.create(&self.folder.join(format!("fresh{}", self.fresh)))?;
                let count: usize = count.parse()?;
                let begun = Instant::now();
                self.peer.import(&self.keys[..count])?;
                let took = begun.elapsed();
                self.peer.close()?;
                Ok(seconds(&[took.as_secs_f64()]))
            }
            ["open"] => {
                self.close()?;
                let Self { peer, folder, keys, budget, at, .. } = self;
                let big = folder.join("big");
                let answer = samples(*budget, || {
                    let name = next(keys, at);
                    let took = timed(|| {
                        peer.open(&big)?;
                        peer.find(name)
                    })?;
                    peer.close()?;
                    Ok(took)
                });
                self.switch("big")?;
                answer
            }
            ["find"] => {
                self.switch("big")?;
                let Self { peer, keys, budget, at, .. } = self;
                samples(*budget, || {
                    let name = next(keys, at);
                    timed(|| peer.find(name))
                })
            }
            // Another key each time: nothing is warm but what was opened.
            ["sign", "any"] => {
                self.switch("big")?;
                let Self { peer, keys, budget, at, .. } = self;
                samples(*budget, || {
                    let id = peer.id(next(keys, at))?;
                    timed(|| peer.sign(&id, "ES256").map(drop))
                })
            }
            ["sign", algorithm] => {
                self.switch("big")?;
                let id = self.peer.id(algorithm)?;
                batches(self.budget, || self.peer.sign(&id, algorithm).map(drop))
            }
            ["held", algorithm] => {
                self.switch("big")?;
                let id = self.peer.id(algorithm)?;
                let mut handle = self.peer.hold(&id, algorithm)?;
                batches(self.budget, || self.peer.sign_held(&mut handle).map(drop))
            }
            ["prove", algorithm] => {
                self.switch("big")?;
                let id = self.peer.id(algorithm)?;
                let mut handle = self.peer.hold(&id, algorithm)?;
                let both = [self.peer.sign(&id, algorithm)?, self.peer.sign_held(&mut handle)?];
                Ok(both.map(|signature| hex(&signature)).join(" "))
            }
            ["memory"] => {
                let status = std::fs::read_to_string("/proc/self/status")?;
                let line = status.lines().find(|line| line.starts_with("VmRSS:"));
                Ok(line.and_then(|line| line.split_whitespace().nth(1)).unwrap_or("0").into())
            }
            _ => Err(format!("what is {line:?}?").into()),
        }
    }

    fn switch(&mut self, store: &'static str) -> Done {
        if self.open != Some(store) {
            self.close()?;
            self.peer.open(&self.folder.join(store))?;
            self.open = Some(store);
        }
        Ok(())
    }

    fn close(&mut self) -> Done {
        if self.open.take().is_some() {
            self.peer.close()?;
        }
        Ok(())
    }
}

/// A walk in big steps: neighbours in the order of insertion do not follow each other.
fn next<'a>(keys: &'a [Given], at: &mut usize) -> &'a str {
    *at = (*at + 61_803) % keys.len();
    &keys[*at].name
}

fn timed(work: impl FnOnce() -> Done) -> Done<Duration> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}

/// Does something that times itself until the budget is spent, at least once.
fn samples(budget: Duration, mut work: impl FnMut() -> Done<Duration>) -> Done<String> {
    let begun = Instant::now();
    let mut all = Vec::new();
    while all.is_empty() || begun.elapsed() < budget {
        all.push(work()?.as_secs_f64());
    }
    Ok(seconds(&all))
}

/// Does something over and over, timed by the half millisecond.
fn batches(budget: Duration, mut work: impl FnMut() -> Done) -> Done<String> {
    let once = timed(&mut work)?.as_secs_f64();
    let count = (0.5e-3 / once).clamp(1.0, 10_000.0) as u32;
    samples(budget, || Ok(timed(|| (0..count).try_for_each(|_| work()))? / count))
}

fn seconds(all: &[f64]) -> String {
    all.iter().map(|seconds| format!("{seconds:e}")).collect::<Vec<_>>().join(" ")
}

/// A key a line: its name, a tab, PKCS#8 in hex.
fn read_keys(path: &Path) -> Done<Vec<Given>> {
    let text = std::fs::read_to_string(path)?;
    let key = |line: &str| {
        let (name, secret) = line.split_once('\t').ok_or("no tab")?;
        Ok(Given { name: name.into(), secret: from_hex(secret)? })
    };
    text.lines().map(key).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn from_hex(text: &str) -> Done<Vec<u8>> {
    (0..text.len() / 2).map(|n| Ok(u8::from_str_radix(&text[2 * n..2 * n + 2], 16)?)).collect()
}

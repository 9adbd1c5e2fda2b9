//! What is asked of every peer, in turn, round after round.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, KeyPair, RSA_PKCS1_2048_8192_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};
use keystead::{Algorithm, GenerateKey, KeyName, KeySpec, Keystore, Options, SecretFormat};

use crate::conversation::{Conversation, PEERS};
use crate::files::{Held, held};
use crate::serve::{Done, MESSAGE, from_hex, hex};
use crate::table::{Measured, Row};

const SIGNING: [&str; 5] = ["ES256", "ES384", "ES512", "RS256", "HS256"];

#[derive(Clone, Copy)]
struct Size {
    keys: usize,
    imported: usize,
    rounds: usize,
    budget: Duration,
}

const WHOLE: Size = Size { keys: 10_000, imported: 1_000, rounds: 7, budget: Duration::from_millis(150) };
/// To see that all works.
const QUICK: Size = Size { keys: 200, imported: 50, rounds: 2, budget: Duration::from_millis(10) };

pub fn run(arguments: &[OsString]) -> Done {
    let mut size = WHOLE;
    let mut place = std::env::temp_dir();
    let mut only: Option<Vec<String>> = None;
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        match word.to_str() {
            Some("--quick") => size = QUICK,
            Some("--keys") => {
                let keys = rest.next().and_then(|keys| keys.to_str()).ok_or("--keys needs a number")?;
                size.keys = keys.parse()?;
            }
            Some("--folder") => place = PathBuf::from(rest.next().ok_or("--folder needs a folder")?),
            Some("--peers") => {
                let names = rest.next().and_then(|names| names.to_str()).ok_or("--peers needs names")?;
                only = Some(names.split(',').map(String::from).collect());
            }
            _ => return Err(format!("what is {}?", word.display()).into()),
        }
    }
    let folder = tempfile::tempdir_in(&place)?;
    println!("stores in {}, a file system of type {}", place.display(), file_system(&place));
    let keys = folder.path().join("keys");
    write_keys(&keys, size.keys)?;

    let mut peers = Vec::new();
    for name in PEERS {
        if only.as_ref().is_some_and(|only| name != PEERS[0] && !only.iter().any(|asked| asked == name)) {
            continue;
        }
        match Conversation::start(name, folder.path(), &keys, size.budget) {
            Ok(peer) => peers.push(peer),
            Err(error) => println!("skipped: {name}: {error}"),
        }
    }
    let mut rows = vec![fill(&mut peers, &size, folder.path())?];
    rows.extend(measure(&mut peers, &size)?);
    println!("{}", crate::table::markdown(&peers.iter().map(|peer| &*peer.about).collect::<Vec<_>>(), &rows));
    for peer in &mut peers {
        let bytes = disk_usage(&folder.path().join(peer.name))? / 1024;
        let resident = peer.ask("memory")?;
        println!("{}: {resident} KiB resident, {bytes} KiB on disk in all", peer.about);
    }
    Ok(())
}

/// Gives every peer its keys, and sees that each signs with what it was given.
fn fill(peers: &mut [Conversation], size: &Size, folder: &Path) -> Done<Row> {
    let mut row = Row::new(format!("import of {} P-256 keys, once", size.keys));
    for peer in &mut *peers {
        let took = peer.time("fill")?;
        println!(
            "{}: {} keys in {took:.2} s, {} KiB",
            peer.about,
            size.keys,
            disk_usage(&folder.join(peer.name))? / 1024
        );
        row.add(Measured::one(took));
    }
    for algorithm in SIGNING {
        let secret = secret(algorithm)?;
        for peer in &mut *peers {
            if peer.ask(&format!("for {algorithm} {}", hex(&secret)))? == "true" {
                for signature in peer.ask(&format!("prove {algorithm}"))?.split(' ') {
                    judge(algorithm, &secret, &from_hex(signature)?)
                        .map_err(|error| format!("{} {algorithm}: {error}", peer.name))?;
                }
            }
        }
    }
    Ok(row)
}

fn measure(peers: &mut [Conversation], size: &Size) -> Done<Vec<Row>> {
    let keys = size.keys;
    let mut plan: Vec<(String, String)> = [
        (format!("import {}", size.imported), format!("import of {} P-256 keys", size.imported)),
        ("generate small".into(), "generate one P-256 key".into()),
        ("open".into(), format!("open a store of {keys} keys and find one by name")),
        ("generate big".into(), format!("generate one among {keys} and more")),
        ("find".into(), format!("find by name among {keys}")),
        ("sign any".into(), "sign ES256 by id, another key each time".into()),
    ]
    .into();
    plan.extend(SIGNING.map(|name| (format!("sign {name}"), format!("sign {name} by id, the same key"))));
    plan.extend(SIGNING.map(|name| (format!("held {name}"), format!("sign {name} with a held handle"))));
    let mut rows: Vec<_> = plan.iter().map(|(_, what)| Row::new(what.clone())).collect();
    for row in &mut rows {
        peers.iter().for_each(|_| row.add(Measured::default()));
    }
    for round in 1..=size.rounds {
        eprintln!("round {round} of {}", size.rounds);
        for ((request, _), row) in plan.iter().zip(&mut rows) {
            for (peer, measured) in peers.iter_mut().zip(row.measured.iter_mut()) {
                match peer.time(request) {
                    Ok(time) => measured.add(time),
                    Err(error) if round == 1 => println!("skipped: {error}"),
                    Err(_) => {}
                }
            }
        }
    }
    Ok(rows)
}

/// P-256 keys for everybody to take in.
fn write_keys(path: &Path, count: usize) -> Done {
    let mut text = String::new();
    for n in 0..count {
        writeln!(text, "service {n:06} token\t{}", hex(&secret("ES256")?))?;
    }
    Ok(std::fs::write(path, text)?)
}

/// A new key as PKCS#8, or a bare secret for HS256.
fn secret(name: &str) -> Done<Vec<u8>> {
    if name.starts_with("HS") {
        return Ok(vec![0x5a; 32]);
    }
    let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.to_string() == name).ok_or("no algorithm")?;
    let store = Keystore::in_memory(Options::default())?;
    let spec = KeySpec::new(algorithm, name.starts_with("RS").then_some(2048))?;
    let key = store.generate(GenerateKey::new(KeyName::new("one")?, spec).exportable(true))?;
    Ok(store.export_secret(key.id(), &SecretFormat::Pkcs8Der)?.expose_secret().to_vec())
}

/// Whether a signature is one of the message, by AWS-LC. JOSE's form, as every peer here gives it.
fn judge(algorithm: &str, secret: &[u8], signature: &[u8]) -> Done {
    let check = |with: &'static dyn VerificationAlgorithm, public: &[u8]| {
        UnparsedPublicKey::new(with, public).verify(MESSAGE, signature).map_err(|_| "its signature is wrong".into())
    };
    match held(algorithm, secret)? {
        Held::Hmac(key) => hmac::verify(&key, MESSAGE, signature).map_err(|_| "its tag is wrong".into()),
        Held::Rsa(pair) => check(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref()),
        Held::Ec(pair) => match algorithm {
            "ES384" => check(&ECDSA_P384_SHA384_FIXED, pair.public_key().as_ref()),
            "ES512" => check(&ECDSA_P521_SHA512_FIXED, pair.public_key().as_ref()),
            _ => check(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref()),
        },
    }
}

/// What a file, or a folder with all that is in it, takes of the disk.
fn disk_usage(path: &Path) -> Done<u64> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::symlink_metadata(path)?;
    let mut sum = metadata.blocks() * 512;
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path)? {
            sum += disk_usage(&entry?.path())?;
        }
    }
    Ok(sum)
}

/// The kind of file system that a folder lies in, as Linux calls it.
fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let over = fields.filter_map(|fields| Some((*fields.get(1)?, *fields.get(2)?)));
    let nearest = over.filter(|(at, _)| folder.starts_with(at)).max_by_key(|(at, _)| at.len());
    nearest.map_or("unknown", |(_, kind)| kind).into()
}

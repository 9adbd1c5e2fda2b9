//! What a process holds in memory: its own, read through `/proc/self/mem`, must not hold secrets when they should be gone.
#![cfg(target_os = "linux")]
// A test that cannot go on has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod support;

#[path = "memory/needles.rs"]
mod needles;
#[path = "memory/roles.rs"]
mod roles;
#[path = "memory/scan.rs"]
mod scan;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use argon2::{Argon2, Params, Version};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use hkdf::Hkdf;
use hmac::Hmac;
use keystead::{
    Algorithm, GenerateKey, ImportKey, KdfCost, KeyId, KeyName, KeySpec, Keystore, SecretBytes, SecretEncoding,
    SecretFormat, Unlock,
};
use needles::{Letter, Planted, montgomery};
use sha2::{Digest, Sha256, Sha512};
use support::{finish, options, told_as_child};
use tempfile::TempDir;

/// A key whose every secret number is known.
struct Known {
    name: &'static str,
    /// Said before its name, to tell it from others.
    called: &'static str,
    algorithm: Algorithm,
    /// PKCS#8 in DER, of a secret its bytes.
    private: Vec<u8>,
    parts: Vec<(String, Vec<u8>)>,
}

const KEYS: [(&str, Algorithm); 7] = [
    ("P-256", Algorithm::Es256),
    ("P-384", Algorithm::Es384),
    ("P-521", Algorithm::Es512),
    ("RSA", Algorithm::Rs256),
    ("HS256", Algorithm::Hs256),
    ("HS384", Algorithm::Hs384),
    ("HS512", Algorithm::Hs512),
];

/// How many random bytes are known beforehand: more than a search for primes takes.
const STREAM: usize = 1 << 18;

/// The same bytes in every run.
fn stream(seed: &str, len: usize) -> Vec<u8> {
    let block = |n: usize| Sha256::digest(format!("{seed} {n}"));
    (0..len.div_ceil(32)).flat_map(block).map(|byte| byte ^ scan::MASK).take(len).collect()
}

fn known_keys() -> &'static [Known] {
    static KNOWN: OnceLock<Vec<Known>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let store = Keystore::in_memory(options().entropy(planted("keys"))).unwrap();
        let make =
            |(name, algorithm)| known(&store, store.generate(request(name, algorithm)).unwrap().id(), name, algorithm);
        KEYS.map(make).into()
    })
}

fn planted(seed: &str) -> Arc<Planted> {
    Arc::new(Planted::new(stream(seed, STREAM)))
}

fn request(name: &str, algorithm: Algorithm) -> GenerateKey {
    let bits = (algorithm == Algorithm::Rs256).then_some(2048);
    GenerateKey::new(KeyName::new(name).unwrap(), KeySpec::new(algorithm, bits).unwrap()).exportable(true)
}

/// Takes an exportable key apart.
fn known(store: &Keystore, id: KeyId, name: &'static str, algorithm: Algorithm) -> Known {
    let format = if name.starts_with("HS") { SecretFormat::Raw } else { SecretFormat::Pkcs8Der };
    let private = store.export_secret(id, &format).unwrap().expose_secret().to_vec();
    let jwk = store.export_secret(id, &SecretFormat::Jwk).unwrap();
    let jwk: serde_json::Value = serde_json::from_slice(jwk.expose_secret()).unwrap();
    let number = |member: &str| Base64UrlUnpadded::decode_vec(jwk[member].as_str().unwrap()).unwrap();
    let members: &[&str] = match name {
        "RSA" => &["d", "p", "q", "dp", "dq", "qi"],
        _ if name.starts_with("HS") => &["k"],
        _ => &["d"],
    };
    let parts = members.iter().map(|member| ((*member).to_owned(), number(member))).collect();
    Known { name, called: "", algorithm, private, parts }
}

const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P384_ORDER: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
const P521_ORDER: &str = "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409";

impl Known {
    fn called(self, called: &'static str) -> Self {
        Self { called, ..self }
    }

    /// Every shape in which its numbers may be found.
    fn seek(&self, letter: &mut Letter) {
        for (part, value) in &self.parts {
            let name = format!("{} {} {part}", self.called, self.name).trim_start().to_owned();
            letter.seek(&name, value);
            letter.seek_within(&name, &self.private, value);
            let number = |part: &str| &self.parts.iter().find(|(name, _)| name == part).unwrap().1;
            let unhex = |text: &str| -> Vec<u8> {
                (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
            };
            // The modulus that a number is reduced by, and the bits of the words that hold it.
            let (modulus, bits) = match (self.name, part.as_str()) {
                ("P-256", _) => (unhex(P256_ORDER), 256),
                ("P-384", _) => (unhex(P384_ORDER), 384),
                ("P-521", _) => (unhex(P521_ORDER), 576),
                ("RSA", "qi" | "q") => (number("p").clone(), 1024),
                _ => continue,
            };
            if value.as_slice() < modulus.as_slice() {
                let held = montgomery(value, &modulus, bits);
                letter.seek_as(&format!("{name}, Montgomery"), &held.into_iter().rev().collect::<Vec<_>>());
            }
        }
    }
}

/// Makes a ring and rotates it, and gives its keys.
fn rotated(store: &Keystore) -> Vec<KeyId> {
    let ring = store.create_ring(&roles::ring_plan()).unwrap();
    let state = ring.rotate().unwrap();
    state.keys().map(|key| key.key().id()).collect()
}

/// The stores that a child works with, and the letter that tells it how and what to look for.
struct Prepared {
    folder: TempDir,
}

const FILES: [&str; 3] = ["store", "by passphrase", "letter"];

/// A folder with fresh copies.
fn prepared() -> Prepared {
    static CONTENTS: OnceLock<[Vec<u8>; 3]> = OnceLock::new();
    let contents = CONTENTS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        FILES.map(|name| std::fs::read(folder.path().join(name)).unwrap())
    });
    let folder = tempfile::tempdir().unwrap();
    FILES.iter().zip(contents).for_each(|(name, bytes)| std::fs::write(folder.path().join(name), bytes).unwrap());
    Prepared { folder }
}

/// The numbers that one store hangs on.
fn below_the_root(letter: &mut Letter, name: &str, entropy: &Planted) {
    let (id, root) = (entropy.draw(16, 0), entropy.draw(32, 0));
    letter.seek(&format!("{name}: root key"), &root);
    letter.seek(&format!("{name}: row key"), &hkdf(&id, &root, b"keystead 1 row"));
}

fn hkdf(salt: &[u8], key: &[u8], info: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), key).expand(info, &mut out).unwrap();
    out
}

/// What is made of what opens a store.
fn above_the_root(letter: &mut Letter, name: &str, unlock: &[u8; 32], store: &Path) {
    let head: [u8; 16] = std::fs::read(store).unwrap()[..16].try_into().unwrap();
    letter.seek(&format!("{name}: wrap key"), &hkdf(&head, unlock, b"keystead 1 root wrap"));
    let mut pages = [0; 32];
    pbkdf2::pbkdf2::<Hmac<Sha512>>(unlock, &head.map(|byte| byte ^ 0x3a), 2, &mut pages).unwrap();
    letter.seek(&format!("{name}: key of the page tags"), &pages);
}

fn argon2id(passphrase: &[u8], store: &Path) -> [u8; 32] {
    let head = &std::fs::read(store).unwrap()[..16];
    let params = Params::new(KdfCost::FLOOR.memory_kib(), KdfCost::FLOOR.passes(), 1, Some(32)).unwrap();
    let mut key = [0; 32];
    Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, head, &mut key)
        .unwrap();
    key
}

fn prepare(folder: &Path) {
    let at = |name: &str| folder.join(name);
    let mut letter = Letter::default();
    let bytes = |seed: &str, len| stream(seed, len).into_iter().map(|byte| byte ^ scan::MASK).collect::<Vec<u8>>();
    let key = |seed: &str| -> [u8; 32] { bytes(seed, 32).try_into().unwrap() };
    let text = |seed: &str| Base64UrlUnpadded::encode_string(&bytes(seed, 33));

    let raw = key("raw key");
    for name in ["raw key", "new raw key", "wrong raw key"] {
        letter.bring(name, &key(name));
        letter.seek(name, &key(name));
    }
    letter.bring("witness", &key("witness"));
    for name in ["passphrase", "wrong passphrase", "password", "app secret"] {
        letter.bring(name, text(name).as_bytes());
        letter.seek(name, text(name).as_bytes());
    }
    let entropy = planted("store");
    let store = Keystore::create(at("store"), &Unlock::raw_key(raw), options().entropy(entropy.clone())).unwrap();
    below_the_root(&mut letter, "store", &entropy);
    above_the_root(&mut letter, "store", &raw, &at("store"));
    above_the_root(&mut letter, "store under the new key", &key("new raw key"), &at("store"));

    let (passphrase, entropy) = (text("passphrase"), planted("store by passphrase"));
    let unlock = Unlock::passphrase(passphrase.as_str());
    drop(Keystore::create(at("by passphrase"), &unlock, options().entropy(entropy.clone())).unwrap());
    let unlock = argon2id(passphrase.as_bytes(), &at("by passphrase"));
    letter.seek("unlock key", &unlock);
    below_the_root(&mut letter, "store by passphrase", &entropy);
    above_the_root(&mut letter, "store by passphrase", &unlock, &at("by passphrase"));
    letter.seek("wrong unlock key", &argon2id(text("wrong passphrase").as_bytes(), &at("by passphrase")));

    for known in known_keys() {
        let imported = store.import(import(known)).unwrap().key.id();
        letter.bring(&format!("id of {}", known.name), imported.to_string().as_bytes());
        known.seek(&mut letter);
        written(&mut letter, &store, imported, known, &text("password"));
    }
    let app = "6b1c3f0e-8d1b-4c57-9f5e-2a7d9c1e4b60";
    letter.bring("app id", app.as_bytes());
    let header = format!("Basic {}", Base64::encode_string(format!("{app}:{}", text("app secret")).as_bytes()));
    letter.bring("header", header.as_bytes());
    // What comes behind the id: characters that no other app's header has.
    letter.seek_as("app secret, in the header", &header.as_bytes()[56..]);

    let entropy = planted("planted");
    letter.bring("planted", &bytes("planted", STREAM));
    let made = Keystore::in_memory(options().entropy(entropy.clone())).unwrap();
    let ids = KEYS.map(|(name, algorithm)| made.generate(request(name, algorithm)).unwrap().id());
    for (id, (name, algorithm)) in ids.into_iter().zip(KEYS) {
        known(&made, id, name, algorithm).called("new").seek(&mut letter);
    }
    letter.seek("new store: root key", &entropy.draw(32, 0));
    let entropy = planted("planted for rings");
    letter.bring("planted for rings", &bytes("planted for rings", STREAM));
    let made = Keystore::in_memory(options().entropy(entropy)).unwrap();
    for id in rotated(&made) {
        known(&made, id, "P-384", Algorithm::Es384).called("ring").seek(&mut letter);
    }
    letter.send(&at("letter"));
}

fn import(known: &Known) -> ImportKey {
    let private = SecretBytes::copy_from(&known.private);
    let request =
        ImportKey::new(KeyName::new(known.name).unwrap(), private).algorithm(known.algorithm).exportable(true);
    if known.name.starts_with("HS") { request.secret(SecretEncoding::Raw) } else { request }
}

/// A key in the forms in which it can come.
fn written(letter: &mut Letter, store: &Keystore, id: KeyId, known: &Known, password: &str) {
    let password = || SecretBytes::from(password);
    let mut bring = |form: &str, bytes: &[u8]| letter.bring(&format!("{} {form}", known.name), bytes);
    let export = |format| store.export_secret(id, &format).unwrap();
    bring("jwk", export(SecretFormat::Jwk).expose_secret());
    let key = if known.name.starts_with("HS") {
        bring("raw", &known.private);
        bring("hex", needles::hex(&known.private).as_bytes());
        // Text, since this is what the API takes.
        serde_json::json!({ "secret": Base64UrlUnpadded::encode_string(&known.private) })
    } else {
        let pem = export(SecretFormat::Pkcs8Pem);
        bring("der", export(SecretFormat::Pkcs8Der).expose_secret());
        bring("pem", pem.expose_secret());
        bring("encrypted", export(SecretFormat::EncryptedPkcs8Pem { password: password() }).expose_secret());
        bring("p12", export(SecretFormat::Pkcs12 { password: password() }).expose_secret());
        serde_json::json!({ "privateKey": std::str::from_utf8(pem.expose_secret()).unwrap() })
    };
    let mut body = serde_json::json!({ "key": { "name": known.name, "algorithm": known.algorithm.name() } });
    body["key"].as_object_mut().unwrap().extend(key.as_object().unwrap().clone());
    bring("body", body.to_string().as_bytes());
}

impl Prepared {
    /// What a child found at each of its stages.
    fn found(&self, role: &str) -> Vec<String> {
        finish(support::child(role, &self.folder.path().join("store")).spawn().unwrap())
    }
}

/// What the other process does. It only runs when another test starts it.
#[test]
#[ignore = "run by the other tests of this file as a child process"]
fn child() {
    if let Some((role, path)) = told_as_child() {
        roles::play(&role, &path);
    }
}

/// Where something may be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In pages that are locked and left out of core dumps.
    Kept,
    Anywhere,
    /// With whoever handed it over; whether it is still there is not ours to say.
    Caller,
}
use Place::{Anywhere, Caller, Kept};

/// At which stage, what and where; `*` stands for any text. What is not listed must not be found, and what is listed must be: a
/// search that finds nothing proves nothing, and what was mended since must be struck out.
type Rule = (&'static str, &'static [&'static str], Place);

/// The keys of an open store.
const OPEN: [&[&str]; 2] = [&["raw key, as it is"], &["store: r* key, as it is"]];

/// What foreign crates leave in memory that they have freed, each with its cause. No wiping of ours reaches it: only an allocator
/// that wipes what is freed does, which a program can choose and a library cannot.
mod known {
    /// `rsa` 0.10 wipes an RSA key's numbers when it is dropped, but not its Montgomery parameters (p and q), the CRT coefficient, nor
    /// what it and `crypto-bigint` compute on the way; `crypto-primes` tests the factors of imported and new keys on copies.
    pub(crate) const RSA: &[&str] = &["RSA *, limbs", "RSA *, Montgomery"];
    /// A raw key is handed over by value, `Unlock::raw_key([u8; 32])`: a copy lies on the stack of whoever did until that is used
    /// again. Later stages look for it once more and find none.
    pub(crate) const BY_VALUE: &[&str] = &["new raw key, as it is"];
    pub(crate) const NEW_RSA: &[&str] = &["new RSA *, limbs", "new RSA *, Montgomery"];
    /// `serde_json` undoes the escapes of a text (in PEM, those of the line ends) in a buffer that it does not wipe.
    pub(crate) const ESCAPED: &[&str] =
        &["P-* d, PEM", "P-* d, base64", "RSA *, PEM", "RSA *, base64", "RSA *, base64url"];
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((begin, end)) => text.len() >= begin.len() + end.len() && text.starts_with(begin) && text.ends_with(end),
    }
}

/// Runs a child, in the thread that also looks and in one that has ended when it looks, and holds what it found against
/// the rules.
fn check(role: &str, rules: &[Rule]) {
    let locks = Keystore::in_memory(options()).unwrap().memory_protection().locked;
    if !locks {
        println!("skipped: the limit for locked memory is used up, so nothing can be told about locks");
    }
    for role in [role.to_owned(), format!("{role} in a thread")] {
        let found = prepared().found(&role);
        assert!(found.iter().any(|line| line == "all looked through"), "{role}: {found:?}");
        let mut needed: Vec<_> = rules.iter().filter(|(.., place)| *place != Caller).collect();
        let mut wrong = Vec::new();
        for line in &found {
            let [stage, label, mapping, flags] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
            let kept = flags.contains("dd") && (flags.contains("lo") || !locks);
            let rule = |(at, labels, place): &Rule| {
                fits(at, stage) && labels.iter().any(|pattern| fits(pattern, label)) && (kept || *place != Kept)
            };
            if rules.iter().any(&rule) {
                needed.retain(|known| !rule(known));
            } else {
                wrong.push(format!("{stage}: {label} in {mapping:?} {flags}"));
            }
        }
        assert!(wrong.is_empty(), "{role}, found where it should be gone:\n{}", wrong.join("\n"));
        // What lies in freed memory is overwritten by chance: not to find it is no failure.
        if !needed.is_empty() {
            println!("{role}, known and not found this time: {needed:?}");
        }
    }
}

#[test]
fn what_is_there_is_found() {
    let kept = &["password, as it is"];
    check("control", &[("kept", kept, Anywhere), ("one copy kept", kept, Anywhere), ("not wiped", kept, Anywhere)]);
}

#[test]
fn opening_leaves_the_keys_of_the_store_in_their_pages() {
    check(
        "open",
        &[
            ("open", OPEN[0], Kept),
            ("open", OPEN[1], Kept),
            ("open by passphrase", &["unlock key, as it is"], Kept),
            ("open by passphrase", &["store by passphrase: r* key, as it is"], Kept),
        ],
    );
}

#[test]
fn failing_to_open_leaves_nothing() {
    check("fail to open", &[]);
}

#[test]
fn signing_keeps_keys_until_they_are_forgotten_or_the_store_is_dropped() {
    check(
        "sign",
        &[
            ("signed *", OPEN[0], Kept),
            ("signed *", OPEN[1], Kept),
            ("signed *", &["P-* d, as it is"], Kept),
            ("signed *", known::RSA, Anywhere),
            ("signed *", &["HS* k, as it is"], Kept),
            ("forgotten", OPEN[0], Kept),
            ("forgotten", OPEN[1], Kept),
            ("forgotten", known::RSA, Anywhere),
            ("at the end", known::RSA, Anywhere),
        ],
    );
}

#[test]
fn exporting_leaves_nothing() {
    let password = &["password, as it is"];
    check(
        "export",
        &[("exported *", OPEN[0], Kept), ("exported *", OPEN[1], Kept), ("exported *", password, Anywhere)],
    );
}

#[test]
fn importing_leaves_nothing() {
    check("import", &[("imported *", known::RSA, Anywhere), ("at the end", known::RSA, Anywhere)]);
}

#[test]
fn importing_by_an_api_leaves_what_the_parser_of_json_leaves() {
    check(
        "import by an API",
        &[
            ("imported *", known::RSA, Anywhere),
            ("at the end", known::RSA, Anywhere),
            ("imported *", known::ESCAPED, Anywhere),
            ("at the end", known::ESCAPED, Anywhere),
        ],
    );
}

#[test]
fn generating_leaves_nothing() {
    check(
        "generate",
        &[
            ("generated *", &["new store: root key, as it is"], Kept),
            ("generated *", known::NEW_RSA, Anywhere),
            ("at the end", known::NEW_RSA, Anywhere),
        ],
    );
}

#[test]
fn rotating_leaves_nothing() {
    check("rotate", &[]);
}

#[test]
fn after_a_change_of_key_the_old_one_is_gone() {
    check(
        "rekey",
        &[
            ("rekeyed", known::BY_VALUE, Caller),
            ("rekeyed", OPEN[1], Kept),
            ("signed", &["new raw key, as it is"], Kept),
            ("signed", OPEN[1], Kept),
            ("signed", &["P-256 d, as it is"], Kept),
        ],
    );
}

#[test]
fn a_copy_leaves_nothing_of_its_key() {
    check(
        "backup",
        &[
            ("copied", OPEN[0], Kept),
            ("copied", known::BY_VALUE, Caller),
            ("copied", OPEN[1], Kept),
            ("verified", OPEN[0], Kept),
            ("verified", OPEN[1], Kept),
            ("verified", known::RSA, Anywhere),
            ("at the end", known::RSA, Anywhere),
        ],
    );
}

#[test]
fn secrets_of_apps_stay_until_they_are_forgotten_or_the_store_is_dropped() {
    check(
        "authenticate",
        &[
            ("made", OPEN[0], Kept),
            ("made", OPEN[1], Kept),
            ("authenticated", OPEN[0], Kept),
            ("authenticated", OPEN[1], Kept),
            ("authenticated", &["app secret, as it is"], Kept),
            ("forgotten", OPEN[0], Kept),
            ("forgotten", OPEN[1], Kept),
        ],
    );
}

/// A child that may do less than others, told in the words of a shell.
fn under(wrapper: &str, role: &str, prepared: &Prepared) -> Command {
    let child = support::child(role, &prepared.folder.path().join("store"));
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{wrapper} \"$0\" \"$@\"")).arg(child.get_program()).args(child.get_args());
    command.envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(prepared.folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_store_works_without_locked_memory() {
    // Root may lock what it likes, unless it has given that up.
    let wrappers = ["exec", "exec setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock"];
    let prepared = prepared();
    let ask = |wrapper| under(&format!("ulimit -l 0 && {wrapper}"), "say what protects it", &prepared);
    let told = wrappers.map(|wrapper| ask(wrapper).output().unwrap());
    let words = told.map(|output| support::words_of(&output.stdout));
    let locked = |words: &Vec<String>| words.iter().any(|word| word == "locked true, out of dumps true");
    let not_locked = |words: &Vec<String>| words.iter().any(|word| word == "locked false, out of dumps true");
    if !words.iter().any(not_locked) {
        println!("skipped: nothing here takes the right to lock memory away: {words:?}");
        assert!(words.iter().any(locked), "{words:?}");
    }
}

/// The outside judge: what the kernel writes when the process dies.
#[test]
fn a_core_dump_holds_no_key_of_the_store() {
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let prepared = prepared();
    let died = under("ulimit -c unlimited && exec", "die", &prepared).output().unwrap();
    assert!(!died.status.success());
    let mut files = std::fs::read_dir(prepared.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let core = files.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("core"));
    let Some(core) = core else {
        println!("skipped: no core dump was written, the system's pattern for them is {pattern}");
        return;
    };
    let memory = std::fs::read(core).unwrap();
    let plain = |seed: &str| -> Vec<u8> { stream(seed, 32).into_iter().map(|byte| byte ^ scan::MASK).collect() };
    let holds = |what: &[u8]| memchr::memmem::find(&memory, what).is_some();
    assert!(holds(&plain("witness")[..16]), "the dump has what lies on the heap");
    assert!(!holds(&plain("raw key")[..16]));
    let p256 = &known_keys()[0].parts[0].1;
    assert!(!holds(&p256[..16]));
    assert!(!holds(&p256.iter().rev().copied().collect::<Vec<_>>()[..16]));
}

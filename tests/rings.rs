//! Rings: made, rotated, retired, revoked, deleted; what is published and accepted at each step.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/naive.rs"]
mod naive;
mod support;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use keystead::{
    Algorithm, BackupOptions, Entropy, EntropyError, ErrorKind, Key, KeyId, KeyName, KeySpec, KeyType, KeyUse,
    Keystore, Kid, NamePattern, Options, Query, Ring, RingName, RingPlace, RingPlan, RingState, SecretFormat,
    SystemEntropy, Unlock, UserLabel, Verifier,
};
use naive::{Set, instant};
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::{contents, openssl_verifies, options, raw};
use tempfile::TempDir;

const NONE: [&str; 0] = [];
const READ_ONLY: &str = "ReadOnly: the store cannot be written: it was opened read-only";
const NO_RING: &str = "NotFound: there is no ring 'acme'";

fn memory() -> Keystore {
    Keystore::in_memory(Options::default()).unwrap()
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

fn name(text: &str) -> RingName {
    RingName::new(text).unwrap()
}

fn spec(algorithm: Algorithm) -> KeySpec {
    KeySpec::new(algorithm, (algorithm.key_type() == KeyType::Rsa).then_some(2048)).unwrap()
}

fn plan(text: &str) -> RingPlan {
    RingPlan::new(name(text), spec(Algorithm::Es256))
}

/// The kids in a JWK set.
fn kids(set: &str) -> Vec<String> {
    let set: Value = serde_json::from_str(set).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The kids that a ring publishes.
fn published(ring: &Ring) -> Vec<String> {
    kids(&ring.jwks().unwrap())
}

fn kid(key: &keystead::RingKey) -> String {
    key.key().kid().as_str().to_owned()
}

fn live(state: &RingState) -> Vec<String> {
    state.live().map(kid).collect()
}

fn ended(state: &RingState) -> Vec<String> {
    state.ended().iter().map(kid).collect()
}

fn label(text: &str) -> UserLabel {
    UserLabel::new(text).unwrap()
}

/// Kind and words of an error, with `KID` for the kid, of which the words may show the beginning.
#[track_caller]
fn told<T: fmt::Debug>(outcome: keystead::Result<T>, kid: &str) -> String {
    let error = outcome.unwrap_err();
    let text = format!("{:?}: {error}", error.kind());
    let Some((before, after)) = kid.get(..24).and_then(|start| text.split_once(start)) else { return text };
    let after = &after[after.find('\'').unwrap()..];
    format!("{before}KID{after}")
}

/// Nothing is wrong with the store.
#[track_caller]
fn assert_sound(store: &Keystore) {
    assert_eq!(store.verify_integrity().unwrap().problems(), NONE);
}

/// Random bytes that can be kept and given again, refused, or watched.
#[derive(Default)]
struct Tape(Mutex<Taped>);

#[derive(Default)]
struct Taped {
    kept: Vec<u8>,
    given: usize,
    /// How many fills are still granted.
    left: Option<usize>,
    watcher: Option<Box<dyn FnOnce() + Send>>,
}

impl Tape {
    /// From here on, the same bytes as from the beginning.
    fn rewind(&self) {
        self.0.lock().unwrap().given = 0;
    }

    fn grant(&self, fills: impl Into<Option<usize>>) {
        self.0.lock().unwrap().left = fills.into();
    }

    /// Runs `watcher` once, when bytes are asked for next.
    fn watch(&self, watcher: impl FnOnce() + Send + 'static) {
        self.0.lock().unwrap().watcher = Some(Box::new(watcher));
    }
}

impl Entropy for Tape {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        let watcher = self.0.lock().unwrap().watcher.take();
        if let Some(watcher) = watcher {
            watcher();
        }
        let mut tape = self.0.lock().unwrap();
        match &mut tape.left {
            Some(0) => return Err(EntropyError::new()),
            Some(left) => *left -= 1,
            None => {}
        }
        let (from, to) = (tape.given, tape.given + out.len());
        if tape.kept.len() < to {
            let mut more = vec![0; to - tape.kept.len()];
            SystemEntropy.fill(&mut more)?;
            tape.kept.extend(more);
        }
        out.copy_from_slice(&tape.kept[from..to]);
        tape.given = to;
        Ok(())
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tape")
    }
}

#[test]
fn a_ring_turns() {
    let store = memory();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let first = ring.state().unwrap();
    assert!(first.previous().is_none());
    assert_eq!(published(&ring), live(&first));
    let signer = ring.signer().unwrap();
    let old = signer.sign(b"message").unwrap();
    assert_eq!(old.kid, *first.current().key().kid());

    let second = ring.rotate().unwrap();
    assert_eq!(kid(second.current()), kid(first.next()));
    assert_eq!(kid(second.previous().unwrap()), kid(first.current()));
    assert_eq!(published(&ring), live(&second));
    assert_eq!(signer.sign(b"message").unwrap().kid, *first.next().key().kid());
    assert!(ring.verify(&old.kid, b"message", old.signature.as_bytes()).unwrap());

    let third = ring.rotate().unwrap();
    assert_eq!(kid(&third.ended()[0]), kid(first.current()));
    assert!(!ring.verify(&old.kid, b"message", old.signature.as_bytes()).unwrap());
    assert_eq!(ring.verifier(&old.kid).unwrap_err().kind(), ErrorKind::Refused);

    let revoked = ring.revoke(third.current().key().kid()).unwrap();
    assert_eq!(kid(revoked.current()), kid(third.next()));
    assert_eq!(store.sign(third.current().key().id(), b"x").unwrap_err().kind(), ErrorKind::Refused);
    let refused = store.delete(revoked.current().key().id()).unwrap_err();
    assert_eq!((refused.kind(), refused.users()), (ErrorKind::InUse, &["ring acme".to_owned()][..]));
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    store.delete_ring(&name("acme")).unwrap();
    assert!(store.is_empty().unwrap());
    assert_eq!(ring.signer().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

/// The kid of a key of EC or RSA by RFC 7638, from what its JWK says.
fn thumbprint(jwk: &Value) -> String {
    let members: &[&str] = if jwk["kty"] == "EC" { &["crv", "kty", "x", "y"] } else { &["e", "kty", "n"] };
    let written: Vec<_> = members.iter().map(|member| format!("\"{member}\":{}", jwk[*member])).collect();
    base64url(&Sha256::digest(format!("{{{}}}", written.join(","))))
}

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let group = |group: &[u8]| {
        let word = (0..3).fold(0, |word, n| word << 8 | u32::from(*group.get(n).unwrap_or(&0)));
        (0..=group.len()).map(move |n| char::from(DIGITS[(word >> (18 - 6 * n) & 63) as usize])).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

#[test]
fn rings_of_every_algorithm_turn() {
    let folder = tempfile::tempdir().unwrap();
    let store = memory();
    let algorithms = [
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Es512,
        Algorithm::Hs256,
        Algorithm::Hs384,
        Algorithm::Hs512,
        Algorithm::Ps256,
    ];
    for algorithm in algorithms {
        let ring = store.create_ring(&RingPlan::new(name(algorithm.name()), spec(algorithm))).unwrap();
        let signer = ring.signer().unwrap();
        let first = signer.sign(b"first").unwrap();
        let state = ring.rotate().unwrap();
        let second = signer.sign(b"second").unwrap();
        assert_eq!([&first.kid, &second.kid], [state.previous().unwrap().key().kid(), state.current().key().kid()]);
        for (kid, message, signature) in [(&first.kid, b"first".as_slice(), &first), (&second.kid, b"second", &second)]
        {
            let signature = signature.signature.as_bytes();
            assert!(ring.verify(kid, message, signature).unwrap());
            assert!(!ring.verify(kid, b"other", signature).unwrap());
            assert!(!ring.verify(kid, message, &signature[1..]).unwrap());
            assert!(ring.verifier(kid).unwrap().verify(message, signature));
            assert_eq!(ring.verifier(kid).unwrap().algorithm(), algorithm);
        }
        assert!(!ring.verify(&second.kid, b"first", first.signature.as_bytes()).unwrap());
        if algorithm == Algorithm::Es256 {
            assert!(openssl_verifies(folder.path(), state.current().key(), b"second", &second.signature));
        }
        let set: Value = serde_json::from_str(&ring.jwks().unwrap()).unwrap();
        let jwks = set["keys"].as_array().unwrap();
        if algorithm.key_type() == KeyType::Hmac {
            assert!(jwks.is_empty());
            assert!(state.keys().all(|key| key.key().certificate_der().is_none() && kid(key).len() == 10));
        } else {
            assert_eq!(published(&ring), live(&state));
            for jwk in jwks {
                assert_eq!(jwk["kid"], thumbprint(jwk));
                assert_eq!((&jwk["alg"], &jwk["use"]), (&algorithm.name().into(), &"sig".into()));
            }
        }
        for key in state.keys() {
            assert_eq!(key.key().name().as_str(), format!("{algorithm} {}", kid(key)));
            assert_eq!((key.key().algorithm(), key.key().is_exportable()), (Some(algorithm), false));
        }
        assert_eq!(state.spec(), spec(algorithm));
        assert_eq!((state.key_use(), state.keep(), state.schedule()), (KeyUse::Signing, RingPlan::DEFAULT_KEEP, None));
    }
    assert_eq!(store.len().unwrap(), 3 * algorithms.len() as u64);
    let names: Vec<_> = store.rings().unwrap().iter().map(|ring| ring.name().as_str().to_owned()).collect();
    assert_eq!(names, algorithms.map(Algorithm::name));
    assert_sound(&store);
}

#[test]
fn new_keys_alone_are_of_the_new_kind() {
    let store = memory();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let algorithms = |state: &RingState| -> Vec<_> { state.live().map(|key| key.key().algorithm().unwrap()).collect() };
    let state = ring.rotate_to(spec(Algorithm::Hs512)).unwrap();
    assert_eq!(algorithms(&state), [Algorithm::Es256, Algorithm::Hs512, Algorithm::Es256]);
    assert_eq!((state.spec(), published(&ring).len()), (spec(Algorithm::Hs512), 2));
    let state = ring.rotate().unwrap();
    assert_eq!(algorithms(&state), [Algorithm::Hs512, Algorithm::Hs512, Algorithm::Es256]);
    // A key that takes a revoked one's place is of the new kind too.
    let state = ring.rotate_to(spec(Algorithm::Es384)).unwrap();
    assert_eq!(algorithms(&state), [Algorithm::Hs512, Algorithm::Es384, Algorithm::Hs512]);
    let state = ring.revoke(state.current().key().kid()).unwrap();
    assert_eq!(algorithms(&state), [Algorithm::Es384, Algorithm::Es384, Algorithm::Hs512]);
    let signed = ring.signer().unwrap().sign(b"message").unwrap();
    assert_eq!((signed.signature.as_bytes().len(), &signed.kid), (96, state.current().key().kid()));
    assert_sound(&store);
}

#[test]
fn revoking_depends_on_the_place() {
    let store = memory();
    let ring = store.create_ring(&plan("acme")).unwrap();
    ring.rotate().unwrap();
    let before = ring.rotate().unwrap();
    let key = |n: usize| before.keys().nth(n).unwrap().key().kid().clone();
    let (current, next, previous, retired) = (key(0), key(1), key(2), key(3));
    let places =
        |state: &RingState| -> Vec<_> { state.keys().map(|key| (key.key().kid().clone(), key.place())).collect() };

    // The one before: nobody follows it.
    let state = ring.revoke(&previous).unwrap();
    let ended = [(retired.clone(), RingPlace::Retired), (previous.clone(), RingPlace::Revoked)];
    let two = [(current.clone(), RingPlace::Current), (next.clone(), RingPlace::Next)];
    assert_eq!(places(&state), [two.as_slice(), ended.as_slice()].concat());
    // One that is over: it is now revoked.
    let state = ring.revoke(&retired).unwrap();
    assert_eq!(places(&state)[2], (retired.clone(), RingPlace::Revoked));
    // Once more: nothing.
    assert_eq!(ring.revoke(&retired).unwrap(), state);
    assert_eq!(ring.state().unwrap(), state);
    // The next one: another is made.
    let state = ring.revoke(&next).unwrap();
    assert_eq!(kid(state.current()), current.as_str());
    assert!(before.by_kid(&kid(state.next())).is_none());
    assert_eq!(state.by_kid(next.as_str()).unwrap().current_since(), None);
    let heir = state.next().key().kid().clone();
    // The current one: the next takes over, there is no previous one.
    let state = ring.revoke(&current).unwrap();
    assert_eq!((state.current().key().kid(), state.previous()), (&heir, None));
    assert_eq!(state.by_kid(current.as_str()).unwrap().place(), RingPlace::Revoked);
    assert_eq!(published(&ring), live(&state));
    for key in state.ended() {
        let id = key.key().id();
        assert_eq!(key.place(), RingPlace::Revoked);
        for outcome in
            [store.sign(id, b"m").map(drop), store.signer(id).map(drop), store.verify(id, b"m", b"s").map(drop)]
        {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Refused);
        }
        assert!(!ring.verify(key.key().kid(), b"m", &[0; 64]).unwrap());
    }
    assert_sound(&store);
}

#[test]
fn signatures_of_the_next_key_are_accepted() {
    let store = memory();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let next = ring.state().unwrap().next().key().clone();
    let signature = store.sign(next.id(), b"message").unwrap();
    assert!(ring.verify(next.kid(), b"message", signature.as_bytes()).unwrap());
    ring.revoke(next.kid()).unwrap();
    assert!(!ring.verify(next.kid(), b"message", signature.as_bytes()).unwrap());
}

#[test]
fn refusals_have_words() {
    let store = memory();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let unknown = Kid::new("unknown").unwrap();
    assert_snapshot!(told(store.ring(&name("other")), ""), @"NotFound: there is no ring 'other'");
    assert_snapshot!(told(store.delete_ring(&name("other")), ""), @"NotFound: there is no ring 'other'");
    let taken =
        |plan: &RingPlan| told(store.create_ring(plan), "").starts_with("Duplicate: ring 'acme' is taken by another ");
    assert!(taken(&plan("acme")));
    let rsa = RingPlan::new(name("acme"), spec(Algorithm::Rs256));
    assert!(taken(&rsa));
    assert_eq!(store.create_ring(&rsa).unwrap_err().field(), Some("ring"));
    assert_snapshot!(told(ring.revoke(&unknown), ""), @"NotFound: there is no key with kid 'unknown' in the ring 'acme'");
    assert_snapshot!(told(ring.verifier(&unknown), ""), @"NotFound: there is no key with kid 'unknown' in the ring 'acme'");
    assert!(!ring.verify(&unknown, b"m", b"s").unwrap());

    let clock = Set::new(1_900_000_000_000);
    let store = Keystore::in_memory(Options::default().clock(clock)).unwrap();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let first = ring.state().unwrap().current().key().clone();
    ring.rotate().unwrap();
    ring.retire_previous().unwrap();
    let words = |outcome| told(outcome, first.kid().as_str());
    assert_snapshot!(words(ring.verifier(first.kid()).map(drop)), @"Refused: the key with kid 'KID' of the ring 'acme' was retired at 2030-03-17T17:46:40Z");
    // Retired, not revoked: the store goes on signing with it for whoever asks for this very key.
    assert!(store.sign(first.id(), b"m").is_ok());
    ring.revoke(first.kid()).unwrap();
    assert_snapshot!(words(ring.verifier(first.kid()).map(drop)), @"Refused: the key with kid 'KID' of the ring 'acme' was revoked at 2030-03-17T17:46:40Z");
    assert_snapshot!(words(store.sign(first.id(), b"m").map(drop)), @"Refused: the key 'acme KID' was revoked in its ring");
    assert_snapshot!(words(store.verify(first.id(), b"m", b"s").map(drop)), @"Refused: the key 'acme KID' was revoked in its ring");
    assert_snapshot!(words(store.delete(first.id())), @"InUse: the key 'acme KID' is in use by ring acme");
    assert_eq!(store.delete(first.id()).unwrap_err().users(), ["ring acme"]);

    let secret = store.create_ring(&plan("secret").key_use(KeyUse::Encryption)).unwrap();
    assert_snapshot!(told(secret.signer(), ""), @"NotPossible: the ring's keys are for encryption, they sign nothing");
    let some = secret.state().unwrap().current().key().kid().clone();
    assert_snapshot!(told(secret.verify(&some, b"m", b"s"), ""), @"NotPossible: the ring's keys are for encryption, they sign nothing");
    assert_snapshot!(told(secret.verifier(&some), ""), @"NotPossible: the ring's keys are for encryption, they sign nothing");
}

#[test]
fn names_have_limits() {
    let words = |text: &str| told(RingName::new(text), "");
    assert_snapshot!(words(""), @"InvalidInput: ring is blank, allowed are 1 to 128 characters");
    assert_snapshot!(words(" \u{3000}"), @"InvalidInput: ring is blank, allowed are 1 to 128 characters");
    assert_snapshot!(words(&"ü".repeat(129)), @"InvalidInput: ring is 129 characters, at most 128 characters");
    assert_snapshot!(words(&"a".repeat(100_000)), @"InvalidInput: ring is 100000 bytes, at most 128 characters");
    assert_snapshot!(words("a\tb"), @"InvalidInput: ring has U+0009 at character 2, allowed is any text without control character");
    assert_snapshot!(words("a\u{2028}b"), @"InvalidInput: ring has U+2028 at character 2, allowed is any text without control character");
    assert_snapshot!(words("a\0"), @"InvalidInput: ring has U+0000 at character 2, allowed is any text without control character");
    let store = memory();
    // The widest: 512 bytes of UTF-8. The same in another case, or composed otherwise, is another name.
    for text in
        ["a".into(), "🔑".repeat(128), "A".into(), " a".into(), "\u{e9}".into(), "e\u{301}".into(), "*%_'\"".into()]
    {
        let ring = store.create_ring(&plan(&text)).unwrap();
        let state = ring.state().unwrap();
        assert_eq!((state.name().as_str(), state.common_name().as_str()), (text.as_str(), text.as_str()));
        assert_eq!(state.next().key().name().as_str(), format!("{text} {}", kid(state.next())));
        assert_eq!(store.ring(&name(&text)).unwrap().state().unwrap(), state);
    }
    assert_eq!(store.rings().unwrap().len(), 7);
    let ring = store.create_ring(&plan("con_1").common_name(name("acme-saml"))).unwrap();
    let state = ring.state().unwrap();
    assert_eq!((state.name().as_str(), state.common_name().as_str()), ("con_1", "acme-saml"));
    assert_eq!(state.current().key().issuer().unwrap().as_str(), "acme-saml");
    assert_sound(&store);
}

/// A kid is that of new material, so only a source that repeats itself, or a key named by hand, is in the way of a ring.
#[test]
fn a_key_name_that_is_taken_is_named() {
    let tape = Arc::new(Tape::default());
    let open = || Keystore::in_memory(Options::default().entropy(tape.clone())).unwrap();
    // The names that the first keys of a ring will have.
    let rotated = |store: &Keystore| {
        let ring = store.create_ring(&plan("acme")).unwrap();
        (ring.clone(), ring.rotate())
    };
    let store = open();
    let names: Vec<_> = rotated(&store).1.unwrap().keys().map(|key| (key.place(), key.key().name().clone())).collect();
    for (place, taken) in names {
        tape.rewind();
        let store = open();
        // With bytes that the tape then gives again.
        let given = tape.0.lock().unwrap().given;
        let key = store.generate(support::request(taken.as_str(), Algorithm::Hs256)).unwrap();
        tape.0.lock().unwrap().given = given;
        let kid = taken.as_str().rsplit_once(' ').unwrap().1.to_owned();
        if place == RingPlace::Next {
            let (ring, outcome) = rotated(&store);
            assert_eq!(outcome.as_ref().unwrap_err().field(), Some("name"));
            assert_eq!(told(outcome, &kid), "Duplicate: name 'acme KID' is taken by another key");
            assert!(ring.state().unwrap().previous().is_none());
            assert_eq!(ring.rotate().unwrap().live().count(), 3);
        } else {
            assert_eq!(
                told(store.create_ring(&plan("acme")), &kid),
                "Duplicate: name 'acme KID' is taken by another key"
            );
            assert_eq!((store.rings().unwrap().len(), contents(&store)), (0, vec![key]));
        }
        assert_sound(&store);
    }
}

/// An RSA key takes seconds: that the name is taken is said before one is looked for.
#[test]
fn a_ring_name_that_is_taken_is_said_before_a_key_is_made() {
    #[derive(Debug)]
    struct Counted(AtomicUsize);
    impl Entropy for Counted {
        fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            SystemEntropy.fill(out)
        }
    }
    let drawn = Arc::new(Counted(AtomicUsize::new(0)));
    let store = Keystore::in_memory(Options::default().entropy(drawn.clone())).unwrap();
    store.create_ring(&plan("acme")).unwrap();
    let before = drawn.0.load(Ordering::SeqCst);
    let refused = store.create_ring(&RingPlan::new(name("acme"), spec(Algorithm::Rs256))).unwrap_err();
    assert_eq!((refused.kind(), drawn.0.load(Ordering::SeqCst)), (ErrorKind::Duplicate, before));
}

#[test]
fn history_is_bounded() {
    let clock = Set::new(0);
    let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
    let ring = store.create_ring(&plan("acme").keep(2)).unwrap();
    let mut made: Vec<String> = live(&ring.state().unwrap());
    for n in 1..=6 {
        clock.to(n * 1000);
        made.push(kid(ring.rotate().unwrap().next()));
    }
    let state = ring.state().unwrap();
    assert_eq!((ended(&state), live(&state)), (made[3..5].to_vec(), [6, 7, 5].map(|n| made[n].clone()).to_vec()));
    assert_eq!(store.len().unwrap(), 5);
    assert_eq!(store.key(KeyName::new(format!("acme {}", made[2])).unwrap()).unwrap_err().kind(), ErrorKind::NotFound);

    // One that somebody uses stays beyond the bound, and in no other's stead.
    let used = state.ended()[0].key().id();
    store.mark_in_use(used, &label("tenant 12")).unwrap();
    let state = ring.set_keep(0).unwrap();
    assert_eq!((ended(&state), state.keep()), (made[3..4].to_vec(), 0));
    ring.rotate().unwrap();
    let state = ring.set_keep(1).unwrap();
    assert_eq!(ended(&state), made[3..4]);
    let state = ring.rotate().unwrap();
    assert_eq!(ended(&state), [made[3].clone(), made[6].clone()]);
    assert_eq!(store.users(used).unwrap(), ["ring acme", "tenant 12"]);
    assert_eq!(store.delete(used).unwrap_err().users(), ["ring acme", "tenant 12"]);
    assert!(store.unmark_in_use(used, &label("tenant 12")).unwrap());
    // It goes with the next change.
    assert_eq!(ended(&ring.state().unwrap()).len(), 2);
    let state = ring.rotate().unwrap();
    assert_eq!((ended(&state), store.len().unwrap()), (vec![made[7].clone()], 4));
    assert_eq!(store.key(used).unwrap_err().kind(), ErrorKind::NotFound);

    // None is kept: a key that is revoked is deleted at once.
    ring.set_keep(0).unwrap();
    let current = ring.state().unwrap().current().key().clone();
    let state = ring.revoke(current.kid()).unwrap();
    assert!(state.by_kid(current.kid().as_str()).is_none());
    assert_eq!(store.sign(current.id(), b"m").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ring.verifier(current.kid()).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ring.revoke(current.kid()).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ring.set_keep(u16::MAX).unwrap().keep(), u16::MAX);
    assert_sound(&store);
}

#[test]
fn a_ring_whose_key_is_used_stays() {
    let store = memory();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let state = ring.rotate().unwrap();
    let used = state.previous().unwrap().key();
    store.mark_in_use(used.id(), &label("tenant 12")).unwrap();
    store.mark_in_use(used.id(), &label("tenant 7")).unwrap();
    let error = ring.delete().unwrap_err();
    assert_eq!(error.users(), ["tenant 12", "tenant 7"]);
    assert_snapshot!(told(store.delete_ring(&name("acme")), used.kid().as_str()), @"InUse: the key 'acme KID' is in use by tenant 12, tenant 7");
    assert_eq!((ring.state().unwrap(), store.len().unwrap()), (state.clone(), 3));
    store.unmark_in_use(used.id(), &label("tenant 12")).unwrap();
    assert_eq!(ring.delete().unwrap_err().users(), ["tenant 7"]);
    store.unmark_in_use(used.id(), &label("tenant 7")).unwrap();
    ring.delete().unwrap();
    assert!(store.is_empty().unwrap());
    assert_sound(&store);
}

/// Every verb, and what it says when it may not.
fn verbs(ring: &Ring, kid: &Kid) -> Vec<keystead::Result<()>> {
    vec![
        ring.rotate().map(drop),
        ring.rotate_to(spec(Algorithm::Hs256)).map(drop),
        ring.retire_previous().map(drop),
        ring.revoke(kid).map(drop),
        ring.apply_due(instant(4_000_000_000_000, 0)).map(drop),
        ring.set_schedule(None).map(drop),
        ring.set_keep(1).map(drop),
        ring.delete(),
    ]
}

fn questions(ring: &Ring, kid: &Kid) -> Vec<keystead::Result<()>> {
    vec![
        ring.state().map(drop),
        ring.due(instant(0, 0)).map(drop),
        ring.signer().map(drop),
        ring.verify(kid, b"m", b"s").map(drop),
        ring.verifier(kid).map(drop),
        ring.jwks().map(drop),
    ]
}

#[test]
fn a_store_for_reading_changes_nothing() {
    let (_folder, path) = folder();
    let clock = || options().clock(Set::new(1_000_000_000_000));
    let store = Keystore::create(&path, &raw(), clock()).unwrap();
    let day = std::time::Duration::from_secs(86_400);
    let schedule = keystead::Schedule::new(90 * day, day, day).unwrap();
    let ring = store.create_ring(&plan("acme").schedule(schedule)).unwrap();
    let reader = Keystore::open_read_only(&path, &raw(), clock()).unwrap();
    let read = reader.ring(&name("acme")).unwrap();
    let signer = read.signer().unwrap();
    let state = ring.rotate().unwrap();
    let kid = state.current().key().kid();
    assert_eq!(signer.sign(b"m").unwrap().kid, *kid);
    assert_eq!((read.state().unwrap(), published(&read)), (state.clone(), live(&state)));
    questions(&read, kid).into_iter().for_each(|outcome| outcome.unwrap());
    for outcome in verbs(&read, kid) {
        assert_eq!(told(outcome, ""), READ_ONLY);
    }
    assert_eq!(told(reader.create_ring(&plan("other")), ""), READ_ONLY);
    assert_eq!(told(reader.delete_ring(&name("acme")), ""), READ_ONLY);
    assert_eq!(ring.state().unwrap(), state);
    assert_sound(&reader);
}

#[test]
fn older_formats_have_no_rings() {
    for version in [1, 2, 3] {
        let (_folder, path) = folder();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/golden/format-{version}.db"));
        std::fs::copy(golden, &path).unwrap();
        let before = std::fs::read(&path).unwrap();
        let unlock = Unlock::passphrase("golden");
        let reader = Keystore::open_read_only(&path, &unlock, options()).unwrap();
        assert!(reader.rings().unwrap().is_empty());
        assert_eq!(told(reader.ring(&name("acme")), ""), NO_RING);
        assert_eq!(told(reader.delete_ring(&name("acme")), ""), NO_RING);
        assert_eq!(told(reader.create_ring(&plan("acme")), ""), READ_ONLY);
        let rsa = RingPlan::new(name("acme"), spec(Algorithm::Rs256));
        assert_eq!(told(reader.create_ring(&rsa), ""), READ_ONLY);
        let key = reader.key(KeyName::new("golden ES256").unwrap()).unwrap();
        assert_eq!(reader.users(key.id()).unwrap(), ["the golden test"]);
        assert!(reader.sign(key.id(), b"m").is_ok());
        assert_eq!(kids(&reader.jwks().unwrap()).len(), 9);
        assert_sound(&reader);
        assert_eq!(std::fs::read(&path).unwrap(), before);
        // While another gives it what it lacks.
        let store = Keystore::open(&path, &unlock, options()).unwrap();
        let ring = store.create_ring(&plan("acme")).unwrap();
        let read = reader.ring(&name("acme")).unwrap();
        assert_eq!(read.state().unwrap(), ring.state().unwrap());
        let signer = read.signer().unwrap();
        ring.rotate().unwrap();
        assert_eq!(signer.sign(b"m").unwrap().kid, *ring.state().unwrap().current().key().kid());
        assert_sound(&reader);
    }
}

#[test]
fn a_ring_made_anew_is_another() {
    for on_disk in [false, true] {
        let (_folder, path) = folder();
        let store = if on_disk { Keystore::create(&path, &raw(), options()).unwrap() } else { memory() };
        let other = if on_disk { Keystore::open(&path, &raw(), options()).unwrap() } else { store.clone() };
        let ring = store.create_ring(&plan("acme")).unwrap();
        let (signer, kid) = (ring.signer().unwrap(), ring.state().unwrap().current().key().kid().clone());
        other.ring(&name("acme")).unwrap().rotate().unwrap();
        other.delete_ring(&name("acme")).unwrap();
        for remade in [false, true] {
            if remade {
                other.create_ring(&plan("acme")).unwrap();
            }
            let outcomes = [questions(&ring, &kid), verbs(&ring, &kid)].concat_all();
            for outcome in outcomes {
                assert_eq!(told(outcome, ""), NO_RING);
            }
            assert_eq!(signer.sign(b"m").unwrap_err().kind(), ErrorKind::NotFound);
            assert_eq!(signer.current().unwrap_err().kind(), ErrorKind::NotFound);
        }
        let anew = store.ring(&name("acme")).unwrap();
        assert_eq!(anew.state().unwrap().live().count(), 2);
        assert_eq!(anew.verify(&kid, b"m", &[0; 64]).ok(), Some(false));
        assert_sound(&store);
    }
}

trait ConcatAll<T> {
    fn concat_all(self) -> Vec<T>;
}

impl<T, const N: usize> ConcatAll<T> for [Vec<T>; N] {
    fn concat_all(self) -> Vec<T> {
        self.into_iter().flatten().collect()
    }
}

#[test]
fn the_store_publishes_what_rings_have_in_force() {
    let store = memory();
    let alone = store.generate(support::es256("alone")).unwrap();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let secret = store.create_ring(&plan("secret").key_use(KeyUse::Encryption)).unwrap();
    let all = || kids(&store.jwks().unwrap()).into_iter().collect::<BTreeSet<_>>();
    let expected = |state: &RingState| {
        let mut expected: BTreeSet<_> = live(state).into_iter().collect();
        expected.insert(alone.kid().as_str().to_owned());
        expected
    };
    assert_eq!(all(), expected(&ring.state().unwrap()));
    ring.rotate().unwrap();
    let state = ring.rotate().unwrap();
    assert_eq!(all(), expected(&state));
    let state = ring.revoke(ring.state().unwrap().current().key().kid()).unwrap();
    assert_eq!(all(), expected(&state));
    assert_eq!(state.ended().len(), 2);

    let state = secret.rotate().unwrap();
    let set: Value = serde_json::from_str(&secret.jwks().unwrap()).unwrap();
    assert_eq!(published(&secret), live(&state));
    for jwk in set["keys"].as_array().unwrap() {
        assert_eq!((&jwk["use"], &jwk["alg"]), (&"enc".into(), &Value::Null));
    }
    store.delete_ring(&name("acme")).unwrap();
    store.delete_ring(&name("secret")).unwrap();
    assert_eq!(all(), BTreeSet::from([alone.kid().as_str().to_owned()]));
}

/// Rings for encryption are made while the store publishes its keys: none of theirs is ever among them.
#[test]
fn keys_for_encryption_are_at_no_moment_published_for_signatures() {
    let store = memory();
    let own: Vec<_> = (0..300).map(|n| support::es256(n.to_string())).collect();
    assert!(store.generate_many(&own).unwrap().iter().all(Result::is_ok));
    std::thread::scope(|scope| {
        let published = scope.spawn(|| (0..100).map(|_| kids(&store.jwks().unwrap()).len()).collect::<Vec<_>>());
        for n in 0.. {
            store.create_ring(&plan(&n.to_string()).key_use(KeyUse::Encryption)).unwrap();
            if published.is_finished() {
                break;
            }
        }
        assert_eq!(published.join().unwrap(), [300; 100]);
    });
}

#[test]
fn keys_of_rings_are_keys() {
    let store = memory();
    let ring = store.create_ring(&plan("Acme").exportable(true)).unwrap();
    let closed = store.create_ring(&plan("closed")).unwrap();
    let state = ring.rotate().unwrap();
    assert!(state.is_exportable());
    let found = |pattern: &str| -> Vec<KeyId> {
        let query = Query::new().name(NamePattern::parse(pattern).unwrap());
        store.search(&query).unwrap().keys.iter().map(Key::id).collect()
    };
    assert_eq!(found("acme *").len(), 3);
    assert_eq!(found(&kid(state.next())), [state.next().key().id()]);

    // Renamed: the ring knows its keys by what they are.
    let current = state.current().key();
    let signer = ring.signer().unwrap();
    signer.sign(b"m").unwrap();
    store.rename(current.id(), KeyName::new("renamed").unwrap()).unwrap();
    assert_eq!(ring.state().unwrap().current().key().name().as_str(), "renamed");
    assert_eq!(signer.sign(b"m").unwrap().kid, *current.kid());
    assert_eq!(store.users(current.id()).unwrap(), ["ring Acme"]);
    assert_eq!(found("renamed"), [current.id()]);

    // Exported: what comes out signs as the ring does.
    let private = store.export_secret(current.id(), &SecretFormat::Pkcs8Der).unwrap();
    let outside: p256::ecdsa::SigningKey =
        p256::pkcs8::DecodePrivateKey::from_pkcs8_der(private.expose_secret()).unwrap();
    let signature: p256::ecdsa::Signature = p256::ecdsa::signature::Signer::sign(&outside, b"outside");
    assert!(ring.verify(current.kid(), b"outside", &signature.to_bytes()).unwrap());
    let kept = closed.state().unwrap().next().key().clone();
    let refused = store.export_secret(kept.id(), &SecretFormat::Pkcs8Der).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    // Also when it is revoked: to decrypt what was encrypted to it.
    ring.revoke(current.kid()).unwrap();
    let again = store.export_secret(current.id(), &SecretFormat::Pkcs8Der).unwrap();
    assert_eq!(again.expose_secret(), private.expose_secret());
    for state in [ring.state().unwrap(), closed.state().unwrap()] {
        for key in state.keys() {
            let error = store.delete(key.key().id()).unwrap_err();
            assert_eq!((error.kind(), error.users()), (ErrorKind::InUse, &[format!("ring {}", state.name())][..]));
        }
    }
    assert_sound(&store);
}

#[test]
fn backups_carry_rings() {
    let (folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let ring = store.create_ring(&plan("acme")).unwrap();
    ring.rotate().unwrap();
    ring.rotate().unwrap();
    let state = ring.revoke(ring.state().unwrap().next().key().kid()).unwrap();
    let signed = ring.signer().unwrap().sign(b"message").unwrap();
    let (same, other) = (folder.path().join("same"), folder.path().join("other"));
    let passphrase = Unlock::passphrase("another");
    store.backup(&same, &BackupOptions::same_key()).unwrap();
    store.backup(&other, &BackupOptions::new(&passphrase).kdf_cost(keystead::KdfCost::FLOOR)).unwrap();
    for (path, unlock) in [(same, raw()), (other, passphrase)] {
        let copy = Keystore::open(&path, &unlock, options()).unwrap();
        let carried = copy.ring(&name("acme")).unwrap();
        assert_eq!(carried.state().unwrap(), state);
        assert!(carried.verify(&signed.kid, b"message", signed.signature.as_bytes()).unwrap());
        assert_eq!(carried.jwks().unwrap(), ring.jwks().unwrap());
        assert_eq!(
            copy.sign(state.ended()[0].key().id(), b"m").is_ok(),
            state.ended()[0].place() == RingPlace::Retired
        );
        let turned = carried.rotate().unwrap();
        assert_eq!(kid(turned.current()), kid(state.next()));
        assert_sound(&copy);
    }
    assert_eq!(ring.state().unwrap(), state);
}

#[test]
fn signers_outlive_a_change_of_key_of_their_own_handle() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let other = Keystore::open(&path, &raw(), options()).unwrap();
    let (signer, others) = (ring.signer().unwrap(), other.ring(&name("acme")).unwrap().signer().unwrap());
    let old = signer.sign(b"m").unwrap().kid;
    assert_eq!(others.sign(b"m").unwrap().kid, old);
    let new = Unlock::raw_key([9; 32]);
    store.rekey(&new).unwrap();
    assert_eq!(signer.sign(b"m").unwrap().kid, old);
    let state = ring.rotate().unwrap();
    assert_eq!(signer.sign(b"m").unwrap().kid, *state.current().key().kid());
    // The other handle has the old key, and is told so.
    assert_eq!(others.sign(b"m").unwrap_err().kind(), ErrorKind::Rekeyed);
    assert_eq!(other.rings().unwrap_err().kind(), ErrorKind::Rekeyed);
    let anew = Keystore::open(&path, &new, options()).unwrap();
    let third = anew.ring(&name("acme")).unwrap();
    assert_eq!(third.state().unwrap(), state);
    let turned = third.rotate().unwrap();
    assert_eq!(signer.sign(b"m").unwrap().kid, *turned.current().key().kid());
    assert_sound(&store);
}

#[test]
fn nothing_depends_on_the_cache() {
    let (_folder, path) = folder();
    let store = Keystore::create(&path, &raw(), options().cached_keys(0)).unwrap();
    let other = Keystore::open(&path, &raw(), options()).unwrap();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let theirs = other.ring(&name("acme")).unwrap();
    let signers = [ring.signer().unwrap(), theirs.signer().unwrap()];
    for n in 0..12 {
        let state = match n % 4 {
            0 => ring.rotate(),
            1 => theirs.revoke(theirs.state().unwrap().current().key().kid()),
            2 => theirs.rotate(),
            _ => {
                // A commit that has nothing to do with the ring.
                store.generate(support::es256(format!("{n}"))).unwrap();
                ring.state()
            }
        };
        let state = state.unwrap();
        for signer in &signers {
            let signed = signer.sign(b"m").unwrap();
            assert_eq!(signed.kid, *state.current().key().kid());
            for ring in [&ring, &theirs] {
                assert!(ring.verify(&signed.kid, b"m", signed.signature.as_bytes()).unwrap());
            }
        }
        assert_eq!([published(&ring), published(&theirs)], [live(&state), live(&state)]);
    }
    assert_sound(&store);
}

#[test]
fn a_clock_that_goes_back_does_no_harm() {
    let clock = Set::new(2_000_000);
    let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
    let ring = store.create_ring(&plan("acme").keep(1)).unwrap();
    let first = ring.rotate().unwrap();
    clock.to(1_000_000);
    let second = ring.rotate().unwrap();
    assert_eq!(second.current().current_since(), Some(instant(1_000_000, 0)));
    assert_eq!(second.previous().unwrap().replaced_at(), Some(instant(1_000_000, 0)));
    clock.to(5_000);
    ring.revoke(second.current().key().kid()).unwrap();
    let state = ring.rotate().unwrap();
    assert_eq!(state.current().current_since(), Some(instant(5_000, 0)));
    assert_eq!(kid(state.previous().unwrap()), kid(second.next()));
    // What ended first by the clock went first.
    assert_eq!(ended(&state), [kid(first.previous().unwrap())]);
    assert_sound(&store);
}

/// The places change when the change is written, not when the new key was begun, which may be seconds before.
#[test]
fn times_are_those_of_the_change() {
    let (clock, tape) = (Set::new(1_000), Arc::new(Tape::default()));
    let store = Keystore::in_memory(Options::default().clock(clock.clone()).entropy(tape.clone())).unwrap();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let late = |to: i64| {
        let clock = clock.clone();
        tape.watch(move || clock.to(to));
    };
    late(5_000);
    let state = ring.rotate().unwrap();
    assert_eq!(state.current().current_since(), Some(instant(5_000, 0)));
    assert_eq!(state.previous().unwrap().replaced_at(), Some(instant(5_000, 0)));
    assert_eq!(state.next().published_at(), instant(5_000, 0));
    late(9_000);
    let state = ring.revoke(state.current().key().kid()).unwrap();
    assert_eq!(state.current().current_since(), Some(instant(9_000, 0)));
    assert_eq!(state.ended()[0].ended_at(), Some(instant(9_000, 0)));
    assert_eq!(state.next().published_at(), instant(9_000, 0));

    // Another rotates while the key is made.
    let (clock, tape) = (Set::new(1_000), Arc::new(Tape::default()));
    let store = Keystore::in_memory(Options::default().clock(clock.clone()).entropy(tape.clone())).unwrap();
    let ring = store.create_ring(&plan("acme")).unwrap();
    let faster = ring.clone();
    tape.watch(move || {
        clock.to(2_000);
        faster.rotate().unwrap();
        clock.to(3_000);
    });
    let state = ring.rotate().unwrap();
    let since: Vec<_> = [state.ended(), &[state.previous().unwrap().clone(), state.current().clone()]].concat();
    let since: Vec<_> = since.iter().map(|key| key.current_since().unwrap().as_millisecond()).collect();
    assert_eq!(since, [1_000, 2_000, 3_000]);
    assert_eq!(state.previous().unwrap().replaced_at(), Some(instant(3_000, 0)));
}

#[test]
fn a_failure_changes_nothing() {
    for verb in 0..7 {
        let tape = Arc::new(Tape::default());
        let store = Keystore::in_memory(Options::default().entropy(tape.clone())).unwrap();
        let ring = store.create_ring(&plan("acme")).unwrap();
        ring.rotate().unwrap();
        let before = ring.rotate().unwrap();
        let kids: Vec<_> = before.keys().map(|key| key.key().kid().clone()).collect();
        let mut failed = 0;
        // The random bytes end at every place where some are asked for.
        loop {
            tape.grant(failed);
            let outcome = match verb {
                0 => store.create_ring(&plan("other")).map(drop),
                1 => ring.rotate().map(drop),
                2 => ring.rotate_to(spec(Algorithm::Es384)).map(drop),
                place => ring.revoke(&kids[place - 3]).map(drop),
            };
            tape.grant(None);
            let Err(error) = outcome else { break };
            assert_eq!(error.kind(), ErrorKind::Io);
            assert_eq!(ring.state().unwrap(), before);
            assert_eq!((store.len().unwrap(), store.rings().unwrap().len()), (4, 1));
            failed += 1;
        }
        // A key that is replaced takes more random bytes than one that is only sealed anew.
        assert!(failed >= if verb < 5 { 4 } else { 1 }, "verb {verb} failed {failed} times");
        assert_ne!((ring.state().unwrap(), store.len().unwrap()), (before, 4));
        assert_sound(&store);
    }
}

#[test]
fn no_debug_shows_a_secret() {
    let store = memory();
    let ring = store.create_ring(&RingPlan::new(name("acme"), spec(Algorithm::Hs256)).exportable(true)).unwrap();
    let signer = ring.signer().unwrap();
    let signed = signer.sign(b"m").unwrap();
    let state = ring.state().unwrap();
    assert!(ring.verify(&signed.kid, b"m", signed.signature.as_bytes()).unwrap());
    let shown = format!("{ring:?} {signer:?} {state:?} {:?} {:#?}", signer.current().unwrap(), store);
    for key in state.keys() {
        let secret = store.export_secret(key.key().id(), &SecretFormat::Raw).unwrap();
        let secret = secret.expose_secret();
        let hex: String = secret[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let list = format!("{:?}", &secret[..8]);
        for form in [hex.clone(), hex.to_uppercase(), list[1..list.len() - 1].to_owned(), base64url(&secret[..9])] {
            assert!(!shown.contains(&form), "{form} in {shown}");
        }
    }
    assert_eq!(format!("{ring:?}"), r#"Ring("acme")"#);
    assert_eq!(format!("{signer:?}"), r#"RingSigner("acme", ..)"#);
}

#[test]
fn another_key_of_the_same_kid_proves_nothing() {
    let store = memory();
    let (one, two) = (store.create_ring(&plan("one")).unwrap(), store.create_ring(&plan("two")).unwrap());
    let signed = one.signer().unwrap().sign(b"m").unwrap();
    assert!(!two.verify(&signed.kid, b"m", signed.signature.as_bytes()).unwrap());
    assert_eq!(two.revoke(&signed.kid).unwrap_err().kind(), ErrorKind::NotFound);
    let current = one.state().unwrap().current().key().clone();
    let outside = Verifier::from_public_key_der(Algorithm::Es256, current.public_key_der().unwrap()).unwrap();
    assert!(outside.verify(b"m", signed.signature.as_bytes()));
    two.rotate().unwrap();
    assert_eq!(one.state().unwrap().current().key(), &current);
    two.delete().unwrap();
    assert!(one.verify(&signed.kid, b"m", signed.signature.as_bytes()).unwrap());
}

/// What is for encryption signs nothing, whoever asks, and is published as what it is.
#[test]
fn keys_for_encryption_sign_nowhere() {
    let store = memory();
    store.ensure_authority(&keystead::AuthorityPlan::new()).unwrap();
    let sealing = |algorithm| RingPlan::new(name("sealing"), spec(algorithm)).key_use(KeyUse::Encryption);
    let words = told(store.create_ring(&sealing(Algorithm::Hs256)), "");
    assert_snapshot!(words, @"InvalidInput: algorithm is HS256, a ring for encryption allows those of RSA and EC");
    let ring = store.create_ring(&sealing(Algorithm::Es256).exportable(true)).unwrap();
    assert_eq!(told(ring.rotate_to(spec(Algorithm::Hs256)), ""), words);
    let key = ring.state().unwrap().current().key().clone();
    assert_eq!((key.key_use(), key.is_revoked()), (KeyUse::Encryption, false));
    let refused = |outcome: keystead::Result<()>| told(outcome, key.kid().as_str());
    assert_snapshot!(refused(store.sign(key.id(), b"m").map(drop)), @"NotPossible: the key 'sealing KID' is for encryption, it signs nothing");
    for outcome in [
        store.sign_with(key.id(), Algorithm::Es256, b"m").map(drop),
        store.signer(key.id()).map(drop),
        store.verify(key.id(), b"m", &[0; 64]).map(drop),
        store.verifier(key.id()).map(drop),
        store.attest(key.id(), &keystead::AttestationRequest::new()).map(drop),
        ring.signer().map(drop),
    ] {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::NotPossible);
    }
    assert!(!store.jwks().unwrap().contains(key.kid().as_str()));
    let exported = store.export_secret(key.id(), &keystead::SecretFormat::Jwk).unwrap();
    for jwk in [
        ring.jwks().unwrap().into_bytes(),
        store.jwks_of(&[key.id()]).unwrap().into_bytes(),
        store.export_public(key.id(), keystead::PublicFormat::Jwk).unwrap(),
        exported.expose_secret().to_vec(),
    ] {
        let text = String::from_utf8(jwk).unwrap();
        assert!(text.contains(r#""use":"enc""#) && !text.contains("\"alg\""), "{text}");
    }
    // It stays so when it is sealed anew.
    let again = store.key(key.id()).unwrap();
    assert!(again.exported_at().is_some() && again.key_use() == KeyUse::Encryption);
    ring.revoke(key.kid()).unwrap();
    let revoked = store.key(key.id()).unwrap();
    assert_eq!((revoked.key_use(), revoked.is_revoked()), (KeyUse::Encryption, true));
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

//! Secrets guessed at beside other credentials and in a store that cannot count: in FIPS mode nothing is found out about a secret
//! that is not counted, and two credentials are never one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

mod support;

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use keystead::authn::{Outcome, Presented, Reason};
use keystead::{
    AppId, AppName, AppPlan, AppSecret, CredentialPart, CredentialPlan, ErrorKind, Keystore, Options, SecretStorage,
};
use support::{RAW, attacker, impatient, options, raw};
use tempfile::TempDir;
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(60 * 60);
const NEW: &str = "the-new-secret-of-the-app";
const OLD: &str = "the-old-secret-of-the-app";
const GUESS: &str = "a-guess-that-is-not-right";

fn secret(text: &str) -> CredentialPart {
    CredentialPart::Secret(AppSecret::new(text).unwrap())
}

fn directory() -> CredentialPart {
    CredentialPart::Ldap(Uuid::from_bytes([7; 16]))
}

/// Two certificates.
fn certificate(n: usize) -> &'static [u8] {
    static MADE: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
        let store = Keystore::in_memory(Options::default()).unwrap();
        ["a", "b"].map(|name| store.generate(support::es256(name)).unwrap().certificate_der().unwrap().to_vec())
    });
    &MADE[n]
}

fn plan(credential: CredentialPlan) -> AppPlan {
    AppPlan::new(AppName::new("a").unwrap(), credential)
}

fn both(first: CredentialPart, second: CredentialPart) -> CredentialPlan {
    CredentialPlan::all(first, second).unwrap()
}

fn key(id: AppId, secret: &str) -> String {
    format!("Basic {}", Base64::encode_string(format!("{id}:{secret}").as_bytes()))
}

fn knock(store: &Keystore, app: AppId, secret: Option<&str>, chain: Option<&[u8]>) -> keystead::Result<Outcome> {
    let header = secret.map(|secret| key(app, secret));
    let mut presented = Presented::new().app(app).certificate_chain(chain);
    if let Some(header) = &header {
        presented = presented.authorization(header);
    }
    store.authenticate(&presented)
}

fn told(outcome: Outcome) -> String {
    match outcome {
        Outcome::Authenticated(who) => format!("in, {:?}", who.used),
        Outcome::NeedsExternal { so_far, checks } => format!("{:?}, {} to check", so_far.used, checks.len()),
        Outcome::Refused(refusal) => refusal.reason.as_str().into(),
        Outcome::Locked { .. } => "locked".into(),
        Outcome::Reset => "reset".into(),
        other => panic!("{other:?}"),
    }
}

struct Scene {
    _folder: TempDir,
    path: PathBuf,
    store: Keystore,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = Keystore::create(&path, &raw(), options()).unwrap();
        Self { _folder: folder, path, store }
    }

    /// How many wrong secrets of the one app are in the file.
    fn counted(&self) -> usize {
        let count = "SELECT coalesce(sum(length(at) / 8), 0) FROM app_failure";
        let counted: u32 = attacker(&self.path, &RAW).query_row(count, [], |row| row.get(0)).unwrap();
        counted as usize
    }
}

/// Whatever the credentials are and whatever else is presented: in FIPS mode a wrong secret is told from a right one only
/// where it was counted.
#[test]
fn no_answer_tells_more_than_was_counted() {
    let own = || CredentialPart::Certificate(certificate(0).into());
    type Make<'a> = &'a dyn Fn(&str) -> CredentialPlan;
    let with_secret: [Make<'_>; 3] =
        [&|text| CredentialPlan::new(secret(text)), &|text| both(secret(text), own()), &|text| {
            both(own(), secret(text))
        }];
    let without: [Make<'_>; 4] = [
        &|_| CredentialPlan::new(own()),
        &|_| CredentialPlan::new(directory()),
        &|_| both(own(), directory()),
        &|_| CredentialPlan::new(CredentialPart::GoogleWorkspaceCse),
    ];
    let all: Vec<_> = with_secret.iter().chain(&without).collect();
    let scene = Scene::new();
    let mut compared = 0;
    for current in 0..all.len() {
        for previous in std::iter::once(None).chain((0..all.len()).map(Some)) {
            let made = match previous {
                None => scene.store.create_app(plan(all[current](NEW)).fips(true)).unwrap(),
                Some(previous) => {
                    let id = scene.store.create_app(plan(all[previous](OLD)).fips(true)).unwrap().app().id();
                    scene.store.replace_credential(id, all[current](NEW), HOUR).unwrap()
                }
            };
            let id = made.app().id();
            for chain in [None, Some(certificate(0)), Some(certificate(1))] {
                let ask = |secret| {
                    let before = scene.counted();
                    let told = told(knock(&scene.store, id, Some(secret), chain).unwrap());
                    (told, scene.counted() - before)
                };
                let (wrong, counted) = ask(GUESS);
                for right in [NEW, OLD] {
                    let (told, _) = ask(right);
                    assert!(counted == 1 || told == wrong, "{current} after {previous:?}: {wrong}, {right}: {told}");
                    compared += usize::from(told != wrong);
                }
            }
            scene.store.delete_app(id).unwrap();
        }
    }
    assert!(compared > 50, "{compared}");
}

/// A credential that only others can check does not stand before the one that it took the place of.
#[test]
fn the_previous_is_accepted_beside_what_is_checked_outside() {
    for fips in [false, true] {
        let Scene { store, .. } = &Scene::new();
        let id = store.create_app(plan(CredentialPlan::new(secret(OLD))).fips(fips)).unwrap().app().id();
        store.replace_credential(id, CredentialPlan::new(directory()), HOUR).unwrap();
        let told = |secret| told(knock(store, id, secret, None).unwrap());
        assert_eq!(told(Some(OLD)), "in, Previous");
        assert_eq!([told(None), told(Some(GUESS))], ["Current, 1 to check"; 2]);
        // And the other way round.
        store.replace_credential(id, CredentialPlan::new(secret(NEW)), HOUR).unwrap();
        assert_eq!(told(Some(NEW)), "in, Current");
        assert_eq!([told(None), told(Some(GUESS))], ["Previous, 1 to check"; 2]);
    }
}

/// The hundredth guess resets also where each of them was answered by what is to be checked outside.
#[test]
fn guesses_beside_what_is_checked_outside_reset() {
    let Scene { store, .. } = &Scene::new();
    let id = store.create_app(plan(CredentialPlan::new(directory())).fips(true)).unwrap().app().id();
    store.replace_credential(id, CredentialPlan::new(secret(NEW)), HOUR).unwrap();
    let told: Vec<_> = (0..100).map(|_| told(knock(store, id, Some(GUESS), None).unwrap())).collect();
    assert_eq!(told[98..], ["Previous, 1 to check", "reset"]);
    let outcome = knock(store, id, Some(NEW), None).unwrap();
    assert!(matches!(&outcome, Outcome::Refused(refusal) if refusal.reason == Reason::WrongSecret), "{outcome:?}");
}

/// Of two credentials that are both accepted, the secret of one and the certificate of the other are none.
#[test]
fn parts_of_two_credentials_are_no_credential() {
    let Scene { store, .. } = &Scene::new();
    let own = |n: usize| CredentialPart::Certificate(certificate(n).into());
    for turned in [false, true] {
        let make = |text, n| if turned { both(own(n), secret(text)) } else { both(secret(text), own(n)) };
        let id = store.create_app(plan(make(OLD, 0))).unwrap().app().id();
        store.replace_credential(id, make(NEW, 1), HOUR).unwrap();
        let told = |text, n| told(knock(store, id, Some(text), Some(certificate(n))).unwrap());
        assert_eq!([told(OLD, 0), told(NEW, 1)], ["in, Previous", "in, Current"]);
        for mixed in [told(OLD, 1), told(NEW, 0)] {
            assert!(["wrong_secret", "wrong_certificate"].contains(&&*mixed), "{mixed}");
        }
        store.delete_app(id).unwrap();
    }
}

/// Only the right secret makes wrong ones forgotten: another credential that is accepted too does not.
#[test]
fn no_other_credential_forgives() {
    let scene = Scene::new();
    let Scene { store, .. } = &scene;
    let own = CredentialPart::Certificate(certificate(0).into());
    let id = store.create_app(plan(CredentialPlan::new(own))).unwrap().app().id();
    store.replace_credential(id, CredentialPlan::new(secret(NEW)), HOUR).unwrap();
    let told = |secret, chain| told(knock(store, id, secret, chain).unwrap());
    assert_eq!(told(Some(GUESS), None), "wrong_secret");
    assert_eq!((told(None, Some(certificate(0))), scene.counted()), ("in, Previous".into(), 1));
    assert_eq!((told(Some(NEW), None), scene.counted()), ("in, Current".into(), 0));
}

/// Whoever can keep the store from counting has one guess with each handle, and not one after the other.
#[test]
fn what_could_not_be_counted_is_counted_first() {
    for storage in [SecretStorage::Sealed, SecretStorage::Hash] {
        let scene = Scene::new();
        let id = scene
            .store
            .create_app(plan(CredentialPlan::new(secret(NEW))).fips(true).storage(storage))
            .unwrap()
            .app()
            .id();
        let store = Keystore::open(&scene.path, &raw(), impatient()).unwrap();
        let told = |secret| knock(&store, id, Some(secret), None).map(told).map_err(|error| error.kind());
        let other = attacker(&scene.path, &RAW);
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert_eq!(told(NEW), Ok("in, Current".into()), "a right secret needs no lock");
        assert_eq!([told(GUESS), told(NEW), told(GUESS)], [const { Err(ErrorKind::Busy) }; 3]);
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(told(NEW), Ok("in, Current".into()));
        assert_eq!(scene.counted(), 1);
        assert_eq!(told(GUESS), Ok("wrong_secret".into()));
        assert_eq!(scene.counted(), 2);
        // Nothing is owed for an app that is gone.
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert_eq!(told(GUESS), Err(ErrorKind::Busy));
        other.execute_batch("ROLLBACK").unwrap();
        scene.store.delete_app(id).unwrap();
        assert_eq!(told(GUESS), Ok("unknown_app".into()));
    }
}

/// Where what is owed makes a hundred, whoever comes first is told of the reset, right secret or wrong.
#[test]
fn what_is_owed_resets() {
    let scene = Scene::new();
    let id = scene.store.create_app(plan(CredentialPlan::new(secret(NEW))).fips(true)).unwrap().app().id();
    let store = Keystore::open(&scene.path, &raw(), impatient()).unwrap();
    let told = |secret| knock(&store, id, Some(secret), None).map(told).map_err(|error| error.kind());
    (0..99).for_each(|_| assert_eq!(told(GUESS), Ok("wrong_secret".into())));
    let other = attacker(&scene.path, &RAW);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(told(GUESS), Err(ErrorKind::Busy));
    assert_eq!(told(NEW), Err(ErrorKind::Busy));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!([told(NEW), told(NEW)].map(Result::unwrap), ["reset", "wrong_secret"]);
    assert_eq!(scene.counted(), 1);
}

/// Several that say which app it is must agree, also where the credential does not ask for all of them.
#[test]
fn who_presents_two_names_is_nobody() {
    let Scene { store, .. } = &Scene::new();
    let a = store.create_app(plan(CredentialPlan::new(secret(NEW)))).unwrap().app().id();
    let own = CredentialPart::Certificate(certificate(0).into());
    let plan = AppPlan::new(AppName::new("b").unwrap(), CredentialPlan::new(own));
    let b = store.create_app(plan).unwrap().app().id();
    let header = |id| key(id, NEW);
    let token = |id: AppId| {
        let payload = base64ct::Base64UrlUnpadded::encode_string(format!("{{\"sub\":\"{id}\"}}").as_bytes());
        format!("e30.{payload}.AA")
    };
    for (header, token, right) in [
        (None, None, true),
        (Some(header(b)), None, true),
        (None, Some(token(b)), true),
        (Some("Bearer x".into()), Some("x".into()), true),
        (Some(header(a)), None, false),
        (None, Some(token(a)), false),
        (Some(header(b)), Some(token(a)), false),
    ] {
        let mut presented = Presented::new().app(b).certificate_chain([certificate(0)]);
        if let Some(header) = &header {
            presented = presented.authorization(header);
        }
        if let Some(token) = &token {
            presented = presented.jwt(token);
        }
        let expected = if right { "in, Current" } else { "wrong_app" };
        assert_eq!(told(store.authenticate(&presented).unwrap()), expected, "{header:?} {token:?}");
    }
    let (header, token) = (header(a), token(b));
    let presented = Presented::new().authorization(&header).jwt(&token);
    assert_eq!(told(store.authenticate(&presented).unwrap()), "wrong_app");
}

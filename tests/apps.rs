//! Applications with API keys: made, read, renamed, let in, reset, replaced, deleted. What needs no outside judge.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

mod support;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64ct::{Base64, Encoding};
use insta::assert_snapshot;
use jiff::Timestamp;
use keystead::authn::{External, Outcome, Presented, Reason, Used};
use keystead::{
    AccessReason, AccessReasonPolicy, AppCredential, AppId, AppName, AppPlan, AppSecret, AwsXks, Clock, Credential,
    CredentialKind, CredentialPart, CredentialPlan, Error, ErrorKind, GoogleServiceAccount, GroupPermission, Keystore,
    Options, PlannedPart, ResetSecret, SecretSize, SecretStorage,
};
use support::{attacker, options, raw};
use tempfile::TempDir;

/// 2026-11-22T06:00:00Z.
const BEGIN: i64 = 1_795_327_200_000;

/// A clock whose hands are set by the test, in milliseconds.
#[derive(Debug)]
struct Hands(AtomicI64);

impl Hands {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(BEGIN)))
    }

    fn put(&self, millis: i64) {
        self.0.store(BEGIN + millis, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Scene {
    _folder: TempDir,
    path: PathBuf,
    store: Keystore,
    hands: Arc<Hands>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let hands = Hands::new();
        let store = Keystore::create(&path, &raw(), options().clock(hands.clone())).unwrap();
        Self { _folder: folder, path, store, hands }
    }

    /// Another handle, as another process would have.
    fn other(&self) -> Keystore {
        Keystore::open(&self.path, &raw(), options().clock(self.hands.clone())).unwrap()
    }
}

fn name(text: &str) -> AppName {
    AppName::new(text).unwrap()
}

fn random() -> CredentialPlan {
    CredentialPlan::random_secret(SecretSize::DEFAULT)
}

fn header(made: &AppCredential) -> String {
    made.basic_authorization().unwrap().expose_secret().to_owned()
}

fn key(id: AppId, secret: &str) -> String {
    format!("Basic {}", Base64::encode_string(format!("{id}:{secret}").as_bytes()))
}

fn secret_of(credential: &Credential) -> String {
    let found = credential.parts().iter().find_map(|part| match part {
        CredentialPart::Secret(secret) => Some(secret.expose_secret().unwrap().to_owned()),
        _ => None,
    });
    found.unwrap()
}

fn show(store: &Keystore, header: &str) -> String {
    told(store.authenticate(&Presented::new().authorization(header)).unwrap())
}

fn told(outcome: Outcome) -> String {
    match outcome {
        Outcome::Authenticated(who) => format!("in, {:?}", who.used),
        Outcome::NeedsExternal { so_far, checks } => format!("{:?}, to check {checks:?}", so_far.used),
        Outcome::Refused(refusal) => match refusal.retry_after {
            None => refusal.to_string(),
            Some(wait) => format!("{refusal}, wait {} s", wait.as_secs()),
        },
        Outcome::Locked { retry_after } => format!("locked, wait {} s", retry_after.as_secs()),
        Outcome::Reset => "reset".into(),
        other => panic!("{other:?}"),
    }
}

fn words(error: &Error) -> String {
    format!("{:?}: {error}", error.kind())
}

#[test]
fn an_app_lives_and_dies() {
    let Scene { store, hands, .. } = &Scene::new();
    let made = store.create_app(AppPlan::new(name("billing"), random())).unwrap();
    let id = made.app().id();
    let secret = secret_of(made.credential());
    assert_eq!(secret.len(), 86, "64 bytes as base64url");
    assert_eq!(show(store, &header(&made)), "in, Current");
    assert_eq!(store.apps().unwrap(), [made.app().clone()]);
    assert_eq!(store.app(id).unwrap(), *made.app());
    assert_eq!(made.app().kinds(), [CredentialKind::Secret]);
    assert_eq!((made.app().fips(), made.app().is_hashed()), (false, false));
    assert_eq!(secret_of(store.export_app_secret(id).unwrap().credential()), secret);

    let error = store.create_app(AppPlan::new(name("billing"), random())).unwrap_err();
    assert_snapshot!(words(&error), @"Duplicate: name 'billing' is taken by another app");
    let error = store.create_app(AppPlan::new(name("others"), random()).id(id)).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Duplicate, Some("app_id")));
    store.create_app(AppPlan::new(name("others"), random())).unwrap();

    hands.put(5_000);
    let renamed = store.rename_app(id, name("invoices")).unwrap();
    assert_eq!(renamed.name().as_str(), "invoices");
    assert_eq!(renamed.updated_at().as_millisecond(), BEGIN + 5_000);
    assert_eq!(renamed.credential_made_at().as_millisecond(), BEGIN);
    assert_eq!(
        words(&store.rename_app(id, name("others")).unwrap_err()),
        "Duplicate: name 'others' is taken by another app"
    );
    assert_eq!(show(store, &header(&made)), "in, Current");
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);

    store.delete_app(id).unwrap();
    let gone = format!("there is no app {id}");
    assert_eq!(show(store, &header(&made)), format!("unknown_app: {gone}"));
    for error in [
        store.app(id).unwrap_err(),
        store.export_app_secret(id).unwrap_err(),
        store.rename_app(id, name("x")).unwrap_err(),
        store.reset_secret(id, ResetSecret::new()).unwrap_err(),
        store.delete_app(id).unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::NotFound, gone.clone()));
    }
    assert_eq!(store.apps().unwrap().len(), 1);
}

#[test]
fn what_is_no_api_key() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let made = store.create_app(AppPlan::new(name("a"), random())).unwrap();
    let id = made.app().id();
    let b64 = |text: &str| Base64::encode_string(text.as_bytes());
    for (header, told) in [
        (String::new(), "malformed: authorization is not of the scheme Basic"),
        ("Basic".into(), "malformed: authorization is not of the scheme Basic"),
        (format!("Bearer {}", b64("x:y")), "malformed: authorization is not of the scheme Basic"),
        ("Basic ???".into(), "malformed: the API key is not base64 with padding"),
        (format!("Basic {}", b64("x:yz").trim_end_matches('=')), "malformed: the API key is not base64 with padding"),
        (format!("Basic {}", b64("no colon")), "malformed: the API key is not an app's id, a colon and a secret"),
        (format!("Basic {}", b64("x:y")), "malformed: the API key does not begin with an app's id"),
        (format!("Basic {}", b64(":y")), "malformed: the API key does not begin with an app's id"),
        (format!("Basic {}", "A".repeat(1020)), "malformed: authorization has 1026 bytes, at most 1024"),
        (key(id, ""), "wrong_secret: the secret is another"),
        (header(&made).trim_end_matches('=').to_owned(), "malformed: the API key is not base64 with padding"),
    ] {
        // Some secrets make a key without padding.
        if header == self::header(&made) {
            continue;
        }
        assert_eq!(show(&store, &header), told, "{header}");
    }
    let spaced = header(&made).replace("Basic ", "bASIC   ");
    assert_eq!(show(&store, &spaced), "in, Current");
    // Upper case is the same UUID.
    let secret = secret_of(made.credential());
    let upper = Base64::encode_string(format!("{}:{secret}", id.to_string().to_uppercase()).as_bytes());
    assert_eq!(show(&store, &format!("Basic {upper}")), "in, Current");
    let nothing = store.authenticate(&Presented::new()).unwrap();
    assert_snapshot!(told(nothing), @"not_presented: nothing says which app it is: no app, no API key, no JWT with a UUID as sub");
    assert_eq!(told(store.authenticate(&Presented::new().app(id)).unwrap()), "not_presented: no API key was presented");
    let other = store.create_app(AppPlan::new(name("b"), random())).unwrap();
    let header = header(&other);
    let presented = Presented::new().app(id).authorization(&header);
    assert_eq!(told(store.authenticate(&presented).unwrap()), "wrong_app: the API key is of another app");
}

/// Every character of a secret counts, and no more and no fewer of them.
#[test]
fn no_other_secret_is_right() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    for storage in [SecretStorage::Sealed, SecretStorage::Hash] {
        let text = "0123456789:~!@Zz-_.";
        let plan = CredentialPlan::new(CredentialPart::Secret(AppSecret::new(text).unwrap()));
        let made = store.create_app(AppPlan::new(name(&format!("{storage:?}")), plan).storage(storage)).unwrap();
        let id = made.app().id();
        assert_eq!(show(&store, &key(id, text)), "in, Current");
        let mut others: Vec<String> = (0..text.len())
            .map(|at| {
                let mut other = text.as_bytes().to_vec();
                other[at] ^= 1;
                String::from_utf8(other).unwrap()
            })
            .collect();
        others.extend([
            format!("{text} "),
            format!("{text}\0"),
            text[1..].into(),
            text[..18].into(),
            text.to_lowercase(),
        ]);
        for other in others {
            // Each app has its own count of wrong secrets; the right one forgets them.
            assert_eq!(show(&store, &key(id, &other)), "wrong_secret: the secret is another", "{other}");
            assert_eq!(show(&store, &key(id, text)), "in, Current");
        }
    }
}

#[test]
fn a_hash_is_never_read() {
    let scene = Scene::new();
    let store = &scene.store;
    let plan = AppPlan::new(name("hashed"), CredentialPlan::random_secret(SecretSize::new(16).unwrap()));
    let made = store.create_app(plan.storage(SecretStorage::Hash)).unwrap();
    let id = made.app().id();
    assert!(made.app().is_hashed());
    assert_eq!(secret_of(made.credential()).len(), 22, "shown once");
    assert_eq!(show(store, &header(&made)), "in, Current");
    assert_eq!(show(&scene.other(), &header(&made)), "in, Current");
    let refused = "Refused: the secret of app 'hashed' is kept as a hash, it cannot be read";
    assert_eq!(words(&store.export_app_secret(id).unwrap_err()), refused);
    let reset = store.reset_secret(id, ResetSecret::new().migration_period(Duration::from_secs(60))).unwrap();
    assert!(reset.previous().is_none(), "it cannot be shown");
    assert_eq!([show(store, &header(&reset)), show(store, &header(&made))], ["in, Current", "in, Previous"]);
    assert_eq!(words(&store.export_app_secret(id).unwrap_err()), refused);
    // Its bytes are not there under the seal either: what is sealed is shorter than version, count, kind and secret.
    let sealed: Vec<u8> =
        attacker(&scene.path, &support::RAW).query_row("SELECT sealed FROM app", [], |row| row.get(0)).unwrap();
    assert_eq!(sealed.len(), 1 + 4 + 1 + 1 + 2 * (4 + 32) + 16);

    let without = |part| {
        let error = store.create_app(AppPlan::new(name("x"), CredentialPlan::new(part)).storage(SecretStorage::Hash));
        words(&error.unwrap_err())
    };
    let refused = "InvalidInput: store is hash, allowed only for a credential with a secret";
    assert_eq!(without(PlannedPart::RandomAwsXks), refused);
    assert_eq!(without(PlannedPart::Given(CredentialPart::AwsIam)), refused);
}

#[test]
fn sizes_and_characters() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    for (bytes, characters) in [(16, 22), (17, 23), (18, 24), (32, 43), (64, 86)] {
        let size = SecretSize::new(bytes).unwrap();
        let made = store.create_app(AppPlan::new(name(&format!("{bytes}")), CredentialPlan::random_secret(size)));
        let secret = secret_of(made.unwrap().credential());
        assert_eq!(secret.len(), characters);
        assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{secret}");
    }
    for bytes in [0, 15, 65, u64::MAX] {
        assert_eq!(SecretSize::new(bytes).unwrap_err().field(), Some("secret_size"));
    }
    for wrong in ["", "0123456789abcde", "0123456789 bcdef", "0123456789abcde\u{7f}", "0123456789abcdeü"] {
        assert_eq!(AppSecret::new(wrong).unwrap_err().field(), Some("secret"), "{wrong}");
    }
    assert!(AppSecret::new("a".repeat(256)).is_ok() && AppSecret::new("a".repeat(257)).is_err());
    let made = store.create_app(AppPlan::new(name("aws"), CredentialPlan::new(PlannedPart::RandomAwsXks))).unwrap();
    let [CredentialPart::AwsXks(aws)] = made.credential().parts() else { panic!() };
    assert_eq!((aws.access_key_id().len(), aws.secret_key().expose_secret().len()), (20, 43));
    let id = || "ABCDEFGHIJKLMNOPQ234".to_owned();
    let secret = || "a".repeat(43);
    assert!(AwsXks::new(id(), secret()).is_ok());
    for (id, secret, field) in [
        (id()[1..].to_owned(), secret(), "access_key_id"),
        (format!("{}ABCDEFGHIJK", id()), secret(), "access_key_id"),
        (id().to_lowercase(), secret(), "access_key_id"),
        (id().replace('2', "1"), secret(), "access_key_id"),
        (id(), secret()[1..].to_owned(), "secret_key"),
        (id(), "a".repeat(65), "secret_key"),
        (id(), format!("{}-", secret()), "secret_key"),
    ] {
        assert_eq!(AwsXks::new(id, secret).unwrap_err().field(), Some(field));
    }
}

#[test]
fn a_reset_leaves_the_old_one_for_a_while() {
    let scene = Scene::new();
    let (store, other) = (&scene.store, scene.other());
    let first = store.create_app(AppPlan::new(name("a"), random())).unwrap();
    let id = first.app().id();
    assert_eq!(show(&other, &header(&first)), "in, Current");

    scene.hands.put(250);
    let period = Duration::from_secs(60);
    let second = store.reset_secret(id, ResetSecret::new().migration_period(period)).unwrap();
    let until = second.previous().unwrap().valid_until();
    assert_eq!(until.as_millisecond(), BEGIN + 61_000, "the whole second after");
    assert_eq!(store.app(id).unwrap().previous_valid_until(), Some(until));
    assert_eq!(secret_of(second.previous().unwrap().credential()), secret_of(first.credential()));
    for store in [store, &other] {
        assert_eq!([show(store, &header(&second)), show(store, &header(&first))], ["in, Current", "in, Previous"]);
    }
    let read = store.export_app_secret(id).unwrap();
    assert_eq!(secret_of(read.previous().unwrap().credential()), secret_of(first.credential()));

    // A second reset drops the first secret.
    let third = other.reset_secret(id, ResetSecret::new().migration_period(period)).unwrap();
    for store in [store, &other] {
        let told = [&first, &second, &third].map(|made| show(store, &header(made)));
        assert_eq!(told, ["wrong_secret: the secret is another", "in, Previous", "in, Current"]);
    }

    let rows = || {
        let connection = attacker(&scene.path, &support::RAW);
        connection.query_row("SELECT count(*) FROM app_previous", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    scene.hands.put(60_999);
    assert_eq!((show(store, &header(&second)), rows()), ("in, Previous".into(), 1));
    scene.hands.put(61_000);
    assert_eq!(store.app(id).unwrap().previous_valid_until(), None);
    assert_eq!(rows(), 1);
    assert_eq!((show(store, &header(&second)), rows()), ("wrong_secret: the secret is another".into(), 0));
    assert!(store.export_app_secret(id).unwrap().previous().is_none());
    // The clock goes back: what was wiped is gone.
    scene.hands.put(0);
    assert_eq!(show(&other, &header(&second)), "wrong_secret: the secret is another");

    // Without a period it is over at once.
    let fourth = store.reset_secret(id, ResetSecret::new().size(SecretSize::new(32).unwrap())).unwrap();
    assert!(fourth.previous().is_none() && secret_of(fourth.credential()).len() == 43);
    assert_eq!(show(store, &header(&third)), "wrong_secret: the secret is another");
    assert_eq!(show(&other, &header(&fourth)), "in, Current");
}

#[test]
fn what_is_over_is_wiped_by_whoever_comes_first() {
    let scene = Scene::new();
    let store = &scene.store;
    let made: Vec<_> =
        (0..4).map(|n| store.create_app(AppPlan::new(name(&format!("{n}")), random())).unwrap()).collect();
    for made in &made[..3] {
        store.reset_secret(made.app().id(), ResetSecret::new().migration_period(Duration::from_secs(10))).unwrap();
    }
    scene.hands.put(9_999);
    assert_eq!(store.wipe_expired_credentials().unwrap(), 0);
    scene.hands.put(10_000);
    store.export_app_secret(made[0].app().id()).unwrap();
    assert_eq!(store.wipe_expired_credentials().unwrap(), 2);
    assert_eq!(store.wipe_expired_credentials().unwrap(), 0);
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    // Deleted, an app leaves no row anywhere.
    for app in store.apps().unwrap() {
        show(store, &key(app.id(), "another, wrong secret"));
        store.reset_secret(app.id(), ResetSecret::new().migration_period(Duration::from_secs(10))).unwrap();
        show(store, &key(app.id(), "another, wrong secret"));
        store.delete_app(app.id()).unwrap();
    }
    let connection = attacker(&scene.path, &support::RAW);
    for table in ["app", "app_previous", "app_failure"] {
        let rows: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

#[test]
fn credentials_are_replaced() {
    let scene = Scene::new();
    let store = &scene.store;
    let first = store.create_app(AppPlan::new(name("a"), random())).unwrap();
    let id = first.app().id();
    let aws =
        store.replace_credential(id, CredentialPlan::new(PlannedPart::RandomAwsXks), Duration::from_secs(60)).unwrap();
    assert_eq!(aws.app().kinds(), [CredentialKind::AwsXks]);
    assert_eq!(secret_of(aws.previous().unwrap().credential()), secret_of(first.credential()));
    assert_eq!(show(store, &header(&first)), "in, Previous");
    // A secret that is wrong for the previous one is counted, though the one in force has none.
    for told in ["not_presented", "not_presented", "not_presented"] {
        assert!(show(store, &key(id, "another, wrong secret")).starts_with(told));
    }
    assert_snapshot!(show(store, &key(id, "another, wrong secret")), @"locked, wait 1 s");

    let again = store.reset_secret(id, ResetSecret::new()).unwrap();
    let pair = |made: &AppCredential| match made.credential().parts() {
        [CredentialPart::AwsXks(aws)] => (aws.access_key_id().to_owned(), aws.secret_key().expose_secret().to_owned()),
        other => panic!("{other:?}"),
    };
    assert_ne!(pair(&again).0, pair(&aws).0);
    assert_ne!(pair(&again).1, pair(&aws).1);
    let error = store.reset_secret(id, ResetSecret::new().size(SecretSize::DEFAULT)).unwrap_err();
    assert_snapshot!(words(&error), @"InvalidInput: secret_size is given for an AWS secret key, whose length is fixed");
    store.replace_credential(id, CredentialPlan::new(CredentialPart::AwsIam), Duration::ZERO).unwrap();
    let error = store.reset_secret(id, ResetSecret::new()).unwrap_err();
    assert_snapshot!(words(&error), @"NotPossible: app 'a' has no secret that could be reset");
    let too_long = ResetSecret::LONGEST + Duration::from_secs(1);
    let error = store.replace_credential(id, random(), too_long).unwrap_err();
    assert_snapshot!(words(&error), @"InvalidInput: credential_migration_period is 315360001 s, allowed are 0 to 315360000 s");
    assert_eq!(
        store.reset_secret(id, ResetSecret::new().migration_period(too_long)).unwrap_err().to_string(),
        error.to_string()
    );
    assert_eq!(store.app(id).unwrap().kinds(), [CredentialKind::AwsIam]);
}

/// Both parts of `all` must be presented, and a reset touches the secret alone.
#[test]
fn two_parts_together() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let kinds = || {
        let google = GoogleServiceAccount::new(None, None).unwrap();
        [
            (1, CredentialPart::Secret(AppSecret::new("a".repeat(16)).unwrap())),
            (1, CredentialPart::Ldap(uuid::Uuid::from_bytes([7; 16]))),
            (1, CredentialPart::AwsIam),
            (0, CredentialPart::GoogleServiceAccount(google)),
            (0, CredentialPart::GoogleWorkspaceCse),
            (0, CredentialPart::AwsXks(AwsXks::new("A".repeat(20), "a".repeat(43)).unwrap())),
            (2, CredentialPart::Certificate(certificate().into())),
        ]
    };
    for first in 0..kinds().len() {
        for second in 0..kinds().len() {
            let (first, second) = (kinds().into_iter().nth(first).unwrap(), kinds().into_iter().nth(second).unwrap());
            let allowed = first.0 + second.0 == 3 && first.0 * second.0 == 2;
            let names = format!("{} and {}", first.1.kind().name(), second.1.kind().name());
            match CredentialPlan::all(first.1, second.1) {
                Ok(_) => assert!(allowed, "{names}"),
                Err(error) => {
                    assert!(!allowed, "{names}");
                    assert!(error.to_string().starts_with(&format!("all has {names}, allowed is one of")), "{error}");
                }
            }
        }
    }
    let plan = CredentialPlan::all(
        PlannedPart::RandomSecret(SecretSize::DEFAULT),
        CredentialPart::Certificate(certificate().into()),
    );
    let made = store.create_app(AppPlan::new(name("both"), plan.unwrap())).unwrap();
    assert_eq!(made.app().kinds(), [CredentialKind::Secret, CredentialKind::Certificate]);
    let present = |header: Option<&str>, certificate: Option<&[u8]>| {
        let mut presented = Presented::new().app(made.app().id()).certificate_chain(certificate);
        if let Some(header) = header {
            presented = presented.authorization(header);
        }
        store.authenticate(&presented).unwrap()
    };
    let reason = |outcome: Outcome| match outcome {
        Outcome::Refused(refusal) => Some((refusal.part.unwrap(), refusal.reason)),
        Outcome::Authenticated(_) => None,
        other => panic!("{other:?}"),
    };
    let header = header(&made);
    assert_eq!(reason(present(Some(&header), Some(certificate()))), None);
    assert_eq!(reason(present(Some(&header), None)), Some((CredentialKind::Certificate, Reason::NotPresented)));
    assert_eq!(reason(present(None, Some(certificate()))), Some((CredentialKind::Secret, Reason::NotPresented)));
    let wrong = key(made.app().id(), "another, wrong secret");
    assert_eq!(reason(present(Some(&wrong), Some(certificate()))), Some((CredentialKind::Secret, Reason::WrongSecret)));

    let reset = store.reset_secret(made.app().id(), ResetSecret::new()).unwrap();
    let [CredentialPart::Secret(_), CredentialPart::Certificate(same)] = reset.credential().parts() else { panic!() };
    assert_eq!(**same, *certificate());
    assert_ne!(secret_of(reset.credential()), secret_of(made.credential()));
}

/// What only others can check is said to be so, once the rest is right.
#[test]
fn what_must_be_checked_outside() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let id = uuid::Uuid::from_bytes([7; 16]);
    let parts = [
        (CredentialPart::Ldap(id), External::Ldap(id)),
        (CredentialPart::AwsIam, External::AwsIam),
        (CredentialPart::GoogleWorkspaceCse, External::GoogleWorkspaceCse),
    ];
    for (part, external) in parts {
        let kind = part.kind();
        let made = store.create_app(AppPlan::new(name(kind.name()), CredentialPlan::new(part))).unwrap();
        let outcome = store.authenticate(&Presented::new().app(made.app().id())).unwrap();
        let Outcome::NeedsExternal { so_far, checks } = outcome else { panic!("{outcome:?}") };
        assert_eq!((so_far.app, so_far.used, checks), (made.app().id(), Used::Current, vec![external]));
        assert_eq!(made.app().kinds(), [kind]);
    }
    let plan =
        CredentialPlan::all(CredentialPart::Certificate(certificate().into()), CredentialPart::Ldap(id)).unwrap();
    let made = store.create_app(AppPlan::new(name("both"), plan)).unwrap();
    let presented = Presented::new().app(made.app().id());
    assert_eq!(told(store.authenticate(&presented).unwrap()).split(':').next(), Some("not_presented"));
    let presented = presented.certificate_chain([certificate()]);
    assert!(told(store.authenticate(&presented).unwrap()).starts_with("Current, to check [Ldap("));
}

/// Every kind comes back from the file as it was given, also through a backup and after a change of key.
#[test]
fn credentials_come_back() {
    let scene = Scene::new();
    let store = &scene.store;
    let groups = [(uuid::Uuid::from_bytes([3; 16]), [GroupPermission::CryptoSpaceGetInfo].into())].into();
    let policy = AccessReasonPolicy::new([AccessReason::CustomerInitiatedAccess, AccessReason::NotExpected], true);
    let google = GoogleServiceAccount::new(Some(policy), Some(groups)).unwrap();
    let parts = || {
        [
            CredentialPart::Secret(AppSecret::new("0123456789abcdef").unwrap()),
            CredentialPart::Certificate(certificate().into()),
            CredentialPart::GoogleServiceAccount(google.clone()),
            CredentialPart::Ldap(uuid::Uuid::from_bytes([7; 16])),
            CredentialPart::AwsIam,
            CredentialPart::AwsXks(AwsXks::new("A".repeat(20), "/+=".repeat(15)).unwrap()),
            CredentialPart::GoogleWorkspaceCse,
        ]
    };
    let made: Vec<_> = parts()
        .into_iter()
        .map(|part| store.create_app(AppPlan::new(name(part.kind().name()), CredentialPlan::new(part))).unwrap())
        .collect();
    let shown = |store: &Keystore| {
        made.iter()
            .map(|made| {
                let read = store.export_app_secret(made.app().id()).unwrap();
                assert_eq!(read.app(), made.app());
                match &read.credential().parts()[0] {
                    CredentialPart::Secret(secret) => secret.expose_secret().unwrap().to_owned(),
                    CredentialPart::AwsXks(aws) => {
                        format!("{} {}", aws.access_key_id(), aws.secret_key().expose_secret())
                    }
                    other => format!("{other:?}"),
                }
            })
            .collect::<Vec<_>>()
    };
    let known = shown(store);
    assert_eq!(known[0], "0123456789abcdef");
    assert_eq!(known[2], format!("{:?}", CredentialPart::GoogleServiceAccount(google.clone())));
    assert_eq!(known[5], format!("{} {}", "A".repeat(20), "/+=".repeat(15)));
    assert_eq!(shown(&scene.other()), known);
    let other_key = keystead::Unlock::raw_key([9; 32]);
    let copy = scene.path.with_extension("copy");
    store.backup(&copy, &keystead::BackupOptions::new(&other_key)).unwrap();
    store.rekey(&other_key).unwrap();
    for path in [&copy, &scene.path] {
        assert_eq!(shown(&Keystore::open(path, &other_key, options()).unwrap()), known);
    }
}

/// Nothing that is shown of an app, and no error, has a secret in it.
#[test]
fn secrets_are_not_shown() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let secret = "unlikely-to-be-seen-anywhere";
    let part = || CredentialPart::Secret(AppSecret::new(secret).unwrap());
    let plan = AppPlan::new(name("a"), CredentialPlan::new(part()));
    let mut shown = vec![format!("{plan:?}")];
    let made = store.create_app(plan).unwrap();
    let header = header(&made);
    let presented = Presented::new().authorization(&header);
    shown.push(format!("{made:?} {:?} {:?} {presented:?}", made.basic_authorization(), made.app()));
    shown.push(format!("{:?}", store.authenticate(&presented).unwrap()));
    shown.push(format!(
        "{:?}",
        store.authenticate(&Presented::new().authorization(&key(made.app().id(), secret))).unwrap()
    ));
    shown.push(format!("{:?}", store.create_app(AppPlan::new(name("a"), CredentialPlan::new(part()))).unwrap_err()));
    shown.push(format!("{store:?}"));
    let wrong = AppSecret::new(format!("{secret}\n")).unwrap_err();
    shown.push(format!("{wrong:?} {wrong}"));
    let key = Base64::encode_string(secret.as_bytes());
    for text in shown {
        assert!(!text.contains(secret) && !text.contains(&key[..24]) && !text.contains(&header[6..]), "{text}");
    }
}

/// A certificate of some key.
fn certificate() -> &'static [u8] {
    static MADE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let store = Keystore::in_memory(Options::default()).unwrap();
        store.generate(support::es256("a")).unwrap().certificate_der().unwrap().to_vec()
    });
    &MADE
}

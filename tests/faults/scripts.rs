//! What the program under test does: every mutating call of the public API, a step each. Time and randomness are those of the
//! step, so that every run writes the same rows.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64ct::{Base64, Encoding};
use jiff::{SignedDuration, Timestamp};
use keystead::authn::Presented;
use keystead::{
    Algorithm, AppId, AppName, AppPlan, AppSecret, AttestationRequest, AuthorityPlan, BackupOptions, Batch, Clock,
    CredentialPart, CredentialPlan, Entropy, EntropyError, Error, ErrorKind, GenerateKey, ImportKey, Key, KeyName,
    KeySpec, Keystore, Options, PlannedPart, ResetSecret, Result, Ring, RingName, RingPlan, RingState, Schedule,
    SecretEncoding, SecretFormat, Unlock, UserLabel,
};
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use crate::support::{RAW, es256, options, request};

pub(crate) const OTHER: [u8; 32] = [0xa5; 32];

/// Under which a store of any script may lie. The last five are what the passphrase of the golden files comes to: it is not
/// stretched at each of a thousand openings.
pub(crate) const RAW_KEYS: [[u8; 32]; 7] = [
    RAW,
    OTHER,
    hex("55297131af28ff9723b4cb80564c63684a8f90c0bf0a19febd30bd3fad4b49f3"),
    hex("d3975233b7145f7c8e75739313e627f851bd26169f233ca98597c7e2eca0e909"),
    hex("6894f4ff5846f4ca889ffa6aceb0168d6406f1117dfe32117674b578bb5adb8b"),
    hex("ddf77974a8c1e94caf9abc70436d5ec918bfa3b95b360a7fa40af351ac278a3a"),
    hex("537fe8f73b1172332a0f13ba2d72b6ff164488abc60c6b101d2bff14694171b8"),
];

const fn hex(text: &str) -> [u8; 32] {
    const fn digit(byte: u8) -> u8 {
        if byte < b'a' { byte - b'0' } else { byte - b'a' + 10 }
    }
    let (text, mut bytes, mut at) = (text.as_bytes(), [0; 32], 0);
    while at < 32 {
        bytes[at] = digit(text[2 * at]) << 4 | digit(text[2 * at + 1]);
        at += 1;
    }
    bytes
}

pub(crate) struct Script {
    pub(crate) name: &'static str,
    /// The files that it finds.
    start: fn(&Path),
    pub(crate) steps: &'static [Step],
}

pub(crate) struct Step {
    pub(crate) what: &'static str,
    does: fn(&mut World) -> Result<()>,
    /// Whether afterwards something is otherwise than before.
    pub(crate) changes: bool,
    /// Whether the call may do without what it changes: whoever is let in does not wait for wrong secrets to be forgotten.
    pub(crate) can_wait: bool,
    /// The store that it makes.
    pub(crate) makes: Option<&'static str>,
}

const fn step(what: &'static str, does: fn(&mut World) -> Result<()>) -> Step {
    Step { what, does, changes: true, can_wait: false, makes: None }
}

const fn making(makes: &'static str, what: &'static str, does: fn(&mut World) -> Result<()>) -> Step {
    Step { makes: Some(makes), ..step(what, does) }
}

/// One after which everything is as before.
const fn quiet(what: &'static str, does: fn(&mut World) -> Result<()>) -> Step {
    Step { what, does, changes: false, can_wait: false, makes: None }
}

/// Three times so many come to more than 4,000 pages.
const LONG_KEYS: u16 = 1_200;

/// Where a script runs.
pub(crate) struct World {
    folder: PathBuf,
    store: Option<Keystore>,
    dice: Arc<Dice>,
}

/// Random bytes and the time, both told by the step.
#[derive(Debug, Default)]
struct Dice {
    step: AtomicU64,
    throws: AtomicU64,
}

impl Entropy for Dice {
    fn fill(&self, out: &mut [u8]) -> std::result::Result<(), EntropyError> {
        for part in out.chunks_mut(32) {
            let throw = self.throws.fetch_add(1, Ordering::SeqCst);
            let seed = format!("{} {throw}", self.step.load(Ordering::SeqCst));
            part.copy_from_slice(&Sha256::digest(seed)[..part.len()]);
        }
        Ok(())
    }
}

impl Clock for Dice {
    fn now(&self) -> Timestamp {
        let step = i64::try_from(self.step.load(Ordering::SeqCst)).unwrap();
        begin() + SignedDuration::from_mins(step % PREPARED as i64)
    }
}

/// The number of what is done before a script, at its beginning.
const PREPARED: u64 = 1_000_000;

fn begin() -> Timestamp {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

impl World {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.into(), store: None, dice: Arc::default() }
    }

    /// Does the step with this number.
    pub(crate) fn run(&mut self, number: usize, step: &Step) -> Result<()> {
        self.dice.step.store(number as u64, Ordering::SeqCst);
        self.dice.throws.store(0, Ordering::SeqCst);
        (step.does)(self)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("store")
    }

    fn options(&self) -> Options {
        options().entropy(self.dice.clone()).clock(self.dice.clone())
    }

    /// The store, opened if it is not.
    pub(crate) fn store(&mut self) -> Result<Keystore> {
        if let Some(store) = &self.store {
            return Ok(store.clone());
        }
        let mut opened = None;
        for key in RAW_KEYS {
            opened = Some(Keystore::open(self.path(), &Unlock::raw_key(key), self.options()));
            if !matches!(&opened, Some(Err(error)) if error.kind() == ErrorKind::WrongKey) {
                break;
            }
        }
        let store = opened.unwrap()?;
        self.store = Some(store.clone());
        Ok(store)
    }

    /// Opens the store when there is one, so that what follows meets a store in use.
    pub(crate) fn warm_up(&mut self) {
        if self.path().exists() {
            self.store().unwrap();
        }
    }

    fn create(&mut self) -> Result<()> {
        self.store = Some(Keystore::create(self.path(), &Unlock::raw_key(RAW), self.options())?);
        Ok(())
    }

    /// The last handle goes: SQLite empties the log and takes it away.
    #[allow(clippy::unnecessary_wraps, reason = "a step like the others")]
    pub(crate) fn close(&mut self) -> Result<()> {
        self.store = None;
        Ok(())
    }

    fn key(&mut self, name: &str) -> Result<Key> {
        self.store()?.key(KeyName::new(name)?)
    }

    fn ring(&mut self) -> Result<Ring> {
        self.store()?.ring(&RingName::new("tokens")?)
    }

    /// Keys that take more than a page each.
    fn import_long(&mut self, n: u16) -> Result<()> {
        let secret = |key: u16| {
            let name = KeyName::new(format!("long {n} {key}")).unwrap();
            let bytes =
                (0..4096_u16).map(|at| (at ^ key ^ n << 12).to_be_bytes()[usize::from(at % 2)]).collect::<Vec<_>>();
            ImportKey::new(name, bytes).secret(SecretEncoding::Raw)
        };
        let requests: Vec<_> = (0..LONG_KEYS).map(secret).collect();
        each(self.store()?.import_many_with(&requests, Batch::AllOrNone, |_| std::ops::ControlFlow::Continue(()))?)
    }

    fn knock(&mut self, secret: &str) -> Result<()> {
        let header = format!("Basic {}", Base64::encode_string(format!("{}:{secret}", app()).as_bytes()));
        self.store()?.authenticate(&Presented::new().authorization(&header)).map(drop)
    }
}

/// Everything, in scripts that each begin anew.
pub(crate) const SCRIPTS: &[Script] = &[
    Script { name: "keys", start: |_| (), steps: KEYS },
    Script { name: "rings", start: one_key, steps: RINGS },
    Script { name: "apps", start: one_key, steps: APPS },
    Script { name: "authority", start: one_key, steps: AUTHORITY },
    Script { name: "rekey", start: one_key, steps: REKEY },
    Script { name: "copies", start: one_key, steps: COPIES },
    Script { name: "format 1", start: |folder| lay_golden(folder, 1), steps: UPGRADE },
    Script { name: "format 2", start: |folder| lay_golden(folder, 2), steps: UPGRADE },
    Script { name: "format 3", start: |folder| lay_golden(folder, 3), steps: UPGRADE },
    Script { name: "format 4", start: |folder| lay_golden(folder, 4), steps: UPGRADE },
    Script { name: "format 5", start: |folder| lay_golden(folder, 5), steps: UPGRADE },
];

const KEYS: &[Step] = &[
    making("store", "create", World::create),
    step("generate", |world| world.store()?.generate(es256("signing")).map(drop)),
    step("generate", |world| world.store()?.generate(exportable("secret")).map(drop)),
    step("generate_many", |world| {
        let requests: Vec<_> = (0..4).map(|n| request(format!("many {n}"), Algorithm::Hs256)).collect();
        each(world.store()?.generate_many(&requests)?)
    }),
    step("import", |world| {
        let rsa = include_bytes!("../data/vectors/cryptography/DER_Serialization/testrsa.der");
        world.store()?.import(ImportKey::new(KeyName::new("from outside")?, rsa.to_vec())).map(drop)
    }),
    step("import_many", |world| {
        let secret = |n: u8| {
            let name = KeyName::new(format!("imported {n}")).unwrap();
            ImportKey::new(name, vec![n; 40]).secret(SecretEncoding::Raw)
        };
        let requests: Vec<_> = (0..3).map(secret).collect();
        each(world.store()?.import_many_with(&requests, Batch::AllOrNone, |_| std::ops::ControlFlow::Continue(()))?)
    }),
    step("rename", |world| {
        let id = world.key("signing")?.id();
        world.store()?.rename(id, KeyName::new("signing no more")?).map(drop)
    }),
    step("mark_in_use", |world| {
        let id = world.key("secret")?.id();
        world.store()?.mark_in_use(id, &UserLabel::new("somebody")?)
    }),
    step("unmark_in_use", |world| {
        let id = world.key("secret")?.id();
        world.store()?.unmark_in_use(id, &UserLabel::new("somebody")?).map(drop)
    }),
    step("export_secret", |world| {
        let id = world.key("secret")?.id();
        world.store()?.export_secret(id, &SecretFormat::Raw).map(drop)
    }),
    step("delete", |world| {
        let id = world.key("many 3")?.id();
        world.store()?.delete(id)
    }),
    step("anchor", |world| world.store()?.anchor().map(drop)),
    quiet("close", World::close),
];

const RINGS: &[Step] = &[
    step("create_ring", |world| {
        let day = Duration::from_secs(24 * 60 * 60);
        let plan = RingPlan::new(RingName::new("tokens")?, KeySpec::new(Algorithm::Es256, None)?);
        world.store()?.create_ring(&plan.keep(2).schedule(Schedule::new(9 * day, day, day)?)).map(drop)
    }),
    step("rotate", |world| world.ring()?.rotate().map(drop)),
    step("rotate", |world| world.ring()?.rotate_to(KeySpec::new(Algorithm::Es384, None)?).map(drop)),
    // From here on the log is written over from its beginning.
    quiet("checkpoint", |world| {
        let _ = checkpoint(&world.path());
        Ok(())
    }),
    step("revoke", |world| {
        let ring = world.ring()?;
        ring.revoke(&current_kid(&ring.state()?)).map(drop)
    }),
    step("apply_due", |world| world.ring()?.apply_due(begin() + SignedDuration::from_hours(24 * 30)).map(drop)),
    step("retire_previous", |world| world.ring()?.retire_previous().map(drop)),
    step("set_schedule", |world| world.ring()?.set_schedule(None).map(drop)),
    step("set_keep", |world| world.ring()?.set_keep(1).map(drop)),
    step("delete_ring", |world| world.ring()?.delete()),
    quiet("close", World::close),
];

const APPS: &[Step] = &[
    step("create_app", |world| {
        let secret = CredentialPart::Secret(AppSecret::new("the-secret-of-this-app")?);
        let plan = AppPlan::new(AppName::new("billing")?, CredentialPlan::new(secret)).id(app());
        world.store()?.create_app(plan).map(drop)
    }),
    step("authenticate", |world| world.knock("another, wrong secret")),
    Step { can_wait: true, ..step("authenticate", |world| world.knock("the-secret-of-this-app")) },
    step("rename_app", |world| world.store()?.rename_app(app(), AppName::new("accounts")?).map(drop)),
    step("reset_secret", |world| {
        world.store()?.reset_secret(app(), ResetSecret::new().migration_period(Duration::from_secs(1))).map(drop)
    }),
    step("wipe_expired", |world| world.store()?.wipe_expired_credentials().map(drop)),
    step("replace_credential", |world| {
        let plan = CredentialPlan::new(PlannedPart::RandomAwsXks);
        world.store()?.replace_credential(app(), plan, Duration::from_secs(600)).map(drop)
    }),
    step("set_fips_mode", |world| world.store()?.set_fips_mode(true)),
    step("delete_app", |world| world.store()?.delete_app(app())),
    quiet("close", World::close),
];

const AUTHORITY: &[Step] = &[
    step("create_authority", |world| world.store()?.create_authority(&AuthorityPlan::new()).map(drop)),
    quiet("attest", |world| {
        let id = world.key("there before")?.id();
        world.store()?.attest(id, &AttestationRequest::new()).map(drop)
    }),
    step("renew_authority", |world| world.store()?.renew_authority().map(drop)),
    step("authority_request", |world| world.store()?.authority_request(&AuthorityPlan::new()).map(drop)),
    step("discard_request", |world| world.store()?.discard_authority_request().map(drop)),
    step("replace_authority", |world| world.store()?.replace_authority(&AuthorityPlan::new()).map(drop)),
    quiet("close", World::close),
];

const REKEY: &[Step] = &[
    step("generate", |world| world.store()?.generate(es256("under the old key")).map(drop)),
    step("rekey", |world| world.store()?.rekey(&Unlock::raw_key(OTHER))),
    step("generate", |world| world.store()?.generate(es256("under the new key")).map(drop)),
    quiet("close", World::close),
    step("rekey", |world| world.store()?.rekey(&Unlock::raw_key(RAW))),
    quiet("close", World::close),
];

const COPIES: &[Step] = &[
    step("generate", |world| world.store()?.generate(es256("in the copies")).map(drop)),
    making("same", "backup", |world| {
        let to = world.folder.join("same");
        world.store()?.backup(to, &BackupOptions::same_key())
    }),
    step("generate", |world| world.store()?.generate(es256("in the second copy")).map(drop)),
    making("other", "backup", |world| {
        let to = world.folder.join("other");
        world.store()?.backup(to, &BackupOptions::new(&Unlock::raw_key(OTHER)))
    }),
    making("new", "open_or_create", |world| {
        let path = world.folder.join("new");
        Keystore::open_or_create(path, &Unlock::raw_key(OTHER), world.options()).map(drop)
    }),
    quiet("close", World::close),
];

const UPGRADE: &[Step] = &[step("migrate", |world| world.store().map(drop)), quiet("close", World::close)];

/// Long enough for the log to be emptied in the middle of it, which SQLite does by itself behind the commit that brings it to
/// 4,000 pages. Not among the others: it takes a while.
pub(crate) const LONG: Script = Script {
    name: "long",
    start: one_key,
    steps: &[
        step("import_many", |world| world.import_long(0)),
        step("import_many", |world| world.import_long(1)),
        step("import_many", |world| world.import_long(2)),
        step("rename", |world| {
            let id = world.key("there before")?.id();
            world.store()?.rename(id, KeyName::new("there still")?).map(drop)
        }),
        quiet("close", World::close),
    ],
};

impl Script {
    /// Lays out what the script finds.
    pub(crate) fn lay_out(&self, folder: &Path) {
        (self.start)(folder);
    }
}

pub(crate) fn script(name: &str) -> &'static Script {
    SCRIPTS.iter().chain([&LONG]).find(|script| script.name == name).unwrap()
}

/// A closed store with a key, the same in every run.
fn one_key(folder: &Path) {
    static STORE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::new(folder.path());
        world.dice.step.store(PREPARED, Ordering::SeqCst);
        world.create().unwrap();
        world.store().unwrap().generate(es256("there before")).unwrap();
        let path = world.path();
        drop(world);
        std::fs::read(path).unwrap()
    });
    std::fs::write(folder.join("store"), &*STORE).unwrap();
}

fn golden(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/golden/format-{version}.db"))
}

fn lay_golden(folder: &Path, version: u32) {
    std::fs::copy(golden(version), folder.join("store")).unwrap();
}

/// Puts the log into the file and leaves it as long as it is, as happens when it has become long. Nobody is told when it fails.
fn checkpoint(path: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let key: String = RAW.iter().map(|byte| format!("{byte:02x}")).collect();
    connection.execute_batch(&format!("PRAGMA key = \"x'{key}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"))?;
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

fn app() -> AppId {
    AppId::new(uuid::Uuid::from_bytes([77; 16])).unwrap()
}

fn exportable(name: &str) -> GenerateKey {
    request(name, Algorithm::Hs256).exportable(true)
}

fn current_kid(state: &RingState) -> keystead::Kid {
    state.current().key().kid().clone()
}

fn each<T>(answers: Vec<Result<T, Error>>) -> Result<()> {
    answers.into_iter().try_for_each(|answer| answer.map(drop))
}

//! Searches against a second search that is slow and plain: random stores in memory and in files, which change between
//! the searches, with names that Unicode makes hard, every condition, order and kind of page.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/judges.rs"]
mod judges;
#[path = "support/naive.rs"]
mod naive;
mod support;

use std::ops::Bound;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use keystead::{
    Algorithm, Batch, Cursor, Direction, ErrorKind, Fingerprint, GenerateKey, ImportKey, Issuer, Key, KeyId, KeyName,
    KeySpec, KeyType, Keystore, Kid, KidScheme, OrderField, Query, SecretEncoding, SecretFormat,
};
use naive::{Entry, Glob, PIECES, Set, Terms, Text, Wanted, instant, order_by};
use proptest::prelude::*;
use proptest::sample::Index;
use support::{options, raw, request};
use tempfile::TempDir;

/// What the clock may show: before 1970, around a second, some close to each other, far ahead.
const TIMES: [i64; 10] = [
    -315_619_200_000,
    -1,
    0,
    999,
    1_000,
    1_600_000_000_000,
    1_600_000_000_001,
    1_600_000_000_002,
    1_900_000_000_000,
    2_500_000_000_000,
];
const ISSUERS: [&str; 4] = ["acme.example", "Acme.example", "straße", "*"];
const KIDS: [&str; 3] = ["shared", "Shared", "zamAX0036820RULfdjUV6YkhYbY"];
const GENERATED: [Algorithm; 4] = [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512, Algorithm::Es256];

/// Bytes to take in, and what to say of them.
struct Material {
    data: Vec<u8>,
    algorithm: Option<Algorithm>,
    secret: bool,
}

/// Secrets, public keys without a certificate, certificates that end at different times and at the same time, one that
/// names nobody, a private key that gets a certificate. Each may be taken in many times.
static MATERIALS: LazyLock<Vec<Material>> = LazyLock::new(|| {
    let plain = |data: Vec<u8>| Material { data, algorithm: None, secret: false };
    let mut all: Vec<_> =
        [32, 48, 64].map(|len| Material { data: vec![len; len.into()], algorithm: None, secret: true }).into();
    let made = |at: usize, issuer: usize, algorithm| {
        let store = Keystore::in_memory(options().clock(Set::new(TIMES[at]))).unwrap();
        let request = request("made", algorithm).issuer(Issuer::new(ISSUERS[issuer]).unwrap()).exportable(true);
        let key = store.generate(request).unwrap();
        (key.clone(), store.export_secret(key.id(), &SecretFormat::Pkcs8Der).unwrap().expose_secret().to_vec())
    };
    let (es256, private) = made(5, 0, Algorithm::Es256);
    let certificate = |key: &Key| key.certificate_der().unwrap().to_vec();
    all.push(plain(es256.public_key_der().unwrap().to_vec()));
    all.push(plain(certificate(&es256)));
    all.push(plain(private));
    for (at, issuer, algorithm) in [(0, 1, Algorithm::Es256), (5, 2, Algorithm::Es384), (8, 3, Algorithm::Es512)] {
        all.push(plain(certificate(&made(at, issuer, algorithm).0)));
    }
    let seed = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/fusionauth-seed.pem")).unwrap();
    let rsa = judges::import(&seed).unwrap().key.public_key_der().unwrap().to_vec();
    all.push(plain(seed));
    for algorithm in [Algorithm::Rs256, Algorithm::Rs512, Algorithm::Ps256, Algorithm::Ps384] {
        all.push(Material { data: rsa.clone(), algorithm: Some(algorithm), secret: false });
    }
    let folder = judges::Folder::new();
    folder.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem");
    folder.openssl("req -x509 -key key.pem -subj /O=nobody -days 30 -out nobody.pem");
    all.push(plain(folder.get("nobody.pem")));
    all
});

#[derive(Clone, Debug)]
struct New {
    name: Text,
    what: Index,
    id: Option<u8>,
    kid: Option<u8>,
    issuer: u8,
    exportable: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Generate(New),
    Import(New),
    /// Several at once; one of a batch may have a name that is taken.
    ImportMany(Vec<New>, bool),
    Rename(Index, Text),
    Delete(Index),
    /// Changes the row, and nothing to search for.
    Export(Index),
    Clock(u8),
    /// Opens a handle anew, which then knows nothing from before.
    Open,
    Search(Box<Ask>),
}

/// A value to search for: that of a key that is there, or one of a list.
#[derive(Clone, Debug)]
enum Value<T> {
    Of(Index),
    This(T),
}

/// An instant near one that a key has, or at an end of time.
#[derive(Clone, Debug)]
enum When {
    Inserted(Index, i64),
    Updated(Index, i64),
    Expires(Index, i64),
    First,
    Last,
}

#[derive(Clone, Debug)]
enum Page {
    Row(u64),
    /// Behind the last page.
    Next,
    /// Behind any earlier page.
    Behind(Index),
}

#[derive(Clone, Debug)]
struct Ask {
    name: Option<Value<Wanted>>,
    algorithm: Option<Value<Algorithm>>,
    key_type: Option<KeyType>,
    kid: Option<Value<&'static str>>,
    fingerprint: Option<(Index, Index)>,
    issuer: Option<Value<&'static str>>,
    has_private: Option<bool>,
    expires_before: Option<When>,
    inserted: Option<(Bound<When>, Bound<When>)>,
    updated: Option<(Bound<When>, Bound<When>)>,
    order: Terms,
    limit: u32,
    page: Page,
}

// How the steps come about.

fn piece() -> impl Strategy<Value = u8> {
    // The first ones often, so that names are alike.
    prop_oneof![2 => 0..12_u8, 1 => 0..PIECES.len() as u8]
}

fn name() -> impl Strategy<Value = Text> {
    let short = prop::collection::vec(piece(), 1..5);
    let long = (piece(), piece(), 500..1300_usize, piece()).prop_map(|(first, again, times, last)| {
        let mut pieces = vec![first];
        pieces.extend(std::iter::repeat_n(again, times));
        pieces.push(last);
        pieces
    });
    prop_oneof![40 => short.boxed(), 1 => long.boxed()]
        .prop_map(Text)
        .prop_filter("a name is not blank", |name| !name.written().trim().is_empty())
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let piece = || prop_oneof![3 => piece().prop_map(Some), 1 => Just(None)];
    prop_oneof![
        6 => prop::collection::vec(piece(), 0..6).prop_map(|pieces| Wanted::Glob(Glob(pieces))),
        1 => name().prop_map(Wanted::Exactly),
    ]
}

fn new() -> impl Strategy<Value = New> {
    let id = prop::option::weighted(0.2, 1..6_u8);
    (name(), any::<Index>(), id, prop::option::weighted(0.2, 0..3_u8), 0..4_u8, any::<bool>())
        .prop_map(|(name, what, id, kid, issuer, exportable)| New { name, what, id, kid, issuer, exportable })
}

fn when() -> impl Strategy<Value = When> {
    // In nanoseconds: instants of keys have milliseconds, those of queries need not.
    let off = || prop::sample::select(vec![0_i64, 0, 0, 1, -1, 999_999, 1_000_000, -1_000_000]);
    prop_oneof![
        4 => (any::<Index>(), off()).prop_map(|(which, off)| When::Inserted(which, off)),
        3 => (any::<Index>(), off()).prop_map(|(which, off)| When::Updated(which, off)),
        3 => (any::<Index>(), off()).prop_map(|(which, off)| When::Expires(which, off)),
        1 => Just(When::First),
        1 => Just(When::Last),
    ]
}

fn bound() -> impl Strategy<Value = Bound<When>> {
    prop_oneof![Just(Bound::Unbounded), when().prop_map(Bound::Included), when().prop_map(Bound::Excluded),]
}

fn terms() -> impl Strategy<Value = Terms> {
    let direction = prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)];
    let term = (prop::sample::select(OrderField::ALL.to_vec()), direction);
    prop_oneof![3 => prop::collection::vec(term.clone(), 1..2), 2 => prop::collection::vec(term, 2..9)]
}

fn value<T: std::fmt::Debug + Clone + 'static>(list: Vec<T>) -> impl Strategy<Value = Value<T>> {
    let this = prop::sample::select(list).prop_map(Value::This);
    prop_oneof![any::<Index>().prop_map(Value::Of), this]
}

fn ask() -> impl Strategy<Value = Ask> {
    let name = prop_oneof![1 => any::<Index>().prop_map(Value::Of), 5 => wanted().prop_map(Value::This)];
    let rarely = 0.12;
    let conditions = (
        prop::option::weighted(0.6, name),
        prop::option::weighted(rarely, value(Algorithm::ALL.to_vec())),
        prop::option::weighted(rarely, prop::sample::select(vec![KeyType::Ec, KeyType::Hmac, KeyType::Rsa])),
        prop::option::weighted(rarely, value(KIDS.to_vec())),
        prop::option::weighted(rarely, (any::<Index>(), any::<Index>())),
        prop::option::weighted(rarely, value(ISSUERS.to_vec())),
        prop::option::weighted(rarely, any::<bool>()),
        prop::option::weighted(rarely, when()),
        prop::option::weighted(rarely, (bound(), bound())),
        prop::option::weighted(rarely, (bound(), bound())),
    );
    let limit = prop::sample::select(vec![0, 1, 2, 3, 7, 25, 25, u32::MAX]);
    let page = prop_oneof![
        3 => Just(Page::Row(0)),
        2 => (0..20_u64).prop_map(Page::Row),
        1 => prop::sample::select(vec![u64::from(u32::MAX) + 1, u64::MAX]).prop_map(Page::Row),
        3 => Just(Page::Next),
        2 => any::<Index>().prop_map(Page::Behind),
    ];
    (conditions, terms(), limit, page).prop_map(|(conditions, order, limit, page)| {
        let (name, algorithm, key_type, kid, fingerprint, issuer, has_private, expires_before, inserted, updated) =
            conditions;
        Ask {
            name,
            algorithm,
            key_type,
            kid,
            fingerprint,
            issuer,
            has_private,
            expires_before,
            inserted,
            updated,
            order,
            limit,
            page,
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => new().prop_map(Step::Generate),
        4 => new().prop_map(Step::Import),
        1 => (prop::collection::vec(new(), 1..12), any::<bool>()).prop_map(|(many, all)| Step::ImportMany(many, all)),
        3 => (any::<Index>(), name()).prop_map(|(which, name)| Step::Rename(which, name)),
        2 => any::<Index>().prop_map(Step::Delete),
        1 => any::<Index>().prop_map(Step::Export),
        2 => (0..TIMES.len() as u8).prop_map(Step::Clock),
        1 => Just(Step::Open),
        10 => ask().prop_map(|ask| Step::Search(Box::new(ask))),
    ]
}

// What they do.

/// A store, and what should be in it.
struct World {
    writer: Keystore,
    /// Each search is put to one of these in turn.
    readers: Vec<Keystore>,
    clock: Arc<Set>,
    entries: Vec<Entry>,
    /// Each cursor, the key that it was of as it was then, and the order.
    cursors: Vec<(Cursor, Entry, Terms)>,
    searches: usize,
    file: Option<(TempDir, PathBuf)>,
}

impl World {
    fn in_memory() -> Self {
        let clock = Set::new(TIMES[5]);
        let writer = Keystore::in_memory(options().clock(clock.clone())).unwrap();
        Self { readers: vec![writer.clone()], writer, clock, entries: vec![], cursors: vec![], searches: 0, file: None }
    }

    /// One handle writes. It searches too, and so do another and one that only reads.
    fn in_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let clock = Set::new(TIMES[5]);
        let writer = Keystore::create(&path, &raw(), options().clock(clock.clone())).unwrap();
        let other = Keystore::open(&path, &raw(), options()).unwrap();
        let reader = Keystore::open_read_only(&path, &raw(), options()).unwrap();
        Self {
            readers: vec![other, writer.clone(), reader],
            file: Some((folder, path)),
            writer,
            clock,
            ..Self::in_memory()
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Generate(new) => {
                let key = self.writer.generate(new.generate());
                self.keep(new, key);
            }
            Step::Import(new) => {
                let key = self.writer.import(new.import()).map(|imported| imported.key);
                self.keep(new, key);
            }
            Step::ImportMany(news, all) => self.import_many(news, *all),
            Step::Rename(which, name) => {
                let Some(at) = self.any(which) else { return };
                let written = name.written();
                let taken = self.entries.iter().enumerate().any(|(n, entry)| n != at && is_named(entry, &written));
                let entry = &mut self.entries[at];
                match self.writer.rename(entry.key.id(), KeyName::new(written).unwrap()) {
                    Ok(key) => {
                        assert!(!taken);
                        *entry = Entry { key, folded: name.folded() };
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Duplicate);
                        assert!(taken);
                    }
                }
            }
            Step::Delete(which) => {
                let Some(at) = self.any(which) else { return };
                self.writer.delete(self.entries.swap_remove(at).key.id()).unwrap();
            }
            Step::Export(which) => {
                let Some(at) = self.any(which) else { return };
                let entry = &mut self.entries[at];
                if entry.key.is_exportable() && entry.key.has_private_key() {
                    let form =
                        if entry.key.key_type() == KeyType::Hmac { SecretFormat::Raw } else { SecretFormat::Pkcs8Der };
                    self.writer.export_secret(entry.key.id(), &form).unwrap();
                    entry.key = self.writer.key(entry.key.id()).unwrap();
                }
            }
            Step::Clock(at) => self.clock.to(TIMES[usize::from(*at)]),
            Step::Open => {
                let Some((_, path)) = &self.file else { return };
                self.readers[0] = Keystore::open(path, &raw(), options()).unwrap();
            }
            Step::Search(ask) => self.search(ask),
        }
    }

    fn any(&self, which: &Index) -> Option<usize> {
        (!self.entries.is_empty()).then(|| which.index(self.entries.len()))
    }

    fn keep(&mut self, new: &New, made: keystead::Result<Key>) {
        let name = new.name.written();
        let clash = |entry: &Entry| is_named(entry, &name) || new.id() == Some(entry.key.id());
        let taken = self.entries.iter().any(clash);
        match made {
            Ok(key) => {
                assert!(!taken, "{name:?} is there already");
                self.entries.push(Entry { key, folded: new.name.folded() });
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Duplicate, "{error}");
                assert!(taken, "{error}");
            }
        }
    }

    fn import_many(&mut self, news: &[New], all: bool) {
        let requests: Vec<_> = news.iter().map(New::import).collect();
        let batch = if all { Batch::AllOrNone } else { Batch::Each };
        let made = self.writer.import_many_with(&requests, batch, |_| std::ops::ControlFlow::Continue(())).unwrap();
        if all && made.iter().any(Result::is_err) {
            return;
        }
        for (new, made) in news.iter().zip(made) {
            self.keep(new, made.map(|imported| imported.key));
        }
    }

    fn when(&self, when: &When) -> Timestamp {
        let of = |which: &Index, off: i64, of: fn(&Key) -> Option<Timestamp>| {
            let at = self.any(which).and_then(|at| of(&self.entries[at].key));
            at.map_or(Timestamp::UNIX_EPOCH, |at| instant(at.as_millisecond(), off))
        };
        match when {
            When::Inserted(which, off) => of(which, *off, |key| Some(key.inserted_at())),
            When::Updated(which, off) => of(which, *off, |key| Some(key.updated_at())),
            When::Expires(which, off) => of(which, *off, Key::expires_at),
            When::First => Timestamp::MIN,
            When::Last => Timestamp::MAX,
        }
    }

    fn span(&self, (from, until): &(Bound<When>, Bound<When>)) -> (Bound<Timestamp>, Bound<Timestamp>) {
        (from.as_ref().map(|when| self.when(when)), until.as_ref().map(|when| self.when(when)))
    }

    fn search(&mut self, ask: &Ask) {
        let mut query = Query::new().limit(ask.limit);
        let mut left: Vec<&Entry> = self.entries.iter().collect();
        // A value of a key that is there, if it has one.
        let key = |which: &Index| self.any(which).map(|at| &self.entries[at].key);

        if let Some(name) = &ask.name {
            let wanted = match name {
                Value::This(wanted) => Some(wanted.clone()),
                // Its name in its own case, which a pattern cannot always say: exactly.
                Value::Of(which) => self.any(which).and_then(|at| self.entries[at].text()).map(Wanted::Exactly),
            };
            if let Some(wanted) = wanted {
                query = query.name(wanted.pattern());
                left.retain(|entry| wanted.fits(entry));
            }
        }
        let algorithm = ask.algorithm.as_ref().and_then(|value| match value {
            Value::This(algorithm) => Some(*algorithm),
            Value::Of(which) => key(which).and_then(Key::algorithm),
        });
        if let Some(algorithm) = algorithm {
            query = query.algorithm(algorithm);
            left.retain(|entry| entry.key.algorithm().is_some_and(|its| its.name() == algorithm.name()));
        }
        if let Some(key_type) = ask.key_type {
            query = query.key_type(key_type);
            left.retain(|entry| entry.key.key_type().name() == key_type.name());
        }
        let kid = ask.kid.as_ref().and_then(|value| match value {
            Value::This(kid) => Some((*kid).to_owned()),
            Value::Of(which) => key(which).map(|key| key.kid().to_string()),
        });
        if let Some(kid) = kid {
            query = query.kid(Kid::new(kid.clone()).unwrap());
            left.retain(|entry| entry.key.kid().as_str() == kid);
        }
        if let Some((which, of)) = &ask.fingerprint {
            let all = key(which).map(digests).unwrap_or_default();
            let digest = if all.is_empty() { Fingerprint::Sha1([9; 20]) } else { all[of.index(all.len())] };
            query = query.fingerprint(digest);
            left.retain(|entry| digests(&entry.key).contains(&digest));
        }
        let issuer = ask.issuer.as_ref().and_then(|value| match value {
            Value::This(issuer) => Some((*issuer).to_owned()),
            Value::Of(which) => key(which).and_then(Key::issuer).map(Issuer::to_string),
        });
        if let Some(issuer) = issuer {
            query = query.issuer(Issuer::new(issuer.clone()).unwrap());
            left.retain(|entry| entry.key.issuer().is_some_and(|its| its.as_str() == issuer));
        }
        if let Some(has) = ask.has_private {
            query = query.has_private_key(has);
            left.retain(|entry| entry.key.has_private_key() == has);
        }
        if let Some(when) = &ask.expires_before {
            let when = self.when(when);
            query = query.expires_before(when);
            left.retain(|entry| entry.key.expires_at().is_some_and(|its| its.as_nanosecond() < when.as_nanosecond()));
        }
        if let Some(span) = &ask.inserted {
            let span = self.span(span);
            query = query.inserted(span);
            left.retain(|entry| is_within(entry.key.inserted_at(), span));
        }
        if let Some(span) = &ask.updated {
            let span = self.span(span);
            query = query.updated(span);
            left.retain(|entry| is_within(entry.key.updated_at(), span));
        }

        let behind = match &ask.page {
            Page::Row(_) => None,
            Page::Next => self.cursors.last(),
            Page::Behind(_) if self.cursors.is_empty() => None,
            Page::Behind(which) => Some(&self.cursors[which.index(self.cursors.len())]),
        };
        let order = behind.map_or(&ask.order, |(_, _, order)| order).clone();
        query = query.order_by(order_by(&order));
        left.sort_by(|a, b| naive::compare(a, b, &order));
        let total = left.len();
        let first = match (behind, &ask.page) {
            (Some((cursor, place, _)), _) => {
                query = query.after(cursor.clone());
                left.iter().take_while(|entry| naive::compare(entry, place, &order).is_le()).count()
            }
            (None, Page::Row(row)) => {
                query = query.start(*row);
                usize::try_from(*row).unwrap().min(total)
            }
            (None, _) => 0,
        };
        let expected: Vec<&Entry> = left.into_iter().skip(first).take(ask.limit as usize).collect();

        let reader = &self.readers[self.searches % self.readers.len()];
        let found = reader.search(&query).unwrap();
        let names = |keys: &[&Key]| keys.iter().map(|key| (key.name().to_string(), key.id())).collect::<Vec<_>>();
        let expected_keys: Vec<_> = expected.iter().map(|entry| &entry.key).collect();
        assert_eq!(names(&found.keys.iter().collect::<Vec<_>>()), names(&expected_keys), "{query:?}");
        assert!(found.keys.iter().eq(expected_keys), "{query:?}");
        assert_eq!(found.total, total as u64, "{query:?}");
        let more = ask.limit > 0 && first + expected.len() < total;
        assert_eq!(found.next.is_some(), more, "{query:?}");
        // Half of them as others would hand them back.
        let written = self.searches.is_multiple_of(2);
        if let (Some(next), Some(last)) = (found.next, expected.last()) {
            let next = if written { next.to_string().parse().unwrap() } else { next };
            self.cursors.push((next, (*last).clone(), order));
        }
        self.searches += 1;
    }
}

impl Entry {
    /// Its name in pieces, where it is made of pieces of one character.
    fn text(&self) -> Option<Text> {
        let piece = |c: char| PIECES.iter().position(|(known, _)| known.chars().eq([c])).map(|at| at as u8);
        self.key.name().as_str().chars().map(piece).collect::<Option<_>>().map(Text)
    }
}

impl New {
    fn id(&self) -> Option<KeyId> {
        self.id.map(|n| format!("{n:02x}000000-0000-0000-0000-00000000000{n}").parse().unwrap())
    }

    fn kid(&self) -> Option<Kid> {
        self.kid.map(|n| Kid::new(KIDS[usize::from(n)]).unwrap())
    }

    fn issuer(&self) -> Issuer {
        Issuer::new(ISSUERS[usize::from(self.issuer)]).unwrap()
    }

    fn name(&self) -> KeyName {
        KeyName::new(self.name.written()).unwrap()
    }

    fn generate(&self) -> GenerateKey {
        let spec = KeySpec::new(*self.what.get(&GENERATED), None).unwrap();
        let mut request = GenerateKey::new(self.name(), spec).exportable(self.exportable).issuer(self.issuer());
        if let Some(id) = self.id() {
            request = request.id(id);
        }
        if let Some(kid) = self.kid() {
            request = request.kid(KidScheme::Given(kid));
        }
        request
    }

    fn import(&self) -> ImportKey {
        let material = self.what.get(&MATERIALS);
        let mut request = ImportKey::new(self.name(), material.data.clone()).issuer(self.issuer());
        if material.secret {
            request = request.secret(SecretEncoding::Raw).exportable(self.exportable);
        }
        if let Some(algorithm) = material.algorithm {
            request = request.algorithm(algorithm);
        }
        if let Some(id) = self.id() {
            request = request.id(id);
        }
        if let Some(kid) = self.kid() {
            request = request.kid(kid);
        }
        request
    }
}

fn is_named(entry: &Entry, name: &str) -> bool {
    entry.key.name().as_str() == name
}

fn is_within(instant: Timestamp, (from, until): (Bound<Timestamp>, Bound<Timestamp>)) -> bool {
    let instant = instant.as_nanosecond();
    let after = match from {
        Bound::Unbounded => true,
        Bound::Included(from) => from.as_nanosecond() <= instant,
        Bound::Excluded(from) => from.as_nanosecond() < instant,
    };
    let before = match until {
        Bound::Unbounded => true,
        Bound::Included(until) => instant <= until.as_nanosecond(),
        Bound::Excluded(until) => instant < until.as_nanosecond(),
    };
    after && before
}

/// Every digest of a key.
fn digests(key: &Key) -> Vec<Fingerprint> {
    let Some(all) = key.fingerprints().unwrap() else { return vec![] };
    let digests = [Some(all.public_key), all.certificate].into_iter().flatten();
    let mut digests: Vec<_> = digests.flat_map(|digests| [digests.md5, digests.sha1, digests.sha256]).collect();
    digests.extend([all.jwk_sha1, all.jwk_sha256, all.openssh]);
    digests
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 2_000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_store_in_memory_finds_what_the_model_finds(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::in_memory();
        steps.iter().for_each(|step| world.take(step));
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn handles_of_one_file_find_what_the_model_finds(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::in_file();
        steps.iter().for_each(|step| world.take(step));
    }
}

/// The pieces fold as Python says, today too.
#[test]
fn the_pieces_are_those_of_python() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/folded_names.py");
    let printed = judges::Folder::new().run("python3", script).unwrap();
    let escaped = |text: &str| {
        let plain = text.chars().all(|c| matches!(c, ' '..='~') && !matches!(c, '\\' | '"'));
        if plain { text.to_owned() } else { text.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect() }
    };
    let ours: String =
        PIECES.iter().map(|(text, folded)| format!("(\"{}\", \"{}\"),\n", escaped(text), escaped(folded))).collect();
    assert_eq!(String::from_utf8(printed).unwrap(), ours);
}

/// The model itself, by examples of the documents and of the Unicode standard: a wrong one would judge nothing.
#[test]
fn the_model_knows_the_examples() {
    let fits = |pattern: &[&str], name: &[&str]| {
        let piece = |piece: &&str| if *piece == "any" { None } else { Some(Text::of(&[piece]).0[0]) };
        let name = Text::of(name);
        let store = judges::memory();
        let key = store.generate(request(name.written(), Algorithm::Hs256)).unwrap();
        Wanted::Glob(Glob(pattern.iter().map(piece).collect())).fits(&Entry { key, folded: name.folded() })
    };
    assert!(fits(&["SS"], &["a", "ß", "b"]));
    assert!(fits(&["s"], &["a", "ß", "b"]));
    assert!(fits(&["ς"], &["Σ"]));
    assert!(fits(&["q\u{323}\u{307}"], &["Q\u{307}\u{323}"]));
    assert!(!fits(&["e"], &["é"]));
    assert!(!fits(&["i"], &["ı"]));
    assert!(fits(&["i"], &["İ"]), "U+0307 has no letter to join, so the i stands alone");
    assert!(fits(&["a", "any"], &["a", "b"]));
    assert!(!fits(&["b", "any"], &["a", "b"]));
    assert!(fits(&["any", "b"], &["a", "b"]));
    assert!(!fits(&["any", "a"], &["a", "b"]));
    assert!(fits(&["a", "any", "b"], &["a", "b"]));
    assert!(fits(&["a", "any", "a"], &["a", "b", "a"]));
    assert!(!fits(&["a", "any", "a"], &["a"]), "nothing serves twice");
    assert!(fits(&["*"], &["a", "*", "b"]));
    assert!(!fits(&["*"], &["a", "b"]));
    assert!(fits(&["any", "any"], &["*"]) && !fits(&["any", "any"], &["a"]), "two of them are a star");
    assert!(fits(&["any", "*"], &["*", "a"]) && !fits(&["any", "*"], &["a", "*"]), "read from the left");
    assert!(fits(&[" ", "a", "\u{3000}"], &["b", "a", "b"]) && fits(&["\t"], &["a"]), "cut off around");
    assert!(!fits(&["_"], &["a"]) && !fits(&["%"], &["a"]) && !fits(&["?"], &["a"]) && !fits(&["["], &["a"]));
}

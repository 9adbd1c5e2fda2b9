//! Stores written by each released format open for ever: `tests/data/golden`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first failure")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use jiff::{SignedDuration, Timestamp};
use keystead::attestation::{self, Claim, Policy, Profile};
use keystead::authn::{Outcome, Presented};
use keystead::{
    AccessReason, AccessReasonPolicy, Algorithm, Anchor, AppId, AppName, AppPlan, AppSecret, AttestationRequest,
    AuthorityPlan, AwsXks, Clock, CredentialPart, CredentialPlan, DirectoryName, Due, ErrorKind, GenerateKey,
    GoogleServiceAccount, GroupPermission, ImportKey, Issuer, KeyName, KeySpec, KeyType, KeyUse, Keystore, NamePattern,
    Options, Query, ResetSecret, RingName, RingPlace, RingPlan, Schedule, SecretEncoding, SecretFormat, SecretStorage,
    SignedJwt, SigningKeys, StoredKeys, Subject, TrustAnchorSubject, TrustAnchors, TrustedCa, Unlock, UserLabel,
};

const PASSPHRASE: &str = "golden";
const GOLDEN_SECRET: &str = "golden-golden-golden";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A clock that stands still.
#[derive(Clone, Debug)]
struct Fixed(Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn golden(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/golden/format-{version}.db"))
}

fn golden_anchors() -> PathBuf {
    golden(6).with_file_name("format-6.anchors")
}

fn golden_imported() -> PathBuf {
    golden(1).with_file_name("format-1-imported.db")
}

/// Wrote each format when it was new: what is written lies in the repository.
#[test]
#[ignore = "writes a golden file"]
fn write() {
    let path = golden(6);
    let cost = Options::default().kdf_cost(keystead::KdfCost::FLOOR);
    let store = Keystore::create(path, &Unlock::passphrase(PASSPHRASE), cost).unwrap();
    for algorithm in Algorithm::ALL {
        let bits = (algorithm.key_type() == KeyType::Rsa).then_some(2048);
        let spec = KeySpec::new(algorithm, bits).unwrap();
        let name = KeyName::new(format!("golden {algorithm}")).unwrap();
        store.generate(GenerateKey::new(name, spec).issuer(Issuer::new("golden.example").unwrap())).unwrap();
    }
    let used = store.key(KeyName::new("golden ES256").unwrap()).unwrap();
    store.mark_in_use(used.id(), &UserLabel::new("the golden test").unwrap()).unwrap();
    // Changes that are counted, from format 2 on.
    let spec = KeySpec::new(Algorithm::Hs256, None).unwrap();
    let gone = store.generate(GenerateKey::new(KeyName::new("gone").unwrap(), spec)).unwrap();
    store.rename(gone.id(), KeyName::new("soon gone").unwrap()).unwrap();
    store.delete(gone.id()).unwrap();
    // An attestation authority, one that came before it, and a key that waits for its certificate, from format 3 on.
    store.create_authority(&AuthorityPlan::new()).unwrap();
    store.renew_authority().unwrap();
    store.authority_request(&AuthorityPlan::new()).unwrap();
    // Rings, from format 4 on: one with a key in every place, one with a schedule, one of secrets, one for encryption.
    let turning = store.create_ring(&ring_plan("turning", Algorithm::Es256).common_name(ring_name("golden.example")));
    let turning = turning.unwrap();
    turning.rotate().unwrap();
    let turned = turning.rotate().unwrap();
    turning.revoke(turned.next().key().kid()).unwrap();
    let plan = ring_plan("scheduled", Algorithm::Ps256);
    store.create_ring(&plan.schedule(Schedule::new(90 * DAY, 7 * DAY, 2 * DAY).unwrap()).keep(1)).unwrap();
    store.create_ring(&ring_plan("secret", Algorithm::Hs256)).unwrap().rotate().unwrap();
    let plan = ring_plan("encrypted to", Algorithm::Rs256).key_use(KeyUse::Encryption).exportable(true);
    store.create_ring(&plan).unwrap();
    // Applications, from format 5 on: one with each kind of credential, one with two, one whose secret is kept as a hash, one with
    // a secret that was replaced and one that was guessed at.
    store.set_fips_mode(true).unwrap();
    for (n, part) in
        credentials(used.certificate_der().unwrap(), used.public_key_der().unwrap()).into_iter().enumerate()
    {
        store.create_app(app_plan(n as u8, part.kind().name(), CredentialPlan::new(part))).unwrap();
    }
    let both =
        CredentialPlan::all(api_key(), CredentialPart::Certificate(used.certificate_der().unwrap().into())).unwrap();
    store.create_app(app_plan(20, "both", both)).unwrap();
    store.create_app(app_plan(21, "hashed", CredentialPlan::new(api_key())).storage(SecretStorage::Hash)).unwrap();
    let replaced = store.create_app(app_plan(22, "replaced", CredentialPlan::new(api_key())).fips(true)).unwrap();
    let reset = ResetSecret::new().migration_period(ResetSecret::LONGEST);
    store.reset_secret(replaced.app().id(), reset).unwrap();
    knock(&store, 22, "another, wrong secret");
    // Anchors, from format 6 on.
    let earlier = store.anchor().unwrap();
    store.unmark_in_use(used.id(), &UserLabel::new("nobody").unwrap()).unwrap();
    store.rename(used.id(), KeyName::new("for a moment").unwrap()).unwrap();
    store.rename(used.id(), KeyName::new("golden ES256").unwrap()).unwrap();
    let later = store.anchor().unwrap();
    std::fs::write(golden_anchors(), format!("{earlier}\n{later}\n")).unwrap();
}

fn api_key() -> CredentialPart {
    CredentialPart::Secret(AppSecret::new(GOLDEN_SECRET).unwrap())
}

/// One of each kind, the certificate and the key those of the key that signs with ES256.
fn credentials(certificate: &[u8], public: &[u8]) -> Vec<CredentialPart> {
    let subject = |text: &str| Subject::dns_name(text).unwrap();
    let name = DirectoryName::new([("2.5.4.3", [b"\x0C\x0E".as_slice(), b"golden.example"].concat())]).unwrap();
    let subjects = vec![subject("a.example"), Subject::IpAddress([10, 0, 0, 1].into()), Subject::DirectoryName(name)];
    let anchors = TrustAnchors::Many(vec![certificate.into()]);
    let trusted = TrustedCa::new(TrustAnchorSubject::Subjects(subjects), anchors, Some(true)).unwrap();
    let reasons = AccessReasonPolicy::new([AccessReason::CustomerInitiatedAccess], false);
    let groups = [(uuid::Uuid::from_bytes([1; 16]), [GroupPermission::CryptoSpaceGetInfo].into())].into();
    let keys = SigningKeys::Stored(StoredKeys::new([("golden", public)]).unwrap());
    let policy = "package golden\n\ndefault allow := false\n\nallow if { input.jwt_body.role == \"golden\" }\n";
    vec![
        api_key(),
        CredentialPart::Certificate(certificate.into()),
        CredentialPart::TrustedCa(trusted),
        CredentialPart::GoogleServiceAccount(GoogleServiceAccount::new(Some(reasons), Some(groups)).unwrap()),
        CredentialPart::SignedJwt(SignedJwt::new(["https://issuer.example"], keys, Some(policy.into())).unwrap()),
        CredentialPart::Ldap(uuid::Uuid::from_bytes([7; 16])),
        CredentialPart::AwsIam,
        CredentialPart::AwsXks(AwsXks::new("ABCDEFGHIJKLMNOPQRST", "a".repeat(43)).unwrap()),
        CredentialPart::GoogleWorkspaceCse,
    ]
}

fn app_id(n: u8) -> AppId {
    AppId::new(uuid::Uuid::from_bytes([100 + n; 16])).unwrap()
}

fn app_plan(n: u8, name: &str, credential: CredentialPlan) -> AppPlan {
    AppPlan::new(AppName::new(name).unwrap(), credential).id(app_id(n))
}

fn knock(store: &Keystore, n: u8, secret: &str) -> Outcome {
    let key = Base64::encode_string(format!("{}:{secret}", app_id(n)).as_bytes());
    store.authenticate(&Presented::new().authorization(&format!("Basic {key}"))).unwrap()
}

fn is_in(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Authenticated(_) | Outcome::NeedsExternal { .. })
}

/// The apps of format 5 are what they were, and are let in.
#[test]
fn the_apps_of_format_5_are_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    std::fs::copy(golden(5), &path).unwrap();
    let store = Keystore::open(&path, &unlock(), later()).unwrap();
    assert!(store.fips_mode().unwrap());
    let key = store.key(KeyName::new("golden ES256").unwrap()).unwrap();
    let known = credentials(key.certificate_der().unwrap(), key.public_key_der().unwrap());
    for (n, part) in known.iter().enumerate() {
        let read = store.export_app_secret(app_id(n as u8)).unwrap();
        assert_eq!(read.app().name().as_str(), part.kind().name());
        assert_eq!(format!("{:?}", read.credential().parts()), format!("[{part:?}]"));
        assert_eq!(read.app().kinds(), [part.kind()]);
    }
    for n in [0, 21, 22] {
        assert!(is_in(&knock(&store, n, GOLDEN_SECRET)), "{n}");
        assert!(!is_in(&knock(&store, n, "another, wrong secret")), "{n}");
    }
    let certificate = key.certificate_der().unwrap();
    let presented = Presented::new().app(app_id(20)).certificate_chain([certificate]);
    assert!(!is_in(&store.authenticate(&presented).unwrap()));
    let both = Base64::encode_string(format!("{}:{GOLDEN_SECRET}", app_id(20)).as_bytes());
    let both = format!("Basic {both}");
    assert!(is_in(&store.authenticate(&presented.authorization(&both)).unwrap()));
    assert_eq!(store.export_app_secret(app_id(21)).unwrap_err().kind(), ErrorKind::Refused);
    let replaced = store.export_app_secret(app_id(22)).unwrap();
    assert!(replaced.previous().is_some() && replaced.app().fips());
    // Signed by the key of the store, which stands in the credential.
    let claims =
        format!(r#"{{"iss":"https://issuer.example","sub":"{}","exp":4000000000,"role":"golden"}}"#, app_id(4));
    let parts = [r#"{"alg":"ES256","kid":"golden"}"#, &claims];
    let signed = parts.map(|part| Base64UrlUnpadded::encode_string(part.as_bytes())).join(".");
    let signature = store.sign(key.id(), signed.as_bytes()).unwrap();
    let token = format!("{signed}.{}", Base64UrlUnpadded::encode_string(signature.as_bytes()));
    let outcome = store.authenticate(&Presented::new().jwt(&token)).unwrap();
    assert!(is_in(&outcome), "{outcome:?}");
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    // What was replaced is wiped when its time is over.
    let much_later = Options::default().clock(Arc::new(Fixed("2050-01-01T00:00:00Z".parse().unwrap())));
    let store = Keystore::open(&path, &unlock(), much_later).unwrap();
    assert_eq!(store.wipe_expired_credentials().unwrap(), 1);
    assert!(!is_in(&knock(&store, 22, GOLDEN_SECRET)));
}

/// Wrote the keys from outside of format 1: a pair with its chain, one that left the store, a secret, a certificate alone.
#[test]
#[ignore = "writes a golden file"]
fn write_imported() {
    let cost = Options::default().kdf_cost(keystead::KdfCost::FLOOR);
    let path = golden_imported();
    let store = Keystore::create(path, &Unlock::passphrase(PASSPHRASE), cost).unwrap();
    let chain = std::env::var("CHAIN").unwrap();
    let named = |name: &str, data: Vec<u8>| ImportKey::new(KeyName::new(name).unwrap(), data).exportable(true);
    store.import(named("chain", std::fs::read(chain).unwrap())).unwrap();
    let seed = include_bytes!("data/fusionauth-seed.pem").to_vec();
    store.import(named("certificate", seed)).unwrap();
    let secret = store.import(named("secret", vec![7; 32]).secret(SecretEncoding::Raw)).unwrap().key;
    store.export_secret(secret.id(), &SecretFormat::Raw).unwrap();
}

#[test]
fn imported_keys_of_format_1_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    std::fs::copy(golden_imported(), &path).unwrap();
    let store = Keystore::open(&path, &Unlock::passphrase(PASSPHRASE), Options::default()).unwrap();
    let integrity = store.verify_integrity().unwrap();
    assert!(integrity.is_ok(), "{:?}", integrity.problems());
    let key = |name: &str| store.key(KeyName::new(name).unwrap()).unwrap();
    assert_eq!(key("chain").certificate_chain().count(), 3);
    let signature = store.sign(key("chain").id(), b"message").unwrap();
    assert!(store.verify(key("chain").id(), b"message", signature.as_bytes()).unwrap());
    assert_eq!(key("certificate").kid().as_str(), "zamAX0036820RULfdjUV6YkhYbY");
    assert!(!key("certificate").has_private_key());
    let secret = key("secret");
    assert!(secret.exported_at().is_some() && key("chain").exported_at().is_none());
    assert_eq!(store.export_secret(secret.id(), &SecretFormat::Raw).unwrap().expose_secret(), [7; 32]);
    let again = ImportKey::new(KeyName::new("again").unwrap(), vec![7; 32]).secret(SecretEncoding::Raw);
    assert_eq!(store.import(again).unwrap().same_as, [secret.id()]);
    assert!(key("chain").is_exportable());
    assert_eq!(store.export_secret(key("chain").id(), &SecretFormat::Sec1Pem).unwrap().len(), 227);
}

#[test]
fn every_format_opens() {
    for version in [1, 2, 3, 4, 5, 6] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.db");
        std::fs::copy(golden(version), &path).unwrap();
        let store = Keystore::open(&path, &unlock(), later()).unwrap();
        let integrity = store.verify_integrity().unwrap();
        assert!(integrity.is_ok(), "{:?}", integrity.problems());
        assert_eq!(integrity.keys(), if version < 4 { 12 } else { 24 });
        for algorithm in Algorithm::ALL {
            let key = store.key(KeyName::new(format!("golden {algorithm}")).unwrap()).unwrap();
            assert_eq!(key.algorithm(), Some(algorithm));
            assert_eq!(key.certificate_der().is_some(), key.key_type() != KeyType::Hmac);
            let signature = store.sign(key.id(), b"message").unwrap();
            assert!(store.verify(key.id(), b"message", signature.as_bytes()).unwrap());
        }
        let used = store.key(KeyName::new("golden ES256").unwrap()).unwrap();
        assert_eq!(store.users(used.id()).unwrap(), ["the golden test"]);
        assert_eq!(names(&store, "golden es*"), ["golden ES256", "golden ES384", "golden ES512"]);
        // What came later can be made.
        if version < 3 {
            assert_eq!(store.authority().unwrap(), None);
            store.create_authority(&AuthorityPlan::new()).unwrap();
            let attestation = store.attest(used.id(), &AttestationRequest::new()).unwrap();
            assert_eq!(attestation.authority_chain().count(), 3);
            assert!(store.verify_integrity().unwrap().is_ok());
        }
        if version < 4 {
            assert!(store.rings().unwrap().is_empty());
            turns(&store, "made later");
        }
        if version < 5 {
            assert!(store.apps().unwrap().is_empty() && !store.fips_mode().unwrap());
            let made = store.create_app(app_plan(0, "made later", CredentialPlan::new(api_key()))).unwrap();
            assert_eq!(store.apps().unwrap(), [made.app().clone()]);
            assert!(is_in(&knock(&store, 0, GOLDEN_SECRET)));
            assert!(store.verify_integrity().unwrap().is_ok());
        }
    }
}

/// The anchors given out by format 6 hold. Stores of earlier formats can give some from when they are opened for writing.
#[test]
fn the_anchors_of_format_6_hold() {
    let anchors = std::fs::read_to_string(golden_anchors()).unwrap();
    let anchors: Vec<Anchor> = anchors.lines().map(|line| line.parse().unwrap()).collect();
    let [earlier, later] = anchors[..] else { panic!("{anchors:?}") };
    assert!(earlier.epoch() < later.epoch());
    let folder = tempfile::tempdir().unwrap();
    for version in [1, 2, 3, 4, 5, 6] {
        let path = folder.path().join(format!("{version}.db"));
        std::fs::copy(golden(version), &path).unwrap();
        for anchor in [earlier, later] {
            let opened = Keystore::open(&path, &unlock(), self::later().anchor(anchor));
            assert_eq!(
                opened.err().map(|error| error.kind()),
                (version < 6).then_some(ErrorKind::RolledBack),
                "{version}"
            );
        }
        let store = Keystore::open(&path, &unlock(), self::later()).unwrap();
        let anchor = store.anchor().unwrap();
        assert_eq!(anchor == later, version == 6);
        assert_eq!(anchor.epoch() == 0, version < 6);
    }
}

/// A ring can be made in this store, it signs, and follows a rotation.
fn turns(store: &Keystore, name: &str) {
    let ring = store.create_ring(&ring_plan(name, Algorithm::Es256)).unwrap();
    let signer = ring.signer().unwrap();
    let signed = signer.sign(b"message").unwrap();
    let state = ring.rotate().unwrap();
    assert_eq!(signer.sign(b"message").unwrap().kid, *state.current().key().kid());
    assert!(ring.verify(&signed.kid, b"message", signed.signature.as_bytes()).unwrap());
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

/// The rings of format 4 are what they were, sign, publish, and go on turning.
#[test]
fn the_rings_of_format_4_turn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    std::fs::copy(golden(4), &path).unwrap();
    let store = Keystore::open(&path, &unlock(), later()).unwrap();
    let rings = store.rings().unwrap();
    let seen: Vec<_> = rings.iter().map(|ring| ring.name().as_str()).collect();
    assert_eq!(seen, ["turning", "scheduled", "secret", "encrypted to"]);

    let turning = &rings[0];
    let state = turning.state().unwrap();
    assert_eq!((state.common_name(), state.keep()), (&ring_name("golden.example"), RingPlan::DEFAULT_KEEP));
    assert_eq!(
        state.ended().iter().map(keystead::RingKey::place).collect::<Vec<_>>(),
        [RingPlace::Retired, RingPlace::Revoked]
    );
    for key in state.live() {
        let signature = store.sign(key.key().id(), b"message").unwrap();
        assert!(turning.verify(key.key().kid(), b"message", signature.as_bytes()).unwrap());
        assert!(turning.jwks().unwrap().contains(key.key().kid().as_str()));
    }
    let [retired, revoked] = [0, 1].map(|at| state.ended()[at].key());
    let signature = store.sign(retired.id(), b"message").unwrap();
    assert!(!turning.verify(retired.kid(), b"message", signature.as_bytes()).unwrap());
    assert_eq!(store.sign(revoked.id(), b"message").unwrap_err().kind(), ErrorKind::Refused);
    assert!(!store.jwks().unwrap().contains(revoked.kid().as_str()));

    let scheduled = &rings[1];
    let now = "2030-01-01T00:00:00Z".parse().unwrap();
    assert!(matches!(scheduled.due(now).unwrap()[..], [Due::Rotate { .. }]));
    assert_eq!(scheduled.apply_due(now).unwrap().len(), 1);
    assert_eq!(scheduled.state().unwrap().schedule(), Some(Schedule::new(90 * DAY, 7 * DAY, 2 * DAY).unwrap()));

    let secret = rings[2].signer().unwrap().sign(b"message").unwrap();
    assert!(rings[2].verify(&secret.kid, b"message", secret.signature.as_bytes()).unwrap());
    assert_eq!(rings[2].jwks().unwrap(), r#"{"keys":[]}"#);

    let encrypted_to = &rings[3];
    assert_eq!(encrypted_to.signer().unwrap_err().kind(), ErrorKind::NotPossible);
    assert_eq!(encrypted_to.jwks().unwrap().matches(r#""use":"enc""#).count(), 2);
    let current = encrypted_to.state().unwrap().current().key().id();
    assert!(store.export_secret(current, &SecretFormat::Pkcs8Pem).is_ok());

    let before = state.next().key().kid().clone();
    assert_eq!(turning.rotate().unwrap().current().key().kid(), &before);
    turns(&store, "made later");
}

/// Read-only, a store of an older format has no rings, and says so.
#[test]
fn older_formats_have_no_rings() {
    for version in [1, 2, 3] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.db");
        std::fs::copy(golden(version), &path).unwrap();
        let before = std::fs::read(&path).unwrap();
        let reader = Keystore::open_read_only(&path, &unlock(), later()).unwrap();
        let name = ring_name("new");
        assert!(reader.rings().unwrap().is_empty());
        assert_eq!(reader.ring(&name).unwrap_err().to_string(), "there is no ring 'new'");
        assert_eq!(reader.delete_ring(&name).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(reader.create_ring(&ring_plan("new", Algorithm::Es256)).unwrap_err().kind(), ErrorKind::ReadOnly);
        let key = reader.key(KeyName::new("golden ES256").unwrap()).unwrap();
        assert_eq!(reader.users(key.id()).unwrap(), ["the golden test"]);
        assert!(reader.sign(key.id(), b"message").is_ok());
        assert_eq!(reader.jwks().unwrap().matches(r#""kid""#).count(), 9);
        assert!(reader.verify_integrity().unwrap().is_ok());
        assert_eq!(std::fs::read(&path).unwrap(), before);
        // Another handle upgrades it: then this one sees what that one makes.
        let writer = Keystore::open(&path, &unlock(), later()).unwrap();
        turns(&writer, "new");
        let ring = reader.ring(&name).unwrap();
        let signed = ring.signer().unwrap().sign(b"message").unwrap();
        assert!(writer.ring(&name).unwrap().verify(&signed.kid, b"message", signed.signature.as_bytes()).unwrap());
        assert_eq!(ring.rotate().unwrap_err().kind(), ErrorKind::ReadOnly);
        assert_eq!(reader.users(signed_by(&ring)).unwrap(), ["ring new"]);
    }
}

/// A file of an older version, read as it is, has no apps, and says so where one is asked for.
#[test]
fn what_is_read_only_and_older_has_no_apps() {
    for version in [1, 2, 3, 4] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.db");
        std::fs::copy(golden(version), &path).unwrap();
        let reader = Keystore::open_read_only(&path, &unlock(), later()).unwrap();
        assert!(reader.apps().unwrap().is_empty() && !reader.fips_mode().unwrap());
        assert_eq!(reader.app(app_id(0)).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(reader.export_app_secret(app_id(0)).unwrap_err().kind(), ErrorKind::NotFound);
        assert!(!is_in(&knock(&reader, 0, GOLDEN_SECRET)));
        assert_eq!(reader.wipe_expired_credentials().unwrap(), 0);
        let plan = app_plan(0, "new", CredentialPlan::new(api_key()));
        assert_eq!(reader.create_app(plan).unwrap_err().kind(), ErrorKind::ReadOnly);
        assert!(reader.verify_integrity().unwrap().is_ok());
        // Another handle brings the file up to date: the first one sees what it makes.
        let writer = Keystore::open(&path, &unlock(), later()).unwrap();
        writer.create_app(app_plan(0, "new", CredentialPlan::new(api_key()))).unwrap();
        assert!(is_in(&knock(&reader, 0, GOLDEN_SECRET)));
    }
}

fn signed_by(ring: &keystead::Ring) -> keystead::KeyId {
    ring.state().unwrap().current().key().id()
}

/// The authority of format 3 signs, a day after it was made, and what it signs is believed.
#[test]
fn the_authority_of_format_3_signs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    std::fs::copy(golden(3), &path).unwrap();
    let at = |hours: i64| {
        let store = Keystore::open_read_only(&path, &unlock(), Options::default()).unwrap();
        let made = store.authority().unwrap().unwrap().not_before();
        let fixed = Fixed(made.checked_add(SignedDuration::from_hours(hours)).unwrap());
        Keystore::open(&path, &unlock(), Options::default().clock(Arc::new(fixed.clone())))
            .map(|store| (store, fixed.0))
            .unwrap()
    };
    let root = at(0).0.authority().unwrap().unwrap().trust_anchor().to_vec();
    let verifier = attestation::Verifier::new(Profile::Keystead, [&root]).unwrap();
    let mut requests = Vec::new();
    for (hours, past) in [(24, 1), (26 * 24, 2)] {
        let (store, now) = at(hours);
        let key = store.key(KeyName::new("golden RS256").unwrap()).unwrap();
        let attestation = store.attest(key.id(), &AttestationRequest::new()).unwrap();
        let chain: Vec<_> = attestation.authority_chain().collect();
        let policy = Policy::new().require(Claim::GeneratedHere).require(Claim::NeverExportable).key_id(key.id());
        let report = verifier.verify(attestation.statement_der(), &chain, &policy, now);
        assert!(report.is_valid(), "{report}");
        assert_eq!(store.past_authorities().unwrap().len(), past);
        requests.push(store.authority_request(&AuthorityPlan::new()).unwrap());
        assert!(store.verify_integrity().unwrap().is_ok());
    }
    // For the key that waits since the file was written.
    let written = golden(3).with_file_name("format-3.request.der");
    assert!(requests.iter().all(|request| request.der() == std::fs::read(&written).unwrap()));
}

/// Read-only, a store of an older format has no authority, and says so.
#[test]
fn older_formats_have_no_authority() {
    for version in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.db");
        std::fs::copy(golden(version), &path).unwrap();
        let before = std::fs::read(&path).unwrap();
        let reader = Keystore::open_read_only(&path, &unlock(), later()).unwrap();
        let key = reader.key(KeyName::new("golden ES256").unwrap()).unwrap();
        for error in [
            reader.attest(key.id(), &AttestationRequest::new()).unwrap_err(),
            reader.attest_many(&[key.id()], &AttestationRequest::new()).unwrap_err(),
            reader.renew_authority().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotPossible);
            assert!(error.to_string().starts_with("the store has no attestation authority"), "{error}");
        }
        assert_eq!(reader.authority().unwrap(), None);
        assert!(reader.past_authorities().unwrap().is_empty());
        assert!(!reader.discard_authority_request().unwrap());
        assert_eq!(reader.install_authority(b"").unwrap_err().kind(), ErrorKind::NotPossible);
        assert_eq!(reader.ensure_authority(&AuthorityPlan::new()).unwrap_err().kind(), ErrorKind::ReadOnly);
        assert_eq!(reader.authority_request(&AuthorityPlan::new()).unwrap_err().kind(), ErrorKind::ReadOnly);
        assert!(reader.verify_integrity().unwrap().is_ok());
        assert_eq!(std::fs::read(&path).unwrap(), before);
        // Another handle upgrades it: then this one sees what that one makes.
        let writer = Keystore::open(&path, &unlock(), later()).unwrap();
        writer.create_authority(&AuthorityPlan::new()).unwrap();
        let attestation = reader.attest(key.id(), &AttestationRequest::new()).unwrap();
        assert!(writer.authority().unwrap().unwrap().chain().eq(attestation.authority_chain()));
    }
}

/// Read-only, an older format stays what it is: it is searched as it is, and what is written by another handle, which
/// upgrades it, is seen.
#[test]
fn format_1_is_searched_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    std::fs::copy(golden(1), &path).unwrap();
    let before = std::fs::read(&path).unwrap();
    let reader = Keystore::open_read_only(&path, &unlock(), Options::default()).unwrap();
    assert_eq!(names(&reader, "*512"), ["golden ES512", "golden HS512", "golden PS512", "golden RS512"]);
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let writer = Keystore::open(&path, &unlock(), Options::default()).unwrap();
    assert_eq!(names(&reader, "*512").len(), 4);
    let key = |name: &str| writer.key(KeyName::new(name).unwrap()).unwrap();
    writer.rename(key("golden ES512").id(), KeyName::new("renamed 512").unwrap()).unwrap();
    writer.delete(key("golden HS512").id()).unwrap();
    let spec = KeySpec::new(Algorithm::Hs512, None).unwrap();
    writer.generate(GenerateKey::new(KeyName::new("a new 512").unwrap(), spec)).unwrap();
    let now = ["a new 512", "golden PS512", "golden RS512", "renamed 512"];
    assert_eq!(names(&reader, "*512"), now);
    assert_eq!(names(&writer, "*512"), now);
    assert!(writer.verify_integrity().unwrap().is_ok());
}

/// Several that open an old store at once all find it upgraded, by one of them.
#[test]
fn format_1_is_upgraded_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    std::fs::copy(golden(1), &path).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let store = Keystore::open(&path, &unlock(), Options::default()).unwrap();
                assert_eq!(names(&store, "golden*").len(), 12);
            });
        }
    });
    let store = Keystore::open(&path, &unlock(), Options::default()).unwrap();
    assert!(store.verify_integrity().unwrap().is_ok());
}

/// After every golden file was written, whatever the clock of this machine says.
fn later() -> Options {
    Options::default().clock(Arc::new(Fixed("2030-01-01T00:00:00Z".parse().unwrap())))
}

fn ring_name(text: &str) -> RingName {
    RingName::new(text).unwrap()
}

fn ring_plan(name: &str, algorithm: Algorithm) -> RingPlan {
    let bits = (algorithm.key_type() == KeyType::Rsa).then_some(2048);
    RingPlan::new(ring_name(name), KeySpec::new(algorithm, bits).unwrap())
}

fn unlock() -> Unlock {
    Unlock::passphrase(PASSPHRASE)
}

fn names(store: &Keystore, pattern: &str) -> Vec<String> {
    let page = store.search(&Query::new().name(NamePattern::parse(pattern).unwrap())).unwrap();
    assert_eq!(page.total, page.keys.len() as u64);
    page.keys.iter().map(|key| key.name().to_string()).collect()
}

//! Letting applications in, by each kind of credential, above looking the app up, and against the bare primitive.
//! Beside criterion's figures stand differences and ratios of both sides in turn, since a busy machine slows both.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "benches stop at the first failure")]

mod support;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::str::FromStr;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use criterion::{Criterion, criterion_group, criterion_main};
use der::Encode;
use der::asn1::Ia5String;
use hmac::{Hmac, KeyInit, Mac};
use keystead::authn::{GoogleAccess, Outcome, Presented, SignedRequest};
use keystead::{
    AccessReason, AccessReasonPolicy, Algorithm, App, AppId, AppName, AppPlan, AwsXks, CredentialPart, CredentialPlan,
    FetchedKeys, GoogleServiceAccount, Key, Keystore, PublicFormat, SecretSize, SecretStorage, Signature, SignedJwt,
    SigningKeys, StoredKeys, Subject, TrustAnchorSubject, TrustAnchors, TrustedCa,
};
use sha2::{Digest, Sha256};
use spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::builder::profile::{BuilderProfile, cabf};
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Validity;

const ISSUER: &str = "https://issuer.example";
const POLICY: &str = "package bench\n\ndefault allow := false\n\nallow if {\n  input.jwt_body.role == \"billing\"\n}\n";

fn app(store: &Keystore, name: &str, plan: CredentialPlan) -> App {
    store.create_app(AppPlan::new(AppName::new(name).unwrap(), plan)).unwrap().app().clone()
}

fn must_be_in(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Authenticated(_) | Outcome::NeedsExternal { .. }), "{outcome:?}");
}

/// What letting an app in takes above looking it up.
fn print_difference(what: &str, store: &Keystore, app: AppId, presented: &Presented<'_>) {
    must_be_in(&store.authenticate(presented).unwrap());
    let look_up = || store.app(black_box(app)).unwrap();
    let let_in = || store.authenticate(black_box(presented)).unwrap();
    let Some(turns) = support::in_turns(look_up, let_in) else { return };
    let (bare, ours) = (turns.bare * 1e6, turns.ours * 1e6);
    println!("{what}: {:.2} us above the look-up; {bare:.2} us to {ours:.2} us", ours - bare);
}

fn print_ratio<A, B>(what: &str, bare: impl FnMut() -> A, ours: impl FnMut() -> B) {
    let Some(turns) = support::in_turns(bare, ours) else { return };
    println!("ratio of {what}: {:.3}; {:.2} us to {:.2} us", turns.ratio, turns.bare * 1e6, turns.ours * 1e6);
}

fn crowded(folder: &tempfile::TempDir) -> Keystore {
    let store = support::create(&folder.path().join("keys.db"));
    support::fill(&store, 1_000);
    for n in 0..1_000 {
        app(&store, &format!("app {n}"), CredentialPlan::random_secret(SecretSize::DEFAULT));
    }
    store
}

fn secrets(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = crowded(&folder);
    let mut group = c.benchmark_group("authenticate by secret");
    for (name, storage) in [("secret", SecretStorage::Sealed), ("secret kept as a hash", SecretStorage::Hash)] {
        let plan = AppPlan::new(AppName::new(name).unwrap(), CredentialPlan::random_secret(SecretSize::DEFAULT));
        let made = store.create_app(plan.storage(storage)).unwrap();
        let header = made.basic_authorization().unwrap();
        let presented = Presented::new().authorization(header.expose_secret());
        group.bench_function(name, |b| b.iter(|| store.authenticate(black_box(&presented)).unwrap()));
        group.bench_function(format!("look-up, {name}"), |b| b.iter(|| store.app(black_box(made.app().id())).unwrap()));
        print_difference(name, &store, made.app().id(), &presented);
    }
    group.finish();

    // A wrong one costs a durable commit, as a key that is generated does.
    let plan = AppPlan::new(AppName::new("guessed at").unwrap(), CredentialPlan::random_secret(SecretSize::DEFAULT));
    let guessed = store.create_app(plan.fips(true)).unwrap();
    let wrong = format!(
        "Basic {}",
        base64ct::Base64::encode_string(format!("{}:0123456789abcdef", guessed.app().id()).as_bytes())
    );
    let presented = Presented::new().authorization(&wrong);
    let mut next = 0;
    let generate = || {
        next += 1;
        store.generate(support::request(format!("alone {next}"), Algorithm::Hs256)).unwrap()
    };
    print_ratio("a wrong secret that is counted to generating an HMAC key, both durable", generate, || {
        store.authenticate(&presented).unwrap()
    });
}

fn token(store: &Keystore, key: &Key, app: AppId) -> String {
    let now = jiff::Timestamp::now().as_second();
    let header = format!(r#"{{"alg":"{}","kid":"{}"}}"#, key.algorithm().unwrap(), key.kid().as_str());
    let claims = format!(
        r#"{{"iss":"{ISSUER}","sub":"{app}","iat":{now},"exp":{},"role":"billing","aud":["https://api.example"]}}"#,
        now + 86_400
    );
    let [header, claims] = [header, claims].map(|part| Base64UrlUnpadded::encode_string(part.as_bytes()));
    let signed = format!("{header}.{claims}");
    let signature = store.sign(key.id(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(signature.as_bytes()))
}

fn tokens(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = crowded(&folder);
    let mut group = c.benchmark_group("authenticate by signed JWT");
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256, Algorithm::Ps256] {
        let key = store.generate(support::request(algorithm.name().to_owned(), algorithm)).unwrap();
        let public = key.public_key_der().unwrap().to_vec();
        let stored = || SigningKeys::Stored(StoredKeys::new([(key.kid().as_str(), public.clone())]).unwrap());
        let jwk = key.export_public(PublicFormat::Jwk).unwrap();
        let jwks = format!(r#"{{"keys":[{}]}}"#, String::from_utf8(jwk).unwrap()).into_bytes();
        let fetched = || {
            SigningKeys::Fetched(FetchedKeys::new("https://issuer.example/keys", Duration::from_secs(86_400)).unwrap())
        };
        let fetch = |_: &str| Ok(jwks.clone());
        for (how, keys, policy) in [
            ("stored keys", stored(), None),
            ("fetched keys, in the cache", fetched(), None),
            ("stored keys and a policy", stored(), Some(POLICY.to_owned())),
        ] {
            let what = format!("{algorithm}, {how}");
            let jwt = SignedJwt::new([ISSUER], keys, policy).unwrap();
            let app = app(&store, &what, CredentialPlan::new(CredentialPart::SignedJwt(jwt))).id();
            let token = token(&store, &key, app);
            let presented = Presented::new().jwt(&token).audience("https://api.example").fetch(&fetch);
            must_be_in(&store.authenticate(&presented).unwrap());
            let verifier = store.verifier(key.id()).unwrap();
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let signature = Base64UrlUnpadded::decode_vec(signature).unwrap();
            let bare = || assert!(verifier.verify(black_box(signed.as_bytes()), &signature));
            let ours = || store.authenticate(black_box(&presented)).unwrap();
            group.bench_function(&what, |b| b.iter(ours));
            print_ratio(&format!("a JWT to the bare check of its signature, {what}"), bare, ours);
        }
    }
    group.finish();
}

/// A certificate of a client.
struct Leaf {
    issuer: Name,
}

impl BuilderProfile for Leaf {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        Name::from_str("CN=billing,O=acme").unwrap()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let name = GeneralName::DnsName(Ia5String::new("billing.acme.example")?);
        let extensions = [
            KeyUsage(KeyUsages::DigitalSignature.into()).to_extension(tbs.subject(), &[])?,
            ExtendedKeyUsage(vec![const_oid::db::rfc5280::ID_KP_CLIENT_AUTH]).to_extension(tbs.subject(), &[])?,
            SubjectAltName(vec![name]).to_extension(tbs.subject(), &[])?,
        ];
        Ok(extensions.into())
    }
}

fn certificates(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = crowded(&folder);
    let [ca, own] = ["ca", "own"].map(|name| store.generate(support::request(name.into(), Algorithm::Es256)).unwrap());
    let signer = store.signer(ca.id()).unwrap();
    let public = |key: &Key| SubjectPublicKeyInfoOwned::try_from(key.public_key_der().unwrap()).unwrap();
    let validity = || Validity::from_now(Duration::from_secs(86_400)).unwrap();
    let issuer = Name::from_str("CN=Root,O=acme,C=CH").unwrap();
    let profile = cabf::Root::new(false, issuer.clone()).unwrap();
    let root = CertificateBuilder::new(profile, SerialNumber::from(1u32), validity(), public(&ca)).unwrap();
    let root = root.build::<_, Signature>(&signer).unwrap().to_der().unwrap();
    let leaf = CertificateBuilder::new(Leaf { issuer }, SerialNumber::from(2u32), validity(), public(&own)).unwrap();
    let leaf = leaf.build::<_, Signature>(&signer).unwrap();
    let tbs = leaf.tbs_certificate().to_der().unwrap();
    let leaf = leaf.to_der().unwrap();

    let certificate = app(&store, "certificate", CredentialPlan::new(CredentialPart::Certificate(leaf.clone().into())));
    let subject = TrustAnchorSubject::SubjectGeneral(Subject::dns_name("billing.acme.example").unwrap());
    let trusted = TrustedCa::new(subject, TrustAnchors::One(root.into()), None).unwrap();
    let trusted = app(&store, "trusted CA", CredentialPlan::new(CredentialPart::TrustedCa(trusted)));
    let mut group = c.benchmark_group("authenticate by certificate");
    for (what, app) in [("the very certificate", certificate.id()), ("one under a trusted CA", trusted.id())] {
        let presented = Presented::new().app(app).certificate_chain([leaf.as_slice()]);
        group.bench_function(what, |b| b.iter(|| store.authenticate(black_box(&presented)).unwrap()));
        print_difference(what, &store, app, &presented);
    }
    group.finish();
    let (verifier, signature) = (store.verifier(ca.id()).unwrap(), store.sign(ca.id(), &tbs).unwrap());
    let presented = Presented::new().app(trusted.id()).certificate_chain([leaf.as_slice()]);
    let bare = || assert!(verifier.verify(black_box(&tbs), signature.as_bytes()));
    print_ratio("a path of one step to the bare check of its signature", bare, || {
        store.authenticate(black_box(&presented)).unwrap()
    });
}

/// A request signed as AWS KMS signs those to a key store proxy, with the key of 43 letters.
fn signed_request() -> SignedRequest {
    let at = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let (path, body) =
        ("/kms/xks/v1/keys/key/encrypt", br#"{"requestMetadata":{"kmsRequestId":"1"},"plaintext":"AA=="}"#);
    let digest = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let canonical = format!("POST\n{path}\n\nhost:xks.example\nx-amz-date:{at}\n\nhost;x-amz-date\n{}", digest(body));
    let scope = format!("{}/us-east-1/kms-xks-proxy/aws4_request", &at[..8]);
    let mac = |key: &[u8], text: &str| {
        let mac = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let first = format!("AWS4{SECRET_KEY}").into_bytes();
    let key = scope.split('/').fold(first, |key, part| mac(&key, part));
    let to_sign = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", digest(canonical.as_bytes()));
    let signature: String = mac(&key, &to_sign).iter().map(|byte| format!("{byte:02x}")).collect();
    let credential = format!("Credential={ACCESS_KEY_ID}/{scope}");
    let authorization = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host;x-amz-date, Signature={signature}");
    let request = SignedRequest::new("POST", path).header("host", "xks.example").header("x-amz-date", at);
    request.header("authorization", authorization).body(body)
}

const ACCESS_KEY_ID: &str = "ABCDEFGHIJKLMNOPQRST";
const SECRET_KEY: &str = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq";

fn others(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = crowded(&folder);
    let mut group = c.benchmark_group("authenticate otherwise");
    let reason = AccessReason::CustomerInitiatedAccess;
    let policy = AccessReasonPolicy::new([reason], false);
    let google = GoogleServiceAccount::new(Some(policy), Some(BTreeMap::new())).unwrap();
    let aws = AwsXks::new(ACCESS_KEY_ID, SECRET_KEY).unwrap();
    let google = app(&store, "google", CredentialPlan::new(CredentialPart::GoogleServiceAccount(google))).id();
    let aws = app(&store, "aws", CredentialPlan::new(CredentialPart::AwsXks(aws))).id();
    let outside = app(&store, "outside", CredentialPlan::new(CredentialPart::AwsIam)).id();
    let request = signed_request();
    let presented = [
        ("Google's access reason", google, Presented::new().google(GoogleAccess::new(Some(reason)))),
        ("AWS Signature V4", aws, Presented::new().request(&request)),
        ("what is checked outside", outside, Presented::new()),
    ];
    for (what, app, presented) in presented {
        let presented = presented.app(app);
        group.bench_function(what, |b| b.iter(|| store.authenticate(black_box(&presented)).unwrap()));
        print_difference(what, &store, app, &presented);
    }
    group.finish();
}

criterion_group!(benches, secrets, tokens, certificates, others);
criterion_main!(benches);

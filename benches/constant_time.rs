//! Whether time tells secrets: dudect's test (Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?", 2017).
//!
//! Two classes of inputs, chosen at random for each measurement and prepared before it, must not differ in the time that they
//! take: Welch's t-test over all measurements, over those below each of a hundred percentiles, and over the squares of what is
//! left when the mean is taken away. Above 4.5 there may be a difference, above 10 there is one. Less shows that none was found
//! with so many measurements on this machine, never that there is none.
//!
//! `cargo bench --bench constant_time [-- NAME]`, on a quiet machine. `MEASUREMENTS` in the environment says how many in
//! thousands, in place of each case's own number.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "benches stop at the first failure"
)]

mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64ct::{Base64, Encoding};
use hmac::{Hmac, Mac};
use keystead::authn::{Outcome, Presented, SignedRequest};
use keystead::{
    Algorithm, AppId, AppName, AppPlan, AppSecret, AwsXks, Clock, CredentialPart, CredentialPlan, ErrorKind, ImportKey,
    KeyName, Keystore, Options, SecretBytes, Signer, Unlock,
};
use pkcs8::EncodePrivateKey;
use sha2::{Digest, Sha256};

/// What of a run is not measured but tells where to crop, and how many are prepared at once.
const ROUND: usize = 10_000;
const PERCENTILES: usize = 100;

/// Bytes that nobody needs to keep: splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.roll() % most as u64) as usize
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.roll() as u8)
    }
}

/// Mean and variance of both classes, by Welford's method.
#[derive(Clone, Default)]
struct Welch([(f64, f64, f64); 2]);

impl Welch {
    fn push(&mut self, class: usize, value: f64) {
        let (count, mean, squares) = &mut self.0[class];
        *count += 1.0;
        let off = value - *mean;
        *mean += off / *count;
        *squares += off * (value - *mean);
    }

    /// None while there is too little to say.
    fn t(&self) -> Option<f64> {
        let [(n0, mean0, squares0), (n1, mean1, squares1)] = self.0;
        if n0 < 1000.0 || n1 < 1000.0 {
            return None;
        }
        let spread = squares0 / (n0 - 1.0) / n0 + squares1 / (n1 - 1.0) / n1;
        Some((mean0 - mean1) / spread.sqrt()).filter(|t| t.is_finite())
    }
}

/// How many measurements, each of how many runs.
struct Plan {
    name: &'static str,
    thousands: usize,
    runs: usize,
}

/// Measures, and prints the largest t.
fn compare<I>(plan: Plan, mut prepare: impl FnMut(usize, &mut Dice) -> I, mut run: impl FnMut(&I)) {
    let Plan { name, thousands, runs } = plan;
    let wanted: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word.as_str())) {
        return;
    }
    let mut dice = Dice((u64::from(std::process::id()) << 32) | 0x5eed);
    if support::is_a_test() {
        (0..2).for_each(|class| run(&prepare(class, &mut dice)));
        return;
    }
    let thousands = std::env::var("MEASUREMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(thousands);
    let rounds = (thousands * 1000).div_ceil(ROUND);
    let mut crops: Vec<f64> = Vec::new();
    // All, below each percentile, and squares.
    let mut tests = vec![Welch::default(); PERCENTILES + 2];
    for round in 0..=rounds {
        let inputs: Vec<_> = (0..ROUND)
            .map(|_| {
                let class = dice.below(2);
                (class, prepare(class, &mut dice))
            })
            .collect();
        let mut times = Vec::with_capacity(ROUND);
        for (class, input) in &inputs {
            let begun = Instant::now();
            for _ in 0..runs {
                run(black_box(input));
            }
            times.push((*class, begun.elapsed().as_nanos() as f64));
        }
        if round == 0 {
            let mut sorted: Vec<_> = times.iter().map(|(_, time)| *time).collect();
            sorted.sort_by(f64::total_cmp);
            // As dudect places them: close together towards the long tail.
            let place = |n: usize| 1.0 - 0.5_f64.powf(10.0 * (n + 1) as f64 / PERCENTILES as f64);
            crops = (0..PERCENTILES).map(|n| sorted[(place(n) * (ROUND - 1) as f64) as usize]).collect();
            continue;
        }
        for (class, time) in times {
            tests[0].push(class, time);
            crops
                .iter()
                .zip(&mut tests[1..])
                .filter(|(crop, _)| time < **crop)
                .for_each(|(_, test)| test.push(class, time));
            let off = time - tests[0].0[class].1;
            if round > 1 {
                tests[PERCENTILES + 1].push(class, off * off);
            }
        }
    }
    let most = tests.iter().filter_map(Welch::t).map(f64::abs).fold(0.0, f64::max);
    let [first, second] = tests[0].0.map(|(_, mean, _)| mean / runs as f64);
    let verdict = match most {
        ..4.5 => "no difference found",
        4.5..10.0 => "perhaps a difference",
        _ => "a difference",
    };
    let whole = tests[0].t().unwrap_or_default().abs();
    println!(
        "{name}: max |t| = {most:.2} ({verdict}); all: {whole:.2}; {} measurements of {runs}; {first:.1} and {second:.1} ns",
        rounds * ROUND
    );
}

/// A copy in which one bit differs: at the beginning for one class, at the end for the other.
fn wrong(right: &[u8], class: usize, dice: &mut Dice) -> Vec<u8> {
    let mut wrong = right.to_vec();
    let at = if class == 0 { 0 } else { right.len() - 1 };
    wrong[at] ^= 1 << dice.below(8);
    wrong
}

fn main() {
    let mut dice = Dice(0x0bad_cafe);
    comparisons(&mut dice);
    stores();
    applications();
    curves();
    rsa();
}

fn comparisons(dice: &mut Dice) {
    let long: [u8; 4096] = dice.bytes();
    let secret = SecretBytes::copy_from(&long);
    let plan = |name, runs| Plan { name, thousands: 1000, runs };
    compare(
        plan("control, must differ: == of 4096 bytes", 1),
        |class, dice| wrong(&long, class, dice),
        |other| {
            assert!(black_box(&long[..]) != other.as_slice());
        },
    );
    compare(
        plan("SecretBytes::ct_eq of 4096 bytes", 1),
        |class, dice| wrong(&long, class, dice),
        |other| {
            assert!(!secret.ct_eq(other));
        },
    );
    let secret = SecretBytes::copy_from(&long[..32]);
    compare(
        plan("SecretBytes::ct_eq of 32 bytes", 20),
        |class, dice| wrong(&long[..32], class, dice),
        |other| {
            assert!(!secret.ct_eq(other));
        },
    );
    // What opens each seal, with the same calls: the tag is compared before anything is decrypted.
    let cipher = Aes256Gcm::new(&dice.bytes::<32>().into());
    let nonce = dice.bytes::<12>().into();
    let sealed = cipher.encrypt(&nonce, Payload { msg: &long[..138], aad: b"row" }).unwrap();
    let forge = |class, dice: &mut Dice| [&sealed[..138], &wrong(&sealed[138..], class, dice)].concat();
    compare(plan("AES-GCM, wrong tag", 1), forge, |sealed| {
        assert!(cipher.decrypt(&nonce, Payload { msg: sealed, aad: b"row" }).is_err());
    });
}

fn stores() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    for algorithm in [Algorithm::Hs256, Algorithm::Hs512] {
        let key = store.generate(support::request(algorithm.name().to_owned(), algorithm)).unwrap();
        let tag = store.sign(key.id(), b"message").unwrap();
        let verifier = store.verifier(key.id()).unwrap();
        let name = if algorithm == Algorithm::Hs256 { "HS256, wrong tag" } else { "HS512, wrong tag" };
        let plan = Plan { name, thousands: 1000, runs: 2 };
        compare(
            plan,
            |class, dice| wrong(tag.as_bytes(), class, dice),
            |tag| {
                assert!(!verifier.verify(b"message", tag));
            },
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    drop(support::create(&path));
    let key = |class, dice: &mut Dice| Unlock::raw_key(wrong(&support::RAW_KEY, class, dice).try_into().unwrap());
    let plan = Plan { name: "opening with a wrong raw key", thousands: 100, runs: 1 };
    compare(plan, key, |unlock| {
        let refused = Keystore::open(&path, unlock, Options::default());
        assert!(refused.is_err_and(|error| error.kind() == ErrorKind::WrongKey));
    });
}

/// So that attempts come at one time, of which the third and all later ones write nothing.
#[derive(Debug)]
struct Still(jiff::Timestamp);

impl Clock for Still {
    fn now(&self) -> jiff::Timestamp {
        self.0
    }
}

fn applications() {
    let now = jiff::Timestamp::now();
    let store = Keystore::in_memory(Options::default().clock(Arc::new(Still(now)))).unwrap();
    let app = |name: &str, part: CredentialPart| -> AppId {
        let plan = AppPlan::new(AppName::new(name).unwrap(), CredentialPlan::new(part));
        store.create_app(plan).unwrap().app().id()
    };
    let text = "TGV0IG1lIGluIQ".repeat(16);
    let id = app("secret", CredentialPart::Secret(AppSecret::new(text.as_str()).unwrap()));
    let header = |class, dice: &mut Dice| {
        let mut secret = text.clone().into_bytes();
        let at = if class == 0 { 0 } else { secret.len() - 1 };
        // Another letter, and the same letters for both classes.
        secret[at] = b"abcdefgh"[dice.below(8)];
        format!("Basic {}", Base64::encode_string(&[id.to_string().as_bytes(), b":", &secret].concat()))
    };
    let let_in = |header: &String| store.authenticate(&Presented::new().authorization(header)).unwrap();
    let right = format!("Basic {}", Base64::encode_string(format!("{id}:{text}").as_bytes()));
    assert!(matches!(let_in(&right), Outcome::Authenticated(_)));
    let mut dice = Dice(1);
    (0..8).for_each(|_| drop(let_in(&header(0, &mut dice))));
    let plan = Plan { name: "authenticate with a wrong secret of 224 characters", thousands: 1000, runs: 1 };
    compare(plan, header, |header| assert!(matches!(let_in(header), Outcome::Locked { .. })));

    let aws = AwsXks::new(ACCESS_KEY_ID, SECRET_KEY).unwrap();
    let id = app("aws", CredentialPart::AwsXks(aws));
    let let_in = |request: &SignedRequest| store.authenticate(&Presented::new().app(id).request(request)).unwrap();
    assert!(matches!(let_in(&signed_request(now, |right| right)), Outcome::Authenticated(_)));
    let plan = Plan { name: "authenticate with a wrong signature of AWS", thousands: 500, runs: 1 };
    let request = |class, dice: &mut Dice| signed_request(now, |right| wrong(&right, class, dice));
    compare(plan, request, |request| assert!(matches!(let_in(request), Outcome::Refused(_))));
}

const ACCESS_KEY_ID: &str = "ABCDEFGHIJKLMNOPQRST";
const SECRET_KEY: &str = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq";

/// A request as AWS KMS signs those to a key store proxy, with what is made of its signature.
fn signed_request(now: jiff::Timestamp, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> SignedRequest {
    let at = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let digest = |bytes: &[u8]| hex(&Sha256::digest(bytes));
    let canonical = format!("POST\n/\n\nhost:xks.example\nx-amz-date:{at}\n\nhost;x-amz-date\n{}", digest(b"{}"));
    let scope = format!("{}/us-east-1/kms-xks-proxy/aws4_request", &at[..8]);
    let mac = |key: &[u8], text: &str| {
        let mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap().chain_update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let first = format!("AWS4{SECRET_KEY}").into_bytes();
    let key = scope.split('/').fold(first, |key, part| mac(&key, part));
    let right = mac(&key, &format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", digest(canonical.as_bytes())));
    let credential = format!("Credential={ACCESS_KEY_ID}/{scope}");
    let signature = hex(&change(right));
    let authorization = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host;x-amz-date, Signature={signature}");
    let request = SignedRequest::new("POST", "/").header("host", "xks.example").header("x-amz-date", at);
    request.header("authorization", authorization).body(*b"{}")
}

/// How many keys there are of each class, so that both lie as far apart in memory.
const KEYS: usize = 64;

/// Handles for as many copies of one key, and as many of random keys.
fn signers(
    store: &Keystore,
    algorithm: Algorithm,
    one: &[u8],
    mut random: impl FnMut() -> Vec<u8>,
) -> [Vec<Signer>; 2] {
    let mut signer = |class: usize, n: usize| {
        let key = if class == 0 { one.to_vec() } else { random() };
        let name = KeyName::new(format!("{algorithm} {class} {n}")).unwrap();
        let imported = store.import(ImportKey::new(name, key).algorithm(algorithm)).unwrap();
        store.signer(imported.key.id()).unwrap()
    };
    // In turn, so that they mix in memory too.
    let pairs: Vec<_> = (0..KEYS).map(|n| (signer(0, n), signer(1, n))).collect();
    pairs.into_iter().map(<[Signer; 2]>::from).fold([Vec::new(), Vec::new()], |mut all, pair| {
        all.iter_mut().zip(pair).for_each(|(all, one)| all.push(one));
        all
    })
}

/// Whether the key shows, of which one class is nearly all zeros; then whether the nonce does, which RFC 6979 takes from key and
/// message: one class has always the same.
fn sign(plan: [Plan; 2], signers: &[Vec<Signer>; 2]) {
    let [keys, nonces] = plan;
    let pick = |class: usize, dice: &mut Dice| (signers[class][dice.below(KEYS)].clone(), dice.bytes::<64>());
    compare(keys, pick, |(signer, message)| drop(black_box(signer.sign(message).unwrap())));
    let signer = &signers[1][0];
    let message = |class, dice: &mut Dice| {
        let random = dice.bytes::<64>();
        if class == 0 { [0x42; 64] } else { random }
    };
    compare(nonces, message, |message| drop(black_box(signer.sign(message).unwrap())));
}

fn curves() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    macro_rules! curve {
        ($curve:ident, $algorithm:expr, $len:literal, $thousands:literal, $keys:literal, $nonces:literal) => {{
            let der = |scalar: &[u8]| {
                let key = $curve::SecretKey::from_slice(scalar).unwrap();
                key.to_pkcs8_der().unwrap().as_bytes().to_vec()
            };
            let mut small = [0; $len];
            small[$len - 1] = 3;
            let mut dice = Dice($len);
            let random = || {
                let mut scalar: [u8; $len] = dice.bytes();
                // Below the order of the curve.
                scalar[0] &= if $len == 66 { 0 } else { 0x7f };
                der(&scalar)
            };
            let signers = signers(&store, $algorithm, &der(&small), random);
            let plan = |name| Plan { name, thousands: $thousands, runs: 1 };
            sign([plan($keys), plan($nonces)], &signers);
        }};
    }
    curve!(
        p256,
        Algorithm::Es256,
        32,
        200,
        "ES256, a key of zeros or random keys",
        "ES256, one nonce or random nonces"
    );
    curve!(p384, Algorithm::Es384, 48, 50, "ES384, a key of zeros or random keys", "ES384, one nonce or random nonces");
    curve!(p521, Algorithm::Es512, 66, 50, "ES512, a key of zeros or random keys", "ES512, one nonce or random nonces");
}

fn rsa() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let key = store.generate(support::request("rsa".into(), Algorithm::Rs256)).unwrap();
    let message = |class, dice: &mut Dice| {
        let random = dice.bytes::<64>();
        if class == 0 { [0x42; 64] } else { random }
    };
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
        let signer = store.signer_with(key.id(), algorithm).unwrap();
        let name = if algorithm == Algorithm::Rs256 {
            "RS256, blinded, one message or random messages"
        } else {
            "PS256, blinded, one message or random messages"
        };
        let plan = Plan { name, thousands: 20, runs: 1 };
        compare(plan, message, |message| drop(black_box(signer.sign(message).unwrap())));
    }
}

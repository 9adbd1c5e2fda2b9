//! Statements about keys: issued against the bare signature over the very same bytes, verified against the bare checks of
//! the same signatures. Beside criterion's figures stand ratios of both sides in turn, since a busy machine slows both.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "benches stop at the first failure"
)]

mod support;

use std::cell::Cell;
use std::hint::black_box;
use std::thread;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use der::{Decode, Reader, SliceReader};
use getrandom::SysRng;
use keystead::attestation::{Policy, Profile, Verifier};
use keystead::{Attestation, AttestationRequest, AuthorityPlan, AuthorityStrength, Key, KeyId, Keystore, Options};
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::pkcs8::DecodePublicKey;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::{RsaPrivateKey, RsaPublicKey};
use sha2::{Digest, Sha256};

const MANY: usize = 1_000;

/// What is signed, the signature in DER, and the SubjectPublicKeyInfo of a certificate.
struct Parts<'a> {
    signed: &'a [u8],
    signature: &'a [u8],
    spki: &'a [u8],
}

fn parts(certificate: &[u8]) -> Parts<'_> {
    let mut reader = SliceReader::new(certificate).unwrap();
    let parts = reader.sequence(|outer| {
        let signed = outer.tlv_bytes()?;
        outer.tlv_bytes()?;
        let signature = outer.decode::<der::asn1::BitStringRef<'_>>()?.raw_bytes();
        let mut inner = SliceReader::new(der::asn1::AnyRef::from_der(signed)?.value())?;
        // Version, serial number, algorithm, issuer, validity, subject.
        (0..6).try_for_each(|_| inner.tlv_bytes().map(drop))?;
        Ok::<_, der::Error>(Parts { signed, signature, spki: inner.tlv_bytes()? })
    });
    parts.unwrap()
}

fn certificates(attestation: &Attestation) -> Vec<&[u8]> {
    std::iter::once(attestation.statement_der()).chain(attestation.authority_chain()).collect()
}

/// Checks each certificate but the last with the key of the next one, made ready beforehand; the last one's with its own.
enum Bare {
    P256(p256::ecdsa::VerifyingKey, Vec<u8>, p256::ecdsa::DerSignature),
    P384(p384::ecdsa::VerifyingKey, Vec<u8>, p384::ecdsa::DerSignature),
    Rsa(Box<RsaPublicKey>, Vec<u8>, Vec<u8>),
}

impl Bare {
    fn of(certificates: &[&[u8]]) -> Vec<Self> {
        let above = certificates.iter().skip(1).chain(certificates.last());
        certificates
            .iter()
            .zip(above)
            .map(|(certificate, above)| Self::new(&parts(certificate), parts(above).spki))
            .collect()
    }

    fn new(parts: &Parts<'_>, spki: &[u8]) -> Self {
        let signed = parts.signed.to_vec();
        if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(spki) {
            return Self::P256(key, signed, p256::ecdsa::DerSignature::try_from(parts.signature).unwrap());
        }
        if let Ok(key) = p384::ecdsa::VerifyingKey::from_public_key_der(spki) {
            return Self::P384(key, signed, p384::ecdsa::DerSignature::try_from(parts.signature).unwrap());
        }
        Self::Rsa(Box::new(RsaPublicKey::from_public_key_der(spki).unwrap()), signed, parts.signature.to_vec())
    }

    fn check(&self) {
        match self {
            Self::P256(key, signed, signature) => key.verify(black_box(signed), signature).unwrap(),
            Self::P384(key, signed, signature) => key.verify(black_box(signed), signature).unwrap(),
            Self::Rsa(key, signed, signature) => {
                let digest = Sha256::digest(black_box(signed));
                key.verify(Pkcs1v15Sign::new::<Sha256>(), &digest, signature).unwrap();
            }
        }
    }
}

fn print_ratio<A, B>(what: &str, at_most: f64, bare: impl FnMut() -> A, ours: impl FnMut() -> B) {
    let Some(turns) = support::in_turns(bare, ours) else { return };
    println!(
        "ratio {what}: {:.3}, of the quickest tenth {:.3} (wanted: {at_most}); {:.1} us to {:.1} us, {} turns",
        turns.ratio,
        turns.ours / turns.bare,
        turns.bare * 1e6,
        turns.ours * 1e6,
        turns.count
    );
}

/// Keys in a file, with an authority above them.
struct Store {
    store: Keystore,
    keys: Vec<KeyId>,
    _folder: tempfile::TempDir,
}

fn store(plan: &AuthorityPlan, keys: usize, options: Options) -> Store {
    let folder = tempfile::tempdir().unwrap();
    let store = Keystore::create(folder.path().join("keys.db"), &support::unlock(), options).unwrap();
    store.create_authority(plan).unwrap();
    let keys = support::fill(&store, keys).iter().map(Key::id).collect();
    Store { store, keys, _folder: folder }
}

fn issue(c: &mut Criterion) {
    let Store { store, keys, _folder } = &store(&AuthorityPlan::new(), 10_000, Options::default());
    let plain = AttestationRequest::new();
    let challenged = AttestationRequest::new().challenge([0xA5; 32]).unwrap();
    let attest = |id: KeyId| store.attest(id, black_box(&plain)).unwrap();
    let statement = attest(keys[0]);
    let signed = parts(statement.statement_der()).signed;
    let key = p256::ecdsa::SigningKey::from_slice(&[0x42; 32]).unwrap();
    let bare = || -> p256::ecdsa::Signature { key.sign(black_box(signed)) };

    let mut group = c.benchmark_group("attest, P-256 authority");
    group.bench_function("bare signature", |b| b.iter(bare));
    group.bench_function("by id, warm", |b| b.iter(|| attest(keys[0])));
    group.bench_function("by id, warm, a challenge", |b| b.iter(|| store.attest(keys[0], &challenged).unwrap()));
    // More keys than are kept: each is read and unsealed anew.
    let next = Cell::new(0);
    group.bench_function("by id, cold", |b| {
        b.iter(|| {
            next.set((next.get() + 1) % keys.len());
            attest(keys[next.get()])
        });
    });
    group.finish();
    print_ratio("of a statement by a P-256 authority to its bare signature", 1.15, bare, || attest(keys[0]));

    if support::is_a_test() {
        return;
    }
    let plan = AuthorityPlan::new().strength(AuthorityStrength::Rsa);
    let Store { store, keys, _folder } = &self::store(&plan, 10_000, Options::default());
    let attest = || store.attest(keys[0], black_box(&plain)).unwrap();
    let statement = attest();
    let signed = parts(statement.statement_der()).signed;
    let key = RsaPrivateKey::new(&mut rand_core_of_the_system(), 3072).unwrap();
    let bare = || {
        let digest = Sha256::digest(black_box(signed));
        key.sign_with_rng(&mut rand_core_of_the_system(), Pkcs1v15Sign::new::<Sha256>(), &digest).unwrap()
    };
    let mut group = c.benchmark_group("attest, RSA 3072 authority");
    group.bench_function("bare signature, blinded", |b| b.iter(bare));
    group.bench_function("by id, warm", |b| b.iter(attest));
    group.finish();
    print_ratio("of a statement by an RSA 3072 authority to its bare signature", 1.15, bare, attest);
}

fn rand_core_of_the_system() -> getrandom::rand_core::UnwrapErr<SysRng> {
    getrandom::rand_core::UnwrapErr(SysRng)
}

/// Runs `work` for each of [`MANY`], spread over so many threads.
fn spread(threads: usize, work: impl Fn(usize) + Sync) {
    let work = &work;
    thread::scope(|scope| {
        for first in 0..threads {
            scope.spawn(move || (first..MANY).step_by(threads).for_each(work));
        }
    });
}

fn many(c: &mut Criterion) {
    let plain = AttestationRequest::new();
    let cores = thread::available_parallelism().unwrap().get();
    let warm = store(&AuthorityPlan::new(), MANY, Options::default().cached_keys(MANY));
    let cold = store(&AuthorityPlan::new(), MANY, Options::default().cached_keys(0));
    let statement = warm.store.attest(warm.keys[0], &plain).unwrap();
    let signed = parts(statement.statement_der()).signed;
    let key = p256::ecdsa::SigningKey::from_slice(&[0x42; 32]).unwrap();
    let sign = |_: usize| {
        let signature: p256::ecdsa::Signature = key.sign(black_box(signed));
        black_box(signature);
    };
    let attest_many = |Store { store, keys, .. }: &Store| {
        let answers = store.attest_many(keys, &plain).unwrap();
        assert!(answers.len() == MANY && answers.iter().all(Result::is_ok));
    };
    let mut group = c.benchmark_group("attest_many, P-256 authority");
    group.throughput(Throughput::Elements(MANY as u64));
    group.bench_function(BenchmarkId::new("bare signatures, one core", MANY), |b| b.iter(|| spread(1, sign)));
    group.bench_function(BenchmarkId::new("bare signatures, all cores", MANY), |b| b.iter(|| spread(cores, sign)));
    group.bench_function(BenchmarkId::new("warm, one call each, one core", MANY), |b| {
        b.iter(|| spread(1, |at| drop(warm.store.attest(warm.keys[at], &plain).unwrap())));
    });
    group.bench_function(BenchmarkId::new("warm", MANY), |b| b.iter(|| attest_many(&warm)));
    group.bench_function(BenchmarkId::new("cold", MANY), |b| b.iter(|| attest_many(&cold)));
    group.finish();
    let what = "of attest_many, warm, to bare signatures on all cores";
    print_ratio(what, 1.15, || spread(cores, sign), || attest_many(&warm));
    let what = "of attest_many, warm, to as many single calls on one core";
    let single = || spread(1, |at| drop(warm.store.attest(warm.keys[at], &plain).unwrap()));
    print_ratio(what, 0.6, single, || attest_many(&warm));
}

fn verify(c: &mut Criterion) {
    for (name, strength) in [("EC", AuthorityStrength::Ec), ("RSA", AuthorityStrength::Rsa)] {
        if support::is_a_test() && strength == AuthorityStrength::Rsa {
            continue;
        }
        let Store { store, keys, _folder } = &store(&AuthorityPlan::new().strength(strength), 1, Options::default());
        let attestation = store.attest(keys[0], &AttestationRequest::new().challenge([0xA5; 32]).unwrap()).unwrap();
        let certificates = certificates(&attestation);
        let bare = Bare::of(&certificates);
        let (statement, chain) = (certificates[0], &certificates[1..]);
        let root = *chain.last().unwrap();
        let policy = Policy::new().key_id(keys[0]).challenge([0xA5; 32]);
        let now = jiff::Timestamp::now();
        let verifier = Verifier::new(Profile::Keystead, [root]).unwrap();
        let judge = |verifier: &Verifier| {
            let report = verifier.verify(black_box(statement), chain, &policy, now);
            assert!(report.is_valid(), "{report}");
        };
        let mut group = c.benchmark_group(format!("verify, {name} authority"));
        // The root's signature by itself is checked when it is pinned.
        let [all, of_each] = [&bare[..], &bare[..3]].map(|bare| move || bare.iter().for_each(Bare::check));
        group.bench_function("bare checks of four signatures", |b| b.iter(all));
        group.bench_function("bare checks of three signatures, without the root's", |b| b.iter(of_each));
        group.bench_function("verifier at hand", |b| b.iter(|| judge(&verifier)));
        group.bench_function("verifier made for it", |b| {
            b.iter(|| judge(&Verifier::new(Profile::Keystead, [root]).unwrap()));
        });
        group.finish();
        let made = || judge(&Verifier::new(Profile::Keystead, [root]).unwrap());
        print_ratio(&format!("of making a verifier and verifying ({name}) to four bare checks"), 1.2, all, made);
        print_ratio(&format!("of verifying ({name}) to three bare checks"), 1.2, of_each, || judge(&verifier));
    }
}

criterion_group!(benches, issue, many, verify);
criterion_main!(benches);

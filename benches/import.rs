//! Taking keys in, by format: `inspect` alone, and `import` into a file with 1,000 keys; then a private RSA key next to
//! the `rsa` crate's own reading and validation.
#![allow(clippy::unwrap_used, missing_docs, reason = "benches stop at the first failure")]

mod support;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use keystead::{Algorithm, ImportKey, KeyName, KeyType, Keystore, PublicFormat, SecretBytes, SecretFormat, inspect};
use rsa::RsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;

struct Form {
    name: &'static str,
    data: Vec<u8>,
    password: Option<SecretBytes>,
}

/// A key in every form that is quick to write, and the two under a password that cost what exports cost.
fn forms(store: &Keystore, algorithm: Algorithm) -> Vec<Form> {
    let key = store.generate(support::request(format!("a {algorithm}"), algorithm).exportable(true)).unwrap();
    let password = || SecretBytes::from("password");
    let rsa = algorithm.key_type() == KeyType::Rsa;
    let traditional = if rsa { ("pkcs1-pem", SecretFormat::Pkcs1Pem) } else { ("sec1-pem", SecretFormat::Sec1Pem) };
    let mut forms = Vec::new();
    for (name, format) in [
        ("pkcs8-pem", SecretFormat::Pkcs8Pem),
        ("pkcs8-der", SecretFormat::Pkcs8Der),
        traditional,
        ("jwk-private", SecretFormat::Jwk),
        ("encrypted-pkcs8-pem", SecretFormat::EncryptedPkcs8Pem { password: password() }),
        ("pkcs12", SecretFormat::Pkcs12 { password: password() }),
    ] {
        let data = store.export_secret(key.id(), &format).unwrap().expose_secret().to_vec();
        let encrypted = matches!(format, SecretFormat::EncryptedPkcs8Pem { .. } | SecretFormat::Pkcs12 { .. });
        forms.push(Form { name, data, password: encrypted.then(password) });
    }
    for (name, format) in [
        ("spki-pem", PublicFormat::SpkiPem),
        ("spki-der", PublicFormat::SpkiDer),
        ("certificate-pem", PublicFormat::CertificatePem),
        ("certificate-der", PublicFormat::CertificateDer),
        ("pkcs7-pem", PublicFormat::Pkcs7Pem),
        ("jwk", PublicFormat::Jwk),
    ] {
        forms.push(Form { name, data: store.export_public(key.id(), format).unwrap(), password: None });
    }
    forms
}

fn request(form: &Form, name: KeyName) -> ImportKey {
    let request = ImportKey::new(name, form.data.clone());
    match &form.password {
        Some(password) => request.password(password.clone_secret()),
        None => request,
    }
}

fn import(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = support::create(&folder.path().join("keys.db"));
    support::fill(&store, 1_000);
    let mut number = 0_u64;
    for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
        let forms = forms(&store, algorithm);
        let mut group = c.benchmark_group(format!("inspect {algorithm}"));
        for form in &forms {
            // A derivation takes its third of a second every time.
            group.sample_size(if form.password.is_some() { 10 } else { 100 });
            group.bench_function(form.name, |b| {
                b.iter(|| inspect(black_box(&form.data), form.password.as_ref()).unwrap());
            });
        }
        group.finish();

        let mut group = c.benchmark_group(format!("import {algorithm}"));
        for form in &forms {
            group.sample_size(if form.password.is_some() { 10 } else { 100 });
            group.bench_function(form.name, |b| {
                let next = || {
                    number += 1;
                    request(form, KeyName::new(format!("import {number}")).unwrap())
                };
                b.iter_batched(next, |request| store.import(request).unwrap(), BatchSize::SmallInput);
            });
        }
        group.finish();
    }
}

/// What must be at most 2: inspecting a private key of 2048 bits against `from_pkcs8_der` and `validate`.
fn rsa_2048(c: &mut Criterion) {
    let store = Keystore::in_memory(keystead::Options::default()).unwrap();
    let key = store.generate(support::request("rsa".into(), Algorithm::Rs256).exportable(true)).unwrap();
    let pkcs8 = store.export_secret(key.id(), &SecretFormat::Pkcs8Der).unwrap();
    let certificate = store.export_public(key.id(), PublicFormat::CertificateDer).unwrap();
    let mut group = c.benchmark_group("private RSA 2048");
    group.bench_function("rsa, parse and validate", |b| {
        b.iter(|| {
            let key = RsaPrivateKey::from_pkcs8_der(black_box(pkcs8.expose_secret())).unwrap();
            key.validate().unwrap();
            key
        });
    });
    group.bench_function("inspect", |b| b.iter(|| inspect(black_box(pkcs8.expose_secret()), None).unwrap()));
    let mut number = 0_u64;
    let mut requests = |certificate: Option<&Vec<u8>>| {
        number += 1;
        let name = KeyName::new(format!("rsa {number}")).unwrap();
        let request = ImportKey::new(name, pkcs8.clone_secret());
        match certificate {
            Some(der) => request.certificate(der.clone()),
            None => request,
        }
    };
    group.bench_function("import with its certificate", |b| {
        b.iter_batched(
            || requests(Some(&certificate)),
            |request| store.import(request).unwrap(),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("import, and a certificate made", |b| {
        b.iter_batched(|| requests(None), |request| store.import(request).unwrap(), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, import, rsa_2048);
criterion_main!(benches);

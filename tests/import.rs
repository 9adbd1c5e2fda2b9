//! What becomes of a key that is taken in: what is found out about it, what it is put together from, what is said about
//! keys that were there before, and what a batch does.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first failure")]

mod support;

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use keystead::{
    Algorithm, Batch, Error, ErrorKind, Fingerprint, ImportKey, Imported, Issuer, Key, KeyName, KeyType, Keystore, Kid,
    Options, Origin, Progress, PublicFormat, SecretEncoding, SecretFormat, inspect,
};
use serde_json::Value;
use support::{es256, options, raw, request};

const SEED: &str = include_str!("data/fusionauth-seed.pem");

fn memory() -> Keystore {
    Keystore::in_memory(Options::default()).unwrap()
}

fn named(name: &str, data: impl AsRef<[u8]>) -> ImportKey {
    ImportKey::new(KeyName::new(name).unwrap(), data.as_ref().to_vec())
}

fn secret(name: &str, data: impl AsRef<[u8]>) -> ImportKey {
    named(name, data).secret(SecretEncoding::Raw)
}

fn told(outcome: Result<Imported, Error>) -> String {
    let error = outcome.unwrap_err();
    format!("{:?} {}: {error}", error.kind(), error.field().unwrap_or("-"))
}

/// openssl's words on standard output; it must be content.
fn openssl(folder: &Path, command: &str) -> Vec<u8> {
    let output = Command::new("openssl").args(command.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {command}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Made once by openssl: a key with a certificate under an intermediate under a root, all P-256, and an RSA key.
struct Chain {
    key: Vec<u8>,
    leaf: Vec<u8>,
    above: Vec<u8>,
    root: Vec<u8>,
    rsa: Vec<u8>,
}

static CHAIN: LazyLock<Chain> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let run = |command: &str| openssl(folder.path(), command);
    let ec = "ecparam -name prime256v1 -genkey -noout -out";
    run(&format!("{ec} root.key"));
    run("req -x509 -new -key root.key -subj /CN=root -days 30 -out root.pem");
    for (name, issuer) in [("above", "root"), ("leaf", "above")] {
        run(&format!("{ec} {name}.key"));
        run(&format!("req -new -key {name}.key -subj /CN={name} -out {name}.csr"));
        run(&format!(
            "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -set_serial 7 -days 30 -out {name}.pem"
        ));
    }
    run("genrsa -out rsa.key 2048");
    let file = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    Chain {
        key: file("leaf.key"),
        leaf: file("leaf.pem"),
        above: file("above.pem"),
        root: file("root.pem"),
        rsa: file("rsa.key"),
    }
});

fn der(pem: &[u8]) -> Vec<u8> {
    let body: String = std::str::from_utf8(pem).unwrap().lines().filter(|line| !line.starts_with("-----")).collect();
    Base64::decode_vec(&body).unwrap()
}

#[test]
fn a_private_key_alone_gets_all_that_a_generated_one_has() {
    let folder = tempfile::tempdir().unwrap();
    let store = memory();
    for (name, curve, algorithm, bits) in [
        ("p256", "prime256v1", Algorithm::Es256, 256),
        ("p384", "secp384r1", Algorithm::Es384, 384),
        ("p521", "secp521r1", Algorithm::Es512, 521),
        ("rsa", "", Algorithm::Rs256, 2048),
    ] {
        let pem = match curve {
            "" => CHAIN.rsa.clone(),
            curve => openssl(folder.path(), &format!("ecparam -name {curve} -genkey -noout")),
        };
        let imported = store.import(named(name, &pem).issuer(Issuer::new("acme.example").unwrap())).unwrap();
        let key = &imported.key;
        assert_eq!((key.algorithm(), key.bits()), (Some(algorithm), bits));
        assert_eq!((key.origin(), key.is_exportable(), key.has_private_key()), (Origin::Imported, false, true));
        assert_eq!(key.issuer().unwrap().as_str(), "acme.example");
        assert_eq!(Some(key.kid().as_str().parse().unwrap()), key.jwk_thumbprint().unwrap());
        assert_eq!(imported.same_as, []);
        // openssl takes the public key out of the same file, and finds the certificate good.
        std::fs::write(folder.path().join("key"), &pem).unwrap();
        assert_eq!(key.public_key_der().unwrap(), openssl(folder.path(), "pkey -in key -pubout -outform DER"));
        std::fs::write(folder.path().join("self"), key.certificate_pem().unwrap().unwrap()).unwrap();
        let verdict = openssl(folder.path(), "verify -x509_strict -check_ss_sig -CAfile self self");
        assert_eq!(verdict, b"self: OK\n");
        let signature = store.sign(key.id(), b"message").unwrap();
        if matches!(algorithm, Algorithm::Es256 | Algorithm::Rs256) {
            assert!(support::openssl_verifies(folder.path(), key, b"message", &signature));
        }
    }
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

/// The certificate of FusionAuth's documentation, and the digests that stand there beside it.
#[test]
fn the_seeds_certificate_is_found_by_every_fingerprint() {
    let store = memory();
    for n in 0..20 {
        store.generate(es256(format!("other {n}"))).unwrap();
    }
    let bare: String = SEED.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = store.import(named("SHA-256 with RSA", bare)).unwrap().key;
    assert_eq!((key.key_type(), key.bits(), key.has_private_key()), (KeyType::Rsa, 2048, false));
    assert_eq!(key.kid().as_str(), "zamAX0036820RULfdjUV6YkhYbY");
    assert_eq!(key.expires_at().unwrap().as_second(), 1_877_808_272);
    let fingerprints = key.fingerprints().unwrap().unwrap();
    let certificate = fingerprints.certificate.unwrap();
    for (digest, documented) in [
        (certificate.md5, "FC:36:CD:0B:9C:B7:62:F0:A9:16:AE:72:8E:F8:7D:D8"),
        (certificate.sha1, "CD:A9:80:5F:4D:37:EB:CD:B4:45:42:DF:76:35:15:E9:89:21:61:B6"),
        (certificate.sha1, "zamAX0036820RULfdjUV6YkhYbY"),
        (
            certificate.sha256,
            "33:7C:CB:4C:23:3B:F5:22:49:2F:68:C5:FA:D1:6E:3C:72:54:CB:3C:E6:D1:70:08:55:FC:43:24:9A:98:05:CF",
        ),
        (certificate.sha256, "M3zLTCM79SJJL2jF-tFuPHJUyzzm0XAIVfxDJJqYBc8"),
    ] {
        assert_eq!(documented.parse::<Fingerprint>().unwrap(), digest);
    }
    let public = fingerprints.public_key;
    for digest in [
        certificate.md5,
        certificate.sha1,
        certificate.sha256,
        public.md5,
        public.sha1,
        public.sha256,
        fingerprints.jwk_sha1,
        fingerprints.jwk_sha256,
        fingerprints.openssh,
    ] {
        let mut forms = vec![digest.to_hex(), digest.to_colon_hex(), digest.to_openssh()];
        if !matches!(digest, Fingerprint::Md5(_)) {
            forms.push(digest.to_base64url());
        }
        for form in forms {
            assert_eq!(store.key(form.parse::<Fingerprint>().unwrap()).unwrap(), key, "{form}");
        }
    }
    // openssl on the public key's digests.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("spki"), key.public_key_der().unwrap()).unwrap();
    for (name, digest) in [("md5", public.md5), ("sha1", public.sha1), ("sha256", public.sha256)] {
        let said = String::from_utf8(openssl(folder.path(), &format!("dgst -{name} -r spki"))).unwrap();
        assert!(said.starts_with(&digest.to_hex()), "{said}");
    }
}

/// The digests that the file does not index are found among keys that come and go, here and in another connection.
#[test]
fn other_digests_follow_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let other = Keystore::open(&path, &raw(), options()).unwrap();
    let spki_sha256 = |key: &Key| key.fingerprints().unwrap().unwrap().public_key.sha256;
    let first = store.generate(es256("first")).unwrap();
    assert_eq!(store.key(spki_sha256(&first)).unwrap(), first);
    let second = other.generate(es256("second")).unwrap();
    assert_eq!(store.key(spki_sha256(&second)).unwrap(), second);
    assert_eq!(other.key(spki_sha256(&first)).unwrap(), first);
    other.delete(first.id()).unwrap();
    assert_eq!(store.key(spki_sha256(&first)).unwrap_err().kind(), ErrorKind::NotFound);
    let renamed = other.rename(second.id(), KeyName::new("third").unwrap()).unwrap();
    assert_eq!(store.key(spki_sha256(&second)).unwrap(), renamed);
    // The same material twice: both are found, and asking for one is ambiguous.
    let again = store.import(named("again", second.public_key_der().unwrap())).unwrap().key;
    let both = store.keys_matching(&spki_sha256(&second).into()).unwrap();
    assert_eq!(both, [renamed, again]);
    assert_eq!(store.key(spki_sha256(&second)).unwrap_err().kind(), ErrorKind::Ambiguous);
}

#[test]
fn a_chain_in_any_order_is_put_in_order() {
    let Chain { key, leaf, above, root, .. } = &*CHAIN;
    let folder = tempfile::tempdir().unwrap();
    let store = memory();
    for (n, order) in [[key, leaf, above, root], [root, above, leaf, key], [above, key, root, leaf]].iter().enumerate()
    {
        let imported = store.import(named(&format!("chain {n}"), order.map(|pem| &pem[..]).concat())).unwrap();
        let chain: Vec<_> = imported.key.certificate_chain().collect();
        assert_eq!(chain, [der(leaf), der(above), der(root)]);
        assert_eq!(imported.key.issuer().unwrap().as_str(), "above");
        assert_eq!(imported.form.to_string(), "sec1-pem");
        let x5t = imported.key.fingerprints().unwrap().unwrap().certificate.unwrap().sha1;
        assert_eq!(imported.key.kid().as_str(), x5t.to_base64url());
    }
    let key = store.key(KeyName::new("chain 0").unwrap()).unwrap();
    let export = |format| store.export_public(key.id(), format).unwrap();
    std::fs::write(folder.path().join("p7"), export(PublicFormat::Pkcs7Pem)).unwrap();
    let printed = openssl(folder.path(), "pkcs7 -in p7 -print_certs -noout");
    assert_eq!(String::from_utf8(printed).unwrap().matches("subject=").count(), 3);
    assert_eq!(export(PublicFormat::CertificateDer), der(leaf));
    let whole = export(PublicFormat::CertificateChainPem);
    assert_eq!(inspect(&whole, None).unwrap()[0].certificate_chain().count(), 3);
    let jwk: Value = serde_json::from_slice(&export(PublicFormat::Jwk)).unwrap();
    let x5c = jwk["x5c"].as_array().unwrap().iter().map(|der| Base64::decode_vec(der.as_str().unwrap()).unwrap());
    assert_eq!(x5c.collect::<Vec<_>>(), [der(leaf), der(above), der(root)]);
    // Certificates alone are one key, the one at the end of the chain; the chain survives a new opening.
    let path = folder.path().join("keys.db");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let alone = store.import(named("alone", [&above[..], leaf, root].concat())).unwrap().key;
    assert!(!alone.has_private_key());
    assert_eq!(alone.public_key_der(), key.public_key_der());
    drop(store);
    support::assert_intact(&path, &raw(), std::slice::from_ref(&alone));
    assert_eq!(alone.certificate_chain().count(), 3);
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let Chain { key, leaf, above, rsa, .. } = &*CHAIN;
    let store = memory();
    let import = |request| told(store.import(request));
    insta::assert_snapshot!(import(named("a", [&key[..], above].concat())), @"InvalidInput data: data: the certificate is for another key than the one it came with");
    let wrong = import(named("a", [&key[..], above, &CHAIN.root].concat()));
    insta::assert_snapshot!(wrong, @"InvalidInput data: data: none of the certificates is for the key that they came with");
    insta::assert_snapshot!(import(named("a", [&key[..], rsa].concat())), @"InvalidInput data: data: there are 2 keys in it, one is needed: take it apart with ImportKey::each_of");
    insta::assert_snapshot!(import(named("a", key).certificate(above.clone())), @"InvalidInput certificate: certificate: the certificate is for another key than the one it came with");
    insta::assert_snapshot!(import(named("a", key).certificate(key.clone())), @"InvalidInput certificate: certificate: it is sec1-pem, which does not belong there");
    let other = store.generate(es256("other")).unwrap().public_key_pem().unwrap().unwrap();
    insta::assert_snapshot!(import(named("a", key).public_key(other)), @"InvalidInput publicKey: publicKey: the public key is not that of the private key");
    insta::assert_snapshot!(import(named("a", key).algorithm(Algorithm::Es384)), @"InvalidInput algorithm: algorithm is ES384, the key is EC on P-256");
    insta::assert_snapshot!(import(named("a", key).algorithm(Algorithm::Rs256)), @"InvalidInput algorithm: algorithm is RS256, the key is EC on P-256");
    insta::assert_snapshot!(import(named("a", key).algorithm(Algorithm::Hs256)), @"InvalidInput algorithm: algorithm is HS256, the key is EC on P-256");
    insta::assert_snapshot!(import(named("a", rsa).algorithm(Algorithm::Es256)), @"InvalidInput algorithm: algorithm is ES256, the key is RSA of 2048 bits");
    insta::assert_snapshot!(import(named("a", rsa).key_type(KeyType::Ec)), @"InvalidInput type: type is EC, the key is RSA");
    assert_eq!(store.len().unwrap(), 1, "nothing was taken in");
    let strange = named("a", key).certificate([&leaf[..], &CHAIN.root].concat());
    insta::assert_snapshot!(import(strange), @"InvalidInput certificate: certificate: 1 of its certificates are neither the key's nor above it");
    // What belongs together is taken from several inputs.
    let public = inspect(key, None).unwrap()[0].public_key_pem().unwrap().unwrap();
    let imported = store.import(named("whole", key).certificate(leaf.clone()).public_key(public)).unwrap();
    assert_eq!(imported.key.certificate_der().unwrap(), der(leaf));
    let pss = store.import(named("pss", rsa).algorithm(Algorithm::Ps512)).unwrap().key;
    assert_eq!(pss.algorithm(), Some(Algorithm::Ps512));
    let signature = store.sign(pss.id(), b"message").unwrap();
    assert!(store.verify_with(pss.id(), Algorithm::Ps512, b"message", signature.as_bytes()).unwrap());
}

#[test]
fn the_same_key_again_is_taken_and_reported() {
    let store = memory();
    let made = store.generate(es256("made")).unwrap();
    let first = store.import(named("public", made.public_key_der().unwrap())).unwrap();
    assert_eq!(first.same_as, [made.id()]);
    let second = store.import(named("certificate", made.certificate_der().unwrap())).unwrap();
    assert_eq!(second.same_as, [made.id(), first.key.id()]);
    let refused = store.import(named("made", made.public_key_der().unwrap()));
    insta::assert_snapshot!(told(refused), @"Duplicate name: name 'made' is taken by another key");
    let taken = store.import(named("other", made.public_key_der().unwrap()).id(made.id()));
    assert_eq!(taken.unwrap_err().field(), Some("id"));
    // Deleted ones are not named any more.
    store.delete(made.id()).unwrap();
    let third = store.import(named("third", made.public_key_der().unwrap())).unwrap();
    assert_eq!(third.same_as, [first.key.id(), second.key.id()]);
    // Secrets are recognised by themselves, also one that was made here and handed out.
    let one = store.import(secret("secret", [7; 32])).unwrap();
    assert_eq!(one.same_as, []);
    assert_eq!(store.import(secret("same secret", [7; 32])).unwrap().same_as, [one.key.id()]);
    assert_eq!(store.import(secret("longer secret", [7; 33])).unwrap().same_as, []);
    let exported = store.generate(request("exported", Algorithm::Hs256).exportable(true)).unwrap();
    let bytes = store.export_secret(exported.id(), &SecretFormat::Raw).unwrap();
    let again = store.import(secret("back again", bytes.expose_secret())).unwrap();
    assert_eq!(again.same_as, [exported.id()]);
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    for key in store.keys().collect::<Result<Vec<_>, _>>().unwrap() {
        store.delete(key.id()).unwrap();
    }
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    // At most 16 are named.
    for n in 0..20 {
        let same_as = store.import(secret(&format!("many {n}"), [9; 32])).unwrap().same_as;
        assert_eq!(same_as.len(), n.min(16));
    }
}

#[test]
fn a_batch_takes_each_key_for_itself() {
    let store = memory();
    let progress = std::cell::RefCell::new(Vec::new());
    let requests = [
        named("one", SEED),
        named("broken", &SEED[..500]),
        named("two", &CHAIN.key),
        named("one", &CHAIN.rsa),
        named("three", &CHAIN.leaf),
    ];
    let outcomes = store
        .import_many_with(&requests, Batch::Each, |step| {
            progress.borrow_mut().push(step);
            ControlFlow::Continue(())
        })
        .unwrap();
    let words: Vec<_> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Ok(imported) => format!("{} {}", imported.key.name(), imported.same_as.len()),
            Err(error) => format!("{:?} {}", error.kind(), error.field().unwrap_or("-")),
        })
        .collect();
    assert_eq!(words, ["one 0", "InvalidInput data", "two 0", "Duplicate name", "three 1"]);
    let order: Vec<_> = store.keys().map(|key| key.unwrap().name().to_string()).collect();
    assert_eq!(order, ["one", "two", "three"]);
    assert_eq!(progress.borrow().last(), Some(&Progress { made: 5, written: 3, total: 5 }));
}

#[test]
fn a_batch_of_all_or_none_is_undone_by_one_failure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let many = |spoil: Option<usize>, repeat: Option<usize>| -> Vec<ImportKey> {
        (0..1500)
            .map(|n| {
                let name = if repeat == Some(n) { "key 0".to_owned() } else { format!("key {n}") };
                let bytes = if spoil == Some(n) { 16 } else { 32 };
                secret(&name, [n.to_be_bytes().to_vec(), vec![1; bytes - 8]].concat())
            })
            .collect()
    };
    let go_on = |_| ControlFlow::Continue(());
    for (requests, reason) in [
        (
            many(Some(700), None),
            "InvalidInput: the secret is 16 bytes, HS256 allows 32 to 4096 bytes: RFC 7518, section 3.2",
        ),
        (many(None, Some(1400)), "Duplicate: name 'key 0' is taken by another key"),
    ] {
        let outcomes = store.import_many_with(&requests, Batch::AllOrNone, go_on).unwrap();
        let mut reasons: Vec<_> = outcomes
            .iter()
            .map(|outcome| outcome.as_ref().map_err(|error| format!("{:?}: {error}", error.kind())).unwrap_err())
            .collect();
        reasons.sort();
        reasons.dedup();
        assert_eq!(reasons, ["Cancelled: not written, since another key of the batch was refused", reason]);
        assert_eq!(store.len().unwrap(), 0);
    }
    // Stopped at the last moment, nothing is there either.
    let stop = |step: Progress| if step.made == 1500 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let stopped = store.import_many_with(&many(None, None), Batch::AllOrNone, stop).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled);
    assert_eq!(store.len().unwrap(), 0);
    let outcomes = store.import_many_with(&many(None, None), Batch::AllOrNone, go_on).unwrap();
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(store.len().unwrap(), 1500);
    let keys = support::contents(&store);
    drop(store);
    support::assert_intact(&path, &raw(), &keys);
}

#[test]
fn sets_and_stores_of_several_keys_are_taken_apart() {
    let source = memory();
    for algorithm in [Algorithm::Es256, Algorithm::Ps256, Algorithm::Es512] {
        let spec = keystead::KeySpec::new(algorithm, (algorithm == Algorithm::Ps256).then_some(2048)).unwrap();
        let name = KeyName::new(algorithm.name()).unwrap();
        source.generate(keystead::GenerateKey::new(name, spec)).unwrap();
    }
    let set = source.jwks().unwrap();
    let store = memory();
    insta::assert_snapshot!(told(store.import(named("set", &set))), @"InvalidInput data: data: there are 3 keys in it, one is needed: take it apart with ImportKey::each_of");
    let requests = ImportKey::each_of(set.as_bytes(), None, |found| KeyName::new(found.kid().unwrap())).unwrap();
    let imported: Vec<_> = store.import_many(&requests).unwrap().into_iter().map(Result::unwrap).collect();
    for (original, imported) in source.keys().map(Result::unwrap).zip(&imported) {
        assert_eq!(imported.key.public_key_der(), original.public_key_der());
        assert_eq!(imported.key.certificate_der(), original.certificate_der());
        assert_eq!((imported.key.algorithm(), imported.key.kid()), (original.algorithm(), original.kid()));
    }
    // Members for other purposes belong to others.
    let oaep = set.replacen(r#""alg":"PS256""#, r#""alg":"RSA-OAEP""#, 1);
    assert_eq!(inspect(oaep.as_bytes(), None).unwrap().len(), 2);
    // Certificates that have nothing to do with each other, in one file.
    let two = [SEED.as_bytes(), &CHAIN.root].concat();
    let found = inspect(&two, None).unwrap();
    assert_eq!(found.iter().map(|found| found.key_type()).collect::<Vec<_>>(), [KeyType::Rsa, KeyType::Ec]);
    assert_eq!(ImportKey::each_of(&two, None, |_| KeyName::new("x")).unwrap().len(), 2);
    // One key of a set under two kids is two keys.
    let jwk = String::from_utf8(source.export_public(imported_id(&source), PublicFormat::Jwk).unwrap()).unwrap();
    let twice = format!(r#"{{"keys":[{jwk},{}]}}"#, jwk.replace(r#""kid":""#, r#""kid":"other "#));
    assert_eq!(inspect(twice.as_bytes(), None).unwrap().len(), 2);
}

fn imported_id(store: &Keystore) -> keystead::KeyId {
    store.key(KeyName::new("ES256").unwrap()).unwrap().id()
}

#[test]
fn a_jwk_says_more_than_its_key() {
    let store = memory();
    let k = Base64UrlUnpadded::encode_string(&[5; 64]);
    let jwk = |rest: &str| format!(r#"{{"kty":"oct","k":"{k}"{rest}}}"#);
    let key = store.import(named("a", jwk(r#","alg":"HS256","kid":"mine""#))).unwrap().key;
    assert_eq!((key.algorithm(), key.kid().as_str(), key.bits()), (Some(Algorithm::Hs256), "mine", 512));
    let key = store.import(named("b", jwk("")).kid(Kid::new("given").unwrap())).unwrap().key;
    assert_eq!((key.algorithm(), key.kid().as_str()), (Some(Algorithm::Hs512), "given"));
    insta::assert_snapshot!(told(store.import(named("c", jwk(r#","alg":"HS256""#)).algorithm(Algorithm::Hs512))), @"InvalidInput algorithm: algorithm is HS512, the JWK is for HS256");
    insta::assert_snapshot!(told(store.import(named("c", jwk(r#","alg":"A256GCM""#)))), @"Unsupported algorithm: the JWK's algorithm is 'A256GCM', allowed are ES256, ES384, ES512, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512");
    insta::assert_snapshot!(told(store.import(named("c", jwk(r#","alg":"RS256""#)))), @"InvalidInput algorithm: algorithm is RS256, the key is HMAC of 512 bits");
    insta::assert_snapshot!(told(store.import(named("c", jwk(&format!(r#","kid":"{}""#, "x".repeat(256)))))), @"InvalidInput kid: kid is 256 characters, at most 255 characters");
}

#[test]
fn secrets_are_taken_as_they_are_told() {
    let store = memory();
    let bytes: Vec<u8> = (0..32).map(|n: u8| n.wrapping_mul(7).wrapping_add(130)).collect();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let url = Base64UrlUnpadded::encode_string(&bytes);
    let reference = store.import(secret("raw", &bytes)).unwrap().key;
    for (n, (encoding, data)) in [
        (SecretEncoding::Hex, hex.clone()),
        (SecretEncoding::Hex, hex.to_lowercase() + "\n"),
        (SecretEncoding::Base64, Base64::encode_string(&bytes)),
        (SecretEncoding::Base64Url, url),
    ]
    .into_iter()
    .enumerate()
    {
        let imported = store.import(named(&format!("form {n}"), data).secret(encoding)).unwrap();
        assert_eq!(imported.same_as.first(), Some(&reference.id()), "{encoding:?}");
    }
    // Without a hint, bytes as long as a hash are a secret; with an algorithm, all that read as nothing else.
    assert_eq!(store.import(named("no hint", &bytes)).unwrap().same_as.first(), Some(&reference.id()));
    let text = "a text of at least thirty-two bytes";
    let by_text = store.import(named("text", text).secret(SecretEncoding::Text)).unwrap().key;
    let by_algorithm = store.import(named("algorithm", text).algorithm(Algorithm::Hs256)).unwrap();
    assert_eq!(by_algorithm.same_as, [by_text.id()]);
    // Whatever they begin with.
    for first in 0..=u8::MAX {
        let random = [&[first][..], &bytes.repeat(2)[..47]].concat();
        let imported = store.import(named(&format!("begins with {first}"), random).algorithm(Algorithm::Hs384));
        assert!(imported.is_ok(), "{first:#04x}: {}", imported.unwrap_err());
    }
    let words = told(store.import(named("x", text)));
    insta::assert_snapshot!(words, @"InvalidInput data: data: input is 35 bytes of text without PEM boundaries, no JSON and no base64 of DER; accepted are PEM, DER, base64 of DER and JWK");
    for len in [0, 1, 16, 31, 33, 47, 49, 63, 65] {
        assert!(store.import(named("x", vec![0x9F; len])).is_err(), "{len} bytes");
    }
    // A key must not become a secret that everybody knows.
    let public = store.generate(es256("public")).unwrap();
    let pem = public.public_key_pem().unwrap().unwrap();
    let base64 = Base64::encode_string(public.public_key_der().unwrap());
    for data in
        [pem.as_bytes(), SEED.as_bytes(), &pem.as_bytes()[..100], public.public_key_der().unwrap(), base64.as_bytes()]
    {
        for encoding in [SecretEncoding::Raw, SecretEncoding::Text] {
            let error = store.import(named("x", data).secret(encoding)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        }
        let error = store.import(named("x", data).algorithm(Algorithm::Hs256)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let decoded = store.import(named("x", base64).secret(SecretEncoding::Base64));
    insta::assert_snapshot!(told(decoded), @"InvalidInput data: data: it reads as a key or certificate, which must not serve as an HMAC secret");
}

/// Tag, length, value.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let len = u32::try_from(value.len()).unwrap().to_be_bytes();
    let header = match value.len() {
        0..0x80 => vec![tag, len[3]],
        0x80..0x1_0000 => vec![tag, 0x82, len[2], len[3]],
        _ => vec![tag, 0x83, len[1], len[2], len[3]],
    };
    let header = if header.len() == 4 && header[2] == 0 { vec![tag, 0x81, len[3]] } else { header };
    [header, value].concat()
}

/// A name of so many parts, the last of which tells it from others.
fn long_name(parts: usize, last: u8) -> Vec<u8> {
    let part = |text: &[u8]| tlv(0x31, &[&tlv(0x30, &[&[6, 3, 0x55, 4, 3], &tlv(0x0C, &[text])])]);
    tlv(0x30, &[&part(b"a").repeat(parts), &part(&[b'a' + last])])
}

/// A certificate that nobody signed, with an extension of so many bytes.
fn certificate(spki: &[u8], serial: u8, issuer: &[u8], subject: &[u8], extra: usize) -> Vec<u8> {
    let algorithm = tlv(0x30, &[&[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]]);
    let validity = tlv(0x30, &[&tlv(0x17, &[b"200101000000Z"]), &tlv(0x17, &[b"400101000000Z"])]);
    let extension = tlv(0x30, &[&[6, 2, 0x2A, 3], &tlv(4, &[&vec![7; extra]])]);
    let extensions = tlv(0xA3, &[&tlv(0x30, &[&extension])]);
    let version = [0xA0, 3, 2, 1, 2];
    let serial = [2, 2, 1, serial];
    let tbs = tlv(0x30, &[&version, &serial, &algorithm, issuer, &validity, subject, spki, &extensions]);
    tlv(0x30, &[&tbs, &algorithm, &[3, 2, 0, 9]])
}

fn pkcs7(certificates: &[Vec<u8>]) -> Vec<u8> {
    let data = tlv(0x30, &[&[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1]]);
    let all = tlv(0xA0, &[&certificates.concat()]);
    let signed = tlv(0x30, &[&[2, 1, 1], &[0x31, 0], &data, &all, &[0x31, 0]]);
    tlv(0x30, &[&[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2], &tlv(0xA0, &[&signed])])
}

/// A JWK may name its certificate without bringing it.
#[test]
fn a_certificate_apart_fits_the_thumbprint() {
    let store = memory();
    let Chain { leaf, .. } = &*CHAIN;
    let spki = inspect(leaf, None).unwrap()[0].public_key_der().unwrap().to_vec();
    let leaf_der = inspect(leaf, None).unwrap()[0].certificate_chain().next().unwrap().to_vec();
    let key = store.import(named("key", spki)).unwrap().key;
    let jwk = store.export_public(key.id(), PublicFormat::Jwk).unwrap();
    let with = |x5t: &str| {
        let mut jwk: Value = serde_json::from_slice(&jwk).unwrap();
        jwk["x5t"] = x5t.into();
        named("with", jwk.to_string()).certificate(leaf.clone())
    };
    let wrong = Base64UrlUnpadded::encode_string(&[7; 20]);
    insta::assert_snapshot!(told(store.import(with(&wrong))), @"InvalidInput certificate: certificate: the key's x5t is not the thumbprint of its certificate");
    let certified = store.import(named("certified", leaf)).unwrap().key;
    let right = certified.fingerprints().unwrap().unwrap().certificate.unwrap().sha1.to_base64url();
    assert_eq!(store.import(with(&right)).unwrap().key.certificate_der(), Some(&leaf_der[..]));
}

/// Whoever changes an encrypted key and sees how it is refused learns nothing of what is in it.
#[test]
fn damage_behind_a_password_is_not_described() {
    let store = memory();
    for key in [&CHAIN.key, &CHAIN.rsa] {
        let key = store.import(named("key", key).exportable(true)).unwrap().key;
        let format = SecretFormat::EncryptedPkcs8Der { password: "pw".into() };
        let good = store.export_secret(key.id(), &format).unwrap();
        let good = good.expose_secret();
        store.delete(key.id()).unwrap();
        let iv = good.windows(4).position(|window| window == [0x01, 0x2A, 0x04, 0x10]).unwrap() + 4;
        // Changes of the vector change the first block bit by bit: header, version, algorithm.
        for at in 4..16 {
            let mut bad = good.to_vec();
            bad[iv + at] ^= 1;
            let error = store.import(named("x", bad).password("pw")).unwrap_err();
            assert_eq!(error.field(), Some("password"), "{at}: {error}");
        }
    }
}

/// 241 ends of one chain of 15: every name is compared with every other, and each end has the chain for itself.
#[test]
fn many_certificates_take_neither_time_nor_memory() {
    let store = memory();
    let key = store.generate(es256("key")).unwrap();
    let spki = key.public_key_der().unwrap();
    let chains = |parts: usize, extra: usize| {
        let names: Vec<_> = (0..16).map(|at| long_name(parts, at)).collect();
        let ends = (0..241).map(|serial| certificate(spki, serial as u8, &names[0], &[0x30, 0], 0));
        let above =
            (0..15).map(|at| certificate(spki, at, &names[usize::from(at) + 1], &names[usize::from(at)], extra));
        pkcs7(&ends.chain(above).collect::<Vec<_>>())
    };
    let slow = chains(200, 0);
    assert!(slow.len() > 700_000 && slow.len() < 1 << 20, "{}", slow.len());
    let start = std::time::Instant::now();
    assert!(inspect(&slow, None).is_err());
    assert!(start.elapsed() < std::time::Duration::from_secs(1), "{:?}", start.elapsed());
    insta::assert_snapshot!(inspect(&chains(1, 60_000), None).unwrap_err(), @"data: the chains of its 241 keys are more than 8388608 bytes");
    let found = inspect(&chains(1, 0), None).unwrap();
    assert_eq!(found.len(), 241);
    assert!(found.iter().all(|found| found.certificate_chain().count() == 16));
}

#[test]
fn certificates_that_go_round_are_refused() {
    let store = memory();
    let key = store.generate(es256("key")).unwrap();
    let (spki, a, b) = (key.public_key_der().unwrap(), long_name(0, 0), long_name(0, 1));
    let round = pkcs7(&[certificate(spki, 1, &a, &b, 0), certificate(spki, 2, &b, &a, 0)]);
    insta::assert_snapshot!(inspect(&round, None).unwrap_err(), @"data: each of its certificates is issued by another of them");
}

/// As in a store of Java that holds a secret and certificates to trust.
#[test]
fn certificates_beside_a_secret_are_keys_of_their_own() {
    let store = memory();
    let jwk = format!(r#"{{"kty":"oct","k":"{}"}}"#, Base64UrlUnpadded::encode_string(&[0xA7; 32]));
    let both = named("x", jwk).certificate(CHAIN.root.clone());
    insta::assert_snapshot!(told(store.import(both)), @"InvalidInput data: data: there are 2 keys in it, one is needed: take it apart with ImportKey::each_of");
}

/// A kid may be any text, also one that looks like another key's digest.
#[test]
fn a_kid_hides_no_other_key() {
    let store = memory();
    let wanted = store.generate(es256("wanted")).unwrap();
    let fingerprints = wanted.fingerprints().unwrap().unwrap();
    for digest in [
        fingerprints.public_key.md5,
        fingerprints.public_key.sha1,
        fingerprints.public_key.sha256,
        fingerprints.certificate.unwrap().md5,
        fingerprints.certificate.unwrap().sha256,
        fingerprints.jwk_sha1,
        fingerprints.jwk_sha256,
        fingerprints.openssh,
    ] {
        let kid = Kid::new(digest.to_base64url()).unwrap();
        let other = store.import(secret("other", [7; 32]).kid(kid.clone())).unwrap().key;
        assert_eq!(store.key(digest).unwrap(), wanted);
        assert_eq!(store.key(kid).unwrap(), other);
        store.delete(other.id()).unwrap();
        // A twin under its own digest does not hide the first one.
        let spki = wanted.public_key_der().unwrap();
        let twin = store.import(named("twin", spki).kid(Kid::new(digest.to_base64url()).unwrap())).unwrap().key;
        let found = store.keys_matching(&digest.into()).unwrap();
        let certified = [fingerprints.certificate.unwrap().md5, fingerprints.certificate.unwrap().sha256];
        let expected = if certified.contains(&digest) { vec![wanted.id()] } else { vec![wanted.id(), twin.id()] };
        assert_eq!(found.iter().map(Key::id).collect::<Vec<_>>(), expected);
        store.delete(twin.id()).unwrap();
    }
}

/// Whoever knows a public key could sign with it, had it become a secret, in whatever clothes.
#[test]
fn keys_in_other_clothes_are_no_secrets() {
    let store = memory();
    let public = store.generate(es256("public")).unwrap();
    let (pem, der) = (public.public_key_pem().unwrap().unwrap(), public.public_key_der().unwrap());
    let hex: String = der.iter().map(|byte| format!("{byte:02x}")).collect();
    for data in [
        Base64::encode_string(pem.as_bytes()),
        Base64::encode_string(Base64::encode_string(der).as_bytes()),
        hex,
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=".into(),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBm/RAlphM3+hUG6wWfcO5bIUIaqMLa2ywxcOK1wMWbh me".into(),
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#.into(),
    ] {
        for request in [
            named("x", &data).secret(SecretEncoding::Text),
            named("x", &data).secret(SecretEncoding::Raw),
            named("x", &data).algorithm(Algorithm::Hs256),
        ] {
            let error = store.import(request.allow_short_secret(true)).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported), "{error}");
        }
    }
    // A JWK says that it holds a secret, and holds a key.
    for key in [pem.as_bytes(), der] {
        let jwk = format!(r#"{{"kty":"oct","k":"{}"}}"#, Base64UrlUnpadded::encode_string(key));
        for json in [format!(r#"{{"keys":[{jwk}]}}"#), jwk] {
            assert!(inspect(json.as_bytes(), None).is_err());
            insta::allow_duplicates! {
                insta::assert_snapshot!(told(store.import(named("x", json))), @"InvalidInput data: data: it reads as a key or certificate, which must not serve as an HMAC secret");
            }
        }
    }
    assert_eq!(store.len().unwrap(), 1);
}

#[test]
fn short_secrets_need_to_be_allowed() {
    let store = memory();
    for (len, algorithm) in
        [(31, Algorithm::Hs256), (47, Algorithm::Hs384), (63, Algorithm::Hs512), (1, Algorithm::Hs512)]
    {
        let request = |name: &str| secret(name, vec![0xA7; len]).algorithm(algorithm);
        assert_eq!(store.import(request("x")).unwrap_err().kind(), ErrorKind::InvalidInput);
        let key = store.import(request(&format!("short {len}")).allow_short_secret(true)).unwrap().key;
        assert_eq!(key.bits() as usize, 8 * len);
        let mac = store.sign(key.id(), b"message").unwrap();
        assert!(store.verify(key.id(), b"message", mac.as_bytes()).unwrap());
        // openssl computes the same.
        let hash = format!("-sha{}", algorithm.hash().bits());
        let hex = "A7".repeat(len);
        let output = support_hmac(&hash, &hex, b"message");
        assert_eq!(output, mac.as_bytes());
    }
    insta::assert_snapshot!(told(store.import(secret("x", []).allow_short_secret(true))), @"InvalidInput data: data: secret stops making sense at character 1: it is empty; accepted is one byte or more");
    insta::assert_snapshot!(told(store.import(secret("x", vec![1; 4097]))), @"InvalidInput secret: the secret is 4097 bytes, HS512 allows 64 to 4096 bytes: RFC 7518, section 3.2");
}

fn support_hmac(hash: &str, hex_key: &str, message: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m"), message).unwrap();
    openssl(folder.path(), &format!("dgst {hash} -mac HMAC -macopt hexkey:{hex_key} -binary m"))
}

#[test]
fn neither_requests_nor_answers_show_a_secret() {
    let store = memory();
    let hidden = "correct horse battery staple, thirty-two";
    let request = named("a", hidden).secret(SecretEncoding::Text).password("open sesame");
    let shown = format!("{request:?}");
    assert!(!shown.contains("horse") && !shown.contains("sesame"), "{shown}");
    let imported = store.import(request).unwrap();
    assert!(!format!("{imported:?}").contains("horse"));
    let inspection = inspect(&CHAIN.key, None).unwrap();
    let scalar: String = der(&CHAIN.key)[7..15].iter().map(|byte| format!("{byte}, ")).collect();
    assert!(!format!("{inspection:?}").contains(scalar.trim_end_matches(", ")));
}

#[test]
fn private_keys_in_one_input_are_counted() {
    let many = |count: usize| CHAIN.key.repeat(count);
    assert_eq!(inspect(&many(128), None).unwrap().len(), 1, "the same key, again and again");
    insta::assert_snapshot!(inspect(&many(129), None).unwrap_err(), @"data: there are more than 128 private keys in it");
}

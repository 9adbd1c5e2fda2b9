//! What is handed out is read by others, as the same key: openssl, Python's `cryptography`, keytool, and jose of node.
//! What they write is taken in as the same key. And a private key leaves only where it may, and never unnoticed.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "support/judges.rs"]
mod judges;
mod support;

use std::sync::LazyLock;

use judges::{Folder, MESSAGE, hex, import_with, memory, pair};
use keystead::{
    Algorithm, ErrorKind, Fingerprint, ImportKey, Key, KeyName, KeyRef, KeyType, Keystore, Options, PublicFormat,
    SecretBytes, SecretFormat,
};
use serde_json::{Value, json};

const PASSWORD: &str = "pässword of an export";

/// An exportable key for each algorithm; RSA's are one key under several names.
static STORE: LazyLock<(Keystore, Vec<Key>)> = LazyLock::new(|| {
    let store = memory();
    let keys = Algorithm::ALL.iter().map(|&algorithm| exportable(&store, algorithm)).collect();
    (store, keys)
});

fn exportable(store: &Keystore, algorithm: Algorithm) -> Key {
    let name = format!("schlüssel für {algorithm}");
    if algorithm.key_type() == KeyType::Rsa {
        let pem = pair(Algorithm::Rs256).file("key.pem");
        let request = ImportKey::new(KeyName::new(name).unwrap(), pem).algorithm(algorithm).exportable(true);
        return store.import(request).unwrap().key;
    }
    store.generate(support::request(name, algorithm).exportable(true)).unwrap()
}

fn password() -> SecretBytes {
    PASSWORD.into()
}

/// Every format with its name and the words of openssl that read it, `-` where it has none.
fn public_formats() -> [(&'static str, PublicFormat, &'static str); 9] {
    [
        ("public-pem", PublicFormat::SpkiPem, "pkey -pubin -pubout -outform DER"),
        ("public-der", PublicFormat::SpkiDer, "pkey -pubin -inform DER -pubout -outform DER"),
        ("public-pem", PublicFormat::Pkcs1Pem, "rsa -RSAPublicKey_in -pubout -outform DER"),
        ("certificate-pem", PublicFormat::CertificatePem, "x509 -noout -pubkey"),
        ("certificate-der", PublicFormat::CertificateDer, "x509 -inform DER -noout -pubkey"),
        ("pkcs7-pem", PublicFormat::Pkcs7Pem, "pkcs7 -print_certs"),
        ("pkcs7-pem", PublicFormat::Pkcs7PemCrlf, "pkcs7 -print_certs"),
        ("pkcs7-der", PublicFormat::Pkcs7Der, "pkcs7 -inform DER -print_certs"),
        ("jwk-public", PublicFormat::Jwk, "-"),
    ]
}

fn secret_formats() -> [(&'static str, SecretFormat, &'static str); 9] {
    let private = "pkey -pubout -outform DER -passin file:password";
    [
        ("private-pem", SecretFormat::Pkcs8Pem, private),
        ("private-der", SecretFormat::Pkcs8Der, private),
        ("private-pem", SecretFormat::EncryptedPkcs8Pem { password: password() }, private),
        ("private-der", SecretFormat::EncryptedPkcs8Der { password: password() }, private),
        ("private-pem", SecretFormat::Pkcs1Pem, private),
        ("private-pem", SecretFormat::Sec1Pem, private),
        ("pkcs12", SecretFormat::Pkcs12 { password: password() }, "-"),
        ("jwk-private", SecretFormat::Jwk, "-"),
        ("raw", SecretFormat::Raw, "-"),
    ]
}

fn fits(key: &Key, format: &SecretFormat) -> bool {
    match format {
        SecretFormat::Jwk => true,
        SecretFormat::Raw => key.key_type() == KeyType::Hmac,
        SecretFormat::Pkcs1Pem => key.key_type() == KeyType::Rsa,
        SecretFormat::Sec1Pem => key.key_type() == KeyType::Ec,
        _ => key.key_type() != KeyType::Hmac,
    }
}

/// Something that a key hands out, as a file.
struct Export {
    key: Key,
    kind: &'static str,
    openssl: &'static str,
    data: Vec<u8>,
    password: Option<&'static str>,
    what: String,
}

/// Every format of every key. What does not fit its key is refused.
static EXPORTS: LazyLock<Vec<Export>> = LazyLock::new(|| {
    let (store, keys) = &*STORE;
    let mut exports = Vec::new();
    for key in keys {
        for (kind, format, openssl) in public_formats() {
            let written = store.export_public(key.id(), format);
            let what = format!("{:?} as {format:?}", key.algorithm().unwrap());
            let pkcs1 = format == PublicFormat::Pkcs1Pem && key.key_type() != KeyType::Rsa;
            if key.key_type() == KeyType::Hmac || pkcs1 {
                assert_eq!(written.unwrap_err().kind(), ErrorKind::NotPossible, "{what}");
                continue;
            }
            exports.push(Export { key: key.clone(), kind, openssl, data: written.unwrap(), password: None, what });
        }
        for (kind, format, openssl) in secret_formats() {
            let written = store.export_secret(key.id(), &format);
            let what = format!("{:?} as {format:?}", key.algorithm().unwrap());
            // RSA's keys are one, and encryption takes its time.
            if what.contains("password") && key.key_type() == KeyType::Rsa && key.algorithm() != Some(Algorithm::Rs256)
            {
                continue;
            }
            if !fits(key, &format) {
                assert_eq!(written.unwrap_err().kind(), ErrorKind::NotPossible, "{what}");
                continue;
            }
            let password = what.contains("password").then_some(PASSWORD);
            let data = written.unwrap().expose_secret().to_vec();
            exports.push(Export { key: key.clone(), kind, openssl, data, password, what });
        }
    }
    exports
});

#[test]
fn openssl_reads_what_is_handed_out() {
    let folder = Folder::new();
    folder.put("password", PASSWORD);
    let mut read = 0;
    for Export { key, openssl, data, what, .. } in EXPORTS.iter() {
        if *openssl == "-" {
            continue;
        }
        folder.put("export", data);
        let mut found =
            folder.run("openssl", &format!("{openssl} -in export")).unwrap_or_else(|said| panic!("{what}: {said}"));
        if openssl.starts_with("pkcs7") {
            folder.put("certificate", found);
            found = folder.openssl("x509 -in certificate -noout -pubkey");
        }
        if found.starts_with(b"-") {
            found = judges::unpem(&found);
        }
        assert_eq!(key.public_key_der(), Some(&found[..]), "{what}");
        read += 1;
    }
    assert_eq!(read, 104, "every format of every key");
}

/// PKCS#12 by its own command: what it says about ciphers, names and certificates.
#[test]
fn openssl_reads_pkcs12() {
    let folder = Folder::new();
    folder.put("password", PASSWORD);
    for Export { key, data, what, .. } in EXPORTS.iter().filter(|export| export.kind == "pkcs12") {
        folder.put("export", data);
        // A locale decides how the command line takes a password that is not ASCII.
        let pem = folder
            .run("env", "LC_ALL=C.UTF-8 openssl pkcs12 -in export -passin file:password -nodes")
            .unwrap_or_else(|said| panic!("{what}: {said}"));
        folder.put("pem", &pem);
        assert_eq!(key.public_key_der(), Some(&folder.openssl("pkey -in pem -pubout -outform DER")[..]), "{what}");
        assert_eq!(key.certificate_der(), Some(&folder.openssl("x509 -in pem -outform DER")[..]), "{what}");
        let wrong = folder.run("openssl", "pkcs12 -in export -passin pass:wrong -nodes").unwrap_err();
        assert!(wrong.contains("invalid password"), "{wrong}");
    }
}

#[test]
fn encryption_is_what_the_manual_says() {
    let folder = Folder::new();
    let export = EXPORTS.iter().find(|export| export.what.contains("EncryptedPkcs8Der")).unwrap();
    folder.put("export", &export.data);
    let text = String::from_utf8(folder.openssl("asn1parse -inform DER -in export")).unwrap();
    for word in ["PBES2", "scrypt", "aes-256-cbc"] {
        assert!(text.contains(word), "{text}");
    }
    // Another salt, another text.
    let (store, keys) = &*STORE;
    let key = keys.iter().find(|key| key.key_type() == KeyType::Ec).unwrap();
    for make in [|password| SecretFormat::EncryptedPkcs8Der { password }, |password| SecretFormat::Pkcs12 { password }]
    {
        let [one, other] = [0, 1].map(|_| store.export_secret(key.id(), &make(password())).unwrap());
        assert_ne!(one.expose_secret(), other.expose_secret());
        let plain = store.export_secret(key.id(), &SecretFormat::Pkcs8Der).unwrap();
        let secret = &plain.expose_secret()[36..60];
        assert!(!one.expose_secret().windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn pem_has_lines_of_64_and_one_kind_of_line_end() {
    for Export { data, what, .. } in EXPORTS.iter().filter(|export| export.data.starts_with(b"-----")) {
        let text = std::str::from_utf8(data).unwrap();
        let end = if what.ends_with("Crlf") { "\r\n" } else { "\n" };
        assert!(text.ends_with(&format!("-----{end}")), "{what}");
        let lines: Vec<_> = text.strip_suffix(end).unwrap().split(end).collect();
        assert!(lines.iter().all(|line| !line.contains(['\r', '\n']) && line.len() <= 64), "{what}");
        assert!(lines[1..lines.len() - 2].iter().all(|line| line.len() == 64), "{what}");
    }
}

/// Nothing where the package is not there, which is said.
fn python(folder: &Folder, script: &str) -> Option<String> {
    if folder.python("import cryptography").is_err() {
        println!("skipped: python3 has no package cryptography (pip install cryptography)");
        return None;
    }
    Some(String::from_utf8(folder.python(script).unwrap_or_else(|said| panic!("{said}"))).unwrap())
}

#[test]
fn python_reads_what_is_handed_out_and_finds_the_same_fingerprints() {
    let folder = Folder::new();
    let (store, keys) = &*STORE;
    let secret = |key: &Key| store.export_secret(key.id(), &SecretFormat::Raw).unwrap().expose_secret().to_vec();
    let mut files = Vec::new();
    for (number, export) in EXPORTS.iter().enumerate() {
        let file = format!("{number}.{}", export.kind);
        folder.put(&file, &export.data);
        let spki = export.key.public_key_der().map_or_else(|| secret(&export.key), <[u8]>::to_vec);
        files.push(json!({
            "file": file, "kind": export.kind, "password": export.password, "spki": hex(&spki),
            "kid": export.key.kid().as_str(), "alg": export.key.algorithm().unwrap().name(),
            "name": export.key.name().as_str(),
        }));
    }
    let asymmetric: Vec<_> = keys.iter().filter(|key| key.key_type() != KeyType::Hmac).collect();
    let digests: Vec<_> = asymmetric
        .iter()
        .map(|key| json!({ "spki": hex(key.public_key_der().unwrap()), "certificate": hex(key.certificate_der().unwrap()) }))
        .collect();
    folder.put("exports.json", json!({ "files": files, "digests": digests }).to_string());
    let Some(said) = python(&folder, include_str!("support/read_exports.py")) else { return };
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), asymmetric.len() + 1);
    assert_eq!(lines.last(), Some(&files.len().to_string().as_str()));
    for (key, line) in asymmetric.into_iter().zip(lines) {
        let theirs: Value = serde_json::from_str(line).unwrap();
        let ours = key.fingerprints().unwrap().unwrap();
        let certificate = ours.certificate.unwrap();
        let hexes = |digests: &[Fingerprint]| json!(digests.iter().map(Fingerprint::to_hex).collect::<Vec<_>>());
        assert_eq!(theirs["certificate"], hexes(&[certificate.md5, certificate.sha1, certificate.sha256]));
        assert_eq!(theirs["public_key"], hexes(&[ours.public_key.md5, ours.public_key.sha1, ours.public_key.sha256]));
        assert_eq!(theirs["jwk"], hexes(&[ours.jwk_sha1, ours.jwk_sha256]));
        assert_eq!(theirs["openssh"], ours.openssh.to_openssh());
        assert_eq!(key.jwk_thumbprint().unwrap(), Some(ours.jwk_sha256));
        // Each of them finds the key; RSA's is there several times.
        let mut all = vec![certificate.md5, certificate.sha1, certificate.sha256];
        all.extend([ours.public_key.md5, ours.public_key.sha1, ours.public_key.sha256]);
        all.extend([ours.jwk_sha1, ours.jwk_sha256, ours.openssh]);
        for digest in all {
            let found = store.keys_matching(&KeyRef::from(digest)).unwrap();
            assert!(found.iter().any(|other| other.id() == key.id()), "{digest:?}");
            assert!(found.iter().all(|other| other.public_key_der() == key.public_key_der()), "{digest:?}");
        }
    }
}

#[test]
fn what_python_writes_is_the_same_key() {
    let folder = Folder::new();
    let Some(_) = python(&folder, include_str!("support/write_keys.py")) else { return };
    let written: Vec<Value> = serde_json::from_slice(&folder.get("written.json")).unwrap();
    assert_eq!(written.len(), 5 * 16 + 1);
    for entry in written {
        let file = entry["file"].as_str().unwrap();
        let data = folder.get(file);
        let imported = import_with(&data, |request| match entry["password"].as_str() {
            Some(password) => request.password(password),
            None => request,
        });
        let key = imported.unwrap_or_else(|error| panic!("{file}: {error}")).key;
        assert_eq!(hex(key.public_key_der().unwrap()), entry["spki"].as_str().unwrap(), "{file}");
        assert_eq!(key.has_private_key(), entry["private"].as_bool().unwrap(), "{file}");
        let thumbprint = key.jwk_thumbprint().unwrap().unwrap();
        assert_eq!(thumbprint.to_base64url(), entry["thumbprint"].as_str().unwrap(), "{file}");
    }
}

#[test]
fn keytool_lists_what_is_handed_out() {
    let folder = Folder::new();
    if let Err(said) = folder.run("keytool", "-help") {
        println!("skipped: no keytool: {}", said.lines().next().unwrap_or_default());
        return;
    }
    let store = memory();
    for (number, algorithm) in [Algorithm::Es384, Algorithm::Rs256].into_iter().enumerate() {
        let key = exportable(&store, algorithm);
        let format = SecretFormat::Pkcs12 { password: "changeit".into() };
        folder.put("export.p12", store.export_secret(key.id(), &format).unwrap().expose_secret());
        let list = "-list -v -storetype PKCS12 -keystore export.p12 -storepass changeit";
        let said = String::from_utf8(folder.run("keytool", list).unwrap()).unwrap();
        assert!(said.contains("Entry type: PrivateKeyEntry"), "{said}");
        let digest = key.fingerprints().unwrap().unwrap().certificate.unwrap().sha256;
        assert!(said.contains(&format!("SHA256: {}", digest.to_colon_hex())), "{said}");
        // Java's provider takes the key itself out with the same password: it writes it into a store of its own.
        let copy = format!(
            "-importkeystore -noprompt -srckeystore export.p12 -srcstoretype PKCS12 -srcstorepass changeit -destkeystore copy{number}.p12 -deststorepass changeit"
        );
        folder.run("keytool", &copy).unwrap();
        let back =
            import_with(&folder.get(&format!("copy{number}.p12")), |request| request.password("changeit")).unwrap();
        assert_eq!(back.key.public_key_der(), key.public_key_der());
        assert!(back.key.has_private_key());
    }
    let certificate = store.export_public(store.keys().next().unwrap().unwrap().id(), PublicFormat::Pkcs7Pem).unwrap();
    folder.put("chain.p7b", certificate);
    let said = folder.run("keytool", "-printcert -file chain.p7b").unwrap();
    assert!(String::from_utf8_lossy(&said).contains("Serial number"));
}

#[test]
fn every_export_comes_back_as_the_same_key() {
    for Export { key, kind, data, password, what, .. } in EXPORTS.iter() {
        let imported = import_with(data, |mut request| {
            if let Some(password) = password {
                request = request.password(*password);
            }
            request
        })
        .unwrap_or_else(|error| panic!("{what}: {error}"));
        let back = imported.key;
        assert_eq!(back.public_key_der(), key.public_key_der(), "{what}");
        assert_eq!((back.key_type(), back.bits()), (key.key_type(), key.bits()), "{what}");
        if ["certificate", "pkcs7", "pkcs12", "jwk"].iter().any(|with| kind.starts_with(with)) {
            assert_eq!(back.certificate_der(), key.certificate_der(), "{what}");
        }
        if kind.starts_with("jwk") {
            assert_eq!((back.kid(), back.algorithm()), (key.kid(), key.algorithm()), "{what}");
        }
    }
}

#[test]
fn a_set_of_keys_has_public_parts_only() {
    let (store, keys) = &*STORE;
    let set: Value = serde_json::from_str(&store.jwks().unwrap()).unwrap();
    let published: Vec<&Key> = keys.iter().filter(|key| key.key_type() != KeyType::Hmac).collect();
    let members = set["keys"].as_array().unwrap();
    assert_eq!(members.len(), published.len());
    for (key, jwk) in published.iter().zip(members) {
        let alone: Value = serde_json::from_slice(&store.export_public(key.id(), PublicFormat::Jwk).unwrap()).unwrap();
        assert_eq!(*jwk, alone);
        assert_eq!(jwk["kid"], key.kid().as_str());
        for secret in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(jwk.get(secret).is_none(), "{secret}");
        }
    }
    let some = [published[3].id(), published[0].id()];
    let set: Value = serde_json::from_str(&store.jwks_of(&some).unwrap()).unwrap();
    let kids: Vec<_> = set["keys"].as_array().unwrap().iter().map(|jwk| jwk["kid"].as_str().unwrap()).collect();
    assert_eq!(kids, [published[3].kid().as_str(), published[0].kid().as_str()]);
    let hmac = keys.iter().find(|key| key.key_type() == KeyType::Hmac).unwrap();
    assert_eq!(store.jwks_of(&[hmac.id()]).unwrap_err().kind(), ErrorKind::NotPossible);
    assert_eq!(store.jwks_of(&[]).unwrap(), r#"{"keys":[]}"#);
}

#[test]
fn a_key_that_may_not_leave_stays() {
    let store = memory();
    for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
        let key = store.generate(support::request(algorithm.name(), algorithm)).unwrap();
        for (_, format, _) in secret_formats() {
            let error = store.export_secret(key.id(), &format).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        }
        let after = store.key(key.id()).unwrap();
        assert_eq!((after.exported_at(), &after), (None, &key));
    }
    // A public key has nothing that could leave.
    let public = pair(Algorithm::Es256).public.clone();
    let request = ImportKey::new(KeyName::new("public").unwrap(), public).exportable(true);
    let key = store.import(request).unwrap().key;
    let error = store.export_secret(key.id(), &SecretFormat::Pkcs8Pem).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotPossible);
    assert_eq!(store.key(key.id()).unwrap().exported_at(), None);
}

#[test]
fn an_export_is_on_record_before_it_is_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = Keystore::create(&path, &support::raw(), support::options()).unwrap();
    let es256 = exportable(&store, Algorithm::Es256);
    let hs256 = exportable(&store, Algorithm::Hs256);
    let signed = store.sign(es256.id(), MESSAGE).unwrap();

    // What fails is no export.
    for (key, format) in [
        (&es256, SecretFormat::Raw),
        (&es256, SecretFormat::Pkcs12 { password: "".into() }),
        (&es256, SecretFormat::EncryptedPkcs8Pem { password: "".into() }),
        (&es256, SecretFormat::EncryptedPkcs8Der { password: SecretBytes::from(vec![0xff]) }),
        (&hs256, SecretFormat::Pkcs8Der),
    ] {
        store.export_secret(key.id(), &format).unwrap_err();
        assert_eq!(store.key(key.id()).unwrap(), *key, "{format:?}");
    }
    // Nor is the public part.
    store.export_public(es256.id(), PublicFormat::CertificatePem).unwrap();
    store.jwks().unwrap();
    assert_eq!(store.key(es256.id()).unwrap().exported_at(), None);

    let pem = store.export_secret(es256.id(), &SecretFormat::Pkcs8Pem).unwrap();
    // As a crash at this moment would leave it.
    let (file, log) = (support::read_from_outside(&path), support::read_from_outside(&support::beside(&path, "-wal")));
    let crashed = folder.path().join("crashed.db");
    support::lay_out(&crashed, &file, &log);
    let exported = store.key(es256.id()).unwrap();
    assert!(exported.exported_at().is_some());
    let other = Keystore::open(&crashed, &support::raw(), support::options()).unwrap();
    assert_eq!(other.key(es256.id()).unwrap(), exported);
    assert_eq!(other.key(hs256.id()).unwrap().exported_at(), None);
    assert_eq!(other.verify_integrity().unwrap().problems(), [""; 0]);

    // It is still the same key.
    assert_eq!(exported.public_key_der(), es256.public_key_der());
    assert_eq!(exported.certificate_der(), es256.certificate_der());
    assert_eq!(store.sign(es256.id(), MESSAGE).unwrap().as_bytes(), signed.as_bytes());
    assert!(other.verify(es256.id(), MESSAGE, signed.as_bytes()).unwrap());
    let back = import_with(pem.expose_secret(), |request| request).unwrap();
    assert_eq!(back.key.public_key_der(), es256.public_key_der());

    // The first time counts, for ever.
    store.export_secret(es256.id(), &SecretFormat::Jwk).unwrap();
    store.rename(es256.id(), KeyName::new("renamed").unwrap()).unwrap();
    assert_eq!(store.key(es256.id()).unwrap().exported_at(), exported.exported_at());
    drop((store, other));

    // Who cannot write cannot export what was never exported.
    let store = Keystore::open_read_only(&path, &support::raw(), support::options()).unwrap();
    assert_eq!(store.export_secret(hs256.id(), &SecretFormat::Raw).unwrap_err().kind(), ErrorKind::ReadOnly);
    store.export_secret(es256.id(), &SecretFormat::Pkcs8Pem).unwrap();
    store.export_public(es256.id(), PublicFormat::SpkiPem).unwrap();
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

#[test]
fn eight_threads_export_one_key() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let key = exportable(&store, Algorithm::Es256);
    let exports: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let export = || store.export_secret(key.id(), &SecretFormat::Pkcs8Der).unwrap().expose_secret().to_vec();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(export)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(exports.iter().all(|export| *export == exports[0]));
    assert!(store.key(key.id()).unwrap().exported_at().is_some());
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

/// `cargo test --test export_judged jose -- --ignored`, with node and a way to npm's registry.
#[test]
#[ignore = "needs node and npm"]
fn jose_of_node_reads_and_writes_the_same_keys() {
    let folder = Folder::new();
    folder.put("package.json", r#"{"type":"module"}"#);
    folder.run("npm", "install --no-audit --no-fund --silent jose@6").unwrap();
    let (store, keys) = &*STORE;
    let mut entries = Vec::new();
    for key in keys {
        let private = store.export_secret(key.id(), &SecretFormat::Jwk).unwrap();
        let private: Value = serde_json::from_slice(private.expose_secret()).unwrap();
        let public = store.export_public(key.id(), PublicFormat::Jwk).ok();
        let public: Option<Value> = public.map(|jwk| serde_json::from_slice(&jwk).unwrap());
        let text = |format| String::from_utf8(store.export_public(key.id(), format).unwrap()).unwrap();
        let pem = |format| {
            let pem = store.export_secret(key.id(), &format).unwrap();
            String::from_utf8(pem.expose_secret().to_vec()).unwrap()
        };
        let asymmetric = public.is_some();
        entries.push(json!({
            "alg": key.algorithm().unwrap().name(), "private": private, "public": public,
            "pkcs8": asymmetric.then(|| pem(SecretFormat::Pkcs8Pem)),
            "spki": asymmetric.then(|| text(PublicFormat::SpkiPem)),
            "x509": asymmetric.then(|| text(PublicFormat::CertificatePem)),
            "thumbprint": key.jwk_thumbprint().unwrap().map(|digest| digest.to_base64url()),
        }));
    }
    folder.put("keys.json", json!({ "keys": entries, "set": store.jwks().unwrap() }).to_string());
    folder.put("judge.js", JOSE);
    let said = String::from_utf8(folder.run("node", "judge.js").unwrap_or_else(|said| panic!("{said}"))).unwrap();
    let said: Value = serde_json::from_str(&said).unwrap();
    for (key, signed) in keys.iter().zip(said["signed"].as_array().unwrap()) {
        // The token that jose signed with our key.
        let token = signed.as_str().unwrap();
        let (content, signature) = token.rsplit_once('.').unwrap();
        let signature = <base64ct::Base64UrlUnpadded as base64ct::Encoding>::decode_vec(signature).unwrap();
        assert!(store.verify(key.id(), content.as_bytes(), &signature).unwrap(), "{:?}", key.algorithm());
    }
    let made = said["made"].as_array().unwrap();
    assert_eq!(made.len(), 12);
    for entry in made {
        let back = import_with(entry["data"].as_str().unwrap().as_bytes(), |request| request).unwrap().key;
        assert_eq!(back.jwk_thumbprint().unwrap().unwrap().to_base64url(), entry["thumbprint"].as_str().unwrap());
    }
}

const JOSE: &str = r#"
import { readFileSync } from "node:fs";
import * as jose from "jose";
import assert from "node:assert/strict";

const { keys, set } = JSON.parse(readFileSync("keys.json", "utf8"));
const remote = jose.createLocalJWKSet(JSON.parse(set));
const signed = [];
for (const key of keys) {
    const token = (by) => new jose.SignJWT({ sub: "a" }).setProtectedHeader({ alg: key.alg, kid: key.private.kid }).sign(by);
    const mine = await token(await jose.importJWK(key.private, key.alg));
    signed.push(mine);
    if (key.public === null) {
        await jose.jwtVerify(mine, await jose.importJWK(key.private, key.alg));
        continue;
    }
    assert.equal(await jose.calculateJwkThumbprint(key.public), key.thumbprint);
    assert.equal(await jose.calculateJwkThumbprint(key.private), key.thumbprint);
    const other = await token(await jose.importPKCS8(key.pkcs8, key.alg));
    for (const by of [
        await jose.importJWK(key.public, key.alg),
        await jose.importSPKI(key.spki, key.alg),
        await jose.importX509(key.x509, key.alg),
        remote,
    ]) {
        await jose.jwtVerify(mine, by);
        await jose.jwtVerify(other, by);
    }
}
const made = [];
for (const alg of ["ES256", "ES384", "ES512", "RS256"]) {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    const jwk = await jose.exportJWK(privateKey);
    const thumbprint = await jose.calculateJwkThumbprint(jwk);
    for (const data of [JSON.stringify(jwk), await jose.exportPKCS8(privateKey), await jose.exportSPKI(publicKey)]) {
        made.push({ data, thumbprint });
    }
}
console.log(JSON.stringify({ signed, made }));
"#;

/// Kubernetes, for one, takes the SHA-256 of the public key for a kid.
#[test]
fn a_kid_that_is_a_digest_hides_no_other_key() {
    let store = memory();
    let public = &pair(Algorithm::Es256).public;
    let import = |public: &[u8], name: &str, kid: Option<&str>| {
        let mut request = ImportKey::new(KeyName::new(name).unwrap(), public.to_vec());
        if let Some(kid) = kid {
            request = request.kid(keystead::Kid::new(kid).unwrap());
        }
        store.import(request).unwrap().key
    };
    let first = import(public, "first", None);
    let digests = first.fingerprints().unwrap().unwrap();
    // A stranger's key, which says that it is the first.
    let stranger = digests.public_key.sha256;
    import(&pair(Algorithm::Es384).public, "stranger", Some(&stranger.to_base64url()));
    assert_eq!(store.keys_matching(&KeyRef::from(stranger)).unwrap(), std::slice::from_ref(&first));
    let mut ids = vec![first.id()];
    for digest in [digests.public_key.sha256, digests.public_key.sha1, digests.jwk_sha1, digests.openssh] {
        ids.push(import(public, &digest.to_hex(), Some(&digest.to_base64url())).id());
        let found = store.keys_matching(&KeyRef::from(digest)).unwrap();
        assert_eq!(found.iter().map(Key::id).collect::<Vec<_>>(), ids, "{digest:?}");
    }
}

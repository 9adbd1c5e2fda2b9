//! Keys under a password, as openssl and keytool write them: every cipher and derivation that is read, every refusal, and
//! no work that a file chooses.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/judges.rs"]
mod judges;

use std::time::{Duration, Instant};

use judges::{
    Folder, PAIRS, Pair, assert_signs, from_hex, import, import_with, memory, pair, pem, replaced, tlv, unpem,
};
use keystead::{Algorithm, Error, ErrorKind, ImportKey, Imported, KeyName, SecretBytes, inspect};

const PASSWORD: &str = "correct-horse";

fn import_encrypted(data: &[u8], password: &str) -> Result<Imported, Error> {
    import_with(data, |request| request.password(password))
}

/// Read with the password and with no other, and the same key as before.
fn assert_locked(data: &[u8], pair: &Pair, form: &str, what: &str) {
    let store = memory();
    let request = ImportKey::new(KeyName::new("a").unwrap(), data.to_vec()).password(PASSWORD);
    let imported = store.import(request).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(imported.form.to_string(), form, "{what}");
    assert_eq!(imported.key.public_key_der(), Some(&pair.public[..]), "{what}");
    assert!(imported.key.has_private_key(), "{what}");
    assert_signs(&store, &imported.key, &pair.public, what);

    let found = inspect(data, Some(&SecretBytes::from(PASSWORD))).unwrap();
    assert_eq!(found[0].public_key_der(), Some(&pair.public[..]), "{what}");

    let none = import(data).expect_err(what);
    assert_eq!(none.kind(), ErrorKind::InvalidInput, "{what}");
    assert!(none.to_string().contains("password"), "{what}: {none}");
    for wrong in ["", "correct-hors", "Correct-horse", "correct-horse "] {
        let error = import_encrypted(data, wrong).expect_err(what);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{what}");
        assert!(!error.to_string().contains("horse"), "{error}");
    }
}

#[test]
fn encrypted_pkcs8_of_every_kind() {
    let ciphers = ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des3"];
    let hashes = ["hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512"];
    let mut kinds = Vec::new();
    for cipher in ciphers {
        kinds.extend(hashes.map(|hash| format!("-v2 {cipher} -v2prf {hash}")));
        kinds.push(format!("-v2 {cipher} -scrypt"));
    }
    for (number, kind) in kinds.iter().enumerate() {
        // Every algorithm has its turn.
        let pair = &PAIRS[number % PAIRS.len()];
        let write =
            |form| pair.openssl(&format!("pkcs8 -topk8 -in key.pem {kind} -outform {form} -passout pass:{PASSWORD}"));
        assert_locked(&write("PEM"), pair, "encrypted-pkcs8-pem", kind);
        if number % 3 == 0 {
            assert_locked(&write("DER"), pair, "encrypted-pkcs8-der", kind);
        }
    }
}

#[test]
fn a_wrong_password_and_damage_sound_the_same() {
    let pair = pair(Algorithm::Es256);
    let data = pair.openssl(&format!("pkcs8 -topk8 -in key.pem -outform DER -passout pass:{PASSWORD}"));
    let wrong = import_encrypted(&data, "wrong").unwrap_err().to_string();
    let len = data.len();
    for at in [len - 1, len - 16, len - 17, len - 40, len - 100] {
        for bit in 0..8 {
            let mut damaged = data.clone();
            damaged[at] ^= 1 << bit;
            assert_eq!(import_encrypted(&damaged, PASSWORD).unwrap_err().to_string(), wrong, "byte {at}, bit {bit}");
        }
    }
    // Some wrong passwords end in padding that looks right.
    for number in 0..600 {
        assert_eq!(import_encrypted(&data, &format!("wrong {number}")).unwrap_err().to_string(), wrong);
    }
}

/// PKCS#12's own scheme in PKCS#8, as `openssl pkcs8 -v1` wrote it.
#[test]
fn triple_des_is_read() {
    let pair = pair(Algorithm::Es256);
    let data = pair.openssl(&format!("pkcs8 -topk8 -in key.pem -v1 PBE-SHA1-3DES -passout pass:{PASSWORD}"));
    let imported = import_encrypted(&data, PASSWORD).unwrap();
    assert_eq!(imported.key.public_key_der().unwrap(), pair.public);
}

#[test]
fn schemes_of_another_age_are_refused() {
    let pair = pair(Algorithm::Es256);
    for kind in ["-v2 camellia-128-cbc", "-v2 aria-128-cbc", "-v2 aes-128-ofb"] {
        let data = pair.openssl(&format!("pkcs8 -topk8 -in key.pem {kind} -passout pass:{PASSWORD}"));
        let error = import_encrypted(&data, PASSWORD).expect_err(kind);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{kind}: {error}");
    }
}

/// A file must not choose how long its reader works.
#[test]
fn costs_are_refused_before_any_work() {
    let pair = pair(Algorithm::Es256);
    let write = |kind: &str| {
        let pem = pair.openssl(&format!("pkcs8 -topk8 -in key.pem {kind} -passout pass:{PASSWORD}"));
        unpem(&pem)
    };
    let integer = |hex: &str| tlv(0x02, &from_hex(hex));
    let mut files = Vec::new();
    let iterations = integer("0800");
    let pbkdf2 = write("-iter 2048");
    for many in ["7fffffff", "00ffffffff", "7fffffffffffffff", "00989681", "00", "ff"] {
        files.push((format!("PBKDF2, {many}"), replaced(&pbkdf2, &iterations, &integer(many))));
    }
    let scrypt = write("-scrypt");
    // openssl writes N = 16384, r = 8, p = 1.
    let (n, r, p) = (integer("4000"), integer("08"), integer("01"));
    let costs = [n.clone(), r.clone(), p.clone()].concat();
    for (what, changed) in [
        ("N", [integer("40000000"), r.clone(), p.clone()]),
        ("N, 64 bits", [integer("4000000000000000"), r.clone(), p.clone()]),
        ("N, no power of two", [integer("4001"), r.clone(), p.clone()]),
        ("N of one", [integer("01"), r.clone(), p.clone()]),
        ("N of nothing", [integer("00"), r.clone(), p.clone()]),
        ("r", [n.clone(), integer("3fffffff"), p.clone()]),
        ("r of nothing", [n.clone(), integer("00"), p.clone()]),
        ("p", [n.clone(), r.clone(), integer("3fffffff")]),
        ("p of nothing", [n.clone(), r.clone(), integer("00")]),
        ("all", [integer("00ffffffff"), integer("00ffffffff"), integer("00ffffffff")]),
    ] {
        let sequence = {
            // The salt stands before the costs, in the same SEQUENCE.
            let at = scrypt.windows(costs.len()).position(|window| window == costs).unwrap();
            let salt = &scrypt[at - 10..at];
            assert_eq!(salt[..2], [0x04, 8]);
            (tlv(0x30, &[salt, &costs].concat()), tlv(0x30, &[salt, &changed.concat()].concat()))
        };
        files.push((format!("scrypt, {what}"), replaced(&scrypt, &sequence.0, &sequence.1)));
    }
    let pkcs12 = pair.openssl(&format!("pkcs12 -export -inkey key.pem -in cert.pem -passout pass:{PASSWORD}"));
    assert!(pkcs12.ends_with(&iterations), "the MAC's count comes last");
    for many in ["7fffffff", "00989681", "00"] {
        let macs = mac_data(&pkcs12);
        let new = [&macs[..macs.len() - iterations.len()], &integer(many)].concat();
        let changed = replaced(&pkcs12, &tlv(0x30, macs), &tlv(0x30, &new));
        files.push((format!("PKCS#12's MAC, {many}"), changed));
        // Of the encryption inside, which the MAC covers: the cost is refused before that shows.
        files.push((format!("PKCS#12's bags, {many}"), replaced(&pkcs12, &iterations, &integer(many))));
    }
    for (what, data) in files {
        let started = Instant::now();
        let imported = import_encrypted(&data, PASSWORD);
        let took = started.elapsed();
        let error = imported.expect_err(&what);
        assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported), "{what}: {error}");
        assert!(took < Duration::from_millis(500), "{what}: {took:?}");
    }
}

/// The contents of `MacData`, the last element of a PKCS#12 file (RFC 7292 section 4).
fn mac_data(pkcs12: &[u8]) -> &[u8] {
    (0..pkcs12.len())
        .rev()
        .find_map(|at| {
            let [0x30, len @ 1..=0x7f, value @ ..] = &pkcs12[at..] else { return None };
            // DigestInfo inside is shorter, and does not reach the end.
            (value.len() == usize::from(*len)).then_some(value)
        })
        .unwrap()
}

/// Many blocks, each of a cost that alone would do.
#[test]
fn the_costs_of_one_input_add_up() {
    let pair = pair(Algorithm::Es256);
    let one = pair.openssl(&format!("pkcs8 -topk8 -in key.pem -iter 1000000 -passout pass:{PASSWORD}"));
    let started = Instant::now();
    let error = import_encrypted(&one.repeat(11), PASSWORD).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
}

#[test]
fn pkcs12_of_openssl() {
    let modern = "";
    let legacy = "-legacy";
    let named = "-name alias";
    let weak = "-keypbe AES-128-CBC -certpbe AES-128-CBC -macalg sha1 -iter 1";
    let triple = "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1";
    let naked = "-keypbe NONE -certpbe NONE";
    for (number, kind) in
        [modern, legacy, named, weak, triple, naked, "-macalg sha512", "-chain -CAfile ca.pem"].into_iter().enumerate()
    {
        let pair = &PAIRS[number % PAIRS.len()];
        let export = format!("pkcs12 -export -inkey key.pem -in leaf.pem {kind} -passout pass:{PASSWORD}");
        let data = match pair.folder.run("openssl", &export) {
            Ok(data) => data,
            // Some builds of openssl come without the old ciphers.
            Err(said) if kind == legacy && said.contains("legacy") => {
                println!("skipped: {said}");
                continue;
            }
            Err(said) => panic!("{said}"),
        };
        let what = format!("{} {kind}", pair.algorithm);
        assert_locked(&data, pair, "pkcs12-der", &what);
        let imported = import_encrypted(&data, PASSWORD).unwrap();
        assert_eq!(imported.key.certificate_der(), Some(&unpem(&pair.file("leaf.pem"))[..]), "{what}");
        // One bit of anything.
        for at in (0..data.len()).step_by(data.len() / 40) {
            let mut damaged = data.clone();
            damaged[at] ^= 0x10;
            if let Ok(read) = import_encrypted(&damaged, PASSWORD) {
                panic!("{what}: read with byte {at} changed, as {:?}", read.form);
            }
        }
    }
}

#[test]
fn pkcs12_without_a_password() {
    let pair = pair(Algorithm::Es256);
    let data = pair.openssl("pkcs12 -export -inkey key.pem -in cert.pem -passout pass:");
    assert_eq!(import_encrypted(&data, "").unwrap().key.public_key_der(), Some(&pair.public[..]));
    import_encrypted(&data, "wrong").unwrap_err();
    // Certificates alone.
    let data = pair.openssl(&format!("pkcs12 -export -nokeys -in cert.pem -passout pass:{PASSWORD}"));
    let imported = import_encrypted(&data, PASSWORD).unwrap();
    assert_eq!(imported.key.public_key_der(), Some(&pair.public[..]));
    assert!(!imported.key.has_private_key());
}

#[test]
fn passwords_of_any_script() {
    for password in ["pässwörd", "пароль", "🔑🔑", "with blank"] {
        let folder = Folder::new();
        folder.put("password", password);
        folder.put("key.pem", pair(Algorithm::Es256).file("key.pem"));
        folder.put("cert.pem", pair(Algorithm::Es256).file("cert.pem"));
        let pkcs8 = folder.openssl("pkcs8 -topk8 -in key.pem -passout file:password");
        let public = Some(&pair(Algorithm::Es256).public[..]);
        assert_eq!(import_encrypted(&pkcs8, password).unwrap().key.public_key_der(), public, "{password}");
        let written = folder.python(PKCS12_BY_PYTHON).unwrap_or_else(|said| panic!("{said}"));
        assert_eq!(import_encrypted(&written, password).unwrap().key.public_key_der(), public, "{password}");
    }
}

/// Python's `cryptography` takes a password as UTF-8; openssl's command line would take it in the locale's encoding.
const PKCS12_BY_PYTHON: &str = r#"
import sys
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
key = serialization.load_pem_private_key(open("key.pem", "rb").read(), None)
certificate = x509.load_pem_x509_certificate(open("cert.pem", "rb").read())
password = open("password", "rb").read()
encryption = serialization.BestAvailableEncryption(password)
sys.stdout.buffer.write(pkcs12.serialize_key_and_certificates("schlüssel".encode(), key, certificate, None, encryption))
"#;

#[test]
fn pkcs12_of_keytool() {
    let folder = Folder::new();
    if let Err(said) = folder.run("keytool", "-help") {
        println!("skipped: no keytool: {}", said.lines().next().unwrap_or_default());
        return;
    }
    for (name, kind) in [("ec", "-keyalg EC -groupname secp384r1"), ("rsa", "-keyalg RSA -keysize 2048")] {
        let store = format!("-keystore {name}.p12 -storetype PKCS12 -storepass {PASSWORD}");
        folder.run("keytool", &format!("-genkeypair {kind} -alias a -dname CN=jdk {store}")).unwrap();
        let data = folder.get(&format!("{name}.p12"));
        folder
            .put("key.pem", folder.openssl(&format!("pkcs12 -in {name}.p12 -nodes -nocerts -passin pass:{PASSWORD}")));
        let public = folder.openssl("pkey -in key.pem -pubout -outform DER");
        let store = memory();
        let request = ImportKey::new(KeyName::new("a").unwrap(), data.clone()).password(PASSWORD);
        let imported = store.import(request).unwrap();
        assert_eq!(imported.form.to_string(), "pkcs12-der");
        assert_eq!(imported.key.public_key_der(), Some(&public[..]));
        let information = imported.key.certificate_information().unwrap().unwrap();
        assert!(format!("{information:?}").contains("jdk"), "{information:?}");
        assert_signs(&store, &imported.key, &public, "keytool's key");
        import_encrypted(&data, "wrong").unwrap_err();
    }
    // Two keys in one file are not one.
    folder.run("keytool", &format!("-importkeystore -noprompt -srckeystore rsa.p12 -srcalias a -destalias b -srcstorepass {PASSWORD} -deststorepass {PASSWORD} -destkeystore ec.p12")).unwrap();
    let both = folder.get("ec.p12");
    assert_eq!(inspect(&both, Some(&SecretBytes::from(PASSWORD))).unwrap().len(), 2);
    assert_eq!(import_encrypted(&both, PASSWORD).unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// A block labelled as what it is not.
#[test]
fn encrypted_means_encrypted() {
    let pair = pair(Algorithm::Es256);
    let plain = pair.openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER");
    let locked = pair.openssl(&format!("pkcs8 -topk8 -in key.pem -outform DER -passout pass:{PASSWORD}"));
    for data in [pem("ENCRYPTED PRIVATE KEY", &plain, 64), pem("PRIVATE KEY", &locked, 64)] {
        assert_eq!(import_encrypted(data.as_bytes(), PASSWORD).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    // A password that is not needed does no harm.
    assert_eq!(import_encrypted(&plain, PASSWORD).unwrap().key.public_key_der(), Some(&pair.public[..]));
}

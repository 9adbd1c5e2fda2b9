//! What `openssl` on the command line writes, read here; what is written here, read there.

use std::process::Command;

use base64ct::{Base64, Encoding};

use super::public_key::tests::EC_KEYS;
use super::rfc_keys::PRIVATE;
use super::*;
use crate::model::{Armour, RawPrivate, Structure};

/// A directory with what each test hands to `openssl`.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    /// Runs `openssl` with words split at blanks; its output.
    fn run(&self, words: &str) -> Vec<u8> {
        let output =
            Command::new("openssl").current_dir(self.0.path()).args(words.split_whitespace()).output().unwrap();
        assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The same, the output into a file.
    fn make(&self, name: &str, words: &str) {
        let output = self.run(words);
        self.put(name, &output);
    }
}

fn der(base64: &str) -> Vec<u8> {
    Base64::decode_vec(base64).unwrap()
}

fn is_rsa(key: &rfc_keys::RfcKey) -> bool {
    key.jwk.contains("RSA")
}

fn private(document: Document) -> Vec<u8> {
    let key = document.items.into_iter().find_map(|item| match item.content {
        Content::Private(RawPrivate::Rsa { key, .. } | RawPrivate::Ec { key, .. }) => Some(key),
        _ => None,
    });
    key.unwrap().expose_secret().to_vec()
}

fn structures(document: &Document) -> Vec<Structure> {
    document.items.iter().map(|item| item.structure).collect()
}

#[test]
fn openssl_reads_the_older_encodings() {
    let bench = Bench::new();
    for key in &PRIVATE {
        bench.put("pkcs8", &der(key.pkcs8));
        let (ours, label) = if is_rsa(key) {
            (pkcs1_private(&der(key.pkcs8)).unwrap(), "RSA PRIVATE KEY")
        } else {
            (sec1_private(&der(key.pkcs8)).unwrap(), "EC PRIVATE KEY")
        };
        bench.put("pem", secret_pem(label, ours.expose_secret()).unwrap().expose_secret());
        assert_eq!(bench.run("pkey -in pem -outform DER"), bench.run("pkey -inform DER -in pkcs8 -outform DER"));
        // Byte for byte what openssl writes itself.
        assert_eq!(ours.expose_secret(), bench.run("pkey -inform DER -in pkcs8 -traditional -outform DER"));
        assert_eq!(bench.run("pkey -in pem -pubout -outform DER"), der(key.spki));
        if is_rsa(key) {
            bench.put("public", pem("RSA PUBLIC KEY", &pkcs1_public(&der(key.spki)).unwrap()).unwrap().as_bytes());
            assert_eq!(bench.run("rsa -RSAPublicKey_in -in public -pubout -outform DER"), der(key.spki));
        }
    }
}

#[test]
fn keys_that_openssl_writes_are_read() {
    let bench = Bench::new();
    for key in &PRIVATE {
        bench.put("key", &der(key.pkcs8));
        bench.make("traditional", "pkey -inform DER -in key -traditional");
        bench.make("pkcs8", "pkey -inform DER -in key");
        bench.make("encrypted", "pkcs8 -topk8 -inform DER -in key -v2 aes-256-cbc -passout pass:x");
        bench.make("public", "pkey -inform DER -in key -pubout");
        let read = |name: &str| read_document(&std::fs::read(bench.0.path().join(name)).unwrap()).unwrap();
        assert_eq!(private(read("traditional")), der(key.traditional));
        assert_eq!(structures(&read("pkcs8")), [Structure::Pkcs8]);
        let [Item { content: Content::EncryptedPkcs8 { .. }, .. }] = &*read("encrypted").items else { panic!() };
        let [Item { content: Content::Public(spki), .. }] = &*read("public").items else { panic!() };
        assert_eq!(**spki, *der(key.spki));
        if is_rsa(key) {
            let traditional = read_document(&bench.run("rsa -inform DER -in key -RSAPublicKey_out")).unwrap();
            let [Item { structure: Structure::Pkcs1Public, content: Content::Public(spki), .. }] = &*traditional.items
            else {
                panic!()
            };
            assert_eq!(**spki, *der(key.spki));
        } else {
            // A compressed point stays for `crypto` to open.
            let compressed = bench.run("ec -inform DER -in key -conv_form compressed");
            assert_eq!(structures(&read_document(&compressed).unwrap()), [Structure::Sec1]);
            let explicit = bench.run("ec -inform DER -in key -param_enc explicit");
            assert!(read_document(&explicit).unwrap_err().is_unsupported());
        }
    }
}

#[test]
fn files_of_several_parts_are_read() {
    let bench = Bench::new();
    for (curve, name) in [("prime256v1", "P-256"), ("secp384r1", "P-384"), ("secp521r1", "P-521")] {
        // EC PARAMETERS and EC PRIVATE KEY.
        bench.make("key", &format!("ecparam -name {curve} -genkey"));
        let text = std::fs::read(bench.0.path().join("key")).unwrap();
        assert!(String::from_utf8_lossy(&text).contains("EC PARAMETERS"));
        let [Item { content: Content::Private(RawPrivate::Ec { curve, .. }), .. }] =
            &*read_document(&text).unwrap().items
        else {
            panic!()
        };
        assert_eq!(curve.name(), name);

        bench.make("certificate", "req -x509 -key key -subj /CN=x");
        bench.make("store", "pkcs12 -export -inkey key -in certificate -name x -passout pass:x");
        let store = read_document(&std::fs::read(bench.0.path().join("store")).unwrap()).unwrap();
        assert_eq!((store.armour, structures(&store)), (Armour::Der, vec![Structure::Pkcs12]));
        // Bag Attributes, a certificate, Key Attributes, a key.
        let bags = bench.run("pkcs12 -in store -nodes -passin pass:x");
        assert!(String::from_utf8_lossy(&bags).contains("Bag Attributes"));
        let bags = read_document(&bags).unwrap();
        assert_eq!(structures(&bags), [Structure::Certificate, Structure::Pkcs8]);

        let certificate = bench.run("x509 -in certificate -outform DER");
        for file in ["x509 -in certificate -text", "x509 -in certificate -trustout -addtrust serverAuth"] {
            let read = read_document(&bench.run(file)).unwrap();
            let [Item { content: Content::Certificate(read), .. }] = &*read.items else { panic!() };
            assert_eq!(**read, *certificate);
        }
        assert!(read_document(&bench.run("req -new -key key -subj /CN=x")).unwrap_err().is_unsupported());
    }
}

#[test]
fn pkcs7_is_byte_for_byte_what_openssl_writes() {
    let bench = Bench::new();
    let mut certificates = Vec::new();
    for curve in ["prime256v1", "secp384r1", "secp521r1"] {
        bench.make("key", &format!("ecparam -name {curve} -genkey"));
        bench.make(curve, &format!("req -x509 -key key -subj /CN={curve}"));
        certificates.push(bench.run(&format!("x509 -in {curve} -outform DER")));
    }
    for count in 1..=3 {
        let files = ["-certfile prime256v1", "-certfile secp384r1", "-certfile secp521r1"][..count].join(" ");
        let theirs = bench.run(&format!("crl2pkcs7 -nocrl {files} -outform DER"));
        let some: Vec<&[u8]> = certificates[..count].iter().map(Vec::as_slice).collect();
        assert_eq!(pkcs7(&some).unwrap(), theirs);
        let read = read_document(&theirs).unwrap();
        assert_eq!(read.items.len(), count);
        for (item, expected) in read.items.iter().zip(&certificates) {
            let Item { structure: Structure::Pkcs7, content: Content::Certificate(read), .. } = item else { panic!() };
            assert_eq!(**read, **expected);
        }
        for ending in [LineEnding::Lf, LineEnding::Crlf] {
            bench.put("store", pem_with("PKCS7", &theirs, ending).unwrap().as_bytes());
            let shown = bench.run("pkcs7 -in store -print_certs");
            assert_eq!(String::from_utf8_lossy(&shown).matches("BEGIN CERTIFICATE").count(), count);
        }
    }
}

#[test]
fn public_keys_of_every_curve_are_read() {
    for (_, key) in EC_KEYS {
        let document = read_document(key.as_bytes()).unwrap();
        let [Item { content: Content::Public(spki), .. }] = &*document.items else { panic!() };
        assert_eq!((document.armour, &**spki), (Armour::Base64, &*der(key)));
    }
}

//! PKCS#12 judged by `openssl` on the command line and by files of `keytool`, with the passwords handled by `crypto`.

use std::fmt::Display;
use std::process::Command;

use super::*;
use crate::crypto::{
    KdfBudget, Pkcs12Mac, SigningKey, SystemEntropy, pbes_decrypt, pbes2_encrypt_pbkdf2, pkcs12_mac, sha256,
    verify_pkcs12_mac,
};
use crate::model::{Algorithm, KeySpec};
use crate::secret::SecretBytes;

/// Any layer's error, as its text.
#[derive(Debug)]
struct Text(String);

impl<E: Display> From<E> for Text {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

struct Opener<'a> {
    password: &'a str,
    budget: KdfBudget,
}

impl Pkcs12Password for Opener<'_> {
    type Error = Text;

    fn verify_mac(&mut self, mac: &MacFacts, content: &[u8]) -> Result<(), Text> {
        let MacFacts { algorithm, digest, salt, iterations } = mac.clone();
        let mac = Pkcs12Mac { algorithm, digest, salt, iterations };
        Ok(verify_pkcs12_mac(&mac, self.password.as_bytes(), content, &mut self.budget)?)
    }

    fn decrypt(&mut self, algorithm: &[u8], data: &[u8]) -> Result<SecretBytes, Text> {
        Ok(pbes_decrypt(algorithm, self.password.as_bytes(), data, &mut self.budget)?)
    }
}

fn read(pfx: &[u8], password: &str) -> Result<Vec<Pkcs12Entry>, String> {
    read_pkcs12(pfx, &mut Opener { password, budget: KdfBudget::new() }).map_err(|Text(text)| text)
}

/// A directory with a key, its certificate and that of an authority.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem");
        bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ca-key.pem");
        bench.openssl("req -x509 -new -key ca-key.pem -subj /CN=authority -days 9000 -out ca.pem");
        bench.openssl("req -x509 -new -key key.pem -subj /CN=own -days 9000 -out own.pem");
        bench.openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der");
        for name in ["own", "ca"] {
            bench.openssl(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
        }
        bench
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(name)).unwrap()
    }

    /// Runs `openssl` with words split at blanks, gives its output.
    fn openssl(&self, words: &str) -> Vec<u8> {
        let words: Vec<_> = words.split(' ').filter(|word| !word.is_empty()).collect();
        let output = Command::new("openssl").current_dir(self.0.path()).args(&words).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {words:?}: {complaint}");
        output.stdout
    }

    /// A file with key and certificates, the password in a file of its own.
    fn pkcs12(&self, password: &str, options: &str) -> Vec<u8> {
        self.put("password", format!("{password}\n").as_bytes());
        let files = "-inkey key.pem -in own.pem -certfile ca.pem -out made.p12 -passout file:password";
        self.openssl(&format!("pkcs12 -export {files} -name first {options}"));
        self.get("made.p12")
    }

    /// Whether the entries are those that `pkcs12` puts in.
    fn check(&self, entries: &[Pkcs12Entry]) {
        let mut key_id = None;
        let (mut certificates, mut keys) = (Vec::new(), 0);
        for entry in entries {
            match &entry.content {
                Pkcs12Content::PrivateKey(key) => {
                    assert_eq!(key.expose_secret(), self.get("key.der"));
                    assert_eq!(entry.friendly_name.as_deref(), Some("first"));
                    key_id = entry.local_key_id.clone();
                    keys += 1;
                }
                Pkcs12Content::Certificate(certificate) => {
                    certificates.push((certificate.to_vec(), entry.local_key_id.clone()));
                }
                Pkcs12Content::Secret { .. } => panic!("no secret was put in"),
            }
        }
        assert!(key_id.is_some() && keys == 1);
        assert_eq!(certificates, [(self.get("own.der"), key_id), (self.get("ca.der"), None)]);
    }
}

#[test]
fn what_openssl_writes_is_read() {
    let bench = Bench::new();
    for options in [
        "",
        "-legacy -provider legacy -provider default",
        "-legacy -descert -provider legacy -provider default",
        "-keypbe AES-128-CBC -certpbe AES-192-CBC",
        "-keypbe NONE",
        "-certpbe NONE",
        "-keypbe NONE -certpbe NONE",
        "-keypbe PBE-SHA1-3DES -certpbe DES-EDE3-CBC",
        "-keypbe PBE-SHA1-RC2-40 -certpbe PBE-SHA1-RC2-128 -provider legacy -provider default",
        "-macalg sha1",
        "-macalg sha224",
        "-macalg sha384",
        "-macalg sha512",
        "-iter 1",
        "-nomaciter",
        "-iter 100000",
    ] {
        let pfx = bench.pkcs12("correct horse", options);
        let entries = read(&pfx, "correct horse").unwrap_or_else(|text| panic!("{options}: {text}"));
        bench.check(&entries);
        let wrong = read(&pfx, "correct horsf").unwrap_err();
        assert_eq!(wrong, "the password is wrong, or what it protects is damaged", "{options}");
    }
}

#[test]
fn passwords_of_any_script_and_none_are_read() {
    let bench = Bench::new();
    for password in ["пароль", "naïve", "鍵🔑", "", "a", &"long ".repeat(100)] {
        for options in ["", "-legacy -provider legacy -provider default"] {
            let pfx = bench.pkcs12(password, options);
            let entries = read(&pfx, password).unwrap_or_else(|text| panic!("{password:?} {options}: {text}"));
            bench.check(&entries);
        }
    }
}

#[test]
fn what_is_not_read_says_why() {
    let bench = Bench::new();
    let wrong = |pfx: &[u8]| read(pfx, "x").unwrap_err();
    insta::assert_snapshot!(wrong(&bench.pkcs12("x", "-nomac")), @"PKCS#12 has no MAC, so that nothing shows whether it was changed");
    insta::assert_snapshot!(wrong(&bench.pkcs12("x", "-iter 20000000 -nomac")), @"PKCS#12 has no MAC, so that nothing shows whether it was changed");
    let rc4 = bench.pkcs12("x", "-keypbe PBE-SHA1-RC4-128 -provider legacy -provider default");
    insta::assert_snapshot!(wrong(&rc4), @"encryption scheme 1.2.840.113549.1.12.1.1 (pbeWithSHAAnd128BitRC4) is not supported, allowed are PBES2 and, in PKCS#12, SHA-1 with 3DES or RC2");
    insta::assert_snapshot!(wrong(&bench.pkcs12("x", "-macalg md5")), @"PKCS#12 MAC 1.2.840.113549.2.5 (MD5) is not supported, allowed are SHA-1, SHA-224, SHA-256, SHA-384, SHA-512 and PBMAC1");
}

#[test]
fn no_changed_bit_is_overlooked() {
    let bench = Bench::new();
    let pfx = bench.pkcs12("x", "-iter 1");
    let accepted: Vec<_> = (0..pfx.len() * 8)
        .filter(|bit| {
            let mut changed = pfx.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            read(&changed, "x").is_ok()
        })
        .collect();
    assert_eq!(accepted, [0usize; 0]);
    for len in 0..pfx.len() {
        read(&pfx[..len], "x").unwrap_err();
    }
    read(&[pfx, vec![0]].concat(), "x").unwrap_err();
}

#[test]
fn costs_are_refused_before_the_work() {
    let new = NewPkcs12 { key: &[0x30, 0], certificates: &[], friendly_name: "" };
    let pfx = |iterations| {
        let mac = |content: &[u8]| {
            let Pkcs12Mac { algorithm, digest, salt, .. } = pkcs12_mac(b"x", content, &SystemEntropy)?;
            Ok(MacFacts { algorithm, digest, salt, iterations })
        };
        write_pkcs12::<Text>(&new, |_| panic!("there is no certificate"), mac).unwrap()
    };
    insta::assert_snapshot!(read(&pfx(10_000_001), "x").unwrap_err(), @"key derivation takes 10000001 rounds, allowed are 10000000 for one input, 10000000 of them are left");
    insta::assert_snapshot!(read(&pfx(u64::MAX), "x").unwrap_err(), @"key derivation takes 18446744073709551615 rounds, allowed are 10000000 for one input, 10000000 of them are left");
    insta::assert_snapshot!(read(&pfx(0), "x").unwrap_err(), @"malformed encryption: PKCS#12 MAC has no rounds");
    insta::assert_snapshot!(read(&pfx(1), "x").unwrap_err(), @"the password is wrong, or what it protects is damaged");
}

#[test]
fn openssl_reads_what_we_write() {
    let bench = Bench::new();
    let chain = [bench.get("own.der"), bench.get("ca.der")];
    let chain: Vec<_> = chain.iter().map(Vec::as_slice).collect();
    for (password, certificates) in [("hunter2", &chain[..]), ("鍵🔑", &chain[..1]), ("hunter2", &[])] {
        let sealed = |bytes: &[u8]| pbes2_encrypt_pbkdf2(password.as_bytes(), bytes, &SystemEntropy);
        let key = sealed(&bench.get("key.der")).unwrap().to_encrypted_private_key().unwrap();
        let new = NewPkcs12 { key: &key, certificates, friendly_name: "naïve 🔑" };
        let pfx = write_pkcs12::<Text>(
            &new,
            |content| Ok(sealed(content).map(|sealed| (sealed.algorithm, sealed.ciphertext))?),
            |content| {
                let Pkcs12Mac { algorithm, digest, salt, iterations } =
                    pkcs12_mac(password.as_bytes(), content, &SystemEntropy)?;
                Ok(MacFacts { algorithm, digest, salt, iterations })
            },
        )
        .unwrap();
        bench.put("ours.p12", &pfx);
        bench.put("password", format!("{password}\n").as_bytes());
        bench.openssl("pkcs12 -in ours.p12 -passin file:password -nodes -nocerts -out read.pem");
        assert_eq!(bench.openssl("pkcs8 -topk8 -nocrypt -in read.pem -outform DER"), bench.get("key.der"));
        let found = bench.openssl("pkcs12 -in ours.p12 -passin file:password -nokeys");
        // The name comes in Latin letters of one byte each.
        let found = String::from_utf8_lossy(&found);
        assert_eq!(found.matches("BEGIN CERTIFICATE").count(), certificates.len());
        for (name, der) in ["own", "ca"].iter().zip(certificates) {
            assert_eq!(bench.get(&format!("{name}.der")), **der);
            let pem = String::from_utf8(bench.get(&format!("{name}.pem"))).unwrap();
            assert!(found.contains(pem.trim_end()), "{name}");
        }

        let entries = read(&pfx, password).unwrap();
        assert_eq!(entries.len(), 1 + certificates.len());
        let key = &entries[0];
        assert_eq!(key.friendly_name.as_deref(), Some("naïve 🔑"));
        assert_eq!(read(&pfx, "hunter3").unwrap_err(), "the password is wrong, or what it protects is damaged");
    }
}

#[test]
fn a_key_of_ours_goes_through() {
    let key = SigningKey::generate(KeySpec::parse(Algorithm::Es256, None).unwrap(), &SystemEntropy).unwrap();
    let private = key.to_private().unwrap();
    let sealed = pbes2_encrypt_pbkdf2(b"p", private.expose_secret(), &SystemEntropy).unwrap();
    let plain = pbes_decrypt(&sealed.algorithm, b"p", &sealed.ciphertext, &mut KdfBudget::new()).unwrap();
    assert!(plain.ct_eq(private.expose_secret()));
}

/// Files of `keytool`, see `tests/data/README.md`; the digests and secrets are what a program of Java's own
/// `KeyStore` gave for them.
#[test]
fn what_keytool_writes_is_read() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let files: [(&[u8], [&str; 5], bool); 2] = [
        (
            include_bytes!("../../tests/data/pkcs12/jdk17.p12"),
            [
                "f24effcf225a2e31e1d2386d6c8a12a206f18c428b4437820e528d6d6c3aee7c",
                "75eee2407b20cf09a432cabac9723d18514e73d75d66f7d054864de951cfb6c8",
                "48e7dd3f06aeb01a9e8a418b3d5eda781a19670aabdd5f8cd65f1a14bcf766cf",
                "60d40233a8f357f6840086d4b5031b374ad353862af2525d77b8c5c25eec2848",
                "f493619bdfa6fd0234084dedb44342c59b064e9e0ab581c578fa8bb377e256b7",
            ],
            true,
        ),
        (
            include_bytes!("../../tests/data/pkcs12/jdk17-legacy.p12"),
            [
                "f7abe3d8382453b8f2a3be8ec6b82f6a4682cf7b796a6d35ac6830d2280be463",
                "248e3d20273498176b939810e8362fd2f16085373ffd6a723503965239a400cb",
                "8affca1e38f670debee5651aa67521f52e3449bfdd7e4341ba2a7099229aee7e",
                "644c392ec0449eb752c3a6a97cb90c0045cc9ed88d23267f5011fb3ccf7f928c",
                "d6e42d58da2798650b77965dc7731636d19ae552eeca07e9e11af2ae974055b4",
            ],
            false,
        ),
    ];
    for (pfx, [secret, first_key, first, second_key, second], trusted) in files {
        let entries = read(pfx, "correct horse").unwrap();
        let id = |name: &str| {
            let key = entries.iter().find(|entry| entry.friendly_name.as_deref() == Some(name)).unwrap();
            key.local_key_id.as_deref().unwrap().to_vec()
        };
        let mut found: Vec<_> = entries
            .iter()
            .map(|entry| {
                let (kind, value) = match &entry.content {
                    Pkcs12Content::PrivateKey(key) => ("key", hex(&sha256(key.expose_secret()))),
                    Pkcs12Content::Certificate(certificate) => ("certificate", hex(&sha256(certificate))),
                    Pkcs12Content::Secret { algorithm, secret } => {
                        assert_eq!(algorithm.to_string(), "1.2.840.113549.2.9", "HMAC with SHA-256");
                        ("secret", hex(secret.expose_secret()))
                    }
                };
                let owner = ["first", "second", "third"]
                    .into_iter()
                    .find(|name| entry.local_key_id.as_deref() == Some(&id(name)));
                (kind, owner, value)
            })
            .collect();
        found.sort();
        let mut expected = vec![
            ("secret", Some("third"), secret.to_owned()),
            ("key", Some("first"), first_key.to_owned()),
            ("certificate", Some("first"), first.to_owned()),
            ("key", Some("second"), second_key.to_owned()),
            ("certificate", Some("second"), second.to_owned()),
        ];
        if trusted {
            expected.push(("certificate", None, first.to_owned()));
        }
        expected.sort();
        assert_eq!(found, expected);
        assert_eq!(read(pfx, "wrong horse").unwrap_err(), "the password is wrong, or what it protects is damaged");
    }
}

/// See `tests/data/README.md`.
#[test]
fn pbmac1_is_read() {
    let pfx = include_bytes!("../../tests/data/pkcs12/pbmac1.p12");
    let entries = read(pfx, "x").unwrap();
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.friendly_name.as_deref() == Some("first")));
    assert_eq!(read(pfx, "y").unwrap_err(), "the password is wrong, or what it protects is damaged");
    // Behind the MAC come the salt, `NOT USED`, and one round.
    let mut changed = pfx.to_vec();
    let at = changed.len() - 15;
    changed[at] ^= 1;
    assert_eq!(read(&changed, "x").unwrap_err(), "the password is wrong, or what it protects is damaged");
}

//! Keys and signatures judged by `openssl` on the command line.

use std::path::Path;
use std::process::Command;

use der::asn1::UintRef;
use der::{Decode, Encode};

use super::fixtures::{every_key, hex};
use super::*;
use crate::model::{KeySpec, KeyType, Scheme};

const MESSAGE: &[u8] = b"signed by one, verified by the other";

/// A directory with what each test hands to `openssl`.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        bench.put("message", MESSAGE);
        bench
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(name)).unwrap()
    }

    /// Runs `openssl` with words split at blanks; its output, or what it complained about.
    fn openssl(&self, words: &str) -> Result<Vec<u8>, String> {
        let path: &Path = self.0.path();
        let output = Command::new("openssl").current_dir(path).args(words.split_whitespace()).output().unwrap();
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(format!("openssl {words}: {}", String::from_utf8_lossy(&output.stderr)))
        }
    }
}

fn digest(algorithm: Algorithm) -> String {
    let pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
    let options = if algorithm.scheme() == Scheme::RsaPss { pss } else { "" };
    format!("-sha{} {options}", algorithm.hash().bits())
}

fn asymmetric<'a>() -> impl Iterator<Item = &'a SigningKey> {
    every_key().iter().filter(|key| key.algorithm().key_type() != KeyType::Hmac)
}

#[test]
fn openssl_verifies_our_signatures() {
    let bench = Bench::new();
    for key in asymmetric() {
        let algorithm = key.algorithm();
        bench.put("public", &key.public_key_der().unwrap().unwrap());
        bench.put("signature", &key.try_sign(MESSAGE, &SystemEntropy).unwrap().to_der());
        let verify = format!("dgst {} -verify public -keyform DER -signature signature message", digest(algorithm));
        bench.openssl(&verify).unwrap();
        bench.put("signature", &key.try_sign(b"another", &SystemEntropy).unwrap().to_der());
        bench.openssl(&verify).unwrap_err();
    }
}

#[test]
fn we_verify_signatures_of_openssl() {
    let bench = Bench::new();
    for key in asymmetric() {
        let algorithm = key.algorithm();
        bench.put("private", key.to_private().unwrap().expose_secret());
        bench
            .openssl(&format!("dgst {} -sign private -keyform DER -out signature message", digest(algorithm)))
            .unwrap();
        let signature = match algorithm.curve() {
            None => bench.get("signature"),
            Some(curve) => {
                let der = bench.get("signature");
                let numbers = Vec::<UintRef<'_>>::from_der(&der).unwrap();
                let padded = |number: &UintRef<'_>| {
                    let digits = number.as_bytes();
                    [vec![0; curve.field_len() - digits.len()], digits.to_vec()].concat()
                };
                numbers.iter().flat_map(padded).collect()
            }
        };
        key.verifying_key().unwrap().verify(MESSAGE, &signature).unwrap();
        key.verifying_key().unwrap().verify(b"another", &signature).unwrap_err();
    }
}

#[test]
fn openssl_makes_the_same_tags() {
    let bench = Bench::new();
    for key in every_key().iter().filter(|key| key.algorithm().key_type() == KeyType::Hmac) {
        let digits: String =
            key.to_private().unwrap().expose_secret().iter().map(|byte| format!("{byte:02x}")).collect();
        let bits = key.algorithm().hash().bits();
        bench.openssl(&format!("dgst -sha{bits} -mac HMAC -macopt hexkey:{digits} -binary -out tag message")).unwrap();
        assert_eq!(bench.get("tag"), key.try_sign(MESSAGE, &SystemEntropy).unwrap().as_bytes());
    }
}

/// `openssl pkey -check` passes, and what it writes of our keys is what we wrote.
#[test]
fn openssl_accepts_our_keys() {
    let bench = Bench::new();
    let made = KeySpec::parse(Algorithm::Rs256, Some(2048)).unwrap();
    let made = SigningKey::generate(made, &SystemEntropy).unwrap();
    assert_eq!(made.bits(), 2048);
    for key in asymmetric().chain([&made]) {
        let private = key.to_private().unwrap();
        bench.put("private", private.expose_secret());
        bench.openssl("pkey -inform DER -in private -check -noout").unwrap();
        bench.openssl("pkcs8 -topk8 -nocrypt -inform DER -in private -outform DER -out again").unwrap();
        assert!(private.ct_eq(&bench.get("again")), "{}", key.algorithm());
        bench.openssl("pkey -inform DER -in private -pubout -outform DER -out public").unwrap();
        assert_eq!(bench.get("public"), *key.public_key_der().unwrap().unwrap());
    }
}

#[test]
fn we_accept_keys_of_openssl() {
    let bench = Bench::new();
    for (algorithm, options) in [
        (Algorithm::Es256, "EC -pkeyopt ec_paramgen_curve:P-256"),
        (Algorithm::Es384, "EC -pkeyopt ec_paramgen_curve:P-384"),
        (Algorithm::Es512, "EC -pkeyopt ec_paramgen_curve:P-521"),
        (Algorithm::Rs256, "RSA -pkeyopt rsa_keygen_bits:1024"),
        (Algorithm::Ps384, "RSA -pkeyopt rsa_keygen_bits:1031"),
        (Algorithm::Rs512, "RSA -pkeyopt rsa_keygen_bits:1536 -pkeyopt rsa_keygen_pubexp:3"),
        (Algorithm::Ps512, "RSA -pkeyopt rsa_keygen_bits:2047"),
    ] {
        bench.openssl(&format!("genpkey -algorithm {options} -outform DER -out private")).unwrap();
        bench.openssl("pkcs8 -topk8 -nocrypt -inform DER -in private -outform DER -out pkcs8").unwrap();
        let key = SigningKey::from_private(algorithm, &bench.get("pkcs8")).unwrap();
        assert!(key.to_private().unwrap().ct_eq(&bench.get("pkcs8")), "{options}");
        let signature = key.try_sign(MESSAGE, &SystemEntropy).unwrap();
        key.verifying_key().unwrap().verify(MESSAGE, signature.as_bytes()).unwrap();
        if options.contains(":1024") {
            let short = SigningKey::from_private(Algorithm::Ps512, &bench.get("pkcs8")).unwrap_err();
            insta::assert_snapshot!(short, @"malformed key: RSA modulus is too short for this hash");
            let spki = key.public_key_der().unwrap().unwrap();
            VerifyingKey::from_spki(Algorithm::Ps512, &spki).unwrap_err();
            VerifyingKey::from_spki(Algorithm::Rs512, &spki).unwrap();
        }
    }
    for (algorithm, options, message) in [
        (
            Algorithm::Rs256,
            "RSA -pkeyopt rsa_keygen_bits:1023",
            "malformed key: RSA modulus has fewer than 1024 or more than 4096 bits",
        ),
        (
            Algorithm::Ps256,
            "RSA-PSS -pkeyopt rsa_keygen_bits:1024",
            "PS256 needs a key of kind RSA, this one is RSASSA-PSS only",
        ),
        (
            Algorithm::Es256,
            "EC -pkeyopt ec_paramgen_curve:secp256k1",
            "ES256 needs a key of kind P-256, this one is EC on another curve",
        ),
        (
            Algorithm::Es256,
            "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
            "ES256 needs a key of kind P-256, this one is EC on another curve",
        ),
        (Algorithm::Es256, "ED25519", "ES256 needs a key of kind P-256, this one is unknown"),
    ] {
        bench.openssl(&format!("genpkey -algorithm {options} -outform DER -out private")).unwrap();
        bench.openssl("pkcs8 -topk8 -nocrypt -inform DER -in private -outform DER -out pkcs8").unwrap();
        bench.openssl("pkey -inform DER -in private -pubout -outform DER -out public").unwrap();
        let private = SigningKey::from_private(algorithm, &bench.get("pkcs8")).unwrap_err();
        let public = VerifyingKey::from_spki(algorithm, &bench.get("public")).unwrap_err();
        assert_eq!((private.to_string(), public.to_string()), (message.to_owned(), message.to_owned()));
    }
}

/// The certificate that `openssl` signs with our key names the algorithm as we do, in both places.
#[test]
fn openssl_names_algorithms_as_we_do() {
    let bench = Bench::new();
    for key in asymmetric() {
        let algorithm = key.algorithm();
        bench.put("private", key.to_private().unwrap().expose_secret());
        bench
            .openssl(&format!(
                "req -x509 -new -key private -keyform DER {} -subj /CN=x -outform DER -out cert",
                digest(algorithm)
            ))
            .unwrap();
        let name = algorithm_identifier(algorithm).unwrap().to_der().unwrap();
        let times = bench.get("cert").windows(name.len()).filter(|window| *window == name).count();
        assert_eq!(times, 2, "{algorithm}");
    }
    assert!(algorithm_identifier(Algorithm::Hs256).is_none());
    let rs256 = algorithm_identifier(Algorithm::Rs256).unwrap().to_der().unwrap();
    assert_eq!(rs256, hex("300d06092a864886f70d01010b0500"));
}

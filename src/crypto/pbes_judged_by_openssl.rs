//! Encryption under passwords judged by `openssl` on the command line, and the bounds that it does not have.

use std::process::Command;

use der::asn1::{Any, AnyRef, OctetStringRef};
use der::{Decode, Encode, Reader, Tag};
use spki::AlgorithmIdentifierOwned;

use super::*;
use crate::secret::SecretBytes;

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem");
        bench.openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der");
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
        let output =
            Command::new("openssl").current_dir(self.0.path()).args(words.split_whitespace()).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {words}: {complaint}");
        output.stdout
    }

    fn encrypted(&self, password: &str, options: &str) -> Vec<u8> {
        self.put("password", format!("{password}\n").as_bytes());
        let files = "-in key.pem -outform DER -out made.der -passout file:password";
        self.openssl(&format!("pkcs8 -topk8 {files} {options} -provider legacy -provider default"));
        self.get("made.der")
    }

    fn check(&self, password: &str, encrypted: &[u8]) {
        self.put("password", format!("{password}\n").as_bytes());
        self.put("ours.der", encrypted);
        let key = self.openssl("pkcs8 -inform DER -in ours.der -passin file:password -outform DER -topk8 -nocrypt");
        assert_eq!(key, self.get("key.der"));
    }
}

/// The two fields of `EncryptedPrivateKeyInfo`.
fn fields(encrypted: &[u8]) -> (Vec<u8>, Vec<u8>) {
    AnyRef::from_der(encrypted)
        .unwrap()
        .sequence(|fields| {
            let algorithm = fields.tlv_bytes()?.to_vec();
            Ok::<_, der::Error>((algorithm, fields.decode::<&OctetStringRef>()?.as_bytes().to_vec()))
        })
        .unwrap()
}

fn decrypt(encrypted: &[u8], password: &str) -> Result<SecretBytes, CryptoError> {
    let (algorithm, data) = fields(encrypted);
    pbes_decrypt(&algorithm, password.as_bytes(), &data, &mut KdfBudget::new())
}

#[test]
fn what_openssl_encrypts_is_read() {
    let bench = Bench::new();
    let mut options: Vec<String> = ["-scrypt", "-scrypt_N 1024 -scrypt_r 3 -scrypt_p 7", "-scrypt -v2 aes-128-cbc"]
        .into_iter()
        .chain(["-v1 PBE-SHA1-3DES", "-v1 PBE-SHA1-RC2-40", "-v1 PBE-SHA1-RC2-128", "-iter 1", "-iter 70001", ""])
        .map(str::to_owned)
        .collect();
    for cipher in ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des3"] {
        for hash in [1, 224, 256, 384, 512] {
            options.push(format!("-v2 {cipher} -v2prf hmacWithSHA{hash}"));
        }
    }
    for options in options {
        for password in ["correct horse", "鍵🔑 naïve"] {
            let encrypted = bench.encrypted(password, &options);
            let plain = decrypt(&encrypted, password).unwrap_or_else(|error| panic!("{options}: {error}"));
            assert!(plain.ct_eq(&bench.get("key.der")), "{options}");
        }
        let encrypted = bench.encrypted("a", &options);
        assert!(matches!(decrypt(&encrypted, "b"), Err(CryptoError::WrongPassword)), "{options}");
    }
}

#[test]
fn openssl_reads_what_we_encrypt() {
    let bench = Bench::new();
    let key = bench.get("key.der");
    for password in ["correct horse", "鍵🔑 naïve", "x"] {
        let with_scrypt = pbes2_encrypt_scrypt(password.as_bytes(), &key, &SystemEntropy).unwrap();
        let with_pbkdf2 = pbes2_encrypt_pbkdf2(password.as_bytes(), &key, &SystemEntropy).unwrap();
        for encrypted in [with_scrypt, with_pbkdf2.to_encrypted_private_key().unwrap()] {
            bench.check(password, &encrypted);
            assert!(decrypt(&encrypted, password).unwrap().ct_eq(&key));
        }
    }
}

#[test]
fn a_wrong_password_and_damage_look_alike() {
    let key = [&[0x30, 100][..], &[7; 100]].concat();
    let Sealed { algorithm, ciphertext } = pbes2_encrypt_pbkdf2(b"right", &key, &SystemEntropy).unwrap();
    let try_with = |password: &[u8], data: &[u8]| {
        let result = pbes_decrypt(&algorithm, password, data, &mut KdfBudget::new());
        matches!(result, Err(CryptoError::WrongPassword))
    };
    assert!(!try_with(b"right", &ciphertext));
    assert!(try_with(b"wrong", &ciphertext));
    assert!(try_with(b"", &ciphertext));
    for data in [&ciphertext[..ciphertext.len() - 1], &ciphertext[..16], &ciphertext[16..], &[]] {
        assert!(try_with(b"right", data));
    }
    let mut changed = ciphertext.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(try_with(b"right", &changed));
    // What comes out is one SEQUENCE, or the password is wrong.
    let Sealed { algorithm, ciphertext } = pbes2_encrypt_pbkdf2(b"right", &[0x30, 1], &SystemEntropy).unwrap();
    let result = pbes_decrypt(&algorithm, b"right", &ciphertext, &mut KdfBudget::new());
    assert!(matches!(result, Err(CryptoError::WrongPassword)));
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    Any::new(Tag::Sequence, parts.concat()).unwrap().to_der().unwrap()
}

fn algorithm(oid: &str, parameters: &[u8]) -> Vec<u8> {
    let parameters = Some(Any::from_der(parameters).unwrap());
    AlgorithmIdentifierOwned { oid: oid.parse().unwrap(), parameters }.to_der().unwrap()
}

const SALT: &[u8] = &[4, 4, 1, 2, 3, 4];

fn pbes2(derivation: &[u8], cipher: &[u8]) -> Vec<u8> {
    algorithm("1.2.840.113549.1.5.13", &sequence(&[derivation, cipher]))
}

fn aes() -> Vec<u8> {
    algorithm("2.16.840.1.101.3.4.1.42", &[&[4, 16][..], &[0; 16]].concat())
}

fn pbkdf2(fields: &[u8]) -> Vec<u8> {
    algorithm("1.2.840.113549.1.5.12", &sequence(&[SALT, fields]))
}

fn scrypt(numbers: [u64; 3]) -> Vec<u8> {
    let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_der().unwrap()).collect();
    algorithm("1.3.6.1.4.1.11591.4.11", &sequence(&[SALT, &numbers]))
}

fn wrong(algorithm: &[u8]) -> String {
    let started = std::time::Instant::now();
    let text = pbes_decrypt(algorithm, b"x", &[0; 16], &mut KdfBudget::new()).unwrap_err().to_string();
    assert!(started.elapsed().as_secs() < 2, "refused before the work");
    text
}

#[test]
fn costs_are_refused_before_the_work() {
    let rounds = |rounds: u64| pbes2(&pbkdf2(&rounds.to_der().unwrap()), &aes());
    insta::assert_snapshot!(wrong(&rounds(5_000_001)), @"key derivation takes 10000002 rounds, allowed are 10000000 for one input, 10000000 of them are left");
    insta::assert_snapshot!(wrong(&rounds(u64::MAX)), @"key derivation takes 18446744073709551615 rounds, allowed are 10000000 for one input, 10000000 of them are left");
    insta::assert_snapshot!(wrong(&pbes2(&scrypt([1 << 20, 8, 1]), &aes())), @"scrypt takes 1073741824 bytes of memory, allowed are 33554432");
    insta::assert_snapshot!(wrong(&pbes2(&scrypt([1 << 63, 1 << 40, 1 << 40]), &aes())), @"scrypt takes 18446744073709551615 bytes of memory, allowed are 33554432");
    insta::assert_snapshot!(wrong(&pbes2(&scrypt([2, 1, 1 << 32]), &aes())), @"scrypt has r p = 4294967296, allowed are 8192");
    let old = algorithm("1.2.840.113549.1.12.1.3", &sequence(&[SALT, &4_000_000_u32.to_der().unwrap()]));
    insta::assert_snapshot!(wrong(&old), @"key derivation takes 12000000 rounds, allowed are 10000000 for one input, 10000000 of them are left");
    // One budget for several parts.
    let mut budget = KdfBudget::new();
    let part = pbes2(&scrypt([1 << 14, 8, 8]), &aes());
    for _ in 0..2 {
        let result = pbes_decrypt(&part, b"x", &[0; 16], &mut budget);
        assert!(matches!(result, Err(CryptoError::WrongPassword)));
    }
    insta::assert_snapshot!(pbes_decrypt(&part, b"x", &[0; 16], &mut budget).unwrap_err(), @"scrypt has N r p = 1048576, allowed are 2097152 for one input, 0 of them are left");
}

#[test]
fn other_schemes_are_named() {
    let rounds = pbkdf2(&[2, 1, 1]);
    insta::assert_snapshot!(wrong(&algorithm("1.2.840.113549.1.5.3", &sequence(&[SALT, &[2, 1, 1]]))), @"encryption scheme 1.2.840.113549.1.5.3 (pbeWithMD5AndDES-CBC) is not supported, allowed are PBES2 and, in PKCS#12, SHA-1 with 3DES or RC2");
    insta::assert_snapshot!(wrong(&algorithm("1.2.3", &[5, 0])), @"encryption scheme 1.2.3 is not supported, allowed are PBES2 and, in PKCS#12, SHA-1 with 3DES or RC2");
    insta::assert_snapshot!(wrong(&pbes2(&algorithm("1.3.6.1.4.1.11591.4.12", &[5, 0]), &aes())), @"key derivation 1.3.6.1.4.1.11591.4.12 is not supported, allowed are PBKDF2 and scrypt");
    let gcm = algorithm("2.16.840.1.101.3.4.1.46", &[5, 0]);
    insta::assert_snapshot!(wrong(&pbes2(&rounds, &gcm)), @"cipher 2.16.840.1.101.3.4.1.46 (AES-256-GCM) is not supported, allowed are AES-128-CBC, AES-192-CBC, AES-256-CBC and 3DES");
    let md5 = pbkdf2(&[&[2, 1, 1][..], &algorithm("1.2.840.113549.2.6", &[5, 0])].concat());
    insta::assert_snapshot!(wrong(&pbes2(&md5, &aes())), @"pseudo-random function 1.2.840.113549.2.6 (HMAC with MD5) is not supported, allowed are HMAC with SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512");
}

#[test]
fn malformed_parameters_say_where() {
    let rounds = pbkdf2(&[2, 1, 1]);
    insta::assert_snapshot!(wrong(&[]), @"malformed encryption: encryption has no AlgorithmIdentifier in DER");
    insta::assert_snapshot!(wrong(&sequence(&[&"1.2.840.113549.1.5.13".parse::<const_oid::ObjectIdentifier>().unwrap().to_der().unwrap()])), @"malformed encryption: encryption has no parameters");
    insta::assert_snapshot!(wrong(&algorithm("1.2.840.113549.1.5.13", &[5, 0])), @"malformed encryption: PBES2 parameters are not those of RFC 8018");
    insta::assert_snapshot!(wrong(&pbes2(&pbkdf2(&[2, 1, 0]), &aes())), @"malformed encryption: PBKDF2 has no rounds");
    insta::assert_snapshot!(wrong(&pbes2(&pbkdf2(&[2, 1, 0x80]), &aes())), @"malformed encryption: PBKDF2 parameters are not those of RFC 8018");
    insta::assert_snapshot!(wrong(&pbes2(&pbkdf2(&[2, 1, 1, 2, 1, 16]), &aes())), @"malformed encryption: key derivation gives a key of another length than the cipher's");
    let prf = algorithm("1.2.840.113549.2.9", &[4, 0]);
    insta::assert_snapshot!(wrong(&pbes2(&pbkdf2(&[&[2, 1, 1][..], &prf].concat()), &aes())), @"malformed encryption: HMAC has parameters that are not NULL");
    insta::assert_snapshot!(wrong(&pbes2(&scrypt([3, 1, 1]), &aes())), @"malformed encryption: scrypt has an N that is no power of two, or an r or p of zero");
    insta::assert_snapshot!(wrong(&pbes2(&scrypt([2, 0, 1]), &aes())), @"malformed encryption: scrypt has an N that is no power of two, or an r or p of zero");
    insta::assert_snapshot!(wrong(&pbes2(&scrypt([1 << 16, 1, 1]), &aes())), @"malformed encryption: scrypt has an N that is too large for its r");
    insta::assert_snapshot!(wrong(&pbes2(&scrypt([1 << 15, 1, 1]), &aes())), @"the password is wrong, or what it protects is damaged");
    insta::assert_snapshot!(wrong(&pbes2(&algorithm("1.3.6.1.4.1.11591.4.11", &[5, 0]), &aes())), @"malformed encryption: scrypt parameters are not those of RFC 7914");
    let short = algorithm("2.16.840.1.101.3.4.1.42", &[&[4, 15][..], &[0; 15]].concat());
    insta::assert_snapshot!(wrong(&pbes2(&rounds, &short)), @"malformed encryption: cipher has no initialisation vector as long as its block");
    insta::assert_snapshot!(wrong(&algorithm("1.2.840.113549.1.12.1.6", &sequence(&[SALT, &[2, 1, 0]]))), @"malformed encryption: PKCS#12 encryption has no rounds");
    insta::assert_snapshot!(wrong(&algorithm("1.2.840.113549.1.12.1.6", &[5, 0])), @"malformed encryption: PKCS#12 encryption parameters are not those of RFC 7292");
    let old = algorithm("1.2.840.113549.1.12.1.6", &sequence(&[SALT, &[2, 1, 1]]));
    insta::assert_snapshot!(pbes_decrypt(&old, &[0xff], &[0; 8], &mut KdfBudget::new()).unwrap_err(), @"password is not UTF-8, which PKCS#12 needs");
}

/// RFC 9579, with parameters that its files of test data do not have.
#[test]
fn malformed_pbmac1_says_where() {
    let with = |parameters: &[u8]| {
        let algorithm = algorithm("1.2.840.113549.1.5.14", parameters);
        let mac = Pkcs12Mac { algorithm, digest: vec![0; 32], salt: Vec::new(), iterations: 1 };
        verify_pkcs12_mac(&mac, b"x", b"content", &mut KdfBudget::new()).unwrap_err().to_string()
    };
    let hmac = algorithm("1.2.840.113549.2.9", &[5, 0]);
    insta::assert_snapshot!(with(&[5, 0]), @"malformed encryption: PBMAC1 parameters are not those of RFC 9579");
    insta::assert_snapshot!(with(&sequence(&[&scrypt([2, 1, 1]), &hmac])), @"key derivation of PBMAC1 1.3.6.1.4.1.11591.4.11 is not supported, allowed is PBKDF2");
    insta::assert_snapshot!(with(&sequence(&[&pbkdf2(&[2, 1, 1]), &hmac])), @"malformed encryption: PBMAC1 names no key length of 20 to 128 bytes");
    insta::assert_snapshot!(with(&sequence(&[&pbkdf2(&[2, 1, 1, 2, 1, 19]), &hmac])), @"malformed encryption: PBMAC1 names no key length of 20 to 128 bytes");
    insta::assert_snapshot!(with(&sequence(&[&pbkdf2(&[2, 4, 0x7f, 0, 0, 0, 2, 1, 32]), &hmac])), @"key derivation takes 4261412864 rounds, allowed are 10000000 for one input, 10000000 of them are left");
    insta::assert_snapshot!(with(&sequence(&[&pbkdf2(&[2, 1, 1, 2, 1, 32]), &hmac])), @"the password is wrong, or what it protects is damaged");
}

#[test]
fn malformed_macs_say_where() {
    let with = |algorithm: Vec<u8>| {
        let mac = Pkcs12Mac { algorithm, digest: vec![0; 32], salt: Vec::new(), iterations: 1 };
        verify_pkcs12_mac(&mac, b"x", b"content", &mut KdfBudget::new()).unwrap_err().to_string()
    };
    insta::assert_snapshot!(with(vec![5, 0]), @"malformed encryption: PKCS#12 MAC has no AlgorithmIdentifier in DER");
    insta::assert_snapshot!(with(algorithm("2.16.840.1.101.3.4.2.1", &[4, 0])), @"malformed encryption: PKCS#12 MAC has parameters that are not NULL");
    insta::assert_snapshot!(with(algorithm("2.16.840.1.101.3.4.2.6", &[5, 0])), @"PKCS#12 MAC 2.16.840.1.101.3.4.2.6 is not supported, allowed are SHA-1, SHA-224, SHA-256, SHA-384, SHA-512 and PBMAC1");
    insta::assert_snapshot!(with(algorithm("2.16.840.1.101.3.4.2.1", &[5, 0])), @"the password is wrong, or what it protects is damaged");
}

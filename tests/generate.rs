//! The story of a key: made for every algorithm, certified, found again, renamed, used and deleted. openssl judges the
//! certificates; digests and thumbprints are computed anew from what openssl shows.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use keystead::{
    Algorithm, Clock, Entropy, EntropyError, ErrorKind, Fingerprint, GenerateKey, Issuer, Key, KeyId, KeyName, KeyRef,
    KeySpec, KeyType, Keystore, Kid, KidScheme, Options, Origin, Progress, Scheme, SystemEntropy, Unlock, UserLabel,
};
use sha2::{Digest, Sha256};

#[derive(Debug)]
struct Fixed(Mutex<Timestamp>);

impl Fixed {
    fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(text.parse().unwrap())))
    }

    fn set(&self, text: &str) {
        *self.0.lock().unwrap() = text.parse().unwrap();
    }
}

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn memory() -> Keystore {
    Keystore::in_memory(Options::default()).unwrap()
}

fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

fn request(text: &str, algorithm: Algorithm) -> GenerateKey {
    let bits = (algorithm.key_type() == KeyType::Rsa).then_some(2048);
    GenerateKey::new(name(text), KeySpec::new(algorithm, bits).unwrap())
}

fn make(store: &Keystore, text: &str, algorithm: Algorithm) -> Key {
    store.generate(request(text, algorithm)).unwrap()
}

/// openssl, in a folder of its own.
struct Judge(tempfile::TempDir);

impl Judge {
    /// Of a key's certificate (`self`) and public key (`public`).
    fn of(key: &Key) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("self"), key.certificate_pem().unwrap().unwrap()).unwrap();
        std::fs::write(folder.path().join("public"), key.public_key_pem().unwrap().unwrap()).unwrap();
        Self(folder)
    }

    fn openssl(&self, words: &str) -> Result<String, String> {
        let output = Command::new("openssl").args(words.split(' ')).current_dir(&self.0).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() { Ok(text) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }

    /// The path of one certificate to itself, as of an instant.
    fn verdict(&self, at: Timestamp) -> Result<String, String> {
        self.openssl(&format!("verify -x509_strict -check_ss_sig -attime {} -CAfile self self", at.as_second()))
    }

    fn x509(&self, options: &str) -> String {
        let words = format!("x509 -in self -noout -nameopt RFC2253,utf8,-esc_msb {options}");
        self.openssl(&words).unwrap().trim_end_matches('\n').to_owned()
    }

    /// The bytes of a fingerprint of the certificate.
    fn digest(&self, hash: &str) -> Vec<u8> {
        let line = self.x509(&format!("-fingerprint -{hash}"));
        bytes(line.split_once('=').unwrap().1)
    }

    /// RFC 7638, from the numbers that openssl reads in the public key.
    fn jwk_thumbprint(&self, algorithm: Algorithm) -> Vec<u8> {
        let text = self.openssl("pkey -pubin -in public -noout -text").unwrap();
        let block = |label: &str| {
            let lines = text.lines().skip_while(|line| *line != label).skip(1);
            bytes(&lines.take_while(|line| line.starts_with(' ')).collect::<String>())
        };
        let url = Base64UrlUnpadded::encode_string;
        let json = match algorithm.curve() {
            Some(curve) => {
                let point = block("pub:");
                assert_eq!(point[0], 4);
                let (x, y) = point[1..].split_at(point.len() / 2);
                format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, curve.name(), url(x), url(y))
            }
            None => {
                assert!(text.contains("Exponent: 65537 (0x10001)"), "{text}");
                let modulus = block("Modulus:");
                assert_eq!(modulus[0], 0);
                format!(r#"{{"e":"AQAB","kty":"RSA","n":"{}"}}"#, url(&modulus[1..]))
            }
        };
        Sha256::digest(json).to_vec()
    }
}

/// From hexadecimal digits with colons and blanks between.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.chars().filter(char::is_ascii_hexdigit).collect();
    digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// What openssl calls the algorithm of a signature, with its parameters.
fn signature_lines(algorithm: Algorithm) -> Vec<String> {
    let bits = algorithm.hash().bits();
    match algorithm.scheme() {
        Scheme::RsaPkcs1v15 => vec![format!("Signature Algorithm: sha{bits}WithRSAEncryption")],
        Scheme::Ecdsa => vec![format!("Signature Algorithm: ecdsa-with-SHA{bits}")],
        Scheme::RsaPss => vec![
            "Signature Algorithm: rsassaPss".into(),
            format!("Hash Algorithm: sha{bits}"),
            format!("Mask Algorithm: mgf1 with sha{bits}"),
            format!("Salt Length: 0x{:X}", bits / 8),
        ],
        Scheme::Hmac => panic!("HMAC signs no certificate"),
    }
}

#[test]
fn every_algorithm_makes_a_key_that_openssl_accepts() {
    let clock = Fixed::at("2024-02-29T12:34:56.789Z");
    let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
    let mut requests: Vec<_> = Algorithm::ALL.iter().map(|&one| (one, request(one.name(), one))).collect();
    let long = KeySpec::new(Algorithm::Rs256, Some(3072)).unwrap();
    requests.push((Algorithm::Rs256, GenerateKey::new(name("RS256, 3072 bits"), long)));
    for (_, request) in &mut requests {
        *request = request.clone().issuer(Issuer::new("acme.com").unwrap());
    }
    let asked: Vec<_> = requests.iter().map(|(_, request)| request.clone()).collect();
    let made = store.generate_many(&asked).unwrap();
    // Made in the past of what follows: the clock of the making counts.
    clock.set("2030-01-01T00:00:00Z");

    for ((algorithm, _), key) in requests.into_iter().zip(made) {
        let key = key.unwrap();
        let shown = key.name().as_str();
        assert_eq!(key.algorithm(), Some(algorithm));
        assert_eq!(key.key_type(), algorithm.key_type());
        let expected_bits = match (algorithm.key_type(), algorithm.curve()) {
            (_, Some(curve)) => curve.bits(),
            (KeyType::Hmac, _) => algorithm.hash().bits(),
            _ if shown.ends_with("3072 bits") => 3072,
            _ => 2048,
        };
        assert_eq!(key.bits(), expected_bits, "{shown}");
        assert_eq!(key.origin(), Origin::Generated);
        assert!(key.has_private_key() && !key.is_exportable() && key.exported_at().is_none());
        assert_eq!(key.id().uuid().get_version_num(), 4);
        assert_eq!(key.inserted_at().to_string(), "2024-02-29T12:34:56.789Z");
        assert_eq!(key.updated_at(), key.inserted_at());
        assert_eq!(store.key(key.id()).unwrap(), key);

        if algorithm.key_type() == KeyType::Hmac {
            let kid = key.kid().as_str();
            assert!(kid.len() == 10 && kid.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')), "{kid}");
            assert_eq!((key.issuer(), key.expires_at()), (None, None));
            assert_eq!((key.certificate_der(), key.public_key_der()), (None, None));
            assert!(key.certificate_information().unwrap().is_none() && key.certificate_pem().unwrap().is_none());
            assert!(key.public_key_pem().unwrap().is_none() && key.jwk_thumbprint().unwrap().is_none());
            continue;
        }
        assert_eq!(key.issuer().unwrap().as_str(), "acme.com");
        let judge = Judge::of(&key);
        let (from, to) = ("2024-02-29T12:34:56Z".parse().unwrap(), "2034-02-28T12:34:56Z".parse().unwrap());
        assert_eq!(key.expires_at(), Some(to));
        assert_eq!(judge.verdict(from).unwrap(), "self: OK\n", "{shown}");
        // openssl counts the second of notAfter as outside, RFC 5280 as inside.
        let second = jiff::SignedDuration::from_secs(1);
        assert_eq!(judge.verdict(to - second).unwrap(), "self: OK\n", "{shown}");
        for outside in [from - second, to + second] {
            judge.verdict(outside).unwrap_err();
        }

        let text = judge.x509("-text");
        for line in [
            "Version: 3 (0x2)",
            "Issuer: CN=acme.com",
            "Subject: CN=acme.com",
            "Not Before: Feb 29 12:34:56 2024 GMT",
            "Not After : Feb 28 12:34:56 2034 GMT",
            "X509v3 Subject Key Identifier:",
            "X509v3 Key Usage: critical",
            &format!("Public-Key: ({expected_bits} bit)"),
        ] {
            assert_eq!(text.lines().filter(|shown| shown.trim() == line).count(), 1, "{shown}, {line}: {text}");
        }
        // What is signed and what is around it must name the same algorithm.
        for line in signature_lines(algorithm) {
            let count = text.lines().filter(|shown| shown.trim().starts_with(&line)).count();
            assert_eq!(count, 2, "{shown}, {line}: {text}");
        }
        assert_eq!(judge.x509("-ext keyUsage").lines().last().unwrap().trim(), "Digital Signature");
        assert_eq!(text.matches("X509v3 ").count(), 3, "no other extension: {text}");
        let ocsp = judge.x509("-ocspid");
        let key_id = judge.x509("-ext subjectKeyIdentifier");
        assert_eq!(bytes(key_id.lines().last().unwrap()), bytes(ocsp.rsplit_once(": ").unwrap().1));

        let serial: String = key.id().as_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(judge.x509("-serial"), format!("serial={}", serial.trim_start_matches("00")));
        let x5t = Base64UrlUnpadded::encode_string(&judge.digest("sha1"));
        assert_eq!(key.kid().as_str(), x5t, "{shown}");
        // The public key stands alone as it stands in the certificate.
        assert_eq!(judge.x509("-pubkey"), key.public_key_pem().unwrap().unwrap());
        let information = key.certificate_information().unwrap().unwrap();
        for (hash, digest) in [
            ("md5", information.md5_fingerprint()),
            ("sha1", information.sha1_fingerprint()),
            ("sha256", information.sha256_fingerprint()),
        ] {
            assert_eq!(digest.as_bytes(), judge.digest(hash), "{shown} {hash}");
        }
        assert_eq!(key.jwk_thumbprint().unwrap().unwrap().as_bytes(), judge.jwk_thumbprint(algorithm), "{shown}");
    }
    let integrity = store.verify_integrity().unwrap();
    assert!(integrity.is_ok() && integrity.keys() == 13, "{integrity:?}");
}

#[test]
#[ignore = "slow"]
fn the_longest_rsa_key_is_made() {
    let spec = KeySpec::new(Algorithm::Ps512, Some(4096)).unwrap();
    let key = memory().generate(GenerateKey::new(name("long"), spec)).unwrap();
    assert_eq!(key.bits(), 4096);
    let judge = Judge::of(&key);
    assert_eq!(judge.verdict(Timestamp::now()).unwrap(), "self: OK\n");
    assert!(judge.x509("-text").contains("Public-Key: (4096 bit)"));
}

#[test]
fn certificates_last_ten_calendar_years() {
    let clock = Fixed::at("2020-01-01T00:00:00Z");
    let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
    let mut shown = Vec::new();
    for at in [
        "2024-02-29T23:59:59.999Z",
        "2024-03-01T00:00:00Z",
        "2038-02-28T00:00:00.001Z",
        "2039-12-31T23:59:59.5Z",
        "2040-01-01T00:00:00Z",
        "2050-01-01T00:00:00Z",
        "1969-12-31T23:59:59.5Z",
        "1940-01-01T00:00:00Z",
    ] {
        clock.set(at);
        let key = make(&store, at, Algorithm::Es256);
        assert_eq!(key.inserted_at(), at.parse().unwrap());
        let judge = Judge::of(&key);
        let kinds = judge.openssl("asn1parse -in self").unwrap();
        let kinds: Vec<_> = ["UTCTIME", "GENERALIZEDTIME"].map(|kind| kinds.matches(kind).count().to_string()).into();
        shown.push(format!("{}, UTC {}", judge.x509("-dates").replace('\n', " "), kinds.join(", generalized ")));
        let information = key.certificate_information().unwrap().unwrap();
        assert_eq!(Some(information.valid_to()), key.expires_at());
        let cut = key.inserted_at().duration_since(information.valid_from());
        assert!(!cut.is_negative() && cut.as_millis() < 1000, "{at}: {cut}");
    }
    insta::assert_snapshot!(shown.join("\n"), @r"
    notBefore=Feb 29 23:59:59 2024 GMT notAfter=Feb 28 23:59:59 2034 GMT, UTC 2, generalized 0
    notBefore=Mar  1 00:00:00 2024 GMT notAfter=Mar  1 00:00:00 2034 GMT, UTC 2, generalized 0
    notBefore=Feb 28 00:00:00 2038 GMT notAfter=Feb 28 00:00:00 2048 GMT, UTC 2, generalized 0
    notBefore=Dec 31 23:59:59 2039 GMT notAfter=Dec 31 23:59:59 2049 GMT, UTC 2, generalized 0
    notBefore=Jan  1 00:00:00 2040 GMT notAfter=Jan  1 00:00:00 2050 GMT, UTC 1, generalized 1
    notBefore=Jan  1 00:00:00 2050 GMT notAfter=Jan  1 00:00:00 2060 GMT, UTC 0, generalized 2
    notBefore=Dec 31 23:59:59 1969 GMT notAfter=Dec 31 23:59:59 1979 GMT, UTC 2, generalized 0
    notBefore=Jan  1 00:00:00 1940 GMT notAfter=Jan  1 00:00:00 1950 GMT, UTC 1, generalized 1
    ");
}

#[test]
fn a_clock_beyond_all_certificates_is_an_error() {
    let store = Keystore::in_memory(Options::default().clock(Fixed::at("9995-01-01T00:00:00Z"))).unwrap();
    let error = store.generate(request("late", Algorithm::Es256)).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"a certificate that begins at 9995-01-01T00:00:00Z would end beyond the year 9999");
    assert!(store.is_empty().unwrap());
    // An HMAC secret has no certificate that could end.
    make(&store, "late", Algorithm::Hs256);
}

#[test]
fn issuers_are_printable_strings_where_they_can_be() {
    let store = Keystore::in_memory(Options::default().default_issuer(Issuer::new("house").unwrap())).unwrap();
    let long = "ß".repeat(64);
    for (issuer, kind) in [
        ("acme.com", "PRINTABLESTRING"),
        ("A (b) c+d, e-f. /g: h=i?'", "PRINTABLESTRING"),
        ("*.acme.com", "UTF8STRING"),
        ("a@acme.com", "UTF8STRING"),
        ("a_b & c", "UTF8STRING"),
        ("Bücher 🔑", "UTF8STRING"),
        (long.as_str(), "UTF8STRING"),
        (" #spaced ", "UTF8STRING"),
    ] {
        let key = store.generate(request(issuer, Algorithm::Es256).issuer(Issuer::new(issuer).unwrap())).unwrap();
        assert_eq!(key.issuer().unwrap().as_str(), issuer);
        let judge = Judge::of(&key);
        assert_eq!(judge.verdict(Timestamp::now()).unwrap(), "self: OK\n", "{issuer}");
        let parsed = judge.openssl("asn1parse -in self").unwrap();
        let values: Vec<_> = parsed.lines().filter(|line| line.contains(kind)).collect();
        assert_eq!(values.len(), 2, "{issuer}: {parsed}");
        for escaped in [judge.x509("-subject"), judge.x509("-issuer")] {
            let (_, shown) = escaped.split_once("=CN=").unwrap();
            assert_eq!(shown.replace('\\', ""), issuer, "{escaped}");
            // Our text of a name escapes as RFC 2253, which openssl follows.
            let information = key.certificate_information().unwrap().unwrap();
            assert_eq!(information.issuer(), format!("CN={shown}"));
            assert_eq!(information.subject(), information.issuer());
        }
    }
    let house = make(&store, "whose issuer is the store's", Algorithm::Es256);
    assert_eq!(Judge::of(&house).x509("-issuer"), "issuer=CN=house");
    let nobody = make(&memory(), "whose issuer nobody named", Algorithm::Es256);
    assert_eq!(Judge::of(&nobody).x509("-issuer"), "issuer=CN=keystead");
}

#[test]
fn the_serial_number_is_the_id() {
    let store = memory();
    for (id, plain, shown) in [
        (
            "c14b50e5-868b-4dbe-9f3c-028cd0515b11",
            "C14B50E5868B4DBE9F3C028CD0515B11",
            "00:C1:4B:50:E5:86:8B:4D:BE:9F:3C:02:8C:D0:51:5B:11",
        ),
        (
            "780e1d5b-ee3b-43b2-aec8-db99b99adc4e",
            "780E1D5BEE3B43B2AEC8DB99B99ADC4E",
            "78:0E:1D:5B:EE:3B:43:B2:AE:C8:DB:99:B9:9A:DC:4E",
        ),
        ("00000000-0000-0000-0000-000000000001", "01", "01"),
        ("00000000-0000-0000-0000-0000000000ff", "FF", "00:FF"),
        (
            "00007f00-0000-4000-8000-000000000000",
            "7F00000040008000000000000000",
            "7F:00:00:00:40:00:80:00:00:00:00:00:00:00",
        ),
        (
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
            "00:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF",
        ),
    ] {
        let asked: KeyId = id.parse().unwrap();
        let key = store.generate(request(id, Algorithm::Es256).id(asked)).unwrap();
        assert_eq!(key.id(), asked);
        let judge = Judge::of(&key);
        assert_eq!(judge.verdict(Timestamp::now()).unwrap(), "self: OK\n", "{id}");
        assert_eq!(judge.x509("-serial"), format!("serial={plain}"));
        assert_eq!(key.certificate_information().unwrap().unwrap().serial_number(), shown);
    }
    let taken = "00000000-0000-0000-0000-000000000001".parse().unwrap();
    let error = store.generate(request("other", Algorithm::Hs256).id(taken)).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Duplicate, Some("id")));
    insta::assert_snapshot!(error.to_string(), @"id 00000000-0000-0000-0000-000000000001 is taken by another key");
}

#[test]
fn kids_come_about_as_asked() {
    let store = memory();
    let given = Kid::new("my own kid").unwrap();
    let scheme = |text: &str, algorithm, scheme| store.generate(request(text, algorithm).kid(scheme));
    let url = |digest: &[u8]| Base64UrlUnpadded::encode_string(digest);
    for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
        let text = |scheme: &str| format!("{algorithm} {scheme}");
        let key = scheme(&text("x5t"), algorithm, KidScheme::X5t).unwrap();
        assert_eq!(key.kid().as_str(), url(&Judge::of(&key).digest("sha1")));
        let key = scheme(&text("x5t#S256"), algorithm, KidScheme::X5tS256).unwrap();
        assert_eq!(key.kid().as_str(), url(&Judge::of(&key).digest("sha256")));
        let key = scheme(&text("jkt"), algorithm, KidScheme::JwkThumbprint).unwrap();
        assert_eq!(key.kid().as_str(), url(&Judge::of(&key).jwk_thumbprint(algorithm)));
    }
    for algorithm in [Algorithm::Es512, Algorithm::Hs384] {
        let key = scheme(&format!("{algorithm} given"), algorithm, KidScheme::Given(given.clone())).unwrap();
        assert_eq!(key.kid(), &given);
    }
    let before = store.len().unwrap();
    for digest in [KidScheme::X5t, KidScheme::X5tS256, KidScheme::JwkThumbprint] {
        let error = scheme("digest of a secret", Algorithm::Hs256, digest).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("kid")));
        insta::allow_duplicates! {
            insta::assert_snapshot!(error.to_string(), @"kid is to be a thumbprint, HS256 keys have none: allowed are a random one or a text");
        }
    }
    assert_eq!(store.len().unwrap(), before);
    // Random ones are random.
    let kids: HashSet<_> = (0..50).map(|n| make(&store, &format!("h{n}"), Algorithm::Hs256).kid().clone()).collect();
    assert_eq!(kids.len(), 50);
}

#[test]
fn a_key_is_found_by_everything_that_names_it() {
    let store = memory();
    for n in 0..5 {
        make(&store, &format!("another {n}"), Algorithm::Es256);
    }
    let key = make(&store, "Wanted ünd found", Algorithm::Es384);
    let judge = Judge::of(&key);
    let colons = |digest: Vec<u8>| digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":");
    let url = |digest: Vec<u8>| Base64UrlUnpadded::encode_string(&digest);
    let digests = [
        colons(judge.digest("md5")),
        colons(judge.digest("sha1")).to_uppercase(),
        colons(judge.digest("sha256")).replace(':', ""),
        url(judge.digest("sha1")),
        url(judge.digest("sha256")),
        url(judge.jwk_thumbprint(Algorithm::Es384)),
        colons(judge.jwk_thumbprint(Algorithm::Es384)),
    ];
    let digests = digests.map(|text| KeyRef::from(text.parse::<Fingerprint>().unwrap()));
    let others = [KeyRef::from(key.id()), name("Wanted ünd found").into(), key.kid().clone().into()];
    for by in digests.into_iter().chain(others) {
        assert_eq!(store.key(by.clone()).unwrap(), key, "{by:?}");
        assert_eq!(store.keys_matching(&by).unwrap(), std::slice::from_ref(&key), "{by:?}");
    }

    // The file finds digests by their first bytes: one that differs only in the last must not be found.
    let mut near = judge.digest("sha256");
    *near.last_mut().unwrap() ^= 1;
    let near: KeyRef = colons(near).parse::<Fingerprint>().unwrap().into();
    assert_eq!(store.keys_matching(&near).unwrap(), []);
    // And an MD5 digest is not the head of a longer one.
    let head: KeyRef = colons(judge.digest("sha256")[..16].to_vec()).parse::<Fingerprint>().unwrap().into();
    for by in [near, head] {
        assert_eq!(store.key(by).unwrap_err().kind(), ErrorKind::NotFound);
    }
    // Names are exact: FusionAuth's search is another call.
    for other in ["wanted ünd found", "Wanted ünd found ", "Wanted", "W%"] {
        assert_eq!(store.key(name(other)).unwrap_err().kind(), ErrorKind::NotFound, "{other}");
    }
    let missing = |by: KeyRef| store.key(by).unwrap_err().to_string();
    let messages = [
        missing("00000000-0000-0000-0000-00000000000a".parse::<KeyId>().unwrap().into()),
        missing(name("no\tbody").into()),
        missing(Kid::new("k").unwrap().into()),
        missing(Fingerprint::Md5([7; 16]).into()),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r"
    there is no key with id 00000000-0000-0000-0000-00000000000a
    there is no key with name 'no\tbody'
    there is no key with kid 'k'
    there is no key with fingerprint 07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07
    ");
}

#[test]
fn a_kid_that_two_keys_share_is_ambiguous() {
    let store = memory();
    let kid = Kid::new("shared").unwrap();
    let make = |text, algorithm| store.generate(request(text, algorithm).kid(KidScheme::Given(kid.clone()))).unwrap();
    let first = make("first", Algorithm::Es256);
    assert_eq!(store.key(kid.clone()).unwrap(), first);
    let second = make("second", Algorithm::Hs256);
    let error = store.key(kid.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    insta::assert_snapshot!(error.to_string(), @"2 keys have kid 'shared': ask for all, or by id");
    assert_eq!(store.keys_matching(&kid.clone().into()).unwrap(), [first.clone(), second.clone()]);
    store.delete(first.id()).unwrap();
    assert_eq!(store.key(kid).unwrap(), second);
}

#[test]
fn many_keys_come_in_the_order_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let unlock = Unlock::raw_key([7; 32]);
    let store = Keystore::create(folder.path().join("keys.db"), &unlock, Options::default()).unwrap();
    let taken = make(&store, "taken before", Algorithm::Hs256);
    let spoiled = |n: usize| n % 500 == 123;
    let requests: Vec<_> = (0..2000)
        .map(|n| {
            let algorithm = if n % 2 == 0 { Algorithm::Hs256 } else { Algorithm::Es256 };
            match n {
                123 => request("taken before", algorithm),
                // A name of this very call.
                623 => request("key 622", algorithm),
                1123 => request("key 1123", algorithm).id(taken.id()),
                1623 => request("key 1623", Algorithm::Hs256).kid(KidScheme::X5t),
                _ => request(&format!("key {n}"), algorithm),
            }
        })
        .collect();
    let mut steps: Vec<Progress> = Vec::new();
    let answers = store
        .generate_many_with_progress(&requests, |step| {
            steps.push(step);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(answers.len(), 2000);
    let mut expected = vec![taken.clone()];
    let mut errors = Vec::new();
    for (n, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(key) => {
                assert!(!spoiled(n), "{n}");
                assert_eq!(key.name().as_str(), format!("key {n}"));
                expected.push(key);
            }
            Err(error) => {
                assert!(spoiled(n), "{n}: {error}");
                errors.push(format!("{:?}: {error}", error.kind()).replace(&taken.id().to_string(), "[id]"));
            }
        }
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    Duplicate: name 'taken before' is taken by another key
    Duplicate: name 'key 622' is taken by another key
    Duplicate: id [id] is taken by another key
    InvalidInput: kid is to be a thumbprint, HS256 keys have none: allowed are a random one or a text
    ");
    let stored: Vec<_> = store.keys().map(Result::unwrap).collect();
    assert_eq!(stored, expected);
    assert_eq!(store.len().unwrap(), 1997);

    assert_eq!(steps.len(), 2000);
    assert!(steps.windows(2).all(|two| two[0].made + 1 == two[1].made && two[0].written <= two[1].written));
    assert!(steps.iter().all(|step| step.written <= step.made && step.made <= 2000 && step.total == 2000));
    assert_eq!(steps.last(), Some(&Progress { made: 2000, written: 1996, total: 2000 }));
    assert!(store.generate_many(&[]).unwrap().is_empty());
}

#[test]
fn a_callback_stops_the_work_and_a_prefix_stays() {
    let requests: Vec<_> = (0..2000).map(|n| request(&format!("key {n}"), Algorithm::Hs256)).collect();
    for stop_at in [1, 700, 1999] {
        let store = memory();
        let mut last = None;
        let error = store
            .generate_many_with_progress(&requests, |step| {
                last = Some(step);
                if step.made >= stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        insta::allow_duplicates! {
            insta::assert_snapshot!(error.to_string(), @"stopped, as the progress callback asked");
        }
        let last = last.unwrap();
        assert_eq!(last.made, stop_at, "no callback comes after Break");
        let names: Vec<_> = store.keys().map(|key| key.unwrap().name().to_string()).collect();
        assert_eq!(names, (0..last.written).map(|n| format!("key {n}")).collect::<Vec<_>>());
        // The store is whole and goes on.
        make(&store, "after", Algorithm::Es256);
        assert!(store.verify_integrity().unwrap().is_ok());
    }
    // A Break that comes with the last key comes too late.
    let store = memory();
    let done = store.generate_many_with_progress(&requests[..3], |step| match step.made {
        3 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert_eq!(done.unwrap().len(), 3);
}

/// The same bytes for the same seed, by SHA-256 in counter mode.
#[derive(Debug)]
struct Seeded {
    seed: u64,
    block: Mutex<u64>,
}

impl Seeded {
    fn store(seed: u64) -> Keystore {
        let entropy = Arc::new(Self { seed, block: Mutex::new(0) });
        let options = Options::default().entropy(entropy).clock(Fixed::at("2026-05-05T05:05:05.005Z"));
        Keystore::in_memory(options).unwrap()
    }
}

impl Entropy for Seeded {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        let mut block = self.block.lock().unwrap();
        for chunk in out.chunks_mut(32) {
            *block += 1;
            let bytes =
                Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(block.to_be_bytes()).finalize();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
        Ok(())
    }
}

#[test]
fn the_same_random_bytes_make_the_same_key() {
    for algorithm in [Algorithm::Es256, Algorithm::Es512, Algorithm::Hs256, Algorithm::Ps256] {
        let [first, again, other] = [1, 1, 2].map(|seed| {
            let store = Seeded::store(seed);
            let key = make(&store, "a", algorithm);
            let tag = store.sign(key.id(), b"message").unwrap();
            (key, tag.as_bytes().to_vec())
        });
        // Id, kid, instants, public key and certificate: all of it.
        assert_eq!(first, again, "{algorithm}");
        assert_ne!(first.0.id(), other.0.id());
        assert_ne!(first.0.kid(), other.0.kid());
        assert_ne!(first.1, other.1);
    }
}

/// The system's bytes, so many times, and then none.
#[derive(Debug)]
struct Drying(AtomicUsize);

impl Entropy for Drying {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        let spend = |left: usize| left.checked_sub(1);
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend).map_err(|_| EntropyError::new())?;
        SystemEntropy.fill(out)
    }
}

#[test]
fn a_source_that_fails_makes_no_key() {
    let drying = Arc::new(Drying(AtomicUsize::new(1000)));
    let store = Keystore::in_memory(Options::default().entropy(drying.clone())).unwrap();
    let mut failures = 0;
    for algorithm in [Algorithm::Es256, Algorithm::Hs512] {
        let before = store.len().unwrap();
        for fills in 0.. {
            drying.0.store(fills, Ordering::SeqCst);
            match store.generate(request(algorithm.name(), algorithm)) {
                Ok(_) => break,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Io, "{algorithm} {fills}");
                    insta::allow_duplicates! {
                        insta::assert_snapshot!(error.to_string(), @"the system gave no random bytes");
                    }
                    assert_eq!(store.len().unwrap(), before);
                    failures += 1;
                }
            }
        }
        assert_eq!(store.len().unwrap(), before + 1);
    }
    // Id, key, nonce of the seal at least.
    assert!(failures >= 6, "{failures}");
    let before = store.len().unwrap();
    for fills in [0, 1, 3] {
        drying.0.store(fills, Ordering::SeqCst);
        let error = store.generate(request("rsa", Algorithm::Rs256)).unwrap_err();
        assert_eq!((error.kind(), store.len().unwrap()), (ErrorKind::Io, before), "{fills}");
    }
    // In a bulk each key fails on its own.
    drying.0.store(0, Ordering::SeqCst);
    let many = store.generate_many(&[request("b1", Algorithm::Es256), request("b2", Algorithm::Hs256)]).unwrap();
    assert!(many.iter().all(|key| key.as_ref().is_err_and(|error| error.kind() == ErrorKind::Io)));
    drying.0.store(0, Ordering::SeqCst);
    assert_eq!(Keystore::in_memory(Options::default().entropy(drying)).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn a_key_gets_another_name() {
    let clock = Fixed::at("2026-01-01T00:00:00Z");
    let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
    let key = make(&store, "before", Algorithm::Es256);
    let other = make(&store, "other", Algorithm::Hs256);
    clock.set("2026-01-02T00:00:00.0019Z");
    let renamed = store.rename(key.id(), name("after")).unwrap();
    assert_eq!(renamed.name().as_str(), "after");
    assert_eq!(renamed.inserted_at(), key.inserted_at());
    assert_eq!(renamed.updated_at().to_string(), "2026-01-02T00:00:00.001Z");
    assert_eq!((renamed.kid(), renamed.certificate_der()), (key.kid(), key.certificate_der()));
    assert_eq!(store.key(name("after")).unwrap(), renamed);
    assert_eq!(store.key(name("before")).unwrap_err().kind(), ErrorKind::NotFound);
    // Its own name is not taken by another.
    store.rename(key.id(), name("after")).unwrap();

    let error = store.rename(key.id(), name("other")).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Duplicate, Some("name")));
    insta::assert_snapshot!(error.to_string(), @"name 'other' is taken by another key");
    assert_eq!(store.key(key.id()).unwrap().name().as_str(), "after");
    let error = store.generate(request("other", Algorithm::Rs256)).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"name 'other' is taken by another key");
    // The old name is free, the renamed key signs.
    make(&store, "before", Algorithm::Hs256);
    let signature = store.sign(key.id(), b"m").unwrap();
    assert!(store.verify(key.id(), b"m", signature.as_bytes()).unwrap());
    store.delete(other.id()).unwrap();
    let error = store.rename(other.id(), name("x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(store.verify_integrity().unwrap().is_ok());
}

#[test]
fn a_key_in_use_is_not_deleted() {
    let store = memory();
    let key = make(&store, "used", Algorithm::Es256);
    let id = key.id();
    let [tenant, ring] = ["tenant 12", "ring acme"].map(|label| UserLabel::new(label).unwrap());
    for user in [&tenant, &ring, &tenant] {
        store.mark_in_use(id, user).unwrap();
    }
    assert_eq!(store.users(id).unwrap(), ["ring acme", "tenant 12"]);
    let error = store.delete(id).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse);
    assert_eq!(error.users(), ["ring acme", "tenant 12"]);
    insta::assert_snapshot!(error.to_string(), @"the key 'used' is in use by ring acme, tenant 12");
    assert_eq!(store.key(id).unwrap(), key);
    store.rename(id, name("used still")).unwrap();
    assert!(store.unmark_in_use(id, &tenant).unwrap());
    assert!(!store.unmark_in_use(id, &tenant).unwrap());
    assert_eq!(store.delete(id).unwrap_err().users(), ["ring acme"]);
    assert!(store.unmark_in_use(id, &ring).unwrap());
    store.delete(id).unwrap();

    assert!(store.is_empty().unwrap());
    let fingerprint = key.jwk_thumbprint().unwrap().unwrap();
    assert_eq!(store.key(fingerprint).unwrap_err().kind(), ErrorKind::NotFound);
    let gone = [
        store.delete(id).unwrap_err(),
        store.mark_in_use(id, &ring).unwrap_err(),
        store.unmark_in_use(id, &ring).unwrap_err(),
        store.users(id).unwrap_err(),
        store.sign(id, b"m").unwrap_err(),
        store.verify(id, b"m", &[0; 64]).unwrap_err(),
    ];
    for error in gone {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    // Name and id are free again.
    let again = store.generate(request("used", Algorithm::Hs256).id(id)).unwrap();
    assert_eq!(store.key(id).unwrap(), again);
    assert_eq!(store.users(id).unwrap(), [""; 0]);
    assert!(store.verify_integrity().unwrap().is_ok());
}

#[test]
fn a_walk_over_the_keys_goes_on_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let unlock = Unlock::raw_key([9; 32]);
    let store = Keystore::create(folder.path().join("keys.db"), &unlock, Options::default()).unwrap();
    let requests: Vec<_> = (0..600).map(|n| request(&format!("key {n}"), Algorithm::Hs256)).collect();
    let keys: Vec<_> = store.generate_many(&requests).unwrap().into_iter().map(Result::unwrap).collect();
    let mut seen = Vec::new();
    for (at, key) in store.keys().enumerate() {
        seen.push(key.unwrap());
        match at {
            // One that was seen, and the last of all, which was not.
            10 => [5, 599].into_iter().for_each(|n| store.delete(keys[n].id()).unwrap()),
            // Where the next batch would begin.
            200 => (250..270).for_each(|n| store.delete(keys[n].id()).unwrap()),
            300 => drop(make(&store, "new", Algorithm::Es256)),
            _ => {}
        }
    }
    let ids: Vec<_> = seen.iter().map(Key::id).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "a key came twice");
    assert_eq!(seen.last().unwrap().name().as_str(), "new");
    let place = |id| keys.iter().position(|key: &Key| key.id() == id);
    let places: Vec<_> = ids[..ids.len() - 1].iter().map(|&id| place(id).unwrap()).collect();
    assert!(places.is_sorted());
    assert!(!places.contains(&599));
    // Those deleted meanwhile may have been fetched before, all others must be there.
    let missing: Vec<_> = (0..600).filter(|n| !places.contains(n)).collect();
    assert!(missing.iter().all(|n| *n == 599 || (250..270).contains(n)), "{missing:?}");
}

//! Input that nobody should send: whatever its bytes, it is refused or obeys the rules, and nothing panics. And what the
//! public types show of themselves, in `Debug`, `Display` and errors, holds no part of a secret.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};

use base64ct::{Base64UrlUnpadded, Encoding};
use keystead::api::fusionauth::{self, GenerateRequest, UpdateRequest};
use keystead::{
    Algorithm, BackupOptions, Entropy, EntropyError, Error, ErrorKind, Fingerprint, GenerateKey, Issuer, KdfCost,
    KeyId, KeyName, KeySpec, KeyType, Keystore, Kid, Options, SecretBytes, SystemEntropy, Unlock, UserLabel, Verifier,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const LINE_BREAKS: [char; 6] = ['\n', '\r', '\0', '\u{85}', '\u{2028}', '\u{2029}'];

/// A text near the rules: short or around a limit, of letters, blanks, line breaks and whatever else there is.
fn texts() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "", " ", "\t", "\n", "\r\n", "\0", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\u{7f}", "\u{200b}", "\u{feff}",
        "\u{3000}", "🔑", "ß", "a", "none", "RS256",
    ]);
    prop_oneof![
        any::<String>(),
        prop::collection::vec(odd, 0..6).prop_map(|parts| parts.concat()),
        (prop::sample::select(vec![62usize, 253, 4094]), 0usize..6, prop::sample::select(vec!["x", "é", "🔑"]))
            .prop_map(|(about, more, unit)| unit.repeat(about + more)),
    ]
}

/// What [`KeyName`] and its like promise, said in other words.
fn obeys(text: &str, most: usize, controls: bool) -> bool {
    let bad = |c: char| LINE_BREAKS.contains(&c) || (!controls && c.is_control());
    text.chars().any(|c| !c.is_whitespace()) && text.chars().count() <= most && !text.chars().any(bad)
}

/// A refusal names its field, is of one line and short, however long the text was.
fn is_good_refusal(error: &Error, field: &str) -> bool {
    let words = error.to_string();
    error.kind() == ErrorKind::InvalidInput
        && error.field() == Some(field)
        && words.starts_with(field)
        && words.chars().count() < 300
        && !words.chars().any(char::is_control)
}

fn check<T: AsRef<str>>(parsed: Result<T, Error>, text: &str, field: &str, most: usize, controls: bool) {
    match parsed {
        Ok(value) => {
            assert!(obeys(text, most, controls), "{text:?}");
            assert_eq!(value.as_ref(), text);
        }
        Err(error) => {
            assert!(!obeys(text, most, controls), "{text:?}: {error}");
            assert!(is_good_refusal(&error, field), "{error}");
        }
    }
}

proptest! {
    #[test]
    fn texts_obey_their_rules(text in texts()) {
        check(KeyName::new(&*text), &text, "name", 4096, true);
        check(text.parse::<KeyName>(), &text, "name", 4096, true);
        check(Kid::new(&*text), &text, "kid", 255, false);
        check(Issuer::new(&*text), &text, "issuer", 64, false);
        check(UserLabel::new(&*text), &text, "user", 4096, false);
    }

    #[test]
    fn ids_are_uuids_in_their_one_form(text in prop_oneof![
        any::<String>(),
        "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        "[0-9a-fA-F-]{36}",
        "[{u]?[0-9a-f:-]{0,45}[}]?",
        Just("00000000-0000-0000-0000-000000000000".to_owned()),
    ]) {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let at: Vec<_> = text.match_indices('-').map(|(at, _)| at).collect();
        let hex = digits.len() == 32 && digits.bytes().all(|c| c.is_ascii_hexdigit());
        let expected = hex && at == [8, 13, 18, 23] && digits.bytes().any(|c| c != b'0');
        match text.parse::<KeyId>() {
            Ok(id) => {
                prop_assert!(expected, "{text:?}");
                prop_assert_eq!(id.to_string(), text.to_lowercase());
                let bytes: String = id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
                prop_assert_eq!(bytes, digits.to_lowercase());
            }
            Err(error) => prop_assert!(!expected && is_good_refusal(&error, "id"), "{text:?}: {error}"),
        }
    }

    #[test]
    fn fingerprints_are_digests(text in prop_oneof![
        any::<String>(),
        "[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}",
        "([0-9a-fA-F]{2}:){15}[0-9a-fA-F]{2}",
        "([0-9a-fA-F]{2}:){19}[0-9a-fA-F]{2}",
        "([0-9a-fA-F]{2}:){31}[0-9a-fA-F]{2}",
        "[0-9A-Za-z_-]{27}|[0-9A-Za-z_-]{43}",
        "[0-9A-Za-z+/=:_-]{16,96}",
        "[0-9a-f:é]{20,60}",
    ]) {
        match text.parse::<Fingerprint>() {
            Ok(digest) => {
                let colons = digest.to_colon_hex();
                let plain = colons.replace(':', "");
                let upper = text.to_uppercase();
                prop_assert!(upper == colons || upper == plain || text == digest.to_base64url(), "{text:?}");
                prop_assert!(matches!(digest.as_bytes().len(), 16 | 20 | 32));
                let len = match digest {
                    Fingerprint::Md5(bytes) => bytes.len(),
                    Fingerprint::Sha1(bytes) => bytes.len(),
                    Fingerprint::Sha256(bytes) => bytes.len(),
                };
                prop_assert_eq!(len, digest.as_bytes().len());
                prop_assert_eq!(colons.parse::<Fingerprint>().unwrap(), digest);
            }
            Err(error) => {
                prop_assert!(is_good_refusal(&error, "fingerprint"), "{error}");
                let hex = text.bytes().all(|c| c.is_ascii_hexdigit()) && matches!(text.len(), 32 | 40 | 64);
                let url = Base64UrlUnpadded::decode_vec(&text).is_ok_and(|bytes| matches!(bytes.len(), 20 | 32));
                prop_assert!(!hex && !url, "{text:?}");
            }
        }
    }

    #[test]
    fn algorithms_are_the_twelve(text in prop_oneof![any::<String>(), "[EHPRehpr]S ?[0-9]{3}[K ]?", "[A-Za-z]{0,8}"]) {
        let known = Algorithm::ALL.into_iter().find(|algorithm| algorithm.to_string() == text);
        match text.parse::<Algorithm>() {
            Ok(algorithm) => prop_assert_eq!(Some(algorithm), known),
            Err(error) => prop_assert!(known.is_none() && is_good_refusal(&error, "algorithm"), "{error}"),
        }
    }

    #[test]
    fn lengths_and_costs_are_of_the_few(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        bits in prop_oneof![any::<u32>(), 0..9000u32, prop::sample::select(vec![2048, 3072, 4096, 256, 384, 512, 521])],
        memory in prop_oneof![any::<u32>(), 0..2000u32],
        passes in prop_oneof![any::<u32>(), 0..12u32],
    ) {
        let fits = match (algorithm.key_type(), algorithm.curve()) {
            (KeyType::Rsa, _) => [2048, 3072, 4096].contains(&bits),
            (_, Some(curve)) => bits == curve.bits(),
            _ => bits == algorithm.hash().bits(),
        };
        match KeySpec::new(algorithm, Some(bits)) {
            Ok(spec) => prop_assert!(fits && (spec.algorithm(), spec.bits()) == (algorithm, bits)),
            Err(error) => prop_assert!(!fits && is_good_refusal(&error, "length"), "{error}"),
        }
        let allowed = memory.is_power_of_two() && (16..=1024).contains(&memory) && (2..=10).contains(&passes);
        match KdfCost::new(memory, passes) {
            Ok(cost) => prop_assert!(allowed && (cost.memory_kib(), cost.passes()) == (memory * 1024, passes)),
            Err(error) => prop_assert!(!allowed && is_good_refusal(&error, "cost"), "{error}"),
        }
    }
}

#[test]
fn endless_texts_are_refused_at_once() {
    let long = "é".repeat(50 << 20);
    let start = std::time::Instant::now();
    for error in [
        KeyName::new(&*long).unwrap_err(),
        Kid::new(&*long).unwrap_err(),
        Issuer::new(&*long).unwrap_err(),
        UserLabel::new(&*long).unwrap_err(),
        long.parse::<KeyId>().unwrap_err(),
        long.parse::<Fingerprint>().unwrap_err(),
        long.parse::<Algorithm>().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().chars().count() < 300);
    }
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

static STORE: LazyLock<Keystore> = LazyLock::new(|| Keystore::in_memory(Options::default()).unwrap());

/// Any JSON, three levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let names = prop_oneof![any::<String>(), prop::sample::select(FIELDS.to_vec()).prop_map(str::to_owned)];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

const FIELDS: [&str; 7] = ["key", "algorithm", "name", "length", "issuer", "id", "type"];

/// A request with some members right, so that the wrong ones are looked at. No RSA: it would take all the time.
fn near_requests() -> impl Strategy<Value = Value> {
    let or_any = |right: Vec<Value>| prop_oneof![prop::sample::select(right), any_json()];
    (
        or_any(vec![json!("ES256"), json!("HS256"), json!("RS256"), json!("none")]),
        prop_oneof![texts().prop_map(Value::from), any_json()],
        or_any(vec![Value::Null, json!(256), json!(1024), json!("256")]),
        or_any(vec![json!("acme.com"), json!(""), Value::Null]),
    )
        .prop_map(|(algorithm, name, length, issuer)| {
            json!({ "key": { "algorithm": algorithm, "name": name, "length": length, "issuer": issuer } })
        })
}

/// Every call with this body gives an answer of the vendor's kind.
fn check_calls(body: &[u8]) {
    let id = "c14b50e5-868b-4dbe-9f3c-028cd0515b11";
    let refused = [GenerateRequest::from_json(body).err(), UpdateRequest::from_json(body).err()];
    for failure in refused.into_iter().flatten() {
        assert_eq!(failure.status(), 400);
        assert!(failure.errors().is_some() && !failure.to_string().chars().any(char::is_control), "{failure}");
    }
    for (method, path) in [
        ("POST", "/api/key/generate".to_owned()),
        ("POST", format!("/api/key/generate/{id}")),
        ("PUT", format!("/api/key/{id}")),
        ("GET", format!("/api/key/{id}")),
        ("DELETE", format!("/api/key/{id}")),
    ] {
        let answer = fusionauth::call(&STORE, method, &path, body).unwrap();
        assert!(matches!(answer.status, 200 | 400 | 404), "{answer:?}");
        assert_eq!(answer.body.is_none(), answer.status == 404 || (method, answer.status) == ("DELETE", 200));
        if let Some(text) = answer.body {
            let value: Value = serde_json::from_str(&text).unwrap();
            let member = if answer.status == 200 { "key" } else { "fieldErrors" };
            assert!(value.get(member).is_some(), "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_answered(body in prop::collection::vec(any::<u8>(), 0..200)) {
        check_calls(&body);
    }

    #[test]
    fn any_json_is_answered(body in any_json()) {
        check_calls(body.to_string().as_bytes());
    }

    #[test]
    fn nearly_right_requests_are_answered(body in near_requests(), at: prop::sample::Index, byte: Option<u8>) {
        let mut body = body.to_string().into_bytes();
        let at = at.index(body.len());
        if let Some(byte) = byte {
            body[at] = byte;
        }
        check_calls(&body);
    }

    #[test]
    fn any_method_and_path_are_answered(
        method in prop_oneof![any::<String>(), prop::sample::select(vec!["GET", "PUT", "POST", "DELETE"]).prop_map(str::to_owned)],
        path in prop_oneof![any::<String>(), "/api/key[/?#%a-z0-9.é-]{0,60}", "/api/key/generate/[^/]{0,50}"],
    ) {
        if let Some(answer) = fusionauth::call(&STORE, &method, &path, b"{}") {
            prop_assert!(path.starts_with("/api/key"));
            prop_assert!(matches!(answer.status, 200 | 400 | 404), "{answer:?}");
        }
    }
}

/// A public key of each kind.
static PUBLIC_KEYS: LazyLock<Vec<(Algorithm, Vec<u8>)>> = LazyLock::new(|| {
    let kinds =
        [(Algorithm::Es256, None), (Algorithm::Es384, None), (Algorithm::Es512, None), (Algorithm::Rs256, Some(2048))];
    kinds
        .map(|(algorithm, bits)| {
            let name = KeyName::new(format!("of {algorithm}")).unwrap();
            let key = STORE.generate(GenerateKey::new(name, KeySpec::new(algorithm, bits).unwrap())).unwrap();
            (algorithm, key.public_key_der().unwrap().to_vec())
        })
        .into()
});

proptest! {
    #[test]
    fn mutated_public_keys_do_not_panic(
        which in 0..4usize,
        other: Option<prop::sample::Index>,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..5u8), 0..4),
        signature in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let (own, good) = &PUBLIC_KEYS[which];
        let mut spki = good.clone();
        for (at, byte, change) in changes {
            // Most of a key is its numbers: half of the changes go to the DER around them.
            let at = at.index(if byte & 1 == 0 { spki.len().max(1) } else { spki.len().clamp(1, 32) });
            match change {
                0 | 1 if at < spki.len() => spki[at] = byte,
                2 => spki.insert(at.min(spki.len()), byte),
                3 if at < spki.len() => drop(spki.remove(at)),
                4 => spki.truncate(at),
                _ => {}
            }
        }
        let algorithm = other.map_or(*own, |other| Algorithm::ALL[other.index(12)]);
        match Verifier::from_public_key_der(algorithm, &spki) {
            Ok(verifier) => {
                // A public point or modulus that was hit may still be one; of another kind it never is.
                prop_assert_eq!(algorithm.key_type(), own.key_type());
                prop_assert_eq!(algorithm.curve(), own.curve());
                prop_assert!(!verifier.verify(b"message", &signature));
                let public = spki::EncodePublicKey::to_public_key_der(&verifier).unwrap();
                prop_assert_eq!(public.as_bytes(), &spki[..]);
            }
            Err(error) => {
                prop_assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotPossible), "{error:?}");
                prop_assert!(spki != *good || algorithm.curve() != own.curve() || algorithm.key_type() != own.key_type());
            }
        }
    }

    #[test]
    fn noise_is_no_public_key(spki in prop::collection::vec(any::<u8>(), 0..600)) {
        for algorithm in Algorithm::ALL {
            prop_assert!(Verifier::from_public_key_der(algorithm, &spki).is_err());
        }
    }
}

/// The system's bytes, noted down: the test then knows every secret.
#[derive(Default)]
struct Recording(Mutex<Vec<Vec<u8>>>);

/// As an implementation should: options show their source of randomness.
impl Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recording")
    }
}

impl Entropy for Recording {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        SystemEntropy.fill(out)?;
        self.0.lock().unwrap().push(out.to_vec());
        Ok(())
    }
}

/// Six bytes in a row of a secret, in any form in which Rust or a person writes bytes. Fewer could be chance.
fn leak(shown: &str, secret: &[u8]) -> Option<String> {
    let plain: String = shown.chars().filter(|c| !matches!(c, ' ' | '\n' | ',' | ':' | '_')).collect();
    let (lower, url) = (plain.to_lowercase(), shown.replace('+', "-").replace('/', "_"));
    let list: String = shown.chars().filter(|c| !c.is_whitespace()).collect();
    let leaked = secret.windows(6).find(|six| {
        let hex: String = six.iter().map(|byte| format!("{byte:02x}")).collect();
        let decimal = six.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        let raw = str::from_utf8(six).is_ok_and(|text| shown.contains(text));
        // In base64 a group of three bytes is four characters, whichever byte a group begins at.
        raw || lower.contains(&hex) || list.contains(&decimal) || url.contains(&Base64UrlUnpadded::encode_string(six))
    });
    leaked.map(|six| format!("{six:?} in {shown}"))
}

#[test]
fn the_search_for_leaks_finds_them() {
    let secret = b"correct horse\xff\xfe\xfdbattery";
    let hex: String = secret.iter().map(|byte| format!("{byte:02X}")).collect();
    for shown in [
        format!("{secret:?}"),
        format!("{:#?}", &secret[2..9]),
        format!("{:02x?}", &secret[2..9]),
        hex[8..].to_owned(),
        String::from_utf8_lossy(secret).into_owned(),
        Base64UrlUnpadded::encode_string(secret),
        base64ct::Base64::encode_string(&secret[1..]),
    ] {
        assert!(leak(&shown, secret).is_some(), "{shown}");
    }
    assert_eq!(leak("SecretBytes(23 bytes)", secret), None);
}

#[test]
fn nothing_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let recording = Arc::new(Recording::default());
    let passphrase = "Xq7!vR2#zK9$wM4%";
    let raw_key: [u8; 32] = std::array::from_fn(|at| (at as u8).wrapping_mul(73).wrapping_add(151));
    let (unlock, by_key) = (Unlock::passphrase(passphrase), Unlock::raw_key(raw_key));
    let options = Options::default().kdf_cost(KdfCost::FLOOR).entropy(recording.clone());
    let store = Keystore::create(&path, &unlock, options.clone()).unwrap();
    let request = |name: &str, algorithm| {
        GenerateKey::new(KeyName::new(name).unwrap(), KeySpec::new(algorithm, None).unwrap()).exportable(true)
    };
    let hmac = store.generate(request("hmac", Algorithm::Hs512)).unwrap();
    let ec = store.generate(request("ec", Algorithm::Es256)).unwrap();
    let secret = SecretBytes::from(passphrase);

    let mut shown = Vec::new();
    let mut show = |value: &dyn Debug| shown.extend([format!("{value:?}"), format!("{value:#?}")]);
    for value in
        [&unlock as &dyn Debug, &by_key, &secret, &options, &store, &BackupOptions::new(&unlock), &store.keys()]
    {
        show(value);
    }
    for key in [&hmac, &ec] {
        let (signer, verifier) = (store.signer(key.id()).unwrap(), store.verifier(key.id()).unwrap());
        show(&signer);
        show(&verifier);
        show(&signer.verifier());
        // A tag is no secret, but the bytes of one are nobody's business in a log either.
        let signature = signer.sign(b"message").unwrap();
        assert_eq!(leak(&format!("{signature:?}"), signature.as_bytes()), None);
        show(&signature);
        show(&key.certificate_information().unwrap());
        show(&request("x", Algorithm::Hs256));
        show(&store.verify_integrity().unwrap());
    }
    // Errors of every kind that a secret comes near to, and what is around an error.
    let wrong = Unlock::passphrase("wrong");
    let errors = [
        Keystore::open(&path, &by_key, Options::default()).unwrap_err(),
        Keystore::open(&path, &wrong, Options::default()).unwrap_err(),
        Keystore::create(&path, &unlock, options.clone()).unwrap_err(),
        Keystore::open(folder.path().join("no.db"), &unlock, Options::default()).unwrap_err(),
        store.backup(&path, &BackupOptions::new(&by_key)).unwrap_err(),
        store.rekey(&Unlock::passphrase("")).unwrap_err(),
        store.sign_with(hmac.id(), Algorithm::Es256, b"m").unwrap_err(),
        store.sign_with(ec.id(), Algorithm::Hs256, b"m").unwrap_err(),
        store.generate(request("hmac", Algorithm::Hs256)).unwrap_err(),
    ];
    for error in &errors {
        show(error);
        show(&error.to_string());
        show(&std::error::Error::source(error).map(ToString::to_string));
    }
    // What the vendor's calls give out.
    for call in ["/api/key", &format!("/api/key/{}", hmac.id()), &format!("/api/key/{}", ec.id())] {
        let answer = fusionauth::call(&store, "GET", call, b"").unwrap();
        assert_eq!(answer.status, 200);
        show(&answer.body.unwrap());
    }
    show(&fusionauth::retrieve_all(&store).unwrap());

    // Ids, kids, salts and nonces are drawn too, and are shorter than any secret.
    let drawn = recording.0.lock().unwrap().clone();
    let drawn: Vec<_> = drawn.into_iter().filter(|bytes| bytes.len() >= 32).collect();
    assert!(drawn.len() >= 3, "{drawn:?}");
    assert!(drawn.iter().any(|bytes| bytes.len() == 64), "the HMAC secret");
    for text in &shown {
        for secret in drawn.iter().map(Vec::as_slice).chain([passphrase.as_bytes(), &raw_key]) {
            assert_eq!(leak(text, secret), None);
        }
    }
    assert!(shown.len() > 60, "{}", shown.len());
}

//! JWKs of the RFCs, and what may be wrong with one.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};

use super::super::super::rfc_keys::{CERTIFIED, CERTIFIED_SPKI, PRIVATE, SECRET, SECRETS};
use super::super::read_document;
use super::*;
use crate::model::Armour;

fn der(base64: &str) -> Vec<u8> {
    Base64::decode_vec(base64).unwrap()
}

fn read(json: &str) -> Vec<Item> {
    let document = read_document(json.as_bytes()).unwrap();
    assert_eq!(document.armour, Armour::Json);
    document.items
}

fn wrong(json: &str) -> String {
    read_document(json.as_bytes()).unwrap_err().to_string()
}

/// A JWK without some of its members.
fn without(jwk: &str, names: &[&str]) -> String {
    let mut value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(jwk).unwrap();
    names.iter().for_each(|name| assert!(value.remove(*name).is_some()));
    serde_json::to_string(&value).unwrap()
}

fn with(jwk: &str, name: &str, value: serde_json::Value) -> String {
    let mut members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(jwk).unwrap();
    members.insert(name.into(), value);
    serde_json::to_string(&members).unwrap()
}

#[test]
fn private_keys_of_the_rfcs_are_what_python_makes_of_them() {
    for key in &PRIVATE {
        let [Item { structure: Structure::PrivateJwk, content: Content::Private(private), hints }] = &*read(key.jwk)
        else {
            panic!()
        };
        let (RawPrivate::Rsa { key: inner, public } | RawPrivate::Ec { key: inner, public, .. }) = private;
        assert_eq!(inner.expose_secret(), der(key.traditional));
        assert!(public.is_none());
        assert!(hints.kid.is_some() && hints.certificates.is_empty());
        assert_eq!(hints.algorithm.is_some(), key.jwk.contains("RS256"));
    }
}

#[test]
fn public_halves_of_the_rfcs_are_what_python_makes_of_them() {
    for key in &PRIVATE {
        let public = if key.jwk.contains("RSA") {
            without(key.jwk, &["d", "p", "q", "dp", "dq", "qi"])
        } else {
            without(key.jwk, &["d"])
        };
        let [Item { structure: Structure::Jwk, content: Content::Public(spki), .. }] = &*read(&public) else {
            panic!()
        };
        assert_eq!(**spki, *der(key.spki));
    }
}

#[test]
fn sets_and_secrets_of_the_rfcs() {
    let items = read(SECRETS);
    let [Item { content: Content::Secret(short), .. }, Item { content: Content::Secret(long), .. }] = &*items else {
        panic!()
    };
    assert_eq!((short.len(), long.len()), (16, 64));
    assert!(items.iter().all(|item| item.structure == Structure::Jwks));
    assert_eq!(items[0].hints.algorithm.as_deref(), Some("A128KW"));
    assert_eq!(items[1].hints.kid.as_deref(), Some("HMAC key used in JWS spec Appendix A.1 example"));
    let [Item { structure: Structure::PrivateJwk, content: Content::Secret(secret), hints }] = &*read(SECRET) else {
        panic!()
    };
    assert_eq!(Base64UrlUnpadded::encode_string(secret.expose_secret()), "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg");
    assert_eq!((hints.algorithm.as_deref(), hints.usage.as_deref()), (Some("HS256"), Some("sig")));
}

#[test]
fn certificates_are_read() {
    // Slashes escaped as PHP does, fingerprints of both lengths.
    let digests = with(&CERTIFIED.replace('/', r"\/"), "x5t", Base64UrlUnpadded::encode_string(&[1; 20]).into());
    let digests = with(&digests, "x5t#S256", Base64UrlUnpadded::encode_string(&[2; 32]).into());
    for json in [CERTIFIED, &digests] {
        let [Item { content: Content::Public(spki), hints, .. }] = &*read(json) else { panic!() };
        assert_eq!(**spki, *der(CERTIFIED_SPKI));
        assert_eq!(hints.certificates.len(), 1);
        let offset = hints.certificates[0].windows(spki.len()).position(|window| *window == **spki);
        assert!(offset.is_some(), "the certificate is for this key");
    }
    let hints = &read(&digests)[0].hints;
    assert_eq!((hints.x5t, hints.x5t_s256), (Some([1; 20]), Some([2; 32])));
}

#[test]
fn members_are_needed_and_have_types() {
    let tail = "; accepted is a JWK of type RSA, EC or oct (RFC 7517, RFC 7518 section 6)";
    let wrong = |json: &str| wrong(json).strip_suffix(tail).unwrap().to_owned();
    let [ec, rsa, ..] = &PRIVATE;
    insta::assert_snapshot!(wrong("{}"), @"JSON stops making sense at member kty: there is neither kty, as in a JWK, nor keys, as in a JWKS");
    insta::assert_snapshot!(wrong(r#"{"kty": "RSA", "keys": []}"#), @"JSON stops making sense at member keys: it stands beside kty, as if it were JWK and JWKS at once");
    insta::assert_snapshot!(wrong(r#"{"keys": []}"#), @"JWKS stops making sense at member keys: there are none");
    insta::assert_snapshot!(wrong(r#"{"keys": {}}"#), @"JWKS stops making sense at member keys: it is an object, needed is an array");
    insta::assert_snapshot!(wrong(&format!(r#"{{"keys": [{}, 5]}}"#, ec.jwk)), @"JWKS stops making sense at member keys of key 2 of 2: an element is a number, needed is an object");
    insta::assert_snapshot!(wrong(r#"{"kty": "oct"}"#), @"JWK stops making sense at member k: it is missing");
    insta::assert_snapshot!(wrong(r#"{"kty": null}"#), @"JWK stops making sense at member kty: it is null, needed is a string");
    insta::assert_snapshot!(wrong(r#"{"kty": "oct", "k": ""}"#), @"JWK stops making sense at member k: it is empty");
    insta::assert_snapshot!(wrong(r#"{"kty": "oct", "k": "QUE\u003d"}"#), @"JWK stops making sense at member k: it is written with escapes, needed is plain base64url");
    insta::assert_snapshot!(wrong(r#"{"kty": "oct", "k": "QUE="}"#), @"JWK stops making sense at member k: at character 4: there is padding, where none may be");
    insta::assert_snapshot!(wrong(r#"{"kty": "oct", "k": "QU+E"}"#), @"JWK stops making sense at member k: at character 3: there is a character of standard base64, base64url is needed");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "x", "AAAA".into())), @"JWK stops making sense at member x: it is 3 bytes, needed are 32");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "d", "AAAA".into())), @"JWK stops making sense at member d: it is 3 bytes, needed are 32");
    insta::assert_snapshot!(wrong(&with(rsa.jwk, "e", "AAEAAQ".into())), @"JWK stops making sense at member e: the number has a zero byte in front");
    insta::assert_snapshot!(wrong(&without(rsa.jwk, &["qi"])), @"JWK stops making sense at member qi: it is missing");
    insta::assert_snapshot!(wrong(&without(rsa.jwk, &["d"])), @"JWK stops making sense at member d: it is missing");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "kid", 5.into())), @"JWK stops making sense at member kid: it is a number, needed is a string");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "x5u", 5.into())), @"JWK stops making sense at member x5u: it is a number, needed is a string");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "key_ops", "sign".into())), @"JWK stops making sense at member key_ops: it is a string, needed is an array");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "key_ops", vec!["sign", "sign"].into())), @"JWK stops making sense at member key_ops: 'sign' stands twice");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "key_ops", vec![1].into())), @"JWK stops making sense at member key_ops: an element is a number, needed is a string");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "x5t", "AAAA".into())), @"JWK stops making sense at member x5t: it is 3 bytes, needed are 20");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "x5t#S256", "AAAA".into())), @"JWK stops making sense at member x5t#S256: it is 3 bytes, needed are 32");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "x5c", Vec::<u8>::new().into())), @"JWK stops making sense at member x5c: it is empty");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "x5c", vec!["MA"].into())), @"JWK stops making sense at member x5c: certificate 1 of x5c, character 3: the padding is missing or incomplete");
}

#[test]
fn other_keys_are_unsupported() {
    let [ec, rsa, ..] = &PRIVATE;
    insta::assert_snapshot!(wrong(r#"{"kty": "OKP", "crv": "Ed25519"}"#), @"not supported: JWK of type OKP (Ed25519, X25519 and the like); accepted are RSA with two primes, EC on P-256, P-384 or P-521, and oct");
    insta::assert_snapshot!(wrong(r#"{"kty": "rsa"}"#), @"not supported: JWK of type 'rsa'; accepted are RSA with two primes, EC on P-256, P-384 or P-521, and oct");
    insta::assert_snapshot!(wrong(&with(ec.jwk, "crv", "secp256k1".into())), @"not supported: JWK of curve 'secp256k1'; accepted are RSA with two primes, EC on P-256, P-384 or P-521, and oct");
    insta::assert_snapshot!(wrong(&with(rsa.jwk, "oth", Vec::<u8>::new().into())), @"not supported: JWK of an RSA key of more than two primes (oth); accepted are RSA with two primes, EC on P-256, P-384 or P-521, and oct");
    insta::assert_snapshot!(wrong(&without(rsa.jwk, &["p", "q", "dp", "dq", "qi"])), @"not supported: JWK of a private RSA key without its primes; accepted are RSA keys with p, q, dp, dq and qi");
    let mixed = format!(r#"{{"keys": [{{"kty": "OKP"}}, {}, {{"kty": "OKP"}}]}}"#, ec.jwk);
    assert_eq!(read_json(mixed.as_bytes()).unwrap().len(), 1);
    insta::assert_snapshot!(wrong(r#"{"keys": [{"kty": "OKP"}, {"kty": "x"}]}"#), @"not supported: JWK of type OKP (Ed25519, X25519 and the like) in key 1 of 2; accepted are RSA with two primes, EC on P-256, P-384 or P-521, and oct");
}

//! Keys in any form.

use base64ct::{Base64, Base64Url, Base64UrlUnpadded, Encoding};
use proptest::prelude::*;

use super::super::rfc_keys::{CERTIFIED, PRIVATE, SECRETS};
use super::super::{Content, pem, pkcs7};
use super::*;
use crate::model::{RawPrivate, Structure};

fn der(base64: &str) -> Vec<u8> {
    Base64::decode_vec(base64).unwrap()
}

fn seed() -> Vec<u8> {
    ::der::pem::decode_vec(include_bytes!("../../../tests/data/fusionauth-seed.pem")).unwrap().1
}

fn read(bytes: &[u8]) -> (Armour, Structure) {
    let document = read_document(bytes).unwrap();
    (document.armour, document.items[0].structure)
}

fn wrong(bytes: &[u8]) -> String {
    read_document(bytes).unwrap_err().to_string()
}

#[test]
fn armours_are_told_apart() {
    let key = der(PRIVATE[0].pkcs8);
    let text = pem("PRIVATE KEY", &key).unwrap();
    assert_eq!(read(&key), (Armour::Der, Structure::Pkcs8));
    assert_eq!(read(text.as_bytes()), (Armour::Pem, Structure::Pkcs8));
    assert_eq!(read(format!("\u{FEFF}{text}").as_bytes()), (Armour::Pem, Structure::Pkcs8));
    assert_eq!(read(format!("\u{FEFF}\n {CERTIFIED}").as_bytes()), (Armour::Json, Structure::Jwk));
    for base64 in [
        Base64::encode_string(&key),
        Base64Url::encode_string(&key),
        Base64UrlUnpadded::encode_string(&key),
        Base64::encode_string(&key).trim_end_matches('=').to_owned(),
        format!("\n {}\r\n", Base64::encode_string(&key).replace('A', "A\r\n\t")),
    ] {
        assert_eq!(read(base64.as_bytes()), (Armour::Base64, Structure::Pkcs8));
    }
}

/// A certificate may hold any text.
#[test]
fn pem_within_der_is_no_pem() {
    let mut inside = vec![0x0C, 17];
    inside.extend_from_slice(b"-----BEGIN A-----");
    let certificate = [&[0x30, 26][..], &[0x30, 19], &inside, &[0x30, 0], &[3, 1, 0]].concat();
    assert_eq!(read(&certificate), (Armour::Der, Structure::Certificate));
}

#[test]
fn what_is_unknown_is_described_and_never_shown() {
    let unknown = |bytes: &[u8]| {
        assert!(read_document(bytes).unwrap_err().is_unrecognised());
        wrong(bytes)
    };
    insta::assert_snapshot!(unknown(b""), @"input is empty; accepted are PEM, DER, base64 of DER and JWK");
    insta::assert_snapshot!(unknown(b" \n"), @"input is 2 bytes of white space; accepted are PEM, DER, base64 of DER and JWK");
    insta::assert_snapshot!(unknown(b"hunter2"), @"input is 7 bytes of text without PEM boundaries, no JSON and no base64 of DER; accepted are PEM, DER, base64 of DER and JWK");
    insta::assert_snapshot!(unknown(&[0xA5; 32]), @"input is 32 bytes that are no text and begin like no key or certificate in DER; accepted are PEM, DER, base64 of DER and JWK");
    // Secrets in hex and base64, of which the first would begin with a SEQUENCE if it were DER.
    unknown(b"0a0b0c0d0e0f000102030405060708090a0b0c0d0e0f00010203040506070809");
    unknown(b"c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0");
    // Random bytes that begin with the tag of a SEQUENCE, and with its length too, but with nothing known in it.
    unknown(&[&[0x30, 0x15][..], &[0xA5; 30]].concat());
    unknown(&[&[0x30, 0x1F][..], &[0xA5; 30]].concat());
    unknown(&[b"{\"".as_slice(), &[0xA5; 30]].concat());
    unknown(&[b" [".as_slice(), &[0xA5; 30]].concat());
    // Exactly a SEQUENCE: somebody's DER, and no secret.
    assert!(!read_document(&[&[0x30, 30][..], &[0xA5; 30]].concat()).unwrap_err().is_unrecognised());
}

#[test]
fn foreign_files_have_names() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    insta::assert_snapshot!(wrong(&utf16("\u{FEFF}-----BEGIN")), @"not supported: text in UTF-16; convert the text to UTF-8");
    insta::assert_snapshot!(wrong(&utf16("{\"kty\"")), @"not supported: text in UTF-16; convert the text to UTF-8");
    insta::assert_snapshot!(wrong(&[0xFE, 0xFF, 0, b'-', 0, b'-']), @"not supported: text in UTF-16; convert the text to UTF-8");
    insta::assert_snapshot!(wrong(&[0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0]), @"not supported: Java keystore (JKS); `keytool -importkeystore -srckeystore OLD -destkeystore NEW -deststoretype PKCS12` converts it");
    insta::assert_snapshot!(wrong(&[0xCE, 0xCE, 0xCE, 0xCE, 0, 0, 0, 2, 0]), @"not supported: Java keystore (JCEKS); `keytool -importkeystore -srckeystore OLD -destkeystore NEW -deststoretype PKCS12` converts it");
    insta::assert_snapshot!(wrong(b"ssh-rsa AAAA"), @"not supported: OpenSSH public key; `ssh-keygen -e -m PKCS8 -f FILE` writes it as a PEM public key");
    insta::assert_snapshot!(wrong(b"PuTTY-User-Key-File-3: ssh-rsa"), @"not supported: PuTTY private key; `puttygen FILE -O private-openssh -o NEW` and `ssh-keygen -p -m PKCS8 -f NEW` convert it");
}

#[test]
fn damaged_armour_is_explained() {
    let key = Base64::encode_string(&der(PRIVATE[0].spki));
    insta::assert_snapshot!(wrong(&key.as_bytes()[..key.len() - 3]), @"base64 of DER stops making sense at character 122, white space not counted: the length is one that base64 cannot have: characters are missing or too many; accepted is one alphabet of base64, with or without padding, and white space between");
    insta::assert_snapshot!(wrong(&key.as_bytes()[..key.len() - 4]), @"DER stops making sense at byte 0 (outer SEQUENCE): the length goes beyond the end, as if the bytes had been cut off; accepted is one PKCS#8, PKCS#1, SEC1, public key, certificate, PKCS#7 or PKCS#12, and nothing behind it");
    insta::assert_snapshot!(wrong(b"[]"), @"JSON stops making sense at the beginning: it is an array, needed is an object; accepted is a JWK or JWKS (RFC 7517)");
    insta::assert_snapshot!(wrong(&vec![b'{'; (1 << 20) + 1]), @"input is 1048577 bytes, at most 1048576");
}

/// One input of each kind.
fn inputs() -> Vec<Vec<u8>> {
    let [ec, rsa, ..] = &PRIVATE;
    let certificate = seed();
    let mut inputs: Vec<_> = [ec.pkcs8, ec.traditional, ec.spki, rsa.pkcs8, rsa.traditional].map(der).into();
    inputs.push(pkcs7(&[&certificate]).unwrap());
    inputs.extend([ec.jwk, rsa.jwk, SECRETS, CERTIFIED, ec.pkcs8].map(|text| text.as_bytes().to_vec()));
    inputs
        .push((pem("PRIVATE KEY", &der(ec.pkcs8)).unwrap() + &pem("CERTIFICATE", &certificate).unwrap()).into_bytes());
    inputs.push(b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,CLEAR\n\nMAAA\n-----END EC PRIVATE KEY-----".to_vec());
    inputs
}

/// What DER was read from must be in the bytes: nothing is made up, reordered or re-encoded.
fn check(bytes: &[u8]) {
    let Ok(document) = read_document(bytes) else { return };
    assert!(!document.items.is_empty());
    for item in &document.items {
        let part: &[u8] = match &item.content {
            Content::Private(RawPrivate::Rsa { key, .. } | RawPrivate::Ec { key, .. }) => key.expose_secret(),
            Content::Public(der) | Content::Certificate(der) | Content::Pkcs12(der) => der,
            Content::EncryptedPkcs8 { data, .. } => data,
            Content::Secret(secret) => secret.expose_secret(),
        };
        assert!(!part.is_empty());
        let whole = document.armour == Armour::Der && item.structure != Structure::Pkcs1Public;
        assert!(!whole || bytes.windows(part.len()).any(|window| window == part));
    }
}

#[test]
fn every_prefix_is_refused_or_read() {
    for input in inputs() {
        (0..=input.len()).for_each(|len| check(&input[..len]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damaged_input_does_not_panic(which in 0usize..13, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut input = inputs().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(input.len());
            input[at] = byte;
        }
        check(&input);
    }

    #[test]
    fn random_input_does_not_panic(input in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&input);
        check(&[&[0x30, 0x82, 0, 0xC8][..], &input].concat());
        check(&[&b"-----BEGIN PRIVATE KEY-----"[..], &input, b"-----END PRIVATE KEY-----"].concat());
    }

    /// A message names what stands in the input, never what is secret in it.
    #[test]
    fn refusals_do_not_show_secrets(at in any::<prop::sample::Index>(), byte: u8) {
        let jwk = PRIVATE[0].jwk;
        let secret = "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE";
        let mut input = jwk.as_bytes().to_vec();
        let at = at.index(input.len());
        input[at] = byte;
        if let Err(error) = read_document(&input) {
            let message = format!("{error} {error:?}");
            for piece in secret.as_bytes().windows(8) {
                prop_assert!(!message.contains(std::str::from_utf8(piece).unwrap()), "{}", message);
            }
        }
    }
}

//! Signatures judged by the examples of RFC 7515 and RFC 7520, then with every bit of them changed.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;

use super::jws::Jws;
use super::key_set::PublicKey;
use super::outcome::{Reason, Refusal};
use crate::codec::{self, Content};

const EXAMPLES: &str = include_str!("../../tests/data/jose/rfc.json");

struct Example {
    name: String,
    token: String,
    /// None for those that a public key has nothing to do with.
    key: Option<PublicKey>,
}

fn examples() -> Vec<Example> {
    let examples: Vec<Value> = serde_json::from_str(EXAMPLES).unwrap();
    let read = |jwk: &Value| {
        let document = codec::read_document(jwk.to_string().as_bytes()).unwrap();
        let Content::Public(spki) = &document.items[0].content else { panic!() };
        PublicKey::read(spki, None).unwrap()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let example = |example: &Value| Example {
        name: text(&example["name"]),
        token: text(&example["token"]),
        key: example["key"].is_object().then(|| read(&example["key"])),
    };
    examples.iter().map(example).collect()
}

fn verify(token: &str, key: &PublicKey) -> Result<Vec<u8>, Refusal> {
    let jws = Jws::parse(token)?;
    if !key.fits(jws.algorithm) {
        return Err(super::jws::refused(Reason::WrongAlgorithm, "another"));
    }
    jws.verify(key.verifier(jws.algorithm).unwrap())?;
    Ok(jws.payload)
}

#[test]
fn examples_of_the_rfcs() {
    let mut signed = 0;
    for Example { name, token, key } in examples() {
        let payload = Base64UrlUnpadded::decode_vec(token.split('.').nth(1).unwrap()).unwrap();
        match key {
            Some(key) => {
                assert_eq!(verify(&token, &key).unwrap(), payload, "{name}");
                signed += 1;
            }
            None => assert_eq!(Jws::parse(&token).err().unwrap().reason, Reason::WrongAlgorithm, "{name}"),
        }
    }
    assert_eq!(signed, 6);
}

#[test]
fn no_example_is_signed_with_another_key() {
    let examples: Vec<_> = examples().into_iter().filter(|example| example.key.is_some()).collect();
    for Example { name, token, .. } in &examples {
        let others = examples.iter().filter(|other| other.name.split('.').next() != name.split('.').next());
        for other in others {
            let reason = verify(token, other.key.as_ref().unwrap()).unwrap_err().reason;
            assert!(matches!(reason, Reason::WrongAlgorithm | Reason::BadSignature), "{name} {}", other.name);
        }
    }
}

/// The one of A.3 is the shortest: each of its 1,192 bits takes a verification.
#[test]
fn no_bit_may_be_another() {
    let example = examples().into_iter().find(|example| example.name == "RFC 7515 A.3").unwrap();
    let key = example.key.unwrap();
    let parts: Vec<Vec<u8>> =
        example.token.split('.').map(|part| Base64UrlUnpadded::decode_vec(part).unwrap()).collect();
    let mut tried = 0;
    for part in 0..parts.len() {
        for bit in 0..parts[part].len() * 8 {
            let mut changed = parts.clone();
            changed[part][bit / 8] ^= 1 << (bit % 8);
            let token: Vec<_> = changed.iter().map(|part| Base64UrlUnpadded::encode_string(part)).collect();
            assert!(verify(&token.join("."), &key).is_err(), "part {part} bit {bit}");
            tried += 1;
        }
    }
    assert_eq!(tried, 1_192);
    // The text itself, letter by letter: what decodes to the same bytes is another token all the same.
    for at in 0..example.token.len() {
        for letter in ["A", "_", ".", "=", " ", "\n", "+", "ä"] {
            let (head, tail) = example.token.split_at(at);
            let replaced = format!("{head}{letter}{}", &tail[1..]);
            let inserted = format!("{head}{letter}{tail}");
            for changed in [replaced, inserted] {
                assert!(changed == example.token || verify(&changed, &key).is_err(), "{changed}");
            }
        }
    }
}

#[test]
fn algorithms_and_keys_are_not_confused() {
    let [rsa, ec] = ["RFC 7520 4.1", "RFC 7515 A.3"]
        .map(|name| examples().into_iter().find(|example| example.name == name).unwrap().key.unwrap());
    use crate::model::Algorithm as A;
    assert_eq!(A::ALL.map(|algorithm| rsa.fits(algorithm)), A::ALL.map(|a| a.key_type() == crate::model::KeyType::Rsa));
    assert_eq!(A::ALL.map(|algorithm| ec.fits(algorithm)), A::ALL.map(|algorithm| algorithm == A::Es256));
}

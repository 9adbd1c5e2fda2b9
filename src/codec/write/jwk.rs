//! JSON Web Keys, RFC 7517 and RFC 7518 section 6, written without a value in between: a tree of JSON would leave
//! copies of secrets behind.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

use super::super::CodecError;
use super::super::public_key::PublicKey;
use super::super::read::private::{EcPrivate, rsa_private_numbers};
use super::super::read::read_pkcs8;
use super::super::thumbprint::coordinates;
use crate::model::RawPrivate;
use crate::secret::SecretBytes;

/// What a JWK says beside the key. Values are written as they are given.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JwkFacts<'a> {
    pub(crate) kid: Option<&'a str>,
    /// `alg`.
    pub(crate) algorithm: Option<&'a str>,
    /// `use`.
    pub(crate) usage: Option<&'a str>,
    /// `x5c`: DER, that of the key first.
    pub(crate) certificates: &'a [&'a [u8]],
    pub(crate) x5t: Option<[u8; 20]>,
    pub(crate) x5t_s256: Option<[u8; 32]>,
}

/// Writes a public key as a JWK.
pub(crate) fn jwk_public(spki: &[u8], facts: &JwkFacts<'_>) -> Result<String, CodecError> {
    let mut object = Object::new(spki.len(), facts);
    match PublicKey::read(spki)? {
        PublicKey::Rsa { modulus, exponent } => {
            object.member("kty", "RSA");
            object.facts(facts);
            object.bytes("n", modulus);
            object.bytes("e", exponent);
        }
        PublicKey::Ec { curve, point } => {
            let (x, y) = coordinates(curve, point)?;
            object.member("kty", "EC");
            object.facts(facts);
            object.member("crv", curve.name());
            object.bytes("x", x);
            object.bytes("y", y);
        }
    }
    let text = object.finish();
    Ok(text.as_str().to_owned())
}

/// Writes a private key as a JWK, RSA with its CRT values, EC with its point.
pub(crate) fn jwk_private(pkcs8: &[u8], facts: &JwkFacts<'_>) -> Result<SecretBytes, CodecError> {
    let mut object = Object::new(pkcs8.len(), facts);
    match read_pkcs8(pkcs8)? {
        RawPrivate::Rsa { key, .. } => {
            object.member("kty", "RSA");
            object.facts(facts);
            let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
            for (name, number) in names.into_iter().zip(rsa_private_numbers(key.expose_secret())?) {
                object.bytes(name, number);
            }
        }
        RawPrivate::Ec { curve, key, .. } => {
            let parts = EcPrivate::read(key.expose_secret(), Some(curve))?;
            let (x, y) = coordinates(curve, parts.point.ok_or(CodecError::NoPoint)?)?;
            object.member("kty", "EC");
            object.facts(facts);
            object.member("crv", curve.name());
            object.bytes("x", x);
            object.bytes("y", y);
            object.bytes("d", parts.scalar);
        }
    }
    Ok(SecretBytes::copy_from(object.finish().as_bytes()))
}

/// Writes an HMAC secret as a JWK.
pub(crate) fn jwk_secret(secret: &[u8], facts: &JwkFacts<'_>) -> Result<SecretBytes, CodecError> {
    let mut object = Object::new(secret.len(), facts);
    object.member("kty", "oct");
    object.facts(facts);
    object.bytes("k", secret);
    Ok(SecretBytes::copy_from(object.finish().as_bytes()))
}

/// A JSON object in one piece of wiped memory that never grows.
struct Object {
    text: Zeroizing<String>,
}

impl Object {
    /// Room for `len` bytes of key.
    fn new(len: usize, facts: &JwkFacts<'_>) -> Self {
        // A control character in JSON takes six characters; each member has a name, quotes, a colon and a comma.
        let texts = [facts.kid, facts.algorithm, facts.usage].into_iter().flatten().map(|text| text.len() * 6 + 16);
        let certificates = facts.certificates.iter().map(|der| der.len().div_ceil(3) * 4 + 3);
        let room = 512 + len * 2 + texts.sum::<usize>() + certificates.sum::<usize>();
        let mut text = Zeroizing::new(String::with_capacity(room));
        text.push('{');
        Self { text }
    }

    fn name(&mut self, name: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    fn member(&mut self, name: &str, value: &str) {
        self.name(name);
        // Display of a JSON string escapes it.
        self.text.push_str(&serde_json::Value::from(value).to_string());
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.name(name);
        self.text.push('"');
        // In pieces of whole groups, so that nothing of a secret is left in memory that grew.
        let mut piece = Zeroizing::new([0; 64]);
        for bytes in bytes.chunks(48) {
            self.text.push_str(Base64UrlUnpadded::encode(bytes, piece.as_mut()).unwrap_or_default());
        }
        self.text.push('"');
    }

    fn facts(&mut self, facts: &JwkFacts<'_>) {
        let texts = [("alg", facts.algorithm), ("use", facts.usage), ("kid", facts.kid)];
        for (name, value) in texts {
            if let Some(value) = value {
                self.member(name, value);
            }
        }
        if !facts.certificates.is_empty() {
            self.name("x5c");
            let certificates = facts.certificates.iter().map(|der| Base64::encode_string(der));
            self.text.push_str(&format!("[\"{}\"]", certificates.collect::<Vec<_>>().join("\",\"")));
        }
        if let Some(x5t) = facts.x5t {
            self.bytes("x5t", &x5t);
        }
        if let Some(x5t) = facts.x5t_s256 {
            self.bytes("x5t#S256", &x5t);
        }
    }

    fn finish(mut self) -> Zeroizing<String> {
        self.text.push('}');
        self.text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::super::super::rfc_keys::{CERTIFIED, CERTIFIED_SPKI, PRIVATE, SECRET};
    use super::super::super::{Content, Item, read_document};
    use super::*;

    fn der(base64: &str) -> Vec<u8> {
        Base64::decode_vec(base64).unwrap()
    }

    fn object(json: &str) -> Map<String, Value> {
        serde_json::from_str(json).unwrap()
    }

    /// What an RFC's key says beside its numbers.
    fn facts(object: &Map<String, Value>) -> JwkFacts<'_> {
        let text = |name| object.get(name).and_then(Value::as_str);
        JwkFacts { kid: text("kid"), algorithm: text("alg"), usage: text("use"), ..JwkFacts::default() }
    }

    fn text(secret: &SecretBytes) -> &str {
        std::str::from_utf8(secret.expose_secret()).unwrap()
    }

    #[test]
    fn keys_of_the_rfcs_come_out_as_they_stand_there() {
        for key in &PRIVATE {
            let mut expected = object(key.jwk);
            let written = jwk_private(&der(key.pkcs8), &facts(&expected)).unwrap();
            assert_eq!(object(text(&written)), expected);
            let public = jwk_public(&der(key.spki), &facts(&expected)).unwrap();
            ["d", "p", "q", "dp", "dq", "qi"].iter().for_each(|name| _ = expected.remove(*name));
            assert_eq!(object(&public), expected);
        }
        let expected = object(SECRET);
        let k = Base64UrlUnpadded::decode_vec(expected["k"].as_str().unwrap()).unwrap();
        assert_eq!(object(text(&jwk_secret(&k, &facts(&expected)).unwrap())), expected);
        let expected = object(CERTIFIED);
        let certificate = Base64::decode_vec(expected["x5c"][0].as_str().unwrap()).unwrap();
        let facts = JwkFacts { certificates: &[&certificate], ..facts(&expected) };
        assert_eq!(object(&jwk_public(&der(CERTIFIED_SPKI), &facts).unwrap()), expected);
    }

    #[test]
    fn members_have_an_order() {
        let facts = JwkFacts {
            kid: Some("a \"quoted\" \u{1}\n kid, ü"),
            algorithm: Some("HS256"),
            usage: Some("sig"),
            certificates: &[&[1, 2, 3], &[4]],
            x5t: Some([5; 20]),
            x5t_s256: Some([6; 32]),
        };
        insta::assert_snapshot!(text(&jwk_secret(b"secret", &facts).unwrap()), @r#"{"kty":"oct","alg":"HS256","use":"sig","kid":"a \"quoted\" \u0001\n kid, ü","x5c":["AQID","BA=="],"x5t":"BQUFBQUFBQUFBQUFBQUFBQUFBQU","x5t#S256":"BgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgY","k":"c2VjcmV0"}"#);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for key in &PRIVATE {
            let written = jwk_private(&der(key.pkcs8), &JwkFacts::default()).unwrap();
            let [Item { content: Content::Private(read), .. }] =
                &*read_document(written.expose_secret()).unwrap().items
            else {
                panic!()
            };
            let (RawPrivate::Rsa { key: inner, .. } | RawPrivate::Ec { key: inner, .. }) = read;
            assert_eq!(inner.expose_secret(), der(key.traditional));
        }
        for len in [1, 47, 48, 49, 63, 64, 4096] {
            let secret: Vec<u8> = (0..len).map(|at| at as u8).collect();
            let written = jwk_secret(&secret, &JwkFacts::default()).unwrap();
            let [Item { content: Content::Secret(read), .. }] = &*read_document(written.expose_secret()).unwrap().items
            else {
                panic!()
            };
            assert_eq!(read.expose_secret(), secret);
        }
    }

    /// Memory that grows leaves its old place unwiped.
    #[test]
    fn nothing_grows() {
        let kid = "\u{1}".repeat(255);
        let certificates: [&[u8]; 3] = [&[7; 1000], &[8; 1], &[9; 65_536]];
        let full = JwkFacts {
            kid: Some(&kid),
            algorithm: Some("PS512"),
            usage: Some("sig"),
            certificates: &certificates,
            x5t: Some([0; 20]),
            x5t_s256: Some([0; 32]),
        };
        for facts in [JwkFacts::default(), full] {
            for len in [1, 300, 4096] {
                let mut object = Object::new(len, &facts);
                let room = object.text.capacity();
                object.member("kty", "RSA");
                object.facts(&facts);
                ["n", "e", "d", "p", "q", "dp", "dq", "qi"]
                    .iter()
                    .for_each(|name| object.bytes(name, &vec![1; len / 8]));
                object.bytes("k", &vec![1; len / 8]);
                assert_eq!(object.finish().capacity(), room);
            }
        }
    }
}

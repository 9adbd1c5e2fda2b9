//! JSON Web Keys and sets of them, RFC 7517 and RFC 7518 section 6.

use zeroize::Zeroizing;

use super::super::tlv;
use super::base64::{self, Alphabet, Padding};
use super::container::read_certificate;
use super::json::{self, Json, Members, Text};
use super::{ReadError, public};
use crate::codec::{Content, Hints, Item};
use crate::model::{Curve, Invalid, RawPrivate, Structure};
use crate::secret::SecretBytes;

const ACCEPTED: &str = "a JWK of type RSA, EC or oct (RFC 7517, RFC 7518 section 6)";

/// Reads one key, or a set of them.
pub(super) fn read_json(text: &[u8]) -> Result<Vec<Item>, ReadError> {
    let members = json::parse(text)?;
    let jwk = Jwk { members: &members };
    match (jwk.find("kty"), jwk.find("keys")) {
        (Some(_), None) => Ok(vec![jwk.read()?]),
        (None, Some(Json::Array(keys))) => read_set(keys),
        (None, Some(other)) => Err(malformed("JWKS", "keys", format!("it is {}, needed is an array", other.kind()))),
        (Some(_), Some(_)) => {
            Err(malformed("JSON", "keys", "it stands beside kty, as if it were JWK and JWKS at once".into()))
        }
        (None, None) => {
            Err(malformed("JSON", "kty", "there is neither kty, as in a JWK, nor keys, as in a JWKS".into()))
        }
    }
}

fn read_set(keys: &[Json<'_>]) -> Result<Vec<Item>, ReadError> {
    if keys.is_empty() {
        return Err(malformed("JWKS", "keys", "there are none".into()));
    }
    let mut skipped = None;
    let mut items = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let place = format!("key {} of {}", at + 1, keys.len());
        let Json::Object(members) = key else {
            let error = malformed("JWKS", "keys", format!("an element is {}, needed is an object", key.kind()));
            return Err(error.within(&place));
        };
        let jwk = Jwk { members };
        match jwk.read().map_err(|error| error.within(&place)) {
            Ok(item) => items.push(Item { structure: Structure::Jwks, ..item }),
            // RFC 7517, section 5: keys of types that are not understood are passed over.
            Err(error) if !jwk.is_of_known_type() => skipped = skipped.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    match skipped {
        Some(error) if items.is_empty() => Err(error),
        _ => Ok(items),
    }
}

fn malformed(what: &str, member: &str, reason: String) -> ReadError {
    ReadError::Malformed { what: what.into(), place: format!("member {member}"), reason, accepted: ACCEPTED }
}

/// The members of one key.
#[derive(Clone, Copy)]
struct Jwk<'a> {
    members: &'a Members<'a>,
}

impl<'a> Jwk<'a> {
    fn find(self, name: &str) -> Option<&'a Json<'a>> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn has(self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn wrong(name: &str, reason: impl Into<String>) -> ReadError {
        malformed("JWK", name, reason.into())
    }

    fn optional(self, name: &str) -> Result<Option<&'a Text<'a>>, ReadError> {
        match self.find(name) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(other) => Err(Self::wrong(name, format!("it is {}, needed is a string", other.kind()))),
        }
    }

    fn required(self, name: &str) -> Result<&'a Text<'a>, ReadError> {
        self.optional(name)?.ok_or_else(|| Self::wrong(name, "it is missing"))
    }

    fn array(self, name: &str) -> Result<&'a [Json<'a>], ReadError> {
        match self.find(name) {
            None => Ok(&[]),
            Some(Json::Array(elements)) => Ok(elements),
            Some(other) => Err(Self::wrong(name, format!("it is {}, needed is an array", other.kind()))),
        }
    }

    /// Decodes base64url without padding.
    fn bytes(self, name: &str) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        let Text::Plain(text) = self.required(name)? else {
            // Undoing escapes takes memory that the parser does not wipe, and base64url needs none.
            return Err(Self::wrong(name, "it is written with escapes, needed is plain base64url"));
        };
        let bytes = base64::decode(text.as_bytes(), Alphabet::Url, Padding::Forbidden)
            .map_err(|fault| Self::wrong(name, format!("at character {}: {}", fault.at + 1, fault.reason)))?;
        if bytes.is_empty() { Err(Self::wrong(name, "it is empty")) } else { Ok(bytes) }
    }

    /// Base64urlUInt, RFC 7518 section 2: as few bytes as there may be.
    fn number(self, name: &str) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        let bytes = self.bytes(name)?;
        match bytes.first() {
            Some(0) => Err(Self::wrong(name, "the number has a zero byte in front")),
            _ => Ok(bytes),
        }
    }

    fn fixed(self, name: &str, len: usize) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        let bytes = self.bytes(name)?;
        if bytes.len() != len {
            return Err(Self::wrong(name, format!("it is {} bytes, needed are {len}", bytes.len())));
        }
        Ok(bytes)
    }

    fn digest<const N: usize>(self, name: &str) -> Result<Option<[u8; N]>, ReadError> {
        if !self.has(name) {
            return Ok(None);
        }
        let bytes = self.fixed(name, N)?;
        Ok(bytes.first_chunk().copied())
    }

    fn read(self) -> Result<Item, ReadError> {
        let (structure, content) = match self.required("kty")?.as_str() {
            "RSA" => self.rsa()?,
            "EC" => self.ec()?,
            "oct" => (Structure::PrivateJwk, Content::Secret(secret(self.bytes("k")?))),
            "OKP" => return Err(ReadError::unsupported("JWK of type OKP (Ed25519, X25519 and the like)", TAKEN)),
            other => return Err(ReadError::unsupported(format!("JWK of type {}", Invalid::quote(other)), TAKEN)),
        };
        Ok(Item { structure, content, hints: self.hints()? })
    }

    /// False for a type that somebody else may understand.
    fn is_of_known_type(self) -> bool {
        match self.find("kty") {
            Some(Json::Text(kty)) => matches!(kty.as_str(), "RSA" | "EC" | "oct"),
            _ => true,
        }
    }

    fn rsa(self) -> Result<(Structure, Content), ReadError> {
        const PRIVATE: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];
        let (n, e) = (self.number("n")?, self.number("e")?);
        if self.has("oth") {
            return Err(ReadError::unsupported("JWK of an RSA key of more than two primes (oth)", TAKEN));
        }
        if !PRIVATE.iter().any(|name| self.has(name)) {
            return Ok((Structure::Jwk, Content::Public(public::rsa_spki(&n, &e))));
        }
        if PRIVATE.iter().all(|name| *name == "d" || !self.has(name)) {
            return Err(ReadError::unsupported(
                "JWK of a private RSA key without its primes",
                "accepted are RSA keys with p, q, dp, dq and qi",
            ));
        }
        let mut parts: [Zeroizing<Vec<u8>>; 6] = Default::default();
        for (part, name) in parts.iter_mut().zip(PRIVATE) {
            *part = tlv::unsigned(&self.number(name)?);
        }
        let [d, p, q, dp, dq, qi] = &parts;
        let version: &[u8] = &[tlv::INTEGER, 1, 0];
        let key = tlv::tlv(tlv::SEQUENCE, &[version, &tlv::unsigned(&n), &tlv::unsigned(&e), d, p, q, dp, dq, qi]);
        Ok((Structure::PrivateJwk, Content::Private(RawPrivate::Rsa { key: secret(key), public: None })))
    }

    fn ec(self) -> Result<(Structure, Content), ReadError> {
        let crv = self.required("crv")?.as_str();
        let known = [Curve::P256, Curve::P384, Curve::P521].into_iter().find(|curve| curve.name() == crv);
        let Some(curve) = known else {
            return Err(ReadError::unsupported(format!("JWK of curve {}", Invalid::quote(crv)), TAKEN));
        };
        let (x, y) = (self.fixed("x", curve.field_len())?, self.fixed("y", curve.field_len())?);
        let point = [&[4], x.as_slice(), &y].concat();
        if !self.has("d") {
            return Ok((Structure::Jwk, Content::Public(public::ec_spki(curve, &point))));
        }
        let key = ec_private(curve, &self.fixed("d", curve.field_len())?, &point);
        Ok((Structure::PrivateJwk, Content::Private(RawPrivate::Ec { curve, key: secret(key), public: None })))
    }

    fn hints(self) -> Result<Hints, ReadError> {
        let text = |name| Ok(self.optional(name)?.map(|text| text.as_str().to_owned()));
        self.key_ops()?;
        // RFC 7517 section 4.6: a place to fetch certificates from. Nothing is fetched here.
        self.optional("x5u")?;
        Ok(Hints {
            kid: text("kid")?,
            algorithm: text("alg")?,
            usage: text("use")?,
            name: None,
            certificates: self.certificates()?,
            x5t: self.digest("x5t")?,
            x5t_s256: self.digest("x5t#S256")?,
        })
    }

    /// RFC 7517 section 4.3: strings, none of them twice.
    fn key_ops(self) -> Result<(), ReadError> {
        let mut seen: Vec<&str> = Vec::new();
        for operation in self.array("key_ops")? {
            let Json::Text(operation) = operation else {
                return Err(Self::wrong("key_ops", format!("an element is {}, needed is a string", operation.kind())));
            };
            if seen.contains(&operation.as_str()) {
                return Err(Self::wrong("key_ops", format!("{} stands twice", Invalid::quote(operation.as_str()))));
            }
            seen.push(operation.as_str());
        }
        Ok(())
    }

    /// RFC 7517 section 4.7: standard base64 of DER, unlike everything else.
    fn certificates(self) -> Result<Vec<Box<[u8]>>, ReadError> {
        if matches!(self.find("x5c"), Some(Json::Array(elements)) if elements.is_empty()) {
            return Err(Self::wrong("x5c", "it is empty"));
        }
        let read = self.array("x5c")?.iter().enumerate().map(|(at, element)| {
            let place = format!("certificate {} of x5c", at + 1);
            let Json::Text(text) = element else {
                return Err(Self::wrong("x5c", format!("an element is {}, needed is a string", element.kind())));
            };
            let der =
                base64::decode(text.as_str().as_bytes(), Alphabet::Standard, Padding::Required).map_err(|fault| {
                    Self::wrong("x5c", format!("{place}, character {}: {}", fault.at + 1, fault.reason))
                })?;
            read_certificate(&der).map_err(|error| error.within(&place))
        });
        read.collect()
    }
}

const TAKEN: &str = "accepted are RSA with two primes, EC on P-256, P-384 or P-521, and oct";

/// Writes an `ECPrivateKey` with its curve and its point.
pub(in crate::codec) fn ec_private(curve: Curve, scalar: &[u8], point: &[u8]) -> Zeroizing<Vec<u8>> {
    let version: &[u8] = &[tlv::INTEGER, 1, 1];
    let scalar = tlv::tlv(tlv::OCTET_STRING, &[scalar]);
    let parameters = tlv::tlv(tlv::constructed(0), &[&public::curve_oid(curve)]);
    let point = tlv::tlv(tlv::constructed(1), &[&tlv::bit_string(point)]);
    tlv::tlv(tlv::SEQUENCE, &[version, &scalar, &parameters, &point])
}

fn secret(bytes: Zeroizing<Vec<u8>>) -> SecretBytes {
    SecretBytes::copy_from(&bytes)
}

#[cfg(test)]
mod tests {
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
            let [Item { structure: Structure::PrivateJwk, content: Content::Private(private), hints }] =
                &*read(key.jwk)
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
        let [Item { content: Content::Secret(short), .. }, Item { content: Content::Secret(long), .. }] = &*items
        else {
            panic!()
        };
        assert_eq!((short.len(), long.len()), (16, 64));
        assert!(items.iter().all(|item| item.structure == Structure::Jwks));
        assert_eq!(items[0].hints.algorithm.as_deref(), Some("A128KW"));
        assert_eq!(items[1].hints.kid.as_deref(), Some("HMAC key used in JWS spec Appendix A.1 example"));
        let [Item { structure: Structure::PrivateJwk, content: Content::Secret(secret), hints }] = &*read(SECRET)
        else {
            panic!()
        };
        assert_eq!(
            Base64UrlUnpadded::encode_string(secret.expose_secret()),
            "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"
        );
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
}

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
mod tests;

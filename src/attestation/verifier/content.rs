//! What a statement says, each part as it was read, or why it could not be.

use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use crate::attestation::hex::hex;
use crate::attestation::report::{Fault, Finding};
use crate::attestation::{Claim, KeyFacts, MOST_CHALLENGE, Oids, Profile, Statement};
use crate::crypto::{self, CheckedPublic};
use crate::model::{KeyId, KeyType};
use crate::x509::dotted;
use crate::x509::{Certificate, X509Error};

use super::extensions::optional;

/// A statement as it came.
pub(super) struct Content<'a> {
    read: Result<Parts<'a>, X509Error>,
}

/// A statement that is a certificate.
struct Parts<'a> {
    certificate: Certificate<'a>,
    key_id: Result<KeyId, String>,
    public_key: Result<CheckedPublic, String>,
    claims: Result<Vec<Claim>, String>,
    /// None where the profile has none.
    facts: Option<Result<KeyFacts, String>>,
    challenge: Option<Result<Option<&'a [u8]>, String>>,
}

impl<'a> Content<'a> {
    pub(super) fn read(der: &'a [u8], profile: Profile) -> Self {
        let read = Certificate::read(der).map(|certificate| Parts {
            key_id: read_key_id(&certificate, profile.oids()),
            public_key: read_public_key(&certificate),
            claims: read_claims(&certificate, profile),
            facts: profile.oids().facts.map(|oid| {
                let facts = optional(&certificate, oid, "facts about the key", KeyFacts::read)?;
                facts.ok_or_else(|| "has no facts about the key".to_owned())
            }),
            challenge: profile.oids().challenge.map(|oid| read_challenge(&certificate, oid)),
            certificate,
        });
        Self { read }
    }

    /// All that it says, where all of it was read.
    pub(super) fn statement(&self) -> Option<Statement> {
        let parts = self.read.as_ref().ok()?;
        let facts = parts.facts.as_ref().map(Result::as_ref).transpose().ok()?;
        let challenge = parts.challenge.as_ref().map(Result::as_ref).transpose().ok()?;
        Some(Statement {
            key_id: *parts.key_id.as_ref().ok()?,
            public_key: parts.public_key.as_ref().ok()?.spki.clone(),
            signed_at: parts.certificate.not_before,
            serial: parts.certificate.serial.into(),
            claims: parts.claims.as_ref().ok()?.clone(),
            challenge: challenge.copied().flatten().map(Into::into),
            facts: facts.cloned(),
        })
    }

    pub(super) fn certificate(&self) -> Result<&Certificate<'a>, Fault> {
        Ok(&self.parts()?.certificate)
    }

    pub(super) fn key_id(&self) -> Result<KeyId, Fault> {
        let id = self.parts()?.key_id.as_ref();
        id.copied().map_err(|_| Fault::Unmade("the statement's key id cannot be read".into()))
    }

    pub(super) fn public_key(&self) -> Result<&CheckedPublic, Fault> {
        let key = self.parts()?.public_key.as_ref();
        key.map_err(|_| Fault::Unmade("the attested key cannot be used".into()))
    }

    /// The claims that it makes.
    pub(super) fn made_claims(&self) -> Result<&[Claim], Fault> {
        let claims = self.parts()?.claims.as_deref();
        claims.map_err(|_| Fault::Unmade("the statement's claims cannot be read".into()))
    }

    /// What it says about the key's way.
    pub(super) fn facts(&self) -> Result<&KeyFacts, Fault> {
        let facts = self.parts()?.facts.as_ref();
        let facts = facts.ok_or(Fault::NotAsked("statements of this profile have no facts about the key"))?;
        facts.as_ref().map_err(|why| Fault::Failed(format!("the statement {why}")))
    }

    /// The challenge that it carries.
    pub(super) fn given_challenge(&self) -> Result<Option<&'a [u8]>, Fault> {
        let challenge = self.parts()?.challenge.as_ref();
        let challenge =
            challenge.ok_or_else(|| Fault::Failed("statements of this profile have no challenge".into()))?;
        challenge.as_ref().copied().map_err(|_| Fault::Unmade("the statement's challenge cannot be read".into()))
    }

    pub(super) fn readable(&self) -> Finding {
        match &self.read {
            Ok(_) => Ok("the statement is a certificate".into()),
            Err(error) => Err(Fault::Failed(format!("the statement cannot be read: {error}"))),
        }
    }

    pub(super) fn subject(&self) -> Finding {
        match &self.parts()?.key_id {
            Ok(id) => Ok(format!("the statement is about the key {id}").into()),
            Err(why) => Err(Fault::Failed(format!("the statement's subject {why}"))),
        }
    }

    pub(super) fn attested_key(&self) -> Finding {
        match &self.parts()?.public_key {
            Ok(key) => match key.curve {
                Some(curve) => Ok(format!("the attested key is EC on {}", curve.name()).into()),
                None => Ok(format!("the attested key is {} of {} bits", key.key_type.name(), key.bits).into()),
            },
            Err(why) => Err(Fault::Failed(format!("the attested key cannot be used: {why}"))),
        }
    }

    pub(super) fn claims(&self) -> Finding {
        match &self.parts()?.claims {
            Ok(claims) if claims.is_empty() => Ok("no claims".into()),
            Ok(claims) => Ok(claims.iter().map(|claim| claim.as_str()).collect::<Vec<_>>().join(", ").into()),
            Err(why) => Err(Fault::Failed(format!("the statement {why}"))),
        }
    }

    pub(super) fn challenge(&self) -> Finding {
        let challenge = self.parts()?.challenge.as_ref();
        match challenge.ok_or(Fault::NotAsked("statements of this profile have no challenge"))? {
            Ok(None) => Ok("the statement has no challenge".into()),
            Ok(Some(challenge)) => Ok(format!("the statement has a challenge of {} bytes", challenge.len()).into()),
            Err(why) => Err(Fault::Failed(format!("the statement {why}"))),
        }
    }

    fn parts(&self) -> Result<&Parts<'a>, Fault> {
        self.read.as_ref().map_err(|_| Fault::Unmade("the statement cannot be read".into()))
    }
}

/// ```text
/// SEQUENCE { SET { SEQUENCE { id-at-commonName, text } }, SET { SEQUENCE { key-id, UTF8String } } }
/// ```
fn read_key_id(statement: &Certificate<'_>, oids: &Oids) -> Result<KeyId, String> {
    const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    let attributes = statement.subject_attributes().map_err(|error| format!("cannot be read: {error}"))?;
    let (name, id) = match attributes.as_slice() {
        [(COMMON_NAME, name), (attribute, id)] if *attribute == oids.key_id && count(statement.subject) == 2 => {
            (name, id)
        }
        _ => {
            let got: Vec<_> = attributes.iter().take(4).map(|(oid, _)| dotted(oid)).collect();
            let (got, id) = (got.join(", "), dotted(oids.key_id));
            return Err(format!("has the attributes {got}, allowed are 2.5.4.3 and {id}, each a part of its own"));
        }
    };
    let is_text =
        matches!(name.tag(), Tag::Utf8String | Tag::PrintableString) && std::str::from_utf8(name.value()).is_ok();
    if !is_text || name.value().is_empty() {
        return Err("has a common name that is empty or of another type than UTF8String and PrintableString".to_owned());
    }
    let text = std::str::from_utf8(id.value()).ok().filter(|_| id.tag() == Tag::Utf8String);
    let text = text.ok_or("has a key id that is no UTF8String")?;
    let id = KeyId::parse(text).map_err(|error| format!("has a key id that is none: {error}"))?;
    if id.to_string() == text { Ok(id) } else { Err(format!("has the key id {text}, allowed is lower case")) }
}

/// How many elements a SEQUENCE has.
fn count(sequence: &[u8]) -> usize {
    let Ok(any) = AnyRef::from_der(sequence) else { return 0 };
    let Ok(mut reader) = SliceReader::new(any.value()) else { return 0 };
    std::iter::from_fn(|| if reader.is_finished() { None } else { reader.tlv_bytes().ok() }).count()
}

fn read_public_key(statement: &Certificate<'_>) -> Result<CheckedPublic, String> {
    const LEAST_RSA: u32 = 2048;
    let key = crypto::check_public(statement.spki).map_err(|error| error.to_string())?;
    if key.key_type == KeyType::Rsa && key.bits < LEAST_RSA {
        return Err(format!("it is RSA of {} bits, allowed are at least {LEAST_RSA}", key.bits));
    }
    Ok(key)
}

fn read_claims(statement: &Certificate<'_>, profile: Profile) -> Result<Vec<Claim>, String> {
    /// An empty SEQUENCE.
    const MADE: &[u8] = &[0x30, 0];
    let mut made = Vec::new();
    for (claim, oid) in claims_of(profile) {
        match statement.extension(oid) {
            Some(extension) if extension.value == MADE => made.push(claim),
            Some(extension) => {
                let got = hex(extension.value);
                return Err(format!("has the claim {claim} with the value {got}, allowed is 3000"));
            }
            None => {}
        }
    }
    let other = profile.other();
    match claims_of(other).into_iter().find(|(_, oid)| statement.extension(oid).is_some()) {
        Some((claim, _)) => {
            Err(format!("has the claim {claim} of the profile {other}, allowed are those of {profile}"))
        }
        None => Ok(made),
    }
}

fn claims_of(profile: Profile) -> [(Claim, &'static [u8]); 2] {
    let oids = profile.oids();
    [(Claim::GeneratedHere, oids.generated), (Claim::NeverExportable, oids.never_exportable)]
}

fn read_challenge<'a>(statement: &Certificate<'a>, oid: &[u8]) -> Result<Option<&'a [u8]>, String> {
    let read = |value| Ok(<&OctetStringRef>::from_der(value)?.as_bytes());
    match optional(statement, oid, "a challenge", read)? {
        Some(challenge) if !(1..=MOST_CHALLENGE).contains(&challenge.len()) => {
            Err(format!("has a challenge of {} bytes, allowed are 1 to {MOST_CHALLENGE}", challenge.len()))
        }
        other => Ok(other),
    }
}

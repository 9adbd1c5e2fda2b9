//! The path: from the statement over its authority and the CAs to a pinned root.

use std::ops::Range;
use std::sync::Arc;

use crate::attestation::Profile;
use crate::attestation::hex::hex;
use crate::attestation::report::{Fault, Finding};
use crate::crypto::{self, CryptoError, IssuerKey};
use crate::model::colon_hex;
use crate::x509::{Certificate, X509Error, extension};

use super::anchor::Anchor;
use super::extensions::{authority_key_id, optional, subject_key_id};

/// More than any profile has; a longer chain is not read.
const MOST: usize = 5;

/// The certificates that came with a statement, each read once.
pub(super) struct Chain<'a> {
    ders: &'a [&'a [u8]],
    /// None of a chain that is too long.
    links: Vec<Result<Link<'a>, X509Error>>,
    /// The trust anchor that is the last of them.
    anchor: Option<&'a Anchor>,
}

/// A certificate and the key that it is for.
pub(super) struct Link<'a> {
    pub(super) certificate: Certificate<'a>,
    key: Arc<Result<IssuerKey, CryptoError>>,
}

impl Link<'_> {
    pub(super) fn key(&self) -> Result<&IssuerKey, &CryptoError> {
        (*self.key).as_ref()
    }
}

impl<'a> Chain<'a> {
    pub(super) fn read(ders: &'a [&'a [u8]], anchors: &'a [Anchor]) -> Self {
        let anchor = ders.last().and_then(|last| anchors.iter().find(|anchor| *anchor.der == **last));
        let read = |(at, der): (usize, &&'a [u8])| {
            let certificate = Certificate::read(der)?;
            let key = match anchor {
                Some(anchor) if at + 1 == ders.len() => Arc::clone(&anchor.key),
                _ => Arc::new(IssuerKey::from_spki(certificate.spki)),
            };
            Ok(Link { certificate, key })
        };
        let links = if ders.len() > MOST { Vec::new() } else { ders.iter().enumerate().map(read).collect() };
        Self { ders, links, anchor }
    }

    pub(super) fn length(&self, profile: Profile) -> Finding {
        let (got, allowed) = (self.ders.len(), profile.chain());
        let (least, most) = (allowed.start(), allowed.end());
        let words = if least == most { format!("{least}") } else { format!("{least} to {most}") };
        if allowed.contains(&got) {
            Ok(format!("the chain has {got} certificates").into())
        } else {
            Err(Fault::Failed(format!("the number of certificates in the chain is {got}, allowed are {words}")))
        }
    }

    pub(super) fn readable(&self) -> Finding {
        self.any()?;
        let unread = self.links.iter().enumerate().filter_map(|(at, link)| Some((at, link.as_ref().err()?)));
        let unread: Vec<_> = unread.map(|(at, error)| format!("chain[{at}]: {error}")).collect();
        failed(unread)?;
        Ok("each certificate of the chain can be read".into())
    }

    pub(super) fn signed(&self, statement: &Certificate<'_>) -> Finding {
        let authority = self.authority()?;
        match signed_by(statement, authority.key(), 0) {
            Ok(()) => Ok("the statement is signed with the key of chain[0]".into()),
            Err(why) => Err(Fault::Failed(format!("the statement {why}"))),
        }
    }

    pub(super) fn issued(&self, statement: &Certificate<'_>) -> Finding {
        if statement.issuer == self.authority()?.certificate.subject {
            Ok("the statement's issuer is the subject of chain[0]".into())
        } else {
            Err(Fault::Failed("the statement's issuer is not the subject of chain[0]".into()))
        }
    }

    pub(super) fn identified(&self, statement: &Certificate<'_>) -> Finding {
        match identified_by(statement, &self.authority()?.certificate, 0) {
            Ok(()) => Ok("the statement names the key of chain[0]".into()),
            Err(why) => Err(Fault::Failed(format!("the statement {why}"))),
        }
    }

    pub(super) fn signatures(&self) -> Finding {
        self.each_pair(|at, link, next| signed_by(&link.certificate, next.key(), at + 1))?;
        Ok("each certificate is signed with the key of the next one".into())
    }

    pub(super) fn names(&self) -> Finding {
        self.each_pair(|at, link, next| {
            let (issuer, subject) = (link.certificate.issuer, link.certificate.subject);
            if issuer != next.certificate.subject {
                Err(format!("has an issuer that is not the subject of chain[{}]", at + 1))
            } else if issuer == subject {
                Err("is its own issuer, which only the last one may be".to_owned())
            } else {
                Ok(())
            }
        })?;
        Ok("each issuer is the subject of the next certificate".into())
    }

    pub(super) fn key_ids(&self) -> Finding {
        self.each_pair(|at, link, next| identified_by(&link.certificate, &next.certificate, at + 1))?;
        self.each(self.place_of_root()..self.links.len(), |_, link| {
            let (root, oid) = (&link.certificate, extension::AUTHORITY_KEY_IDENTIFIER);
            let id = optional(root, oid, "authority key identifier", extension::read_authority_key_identifier)?;
            match id.flatten() {
                Some(id) if id != subject_key_id(root)? => {
                    Err("is the last one and has the authority key identifier of another".to_owned())
                }
                _ => Ok(()),
            }
        })?;
        Ok("each certificate names the key of the next one".into())
    }

    pub(super) fn path_length(&self) -> Finding {
        self.each_ca(|at, ca| {
            // Between it and the authority stand one fewer than its place.
            let below = at.saturating_sub(1);
            let constraints = ca.certificate.extension(extension::BASIC_CONSTRAINTS);
            // What cannot be read fails elsewhere.
            match constraints.map(|found| extension::read_basic_constraints(found.value)) {
                Some(Ok((_, Some(most)))) if below > usize::from(most) => {
                    Err(format!("has the path length constraint {most}, CAs between it and chain[0] are {below}"))
                }
                _ => Ok(()),
            }
        })?;
        Ok("no CA stands higher than its path length constraint allows".into())
    }

    /// `pinned` says how many trust anchors there are.
    pub(super) fn trust_anchor(&self, pinned: usize) -> Finding {
        let last = self.ders.last().ok_or_else(|| Fault::Unmade("the chain is empty".into()))?;
        let name = format!("chain[{}]", self.place_of_root());
        let Some(anchor) = self.anchor else {
            let pinned = match pinned {
                1 => "not the trust anchor".to_owned(),
                more => format!("none of the {more} trust anchors"),
            };
            let digest = colon_hex(&crypto::sha256(last));
            return Err(Fault::Failed(format!("{name}, of SHA-256 {digest}, is {pinned}")));
        };
        match &anchor.self_signed {
            Ok(()) => Ok(format!("{name} is a trust anchor and signed by itself").into()),
            Err(why) => Err(Fault::Failed(format!("{name} is a trust anchor, but {why}"))),
        }
    }

    /// The one that signed the statement.
    pub(super) fn authority(&self) -> Result<&Link<'a>, Fault> {
        self.any()?;
        let authority = self.links.first().and_then(|link| link.as_ref().ok());
        authority.ok_or_else(|| Fault::Unmade("chain[0] cannot be read".into()))
    }

    /// The place of the last one.
    pub(super) fn place_of_root(&self) -> usize {
        self.ders.len().saturating_sub(1)
    }

    /// The certificates that can be read, with their places.
    fn links(&self) -> impl Iterator<Item = (usize, &Link<'a>)> {
        self.links.iter().enumerate().filter_map(|(at, link)| Some((at, link.as_ref().ok()?)))
    }

    /// Makes a check of every certificate and its place.
    pub(super) fn each_link(&self, check: impl Fn(usize, &Link<'a>) -> Result<(), String>) -> Result<(), Fault> {
        self.each(0..self.links.len(), check)
    }

    /// Makes a check of every CA and its place.
    pub(super) fn each_ca(&self, check: impl Fn(usize, &Link<'a>) -> Result<(), String>) -> Result<(), Fault> {
        self.any_ca()?;
        self.each(1..self.links.len(), check)
    }

    fn each(&self, places: Range<usize>, check: impl Fn(usize, &Link<'a>) -> Result<(), String>) -> Result<(), Fault> {
        self.any()?;
        let within = self.links().filter(|(at, _)| places.contains(at));
        let wrong = within.filter_map(|(at, link)| Some(format!("chain[{at}] {}", check(at, link).err()?)));
        failed(wrong.collect())?;
        self.all_of(places)
    }

    /// Makes a check of every certificate, its place, and the next one.
    fn each_pair(&self, check: impl Fn(usize, &Link<'a>, &Link<'a>) -> Result<(), String>) -> Result<(), Fault> {
        self.any_ca()?;
        let pairs = self.links.iter().zip(self.links.iter().skip(1)).enumerate();
        let wrong = pairs.filter_map(|(at, pair)| match pair {
            (Ok(link), Ok(next)) => Some(format!("chain[{at}] {}", check(at, link, next).err()?)),
            _ => None,
        });
        failed(wrong.collect())?;
        self.all_of(0..self.links.len())
    }

    /// Whether there is something to check.
    fn any(&self) -> Result<(), Fault> {
        match self.ders.len() {
            0 => Err(Fault::Unmade("the chain is empty".into())),
            len if len > MOST => Err(Fault::Unmade(format!("the chain is longer than {MOST}"))),
            _ => Ok(()),
        }
    }

    fn any_ca(&self) -> Result<(), Fault> {
        self.any()?;
        if self.links.len() > 1 { Ok(()) } else { Err(Fault::Unmade("the chain has no CA".into())) }
    }

    /// Whether all of these can be read.
    fn all_of(&self, places: Range<usize>) -> Result<(), Fault> {
        let unread = self.links.iter().enumerate().find(|(at, link)| places.contains(at) && link.is_err());
        unread.map_or(Ok(()), |(at, _)| Err(Fault::Unmade(format!("chain[{at}] cannot be read"))))
    }
}

fn failed(reasons: Vec<String>) -> Result<(), Fault> {
    if reasons.is_empty() { Ok(()) } else { Err(Fault::Failed(reasons.join("; "))) }
}

/// Whether the key of the certificate at this place signed it.
fn signed_by(certificate: &Certificate<'_>, key: Result<&IssuerKey, &CryptoError>, place: usize) -> Result<(), String> {
    let Certificate { signature_algorithm, tbs_algorithm, tbs, signature, .. } = certificate;
    if signature_algorithm != tbs_algorithm {
        return Err("names one signature algorithm inside and another outside".to_owned());
    }
    let key = key.map_err(|error| format!("cannot be verified with the key of chain[{place}]: {error}"))?;
    let verified = key.verify(signature_algorithm, tbs, signature);
    verified.map_err(|error| format!("is not signed with the key of chain[{place}]: {error}"))
}

/// Whether it names the key of its issuer, which is the certificate at this place.
fn identified_by(certificate: &Certificate<'_>, issuer: &Certificate<'_>, place: usize) -> Result<(), String> {
    let id = authority_key_id(certificate)?;
    let expected =
        subject_key_id(issuer).map_err(|why| format!("names a key by its identifier, but chain[{place}] {why}"))?;
    if id == expected {
        return Ok(());
    }
    Err(format!("has the authority key identifier {}, the key of chain[{place}] has {}", hex(id), hex(expected)))
}

//! Certificate revocation lists (RFC 5280, section 5), read as far as they have to be.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use der::asn1::{AnyRef, BitStringRef, IntRef, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use jiff::Timestamp;
use spki::AlgorithmIdentifierRef;

use super::super::name::FoldedName;
use super::super::{X509Error, oid, time};
use super::distribution::Scope;
use super::signatures::Signatures;
use crate::crypto;

const CRL_NUMBER: &[u8] = &[0x55, 0x1D, 20];
const REASON: &[u8] = &[0x55, 0x1D, 21];
const HOLD_INSTRUCTION: &[u8] = &[0x55, 0x1D, 23];
const INVALIDITY_DATE: &[u8] = &[0x55, 0x1D, 24];
const DELTA: &[u8] = &[0x55, 0x1D, 27];
const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1D, 28];
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1D, 35];
/// As the unused one of a certificate.
const MOST_SCOPE: usize = 1 << 16;

/// A list. Nothing of it has been verified.
#[derive(Debug)]
pub(super) struct Crl<'a> {
    /// What is signed, header included, and its SHA-256, once that was asked for.
    tbs: &'a [u8],
    digest: OnceCell<[u8; 32]>,
    /// An `AlgorithmIdentifier`, header included.
    signature_algorithm: &'a [u8],
    /// The octets of the BIT STRING.
    signature: &'a [u8],
    pub(super) issuer: FoldedName,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
    /// The octets of the INTEGER; empty without one.
    pub(super) number: &'a [u8],
    /// Its scope as it stands there: lists of one scope replace each other.
    pub(super) scope_der: &'a [u8],
    /// None when it cannot be understood, or says something critical that is not.
    pub(super) scope: Option<Scope<'a>>,
    /// Whether it lists what has changed since another.
    pub(super) delta: bool,
    /// The content of `revokedCertificates`.
    revoked: &'a [u8],
    /// What was found in it, by serial numbers.
    found: RefCell<HashMap<Box<[u8]>, Option<Listed>>>,
}

/// What a list says of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    No,
    /// A delta list takes it off.
    Removed,
    Yes,
}

impl<'a> Crl<'a> {
    /// Reads a list of version 1 or 2 in DER.
    pub(super) fn read(der: &'a [u8]) -> Result<Self, X509Error> {
        let mut reader = SliceReader::new(der)?;
        let crl = reader.sequence(|outer| {
            let tbs = outer.tlv_bytes()?;
            let signature_algorithm = outer.tlv_bytes()?;
            AlgorithmIdentifierRef::from_der(signature_algorithm)?;
            let signature = outer.decode::<BitStringRef<'_>>()?;
            let signature = signature.as_bytes().ok_or(X509Error::Structure("its signature is not whole bytes"))?;
            Self::read_tbs(tbs, signature_algorithm, signature)
        })?;
        reader.finish()?;
        Ok(crl)
    }

    fn read_tbs(tbs: &'a [u8], signature_algorithm: &'a [u8], signature: &'a [u8]) -> Result<Self, X509Error> {
        let mut reader = SliceReader::new(tbs)?;
        let crl = reader.sequence(|inner| {
            let version = inner.decode::<Option<u8>>()?;
            if version.is_some_and(|version| version != 1) {
                return Err(X509Error::Structure("a list of revoked certificates is of neither version 1 nor 2"));
            }
            if inner.tlv_bytes()? != signature_algorithm {
                return Err(X509Error::Structure("it names one signature algorithm inside and another outside"));
            }
            let issuer = FoldedName::read(inner.tlv_bytes()?)?;
            let this_update = time::read("thisUpdate", inner.decode()?)?;
            let mut next: Option<AnyRef<'a>> = inner.decode()?;
            let is_time = |any: &AnyRef<'_>| matches!(any.tag(), Tag::UtcTime | Tag::GeneralizedTime);
            let next_update = next.filter(is_time).map(|any| time::read("nextUpdate", any)).transpose()?;
            if next_update.is_some() {
                next = inner.decode()?;
            }
            let mut revoked: &[u8] = &[];
            if let Some(list) = next.filter(|any| any.tag() == Tag::Sequence) {
                revoked = list.value();
                next = inner.decode()?;
            }
            let mut crl = Self {
                tbs,
                digest: OnceCell::new(),
                signature_algorithm,
                signature,
                issuer,
                this_update,
                next_update,
                number: &[],
                scope_der: &[],
                scope: Some(Scope::default()),
                delta: false,
                revoked,
                found: RefCell::default(),
            };
            if let Some(tagged) = next {
                tagged.tag().assert_eq(Tag::ContextSpecific { constructed: true, number: TagNumber(0) })?;
                if version.is_none() {
                    return Err(X509Error::Structure("a list of revoked certificates of version 1 has extensions"));
                }
                let list = AnyRef::from_der(tagged.value())?;
                list.tag().assert_eq(Tag::Sequence)?;
                crl.read_extensions(list.value())?;
            }
            Ok(crl)
        })?;
        reader.finish()?;
        Ok(crl)
    }

    fn read_extensions(&mut self, content: &'a [u8]) -> Result<(), X509Error> {
        let mut understood = true;
        let mut scope = Some(Scope::default());
        each_extension(content, |oid, critical, value| {
            match oid {
                CRL_NUMBER => self.number = <IntRef<'a>>::from_der(value)?.as_bytes(),
                DELTA => self.delta = true,
                ISSUING_DISTRIBUTION_POINT => {
                    // A second one would take the place of the first.
                    understood &= self.scope_der.is_empty() && value.len() <= MOST_SCOPE;
                    self.scope_der = value;
                    scope = if understood { Scope::read(value, &self.issuer).ok() } else { None };
                }
                AUTHORITY_KEY_IDENTIFIER => {}
                _ => understood &= !critical,
            }
            Ok(())
        })?;
        self.scope = scope.filter(|_| understood);
        Ok(())
    }

    /// Whether it was signed with a key, given as a `SubjectPublicKeyInfo`.
    pub(super) fn is_signed(&self, spki: &[u8], signatures: &Signatures) -> bool {
        let digest = self.digest.get_or_init(|| crypto::sha256(self.tbs));
        signatures.verify_digested(spki, self.signature_algorithm, (self.tbs, digest), self.signature)
    }

    /// Looks for a serial number, given as the octets of its INTEGER. Every entry is read, since one with something critical
    /// that is not understood makes the list of no use (section 5.3), and then `None` is the answer.
    pub(super) fn find(&self, serial: &[u8]) -> Option<Listed> {
        *self.found.borrow_mut().entry(serial.into()).or_insert_with(|| self.look_for(serial))
    }

    fn look_for(&self, serial: &[u8]) -> Option<Listed> {
        let read = || -> Result<Listed, X509Error> {
            let mut found = Listed::No;
            let mut reader = SliceReader::new(self.revoked)?;
            while !reader.is_finished() {
                let listed = reader.sequence(|entry| {
                    let number = entry.decode::<IntRef<'_>>()?;
                    let date: AnyRef<'_> = entry.decode()?;
                    if !matches!(date.tag(), Tag::UtcTime | Tag::GeneralizedTime) {
                        return Err(X509Error::Structure("a revoked certificate has no date"));
                    }
                    let extensions: Option<AnyRef<'_>> = entry.decode()?;
                    let removed = extensions.map(read_entry_extensions).transpose()?.unwrap_or(false);
                    Ok((number.as_bytes() == serial).then_some(if removed { Listed::Removed } else { Listed::Yes }))
                })?;
                // Of two entries the worse one counts.
                found = match (found, listed) {
                    (Listed::Yes, _) | (_, Some(Listed::Yes)) => Listed::Yes,
                    (_, Some(Listed::Removed)) => Listed::Removed,
                    (found, _) => found,
                };
            }
            Ok(found)
        };
        read().ok()
    }
}

/// Whether the reason is `removeFromCRL`.
fn read_entry_extensions(extensions: AnyRef<'_>) -> Result<bool, X509Error> {
    /// `ENUMERATED { removeFromCRL (8) }`.
    const REMOVE: &[u8] = &[10, 1, 8];
    extensions.tag().assert_eq(Tag::Sequence)?;
    let mut removed = false;
    each_extension(extensions.value(), |oid, critical, value| {
        match oid {
            REASON => removed |= value == REMOVE,
            HOLD_INSTRUCTION | INVALIDITY_DATE => {}
            _ if critical => return Err(X509Error::Structure("a revoked certificate has a critical extension")),
            _ => {}
        }
        Ok(())
    })?;
    Ok(removed)
}

/// Gives identifier, criticality and value of each extension.
fn each_extension<'a>(
    content: &'a [u8],
    mut each: impl FnMut(&'a [u8], bool, &'a [u8]) -> Result<(), X509Error>,
) -> Result<(), X509Error> {
    let mut reader = SliceReader::new(content)?;
    while !reader.is_finished() {
        reader.sequence(|extension| {
            let oid = oid::read(extension)?;
            let critical = extension.decode::<Option<bool>>()?.unwrap_or(false);
            each(oid, critical, extension.decode::<&OctetStringRef>()?.as_bytes())
        })?;
    }
    Ok(())
}

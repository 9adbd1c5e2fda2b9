//! A certificate in all its parts, each as it stands in the DER, for those who verify one.
//!
//! Object identifiers stay bytes: the `der` crate's own type takes no arc beyond 32 bits, and a UUID's arc (`2.25`) has 128.

use der::asn1::{AnyRef, BitStringRef, ContextSpecific, IntRef, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use jiff::Timestamp;

use super::read::MOST_BYTES;
use super::{X509Error, name, time};

/// More extensions than any certificate has.
const MOST_EXTENSIONS: usize = 64;

/// An X.509 certificate (RFC 5280, section 4.1) taken apart. Nothing of it has been verified.
#[derive(Debug)]
pub(crate) struct Certificate<'a> {
    /// The whole certificate.
    pub(crate) der: &'a [u8],
    /// What is signed, header included.
    pub(crate) tbs: &'a [u8],
    /// 1, 2 or 3.
    pub(crate) version: u8,
    /// The octets of the INTEGER: big-endian, two's complement, never empty.
    pub(crate) serial: &'a [u8],
    /// The AlgorithmIdentifier outside of what is signed, header included.
    pub(crate) signature_algorithm: &'a [u8],
    /// The one inside, which must be the same.
    pub(crate) tbs_algorithm: &'a [u8],
    /// A Name, header included.
    pub(crate) issuer: &'a [u8],
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// A Name, header included.
    pub(crate) subject: &'a [u8],
    /// A SubjectPublicKeyInfo, header included.
    pub(crate) spki: &'a [u8],
    pub(crate) extensions: Vec<Extension<'a>>,
    /// The octets of the BIT STRING.
    pub(crate) signature: &'a [u8],
}

/// One extension (RFC 5280, section 4.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    /// The content of the OBJECT IDENTIFIER.
    pub(crate) oid: &'a [u8],
    pub(crate) critical: bool,
    /// The content of the OCTET STRING.
    pub(crate) value: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads a certificate of any version in DER, of at most 64 KiB and with nothing after it. An extension that comes twice
    /// is an error.
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, X509Error> {
        if der.len() > MOST_BYTES {
            return Err(X509Error::TooLong(der.len()));
        }
        let mut reader = SliceReader::new(der)?;
        let certificate = reader.sequence(|outer| {
            let tbs = outer.tlv_bytes()?;
            let signature_algorithm = outer.tlv_bytes()?;
            let signature = outer.decode::<BitStringRef<'_>>()?;
            let signature = signature.as_bytes().ok_or(X509Error::Structure("its signature is not whole bytes"))?;
            Self::read_tbs(der, tbs, signature_algorithm, signature)
        })?;
        reader.finish()?;
        Ok(certificate)
    }

    fn read_tbs(
        der: &'a [u8],
        tbs: &'a [u8],
        signature_algorithm: &'a [u8],
        signature: &'a [u8],
    ) -> Result<Self, X509Error> {
        let mut reader = SliceReader::new(tbs)?;
        let certificate = reader.sequence(|inner| {
            let version = ContextSpecific::<u8>::decode_explicit(inner, TagNumber(0))?.map_or(0, |field| field.value);
            let serial = inner.decode::<IntRef<'_>>()?.as_bytes();
            let tbs_algorithm = sequence(inner)?;
            let issuer = sequence(inner)?;
            let (not_before, not_after) = inner.sequence(|validity| {
                let (from, to) = (validity.decode()?, validity.decode()?);
                Ok::<_, X509Error>((time::read("notBefore", from)?, time::read("notAfter", to)?))
            })?;
            let subject = sequence(inner)?;
            let spki = sequence(inner)?;
            // What a version does not allow stays unread, and is an error as trailing data.
            if version > 0 {
                ContextSpecific::<BitStringRef<'_>>::decode_implicit(inner, TagNumber(1))?;
                ContextSpecific::<BitStringRef<'_>>::decode_implicit(inner, TagNumber(2))?;
            }
            let extensions = match version {
                0 | 1 => Vec::new(),
                2 => extensions(inner)?,
                _ => return Err(X509Error::Structure("its version is none of 1, 2 and 3")),
            };
            Ok(Self {
                der,
                tbs,
                version: version + 1,
                serial,
                signature_algorithm,
                tbs_algorithm,
                issuer,
                not_before,
                not_after,
                subject,
                spki,
                extensions,
                signature,
            })
        })?;
        reader.finish()?;
        Ok(certificate)
    }

    /// The extension of this identifier.
    pub(crate) fn extension(&self, oid: &[u8]) -> Option<&Extension<'a>> {
        self.extensions.iter().find(|extension| extension.oid == oid)
    }

    /// The attributes of the subject, each with the content of its OBJECT IDENTIFIER, in their order.
    pub(crate) fn subject_attributes(&self) -> Result<Vec<(&'a [u8], AnyRef<'a>)>, X509Error> {
        name::attributes(self.subject)
    }
}

/// A SEQUENCE, header included.
fn sequence<'a>(reader: &mut SliceReader<'a>) -> Result<&'a [u8], X509Error> {
    let der = reader.tlv_bytes()?;
    AnyRef::from_der(der)?.tag().assert_eq(Tag::Sequence).map_err(der::Error::from)?;
    Ok(der)
}

fn extensions<'a>(tbs: &mut SliceReader<'a>) -> Result<Vec<Extension<'a>>, X509Error> {
    let Some(field) = ContextSpecific::<AnyRef<'a>>::decode_explicit(tbs, TagNumber(3))? else { return Ok(Vec::new()) };
    field.value.tag().assert_eq(Tag::Sequence).map_err(der::Error::from)?;
    let mut reader = SliceReader::new(field.value.value())?;
    let mut found: Vec<Extension<'a>> = Vec::new();
    while !reader.is_finished() {
        let extension = reader.sequence(|extension| {
            let oid = oid(extension)?;
            let critical = extension.decode::<Option<bool>>()?.unwrap_or(false);
            let value = extension.decode::<&OctetStringRef>()?.as_bytes();
            Ok::<_, X509Error>(Extension { oid, critical, value })
        })?;
        if found.iter().any(|other| other.oid == extension.oid) {
            return Err(X509Error::Structure("one of its extensions comes twice"));
        }
        if found.len() == MOST_EXTENSIONS {
            return Err(X509Error::Structure("it has more than 64 extensions"));
        }
        found.push(extension);
    }
    Ok(found)
}

/// The content of an OBJECT IDENTIFIER: groups of base 128, of which none begins with a zero and the last one ends.
pub(super) fn oid<'a>(reader: &mut impl Reader<'a>) -> Result<&'a [u8], X509Error> {
    let any: AnyRef<'a> = reader.decode()?;
    any.tag().assert_eq(Tag::ObjectIdentifier).map_err(der::Error::from)?;
    let bytes = any.value();
    let starts = std::iter::once(&0).chain(bytes).zip(bytes);
    let padded = starts.into_iter().any(|(before, byte)| before & 0x80 == 0 && *byte == 0x80);
    if padded || bytes.last().is_none_or(|last| last & 0x80 != 0) {
        return Err(X509Error::Structure("one of its object identifiers is malformed"));
    }
    Ok(bytes)
}

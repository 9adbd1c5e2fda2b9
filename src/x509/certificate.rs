//! A certificate in all its parts, each as it stands in the DER, for those who verify one.

use der::asn1::{AnyRef, BitStringRef, ContextSpecific, IntRef, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use jiff::Timestamp;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::Version;

use super::name::Name;
use super::{X509Error, oid, time};

/// The longest certificate that is read: 64 KiB.
pub(super) const MOST_BYTES: usize = 1 << 16;
/// RFC 5280 allows 20 bytes; many count them without the leading 00.
pub(super) const MOST_SERIAL: usize = 21;
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
    /// Reads a certificate of any version in DER, of at most 64 KiB and with nothing after it, to verify it. An extension
    /// that comes twice is an error, since readers differ on which of the two counts.
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, X509Error> {
        let certificate = Self::read_to_show(der)?;
        let mut rest = certificate.extensions.as_slice();
        while let Some((first, behind)) = rest.split_first() {
            if behind.iter().any(|other| other.oid == first.oid) {
                return Err(X509Error::Structure("one of its extensions comes twice"));
            }
            rest = behind;
        }
        Ok(certificate)
    }

    /// Reads a certificate as [`read`](Self::read) does, whatever its extensions are.
    pub(crate) fn read_to_show(der: &'a [u8]) -> Result<Self, X509Error> {
        if der.len() > MOST_BYTES {
            return Err(X509Error::TooLong(der.len()));
        }
        let mut reader = SliceReader::new(der)?;
        let certificate = reader.sequence(|outer| {
            let tbs = outer.tlv_bytes()?;
            let signature_algorithm = outer.tlv_bytes()?;
            AlgorithmIdentifierRef::from_der(signature_algorithm)?;
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
            let version =
                ContextSpecific::decode_explicit(inner, TagNumber(0))?.map_or(Version::V1, |field| field.value);
            let serial = inner.decode::<IntRef<'_>>()?.as_bytes();
            if serial.len() > MOST_SERIAL {
                return Err(X509Error::SerialTooLong(serial.len()));
            }
            let tbs_algorithm = inner.tlv_bytes()?;
            AlgorithmIdentifierRef::from_der(tbs_algorithm)?;
            let issuer = inner.tlv_bytes()?;
            Name::read(issuer)?;
            let (not_before, not_after) = inner.sequence(|validity| {
                let (from, to) = (validity.decode()?, validity.decode()?);
                Ok::<_, X509Error>((time::read("notBefore", from)?, time::read("notAfter", to)?))
            })?;
            let subject = inner.tlv_bytes()?;
            Name::read(subject)?;
            let spki = inner.tlv_bytes()?;
            SubjectPublicKeyInfoRef::from_der(spki)?;
            // What a version does not allow stays unread, and is an error as trailing data.
            if version != Version::V1 {
                ContextSpecific::<BitStringRef<'_>>::decode_implicit(inner, TagNumber(1))?;
                ContextSpecific::<BitStringRef<'_>>::decode_implicit(inner, TagNumber(2))?;
            }
            let extensions = if version == Version::V3 { extensions(inner)? } else { Vec::new() };
            Ok(Self {
                der,
                tbs,
                version: version as u8 + 1,
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
        let subject = Name::read(self.subject)?;
        Ok(subject.attributes().map(|attribute| (attribute.oid, attribute.value)).collect())
    }
}

fn extensions<'a>(tbs: &mut SliceReader<'a>) -> Result<Vec<Extension<'a>>, X509Error> {
    let Some(field) = ContextSpecific::<AnyRef<'a>>::decode_explicit(tbs, TagNumber(3))? else { return Ok(Vec::new()) };
    field.value.tag().assert_eq(Tag::Sequence)?;
    let mut reader = SliceReader::new(field.value.value())?;
    let mut found: Vec<Extension<'a>> = Vec::new();
    while !reader.is_finished() {
        let extension = reader.sequence(|extension| {
            let oid = oid::read(extension)?;
            let critical = extension.decode::<Option<bool>>()?.unwrap_or(false);
            let value = extension.decode::<&OctetStringRef>()?.as_bytes();
            Ok::<_, X509Error>(Extension { oid, critical, value })
        })?;
        if found.len() == MOST_EXTENSIONS {
            return Err(X509Error::Structure("it has more than 64 extensions"));
        }
        found.push(extension);
    }
    Ok(found)
}

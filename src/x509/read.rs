//! A certificate taken apart, without a look at what its extensions mean.

use der::asn1::{AnyRef, BitStringRef, ContextSpecific, IntRef};
use der::{Decode, Reader, SliceReader, TagNumber};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::Version;
use x509_cert::ext::Extensions;
use x509_cert::name::Name;

use super::{X509Error, name};

/// The longest certificate that is read: 64 KiB.
pub(super) const MOST_BYTES: usize = 1 << 16;
/// RFC 5280 allows 20 bytes; many count them without the leading 00.
pub(super) const MOST_SERIAL: usize = 21;

/// The fields that `CertificateInformation` shows. All others have been read and found well-formed.
///
/// Not `x509_cert::Certificate`: it keeps neither the bytes of the public key nor times before 1970.
pub(super) struct Fields<'a> {
    pub(super) version: Version,
    /// The octets of the INTEGER: big-endian, two's complement, never empty.
    pub(super) serial: &'a [u8],
    pub(super) issuer: Name,
    pub(super) not_before: AnyRef<'a>,
    pub(super) not_after: AnyRef<'a>,
    pub(super) subject: Name,
    pub(super) spki: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, X509Error> {
        if der.len() > MOST_BYTES {
            return Err(X509Error::TooLong(der.len()));
        }
        let mut reader = SliceReader::new(der)?;
        let fields = reader.sequence(|certificate| {
            let fields = certificate.sequence(Self::read_tbs)?;
            certificate.decode::<AlgorithmIdentifierRef<'_>>()?;
            certificate.decode::<BitStringRef<'_>>()?;
            Ok::<_, X509Error>(fields)
        })?;
        reader.finish()?;
        if fields.serial.len() > MOST_SERIAL {
            return Err(X509Error::SerialTooLong(fields.serial.len()));
        }
        Ok(fields)
    }

    fn read_tbs(tbs: &mut SliceReader<'a>) -> Result<Self, X509Error> {
        let version = ContextSpecific::decode_explicit(tbs, TagNumber(0))?.map_or(Version::V1, |field| field.value);
        let serial = tbs.decode::<IntRef<'_>>()?.as_bytes();
        tbs.decode::<AlgorithmIdentifierRef<'_>>()?;
        let issuer = name::read(tbs.tlv_bytes()?)?;
        let (not_before, not_after) =
            tbs.sequence(|validity| Ok::<_, der::Error>((validity.decode()?, validity.decode()?)))?;
        let subject = name::read(tbs.tlv_bytes()?)?;
        let spki = tbs.tlv_bytes()?;
        SubjectPublicKeyInfoRef::from_der(spki)?;
        // What a version does not allow stays unread, and is an error as trailing data.
        if version != Version::V1 {
            ContextSpecific::<BitStringRef<'_>>::decode_implicit(tbs, TagNumber(1))?;
            ContextSpecific::<BitStringRef<'_>>::decode_implicit(tbs, TagNumber(2))?;
        }
        if version == Version::V3 {
            ContextSpecific::<Extensions>::decode_explicit(tbs, TagNumber(3))?;
        }
        Ok(Self { version, serial, issuer, not_before, not_after, subject, spki })
    }
}

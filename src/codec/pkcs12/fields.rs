//! The fields of DER structures, taken one after the other; each failure names the structure it happened in.

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, DecodeValue, ErrorKind, FixedTag, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::super::CodecError;

/// What is left of the fields of one structure.
pub(super) struct Fields<'a> {
    /// The structure's name.
    place: &'static str,
    reader: SliceReader<'a>,
}

impl<'a> Fields<'a> {
    /// The fields of the one `SEQUENCE` that `der` is.
    pub(super) fn of(place: &'static str, der: &'a [u8]) -> Result<Self, CodecError> {
        let sequence = AnyRef::from_der(der).map_err(|error| malformed(place, error))?;
        Self::inside(place, sequence, Tag::Sequence)
    }

    fn inside(place: &'static str, value: AnyRef<'a>, tag: Tag) -> Result<Self, CodecError> {
        value.tag().assert_eq(tag).map_err(|error| malformed(place, error))?;
        let reader = SliceReader::new(value.value()).map_err(|error| malformed(place, error))?;
        Ok(Self { place, reader })
    }

    /// The fields of the next field, which is a `SEQUENCE`.
    pub(super) fn sequence(&mut self, place: &'static str) -> Result<Self, CodecError> {
        let value = self.any()?;
        Self::inside(place, value, Tag::Sequence)
    }

    /// The values of the next field, which is a `SET OF`.
    pub(super) fn set(&mut self, place: &'static str) -> Result<Self, CodecError> {
        let value = self.any()?;
        Self::inside(place, value, Tag::Set)
    }

    pub(super) fn any(&mut self) -> Result<AnyRef<'a>, CodecError> {
        AnyRef::decode(&mut self.reader).map_err(|error| malformed(self.place, error))
    }

    fn value<T: DecodeValue<'a, Error = der::Error> + FixedTag + 'a>(&mut self) -> Result<T, CodecError> {
        T::decode(&mut self.reader).map_err(|error| malformed(self.place, error))
    }

    pub(super) fn oid(&mut self) -> Result<ObjectIdentifier, CodecError> {
        self.value()
    }

    pub(super) fn octets(&mut self) -> Result<&'a [u8], CodecError> {
        Ok(self.value::<&OctetStringRef>()?.as_bytes())
    }

    /// An unsigned number; what does not fit is as much as fits.
    pub(super) fn number(&mut self) -> Result<u64, CodecError> {
        let number: UintRef<'_> = self.value()?;
        if number.as_bytes().len() > 8 {
            return Ok(u64::MAX);
        }
        Ok(number.as_bytes().iter().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
    }

    /// The next field with its tag and length.
    pub(super) fn whole(&mut self) -> Result<&'a [u8], CodecError> {
        self.reader.tlv_bytes().map_err(|error| malformed(self.place, error))
    }

    /// The fields within the next one, tagged `[0] EXPLICIT`.
    pub(super) fn explicit(&mut self) -> Result<Self, CodecError> {
        let value = self.any()?;
        Self::inside(self.place, value, Tag::ContextSpecific { constructed: true, number: TagNumber(0) })
    }

    /// The next field as bytes, tagged `[0] IMPLICIT OCTET STRING`.
    pub(super) fn implicit_octets(&mut self) -> Result<&'a [u8], CodecError> {
        let value = self.any()?;
        let tag = Tag::ContextSpecific { constructed: false, number: TagNumber(0) };
        value.tag().assert_eq(tag).map_err(|error| malformed(self.place, error))?;
        Ok(value.value())
    }

    pub(super) fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    /// Refuses what is left.
    pub(super) fn finish(self) -> Result<(), CodecError> {
        self.reader.finish().map_err(|error| malformed(self.place, error))
    }
}

fn malformed(place: &'static str, error: der::Error) -> CodecError {
    match error.kind() {
        ErrorKind::IndefiniteLength => CodecError::Pkcs12Ber(place),
        _ => CodecError::Pkcs12Malformed { place, error },
    }
}

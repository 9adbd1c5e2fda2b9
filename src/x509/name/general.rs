//! General names (RFC 5280, section 4.2.1.6).

use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::super::X509Error;
use super::FoldedName;

/// One of the names that a certificate or a revocation list speaks of. Two are equal when they are of one kind and name
/// the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GeneralName<'a> {
    Directory(FoldedName),
    /// `dNSName`, as it stands there.
    Dns(&'a [u8]),
    /// `iPAddress`, of any length.
    Ip(&'a [u8]),
    /// Any other kind, by its number.
    Other(u32, &'a [u8]),
}

/// Reads `GeneralNames`, header included: the value of subjectAltName.
pub(crate) fn read_general_names(der: &[u8]) -> Result<Vec<GeneralName<'_>>, X509Error> {
    let any = AnyRef::from_der(der)?;
    any.tag().assert_eq(Tag::Sequence)?;
    read_general_names_content(any.value())
}

/// Reads `GeneralNames` without their header, as where they are tagged otherwise.
pub(crate) fn read_general_names_content(content: &[u8]) -> Result<Vec<GeneralName<'_>>, X509Error> {
    let mut names = Vec::new();
    let mut reader = SliceReader::new(content)?;
    while !reader.is_finished() {
        names.push(GeneralName::new(reader.decode()?)?);
    }
    if names.is_empty() {
        return Err(X509Error::Structure("it has a list of general names that is empty"));
    }
    Ok(names)
}

impl<'a> GeneralName<'a> {
    fn new(any: AnyRef<'a>) -> Result<Self, X509Error> {
        let Tag::ContextSpecific { constructed, number: TagNumber(number) } = any.tag() else {
            return Err(X509Error::Structure("it has a general name of no kind"));
        };
        // otherName, x400Address, directoryName and ediPartyName have parts.
        if number > 8 || constructed != matches!(number, 0 | 3 | 4 | 5) {
            return Err(X509Error::Structure("it has a general name of no kind"));
        }
        Ok(match number {
            2 => Self::Dns(any.value()),
            4 => Self::Directory(FoldedName::read(any.value())?),
            7 => Self::Ip(any.value()),
            _ => Self::Other(number, any.value()),
        })
    }
}

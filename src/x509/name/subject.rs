//! Whom a certificate is about.

use std::net::IpAddr;

use der::asn1::AnyRef;
use der::{Decode, Tagged};

use super::super::{Certificate, X509Error};
use super::general::{GeneralName, read_general_names};
use super::{FoldedName, text};
use crate::model::{DirectoryName, Invalid, Problem, Subject};

const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 17];

/// A subject to look for in certificates.
#[derive(Debug)]
pub(crate) enum WantedSubject {
    Directory(FoldedName),
    Dns(Box<str>),
    Ip(IpAddr),
}

impl WantedSubject {
    /// Reads object identifiers and values.
    pub(crate) fn read(subject: &Subject) -> Result<Self, Invalid> {
        Ok(match subject {
            Subject::DirectoryName(name) => Self::Directory(read_directory_name(name)?),
            Subject::DnsName(name) => Self::Dns(name.clone()),
            Subject::IpAddress(address) => Self::Ip(*address),
        })
    }
}

/// Whom a certificate is about: its subject and its subject alternative names.
#[derive(Debug)]
pub(crate) struct Subjects<'a> {
    subject: FoldedName,
    alternatives: Vec<GeneralName<'a>>,
}

impl<'a> Subjects<'a> {
    pub(crate) fn read(certificate: &Certificate<'a>) -> Result<Self, X509Error> {
        let alternatives = match certificate.extension(SUBJECT_ALT_NAME) {
            Some(extension) => read_general_names(extension.value)?,
            None => Vec::new(),
        };
        Ok(Self { subject: FoldedName::read(certificate.subject)?, alternatives })
    }

    /// Whether it is this one. A directory name is the whole subject or a `directoryName`, and never an empty one. A DNS name
    /// is a `dNSName` letter by letter but for their case: no wildcard of the certificate stands for it. An address is
    /// an `iPAddress` octet by octet: an IPv4 address mapped into IPv6 is another.
    pub(crate) fn have(&self, wanted: &WantedSubject) -> bool {
        let is = |name: &GeneralName<'_>| match (wanted, name) {
            (WantedSubject::Directory(wanted), GeneralName::Directory(name)) => wanted == name && !wanted.is_empty(),
            (WantedSubject::Dns(wanted), GeneralName::Dns(name)) => wanted.as_bytes().eq_ignore_ascii_case(name),
            (WantedSubject::Ip(IpAddr::V4(wanted)), GeneralName::Ip(name)) => wanted.octets() == **name,
            (WantedSubject::Ip(IpAddr::V6(wanted)), GeneralName::Ip(name)) => wanted.octets() == **name,
            _ => false,
        };
        let is_subject = match wanted {
            WantedSubject::Directory(wanted) => *wanted == self.subject && !wanted.is_empty(),
            WantedSubject::Dns(_) | WantedSubject::Ip(_) => false,
        };
        is_subject || self.alternatives.iter().any(is)
    }
}

fn read_directory_name(name: &DirectoryName) -> Result<FoldedName, Invalid> {
    let invalid = |message: String| Invalid::new("directory_name", Problem::CouldNotParse, message);
    let mut attributes = Vec::new();
    for (at, (dotted, der)) in name.attributes().enumerate() {
        let oid = encode_oid(dotted).ok_or_else(|| {
            let got = Invalid::quote(dotted);
            invalid(format!("directory_name has the object identifier {got}, allowed are those like 2.5.4.3"))
        })?;
        let value = AnyRef::from_der(der).map_err(|_| {
            let message = format!("directory_name has at place {at} a value that is not one whole value in DER");
            invalid(message)
        })?;
        if is_text(value) && text(value).is_none() {
            let tag = value.tag();
            return Err(invalid(format!(
                "directory_name has at place {at} a {tag} with characters that it cannot have"
            )));
        }
        attributes.push((oid, value));
    }
    let attributes = attributes.iter().map(|(oid, value)| (&**oid, *value));
    FoldedName::from_attributes(attributes).map_err(|error| invalid(format!("directory_name cannot be read: {error}")))
}

fn is_text(value: AnyRef<'_>) -> bool {
    use der::Tag::{BmpString, Ia5String, NumericString, PrintableString, TeletexString, Utf8String, VisibleString};
    matches!(
        value.tag(),
        BmpString | Ia5String | NumericString | PrintableString | TeletexString | Utf8String | VisibleString
    )
}

/// The content of an OBJECT IDENTIFIER by its numbers, of which each has at most 128 bits (X.667: those of UUIDs).
fn encode_oid(dotted: &str) -> Option<Vec<u8>> {
    let number = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        if plain { text.parse::<u128>().ok() } else { None }
    };
    let mut numbers = dotted.split('.').map(number);
    let (first, second) = (numbers.next()??, numbers.next()??);
    if first > 2 || (first < 2 && second >= 40) {
        return None;
    }
    let mut content = Vec::new();
    push(&mut content, second.checked_add(40 * first)?);
    for number in numbers {
        push(&mut content, number?);
    }
    Some(content)
}

/// Groups of seven bits, the highest first (X.690, section 8.19.2).
fn push(content: &mut Vec<u8>, number: u128) {
    let bits = u128::BITS - (number | 1).leading_zeros();
    for group in (0..bits.div_ceil(7)).rev() {
        let more = if group == 0 { 0 } else { 0x80 };
        content.push((number >> (7 * group)) as u8 & 0x7F | more);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::dotted;
    use super::*;

    fn wanted(oid: &str, der: &[u8]) -> Result<WantedSubject, Invalid> {
        WantedSubject::read(&Subject::DirectoryName(DirectoryName::new([(oid, der)]).unwrap()))
    }

    #[test]
    fn object_identifiers_come_back() {
        for text in
            ["2.5.4.3", "0.9.2342.19200300.100.1.25", "1.2.840.113549.1.9.1", "2.39", "2.40.127.128.16384", "0.0"]
        {
            assert_eq!(dotted(&encode_oid(text).unwrap()), text);
        }
        let uuid = "2.25.340282366920938463463374607431768211455";
        assert_eq!(dotted(&encode_oid(uuid).unwrap()), uuid);
        for wrong in [
            "",
            "2",
            "3.1",
            "1.40",
            "0.40",
            "2.",
            ".2.5",
            "2..5",
            "2.05.4",
            "+2.5",
            "2.5.4.3 ",
            "2.5.-4",
            "CN",
            "2.5.٣",
            "2.25.340282366920938463463374607431768211456",
            "2.340282366920938463463374607431768211455",
        ] {
            assert_eq!(encode_oid(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn directory_names_are_read_when_they_are_given() {
        wanted("2.5.4.3", b"\x0C\x01a").unwrap();
        // No text, and taken as it is.
        wanted("2.5.4.45", b"\x03\x02\0a").unwrap();
        let wrong = |oid, der: &[u8]| {
            let error = wanted(oid, der).unwrap_err();
            assert_eq!((error.field, error.problem), ("directory_name", Problem::CouldNotParse));
            error.message
        };
        insta::assert_snapshot!(wrong("CN", b"\x0C\x01a"), @"directory_name has the object identifier 'CN', allowed are those like 2.5.4.3");
        insta::assert_snapshot!(wrong("2.5.4.3", b"\x0C\x01ab"), @"directory_name has at place 0 a value that is not one whole value in DER");
        insta::assert_snapshot!(wrong("2.5.4.3", b"\x0C\x01\xFC"), @"directory_name has at place 0 a UTF8String with characters that it cannot have");
        for der in [
            &b"\x0C\x02a"[..],
            b"\x0C\x81\x01a",
            b"\x0C\x80a\0\0",
            b"\x0C\x84\xFF\xFF\xFF\xFF",
            b"\x1E\x01a",
            b"\x13\x01\xFC",
        ] {
            wrong("2.5.4.3", der);
        }
    }
}

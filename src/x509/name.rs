//! Distinguished names: a common name is written, all are shown as RFC 4514 text.

use std::fmt::Write as _;

use der::asn1::AnyRef;
use der::{Encode, Reader, SliceReader, Tag, Tagged};

use super::tlv::tlv;
use super::{X509Error, oid};

mod folded;
mod general;
mod subject;

pub(crate) use folded::FoldedName;
pub(crate) use general::{GeneralName, read_general_names_content};
pub(crate) use subject::{Subjects, WantedSubject};

/// Writes a name of one common name: a PrintableString where its characters allow that, else a UTF8String (RFC 5280,
/// section 4.1.2.4).
pub(super) fn write_common_name(text: &str) -> Result<Vec<u8>, X509Error> {
    let printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    let tag = if text.bytes().all(printable) { Tag::PrintableString } else { Tag::Utf8String };
    write_parts(&[(COMMON_NAME, tag, text)])
}

/// Writes a name of UTF8Strings, each a part of its own under the content of its OBJECT IDENTIFIER.
pub(crate) fn write_name(parts: &[(&[u8], &str)]) -> Result<Vec<u8>, X509Error> {
    let parts: Vec<_> = parts.iter().map(|(oid, text)| (*oid, Tag::Utf8String, *text)).collect();
    write_parts(&parts)
}

fn write_parts(parts: &[(&[u8], Tag, &str)]) -> Result<Vec<u8>, X509Error> {
    let part = |(oid, tag, text): &(&[u8], Tag, &str)| {
        let oid = tlv(Tag::ObjectIdentifier, &[oid])?;
        let attribute = tlv(Tag::Sequence, &[&oid, &tlv(*tag, &[text.as_bytes()])?])?;
        tlv(Tag::Set, &[&attribute])
    };
    let parts = parts.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    tlv(Tag::Sequence, &[&parts.concat()])
}

/// A name in its parts, each of one attribute or more.
pub(super) struct Name<'a>(Vec<Vec<Attribute<'a>>>);

#[derive(Clone, Copy)]
pub(super) struct Attribute<'a> {
    /// The content of its OBJECT IDENTIFIER.
    pub(super) oid: &'a [u8],
    pub(super) value: AnyRef<'a>,
}

impl<'a> Name<'a> {
    /// Reads a name. A part has at most 64 attributes; real ones have one, seldom three.
    pub(super) fn read(der: &'a [u8]) -> Result<Self, X509Error> {
        const MOST: usize = 64;
        let mut parts = Vec::new();
        let mut reader = SliceReader::new(der)?;
        reader.sequence(|inner| {
            while !inner.is_finished() {
                let part: AnyRef<'a> = inner.decode()?;
                part.tag().assert_eq(Tag::Set)?;
                let mut attributes = Vec::new();
                let mut set = SliceReader::new(part.value())?;
                while !set.is_finished() {
                    if attributes.len() == MOST {
                        return Err(X509Error::WideName(MOST));
                    }
                    attributes.push(set.sequence(|attribute| {
                        Ok::<_, X509Error>(Attribute { oid: oid::read(attribute)?, value: attribute.decode()? })
                    })?);
                }
                if attributes.is_empty() {
                    return Err(X509Error::Structure("one of its names has a part without attributes"));
                }
                parts.push(attributes);
            }
            Ok(())
        })?;
        reader.finish()?;
        Ok(Self(parts))
    }

    /// All attributes in their order.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &Attribute<'a>> {
        self.0.iter().flatten()
    }

    /// The first common name, if there is one.
    pub(super) fn first_common_name(&self) -> Result<Option<String>, X509Error> {
        let attribute = self.attributes().find(|attribute| attribute.oid == COMMON_NAME);
        attribute.map(|attribute| text(attribute.value).ok_or(X509Error::CommonName)).transpose()
    }

    /// The text of RFC 4514, section 2: the last part first.
    pub(super) fn rfc4514(&self) -> String {
        let part = |part: &Vec<Attribute<'_>>| part.iter().map(show_attribute).collect::<Vec<_>>().join("+");
        self.0.iter().rev().map(part).collect::<Vec<_>>().join(",")
    }
}

/// Types outside the table of RFC 4514, section 3, are shown as an OID with the value in hexadecimal, and so are
/// values that are no text.
fn show_attribute(attribute: &Attribute<'_>) -> String {
    let short = SHORT_NAMES.iter().find(|(oid, _)| *oid == attribute.oid);
    match (short, text(attribute.value)) {
        (Some((_, short)), Some(text)) => format!("{short}={}", escape(&text)),
        _ => {
            let mut shown = format!("{}=#", oid::dotted(attribute.oid));
            for byte in attribute.value.to_der().unwrap_or_default() {
                // Writing to a String does not fail.
                let _ = write!(shown, "{byte:02X}");
            }
            shown
        }
    }
}

/// RFC 4514, section 2.4; control characters too, so that the text stays on its line.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let first = at == 0;
        let last = at + c.len_utf8() == text.len();
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            ' ' if first || last => out.push_str("\\ "),
            '#' if first => out.push_str("\\#"),
            _ if c.is_control() => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(out, "\\{byte:02X}");
                }
            }
            _ => out.push(c),
        }
    }
    out
}

/// The text of any string type. TeletexString is read as Latin-1, as nearly everyone means it.
fn text(value: AnyRef<'_>) -> Option<String> {
    let bytes = value.value();
    match value.tag() {
        Tag::Utf8String => std::str::from_utf8(bytes).ok().map(str::to_owned),
        Tag::PrintableString | Tag::Ia5String | Tag::VisibleString | Tag::NumericString => {
            bytes.is_ascii().then(|| bytes.iter().copied().map(char::from).collect())
        }
        Tag::TeletexString => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let (pairs, []) = bytes.as_chunks::<2>() else { return None };
            let units: Vec<u16> = pairs.iter().copied().map(u16::from_be_bytes).collect();
            String::from_utf16(&units).ok()
        }
        _ => None,
    }
}

/// id-at-commonName, 2.5.4.3, RFC 5280 appendix A.1.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
/// RFC 4514, section 3.
const SHORT_NAMES: [(&[u8], &str); 9] = [
    (COMMON_NAME, "CN"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 9], "STREET"),
    // 0.9.2342.19200300.100.1.
    (&[9, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25], "DC"),
    (&[9, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 1], "UID"),
];

#[cfg(test)]
mod tests {
    use der::asn1::ObjectIdentifier;

    use super::*;

    fn name(rdns: &[&[(&str, Tag, &[u8])]]) -> Vec<u8> {
        let rdns: Vec<_> = rdns
            .iter()
            .map(|attributes| {
                let attributes: Vec<_> = attributes
                    .iter()
                    .map(|(oid, tag, value)| {
                        let oid = ObjectIdentifier::new_unwrap(oid).to_der().unwrap();
                        tlv(Tag::Sequence, &[&oid, &tlv(*tag, &[value]).unwrap()]).unwrap()
                    })
                    .collect();
                tlv(Tag::Set, &[&attributes.concat()]).unwrap()
            })
            .collect();
        tlv(Tag::Sequence, &[&rdns.concat()]).unwrap()
    }

    fn cn(tag: Tag, value: &[u8]) -> Vec<u8> {
        name(&[&[("2.5.4.3", tag, value)]])
    }

    fn rfc4514(name: &[u8]) -> String {
        Name::read(name).unwrap().rfc4514()
    }

    fn first_common_name(name: &[u8]) -> Result<Option<String>, X509Error> {
        Name::read(name).unwrap().first_common_name()
    }

    #[test]
    fn characters_decide_the_kind_of_string() {
        for (text, tag) in [
            ("acme.com", 0x13),
            ("Az09 '()+,-./:=?", 0x13),
            ("*.acme.com", 0x0C),
            ("a@acme.com", 0x0C),
            ("a_b", 0x0C),
            ("Bücher", 0x0C),
        ] {
            let der = write_common_name(text).unwrap();
            let len = text.len() as u8;
            let head = [0x30, len + 11, 0x31, len + 9, 0x30, len + 7, 6, 3, 0x55, 4, 3, tag, len];
            assert_eq!(der, [&head, text.as_bytes()].concat(), "{text}");
            assert_eq!(first_common_name(&der).unwrap().as_deref(), Some(text));
        }
    }

    #[test]
    fn names_are_shown_as_rfc_4514_says() {
        assert_eq!(rfc4514(&cn(Tag::PrintableString, b"acme.com")), "CN=acme.com");
        assert_eq!(rfc4514(&name(&[])), "");
        // The examples of section 4.
        let utf8 = Tag::Utf8String;
        let dc = |value| ("0.9.2342.19200300.100.1.25", Tag::Ia5String, value);
        let (net, example) = (&[dc(&b"net"[..])][..], &[dc(&b"example"[..])][..]);
        assert_eq!(
            rfc4514(&name(&[net, example, &[("0.9.2342.19200300.100.1.1", utf8, b"jsmith")]])),
            "UID=jsmith,DC=example,DC=net"
        );
        assert_eq!(
            rfc4514(&name(&[net, example, &[("2.5.4.11", utf8, b"Sales"), ("2.5.4.3", utf8, b"J.  Smith")]])),
            "OU=Sales+CN=J.  Smith,DC=example,DC=net"
        );
        assert_eq!(
            rfc4514(&name(&[net, example, &[("2.5.4.3", utf8, b"James \"Jim\" Smith, III")]])),
            r#"CN=James \"Jim\" Smith\, III,DC=example,DC=net"#
        );
        assert_eq!(
            rfc4514(&name(&[net, example, &[("2.5.4.3", utf8, b"Before\rAfter")]])),
            r"CN=Before\0DAfter,DC=example,DC=net"
        );
        assert_eq!(
            rfc4514(&name(&[&[("1.3.6.1.4.1.1466.0", Tag::OctetString, b"Hi")]])),
            "1.3.6.1.4.1.1466.0=#04024869"
        );
        assert_eq!(rfc4514(&cn(utf8, "Lučić".as_bytes())), "CN=Lučić");
    }

    #[test]
    fn what_could_mislead_is_escaped() {
        for (text, shown) in [
            (" a ", r"CN=\ a\ "),
            (" ", r"CN=\ "),
            ("#a#", r"CN=\#a#"),
            ("a,O=b", r"CN=a\,O=b"),
            ("a+b;c<d>e\\", r"CN=a\+b\;c\<d\>e\\"),
            ("a\0b\u{85}", r"CN=a\00b\C2\85"),
            ("", "CN="),
        ] {
            assert_eq!(rfc4514(&cn(Tag::Utf8String, text.as_bytes())), shown);
        }
    }

    #[test]
    fn old_kinds_of_string_are_read() {
        for (tag, value, text) in [
            (Tag::TeletexString, &b"B\xFCcher"[..], Some("Bücher")),
            (Tag::BmpString, b"\0B\x01\x0D", Some("Bč")),
            (Tag::Ia5String, b"a@acme.com", Some("a@acme.com")),
            (Tag::PrintableString, b"*.acme.com", Some("*.acme.com")),
            (Tag::PrintableString, b"\xFC", None),
            (Tag::Utf8String, b"\xFC", None),
            (Tag::BmpString, b"\0B\x01", None),
            (Tag::BmpString, b"\xD8\0", None),
            (Tag::Integer, b"\x01", None),
        ] {
            let name = cn(tag, value);
            assert_eq!(first_common_name(&name).ok().flatten().as_deref(), text);
            assert_eq!(rfc4514(&name).starts_with("2.5.4.3=#"), text.is_none());
        }
        insta::assert_snapshot!(
            first_common_name(&cn(Tag::Utf8String, b"\xFC")).unwrap_err().to_string(),
            @"certificate has an issuer whose common name is not readable as text"
        );
        assert_eq!(first_common_name(&name(&[&[("2.5.4.10", Tag::Utf8String, b"Acme")]])).unwrap(), None);
    }
}

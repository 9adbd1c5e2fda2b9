//! Distinguished names: a common name is written, all are shown as RFC 4514 text.

use std::fmt::Write as _;

use der::asn1::{Any, AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::Name;

use super::X509Error;
use super::certificate::oid;
use super::tlv::tlv;

/// Writes a name of one common name: a PrintableString where its characters allow that, else a UTF8String (RFC 5280,
/// section 4.1.2.4).
pub(super) fn write_common_name(text: &str) -> Result<Vec<u8>, X509Error> {
    let printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    let tag = if text.bytes().all(printable) { Tag::PrintableString } else { Tag::Utf8String };
    write_parts(&[(COMMON_NAME.as_bytes(), tag, text)])
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

/// Reads a name. The attributes of one part are sorted as they are read, in time that grows with the square of their number;
/// real ones have one, seldom three.
pub(super) fn read(der: &[u8]) -> Result<Name, X509Error> {
    const MOST: usize = 64;
    let mut parts = SliceReader::new(der)?;
    parts.sequence(|parts| {
        while !parts.is_finished() {
            let part: AnyRef<'_> = parts.decode()?;
            let mut attributes = SliceReader::new(part.value())?;
            let mut count = 0;
            while !attributes.is_finished() {
                attributes.tlv_bytes()?;
                count += 1;
                if count > MOST {
                    return Err(X509Error::WideName(MOST));
                }
            }
        }
        Ok(())
    })?;
    Ok(Name::from_der(der)?)
}

/// The attributes of a name, part by part: the content of each OBJECT IDENTIFIER, and its value.
pub(super) fn attributes(der: &[u8]) -> Result<Vec<(&[u8], AnyRef<'_>)>, X509Error> {
    const MOST: usize = 64;
    let mut found = Vec::new();
    let mut reader = SliceReader::new(der)?;
    reader.sequence(|parts| {
        while !parts.is_finished() {
            let part: AnyRef<'_> = parts.decode()?;
            part.tag().assert_eq(Tag::Set).map_err(der::Error::from)?;
            let mut attributes = SliceReader::new(part.value())?;
            while !attributes.is_finished() {
                let attribute = attributes
                    .sequence(|attribute| Ok::<_, X509Error>((oid(attribute)?, attribute.decode::<AnyRef<'_>>()?)))?;
                if found.len() == MOST {
                    return Err(X509Error::WideName(MOST));
                }
                found.push(attribute);
            }
        }
        Ok::<_, X509Error>(())
    })?;
    reader.finish()?;
    Ok(found)
}

/// The first common name, if there is one.
pub(super) fn first_common_name(name: &Name) -> Result<Option<String>, X509Error> {
    let attribute = name.iter().find(|attribute| attribute.oid == COMMON_NAME);
    attribute.map(|attribute| text(&attribute.value).ok_or(X509Error::CommonName)).transpose()
}

/// The text of RFC 4514, section 2: the last part first.
pub(super) fn rfc4514(name: &Name) -> String {
    let mut parts: Vec<String> =
        name.iter_rdn().map(|rdn| rdn.iter().map(show_attribute).collect::<Vec<_>>().join("+")).collect();
    parts.reverse();
    parts.join(",")
}

/// Types outside the table of RFC 4514, section 3, are shown as an OID with the value in hexadecimal, and so are
/// values that are no text.
fn show_attribute(attribute: &AttributeTypeAndValue) -> String {
    let short = SHORT_NAMES.iter().find(|(oid, _)| *oid == attribute.oid);
    match (short, text(&attribute.value)) {
        (Some((_, short)), Some(text)) => format!("{short}={}", escape(&text)),
        _ => {
            let mut shown = format!("{}=#", attribute.oid);
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
fn text(value: &Any) -> Option<String> {
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

/// id-at-commonName, RFC 5280 appendix A.1.
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// RFC 4514, section 3.
const SHORT_NAMES: [(ObjectIdentifier, &str); 9] = [
    (COMMON_NAME, "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "STREET"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
];

#[cfg(test)]
mod tests {
    use der::Decode;

    use super::*;

    fn name(rdns: &[&[(&str, Tag, &[u8])]]) -> Name {
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
        Name::from_der(&tlv(Tag::Sequence, &[&rdns.concat()]).unwrap()).unwrap()
    }

    fn cn(tag: Tag, value: &[u8]) -> Name {
        name(&[&[("2.5.4.3", tag, value)]])
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
            assert_eq!(first_common_name(&Name::from_der(&der).unwrap()).unwrap().as_deref(), Some(text));
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

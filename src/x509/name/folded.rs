//! Names as they compare: RFC 5280, section 7.1.
//!
//! Of RFC 4518's preparation of strings this keeps what makes names of real authorities equal: the kind of string does
//! not count, nor does case, nor how many spaces stand in one place. What is left out can only keep names apart: there is
//! no normalisation, and no character is taken away. A value with a control character, which RFC 4518 would take away,
//! equals nothing but itself, byte by byte.

use der::asn1::AnyRef;
use der::{Encode, Tag, Tagged};

use super::super::X509Error;
use super::super::tlv::tlv;
use super::{Name, text};

/// A distinguished name that compares: two are equal when they are the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoldedName(Vec<Vec<FoldedAttribute>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FoldedAttribute {
    /// The content of the OBJECT IDENTIFIER.
    oid: Box<[u8]>,
    value: FoldedValue,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum FoldedValue {
    Text(String),
    /// In DER, header included.
    Exact(Vec<u8>),
}

impl FoldedName {
    /// Folds a name in DER, header included.
    pub(crate) fn read(der: &[u8]) -> Result<Self, X509Error> {
        let name = Name::read(der)?;
        let part = |part: &Vec<super::Attribute<'_>>| {
            // Attributes of one part stand in no order.
            let mut folded =
                part.iter().map(|one| FoldedAttribute::new(one.oid, one.value)).collect::<Result<Vec<_>, _>>()?;
            folded.sort();
            Ok(folded)
        };
        name.0.iter().map(part).collect::<Result<_, _>>().map(Self)
    }

    /// A name of attributes that stand alone, each with the content of its OBJECT IDENTIFIER.
    pub(crate) fn from_attributes<'a>(
        attributes: impl IntoIterator<Item = (&'a [u8], AnyRef<'a>)>,
    ) -> Result<Self, X509Error> {
        let part = |(oid, value)| Ok(vec![FoldedAttribute::new(oid, value)?]);
        attributes.into_iter().map(part).collect::<Result<_, _>>().map(Self)
    }

    /// The name with one more part, which is given as the content of its SET.
    pub(crate) fn with_part(&self, set: &[u8]) -> Result<Self, X509Error> {
        let part = tlv(Tag::Set, &[set])?;
        let Self(below) = Self::read(&tlv(Tag::Sequence, &[&part])?)?;
        Ok(Self(self.0.iter().cloned().chain(below).collect()))
    }

    /// Whether it has no parts.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an attribute of this type is in it.
    pub(crate) fn has(&self, oid: &[u8]) -> bool {
        self.0.iter().flatten().any(|attribute| *attribute.oid == *oid)
    }
}

impl FoldedAttribute {
    fn new(oid: &[u8], value: AnyRef<'_>) -> Result<Self, X509Error> {
        let value = match readable(value) {
            Some(text) => FoldedValue::Text(fold(&text)),
            None => FoldedValue::Exact(value.to_der()?),
        };
        Ok(Self { oid: oid.into(), value })
    }
}

/// The text of a value that is one for certain.
fn readable(value: AnyRef<'_>) -> Option<String> {
    // Latin-1 and T.61 agree on these.
    let printable = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte);
    if value.tag() == Tag::TeletexString && !value.value().iter().all(printable) {
        return None;
    }
    text(value).filter(|text| !text.chars().any(char::is_control))
}

/// Letters small, each by itself; spaces at both ends cut, and one where several stood.
fn fold(text: &str) -> String {
    let words = text.split(' ').filter(|word| !word.is_empty());
    let mut folded = String::with_capacity(text.len());
    for word in words {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

#[cfg(test)]
mod tests {
    use der::Decode;

    use super::*;

    const CN: &[u8] = &[0x55, 4, 3];
    const O: &[u8] = &[0x55, 4, 10];

    fn one(tag: Tag, value: &[u8]) -> FoldedName {
        let value = tlv(tag, &[value]).unwrap();
        FoldedName::from_attributes([(CN, AnyRef::from_der(&value).unwrap())]).unwrap()
    }

    fn utf8(text: &str) -> FoldedName {
        one(Tag::Utf8String, text.as_bytes())
    }

    #[test]
    fn kinds_of_string_case_and_spaces_do_not_count() {
        let name = utf8("Good CA 1");
        for (tag, value) in [
            (Tag::PrintableString, &b"Good CA 1"[..]),
            (Tag::PrintableString, b"GOOD ca 1"),
            (Tag::Utf8String, b"  good   CA  1 "),
            (Tag::TeletexString, b"Good CA 1"),
            (Tag::Ia5String, b"gOOD CA 1"),
            (Tag::BmpString, b"\0G\0o\0o\0d\0 \0C\0A\0 \x001"),
        ] {
            assert_eq!(one(tag, value), name, "{tag} {value:?}");
        }
        assert_eq!(utf8("BÜCHER Ω"), utf8("bücher ω"));
        assert_eq!(utf8(""), utf8("   "));
    }

    #[test]
    fn what_looks_alike_is_not_the_same() {
        let name = utf8("admin");
        for other in ["admin1", "adm in", "admın", "ad\u{AD}min", "admin\u{200B}", "аdmin", "ａdmin", "", "admin\u{A0}"]
        {
            assert_ne!(utf8(other), name, "{other:?}");
        }
        assert_ne!(utf8("straße"), utf8("strasse"));
        // In T.61 these are other letters than in Latin-1.
        assert_ne!(one(Tag::TeletexString, b"B\xFCcher"), utf8("Bücher"));
        assert_eq!(one(Tag::TeletexString, b"B\xFCcher"), one(Tag::TeletexString, b"B\xFCcher"));
        assert_ne!(one(Tag::OctetString, b"admin"), name);
    }

    #[test]
    fn control_characters_equal_nothing_but_themselves() {
        for text in ["admin\0", "\0admin", "ad\0min", "admin\n", "ad\tmin", "admin\u{85}", "admin\u{7F}"] {
            assert_ne!(utf8(text), utf8("admin"), "{text:?}");
            assert_ne!(utf8(text), utf8(&text.to_uppercase()), "{text:?}");
            assert_ne!(utf8(text), one(Tag::TeletexString, text.as_bytes()), "{text:?}");
            assert_eq!(utf8(text), utf8(text));
        }
    }

    #[test]
    fn parts_have_an_order_and_what_is_in_a_part_has_none() {
        let attribute = |oid, text: &[u8]| {
            tlv(Tag::Sequence, &[&tlv(Tag::ObjectIdentifier, &[oid]).unwrap(), &tlv(Tag::Utf8String, &[text]).unwrap()])
                .unwrap()
        };
        let (a, b) = (attribute(CN, b"a"), attribute(O, b"b"));
        let set = |attributes: &[&[u8]]| tlv(Tag::Set, attributes).unwrap();
        let name = |sets: &[&[u8]]| FoldedName::read(&tlv(Tag::Sequence, sets).unwrap()).unwrap();
        let two_parts = name(&[&set(&[&a]), &set(&[&b])]);
        assert_ne!(two_parts, name(&[&set(&[&b]), &set(&[&a])]));
        assert_ne!(two_parts, name(&[&set(&[&a, &b])]));
        assert_ne!(two_parts, name(&[&set(&[&a])]));
        assert_eq!(name(&[&set(&[&a, &b])]), name(&[&set(&[&b, &a])]));
        assert_ne!(name(&[&set(&[&a, &b])]), name(&[&set(&[&a, &b, &b])]));
        assert_eq!(name(&[&set(&[&a])]).with_part(&b).unwrap(), two_parts);
        assert!(name(&[]).is_empty() && !two_parts.is_empty());
        assert!(two_parts.has(O) && !two_parts.has(&[0x55, 4, 6]));
    }
}

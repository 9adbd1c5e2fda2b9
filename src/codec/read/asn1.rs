//! Walking over DER, element by element, canonical encodings alone.
//!
//! Values are borrowed, so that reading makes no copies of secrets, and every element knows where it stands.

use der::asn1::ObjectIdentifier;

use super::super::tlv;
use super::ReadError;

/// A structure, for messages.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) accepted: &'static str,
}

impl Kind {
    pub(super) fn malformed(&self, at: usize, field: &str, reason: impl Into<String>) -> ReadError {
        ReadError::Malformed {
            what: self.name.into(),
            place: format!("byte {at} ({field})"),
            reason: reason.into(),
            accepted: self.accepted,
        }
    }
}

/// One element: tag, length, value. Without `Debug`, since the value may be a secret.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    kind: &'static Kind,
    field: &'static str,
    at: usize,
    pub(super) tag: u8,
    pub(super) value: &'a [u8],
    /// Header and value.
    pub(super) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(super) fn inside(&self) -> Cursor<'a> {
        Cursor { kind: self.kind, rest: self.value, at: self.at + self.whole.len() - self.value.len() }
    }

    pub(super) fn malformed(&self, reason: impl Into<String>) -> ReadError {
        self.kind.malformed(self.at, self.field, reason)
    }

    /// A positive number without leading zeros. Zero is one byte.
    fn unsigned(&self) -> Result<&'a [u8], ReadError> {
        match self.value {
            [] => Err(self.malformed("the INTEGER is empty")),
            [0, second, ..] if *second < 0x80 => Err(self.malformed("the INTEGER has a zero too many in front")),
            [0, rest @ ..] if !rest.is_empty() => Ok(rest),
            [first, ..] if *first >= 0x80 => Err(self.malformed("the INTEGER is negative")),
            number => Ok(number),
        }
    }

    pub(super) fn oid(&self) -> Result<ObjectIdentifier, ReadError> {
        ObjectIdentifier::from_bytes(self.value).map_err(|_| self.malformed("the OBJECT IDENTIFIER is not well formed"))
    }
}

/// A place between elements.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    kind: &'static Kind,
    rest: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(kind: &'static Kind, der: &'a [u8]) -> Self {
        Self { kind, rest: der, at: 0 }
    }

    /// The inside of the one SEQUENCE that `der` is.
    pub(super) fn sequence(kind: &'static Kind, der: &'a [u8]) -> Result<Self, ReadError> {
        let mut outer = Self::new(kind, der);
        let sequence = outer.expect(tlv::SEQUENCE, "outer SEQUENCE")?;
        outer.finish()?;
        Ok(sequence.inside())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The refusal of what stands here.
    pub(super) fn missing(&self, field: &str, reason: &str) -> ReadError {
        self.kind.malformed(self.at, field, reason)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, whatever it is.
    pub(super) fn next(&mut self, field: &'static str) -> Result<Element<'a>, ReadError> {
        let fail = |reason| Err(self.kind.malformed(self.at, field, reason));
        let Some((&tag, rest)) = self.rest.split_first() else { return fail("it is missing") };
        if tag & 0x1F == 0x1F {
            return fail("the tag has several bytes, which nothing here uses");
        }
        let Some((&first, rest)) = rest.split_first() else { return fail("the bytes end before the length") };
        let (len, rest) = match first {
            ..0x80 => (usize::from(first), rest),
            0x80 => return fail("the length is indefinite, which is BER; DER is needed"),
            0x81..=0x84 => {
                let Some((octets, rest)) = rest.split_at_checked(usize::from(first & 0x7F)) else {
                    return fail("the bytes end within the length");
                };
                let len = octets.iter().fold(0, |len, octet| len << 8 | usize::from(*octet));
                if len < 0x80 || octets.first() == Some(&0) {
                    return fail("the length is written with more bytes than needed, which is BER; DER is needed");
                }
                (len, rest)
            }
            _ => return fail("the length has more than four bytes"),
        };
        let Some((value, rest)) = rest.split_at_checked(len) else {
            return fail("the length goes beyond the end, as if the bytes had been cut off");
        };
        let (whole, _) = self.rest.split_at_checked(self.rest.len() - rest.len()).unwrap_or_default();
        let element = Element { kind: self.kind, field, at: self.at, tag, value, whole };
        self.at += whole.len();
        self.rest = rest;
        Ok(element)
    }

    /// The next element, which has this tag.
    pub(super) fn expect(&mut self, tag: u8, field: &'static str) -> Result<Element<'a>, ReadError> {
        let at = self.at;
        let element = self.next(field)?;
        if element.tag == tag {
            return Ok(element);
        }
        Err(self.kind.malformed(at, field, format!("it is {}, needed is {}", tag_name(element.tag), tag_name(tag))))
    }

    /// The next element when it has this tag.
    pub(super) fn optional(&mut self, tag: u8, field: &'static str) -> Result<Option<Element<'a>>, ReadError> {
        if self.peek() == Some(tag) { self.next(field).map(Some) } else { Ok(None) }
    }

    /// A positive INTEGER, big-endian without leading zeros.
    pub(super) fn unsigned(&mut self, field: &'static str) -> Result<&'a [u8], ReadError> {
        self.expect(tlv::INTEGER, field)?.unsigned()
    }

    /// An INTEGER that is one of few.
    pub(super) fn version(&mut self, allowed: &[u8]) -> Result<u8, ReadError> {
        let element = self.expect(tlv::INTEGER, "version")?;
        match element.unsigned()? {
            [version] if allowed.contains(version) => Ok(*version),
            _ => Err(element.malformed("the version is unknown")),
        }
    }

    /// A BIT STRING of whole bytes.
    pub(super) fn bit_string(&mut self, tag: u8, field: &'static str) -> Result<&'a [u8], ReadError> {
        let element = self.expect(tag, field)?;
        match element.value {
            [0, bytes @ ..] => Ok(bytes),
            [] => Err(element.malformed("the BIT STRING is empty")),
            _ => Err(element.malformed("the BIT STRING has unused bits")),
        }
    }

    /// Nothing may follow.
    pub(super) fn finish(self) -> Result<(), ReadError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let count = self.rest.len();
        let bytes = if count == 1 { "1 byte follows".into() } else { format!("{count} bytes follow") };
        Err(self.kind.malformed(self.at, "end", format!("{bytes} where nothing may")))
    }
}

/// Whether bytes begin as every structure here does: a SEQUENCE whose first element is an INTEGER, an OBJECT
/// IDENTIFIER or a SEQUENCE. Of random bytes one sequence in ten thousand does.
pub(super) fn begins_like_der(bytes: &[u8]) -> bool {
    let content = match bytes {
        [tlv::SEQUENCE, ..0x80, content @ ..]
        | [tlv::SEQUENCE, 0x80, content @ ..]
        | [tlv::SEQUENCE, 0x81, _, content @ ..]
        | [tlv::SEQUENCE, 0x82, _, _, content @ ..]
        | [tlv::SEQUENCE, 0x83, _, _, _, content @ ..] => content,
        _ => return false,
    };
    matches!(content.first(), Some(&(tlv::INTEGER | tlv::OID | tlv::SEQUENCE)))
}

/// Whether bytes are one SEQUENCE in DER and nothing more, by the length that its header says.
pub(super) fn fills(bytes: &[u8]) -> bool {
    static ANY: Kind = Kind { name: "DER", accepted: "DER" };
    Cursor::sequence(&ANY, bytes).is_ok()
}

/// Common tags alone: in damaged bytes another one may be a byte of a secret.
fn tag_name(tag: u8) -> &'static str {
    match tag {
        tlv::INTEGER => "an INTEGER",
        tlv::BIT_STRING => "a BIT STRING",
        tlv::OCTET_STRING => "an OCTET STRING",
        tlv::NULL => "NULL",
        tlv::OID => "an OBJECT IDENTIFIER",
        tlv::SEQUENCE => "a SEQUENCE",
        tlv::SET => "a SET",
        0xA0 => "[0]",
        0xA1 => "[1]",
        0x80 => "[0] of plain bytes",
        0x81 => "[1] of plain bytes",
        0x24 => "an OCTET STRING in pieces, which is BER",
        0x23 => "a BIT STRING in pieces, which is BER",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static THING: Kind = Kind { name: "thing", accepted: "a better thing" };

    fn wrong(der: &[u8]) -> String {
        match Cursor::sequence(&THING, der).and_then(|mut fields| {
            fields.version(&[0, 1])?;
            fields.unsigned("number")?;
            fields.bit_string(tlv::BIT_STRING, "bits")?;
            fields.finish()
        }) {
            Ok(()) => "nothing".into(),
            Err(error) => error.to_string(),
        }
    }

    const GOOD: [u8; 12] = [0x30, 10, 2, 1, 1, 2, 1, 5, 3, 2, 0, 0xAA];

    fn with(at: usize, byte: u8) -> Vec<u8> {
        let mut changed = GOOD.to_vec();
        changed[at] = byte;
        changed
    }

    #[test]
    fn every_fault_says_where_it_is() {
        assert_eq!(wrong(&GOOD), "nothing");
        insta::assert_snapshot!(wrong(&[]), @"thing stops making sense at byte 0 (outer SEQUENCE): it is missing; accepted is a better thing");
        insta::assert_snapshot!(wrong(&[0x30]), @"thing stops making sense at byte 0 (outer SEQUENCE): the bytes end before the length; accepted is a better thing");
        insta::assert_snapshot!(wrong(&[0x30, 0x82, 1]), @"thing stops making sense at byte 0 (outer SEQUENCE): the bytes end within the length; accepted is a better thing");
        insta::assert_snapshot!(wrong(&GOOD[..11]), @"thing stops making sense at byte 0 (outer SEQUENCE): the length goes beyond the end, as if the bytes had been cut off; accepted is a better thing");
        insta::assert_snapshot!(wrong(&[0x30, 0x80, 0, 0]), @"thing stops making sense at byte 0 (outer SEQUENCE): the length is indefinite, which is BER; DER is needed; accepted is a better thing");
        insta::assert_snapshot!(wrong(&[&[0x30, 0x81, 10], &GOOD[2..]].concat()), @"thing stops making sense at byte 0 (outer SEQUENCE): the length is written with more bytes than needed, which is BER; DER is needed; accepted is a better thing");
        insta::assert_snapshot!(wrong(&[0x30, 0x85, 0, 0, 0, 0, 0]), @"thing stops making sense at byte 0 (outer SEQUENCE): the length has more than four bytes; accepted is a better thing");
        insta::assert_snapshot!(wrong(&with(0, 0x31)), @"thing stops making sense at byte 0 (outer SEQUENCE): it is a SET, needed is a SEQUENCE; accepted is a better thing");
        insta::assert_snapshot!(wrong(&[&GOOD[..], &[0]].concat()), @"thing stops making sense at byte 12 (end): 1 byte follows where nothing may; accepted is a better thing");
        insta::assert_snapshot!(wrong(&[&GOOD[..], &[0; 2]].concat()), @"thing stops making sense at byte 12 (end): 2 bytes follow where nothing may; accepted is a better thing");
        insta::assert_snapshot!(wrong(&with(4, 2)), @"thing stops making sense at byte 2 (version): the version is unknown; accepted is a better thing");
        insta::assert_snapshot!(wrong(&with(2, 0x9F)), @"thing stops making sense at byte 2 (version): the tag has several bytes, which nothing here uses; accepted is a better thing");
        insta::assert_snapshot!(wrong(&with(5, 0x77)), @"thing stops making sense at byte 5 (number): it is something else, needed is an INTEGER; accepted is a better thing");
        insta::assert_snapshot!(wrong(&with(7, 0x85)), @"thing stops making sense at byte 5 (number): the INTEGER is negative; accepted is a better thing");
        insta::assert_snapshot!(wrong(&[0x30, 9, 2, 1, 1, 2, 0, 3, 2, 0, 0xAA]), @"thing stops making sense at byte 5 (number): the INTEGER is empty; accepted is a better thing");
        insta::assert_snapshot!(wrong(&[0x30, 11, 2, 1, 1, 2, 2, 0, 5, 3, 2, 0, 0xAA]), @"thing stops making sense at byte 5 (number): the INTEGER has a zero too many in front; accepted is a better thing");
        insta::assert_snapshot!(wrong(&with(10, 7)), @"thing stops making sense at byte 8 (bits): the BIT STRING has unused bits; accepted is a better thing");
        insta::assert_snapshot!(wrong(&[0x30, 8, 2, 1, 1, 2, 1, 5, 3, 0]), @"thing stops making sense at byte 8 (bits): the BIT STRING is empty; accepted is a better thing");
        insta::assert_snapshot!(wrong(&with(8, 0x23)), @"thing stops making sense at byte 8 (bits): it is a BIT STRING in pieces, which is BER, needed is a BIT STRING; accepted is a better thing");
    }

    /// X.690 section 8.3.2: one encoding for each number.
    #[test]
    fn numbers_come_without_sign() {
        let number = |der: &[u8]| Cursor::new(&THING, der).unsigned("number").ok().map(<[u8]>::to_vec);
        assert_eq!(number(&[2, 1, 0]), Some(vec![0]));
        assert_eq!(number(&[2, 1, 0x7F]), Some(vec![0x7F]));
        assert_eq!(number(&[2, 2, 0, 0x80]), Some(vec![0x80]));
        assert_eq!(number(&[2, 2, 0, 0x7F]), None);
        assert_eq!(number(&[2, 2, 0, 0]), None);
        assert_eq!(number(&[2, 1, 0x80]), None);
    }

    /// Two to the sixteenth of both bytes that decide, and the worst that chance can do.
    #[test]
    fn few_random_bytes_begin_like_der() {
        let mut count = 0;
        for first in 0..=255 {
            for second in 0..=255 {
                for third in 0..=255 {
                    // The fourth and fifth are no tag that counts.
                    count += u32::from(begins_like_der(&[first, second, third, 0xFF, 0xFF, 0xFF]));
                }
            }
        }
        // 129 lengths of one byte and three tags, out of 2^24.
        assert_eq!(count, 129 * 3);
    }
}

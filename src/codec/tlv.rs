//! Tag, length, value: how DER is written here, from the inside out, in memory that is wiped.

use zeroize::Zeroizing;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// `[number]` around other elements.
pub(super) const fn constructed(number: u8) -> u8 {
    0xA0 | number
}

/// Writes `parts`, one after the other, as the value under `tag`. In one piece of memory: a vector that grows would
/// leave copies of a secret behind.
pub(super) fn tlv(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let len = parts.iter().map(|part| part.len()).sum::<usize>();
    let octets = len.to_be_bytes();
    let significant = octets.iter().skip_while(|octet| **octet == 0);
    let mut out = Zeroizing::new(Vec::with_capacity(2 + octets.len() + len));
    out.push(tag);
    if let Ok(short @ ..0x80) = u8::try_from(len) {
        out.push(short);
    } else {
        // At most eight.
        out.push(0x80 | significant.clone().count() as u8);
        out.extend(significant);
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// Writes a positive number, big-endian without leading zeros.
pub(super) fn unsigned(number: &[u8]) -> Zeroizing<Vec<u8>> {
    // With the top bit set it would be negative.
    let sign: &[u8] = if number.first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
    tlv(INTEGER, &[sign, number])
}

/// Writes whole bytes.
pub(super) fn bit_string(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    tlv(BIT_STRING, &[&[0], bytes])
}

pub(super) fn oid(oid: &der::asn1::ObjectIdentifier) -> Zeroizing<Vec<u8>> {
    tlv(OID, &[oid.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers as X.690 section 8.1.3 writes them.
    #[test]
    fn lengths_are_as_short_as_possible() {
        let header = |len: usize, bytes: usize| tlv(4, &[&vec![0; len]])[..bytes].to_vec();
        assert_eq!(header(0, 2), [4, 0]);
        assert_eq!(header(127, 2), [4, 0x7F]);
        assert_eq!(header(128, 3), [4, 0x81, 0x80]);
        assert_eq!(header(255, 3), [4, 0x81, 0xFF]);
        assert_eq!(header(256, 4), [4, 0x82, 1, 0]);
        assert_eq!(header(65_536, 5), [4, 0x83, 1, 0, 0]);
    }

    #[test]
    fn nothing_grows() {
        for len in [0, 127, 128, 70_000] {
            let out = tlv(SEQUENCE, &[&vec![7; len]]);
            assert_eq!(out.capacity(), len + 10);
        }
    }

    #[test]
    fn numbers_stay_positive() {
        assert_eq!(**unsigned(&[0x7F]), [2, 1, 0x7F]);
        assert_eq!(**unsigned(&[0x80]), [2, 2, 0, 0x80]);
    }
}

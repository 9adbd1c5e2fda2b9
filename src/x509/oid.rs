//! Object identifiers as bytes.
//!
//! The `der` crate's own type takes no arc beyond 32 bits, and that of a UUID (`2.25`, X.667) has 128.

use der::asn1::AnyRef;
use der::{Reader, Tag, Tagged};

use super::X509Error;

/// Reads the content of an OBJECT IDENTIFIER: groups of base 128, of which none begins with a zero and the last one ends.
pub(super) fn read<'a>(reader: &mut impl Reader<'a>) -> Result<&'a [u8], X509Error> {
    let any: AnyRef<'a> = reader.decode()?;
    any.tag().assert_eq(Tag::ObjectIdentifier)?;
    let bytes = any.value();
    let before = std::iter::once(&0).chain(bytes);
    let padded = before.zip(bytes).any(|(before, byte)| before & 0x80 == 0 && *byte == 0x80);
    if padded || bytes.last().is_none_or(|last| last & 0x80 != 0) {
        return Err(X509Error::Structure("one of its object identifiers is malformed"));
    }
    Ok(bytes)
}

/// The numbers with dots between. An arc beyond 128 bits is shown as `?`, and so is what comes after 64 bytes.
pub(crate) fn dotted(oid: &[u8]) -> String {
    const MOST: usize = 64;
    let mut arcs = Vec::new();
    let mut arc = Some(0u128);
    for byte in oid.iter().take(MOST) {
        arc = arc.and_then(|arc| arc.checked_mul(128)).and_then(|arc| arc.checked_add(u128::from(byte & 0x7F)));
        if byte & 0x80 == 0 {
            arcs.push(arc);
            arc = Some(0);
        }
    }
    // The first group holds two arcs.
    if let Some(Some(first)) = arcs.first_mut() {
        let root = (*first / 40).min(2);
        *first -= 40 * root;
        arcs.insert(0, Some(root));
    }
    if oid.len() > MOST {
        arcs.push(None);
    }
    arcs.iter().map(|arc| arc.map_or_else(|| "?".to_owned(), |arc| arc.to_string())).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use der::SliceReader;
    use der::asn1::ObjectIdentifier;

    use super::*;

    #[test]
    fn numbers_are_those_of_const_oid() {
        for text in
            ["1.2.840.113549.1.1.11", "2.5.4.3", "0.9.2342.19200300.100.1.25", "2.39.4294967295", "1.39.0", "0.0.1"]
        {
            assert_eq!(dotted(ObjectIdentifier::new_unwrap(text).as_bytes()), text);
        }
    }

    /// As Python and openssl write it.
    #[test]
    fn arcs_of_uuids_are_numbers_too() {
        assert_eq!(dotted(UUID_ARC), "2.25.167357310102105099079929388927412430796.1");
        let long = [&[0x69][..], &[0xFF; 20], &[0x7F, 3]].concat();
        assert_eq!(dotted(&long), "2.25.?.3");
        assert_eq!(dotted(&[1; 66]), format!("0{}.?", ".1".repeat(64)));
    }

    const UUID_ARC: &[u8] = &[
        0x69, 0x81, 0xFB, 0xE7, 0xEC, 0x9C, 0xC8, 0xFA, 0xF2, 0xB5, 0xD7, 0xA4, 0xD9, 0x99, 0xE1, 0xAE, 0xAA, 0xD5,
        0xCF, 0x4C, 1,
    ];

    #[test]
    fn malformed_ones_are_refused() {
        for content in [&[][..], &[0x80, 1], &[0x2A, 0x80, 1], &[0x2A, 0x86], &[0x80]] {
            let der = [&[6, content.len() as u8][..], content].concat();
            assert!(read(&mut SliceReader::new(&der).unwrap()).is_err(), "{content:02x?}");
        }
        assert_eq!(read(&mut SliceReader::new(&[6, 2, 0x2A, 0x80 - 1]).unwrap()).unwrap(), [0x2A, 0x7F]);
    }
}

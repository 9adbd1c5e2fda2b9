//! Object identifiers as text, with arcs of up to 128 bits: a UUID's arc (X.667) has that many.

/// The dotted text of an OBJECT IDENTIFIER's content; hexadecimal where an arc is longer.
pub(super) fn dotted(oid: &[u8]) -> String {
    arcs(oid)
        .map_or_else(|| format!("{}…", hex(oid)), |arcs| arcs.iter().map(u128::to_string).collect::<Vec<_>>().join("."))
}

/// The first bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const MOST: usize = 24;
    let mut text: String = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > MOST {
        text.push('…');
    }
    text
}

fn arcs(oid: &[u8]) -> Option<Vec<u128>> {
    const MOST: usize = 64;
    let mut arcs = Vec::new();
    let mut arc: u128 = 0;
    for byte in oid.get(..oid.len().min(MOST))? {
        arc = arc.checked_mul(128)?.checked_add(u128::from(byte & 0x7F))?;
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                // X.690, section 8.19.4: the first two arcs share one number, and only below 2 the second has a bound.
                let first = (arc / 40).min(2);
                arcs.push(first);
                arc -= first * 40;
            }
            arcs.push(arc);
            arc = 0;
        }
    }
    (oid.len() <= MOST).then_some(arcs)
}

#[cfg(test)]
mod tests {
    use super::super::Oids;
    use super::*;

    #[test]
    fn arcs_of_a_uuid_are_written_out() {
        assert_eq!(dotted(&[0x55, 0x1D, 19]), "2.5.29.19");
        assert_eq!(dotted(&[0x27, 0x81, 0]), "0.39.128");
        assert_eq!(dotted(Oids::FORTANIX.key_id), "1.3.6.1.4.1.49690.1.2.2");
        assert_eq!(dotted(Oids::KEYSTEAD.generated), "2.25.167357310102105099079929388927412430796.2.1");
        let longer = [&[0x69][..], &[0xFF; 20], &[0x7F]].concat();
        assert_eq!(dotted(&longer), "69ffffffffffffffffffffffffffffffffffffffff7f…");
        assert_eq!(dotted(&[1; 65]), format!("{}……", "01".repeat(24)));
    }
}

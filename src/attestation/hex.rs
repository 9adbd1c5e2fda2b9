//! Bytes in words for people.

/// The first bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const MOST: usize = 24;
    let mut text: String = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > MOST {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ones_are_cut() {
        assert_eq!(hex(&[0, 0xAB]), "00ab");
        assert_eq!(hex(&[1; 24]), "01".repeat(24));
        assert_eq!(hex(&[1; 25]), "01".repeat(24) + "…");
    }
}

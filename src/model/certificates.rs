//! A certificate and those above it, in one run of bytes.

/// An X.509 certificate in DER and, right behind it, those of its chain: each is its issuer's to the one before.
///
/// DER says its own length, so the run needs no separators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificates(Box<[u8]>);

impl Certificates {
    /// `None` when one of them is not whole, or there is something between or behind them.
    pub(crate) fn new(bytes: impl Into<Box<[u8]>>) -> Option<Self> {
        let bytes = bytes.into();
        let mut rest = bytes.as_ref();
        let mut count = 0;
        while !rest.is_empty() {
            (_, rest) = split(rest)?;
            count += 1;
        }
        (count > 0).then_some(Self(bytes))
    }

    /// The key's own.
    pub(crate) fn leaf(&self) -> &[u8] {
        split(&self.0).map_or(&[], |(leaf, _)| leaf)
    }

    /// The key's own and those above it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.0.as_ref();
        std::iter::from_fn(move || {
            let (first, behind) = split(rest)?;
            rest = behind;
            Some(first)
        })
    }

    /// All of them, one behind the other.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The first SEQUENCE of DER and what is behind it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, content) = match bytes {
        [0x30, len @ 0..=0x7F, ..] => (2, usize::from(*len)),
        [0x30, 0x81, len, ..] => (3, usize::from(*len)),
        [0x30, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        [0x30, 0x83, high, middle, low, ..] => (5, u32::from_be_bytes([0, *high, *middle, *low]) as usize),
        _ => return None,
    };
    bytes.split_at_checked(head + content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_comes_apart_where_it_was_joined() {
        let long = [&[0x30, 0x82, 1, 0][..], &[7; 256]].concat();
        let middle = [&[0x30, 0x81, 200][..], &[8; 200]].concat();
        let longest = [&[0x30, 0x83, 1, 0, 0][..], &[9; 65536]].concat();
        let parts = [&long[..], &[0x30, 1, 5], &middle, &longest];
        let run = Certificates::new(parts.concat()).unwrap();
        assert_eq!(run.leaf(), long);
        assert_eq!(run.iter().collect::<Vec<_>>(), parts);
        assert_eq!(run.as_bytes(), parts.concat());
    }

    #[test]
    fn pieces_are_refused() {
        for bytes in
            [&[][..], &[0x30], &[0x30, 1], &[0x31, 0], &[0x30, 0, 0], &[0x30, 0x80, 0, 0], &[0x30, 0x84, 0, 0, 0, 0]]
        {
            assert_eq!(Certificates::new(bytes), None, "{bytes:02x?}");
        }
    }
}

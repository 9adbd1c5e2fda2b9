//! What an owner keeps outside a store, to tell the store from an older copy of it.

use std::fmt;
use std::str::FromStr;

use super::{Invalid, Problem, StoreId};

/// One state of one store, in 32 bytes and a number: what tells a store from an older copy of itself that somebody put in its
/// place. It is no secret, and worth nothing unless it is kept where whoever can write the store's file cannot: another
/// machine, a TPM, a configuration that is signed.
///
/// Taken by [`Keystore::anchor`](crate::Keystore::anchor), given back by [`Options::anchor`](crate::Options::anchor) or
/// [`Keystore::check_anchor`](crate::Keystore::check_anchor). As text it is
/// `keystead-anchor:1:STORE:EPOCH:DIGEST`, the store's id and the digest in hex.
///
/// ```
/// use keystead::{Anchor, Keystore, Options, Unlock};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("keys.db");
/// # let unlock = Unlock::raw_key([7; 32]);
/// let store = Keystore::create(&path, &unlock, Options::default())?;
/// let kept: String = store.anchor()?.to_string();
/// drop(store);
///
/// let anchor: Anchor = kept.parse()?;
/// let store = Keystore::open(&path, &unlock, Options::default().anchor(anchor))?;
/// # let _ = store;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    pub(crate) store: StoreId,
    pub(crate) epoch: u64,
    pub(crate) digest: [u8; 32],
}

impl Anchor {
    /// How many transactions had changed the store.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// `HMAC-SHA256` under a key of the store, of its id, the epoch and what all its rows add up to.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

const PREFIX: &str = "keystead-anchor:1:";

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.store.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ":{}:", self.epoch)?;
        self.digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Anchor({self})")
    }
}

impl FromStr for Anchor {
    type Err = crate::Error;

    /// Reads what [`Display`](fmt::Display) wrote, and nothing else.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| {
            let message =
                "anchor does not read, allowed is keystead-anchor:1:STORE:EPOCH:DIGEST with 32 and 64 hex digits";
            Invalid::new("anchor", Problem::Invalid, message).into()
        })
    }
}

fn parse(text: &str) -> Option<Anchor> {
    let mut parts = text.strip_prefix(PREFIX)?.split(':');
    let (store, epoch, digest) = (parts.next()?, parts.next()?, parts.next()?);
    let anchor = Anchor { store: StoreId(hex(store)?), epoch: epoch.parse().ok()?, digest: hex(digest)? };
    // One text for each anchor: no signs, no leading zeros, no capitals.
    (parts.next().is_none() && anchor.to_string() == text).then_some(anchor)
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first failure")]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_text_reads() {
        let anchor = Anchor { store: StoreId([0xA1; 16]), epoch: 57, digest: [0x0F; 32] };
        let text = anchor.to_string();
        insta::assert_snapshot!(text, @"keystead-anchor:1:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1:57:0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f");
        assert_eq!(text.parse::<Anchor>().unwrap(), anchor);
        let others = [
            text.to_uppercase(),
            text.replace(":57:", ":057:"),
            text.replace(":57:", ":+57:"),
            text.replace(":57:", ":-1:"),
            text.replace(":57:", ":18446744073709551616:"),
            text.replace("0f0f", "0F0f"),
            text.replace("0f0f", "+f0f"),
            text.replace(":1:", ":2:"),
            format!("{text}0"),
            format!("{text}:"),
            format!(" {text}"),
            text.get(..text.len() - 2).unwrap().into(),
            text.get(..40).unwrap().into(),
            String::new(),
            "é".repeat(90),
        ];
        for other in others {
            insta::allow_duplicates! {
                insta::assert_snapshot!(other.parse::<Anchor>().unwrap_err(), @"anchor does not read, allowed is keystead-anchor:1:STORE:EPOCH:DIGEST with 32 and 64 hex digits");
            }
        }
    }
}

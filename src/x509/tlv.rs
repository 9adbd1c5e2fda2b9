//! Tag, length, value: how DER is written here, from the inside out.

use der::{Encode, Header, Length, Tag};

use super::X509Error;

/// Writes `parts`, one after the other, as the value under `tag`.
pub(crate) fn tlv(tag: Tag, parts: &[&[u8]]) -> Result<Vec<u8>, X509Error> {
    let len = parts.iter().map(|part| part.len()).sum::<usize>();
    let header = Header::new(tag, Length::try_from(len).map_err(X509Error::Unwritable)?);
    let mut out = Vec::with_capacity(len + 8);
    header.encode_to_vec(&mut out).map_err(X509Error::Unwritable)?;
    parts.iter().for_each(|part| out.extend_from_slice(part));
    Ok(out)
}

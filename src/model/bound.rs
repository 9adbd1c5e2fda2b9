//! Rows whose seal and tag bind what they say.

use super::StoreId;

/// A row that has a tag over all of it. Its bytes, as the tag binds them, are injective: no two different rows have the same,
/// and rows of different kinds begin with different labels.
pub(crate) trait Tagged {
    fn tag(&self) -> &[u8; 32];
    /// What the tag binds: everything in the row but a seal itself, which the nonce stands for.
    fn row_data(&self, store: StoreId) -> Vec<u8>;
}

/// A row that has a seal over its private part. The bytes that the seal binds are injective as well.
pub(crate) trait Sealed {
    /// Tells the keys that seal one kind of rows from those of others.
    const SEAL_LABEL: &'static [u8];

    fn id(&self) -> &[u8; 16];
    /// Fresh with each seal.
    fn nonce(&self) -> &[u8; 12];
    /// What the seal binds: the facts that must not change behind the private part's back.
    fn seal_data(&self, store: StoreId) -> Vec<u8>;
}

/// Writes values so that no two lists of them have the same bytes.
pub(super) struct Encoder(pub(super) Vec<u8>);

impl Encoder {
    pub(super) fn new(label: &[u8]) -> Self {
        let mut out = Self(Vec::with_capacity(1024));
        out.bytes(label);
        out
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn optional(&mut self, bytes: Option<&[u8]>) {
        self.0.push(u8::from(bytes.is_some()));
        self.bytes(bytes.unwrap_or_default());
    }

    pub(super) fn instant(&mut self, at: Option<jiff::Timestamp>) {
        self.0.push(u8::from(at.is_some()));
        self.0.extend_from_slice(&at.map_or(0, jiff::Timestamp::as_millisecond).to_be_bytes());
    }
}

//! A key as the file holds it: the public part, the sealed private part, and what binds the two.
//!
//! Both encodings below are written down in the manual, `file_format`.

use super::bound::{Encoder, Sealed, Tagged};
use super::{Certificates, Key, KeyId, KeyUse};

/// The random identity of a store, bound into every seal and tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoreId(pub(crate) [u8; 16]);

/// A row of the table `key`, the seal aside.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) key: Key,
    /// Counts the seals of this key, from 1. Raised whenever what the seal binds changes.
    pub(crate) revision: u32,
    /// The nonce of the seal, fresh with each: it tells two incarnations of one id apart.
    pub(crate) nonce: [u8; 12],
    /// The row's tag.
    pub(crate) tag: [u8; 32],
}

/// A row with its place in the order of insertion.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) seq: i64,
    pub(crate) record: Record,
}

/// A row that is about to be written.
#[derive(Debug)]
pub(crate) struct NewRow {
    pub(crate) record: Record,
    /// The seal over the private part; over nothing for a key without one.
    pub(crate) sealed: Box<[u8]>,
    /// The first 8 bytes of each digest that finds the key.
    pub(crate) digest_prefixes: Vec<i64>,
    /// The one among them that every key of the same material has, when such keys are to be reported.
    pub(crate) material: Option<i64>,
}

/// What came of writing a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// The oldest keys of the same material, oldest first.
    pub(crate) same_as: Vec<KeyId>,
}

/// In the revision as the file holds it: the key was revoked.
const REVOKED: u32 = 1 << 31;
/// The key is for encryption.
const ENCRYPTION: u32 = 1 << 30;

impl Record {
    /// The revision as the file holds it: in its highest bits stands whether the key was revoked and whether it is for encryption,
    /// so that the seal and the tag bind that too, and no version of the file needs another column.
    pub(crate) fn revision_code(&self) -> u32 {
        let encryption = self.key.key_use == KeyUse::Encryption;
        self.revision | if self.key.revoked { REVOKED } else { 0 } | if encryption { ENCRYPTION } else { 0 }
    }

    /// The reverse: the revision, whether the key was revoked, and what it is for.
    pub(crate) fn read_revision(code: u32) -> (u32, bool, KeyUse) {
        let key_use = if code & ENCRYPTION == 0 { KeyUse::Signing } else { KeyUse::Encryption };
        (code & !(REVOKED | ENCRYPTION), code & REVOKED != 0, key_use)
    }

    /// The number of the next seal, unless this is the last there is.
    pub(crate) fn next_revision(&self) -> Option<u32> {
        self.revision.checked_add(1).filter(|next| *next < ENCRYPTION)
    }

    fn facts(&self, out: &mut Encoder, store: StoreId) {
        let key = &self.key;
        out.bytes(&store.0);
        out.bytes(key.id.as_bytes());
        out.0.push(key.key_type.code());
        out.0.push(key.algorithm.map_or(0, |algorithm| algorithm.code()));
        out.0.extend_from_slice(&key.bits.to_be_bytes());
        out.0.push(key.origin.code());
        out.0.push(u8::from(key.exportable));
        out.0.push(u8::from(key.has_private));
        out.instant(key.exported_at);
        out.0.extend_from_slice(&self.revision_code().to_be_bytes());
        out.optional(key.public_key.as_deref());
    }
}

impl Tagged for Record {
    fn tag(&self) -> &[u8; 32] {
        &self.tag
    }

    fn row_data(&self, store: StoreId) -> Vec<u8> {
        let key = &self.key;
        let mut out = Encoder::new(b"keystead row 1");
        self.facts(&mut out, store);
        out.bytes(key.name.as_str().as_bytes());
        out.bytes(key.kid.as_str().as_bytes());
        out.optional(key.issuer.as_ref().map(|issuer| issuer.as_str().as_bytes()));
        out.instant(Some(key.inserted_at));
        out.instant(Some(key.updated_at));
        out.instant(key.expires_at);
        out.optional(key.certificates.as_ref().map(Certificates::as_bytes));
        out.bytes(&self.nonce);
        out.0
    }
}

impl Sealed for Record {
    const SEAL_LABEL: &'static [u8] = b"keystead 1 record";

    fn id(&self) -> &[u8; 16] {
        self.key.id.as_bytes()
    }

    fn nonce(&self) -> &[u8; 12] {
        &self.nonce
    }

    fn seal_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead seal 1");
        self.facts(&mut out, store);
        out.0
    }
}

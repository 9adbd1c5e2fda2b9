//! The keys of a store's attestation authority, as the file holds them.

use jiff::Timestamp;

use super::bound::{Encoder, Sealed, Tagged};
use super::{Algorithm, Certificates, Origin, StoreId};

/// What a key of the authority signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorityRole {
    /// The CA, and itself.
    Root,
    /// Statement-signing authorities.
    Ca,
    /// Statements.
    Signing,
}

impl AuthorityRole {
    pub(crate) const ALL: [Self; 3] = [Self::Root, Self::Ca, Self::Signing];

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Root => 1,
            Self::Ca => 2,
            Self::Signing => 3,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// Where a key of the authority is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorityState {
    /// Made, and waiting for a certificate from outside.
    Requested,
    /// The one of its role that signs.
    InForce,
    /// Followed by another. Its private key is gone, its certificates stay.
    Retired,
}

impl AuthorityState {
    pub(crate) const ALL: [Self; 3] = [Self::Requested, Self::InForce, Self::Retired];

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Requested => 1,
            Self::InForce => 2,
            Self::Retired => 3,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// A row of the table `authority`, the seal aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthorityRecord {
    /// Random.
    pub(crate) id: [u8; 16],
    pub(crate) role: AuthorityRole,
    pub(crate) state: AuthorityState,
    pub(crate) algorithm: Algorithm,
    pub(crate) origin: Origin,
    pub(crate) made_at: Timestamp,
    /// SubjectPublicKeyInfo in DER.
    pub(crate) public_key: Box<[u8]>,
    /// Its own and those above it up to the root; none while it is requested.
    pub(crate) certificates: Option<Certificates>,
    pub(crate) nonce: [u8; 12],
    pub(crate) tag: [u8; 32],
}

/// A row of the table `authority` with its seal: over PKCS#8, or over nothing once it is retired.
#[derive(Clone, Debug)]
pub(crate) struct AuthorityRow {
    pub(crate) record: AuthorityRecord,
    pub(crate) sealed: Box<[u8]>,
}

impl AuthorityRecord {
    fn facts(&self, out: &mut Encoder, store: StoreId) {
        out.bytes(&store.0);
        out.bytes(&self.id);
        out.0.extend([self.role.code(), self.state.code(), self.algorithm.code(), self.origin.code()]);
        out.bytes(&self.public_key);
    }
}

impl Tagged for AuthorityRecord {
    fn tag(&self) -> &[u8; 32] {
        &self.tag
    }

    fn row_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead authority row 1");
        self.facts(&mut out, store);
        out.instant(Some(self.made_at));
        out.optional(self.certificates.as_ref().map(Certificates::as_bytes));
        out.bytes(&self.nonce);
        out.0
    }
}

impl Sealed for AuthorityRecord {
    const SEAL_LABEL: &'static [u8] = b"keystead 1 authority";

    fn id(&self) -> &[u8; 16] {
        &self.id
    }

    fn nonce(&self) -> &[u8; 12] {
        &self.nonce
    }

    fn seal_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead authority seal 1");
        self.facts(&mut out, store);
        out.0
    }
}

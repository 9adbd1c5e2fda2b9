//! An application as the file holds it: its row, those of its credentials, and of what failed.

use jiff::Timestamp;

use super::super::bound::{Encoder, Sealed, Tagged};
use super::super::{AppName, StoreId};
use super::AppId;

/// Whether a credential is the one in force, or the one before it, which is still accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CredentialPlace {
    Current,
    Previous,
}

impl CredentialPlace {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Current => 1,
            Self::Previous => 2,
        }
    }
}

/// A row of the table `app` with those of `app_credential` that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppRecord {
    pub(crate) id: AppId,
    pub(crate) name: AppName,
    /// 100 wrong secrets in a day reset it.
    pub(crate) fips: bool,
    /// Its secret is kept as a hash and can never be read.
    pub(crate) hashed: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Counts the changes, from 1.
    pub(crate) revision: i64,
    pub(crate) current: CredentialRow,
    /// With the moment from which it is accepted no more.
    pub(crate) previous: Option<(CredentialRow, Timestamp)>,
    pub(crate) tag: [u8; 32],
}

/// A credential under its seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CredentialRow {
    /// Random.
    pub(crate) id: [u8; 16],
    pub(crate) app: AppId,
    pub(crate) made_at: Timestamp,
    pub(crate) nonce: [u8; 12],
    pub(crate) sealed: Box<[u8]>,
}

impl Tagged for AppRecord {
    fn tag(&self) -> &[u8; 32] {
        &self.tag
    }

    fn row_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead app 1");
        out.bytes(&store.0);
        out.bytes(self.id.as_bytes());
        out.bytes(self.name.as_str().as_bytes());
        out.0.extend([u8::from(self.fips), u8::from(self.hashed)]);
        out.instant(Some(self.created_at));
        out.instant(Some(self.updated_at));
        out.0.extend(self.revision.to_be_bytes());
        self.current.facts(&mut out, store);
        out.bytes(&self.current.nonce);
        out.instant(self.previous.as_ref().map(|(_, until)| *until));
        if let Some((previous, _)) = &self.previous {
            previous.facts(&mut out, store);
            out.bytes(&previous.nonce);
        }
        out.0
    }
}

impl CredentialRow {
    fn facts(&self, out: &mut Encoder, store: StoreId) {
        out.bytes(&store.0);
        out.bytes(&self.id);
        out.bytes(self.app.as_bytes());
        out.instant(Some(self.made_at));
    }
}

impl Sealed for CredentialRow {
    const SEAL_LABEL: &'static [u8] = b"keystead credential 1";

    fn id(&self) -> &[u8; 16] {
        &self.id
    }

    fn nonce(&self) -> &[u8; 12] {
        &self.nonce
    }

    fn seal_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead credential 1");
        self.facts(&mut out, store);
        out.0
    }
}

/// When secrets of an app were wrong, oldest first: a row of the table `app_failure`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailureRecord {
    pub(crate) app: AppId,
    pub(crate) at: Vec<Timestamp>,
    pub(crate) tag: [u8; 32],
}

impl Tagged for FailureRecord {
    fn tag(&self) -> &[u8; 32] {
        &self.tag
    }

    fn row_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead app failures 1");
        out.bytes(&store.0);
        out.bytes(self.app.as_bytes());
        for at in &self.at {
            out.instant(Some(*at));
        }
        out.0
    }
}

/// What holds for every app of the store: the row of the table `app_setting`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockoutSetting {
    /// Every app is as if made in FIPS mode.
    pub(crate) fips: bool,
    pub(crate) tag: [u8; 32],
}

impl Tagged for LockoutSetting {
    fn tag(&self) -> &[u8; 32] {
        &self.tag
    }

    fn row_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead app setting 1");
        out.bytes(&store.0);
        out.0.push(u8::from(self.fips));
        out.0
    }
}

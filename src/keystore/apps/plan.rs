//! What application to make.

use crate::model::{AppId, AppName, CredentialPlan};

/// What application to make. The setters return the plan, so that calls chain.
#[derive(Debug)]
pub struct AppPlan {
    pub(super) name: AppName,
    pub(super) credential: CredentialPlan,
    pub(super) id: Option<AppId>,
    pub(super) fips: bool,
    pub(super) storage: SecretStorage,
}

/// How the secret of an application is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretStorage {
    /// Sealed, so that it can be read again.
    #[default]
    Sealed,
    /// As `HMAC-SHA256[salt](secret)` with a salt of 32 random bytes: it can be checked and never be read.
    Hash,
}

impl AppPlan {
    /// An app of this name with this credential: a random id, not in FIPS mode, secrets sealed.
    #[must_use]
    pub fn new(name: AppName, credential: impl Into<CredentialPlan>) -> Self {
        Self { name, credential: credential.into(), id: None, fips: false, storage: SecretStorage::Sealed }
    }

    /// Its id. The default is a random one.
    #[must_use]
    pub fn id(mut self, id: AppId) -> Self {
        self.id = Some(id);
        self
    }

    /// In FIPS mode, 100 wrong secrets within 24 hours replace the secret by a random one, and drop the credential before it.
    #[must_use]
    pub fn fips(mut self, on: bool) -> Self {
        self.fips = on;
        self
    }

    /// How its secret is kept.
    #[must_use]
    pub fn storage(mut self, storage: SecretStorage) -> Self {
        self.storage = storage;
        self
    }
}

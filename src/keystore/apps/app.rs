//! What is shown of an application.

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::credential::secret_of;
use crate::model::{AppId, AppName, AppRecord, Credential, CredentialKind};

/// An application. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App(AppRecord);

impl App {
    pub(super) fn new(record: AppRecord) -> Self {
        Self(record)
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> AppId {
        self.0.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &AppName {
        &self.0.name
    }

    /// What kinds of credential it has: one, or two of which both must be presented.
    #[must_use]
    pub fn kinds(&self) -> &[CredentialKind] {
        &self.0.current.kinds
    }

    /// Whether it was made in FIPS mode: see [`AppPlan::fips`](crate::AppPlan::fips).
    #[must_use]
    pub fn fips(&self) -> bool {
        self.0.fips
    }

    /// Whether its secret is kept as a hash and cannot be read.
    #[must_use]
    pub fn is_hashed(&self) -> bool {
        self.0.hashed
    }

    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.0.created_at
    }

    /// When its name or credential last changed.
    #[must_use]
    pub fn updated_at(&self) -> Timestamp {
        self.0.updated_at
    }

    /// When its credential was made.
    #[must_use]
    pub fn credential_made_at(&self) -> Timestamp {
        self.0.current.made_at
    }

    /// Until when the credential before this one is accepted too, if it is.
    #[must_use]
    pub fn previous_valid_until(&self) -> Option<Timestamp> {
        self.0.previous.as_ref().map(|(_, until)| *until)
    }
}

/// An application with its credential, secrets and all.
#[derive(Debug)]
pub struct AppCredential {
    app: App,
    credential: Credential,
    previous: Option<PreviousCredential>,
}

/// The credential before the one in force, which is still accepted.
#[derive(Debug)]
pub struct PreviousCredential {
    credential: Credential,
    valid_until: Timestamp,
}

impl AppCredential {
    pub(super) fn new(app: App, credential: Credential, previous: Option<PreviousCredential>) -> Self {
        Self { app, credential, previous }
    }

    /// The application.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// What it must present.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// What it may present too, for a while.
    #[must_use]
    pub fn previous(&self) -> Option<&PreviousCredential> {
        self.previous.as_ref()
    }

    /// The value of the HTTP header `Authorization` for an app with a secret: `Basic` and base64 of `app_id:secret`. Held as a
    /// secret.
    #[must_use]
    pub fn basic_authorization(&self) -> Option<BasicAuthorization> {
        let secret = secret_of(&self.credential)?.expose_secret()?;
        let id = self.app.id().to_string();
        let mut plain = Zeroizing::new(Vec::with_capacity(id.len() + 1 + secret.len()));
        for piece in [id.as_bytes(), b":", secret.as_bytes()] {
            plain.extend_from_slice(piece);
        }
        let mut text = Zeroizing::new(vec![0; Base64::encoded_len(&plain)]);
        let key = Base64::encode(&plain, &mut text).ok()?;
        let mut header = Zeroizing::new(String::with_capacity(6 + key.len()));
        header.push_str("Basic ");
        header.push_str(key);
        Some(BasicAuthorization(header))
    }
}

/// The value of an `Authorization` header, wiped when dropped.
pub struct BasicAuthorization(Zeroizing<String>);

impl BasicAuthorization {
    /// The value.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for BasicAuthorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BasicAuthorization(..)")
    }
}

impl PreviousCredential {
    pub(super) fn new(credential: Credential, valid_until: Timestamp) -> Self {
        Self { credential, valid_until }
    }

    /// What may be presented.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The moment from which it is accepted no more, in whole seconds.
    #[must_use]
    pub fn valid_until(&self) -> Timestamp {
        self.valid_until
    }
}

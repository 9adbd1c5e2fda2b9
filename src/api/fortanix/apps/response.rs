//! What is answered about apps.

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::shown::ShownCredential;
use crate::keystore::{App, AppCredential, PreviousCredential};
use crate::model::CredentialKind;

/// An app, as the vendor shows it: `{app_id, name, auth_type, auth_type_all?, created_at}`, and `credential` where a secret was
/// made that nobody can read again. Of the vendor's other fields this library knows nothing.
#[derive(Debug)]
pub struct AppResponse {
    app: App,
    made: Option<AppCredential>,
}

impl AppResponse {
    /// Shows an app.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { app, made: None }
    }

    pub(super) fn with_secret(made: AppCredential) -> Self {
        Self { app: made.app().clone(), made: Some(made) }
    }

    /// The app.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Its credential, if a secret was made that cannot be read again.
    #[must_use]
    pub const fn made(&self) -> Option<&AppCredential> {
        self.made.as_ref()
    }
}

impl Serialize for AppResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("app_id", &self.app.id().to_string())?;
        map.serialize_entry("name", self.app.name().as_str())?;
        match self.app.kinds() {
            [kind] => map.serialize_entry("auth_type", auth_type(*kind))?,
            kinds => {
                map.serialize_entry("auth_type", "All")?;
                map.serialize_entry("auth_type_all", &kinds.iter().copied().map(auth_type).collect::<Vec<_>>())?;
            }
        }
        map.serialize_entry("created_at", &time(self.app.created_at()))?;
        if let Some(made) = &self.made {
            map.serialize_entry("credential", &ShownCredential(made.credential()))?;
        }
        map.end()
    }
}

/// The credential of an app, secrets and all: `{app_id, credential, previous_credential?}`.
#[derive(Debug)]
pub struct AppCredentialResponse(AppCredential);

impl AppCredentialResponse {
    /// Shows the credential of an app.
    #[must_use]
    pub fn new(credential: AppCredential) -> Self {
        Self(credential)
    }

    /// The credential.
    #[must_use]
    pub const fn credential(&self) -> &AppCredential {
        &self.0
    }
}

impl Serialize for AppCredentialResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("app_id", &self.0.app().id().to_string())?;
        map.serialize_entry("credential", &ShownCredential(self.0.credential()))?;
        if let Some(previous) = self.0.previous() {
            map.serialize_entry("previous_credential", &ShownPrevious(previous))?;
        }
        map.end()
    }
}

struct ShownPrevious<'a>(&'a PreviousCredential);

impl Serialize for ShownPrevious<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("credential", &ShownCredential(self.0.credential()))?;
        map.serialize_entry("valid_until", &time(self.0.valid_until()))?;
        map.end()
    }
}

/// `20170509T070912Z`: the second that has begun.
fn time(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The vendor's `OneAppAuthType`.
const fn auth_type(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Secret => "Secret",
        CredentialKind::Certificate => "Certificate",
        CredentialKind::TrustedCa => "TrustedCa",
        CredentialKind::GoogleServiceAccount => "GoogleServiceAccount",
        CredentialKind::SignedJwt => "SignedJwt",
        CredentialKind::Ldap => "Ldap",
        CredentialKind::AwsIam => "AwsIam",
        CredentialKind::AwsXks => "AwsXks",
        CredentialKind::GoogleWorkspaceCse => "GoogleWorkspaceCSE",
    }
}

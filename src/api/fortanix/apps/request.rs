//! The bodies of app calls.

use std::time::Duration;

use super::super::Failure;
use super::super::fields::{Fields, checked_name};
use super::{credential, shape};
use crate::keystore::{AppPlan, ResetSecret, SecretStorage};
use crate::model::{AppName, CredentialPlan, Invalid, SecretSize};

/// The body that makes an app.
#[derive(Debug)]
pub struct AppRequest {
    pub(super) plan: AppPlan,
    /// A secret is to be made at random.
    pub(super) generates: bool,
}

/// The body that changes an app: its name, or its credential.
#[derive(Debug)]
pub struct AppUpdate(pub(super) Change);

#[derive(Debug)]
pub(super) enum Change {
    Nothing,
    Name(AppName),
    Credential { plan: CredentialPlan, generates: bool, migration_period: Duration },
}

/// The body that resets the secret of an app.
#[derive(Clone, Copy, Debug, Default)]
pub struct AppResetSecretRequest(pub(super) ResetSecret);

impl AppRequest {
    /// Reads `{"name", "credential"?, "secret_size"?, "fips"?, "store"?}`. Without a credential a secret is made, of `secret_size`
    /// bytes.
    ///
    /// ```
    /// use keystead::api::fortanix::AppRequest;
    ///
    /// let body = br#"{ "name": "billing", "credential": { "secret": "hunter2" } }"#;
    /// let refused = AppRequest::from_json(body).unwrap_err();
    /// assert_eq!((refused.status(), refused.message()), (400, "secret has 7 characters, allowed are 16 to 256"));
    /// ```
    ///
    /// # Errors
    /// 400 that names the first field refused. Whether certificates, keys and policies can be read is said by the call.
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        let mut fields = Fields::read(body, &shape::APP)?;
        let name = checked_name("name", fields.needed_text("name")?)?;
        let (size, given) = (fields.number("secret_size")?, fields.take("credential")?);
        let read = match (given, size) {
            (Some(_), Some(_)) => {
                let message = "the body has both credential and secret_size, allowed is one of them";
                return Err(Failure::invalid(message));
            }
            (Some(value), None) => credential::credential("credential".into(), value)?,
            (None, size) => {
                let part = credential::random_secret(size.unwrap_or(SecretSize::DEFAULT.bytes() as u64))?;
                credential::Read { plan: CredentialPlan::new(part), generates: true }
            }
        };
        if fields.number("credential_migration_period")?.is_some() {
            return Err(Failure::invalid(
                "credential_migration_period is given, and there is no credential before this one",
            ));
        }
        let fips = fields.boolean("fips")?.unwrap_or(false);
        let storage = match fields.text("store")?.as_deref() {
            None | Some("sealed") => SecretStorage::Sealed,
            Some("hash") => SecretStorage::Hash,
            Some(other) => {
                let got = Invalid::quote(other);
                return Err(Failure::invalid(format!("store is {got}, allowed are sealed and hash")));
            }
        };
        let plan = AppPlan::new(AppName::new(name)?, read.plan).fips(fips).storage(storage);
        Ok(Self { plan, generates: read.generates })
    }
}

impl AppUpdate {
    /// Reads `{"name"?}` or `{"credential"?, "credential_migration_period"?}`. Both together are refused: a call is done as a
    /// whole or not at all.
    ///
    /// # Errors
    /// 400 that names the first field refused.
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        let mut fields = Fields::read(body, &shape::APP)?;
        let name = fields.text("name")?.map(|name| checked_name("name", name)).transpose()?;
        let given = fields.take("credential")?;
        let read = given.map(|value| credential::credential("credential".into(), value)).transpose()?;
        let period = fields.number("credential_migration_period")?;
        Ok(Self(match (name, read, period) {
            (Some(_), Some(_), _) => {
                return Err(Failure::invalid(
                    "the body has both name and credential, allowed is one of them in a call",
                ));
            }
            (_, None, Some(_)) => {
                return Err(Failure::invalid(
                    "credential_migration_period comes without credential, which it belongs to",
                ));
            }
            (Some(name), None, None) => Change::Name(AppName::new(name)?),
            (None, Some(credential::Read { plan, generates }), period) => {
                Change::Credential { plan, generates, migration_period: Duration::from_secs(period.unwrap_or(0)) }
            }
            (None, None, None) => Change::Nothing,
        }))
    }
}

impl AppResetSecretRequest {
    /// Reads `{"secret_size"?, "credential_migration_period"?}`: bytes, and seconds. No body at all asks for the defaults.
    ///
    /// # Errors
    /// 400 that names the first field refused.
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        let mut fields = Fields::read(if body.is_empty() { b"{}" } else { body }, &shape::RESET)?;
        let mut reset = ResetSecret::new();
        if let Some(size) = fields.number("secret_size")? {
            reset = reset.size(SecretSize::new(size)?);
        }
        let period = fields.number("credential_migration_period")?.unwrap_or(0);
        Ok(Self(reset.migration_period(Duration::from_secs(period))))
    }
}

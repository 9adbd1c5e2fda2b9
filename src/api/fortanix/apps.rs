//! The calls about apps and their credentials (`/sys/v1/apps`).

mod credential;
mod google;
mod request;
mod response;
mod shape;
mod shown;
mod signed_jwt;
mod trusted_ca;

use self::request::Change;
pub use self::request::{AppRequest, AppResetSecretRequest, AppUpdate};
pub use self::response::{AppCredentialResponse, AppResponse};
use super::Failure;
use crate::keystore::{AppCredential, Keystore};
use crate::model::{AppId, CredentialKind};

/// `POST /sys/v1/apps`: makes an app.
///
/// ```
/// use keystead::api::fortanix::{self, AppRequest};
/// use keystead::{Keystore, Options};
///
/// let store = Keystore::in_memory(Options::default())?;
/// let body = br#"{ "name": "billing", "credential": { "secret_size": 32 } }"#;
/// let made = fortanix::create_app(&store, AppRequest::from_json(body).unwrap()).unwrap();
///
/// let credential = fortanix::app_credential(&store, made.app().id()).unwrap();
/// assert!(credential.credential().basic_authorization().is_some());
/// # Ok::<(), keystead::Error>(())
/// ```
///
/// # Errors
/// 400 when certificates, keys or policies of the credential cannot be read; 409 when there is an app of this name; 503 when the
/// store is busy, 500 when it is damaged.
pub fn create_app(store: &Keystore, request: AppRequest) -> Result<AppResponse, Failure> {
    let AppRequest { plan, generates } = request;
    Ok(answer(store.create_app(plan)?, generates))
}

/// `GET /sys/v1/apps/{app_id}`: an app without its credential.
///
/// # Errors
/// 404 when there is none; 503, 500.
pub fn app(store: &Keystore, id: AppId) -> Result<AppResponse, Failure> {
    Ok(AppResponse::new(store.app(id)?))
}

/// `GET /sys/v1/apps`: all apps, in the order in which they were made.
///
/// # Errors
/// 503, 500.
pub fn apps(store: &Keystore) -> Result<Vec<AppResponse>, Failure> {
    Ok(store.apps()?.into_iter().map(AppResponse::new).collect())
}

/// `PATCH /sys/v1/apps/{app_id}`: gives an app another name, or another credential. For `credential_migration_period`, in seconds,
/// the old credential stays valid.
///
/// # Errors
/// 404 when there is no such app; 400 and 409 as for [`create_app`]; 503, 500.
pub fn update_app(store: &Keystore, id: AppId, update: AppUpdate) -> Result<AppResponse, Failure> {
    match update.0 {
        Change::Nothing => app(store, id),
        Change::Name(name) => Ok(AppResponse::new(store.rename_app(id, name)?)),
        Change::Credential { plan, generates, migration_period } => {
            Ok(answer(store.replace_credential(id, plan, migration_period)?, generates))
        }
    }
}

/// `GET /sys/v1/apps/{app_id}/credential`: the credential, secrets and all, and the one before it as long as it is accepted.
///
/// # Errors
/// 404 when there is no such app; 403 when its secret is kept as a hash, so that nobody can read it; 503, 500.
pub fn app_credential(store: &Keystore, id: AppId) -> Result<AppCredentialResponse, Failure> {
    Ok(AppCredentialResponse::new(store.export_app_secret(id)?))
}

/// `POST /sys/v1/apps/{app_id}/reset_secret`: puts a random secret in the place of the old one, or a random pair for AWS. For
/// `credential_migration_period`, in seconds, the old credential stays valid.
///
/// # Errors
/// 404 when there is no such app; 422 when it has no secret; 400 for a size or time that is not allowed; 503, 500.
pub fn reset_app_secret(store: &Keystore, id: AppId, request: AppResetSecretRequest) -> Result<AppResponse, Failure> {
    Ok(answer(store.reset_secret(id, request.0)?, true))
}

/// `DELETE /sys/v1/apps/{app_id}`: deletes an app and its credentials.
///
/// # Errors
/// 404 when there is no such app; 503, 500.
pub fn delete_app(store: &Keystore, id: AppId) -> Result<(), Failure> {
    Ok(store.delete_app(id)?)
}

/// Shows what was made, and its secret when that was made at random and is kept as a hash.
fn answer(made: AppCredential, generates: bool) -> AppResponse {
    let is_hashed = made.app().is_hashed() && made.app().kinds().contains(&CredentialKind::Secret);
    if generates && is_hashed { AppResponse::with_secret(made) } else { AppResponse::new(made.app().clone()) }
}

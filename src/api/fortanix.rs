//! Fortanix DSM's key attestation (`POST /crypto/v1/keys/key_attestation`): a statement about a key, and the chain of the
//! authority that signed it; and its apps (`/sys/v1/apps`): applications and what they are known by.
//!
//! The functions take and give typed requests and responses; [`call`] takes a method, a path and a JSON body, and gives a
//! status and a body, as the vendor's server would. Fields not known are ignored, as there. The statements are of this
//! library's own profile, see the manual, `attestation`: never the vendor's claims. What the vendor's document leaves open is
//! decided so:
//!
//! - `key` has one of `kid` and `name`; both together are refused, also when one of them could not be read. The schema's
//!   `oneOf` would take the other, the vendor's clients send exactly one;
//! - a `kid` is a UUID of 36 characters; a UUID or name that no key here can have is one that is not found (404);
//! - `challenge` beside `key` is ours: base64 of 1 to 64 bytes that the statement shall hold;
//! - `null` counts as not given; a field that is read and comes twice is refused; a body has at most 1 MiB and 128 levels;
//! - binary values are standard base64 with padding, without line breaks;
//! - the body of a failure is a text for people and no JSON: the vendor's clients for Rust and Go read it so. They know the
//!   statuses 400, 401, 403, 404, 409 and 423 by name and show any other with its text; here they are 400 for a request that
//!   breaks a rule, 403 for a secret that nobody may read, 404 for a key or app that is not there, 409 for a name that is taken,
//!   422 for a key that cannot be attested, for an app without a secret to reset and for a store without an authority that can
//!   sign, 503 for a store that is busy, and 500.
//!
//! And about apps:
//!
//! - a credential has exactly one member of the nine kinds, `all` and `secret_size`, also where another could not be read;
//! - a secret to be made is asked for by `{"secret_size": n}` (ours) or `{"secret": {"size": n}}` (the vendor's), n bytes from 16 to
//!   64; by a body without `credential`, in which `secret_size` may stand, 64 when it does not. `{"awsxks": {}}` asks for a
//!   pair; one half of a pair is refused;
//! - `store` is ours: `"hash"` keeps a digest of the secret, `"sealed"` the secret. A secret that was made and cannot be read
//!   again stands in the answer, as `credential`;
//! - `name` and `credential` are changed in calls of their own: a call is done as a whole or not at all;
//! - `auth_type` of `all` is `All`, and `auth_type_all` lists the two, as in the vendor's document of version 0.1.0-20260710;
//! - times are in whole seconds: `created_at` is the second that had begun, `valid_until` the one in which the old credential is
//!   over (a time that does not fall on a second is moved to the next);
//! - the vendor's fields that are about accounts, groups and roles are not there.

mod apps;
mod call;
mod failure;
mod fields;
mod request;
mod response;

pub use apps::{
    AppCredentialResponse, AppRequest, AppResetSecretRequest, AppResponse, AppUpdate, app, app_credential, apps,
    create_app, delete_app, reset_app_secret, update_app,
};
pub use call::{Response, call};
pub use failure::Failure;
pub use request::{KeyAttestationRequest, SobjectDescriptor};
pub use response::{KeyAttestationResponse, KeyAttestationStatement, KeyAttestationStatementFormat};

use crate::keystore::Keystore;

/// `POST /crypto/v1/keys/key_attestation`: a statement about a key that is RSA or EC and has its private part. The store must
/// have an authority, see [`Keystore::ensure_authority`].
///
/// ```
/// use keystead::api::fortanix::{self, KeyAttestationRequest};
/// use keystead::{Algorithm, AuthorityPlan, GenerateKey, KeyName, KeySpec, Keystore, Options};
///
/// let store = Keystore::in_memory(Options::default())?;
/// store.ensure_authority(&AuthorityPlan::new())?;
/// let spec = KeySpec::new(Algorithm::Es256, None)?;
/// store.generate(GenerateKey::new(KeyName::new("signing")?, spec))?;
///
/// let request = KeyAttestationRequest::from_json(br#"{ "key": { "name": "signing" } }"#).unwrap();
/// let response = fortanix::key_attestation(&store, &request).unwrap();
/// assert_eq!(response.authority_chain.len(), 3);
/// # Ok::<(), keystead::Error>(())
/// ```
///
/// # Errors
/// 404 when there is no such key; 422 for an HMAC secret, for a public key alone, and when there is no authority that can
/// sign; 503 when the store is busy, 500 when it is damaged.
pub fn key_attestation(store: &Keystore, request: &KeyAttestationRequest) -> Result<KeyAttestationResponse, Failure> {
    let id = request.key.find(store)?;
    Ok(KeyAttestationResponse::new(&store.attest(id, &request.attestation)?))
}

//! The vendor's calls by method and path.

use std::fmt;

use serde::Serialize;

use super::apps::{self, AppRequest, AppResetSecretRequest, AppUpdate};
use super::{Failure, KeyAttestationRequest, fields};
use crate::keystore::Keystore;
use crate::model::AppId;

/// What the vendor's server would answer. The body of a credential that is read holds secrets.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON with status 200, nothing with 204, else a text for people.
    pub body: String,
}

impl Response {
    /// What the body is, as HTTP names it.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        if self.status == 200 { "application/json" } else { "text/plain; charset=utf-8" }
    }

    fn json(answer: Result<impl Serialize, Failure>) -> Self {
        match answer.map(|answer| serde_json::to_string(&answer)) {
            Ok(Ok(body)) => Self { status: 200, body },
            Ok(Err(_)) => Self { status: 500, body: "the answer is no JSON".into() },
            Err(failure) => failure.into(),
        }
    }

    fn nothing(answer: Result<(), Failure>) -> Self {
        answer.map_or_else(Self::from, |()| Self { status: 204, body: String::new() })
    }
}

impl fmt::Debug for Response {
    /// Of a body in JSON, its length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Response");
        shown.field("status", &self.status);
        match self.status {
            200 => shown.field("body", &format_args!("{} bytes", self.body.len())),
            _ => shown.field("body", &self.body),
        };
        shown.finish()
    }
}

impl From<Failure> for Response {
    fn from(failure: Failure) -> Self {
        Self { status: failure.status(), body: failure.message().into() }
    }
}

/// Does a call, given its method, its path and its JSON body: `POST /crypto/v1/keys/key_attestation`, and about apps
/// `POST /sys/v1/apps`, `GET /sys/v1/apps`, `GET`, `PATCH` and `DELETE /sys/v1/apps/{app_id}`,
/// `GET /sys/v1/apps/{app_id}/credential` and `POST /sys/v1/apps/{app_id}/reset_secret`. `None` for any other. Of a query string
/// behind the path of the app calls nothing is read.
///
/// ```
/// use keystead::api::fortanix::call;
/// use keystead::{Keystore, Options};
///
/// let store = Keystore::in_memory(Options::default())?;
/// let answer = call(&store, "POST", "/crypto/v1/keys/key_attestation", br#"{ "key": { "name": "x" } }"#).unwrap();
/// assert_eq!((answer.status, answer.body.as_str()), (404, "there is no key with name 'x'"));
/// let answer = call(&store, "GET", "/sys/v1/apps", b"").unwrap();
/// assert_eq!((answer.status, answer.body.as_str()), (200, "[]"));
/// assert!(call(&store, "GET", "/crypto/v1/keys/key_attestation", b"").is_none());
/// # Ok::<(), keystead::Error>(())
/// ```
#[must_use]
pub fn call(store: &Keystore, method: &str, path: &str, body: &[u8]) -> Option<Response> {
    if let ("POST", "/crypto/v1/keys/key_attestation") = (method, path) {
        let request = KeyAttestationRequest::from_json(body);
        return Some(Response::json(request.and_then(|request| super::key_attestation(store, &request))));
    }
    let path = path.split('?').next()?.strip_prefix("/sys/v1/apps")?;
    if path.is_empty() {
        return match method {
            "POST" => {
                let request = AppRequest::from_json(body);
                Some(Response::json(request.and_then(|request| apps::create_app(store, request))))
            }
            "GET" => Some(Response::json(apps::apps(store))),
            _ => None,
        };
    }
    let path = path.strip_prefix('/')?;
    let (id, what) = path.split_once('/').map_or((path, None), |(id, what)| (id, Some(what)));
    Some(match (method, what) {
        ("GET", None) => Response::json(app_id(id).and_then(|id| apps::app(store, id))),
        ("PATCH", None) => Response::json(app_id(id).and_then(|id| {
            let update = AppUpdate::from_json(body)?;
            apps::update_app(store, id, update)
        })),
        ("DELETE", None) => Response::nothing(app_id(id).and_then(|id| apps::delete_app(store, id))),
        ("GET", Some("credential")) => Response::json(app_id(id).and_then(|id| apps::app_credential(store, id))),
        ("POST", Some("reset_secret")) => Response::json(app_id(id).and_then(|id| {
            let request = AppResetSecretRequest::from_json(body)?;
            apps::reset_app_secret(store, id, request)
        })),
        _ => return None,
    })
}

/// What no app can have as its id is not found.
fn app_id(text: &str) -> Result<AppId, Failure> {
    let uuid = fields::uuid("app_id", text)?;
    AppId::new(uuid).map_err(|_| Failure::not_found(format!("app {uuid}")))
}

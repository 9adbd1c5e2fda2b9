//! The vendor's call by method and path.

use super::{Failure, KeyAttestationRequest};
use crate::keystore::Keystore;

/// What the vendor's server would answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON with status 200, else a text for people.
    pub body: String,
}

impl Response {
    /// What the body is, as HTTP names it.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        if self.status == 200 { "application/json" } else { "text/plain; charset=utf-8" }
    }
}

impl From<Failure> for Response {
    fn from(failure: Failure) -> Self {
        Self { status: failure.status(), body: failure.message().into() }
    }
}

/// Does the call `POST /crypto/v1/keys/key_attestation`, given its JSON body. `None` for any other.
///
/// ```
/// use keystead::api::fortanix::call;
/// use keystead::{Keystore, Options};
///
/// let store = Keystore::in_memory(Options::default())?;
/// let answer = call(&store, "POST", "/crypto/v1/keys/key_attestation", br#"{ "key": { "name": "x" } }"#).unwrap();
/// assert_eq!((answer.status, answer.body.as_str()), (404, "there is no key with name 'x'"));
/// assert!(call(&store, "GET", "/crypto/v1/keys/key_attestation", b"").is_none());
/// # Ok::<(), keystead::Error>(())
/// ```
#[must_use]
pub fn call(store: &Keystore, method: &str, path: &str, body: &[u8]) -> Option<Response> {
    let ("POST", "/crypto/v1/keys/key_attestation") = (method, path) else { return None };
    let request = KeyAttestationRequest::from_json(body);
    let response = request.and_then(|request| super::key_attestation(store, &request));
    Some(match response.map(|response| serde_json::to_string(&response)) {
        Ok(Ok(body)) => Response { status: 200, body },
        Ok(Err(_)) => Response { status: 500, body: "the answer is no JSON".into() },
        Err(failure) => failure.into(),
    })
}

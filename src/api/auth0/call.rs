//! The vendor's calls by method and path.

use serde::Serialize;

use super::{ConnectionId, ConnectionKeysRequest, Failure};
use crate::keystore::Keystore;

/// What the vendor's server would answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: String,
}

/// Does one call, given its method, its path and its JSON body (empty for none). `None` when it is not a call of this API.
///
/// ```
/// use keystead::api::auth0::call;
/// use keystead::{Keystore, Options};
///
/// let store = Keystore::in_memory(Options::default())?;
/// let path = "/api/v2/connections/con_1/keys";
/// let made = call(&store, "POST", path, br#"{ "signing_alg": "ES256" }"#).unwrap();
/// assert_eq!(made.status, 201);
/// assert_eq!(call(&store, "GET", path, b"").unwrap().body, made.body);
/// assert_eq!(call(&store, "POST", "/api/v2/connections/con_2/keys/rotate", b"").unwrap().status, 404);
/// assert!(call(&store, "GET", "/api/v2/connections/con_1", b"").is_none());
/// # Ok::<(), keystead::Error>(())
/// ```
#[must_use]
pub fn call(store: &Keystore, method: &str, path: &str, body: &[u8]) -> Option<Response> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let segments: Vec<_> = path.strip_prefix("/api/v2/connections/")?.split('/').collect();
    let id = |segment: &str| ConnectionId::from_segment(segment);
    let request = || ConnectionKeysRequest::from_json(body);
    Some(match (method, segments.as_slice()) {
        ("GET", [segment, "keys"]) => json(200, id(segment).and_then(|id| super::list(store, &id))),
        ("POST", [segment, "keys"]) => json(201, id(segment).and_then(|id| super::create(store, &id, &request()?))),
        ("POST", [segment, "keys", "rotate"]) => {
            json(201, id(segment).and_then(|id| super::rotate(store, &id, &request()?)))
        }
        _ => return None,
    })
}

fn json<T: Serialize>(status: u16, outcome: Result<T, Failure>) -> Response {
    let (status, written) = match &outcome {
        Ok(answer) => (status, serde_json::to_string(answer)),
        Err(failure) => (failure.status(), serde_json::to_string(failure.body())),
    };
    match written {
        Ok(body) => Response { status, body },
        Err(_) => Response { status: 500, body: "null".into() },
    }
}

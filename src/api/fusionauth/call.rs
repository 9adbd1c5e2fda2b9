//! The vendor's calls by method and path.

use serde::Serialize;

use super::{Failure, GenerateRequest, ImportRequest, SearchRequest, UpdateRequest};
use crate::keystore::Keystore;

/// What the vendor's server would answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON, when there is one.
    pub body: Option<String>,
}

/// Does one call, given its method, its path with the query string, and its JSON body (empty for none). `None` when it
/// is not a call of this API.
///
/// ```
/// use keystead::api::fusionauth::call;
/// use keystead::{Keystore, Options};
///
/// let store = Keystore::in_memory(Options::default())?;
/// let body = br#"{ "key": { "algorithm": "HS256", "name": "sessions" } }"#;
/// let answer = call(&store, "POST", "/api/key/generate", body).unwrap();
/// assert_eq!(answer.status, 200);
/// let answer = call(&store, "GET", "/api/key/search?name=session&orderBy=insertInstant+DESC", b"").unwrap();
/// assert!(answer.body.unwrap().ends_with(r#""total":1}"#));
/// assert!(call(&store, "GET", "/api/user", b"").is_none());
/// # Ok::<(), keystead::Error>(())
/// ```
#[must_use]
pub fn call(store: &Keystore, method: &str, path: &str, body: &[u8]) -> Option<Response> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let segments: Vec<_> = path.strip_prefix("/api/key")?.split('/').collect();
    let answer = match (method, segments.as_slice()) {
        ("GET", [""]) => json(super::retrieve_all(store)),
        ("POST", ["", "generate"]) => json(generate(store, None, body)),
        ("POST", ["", "generate", id]) => json(generate(store, Some(id), body)),
        ("POST", ["", "import"]) => json(import(store, None, body)),
        ("POST", ["", "import", id]) => json(import(store, Some(id), body)),
        ("GET", ["", "search"]) => json(search(store, SearchRequest::from_query(query))),
        ("POST", ["", "search"]) => json(search(store, SearchRequest::from_json(body))),
        // Calls of the vendor that are not here must not pass for ids.
        (_, ["", "generate" | "import" | "search", ..]) => return None,
        ("GET", ["", id]) => json(super::retrieve(store, id)),
        ("PUT", ["", id]) => {
            json(UpdateRequest::from_json(body).and_then(|request| super::update(store, id, &request)))
        }
        ("DELETE", ["", id]) => match super::delete(store, id) {
            Ok(()) => Response { status: 200, body: None },
            Err(failure) => failed(&failure),
        },
        _ => return None,
    };
    Some(answer)
}

fn generate(store: &Keystore, id: Option<&str>, body: &[u8]) -> Result<super::KeyResponse, Failure> {
    let request = GenerateRequest::from_json(body)?;
    super::generate(store, id, &request)
}

fn import(store: &Keystore, id: Option<&str>, body: &[u8]) -> Result<super::KeyResponse, Failure> {
    super::import(store, id, ImportRequest::from_json(body)?)
}

fn search(store: &Keystore, request: Result<SearchRequest, Failure>) -> Result<super::SearchResponse, Failure> {
    super::search(store, &request?)
}

fn json<T: Serialize>(outcome: Result<T, Failure>) -> Response {
    let answer = match &outcome {
        Ok(answer) => serde_json::to_string(answer),
        Err(failure) => return failed(failure),
    };
    match answer {
        Ok(body) => Response { status: 200, body: Some(body) },
        Err(_) => Response { status: 500, body: None },
    }
}

fn failed(failure: &Failure) -> Response {
    let body = failure.errors().and_then(|errors| serde_json::to_string(errors).ok());
    Response { status: failure.status(), body }
}

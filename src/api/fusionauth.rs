//! FusionAuth's Keys API (`/api/key`): retrieve, search, generate, import, update, delete.
//!
//! The functions take and give typed requests and responses; [`call`] takes a method, a path with its query string and a
//! JSON body, and gives a status and a JSON body, as the vendor's server would. Fields not known are ignored, as there.
//! What the vendor's document leaves open is decided so:
//!
//! - exactly its nine algorithms can be asked for; keys made elsewhere in the store are shown with their own;
//! - a blank issuer counts as none;
//! - `certificate` is shown for RSA and EC keys, as its field list says;
//! - a body has at most 1 MiB, and so has a query string;
//! - a field that is read and comes twice is refused: readers of JSON differ on which of the two counts;
//! - a search takes `name` as a [`NamePattern`](crate::NamePattern), so by Unicode's full case folding, and with `**` for a
//!   star; `orderBy` may be a list of fields with commas between, and keys that are equal in it come by id;
//! - `orderBy` that cannot be read is refused, where the vendor takes its default;
//! - `numberOfResults` and `startRow` are whole numbers from 0 to 2147483647; with 0 results the total alone is found;
//! - in a query string a parameter without text counts as not given, as an empty field of a form; in a JSON body `null` does,
//!   and of the texts of a search only `name` may be empty, which is every name;
//! - bytes in a query string that are no UTF-8 are refused, also in parameters that are not known.

mod call;
mod failure;
mod form;
mod json;
mod request;
mod response;
mod search;

pub use call::{Response, call};
pub use failure::{Errors, Failure, FieldError};
pub use request::{GenerateRequest, ImportRequest, UpdateRequest};
pub use response::{CertificateInformationBody, KeyBody, KeyResponse, KeysResponse};
pub use search::{SearchRequest, SearchResponse};

use crate::error::Result;
use crate::keystore::{GenerateKey, Keystore};
use crate::model::{Key, KeyId};

/// `GET /api/key/{keyId}`.
///
/// # Errors
/// 404 when there is no such key, 400 for a malformed id.
pub fn retrieve(store: &Keystore, id: &str) -> Result<KeyResponse, Failure> {
    respond(&store.key(parse_id(id)?)?)
}

/// `GET /api/key`: every key, in the order of insertion. All of them are in memory then; to walk over many use
/// [`Keystore::keys`].
///
/// # Errors
/// 503 when the store is busy, 500 when it is damaged.
pub fn retrieve_all(store: &Keystore) -> Result<KeysResponse, Failure> {
    let keys = store.keys().map(|key| Ok(KeyBody::new(&key?)?)).collect::<Result<_, Failure>>()?;
    Ok(KeysResponse { keys })
}

/// `GET /api/key/search` and `POST /api/key/search`: the keys that were asked for, one page of them, and how many there are.
///
/// ```
/// use keystead::api::fusionauth::{self, GenerateRequest, SearchRequest};
/// use keystead::{Keystore, Options};
///
/// let store = Keystore::in_memory(Options::default())?;
/// for name in ["forum 1", "forum 2", "shop"] {
///     let body = format!(r#"{{ "key": {{ "algorithm": "HS256", "name": "{name}" }} }}"#);
///     fusionauth::generate(&store, None, &GenerateRequest::from_json(body.as_bytes()).unwrap()).unwrap();
/// }
/// let request = SearchRequest::from_query("name=Forum&orderBy=name+DESC&numberOfResults=1").unwrap();
/// let found = fusionauth::search(&store, &request).unwrap();
/// assert_eq!((found.keys[0].name.as_str(), found.total), ("forum 2", 2));
/// # Ok::<(), keystead::Error>(())
/// ```
///
/// # Errors
/// 503 when the store is busy, 500 when it is damaged.
pub fn search(store: &Keystore, request: &SearchRequest) -> Result<SearchResponse, Failure> {
    let page = store.search(&request.query)?;
    let keys = page.keys.iter().map(KeyBody::new).collect::<Result<_>>()?;
    Ok(SearchResponse { keys, total: page.total })
}

/// `POST /api/key/generate` and `POST /api/key/generate/{keyId}`.
///
/// ```
/// use keystead::api::fusionauth::{self, GenerateRequest};
/// use keystead::{Keystore, Options};
///
/// let store = Keystore::in_memory(Options::default())?;
/// let body = br#"{ "key": { "algorithm": "ES256", "name": "tokens", "issuer": "acme.com" } }"#;
/// let request = GenerateRequest::from_json(body).unwrap();
/// let made = fusionauth::generate(&store, None, &request).unwrap();
/// assert_eq!(made.key.issuer.as_deref(), Some("acme.com"));
/// # Ok::<(), keystead::Error>(())
/// ```
///
/// # Errors
/// 400 with the field and its rule.
pub fn generate(store: &Keystore, id: Option<&str>, request: &GenerateRequest) -> Result<KeyResponse, Failure> {
    let mut key = GenerateKey::new(request.name.clone(), request.spec);
    if let Some(id) = id {
        key = key.id(parse_id(id)?);
    }
    if let Some(issuer) = &request.issuer {
        key = key.issuer(issuer.clone());
    }
    respond(&store.generate(key)?)
}

/// `POST /api/key/import` and `POST /api/key/import/{keyId}`: a certificate, a public key, a private key, a pair, or an HMAC
/// secret. Type and algorithm are found out where they are not named.
///
/// ```
/// use keystead::api::fusionauth::{self, ImportRequest};
/// use keystead::{Keystore, Options};
///
/// let store = Keystore::in_memory(Options::default())?;
/// let body = br#"{ "key": { "name": "sessions", "type": "HMAC", "secret": "a text of at least thirty-two bytes" } }"#;
/// let request = ImportRequest::from_json(body).unwrap();
/// let imported = fusionauth::import(&store, None, request).unwrap();
/// assert_eq!(imported.key.algorithm.as_deref(), Some("HS256"));
/// # Ok::<(), keystead::Error>(())
/// ```
///
/// # Errors
/// 400 with the field and its rule.
pub fn import(store: &Keystore, id: Option<&str>, request: ImportRequest) -> Result<KeyResponse, Failure> {
    let mut key = request.key;
    if let Some(id) = id {
        key = key.id(parse_id(id)?);
    }
    respond(&store.import(key)?.key)
}

/// `PUT /api/key/{keyId}`: changes the name, and only that.
///
/// # Errors
/// 404 when there is no such key, 400 with the field and its rule.
pub fn update(store: &Keystore, id: &str, request: &UpdateRequest) -> Result<KeyResponse, Failure> {
    respond(&store.rename(parse_id(id)?, request.name.clone())?)
}

/// `DELETE /api/key/{keyId}`.
///
/// # Errors
/// 404 when there is no such key, 400 when it is in use, naming by whom.
pub fn delete(store: &Keystore, id: &str) -> Result<(), Failure> {
    Ok(store.delete(parse_id(id)?)?)
}

fn respond(key: &Key) -> Result<KeyResponse, Failure> {
    Ok(KeyResponse { key: KeyBody::new(key)? })
}

fn parse_id(text: &str) -> Result<KeyId, Failure> {
    Ok(KeyId::parse(text).map_err(crate::Error::from)?)
}

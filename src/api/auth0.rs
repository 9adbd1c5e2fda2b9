//! Auth0's keys of a connection (`/api/v2/connections/{id}/keys`): create, list, rotate.
//!
//! The functions take and give typed requests and responses; [`call`] takes a method, a path and a JSON body, and gives a
//! status and a JSON body, as the vendor's server would. A connection is a [`Ring`](crate::Ring) of the name of its id, so
//! that everything else that a ring can do can be done to it. What the vendor's document leaves open is decided so, where
//! "recorded" means an answer of the vendor's server that its client for Go is tested with:
//!
//! - statuses: 200 for the list, 201 where a key was made (recorded for the rotation);
//! - the list is in the order current, previous, next; `current_since` stands with the current key alone (both recorded);
//! - the answer to a rotation has all fields of the vendor's document, of which the recorded one has only `kid` and `cert`;
//! - the previous key of before a rotation is dropped, as there: the ring keeps no key that has ended;
//! - `signing_alg` is one of exactly its seven algorithms, upper case, and applies to new keys only: without it the first ones
//!   are RS256, later ones as those before. RSA keys have 2048 bits, or as many as those before; keys of other algorithms and
//!   lengths, in rings that were made elsewhere in the store, are shown as they are;
//! - fields of a body that are not known are refused, as there, and so is one that comes twice. Two more are known here:
//!   `connection_name`, which is the common name of the certificates when it comes with the first keys, else the id is; and
//!   `key_use`, `signing` (the default) or `encryption`. The vendor takes both from the connection, which is not kept here;
//! - a connection may have a ring for each use. That for encryption is called `{id} (encryption)`, so that no id may end so;
//!   the list shows the keys of both, for signing first. The keys for encryption can be exported, since nothing here decrypts;
//! - an empty body, `null` and a field that is `null` count as not given; a query string is ignored; the body of a list is too;
//! - an id has 1 to 115 characters, in percent-encoding where a URL needs it;
//! - no keys under an id means that there is no such connection: 404. To create keys where there are some is 409;
//! - `kid`, `cert`, `pkcs`, `thumbprint` and `subject_dn` keep the vendor's limits. Nothing that can be made here comes near
//!   those of `cert` and `pkcs`: with RSA 4096 and the longest name they have 3212 and 3266 characters of 4096.

mod call;
mod connection;
mod failure;
mod request;
mod response;

pub use call::{Response, call};
pub use connection::ConnectionId;
pub use failure::{ErrorBody, Failure};
pub use request::ConnectionKeysRequest;
pub use response::ConnectionKey;

use crate::error::ErrorKind;
use crate::keystore::{Keystore, RingPlan};
use crate::model::{Algorithm, KeySpec, KeyType, KeyUse};

/// The length of RSA keys where none was chosen before.
const RSA_BITS: u32 = 2048;

/// `POST /api/v2/connections/{id}/keys`: makes the current and the next key of a connection and gives both, in this order.
///
/// ```
/// use keystead::api::auth0::{self, ConnectionId, ConnectionKeysRequest};
/// use keystead::{Keystore, Options, RingName};
///
/// let store = Keystore::in_memory(Options::default())?;
/// let id = ConnectionId::new("con_9mTl0bS2gIuYLVgB").unwrap();
/// let body = br#"{ "signing_alg": "ES256", "connection_name": "acme-oidc" }"#;
/// let request = ConnectionKeysRequest::from_json(body).unwrap();
/// let keys = auth0::create(&store, &id, &request).unwrap();
/// assert!(keys[0].current && keys[1].next);
/// assert_eq!(keys[0].subject_dn, "/CN=acme-oidc");
///
/// let signed = store.ring(&RingName::new(id.as_str())?)?.signer()?.sign(b"message")?;
/// assert_eq!(signed.kid.as_str(), keys[0].kid);
/// # Ok::<(), keystead::Error>(())
/// ```
///
/// # Errors
/// 409 when the connection has keys for this use; 503 when the store is busy.
pub fn create(
    store: &Keystore,
    id: &ConnectionId,
    request: &ConnectionKeysRequest,
) -> Result<Vec<ConnectionKey>, Failure> {
    let spec = spec(request.signing_alg.unwrap_or(Algorithm::Rs256), RSA_BITS)?;
    let plan = RingPlan::new(id.ring(request.key_use)?, spec)
        .common_name(match &request.connection_name {
            Some(name) => name.clone(),
            None => id.ring(KeyUse::Signing)?,
        })
        .key_use(request.key_use)
        .exportable(request.key_use == KeyUse::Encryption)
        .keep(0);
    let ring = store.create_ring(&plan).map_err(|error| match error.kind() {
        ErrorKind::Duplicate => Failure::has_keys(id, request.key_use, error),
        _ => error.into(),
    })?;
    let state = ring.state()?;
    [state.current(), state.next()].map(|key| ConnectionKey::new(&state, key)).into_iter().collect()
}

/// `GET /api/v2/connections/{id}/keys`: the keys of a connection: current, previous if there is one, next; those for signing
/// before those for encryption.
///
/// # Errors
/// 404 when there are none; 400 for keys that have no certificate, which is HMAC; 503 when the store is busy.
pub fn list(store: &Keystore, id: &ConnectionId) -> Result<Vec<ConnectionKey>, Failure> {
    let mut keys = Vec::new();
    for key_use in [KeyUse::Signing, KeyUse::Encryption] {
        match store.ring(&id.ring(key_use)?).and_then(|ring| ring.state()) {
            Ok(state) => {
                for key in [Some(state.current()), state.previous(), Some(state.next())].into_iter().flatten() {
                    keys.push(ConnectionKey::new(&state, key)?);
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    if keys.is_empty() { Err(Failure::no_connection(id)) } else { Ok(keys) }
}

/// `POST /api/v2/connections/{id}/keys/rotate`: the next key becomes current, the current one previous, the previous one is
/// dropped, and a new next key is made, which is given.
///
/// ```
/// # use keystead::api::auth0::{self, ConnectionId, ConnectionKeysRequest};
/// # use keystead::{Algorithm, Keystore, Options};
/// # let store = Keystore::in_memory(Options::default())?;
/// # let id = ConnectionId::new("con_9mTl0bS2gIuYLVgB").unwrap();
/// let request = ConnectionKeysRequest::default().signing_alg(Algorithm::Es256).unwrap();
/// let [first, second] = <[_; 2]>::try_from(auth0::create(&store, &id, &request).unwrap()).unwrap();
/// // Without an algorithm the new key is like those before.
/// let third = auth0::rotate(&store, &id, &ConnectionKeysRequest::default()).unwrap();
/// let listed = auth0::list(&store, &id).unwrap();
/// let kids: Vec<_> = listed.iter().map(|key| &key.kid).collect();
/// assert_eq!(kids, [&second.kid, &first.kid, &third.kid]);
/// # Ok::<(), keystead::Error>(())
/// ```
///
/// # Errors
/// 404 when the connection has no keys for this use; 400 when its keys to come are HMAC; 503 when the store is busy.
pub fn rotate(store: &Keystore, id: &ConnectionId, request: &ConnectionKeysRequest) -> Result<ConnectionKey, Failure> {
    let ring = store.ring(&id.ring(request.key_use)?).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::no_connection(id),
        _ => error.into(),
    })?;
    let so_far = ring.state()?.spec();
    let rotated = match request.signing_alg {
        Some(algorithm) if so_far.algorithm().key_type() == KeyType::Rsa => {
            ring.rotate_to(spec(algorithm, so_far.bits())?)?
        }
        Some(algorithm) => ring.rotate_to(spec(algorithm, RSA_BITS)?)?,
        None if so_far.algorithm().key_type() == KeyType::Hmac => return Err(Failure::no_certificate(id.as_str())),
        None => ring.rotate()?,
    };
    ConnectionKey::new(&rotated, rotated.next())
}

fn spec(algorithm: Algorithm, rsa_bits: u32) -> Result<KeySpec, Failure> {
    let bits = (algorithm.key_type() == KeyType::Rsa).then_some(rsa_bits);
    Ok(KeySpec::new(algorithm, bits)?)
}

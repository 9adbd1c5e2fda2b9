//! The body of the calls that make keys.

use super::{Failure, connection};
use crate::api::json::{self, Members, Shape, Unreadable, Value};
use crate::model::{Algorithm, Invalid, KeyUse, RingName};

/// The vendor's enumeration, in its order.
const ALGORITHMS: [Algorithm; 7] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Es256,
    Algorithm::Es384,
];
const USES: [KeyUse; 2] = [KeyUse::Signing, KeyUse::Encryption];
/// With `/CN=` before it, a name fills the 132 characters of `subject_dn`.
const MOST_NAME: usize = 128;

/// The vendor's `PostConnectionKeysRequestContent` and `RotateConnectionKeysRequestContent`, with two fields that are ours.
/// The default asks for what the vendor makes when it is asked for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionKeysRequest {
    pub(super) signing_alg: Option<Algorithm>,
    pub(super) connection_name: Option<RingName>,
    pub(super) key_use: KeyUse,
}

impl ConnectionKeysRequest {
    /// Reads `{"signing_alg"?, "connection_name"?, "key_use"?}`. No bytes, and `null`, are an empty object.
    ///
    /// ```
    /// use keystead::api::auth0::ConnectionKeysRequest;
    ///
    /// assert!(ConnectionKeysRequest::from_json(br#"{ "signing_alg": "PS384" }"#).is_ok());
    /// let refused = ConnectionKeysRequest::from_json(br#"{ "signing_alg": "HS256" }"#).unwrap_err();
    /// assert_eq!((refused.status(), refused.body().error_code), (400, "invalid_body"));
    /// ```
    ///
    /// # Errors
    /// 400 that names the first field refused.
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let mut members = match json::read(body, Shape::Members(&Shape::Scalar)) {
            Ok(Value::Object(members)) => members,
            Ok(Value::Null) => return Ok(Self::default()),
            Ok(other) => {
                return Err(Failure::invalid_body(format!("the body is {}, allowed is an object", other.kind())));
            }
            Err(Unreadable::TooLarge(message) | Unreadable::NoJson(message)) => {
                return Err(Failure::invalid_body(message));
            }
        };
        let signing_alg = one_of(&mut members, "signing_alg", &ALGORITHMS, Algorithm::name)?;
        let key_use = one_of(&mut members, "key_use", &USES, KeyUse::name)?;
        let connection_name = text(&mut members, "connection_name")?.map(|name| {
            connection::check("connection_name", &name, MOST_NAME).map_err(Failure::invalid_body)?;
            RingName::new(name).map_err(Failure::from)
        });
        if let Some(unknown) = members.keys().next() {
            let got = Invalid::quote(unknown);
            let message = format!("additional properties not allowed: {got}, allowed are signing_alg, {OURS}");
            return Err(Failure::invalid_body(message));
        }
        Ok(Self { signing_alg, connection_name: connection_name.transpose()?, key_use: key_use.unwrap_or_default() })
    }

    /// The algorithm of the keys that are made: RS256, RS384, RS512, PS256, PS384, ES256 or ES384.
    ///
    /// # Errors
    /// 400 for any other.
    pub fn signing_alg(mut self, algorithm: Algorithm) -> Result<Self, Failure> {
        self.signing_alg = Some(chosen("signing_alg", algorithm.name(), &ALGORITHMS, Algorithm::name)?);
        Ok(self)
    }

    /// The common name of the certificates, of all that the connection will have. It counts with the first keys alone.
    #[must_use]
    pub fn connection_name(mut self, name: RingName) -> Self {
        self.connection_name = Some(name);
        self
    }

    /// Which of the connection's rings is meant.
    #[must_use]
    pub fn key_use(mut self, key_use: KeyUse) -> Self {
        self.key_use = key_use;
        self
    }
}

const OURS: &str = "connection_name, key_use";

/// A member that is a text; one that is null is as good as none.
fn text(members: &mut Members, field: &str) -> Result<Option<String>, Failure> {
    match members.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(mut text)) => Ok(Some(std::mem::take(&mut *text))),
        Some(Value::Twice) => Err(Failure::invalid_body(format!("{field} comes twice, allowed is once"))),
        Some(other) => Err(Failure::invalid_body(format!("{field} is {}, allowed is a string", other.kind()))),
    }
}

fn one_of<T: Copy>(
    members: &mut Members,
    field: &str,
    allowed: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<Option<T>, Failure> {
    text(members, field)?.map(|text| chosen(field, &text, allowed, name)).transpose()
}

fn chosen<T: Copy>(field: &str, text: &str, allowed: &[T], name: impl Fn(T) -> &'static str) -> Result<T, Failure> {
    allowed.iter().copied().find(|&one| name(one) == text).ok_or_else(|| {
        let (got, names) = (Invalid::quote(text), allowed.iter().map(|&one| name(one)).collect::<Vec<_>>().join(", "));
        Failure::invalid_body(format!("{field} is {got}, allowed are {names}"))
    })
}

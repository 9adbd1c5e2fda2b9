//! The request: which key, and what its statement shall hold beside the facts.

use base64ct::{Base64, Encoding};
use uuid::Uuid;

use super::Failure;
use super::fields::{Fields, checked_name, uuid};
use crate::api::json::Shape;
use crate::keystore::{AttestationRequest, Keystore};
use crate::model::{Invalid, KeyId, KeyName};

/// The vendor's `SobjectDescriptorPersisted`: which key is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SobjectDescriptor {
    /// By its id. The vendor's `kid` is the UUID of a key, not what JOSE calls so.
    Kid(Uuid),
    /// By its exact name.
    Name(String),
}

impl SobjectDescriptor {
    /// What no key of a store can be called is not found, like what no key is called.
    pub(super) fn find(&self, store: &Keystore) -> Result<KeyId, Failure> {
        match self {
            Self::Kid(uuid) => KeyId::new(*uuid).map_err(|_| Failure::not_found(format!("key with id {uuid}"))),
            Self::Name(name) => match KeyName::new(name.as_str()) {
                Ok(name) => Ok(store.key(name)?.id()),
                Err(_) => Err(Failure::not_found(format!("key with name {}", Invalid::quote(name)))),
            },
        }
    }
}

/// The body of a `key_attestation` call.
#[derive(Clone, Debug)]
pub struct KeyAttestationRequest {
    pub(super) key: SobjectDescriptor,
    pub(super) attestation: AttestationRequest,
}

impl KeyAttestationRequest {
    /// Asks for a statement about a key.
    #[must_use]
    pub fn new(key: SobjectDescriptor, attestation: AttestationRequest) -> Self {
        Self { key, attestation }
    }

    /// Which key is meant.
    #[must_use]
    pub const fn key(&self) -> &SobjectDescriptor {
        &self.key
    }

    /// Reads `{"key": {"kid"} or {"name"}, "challenge"?}`.
    ///
    /// ```
    /// use keystead::api::fortanix::{KeyAttestationRequest, SobjectDescriptor};
    ///
    /// let request = KeyAttestationRequest::from_json(br#"{ "key": { "name": "signing" } }"#).unwrap();
    /// assert_eq!(request.key(), &SobjectDescriptor::Name("signing".into()));
    /// let refused = KeyAttestationRequest::from_json(br#"{ "key": { "kid": "signing" } }"#).unwrap_err();
    /// assert_eq!(refused.message(), "key.kid is 'signing', allowed is a UUID of 36 characters in the form 8-4-4-4-12");
    /// ```
    ///
    /// # Errors
    /// 400 that names the first field refused.
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        const KEY: &[(&str, Shape<'_>)] = &[("kid", Shape::Scalar), ("name", Shape::Scalar)];
        let mut body = Fields::read(body, &[("key", Shape::Object(KEY)), ("challenge", Shape::Scalar)])?;
        let mut key = body.needed_object("key")?;
        let key = match (key.text("kid")?, key.text("name")?) {
            (Some(kid), None) => SobjectDescriptor::Kid(uuid("key.kid", &kid)?),
            (None, Some(name)) => SobjectDescriptor::Name(checked_name("key.name", name)?),
            (Some(_), Some(_)) => return Err(Failure::invalid("key has both kid and name, allowed is one of them")),
            (None, None) => return Err(Failure::invalid("key has neither kid nor name, one of them is needed")),
        };
        let mut attestation = AttestationRequest::new();
        if let Some(challenge) = body.text("challenge")? {
            let challenge = Base64::decode_vec(&challenge);
            let challenge = challenge.map_err(|_| Failure::invalid("challenge is no standard base64 with padding"))?;
            attestation = attestation.challenge(challenge)?;
        }
        Ok(Self { key, attestation })
    }
}

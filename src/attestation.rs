//! Key attestation: statements about keys that a stranger can verify offline.
//!
//! A statement is an X.509 certificate for the attested key, signed by a store's attestation authority. It is made by
//! [`Keystore::attest`](crate::Keystore::attest). What it says, octet by octet, stands in the manual, `attestation`.

mod arc;
mod facts;

pub(crate) use arc::{KEY_ID, Oids};
pub(crate) use facts::KeyFacts;

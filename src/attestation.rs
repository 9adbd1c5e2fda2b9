//! Key attestation: statements about keys that a stranger can verify offline.
//!
//! A statement is an X.509 certificate for the attested key, signed by a store's attestation authority. It is made by
//! [`Keystore::attest`](crate::Keystore::attest). What it says, octet by octet, stands in the manual, `attestation`.

mod arc;
mod facts;
mod issue;

pub(crate) use arc::Oids;
pub(crate) use facts::KeyFacts;
pub(crate) use issue::{
    Attested, AuthorityCertificate, MOST_CHALLENGE, Signatory, authority_extensions, authority_name, days,
};

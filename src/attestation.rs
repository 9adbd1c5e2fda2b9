//! Key attestation: statements about keys that a stranger can verify offline.
//!
//! A statement is an X.509 certificate for the attested key, signed by a store's attestation authority. It is made by
//! [`Keystore::attest`](crate::Keystore::attest). What it says, octet by octet, stands in the manual, `attestation`.
//!
//! A [`Verifier`] needs no store: it has pinned trust anchors and judges a statement with its chain by a [`Profile`], which
//! says whose statements they are, and a [`Policy`], which says what the caller wants to know. Its [`Report`] lists every
//! [`Check`] with a [`Verdict`] and a reason.

mod arc;
mod facts;
mod hex;
mod issue;
mod policy;
mod profile;
mod report;
mod statement;
mod verifier;

pub(crate) use arc::Oids;
pub(crate) use facts::KeyFacts;
pub(crate) use issue::{
    Attested, AuthorityCertificate, MOST_CHALLENGE, Signatory, authority_extensions, authority_name, days, signing_name,
};
pub use policy::Policy;
pub use profile::Profile;
pub use report::{Check, Outcome, Report, Verdict};
pub use statement::{Claim, Statement};
pub use verifier::Verifier;

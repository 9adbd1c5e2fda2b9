//! Is this application who it says it is? What it presents is checked against its credential.
//!
//! Nothing here touches the file, the clock or the network: the time is given, and where keys have to be fetched, the
//! application's own function fetches them.

mod basic;
mod certificate;
mod checker;
mod google;
mod jws;
mod jwt;
mod key_set;
mod outcome;
mod policy;
mod presented;
mod sigv4;
mod trusted_ca;

#[cfg(test)]
mod jws_judged;
#[cfg(test)]
mod policy_attacked;
#[cfg(test)]
mod policy_judged;
#[cfg(test)]
mod sigv4_judged;
#[cfg(test)]
mod sigv4_refused;

pub(crate) use basic::{BasicKey, digest};
pub(crate) use checker::{Checker, Facts, Passed};
pub(crate) use jwt::unverified_subject;
pub use outcome::{Authenticated, External, Outcome, Reason, Refusal, Used};
pub use presented::{FetchKeys, GoogleAccess, Presented, SignedRequest};

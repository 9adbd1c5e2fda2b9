//! Writing what a keystore hands out. Inputs are the canonical forms: PKCS#8, SubjectPublicKeyInfo, bare secrets.

mod certificates;
mod jwk;
mod private;
mod public;

pub(crate) use certificates::pkcs7;
pub(crate) use jwk::{JwkFacts, jwk_private, jwk_public, jwk_secret};
pub(crate) use private::{pkcs1_private, sec1_private};
pub(crate) use public::{pkcs1_public, ssh_blob};

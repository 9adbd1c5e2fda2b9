//! JSON Web Tokens (RFC 7519) that speak for an application.
//!
//! First the form, then the algorithm, the key and the signature; only then is anything of the payload read, so that a
//! token that nobody signed is told nothing about what is expected of one.

mod claims;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;

use self::claims::Claims;
use super::checker::{Facts, Passed};
use super::jws::{Jws, refused, unverified_payload};
use super::key_set::{Found, KeySet};
use super::outcome::{External, Reason, Refusal};
use super::policy::Policy;
use super::presented::Presented;
use crate::model::{AppId, Invalid, SignedJwt};

pub(super) struct JwtCheck {
    issuers: BTreeSet<Box<str>>,
    keys: KeySet,
    policy: Option<Policy>,
}

impl JwtCheck {
    /// Reads keys and policy.
    pub(super) fn new(jwt: SignedJwt) -> Result<Self, Invalid> {
        let policy = jwt.private_claims_policy().map(Policy::compile).transpose()?;
        let keys = KeySet::new(jwt.signing_keys().clone())?;
        Ok(Self { issuers: jwt.valid_issuers().clone(), keys, policy })
    }

    pub(super) fn check(&self, facts: Facts, presented: &Presented<'_>) -> Result<Passed, Refusal> {
        let token = presented.jwt.ok_or_else(|| refused(Reason::NotPresented, "no JWT was presented"))?;
        let jws = Jws::parse(token)?;
        check_type(&jws)?;
        let no_kid =
            || refused(Reason::Malformed, "the header has no kid, which must say whose key it was signed with");
        let kid = jws.text("kid")?.ok_or_else(no_kid)?;
        let key = match self.keys.find(kid, facts.now, presented.fetch)? {
            Found::Key(key) => key,
            Found::NeedsFetch(source) => return Ok(Passed::but(External::FetchKeys(source))),
        };
        let algorithm = jws.algorithm;
        let unfit = |why: String| {
            let kid = Invalid::quote(kid);
            refused(Reason::WrongAlgorithm, format!("alg is {algorithm}, which the key of kid {kid} is not for: {why}"))
        };
        if !key.fits(algorithm) {
            return Err(unfit(format!("it is {}", key.describe())));
        }
        let verifier = key.verifier(algorithm).map_err(|error| unfit(error.to_string()))?;
        jws.verify(verifier)?;

        let claims = Claims::parse(&jws.payload)?;
        claims.check(&self.issuers, facts, presented.audience)?;
        let additional_logging = match &self.policy {
            Some(policy) => policy.decide(claims.into_object(), facts.now)?,
            None => None,
        };
        Ok(Passed { additional_logging, external: Vec::new() })
    }
}

/// Refuses tokens that say they are something else: a token made for another purpose must not do for this one (RFC 8725,
/// section 3.11). Access tokens of RFC 9068 may speak for an app; letters are of any case (RFC 7515, section 4.1.9).
fn check_type(jws: &Jws<'_>) -> Result<(), Refusal> {
    let Some(typ) = jws.text("typ")? else { return Ok(()) };
    let lower = typ.to_ascii_lowercase();
    if matches!(lower.strip_prefix("application/").unwrap_or(&lower), "jwt" | "at+jwt") {
        return Ok(());
    }
    let got = Invalid::quote(typ);
    Err(refused(Reason::Malformed, format!("typ is {got}, allowed are JWT and at+jwt, or none")))
}

/// Which app a JWT says that it is about, before anything of it was checked. `None` when it says nothing that can be read.
pub(crate) fn unverified_subject(jwt: &str) -> Option<AppId> {
    #[derive(Deserialize)]
    struct Subject<'a> {
        #[serde(borrow)]
        sub: Cow<'a, str>,
    }

    let payload = unverified_payload(jwt)?;
    let Subject { sub } = serde_json::from_slice(&payload).ok()?;
    AppId::parse(&sub).ok()
}

//! Credentials by signed JWT.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::{Invalid, Problem};
use super::check_count;

/// A JWT that one of several issuers signs (RFC 7519), about the application: its `sub` is the app's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedJwt {
    valid_issuers: BTreeSet<Box<str>>,
    signing_keys: SigningKeys,
    policy: Option<Box<str>>,
}

/// The keys that may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningKeys {
    /// Given with the credential.
    Stored(StoredKeys),
    /// A JWK set that the application fetches when it is asked to.
    Fetched(FetchedKeys),
}

/// Public keys by their key identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKeys(BTreeMap<Box<str>, Box<[u8]>>);

/// Where a JWK set is to be fetched, and how long it may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedKeys {
    url: Box<str>,
    cache_duration: Duration,
}

impl SignedJwt {
    /// The most bytes of a Rego policy.
    pub const MOST_POLICY_BYTES: usize = 64 * 1024;

    /// Takes 1 to 64 issuers, of 1 to 2,048 bytes each, the keys, and a Rego policy of at most 64 KiB.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one of these is not kept. Whether the keys and the policy can be read
    /// is said when the app is made.
    pub fn new<I: Into<String>>(
        valid_issuers: impl IntoIterator<Item = I>,
        signing_keys: SigningKeys,
        private_claims_policy: Option<String>,
    ) -> Result<Self, crate::Error> {
        let issuers = valid_issuers.into_iter().map(|issuer| issuer.into().into_boxed_str()).collect();
        Ok(Self::parse(issuers, signing_keys, private_claims_policy.map(String::into_boxed_str))?)
    }

    pub(crate) fn parse(
        valid_issuers: BTreeSet<Box<str>>,
        signing_keys: SigningKeys,
        policy: Option<Box<str>>,
    ) -> Result<Self, Invalid> {
        check_count("valid_issuers", "issuers", valid_issuers.len(), 1..=64)?;
        for issuer in &valid_issuers {
            check_count("valid_issuers", "bytes in one of them", issuer.len(), 1..=2048)?;
        }
        let len = policy.as_ref().map_or(0, |policy| policy.len());
        check_count("private_claims_policy", "bytes", len, 0..=Self::MOST_POLICY_BYTES)?;
        Ok(Self { valid_issuers, signing_keys, policy })
    }

    /// Who may sign, as they stand in `iss`.
    #[must_use]
    pub fn valid_issuers(&self) -> &BTreeSet<Box<str>> {
        &self.valid_issuers
    }

    /// The keys that may sign.
    #[must_use]
    pub fn signing_keys(&self) -> &SigningKeys {
        &self.signing_keys
    }

    /// The Rego policy that the claims must satisfy.
    #[must_use]
    pub fn private_claims_policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }
}

impl StoredKeys {
    /// Takes 1 to 64 keys, each a `SubjectPublicKeyInfo` in DER (RFC 5280, section 4.1.2.7) of at most 4 KiB under a key
    /// identifier of 1 to 255 bytes.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for other numbers and lengths.
    pub fn new<K: Into<String>, D: Into<Vec<u8>>>(
        keys: impl IntoIterator<Item = (K, D)>,
    ) -> Result<Self, crate::Error> {
        let keys = keys.into_iter().map(|(kid, der)| (kid.into().into(), der.into().into_boxed_slice())).collect();
        Ok(Self::parse(keys)?)
    }

    pub(crate) fn parse(keys: BTreeMap<Box<str>, Box<[u8]>>) -> Result<Self, Invalid> {
        check_count("keys", "keys", keys.len(), 1..=64)?;
        for (kid, der) in &keys {
            check_count("keys", "bytes in a key id", kid.len(), 1..=255)?;
            check_count("keys", "bytes in a key", der.len(), 1..=4096)?;
        }
        Ok(Self(keys))
    }

    /// Key identifiers and public keys in DER.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(kid, der)| (&**kid, &**der))
    }
}

impl FetchedKeys {
    /// The longest time for which fetched keys may be kept: ten years of 365 days.
    pub const LONGEST: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

    /// Takes a URL of at most 2,048 bytes, `https`, or `http` on the machine itself (`localhost`, `127.0.0.1`, `[::1]`): whoever can
    /// change what is fetched can sign as the application.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for another URL, or a longer time than [`LONGEST`](Self::LONGEST).
    pub fn new(url: impl Into<String>, cache_duration: Duration) -> Result<Self, crate::Error> {
        Ok(Self::parse(url.into().into(), cache_duration)?)
    }

    pub(crate) fn parse(url: Box<str>, cache_duration: Duration) -> Result<Self, Invalid> {
        check_count("url", "bytes", url.len(), 1..=2048)?;
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) || !is_safe(&url) {
            let got = Invalid::quote(&url);
            let message = format!("url is {got}, allowed are https URLs, and http ones of localhost");
            return Err(Invalid::new("url", Problem::Invalid, message));
        }
        if cache_duration > Self::LONGEST {
            let (got, most) = (cache_duration.as_secs(), Self::LONGEST.as_secs());
            let message = format!("cache_duration is {got} s, allowed are 0 to {most} s");
            return Err(Invalid::new("cache_duration", Problem::Invalid, message));
        }
        Ok(Self { url, cache_duration: Duration::from_secs(cache_duration.as_secs()) })
    }

    /// Where the JWK set lies.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How long it may be kept, in whole seconds.
    #[must_use]
    pub const fn cache_duration(&self) -> Duration {
        self.cache_duration
    }
}

fn is_safe(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Who is asked must be plain: a name before an `@` is not.
    if authority.is_empty() || authority.contains(['@', '\\']) {
        return false;
    }
    let host = if authority.starts_with('[') {
        authority.split_inclusive(']').next().unwrap_or_default()
    } else {
        authority.split(':').next().unwrap_or_default()
    };
    match scheme.to_ascii_lowercase().as_str() {
        "https" => !host.is_empty(),
        "http" => ["localhost", "127.0.0.1", "[::1]"].contains(&host.to_ascii_lowercase().as_str()),
        _ => false,
    }
}

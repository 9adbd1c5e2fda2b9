//! The headers of a request, found by their names in lower case.

use std::collections::BTreeMap;

use super::{DATE, Refusal, malformed};
use crate::model::Invalid;

const MOST: usize = 256;
/// The most bytes of all names and values together.
const MOST_BYTES: usize = 64 * 1024;
/// Whom the request is meant for, in HTTP/1.1 and in HTTP/2.
const TARGETS: [&str; 2] = ["host", ":authority"];

pub(super) struct Headers<'a>(BTreeMap<String, Vec<&'a str>>);

impl<'a> Headers<'a> {
    pub(super) fn read(headers: &'a [(String, String)]) -> Result<Self, Refusal> {
        if headers.len() > MOST {
            return Err(malformed(format!("the request has {} headers, at most {MOST}", headers.len())));
        }
        let bytes: usize = headers.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum();
        if bytes > MOST_BYTES {
            return Err(malformed(format!("the headers have {bytes} bytes, at most {MOST_BYTES}")));
        }
        let mut found = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in headers {
            found.entry(name.to_ascii_lowercase()).or_default().push(value.as_str());
        }
        Ok(Self(found))
    }

    /// What a name of a header is made of (`tchar`, RFC 9110, section 5.6.2).
    pub(super) fn is_token(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
    }

    /// The values of a name in lower case, in the order in which they came.
    pub(super) fn values(&self, name: &str) -> &[&'a str] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn at_most_one(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match self.values(name) {
            [] => Ok(None),
            [value] => Ok(Some(value.trim_matches([' ', '\t']))),
            values => Err(malformed(format!("the request has {name} {} times, allowed is once", values.len()))),
        }
    }

    pub(super) fn only(&self, name: &str) -> Result<&'a str, Refusal> {
        self.at_most_one(name)?.ok_or_else(|| malformed(format!("the request has no header {name}, which is needed")))
    }

    /// Every header that was signed is there, and what must be signed was.
    pub(super) fn check_signed(&self, signed: &[&str]) -> Result<(), Refusal> {
        let is_signed = |name: &str| signed.binary_search(&name).is_ok();
        if let Some(absent) = signed.iter().find(|name| self.values(name).is_empty()) {
            let absent = Invalid::quote(absent);
            return Err(malformed(format!("SignedHeaders has {absent}, and the request has no such header")));
        }
        if !TARGETS.iter().any(|name| is_signed(name)) {
            return Err(malformed("SignedHeaders has no host, which is needed"));
        }
        if !is_signed(DATE) {
            return Err(malformed(format!("SignedHeaders has no {DATE}, which is needed")));
        }
        let must_be = |name: &&String| name.starts_with("x-amz-") || TARGETS.contains(&name.as_str());
        if let Some(other) = self.0.keys().filter(must_be).find(|name| !is_signed(name)) {
            let other = Invalid::quote(other);
            return Err(malformed(format!("the header {other} is not signed, and must be where it is there")));
        }
        TARGETS.iter().try_for_each(|name| self.at_most_one(name).map(drop))
    }
}

//! `Authorization: AWS4-HMAC-SHA256 Credential=.../day/region/service/aws4_request, SignedHeaders=a;b, Signature=...`

use super::headers::Headers;
use super::{Reason, Refusal, malformed, refused};
use crate::model::Invalid;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
pub(super) const TERMINATOR: &str = "aws4_request";
/// The most bytes of the whole value.
const MOST: usize = 8 * 1024;

pub(super) struct Authorization<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) day: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// `day/region/service/aws4_request`
    pub(super) scope: &'a str,
    /// In lower case, in order, each once.
    pub(super) signed_headers: Vec<&'a str>,
    pub(super) signature: [u8; 32],
}

impl<'a> Authorization<'a> {
    pub(super) fn read(headers: &Headers<'a>, query: &str) -> Result<Self, Refusal> {
        match headers.at_most_one("authorization")? {
            Some(value) => Self::parse(value),
            None => {
                let in_query = query.split('&').any(|parameter| parameter.starts_with("X-Amz-Signature="));
                let place = if in_query { ", which a signature in the query string does not replace" } else { "" };
                Err(refused(Reason::NotPresented, format!("the request has no header authorization{place}")))
            }
        }
    }

    fn parse(value: &'a str) -> Result<Self, Refusal> {
        if value.len() > MOST {
            return Err(malformed(format!("authorization has {} bytes, at most {MOST}", value.len())));
        }
        let Some((ALGORITHM, parameters)) = value.split_once(' ') else {
            return Err(malformed(format!("authorization does not begin with {ALGORITHM} and a space")));
        };
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for parameter in parameters.split(',') {
            let (name, value) = parameter.trim_matches(' ').split_once('=').unwrap_or_default();
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => {
                    let got = Invalid::quote(parameter);
                    let message =
                        format!("authorization has {got}, allowed are Credential, SignedHeaders and Signature");
                    return Err(malformed(message));
                }
            };
            if place.replace(value).is_some() {
                return Err(malformed(format!("authorization has {name} twice, allowed is once")));
            }
        }
        let needed = |place: Option<&'a str>, name| {
            place.ok_or_else(|| malformed(format!("authorization has no {name}, which is needed")))
        };
        let (access_key_id, scope) = needed(credential, "Credential")?.split_once('/').unwrap_or_default();
        let [day, region, service, TERMINATOR] = *scope.split('/').collect::<Vec<_>>() else {
            let form = "<access key id>/<day>/<region>/<service>/aws4_request";
            return Err(malformed(format!("Credential is not of the form {form}")));
        };
        check_region(region)?;
        let signed_headers = names(needed(signed_headers, "SignedHeaders")?)?;
        let signature = signature_bytes(needed(signature, "Signature")?)?;
        Ok(Self { access_key_id, day, region, service, scope, signed_headers, signature })
    }
}

fn check_region(region: &str) -> Result<(), Refusal> {
    let plain = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain && (1..=64).contains(&region.len()) {
        return Ok(());
    }
    let got = Invalid::quote(region);
    Err(malformed(format!("the region is {got}, allowed are 1 to 64 letters, digits and hyphens")))
}

fn names(list: &str) -> Result<Vec<&str>, Refusal> {
    let names: Vec<_> = list.split(';').collect();
    let plain = |name: &str| {
        let token = name.strip_prefix(':').unwrap_or(name);
        !token.is_empty() && token.bytes().all(|byte| Headers::is_token(byte) && !byte.is_ascii_uppercase())
    };
    if let Some(other) = names.iter().find(|name| !plain(name)) {
        let got = Invalid::quote(other);
        return Err(malformed(format!("SignedHeaders has {got}, allowed are names of headers in lower case")));
    }
    if !names.is_sorted_by(|first, second| first < second) {
        return Err(malformed("SignedHeaders is not in order, allowed is each name once, sorted by its bytes"));
    }
    Ok(names)
}

fn signature_bytes(digits: &str) -> Result<[u8; 32], Refusal> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(value(*high)? << 4 | value(*low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(pair).collect();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        malformed(format!("Signature has {} characters, allowed are 64 hex digits in lower case", digits.len()))
    })
}

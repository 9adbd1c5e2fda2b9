//! Requests signed with AWS Signature Version 4.
//!
//! What AWS documents for every service but S3 ("Create a signed AWS API request"), with the rules of the AWS KMS External Key
//! Store Proxy API Specification, appendix A: the service `kms-xks-proxy`, a time at most 5 minutes off, and the signature in the
//! header `Authorization`. What both leave open is decided so:
//!
//! - the time is that of `x-amz-date`; a `Date` alone is not taken, nor is a signature in the query string;
//! - `host` (or `:authority` of HTTP/2), `x-amz-date` and any other header `x-amz-*` that came must be signed. `content-type` need
//!   not be: AWS KMS signs host and date alone;
//! - the digest is that of the body: `x-amz-content-sha256` may repeat it, and cannot replace it by `UNSIGNED-PAYLOAD`;
//! - any region is right, since a credential names none; the day must be that of `x-amz-date`;
//! - `/./`, `/../` and `//` of a path are resolved (RFC 3986, section 5.2.4), its bytes encoded once more;
//! - the parts of `Authorization` may come in any order, with or without spaces behind the commas.

mod authorization;
mod canonical;
mod headers;

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use self::authorization::{ALGORITHM, Authorization, TERMINATOR};
use self::headers::Headers;
use super::checker::{Facts, Passed};
use super::outcome::{Reason, Refusal};
use super::presented::{Presented, SignedRequest};
use crate::crypto;
use crate::model::{AwsXks, CredentialKind, Invalid};
use crate::secret::{SecretBytes, SecretKey};

const SERVICE: &str = "kms-xks-proxy";
const SKEW: Duration = Duration::from_secs(5 * 60);
const DATE: &str = "x-amz-date";
const DIGEST: &str = "x-amz-content-sha256";

pub(super) struct SigV4Check(AwsXks);

impl SigV4Check {
    pub(super) fn new(aws: AwsXks) -> Self {
        Self(aws)
    }

    pub(super) fn check(&self, facts: Facts, presented: &Presented<'_>) -> Result<Passed, Refusal> {
        let Some(request) = presented.request else {
            return Err(refused(Reason::NotPresented, "no signed request was presented"));
        };
        let (access_key_id, secret_key) = (self.0.access_key_id(), self.0.secret_key().expose_secret());
        Expected { access_key_id, secret_key, service: SERVICE }.check(request, facts.now)?;
        Ok(Passed::default())
    }
}

/// Whose signature it must be, and for which service.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) secret_key: &'a str,
    pub(super) service: &'a str,
}

impl Expected<'_> {
    /// Nothing depends on the secret but the last comparison.
    pub(super) fn check(&self, request: &SignedRequest, now: Timestamp) -> Result<(), Refusal> {
        canonical::check_bounds(request)?;
        let headers = Headers::read(&request.headers)?;
        let authorization = Authorization::read(&headers, &request.query)?;
        headers.check_signed(&authorization.signed_headers)?;
        let date = headers.only(DATE)?;
        let at = timestamp(date)?;
        let digest = hex(&crypto::sha256(&request.body));

        self.check_scope(&authorization, date)?;
        check_time(date, at, now)?;
        check_digest(&headers, &digest)?;
        let canonical = canonical::request(request, &headers, &authorization.signed_headers, &digest)?;
        let to_sign =
            format!("{ALGORITHM}\n{date}\n{}\n{}", authorization.scope, hex(&crypto::sha256(canonical.as_bytes())));
        let key = self.signing_key(&authorization);
        let signature = Zeroizing::new(crypto::hmac_sha256(&key, to_sign.as_bytes()));
        if bool::from(signature.ct_eq(&authorization.signature)) {
            return Ok(());
        }
        Err(refused(Reason::BadSignature, "the signature is not that of this request under the secret key"))
    }

    fn check_scope(&self, authorization: &Authorization<'_>, date: &str) -> Result<(), Refusal> {
        let wrong = |what: &str, got: &str, allowed: &str| {
            Err(refused(Reason::WrongScope, format!("the {what} is {}, allowed is {allowed}", Invalid::quote(got))))
        };
        if authorization.access_key_id != self.access_key_id {
            let got = Invalid::quote(authorization.access_key_id);
            return Err(refused(Reason::WrongAccessKey, format!("the access key id is {got}, which is not the app's")));
        }
        if authorization.service != self.service {
            return wrong("service", authorization.service, self.service);
        }
        match date.split_once('T') {
            Some((day, _)) if day == authorization.day => Ok(()),
            _ => wrong("day of the credential", authorization.day, &format!("that of {DATE}, which is {date}")),
        }
    }

    /// `HMAC(HMAC(HMAC(HMAC("AWS4" + secret key, day), region), service), "aws4_request")`
    fn signing_key(&self, authorization: &Authorization<'_>) -> SecretKey {
        let first = SecretBytes::from(["AWS4", self.secret_key].concat());
        let mut key = Zeroizing::new(crypto::hmac_sha256_any(&first, authorization.day.as_bytes()));
        for part in [authorization.region, authorization.service, TERMINATOR] {
            *key = crypto::hmac_sha256(&SecretKey::copy_from(&key), part.as_bytes());
        }
        SecretKey::copy_from(&key)
    }
}

/// Reads `20150830T123600Z`.
fn timestamp(date: &str) -> Result<Timestamp, Refusal> {
    let has_form = date.len() == 16
        && date.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let read = |text: &str| DateTime::strptime("%Y%m%dT%H%M%SZ", text).and_then(|at| at.to_zoned(TimeZone::UTC)).ok();
    let at = if has_form { read(date) } else { None };
    at.map(|at| at.timestamp()).ok_or_else(|| {
        malformed(format!("{DATE} is {}, allowed are times such as 20150830T123600Z", Invalid::quote(date)))
    })
}

fn check_time(date: &str, at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    let apart = now.duration_since(at);
    if apart.unsigned_abs() <= SKEW {
        return Ok(());
    }
    let reason = if apart.is_positive() { Reason::Expired } else { Reason::NotYetValid };
    let now = now.strftime("%Y%m%dT%H%M%SZ");
    let most = SKEW.as_secs();
    Err(refused(reason, format!("{DATE} is {date}, now it is {now}, allowed is a difference of at most {most} s")))
}

fn check_digest(headers: &Headers<'_>, digest: &str) -> Result<(), Refusal> {
    let Some(got) = headers.at_most_one(DIGEST)? else { return Ok(()) };
    if got == digest {
        return Ok(());
    }
    let is_digest = got.len() == 64 && got.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    Err(if is_digest {
        refused(Reason::BadSignature, format!("{DIGEST} is not the digest of the body"))
    } else {
        malformed(format!("{DIGEST} is {}, allowed is the digest of the body in hex", Invalid::quote(got)))
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refused(reason: Reason, message: impl Into<String>) -> Refusal {
    Refusal::new(CredentialKind::AwsXks, reason, message)
}

fn malformed(message: impl Into<String>) -> Refusal {
    refused(Reason::Malformed, message)
}

/// What the tests look at between the steps.
#[cfg(test)]
pub(super) fn canonical_request(request: &SignedRequest) -> Result<String, Refusal> {
    let headers = Headers::read(&request.headers)?;
    let authorization = Authorization::read(&headers, &request.query)?;
    let digest = hex(&crypto::sha256(&request.body));
    canonical::request(request, &headers, &authorization.signed_headers, &digest)
}

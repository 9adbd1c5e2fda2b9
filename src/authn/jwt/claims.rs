//! The registered claims of a token (RFC 7519, section 4.1).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::checker::Facts;
use super::super::jws::{kind, parse_object, refused};
use super::super::outcome::{Reason, Refusal};
use crate::model::{AppId, Invalid};

/// The end of the year 9999: what lies behind it is no time that anybody meant.
const LATEST: f64 = 253_402_300_800.0;

/// What a token says, once its signature is known to be right.
pub(super) struct Claims(Map<String, Value>);

fn malformed(message: impl Into<String>) -> Refusal {
    refused(Reason::Malformed, message)
}

impl Claims {
    pub(super) fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        parse_object(payload, "payload").map(Self).map_err(malformed)
    }

    /// Checks who says it, about whom, to whom, and when.
    pub(super) fn check(
        &self,
        issuers: &BTreeSet<Box<str>>,
        facts: Facts,
        audience: Option<&str>,
    ) -> Result<(), Refusal> {
        let issuer = self.text("iss")?;
        if !issuers.contains(issuer) {
            let message = format!("iss is {}, which is none of the {} allowed", Invalid::quote(issuer), issuers.len());
            return Err(refused(Reason::WrongIssuer, message));
        }
        // The text of a UUID may be of either case (RFC 9562, section 4).
        let subject = self.text("sub")?;
        if AppId::parse(subject).ok() != Some(facts.app) {
            let message = format!("sub is {}, allowed is the app's id {}", Invalid::quote(subject), facts.app);
            return Err(refused(Reason::WrongApp, message));
        }
        self.check_audience(audience)?;
        self.check_times(facts.now)
    }

    pub(super) fn into_object(self) -> Map<String, Value> {
        self.0
    }

    fn text(&self, claim: &str) -> Result<&str, Refusal> {
        match self.0.get(claim) {
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(malformed(format!("{claim} is {}, allowed is a string", kind(other)))),
            None => Err(malformed(format!("there is no {claim}"))),
        }
    }

    /// One string or several. When nobody is named whom it must be meant for, it may be meant for anybody.
    fn check_audience(&self, wanted: Option<&str>) -> Result<(), Refusal> {
        let strings = "allowed are a string and an array of strings";
        let named = match self.0.get("aud") {
            None => Vec::new(),
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(all)) => all
                .iter()
                .map(|one| one.as_str().ok_or_else(|| malformed(format!("aud holds {}, {strings}", kind(one)))))
                .collect::<Result<_, _>>()?,
            Some(other) => return Err(malformed(format!("aud is {}, {strings}", kind(other)))),
        };
        match wanted {
            Some(wanted) if !named.contains(&wanted) => {
                let message = match named.as_slice() {
                    [] => format!("aud names nobody, needed is {}", Invalid::quote(wanted)),
                    [first, rest @ ..] => {
                        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
                        format!("aud is {}{more}, needed is {}", Invalid::quote(first), Invalid::quote(wanted))
                    }
                };
                Err(refused(Reason::WrongAudience, message))
            }
            _ => Ok(()),
        }
    }

    /// The clocks of others may be off by [`Facts::SKEW`], either way.
    fn check_times(&self, now: Timestamp) -> Result<(), Refusal> {
        let skew = Facts::SKEW.as_secs_f64();
        let seconds = now.as_duration().as_secs_f64();
        let expires =
            self.date("exp")?.ok_or_else(|| malformed("there is no exp, without which it would hold for ever"))?;
        let [not_before, issued] = [self.date("nbf")?, self.date("iat")?];
        // On or after: RFC 7519, section 4.1.4.
        if seconds >= expires + skew {
            let message = format!("it expired at {}, checked at {now:.0}", moment(expires));
            return Err(refused(Reason::Expired, message));
        }
        for (what, date) in [("must not be used before", not_before), ("was issued at", issued)] {
            if let Some(date) = date.filter(|date| seconds + skew < *date) {
                let message = format!("it {what} {}, checked at {now:.0}", moment(date));
                return Err(refused(Reason::NotYetValid, message));
            }
        }
        Ok(())
    }

    /// A `NumericDate`: seconds since 1970, which may have a fraction.
    fn date(&self, claim: &str) -> Result<Option<f64>, Refusal> {
        let date = match self.0.get(claim) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_f64(),
            Some(other) => return Err(malformed(format!("{claim} is {}, allowed is a number", kind(other)))),
        };
        match date {
            Some(date) if (0.0..LATEST).contains(&date) => Ok(Some(date)),
            _ => Err(malformed(format!("{claim} is no time, allowed are seconds since 1970, up to the year 9999"))),
        }
    }
}

/// A date in words, whole seconds.
fn moment(date: f64) -> String {
    let stamp = jiff::SignedDuration::try_from_secs_f64(date.floor()).ok();
    let stamp = stamp.and_then(|since| Timestamp::from_duration(since).ok());
    stamp.map_or_else(|| format!("{date}"), |stamp| stamp.to_string())
}

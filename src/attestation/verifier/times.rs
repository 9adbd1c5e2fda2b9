//! When things were: certificates are judged by the time when the statement was signed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::attestation::report::{Fault, Finding};

use super::Case;

impl Case<'_> {
    pub(super) fn authority_validity(&self) -> Finding {
        let signed_at = self.statement.certificate()?.not_before;
        let authority = &self.chain.authority()?.certificate;
        let (from, to, backdating) = (authority.not_before, authority.not_after, self.profile.backdating());
        let earliest = from.checked_sub(backdating).unwrap_or(Timestamp::MIN);
        let allowance = match backdating.as_hours() {
            0 => String::new(),
            hours => format!(", and a statement may be {hours} hours older"),
        };
        let reason = format!("signed at {signed_at}, chain[0] is valid from {from} to {to}{allowance}");
        if (earliest..=to).contains(&signed_at) { Ok(reason.into()) } else { Err(Fault::Failed(reason)) }
    }

    pub(super) fn ca_validity(&self) -> Finding {
        let signed_at = self.statement.certificate()?.not_before;
        self.chain.each_ca(|_, ca| {
            let (from, to) = (ca.certificate.not_before, ca.certificate.not_after);
            if (from..=to).contains(&signed_at) {
                return Ok(());
            }
            Err(format!("is valid from {from} to {to}, the statement was signed at {signed_at}"))
        })?;
        Ok(format!("signed at {signed_at}, while each CA was valid").into())
    }

    pub(super) fn signing_time(&self) -> Finding {
        let (signed_at, now) = (self.statement.certificate()?.not_before, self.now);
        let tolerance = self.policy.clock_tolerance;
        let latest = now.checked_add(signed(tolerance)).unwrap_or(Timestamp::MAX);
        if signed_at <= latest {
            return Ok(format!("signed at {signed_at}, verified at {now}").into());
        }
        let tolerance = tolerance.as_secs();
        Err(Fault::Failed(format!(
            "signed at {signed_at}, verified at {now}, which is more than {tolerance} s earlier"
        )))
    }

    pub(super) fn max_age(&self) -> Finding {
        let most = self.policy.max_age.ok_or(Fault::NotAsked("any age was allowed"))?;
        let (signed_at, now) = (self.statement.certificate()?.not_before, self.now);
        let (age, tolerance) = (now.duration_since(signed_at), self.policy.clock_tolerance);
        if age <= signed(most.saturating_add(tolerance)) {
            return Ok(format!("signed at {signed_at}, verified at {now}").into());
        }
        let (most, tolerance) = (most.as_secs(), tolerance.as_secs());
        Err(Fault::Failed(format!(
            "signed at {signed_at}, verified at {now}, which is more than {most} s later, and {tolerance} s for the clocks"
        )))
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

//! What the caller asked for.

use crate::attestation::Claim;
use crate::attestation::hex::hex;
use crate::attestation::report::{Fault, Finding};
use crate::crypto;
use crate::model::colon_hex;

use super::Case;

impl Case<'_> {
    pub(super) fn expected_key_id(&self) -> Finding {
        let expected = self.policy.key_id.ok_or(Fault::NotAsked("no key id was asked for"))?;
        let got = self.statement.key_id()?;
        if got == expected {
            return Ok("the statement is about the key that was asked for".into());
        }
        Err(Fault::Failed(format!("the statement is about the key {got}, asked was {expected}")))
    }

    pub(super) fn expected_public_key(&self) -> Finding {
        let expected = self.policy.public_key.as_deref().ok_or(Fault::NotAsked("no public key was asked for"))?;
        let got = &self.statement.public_key()?.spki;
        let expected = match crypto::check_public(expected) {
            Ok(checked) => checked.spki,
            Err(error) => {
                return Err(Fault::Failed(format!("the public key that was asked for cannot be used: {error}")));
            }
        };
        if *got == expected {
            return Ok("the statement is about the public key that was asked for".into());
        }
        let [got, expected] = [got, &expected].map(|spki| colon_hex(&crypto::sha256(spki)));
        Err(Fault::Failed(format!("the statement is about the public key of SHA-256 {got}, asked was {expected}")))
    }

    pub(super) fn required_claims(&self) -> Finding {
        if self.policy.claims.is_empty() {
            return Err(Fault::NotAsked("no claim was asked for"));
        }
        let made = self.statement.made_claims()?;
        let missing = |claim: &&Claim| self.policy.claims.contains(claim) && !made.contains(claim);
        let missing: Vec<_> = Claim::ALL.iter().filter(missing).map(|claim| claim.as_str()).collect();
        if missing.is_empty() {
            return Ok("the statement makes every claim that was asked for".into());
        }
        Err(Fault::Failed(format!("the statement does not claim {}", missing.join(", "))))
    }

    pub(super) fn expected_challenge(&self) -> Finding {
        let expected = self.policy.challenge.as_deref().ok_or(Fault::NotAsked("no challenge was asked for"))?;
        let Some(got) = self.statement.given_challenge()? else {
            return Err(Fault::Failed("the statement has no challenge, one was asked for".into()));
        };
        if got == expected {
            return Ok("the statement has the challenge that was asked for".into());
        }
        Err(Fault::Failed(format!("the challenge is {}, asked was {}", hex(got), hex(expected))))
    }
}

//! Steps on the attestation authority.

use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use keystead::attestation::{Policy, Profile, Verifier};
use keystead::{AttestationRequest, Authority, AuthorityPlan, AuthorityRenewal, ErrorKind, KeyType, KeyUse};

use super::World;
use super::naive::instant;
use super::verb::Verb;

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// When the root of an authority ends.
fn root_end(authority: &Authority) -> Timestamp {
    match authority.renewal() {
        AuthorityRenewal::ByItself { until } => until,
        other => panic!("{other:?}"),
    }
}

impl World {
    fn second(&self) -> Timestamp {
        Timestamp::from_second(self.now.div_euclid(1000)).unwrap()
    }

    /// Whether the root of the authority in force can make another key.
    fn root_is_good(&self) -> bool {
        let Some(authority) = &self.state.authority else { return false };
        let now = self.second();
        self.state.root_begin <= now.as_second() && now <= root_end(authority)
    }

    pub(super) fn authority(&mut self, by: u8, what: u8) {
        let slot = self.handle(by);
        let store = self.store(slot);
        let exists = self.state.authority.is_some();
        let plan = AuthorityPlan::new();
        let (made, expected, new_root) = match what % 8 {
            0..4 => {
                let expected = if exists { Err(ErrorKind::AlreadyExists) } else { Ok(()) };
                (store.create_authority(&plan), expected, true)
            }
            4..7 => {
                let expected = if self.root_is_good() { Ok(()) } else { Err(ErrorKind::NotPossible) };
                (store.renew_authority(), expected, false)
            }
            _ => (store.replace_authority(&plan), Ok(()), true),
        };
        let gate = self.gate(slot, true);
        let Some(made) = self.settle(Verb::Authority, made, expected, gate) else { return };
        assert_eq!(made.not_before(), self.second());
        if new_root {
            self.state.root_begin = self.second().as_second();
        }
        self.state.past_authorities += usize::from(exists);
        assert_eq!(store.authority().unwrap().as_ref(), Some(&made));
        self.state.authority = Some(Rc::new(made));
    }

    pub(super) fn attest(&mut self, by: u8, which: u8, how: u8) {
        if self.state.authority.is_none() && !how.is_multiple_of(8) {
            return self.authority(by, how % 4);
        }
        let slot = self.handle(by);
        // One of which there are facts, if there is one.
        let fits = |n: &u8| {
            let entry = self.pick(*n).filter(|entry| entry.key().key_type() == KeyType::Ec);
            entry.is_some_and(|entry| entry.key().has_private_key())
        };
        let near = (0..8).map(|n| which.wrapping_add(n)).find(fits).unwrap_or(which);
        let Some(entry) = self.pick(near) else { return };
        let store = self.store(slot);
        let key = entry.key();
        let now = self.second();
        let (reads, writes) = (self.gate(slot, false), self.gate(slot, true).map(|gate| gate[0]));
        let no_facts = key.key_type() == KeyType::Hmac || !key.has_private_key() || key.key_use() == KeyUse::Encryption;
        let latest = key.inserted_at().max(key.exported_at().unwrap_or(Timestamp::MIN));
        let ahead = latest.duration_since(now).as_secs();
        // Why not, and whether the authority may be followed by the next by it.
        let (mut expected, followed) = match self.state.authority.as_deref() {
            _ if no_facts => (Err(ErrorKind::NotPossible), false),
            None => (Err(ErrorKind::NotPossible), false),
            Some(authority) => {
                let (begin, end) = (authority.not_before(), authority.not_after());
                let from = if end < root_end(authority) { end - WEEK } else { end };
                if now <= from {
                    let begun = begin.duration_since(now).as_secs() <= 60;
                    (if begun { Ok(()) } else { Err(ErrorKind::NotPossible) }, false)
                } else if now <= end {
                    (Ok(()), writes.is_none())
                } else if !self.root_is_good() || writes == Some(ErrorKind::ReadOnly) {
                    (Err(ErrorKind::NotPossible), false)
                } else {
                    (writes.map_or(Ok(()), Err), true)
                }
            }
        };
        // By a clock that is more than a minute behind. In the last second either answer will do.
        let may_be_ahead = expected.is_ok() && (59..=61).contains(&ahead);
        if expected.is_ok() && ahead > 61 {
            expected = Err(ErrorKind::NotPossible);
        }
        let request = AttestationRequest::new().challenge([how; 4]).unwrap();
        let made = store.attest(key.id(), &request);
        let ran_out = self.dice.has_failed();
        let kind = made.as_ref().err().map(keystead::Error::kind);
        if ran_out && followed {
            // The key that should have followed could not be made, and the one before still serves.
            assert!(matches!(kind, None | Some(ErrorKind::Io)), "{kind:?}");
        } else if ran_out {
            assert_eq!(kind, Some(ErrorKind::Io));
        } else if may_be_ahead && reads.is_none() {
            assert!(matches!(kind, None | Some(ErrorKind::NotPossible)), "{kind:?}");
        } else {
            let copy = match &made {
                Ok(_) => Ok(()),
                Err(_) => store.attest(key.id(), &request).map(drop),
            };
            self.settle(Verb::Attest, copy, expected, reads);
        }
        if reads.is_some() {
            return;
        }
        let in_force = store.authority().unwrap();
        if in_force.as_ref() != self.state.authority.as_deref() {
            assert!(followed, "the authority was followed before its time");
            self.state.past_authorities += 1;
            self.state.authority = in_force.map(Rc::new);
        }
        let Ok(made) = made else { return };
        let authority = self.state.authority.as_deref().unwrap();
        assert!(made.authority_chain().eq(authority.chain()));
        if how.is_multiple_of(4) {
            let verifier = Verifier::new(Profile::Keystead, [authority.trust_anchor()]).unwrap();
            let chain: Vec<_> = made.authority_chain().collect();
            let policy = Policy::new().key_id(key.id()).challenge([how; 4]);
            let report = verifier.verify(made.statement_der(), &chain, &policy, instant(self.now + 61_000, 0));
            assert!(report.is_valid(), "{report}");
        }
    }
}

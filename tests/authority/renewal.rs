//! An authority whose keys lie in the store follows itself.

use std::sync::Barrier;
use std::thread;

use insta::assert_snapshot;
use jiff::Timestamp;
use keystead::attestation::{Policy, Profile, Verifier};
use keystead::{AuthorityPlan, AuthorityRenewal, AuthorityStrength, Clock, ErrorKind, Keystore, SecretFormat};

use super::judges::Folder;
use super::statement::{Certificate, judged};
use super::support::{RAW, attacker, impatient, raw};
use super::{BEGIN, DAY, Hands, attest, folder, in_memory, refusal, timed, with_key};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn chain(authority: &keystead::Authority) -> Vec<Certificate> {
    authority.chain().map(Certificate::read).collect()
}

/// openssl takes the chain, at a time.
#[track_caller]
fn openssl_takes(authority: &keystead::Authority, now: Timestamp) {
    let folder = Folder::new();
    for (at, der) in authority.chain().enumerate() {
        folder.put(&format!("{at}.der"), der);
        folder.openssl(&format!("x509 -inform DER -in {at}.der -out {at}.pem"));
    }
    let (seconds, verify) = (now.as_second(), "-x509_strict -check_ss_sig -CAfile 2.pem -untrusted 1.pem 0.pem");
    assert_eq!(folder.openssl(&format!("verify -attime {seconds} {verify}")), b"0.pem: OK\n");
}

#[test]
fn it_follows_itself_with_less_than_seven_days_left() {
    let hands = Hands::at(BEGIN);
    let (store, id) = in_memory(&hands);
    let first = store.create_authority(&AuthorityPlan::new()).unwrap();
    assert_eq!(first.not_before(), at("2026-11-22T06:00:00Z"));
    assert_eq!(first.not_after(), at("2026-12-22T06:00:00Z"));
    let until = at("2036-11-19T06:00:00Z");
    assert_eq!(first.renewal(), AuthorityRenewal::ByItself { until });
    let early = attest(&store, id).unwrap();

    hands.turn(23 * DAY);
    let seven_left = attest(&store, id).unwrap();
    assert!(seven_left.authority_chain().eq(first.chain()));
    assert_eq!(store.ensure_authority(&AuthorityPlan::new()).unwrap(), first);
    hands.turn(1);
    let less = attest(&store, id).unwrap();
    let second = store.authority().unwrap().unwrap();
    assert!(less.authority_chain().eq(second.chain()));
    assert_eq!(second.not_before(), at("2026-12-15T06:00:01Z"));
    assert_eq!(second.not_after(), at("2027-01-14T06:00:01Z"));
    assert_eq!(second.renewal(), first.renewal());
    let (one, two) = (chain(&first), chain(&second));
    assert_ne!(one[0].spki, two[0].spki);
    assert_ne!(one[0].serial, two[0].serial);
    assert_eq!(one[0].subject, two[0].subject);
    assert_eq!(one[1..], two[1..]);
    openssl_takes(&first, at("2026-12-22T05:59:59Z"));
    openssl_takes(&second, at("2027-01-14T06:00:00Z"));

    for attestation in [&early, &seven_left, &less] {
        judged(attestation);
        assert_eq!(attestation.renew_authority_before(), None);
        let of = store.authority_of(attestation.statement_der()).unwrap().unwrap();
        assert!(of.chain().eq(attestation.authority_chain()));
    }
    let past = store.past_authorities().unwrap();
    assert_eq!(past.len(), 1);
    assert!(past[0].chain().eq(first.chain()));
    assert_eq!(past[0].renewal(), AuthorityRenewal::Past);
    assert!(!past[0].must_be_renewed(at("2100-01-01T00:00:00Z")));
    assert!(store.verify_integrity().unwrap().is_ok());

    // Without a statement in between, the calls for the authority itself do the same.
    hands.turn(24 * DAY);
    let third = store.ensure_authority(&AuthorityPlan::new()).unwrap();
    assert_eq!(third.not_before(), at("2027-01-08T06:00:01Z"));
    assert_eq!(store.attest_many(&[id], &keystead::AttestationRequest::new()).unwrap().len(), 1);
    let fourth = store.renew_authority().unwrap();
    assert_ne!(chain(&third)[0].spki, chain(&fourth)[0].spki);
    assert_eq!(store.past_authorities().unwrap().len(), 3);
    assert_eq!(store.authority_of(first.trust_anchor()).unwrap(), None);
    assert_snapshot!(refusal(store.authority_of(b"no certificate")), @"InvalidInput: statement: certificate is malformed: unexpected ASN.1 DER tag: expected SEQUENCE, got APPLICATION [14] (constructed)");
}

/// Ten years and more in steps of nine days: whoever attests never finds an authority that has ended, until the root does.
#[test]
fn ten_years_go_by() {
    let hands = Hands::at(BEGIN);
    let (store, id) = in_memory(&hands);
    let first = store.create_authority(&AuthorityPlan::new()).unwrap();
    let AuthorityRenewal::ByItself { until } = first.renewal() else { panic!("{:?}", first.renewal()) };
    let (mut cas, mut noticed) = (Vec::new(), None);
    let mut days = 0;
    loop {
        let now = at(BEGIN).checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap();
        if now > until {
            break;
        }
        hands.set(now);
        let attestation = attest(&store, id).unwrap();
        let statement = judged(&attestation);
        assert_eq!(statement.not_before, now);
        let chain: Vec<_> = attestation.authority_chain().map(Certificate::read).collect();
        let left = chain[0].not_after.unwrap().duration_since(now).as_hours();
        assert!(left >= 7 * 24 || chain[0].not_after == Some(until), "{left} hours at {now}");
        if cas.last() != Some(&chain[1]) {
            openssl_takes(&store.authority().unwrap().unwrap(), now);
            cas.push(chain[1].clone());
        }
        match attestation.renew_authority_before() {
            None => assert_eq!(noticed, None),
            Some(before) => {
                assert_eq!(before, until);
                noticed.get_or_insert(until.duration_since(now).as_hours() / 24);
            }
        }
        assert_eq!(store.authority().unwrap().unwrap().must_be_renewed(now), noticed.is_some());
        days += 9;
    }
    assert_eq!(noticed, Some(86), "days before the root ends, with a look each nine");
    let lasts: Vec<_> =
        cas.iter().map(|ca| ca.not_after.unwrap().duration_since(ca.not_before).as_hours() / 24).collect();
    assert_eq!(lasts, [1095, 1095, 1095, 410]);
    assert_eq!(cas.last().unwrap().not_after, Some(until));
    assert!(store.verify_integrity().unwrap().is_ok());

    hands.set(until);
    judged(&attest(&store, id).unwrap());
    hands.turn(1);
    assert_snapshot!(refusal(attest(&store, id)), @"NotPossible: the root of the attestation authority ended at 2036-11-19T06:00:00Z, now it is 2036-11-19T06:00:01Z: replace_authority makes a new one, of which verifiers must be told");
    assert_snapshot!(refusal(store.renew_authority()), @"NotPossible: the root of the attestation authority ended at 2036-11-19T06:00:00Z, now it is 2036-11-19T06:00:01Z: replace_authority makes a new one, of which verifiers must be told");
    assert_snapshot!(refusal(store.ensure_authority(&AuthorityPlan::new())), @"NotPossible: the root of the attestation authority ended at 2036-11-19T06:00:00Z, now it is 2036-11-19T06:00:01Z: replace_authority makes a new one, of which verifiers must be told");
    let replaced = store.replace_authority(&AuthorityPlan::new()).unwrap();
    assert_ne!(replaced.trust_anchor(), first.trust_anchor());
    assert!(judged(&attest(&store, id).unwrap()).not_before > until);
    assert!(store.verify_integrity().unwrap().is_ok());
}

#[test]
fn clocks_jump() {
    let hands = Hands::at(BEGIN);
    let (store, id) = in_memory(&hands);
    let plan = AuthorityPlan::new();
    let first = store.create_authority(&plan).unwrap();
    // Four years: the CA has ended too. The root makes another.
    hands.turn(4 * 365 * DAY);
    judged(&attest(&store, id).unwrap());
    let second = store.authority().unwrap().unwrap();
    assert_eq!(second.trust_anchor(), first.trust_anchor());
    assert_ne!(chain(&second)[1].spki, chain(&first)[1].spki);
    assert_eq!(chain(&second)[1].subject, chain(&first)[1].subject);
    openssl_takes(&second, second.not_before());

    // A clock that is a little slow signs with the time at which the authority begins.
    hands.set(second.not_before());
    hands.turn(-60);
    assert_eq!(judged(&attest(&store, id).unwrap()).not_before, second.not_before());
    hands.turn(-1);
    assert_snapshot!(refusal(attest(&store, id)), @"NotPossible: the attestation authority begins at 2030-11-21T06:00:00Z, now it is 2030-11-21T05:58:59Z: once the clock is right, renew_authority makes one that begins at once");
    // Asked to, the authority begins anew, with its CA, which begins too late as well.
    hands.set(at("2026-11-22T07:00:00Z"));
    let third = store.renew_authority().unwrap();
    openssl_takes(&third, at("2026-11-22T07:00:00Z"));
    judged(&attest(&store, id).unwrap());
    assert!(store.verify_integrity().unwrap().is_ok());
    // Before there was a root, nothing helps.
    hands.set(at("2026-11-22T05:00:00Z"));
    assert_snapshot!(refusal(attest(&store, id)), @"NotPossible: the attestation authority begins at 2026-11-22T07:00:00Z, now it is 2026-11-22T05:00:00Z: once the clock is right, renew_authority makes one that begins at once");
    assert_snapshot!(refusal(store.renew_authority()), @"NotPossible: the root of the attestation authority begins at 2026-11-22T06:00:00Z, now it is 2026-11-22T05:00:00Z: the clock may be wrong");
    assert_eq!(store.authority().unwrap().unwrap(), third);
    // Eleven years: the root has ended.
    hands.turn(11 * 365 * DAY);
    assert_snapshot!(refusal(attest(&store, id)), @"NotPossible: the root of the attestation authority ended at 2036-11-19T06:00:00Z, now it is 2037-11-19T05:00:00Z: replace_authority makes a new one, of which verifiers must be told");
    assert_snapshot!(refusal(store.attest_many(&[id], &keystead::AttestationRequest::new())), @"NotPossible: the root of the attestation authority ended at 2036-11-19T06:00:00Z, now it is 2037-11-19T05:00:00Z: replace_authority makes a new one, of which verifiers must be told");
}

/// A statement is not older than what it states.
#[test]
fn a_clock_behind_the_keys() {
    let hands = Hands::at(BEGIN);
    let (store, _) = in_memory(&hands);
    let authority = store.create_authority(&AuthorityPlan::new()).unwrap();
    hands.turn(1000);
    let id = store.generate(super::support::es256("made later").exportable(true)).unwrap().id();
    let verifier = Verifier::new(Profile::Keystead, [authority.trust_anchor()]).unwrap();
    hands.turn(-60);
    let attestation = attest(&store, id).unwrap();
    assert_eq!(judged(&attestation).not_before, at("2026-11-22T06:16:40Z"));
    let chain: Vec<_> = attestation.authority_chain().collect();
    let report = verifier.verify(attestation.statement_der(), &chain, &Policy::new(), hands.now());
    assert!(report.is_valid(), "{report}");
    hands.turn(-1);
    assert_snapshot!(refusal(attest(&store, id)), @"NotPossible: the key was stored or exported at 2026-11-22T06:16:40Z, now it is 2026-11-22T06:15:39Z: the clock may be wrong");
    // It left after it came, whatever the clock said.
    store.export_secret(id, &SecretFormat::Jwk).unwrap();
    hands.turn(100);
    let attestation = attest(&store, id).unwrap();
    let report = verifier.verify(attestation.statement_der(), &chain, &Policy::new(), hands.now());
    assert_eq!(report.statement().unwrap().exported_at(), Some(at("2026-11-22T06:16:40Z")), "{report}");
}

/// Each finds the authority near its end, or over it, at the same moment.
#[test]
fn two_that_renew_at_once_end_with_one() {
    for days in [24, 31, 2000] {
        let hands = Hands::at(BEGIN);
        let (_folder, path) = folder();
        let (one, id) = with_key(&path, timed(&hands));
        let first = one.create_authority(&AuthorityPlan::new()).unwrap();
        let others: Vec<_> = (0..3).map(|_| Keystore::open(&path, &raw(), timed(&hands)).unwrap()).collect();
        hands.turn(days * DAY);
        let barrier = Barrier::new(8);
        thread::scope(|scope| {
            for store in others.iter().chain([&one]) {
                for _ in 0..2 {
                    scope.spawn(|| {
                        barrier.wait();
                        for _ in 0..5 {
                            judged(&attest(store, id).unwrap());
                        }
                    });
                }
            }
        });
        let past = one.past_authorities().unwrap();
        assert_eq!(past.len(), 1, "after {days} days");
        assert!(past[0].chain().eq(first.chain()));
        for store in &others {
            assert_eq!(store.authority().unwrap(), one.authority().unwrap());
        }
        assert!(one.verify_integrity().unwrap().is_ok());
    }
}

#[test]
fn what_cannot_be_written_is_done_without() {
    let hands = Hands::at(BEGIN);
    let (_folder, path) = folder();
    let (store, id) = with_key(&path, timed(&hands));
    let first = store.create_authority(&AuthorityPlan::new()).unwrap();
    let reader = Keystore::open_read_only(&path, &raw(), timed(&hands)).unwrap();
    let waits_little = impatient().clock(std::sync::Arc::new(hands.clone()));
    let hurried = Keystore::open(&path, &raw(), waits_little).unwrap();
    hands.turn(25 * DAY);
    let other = attacker(&path, &RAW);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for store in [&reader, &hurried, &hurried] {
        let attestation = attest(store, id).unwrap();
        judged(&attestation);
        assert!(attestation.authority_chain().eq(first.chain()));
        assert_eq!(attestation.renew_authority_before(), Some(first.not_after()));
        assert_eq!(store.ensure_authority(&AuthorityPlan::new()).unwrap(), first);
    }
    assert_eq!(hurried.renew_authority().unwrap_err().kind(), ErrorKind::Busy);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(reader.renew_authority().unwrap_err().kind(), ErrorKind::ReadOnly);
    // It does not try at every statement.
    assert!(attest(&hurried, id).unwrap().authority_chain().eq(first.chain()));
    hands.turn(599);
    assert!(attest(&hurried, id).unwrap().authority_chain().eq(first.chain()));
    hands.turn(1);
    let renewed = attest(&hurried, id).unwrap();
    assert!(!renewed.authority_chain().eq(first.chain()));
    assert_eq!(renewed.renew_authority_before(), None);
    // What another wrote serves those that cannot write.
    let read = attest(&reader, id).unwrap();
    assert!(read.authority_chain().eq(renewed.authority_chain()));
    judged(&read);

    hands.turn(31 * DAY);
    assert_snapshot!(refusal(attest(&reader, id)), @"NotPossible: the attestation authority ended at 2027-01-16T06:10:00Z, now it is 2027-01-17T06:10:00Z, and it cannot be renewed here: the store cannot be written: it was opened read-only; where the store can be written, the next attestation or renew_authority does it");
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(attest(&hurried, id).unwrap_err().kind(), ErrorKind::Busy);
    other.execute_batch("ROLLBACK").unwrap();
    judged(&attest(&hurried, id).unwrap());
    judged(&attest(&reader, id).unwrap());
}

/// The private keys of those that came before are gone from their rows.
#[test]
fn retired_keys_are_erased() {
    let hands = Hands::at(BEGIN);
    let (_folder, path) = folder();
    let (store, id) = with_key(&path, timed(&hands));
    store.create_authority(&AuthorityPlan::new()).unwrap();
    hands.turn(4 * 365 * DAY);
    attest(&store, id).unwrap();
    store.replace_authority(&AuthorityPlan::new()).unwrap();
    let connection = attacker(&path, &RAW);
    let mut statement = connection.prepare("SELECT role, state, length(sealed) FROM authority ORDER BY n").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let rows: Vec<(i64, i64, i64)> = rows.map(|row| row.unwrap()).collect();
    let (over, in_force): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, state, _)| *state == 3);
    assert_eq!(over, [1, 2, 3, 2, 3].map(|role| (role, 3, 16)), "nothing but the authentication tag is left");
    assert_eq!(in_force.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(in_force.iter().all(|(_, state, len)| *state == 2 && *len > 100));
}

/// About a minute in the development profile.
#[test]
#[ignore = "makes RSA keys of 4096 bits"]
fn rsa_authorities_renew_themselves_too() {
    let hands = Hands::at(BEGIN);
    let (store, id) = in_memory(&hands);
    let plan = AuthorityPlan::new().strength(AuthorityStrength::Rsa);
    let first = store.create_authority(&plan).unwrap();
    openssl_takes(&first, first.not_before());
    hands.turn(4 * 365 * DAY);
    attest(&store, id).unwrap();
    let second = store.authority().unwrap().unwrap();
    openssl_takes(&second, second.not_before());
    let bits = chain(&second).iter().map(|one| one.spki.len()).collect::<Vec<_>>();
    // 3072 and 4096 bits and what is around them.
    assert_eq!(bits, [422, 550, 550]);
    assert_eq!(second.trust_anchor(), first.trust_anchor());
    assert!(store.verify_integrity().unwrap().is_ok());
}

//! Schedules of rings: what is due and when, to the millisecond, and that doing it does exactly that.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/naive.rs"]
mod naive;
mod support;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use keystead::{
    Algorithm, Due, Entropy, EntropyError, ErrorKind, Key, KeySpec, Keystore, Options, Ring, RingKey, RingName,
    RingPlan, Schedule, SystemEntropy,
};
use naive::{Set, instant};

const START: i64 = 1_800_000_000_123;
const DAY: Duration = Duration::from_secs(86_400);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn at(millis: i64) -> Timestamp {
    instant(millis, 0)
}

fn spec(algorithm: Algorithm) -> KeySpec {
    KeySpec::new(algorithm, None).unwrap()
}

fn plan(algorithm: Algorithm, schedule: Option<Schedule>) -> RingPlan {
    let plan = RingPlan::new(RingName::new("acme").unwrap(), spec(algorithm));
    match schedule {
        Some(schedule) => plan.schedule(schedule),
        None => plan,
    }
}

/// A ring made at `START`, and the clock that it was made by.
fn scheduled(every: Duration, publish: Duration, grace: Duration) -> (Arc<Set>, Ring) {
    let clock = Set::new(START);
    let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
    let schedule = Schedule::new(every, publish, grace).unwrap();
    (clock, store.create_ring(&plan(Algorithm::Hs256, Some(schedule))).unwrap())
}

fn retire(since: i64) -> String {
    format!("retire since {since}")
}

fn rotate(since: i64) -> String {
    format!("rotate since {since}")
}

fn words(due: Vec<Due>) -> Vec<String> {
    let word = |due: &Due| match due {
        Due::RetirePrevious { since } => retire(since.as_millisecond()),
        Due::Rotate { since } => rotate(since.as_millisecond()),
        other => panic!("{other:?}"),
    };
    due.iter().map(word).collect()
}

/// Nothing is due a nanosecond before `since`; at it, `due` is.
#[track_caller]
fn assert_due(ring: &Ring, since: i64, due: &[String]) {
    let state = ring.state().unwrap();
    assert_eq!(state.next_due(), Some(at(since)));
    for early in [instant(since, -1), instant(since, -1_000_000), at(since - 60_000), Timestamp::MIN] {
        assert_eq!(ring.due(early).unwrap(), []);
        assert_eq!(state.due(early), []);
        assert_eq!(ring.apply_due(early).unwrap(), []);
    }
    assert_eq!(ring.state().unwrap(), state);
    for late in [at(since), instant(since, 1), instant(since, 999_999)] {
        assert_eq!(words(ring.due(late).unwrap()), due);
        assert_eq!(words(state.due(late)), due);
    }
}

fn kid(key: &RingKey) -> &str {
    key.key().kid().as_str()
}

#[test]
fn each_is_due_to_the_millisecond() {
    let (clock, ring) = scheduled(millis(90_061), millis(30_007), millis(45_001));
    let first = ring.state().unwrap();
    assert_due(&ring, START + 90_061, &[rotate(START + 90_061)]);
    assert_eq!(words(ring.apply_due(instant(START + 90_061, 999_999)).unwrap()), [rotate(START + 90_061)]);
    let second = ring.state().unwrap();
    assert_eq!(second.current().current_since(), Some(at(START + 90_061)));
    assert_eq!(second.previous().unwrap().replaced_at(), Some(at(START + 90_061)));
    assert_eq!(second.next().published_at(), at(START + 90_061));
    assert_eq!([kid(second.current()), kid(second.previous().unwrap())], [kid(first.next()), kid(first.current())]);

    let over = START + 90_061 + 45_001;
    assert_due(&ring, over, &[retire(over)]);
    assert_eq!(words(ring.apply_due(at(over + 7)).unwrap()), [retire(over)]);
    let third = ring.state().unwrap();
    assert_eq!((third.previous(), third.ended()[0].ended_at()), (None, Some(at(over + 7))));
    assert_eq!((third.current(), third.next()), (second.current(), second.next()));
    assert_eq!(ring.apply_due(at(over + 7)).unwrap(), []);
    assert_due(&ring, START + 2 * 90_061, &[rotate(START + 2 * 90_061)]);
    // The clock of the store has no part in this.
    clock.to(0);
    assert_due(&ring, START + 2 * 90_061, &[rotate(START + 2 * 90_061)]);
}

#[test]
fn the_previous_key_ends_before_the_ring_turns() {
    let (_, ring) = scheduled(millis(60_000), millis(0), millis(60_000));
    ring.apply_due(at(START + 60_000)).unwrap();
    let before = ring.state().unwrap();
    // Both at the same instant.
    let then = START + 120_000;
    assert_due(&ring, then, &[retire(then), rotate(then)]);
    assert_eq!(words(ring.apply_due(at(then)).unwrap()), [retire(then), rotate(then)]);
    let state = ring.state().unwrap();
    assert_eq!(kid(&state.ended()[0]), kid(before.previous().unwrap()));
    assert_eq!(kid(state.previous().unwrap()), kid(before.current()));
    assert_eq!((state.ended().len(), state.ended()[0].ended_at()), (1, Some(at(then))));
}

#[test]
fn years_late_it_turns_once() {
    let (_, ring) = scheduled(DAY, DAY / 2, DAY / 4);
    let before = ring.apply_due(at(START + 86_400_000)).map(|_| ring.state().unwrap()).unwrap();
    let late = START + 10 * 365 * 86_400_000;
    assert_eq!(words(ring.apply_due(at(late)).unwrap()), [retire(START + 108_000_000), rotate(START + 172_800_000)]);
    let state = ring.state().unwrap();
    assert_eq!([kid(state.current()), kid(state.previous().unwrap())], [kid(before.next()), kid(before.current())]);
    assert_eq!(state.current().current_since(), Some(at(late)));
    assert_eq!(ring.apply_due(at(late)).unwrap(), []);
    // The time of what was current for years begins as that of any.
    assert_due(&ring, late + 21_600_000, &[retire(late + 21_600_000)]);
    ring.apply_due(at(late + 21_600_000)).unwrap();
    assert_due(&ring, late + 86_400_000, &[rotate(late + 86_400_000)]);
}

#[test]
fn the_next_key_is_published_before_it_is_used() {
    let (clock, ring) = scheduled(millis(100_000), millis(60_000), millis(0));
    let due = START + 100_000;
    assert_due(&ring, due, &[rotate(due)]);
    // Revoked early enough: no delay.
    clock.to(START + 40_000);
    ring.revoke(ring.state().unwrap().next().key().kid()).unwrap();
    assert_due(&ring, due, &[rotate(due)]);
    // A millisecond later: as much delay.
    clock.to(START + 40_001);
    ring.revoke(ring.state().unwrap().next().key().kid()).unwrap();
    assert_due(&ring, due + 1, &[rotate(due + 1)]);
    // When it was due already.
    clock.to(due + 5);
    let state = ring.revoke(ring.state().unwrap().next().key().kid()).unwrap();
    assert_eq!(state.next().published_at(), at(due + 5));
    assert_due(&ring, due + 60_005, &[rotate(due + 60_005)]);
    ring.apply_due(at(due + 60_005)).unwrap();
    // Revoked itself, the current key does not wait: its heir takes over, known or not.
    clock.to(due + 60_010);
    let state = ring.revoke(ring.state().unwrap().current().key().kid()).unwrap();
    assert_eq!(state.current().current_since(), Some(at(due + 60_010)));
    // The one before is over when it would have been.
    assert_due(&ring, due + 60_005, &[retire(due + 60_005)]);
    ring.apply_due(at(due + 60_010)).unwrap();
    assert_due(&ring, due + 160_010, &[rotate(due + 160_010)]);
}

#[test]
fn without_a_schedule_nothing_is_due() {
    let clock = Set::new(START);
    let store = Keystore::in_memory(Options::default().clock(clock)).unwrap();
    let ring = store.create_ring(&plan(Algorithm::Hs256, None)).unwrap();
    let before = ring.rotate().unwrap();
    for now in [Timestamp::MIN, at(0), at(START), Timestamp::MAX] {
        assert_eq!((ring.due(now).unwrap(), ring.apply_due(now).unwrap()), (vec![], vec![]));
    }
    assert_eq!((ring.state().unwrap(), before.next_due()), (before.clone(), None));
    // Given one later, it counts from what was.
    let schedule = Schedule::new(millis(60_000), millis(0), millis(10_000)).unwrap();
    let state = ring.set_schedule(Some(schedule)).unwrap();
    assert_eq!((state.schedule(), state.next_due()), (Some(schedule), Some(at(START + 10_000))));
    assert_eq!(words(ring.due(at(START + 60_000)).unwrap()), [retire(START + 10_000), rotate(START + 60_000)]);
    let shorter = Schedule::new(millis(60_000), millis(0), millis(0)).unwrap();
    ring.set_schedule(Some(shorter)).unwrap();
    assert_due(&ring, START, &[retire(START)]);
    let state = ring.set_schedule(None).unwrap();
    assert_eq!((state.schedule(), state.next_due()), (None, None));
    assert_eq!(ring.apply_due(Timestamp::MAX).unwrap(), []);
    assert_eq!((state.current(), state.previous()), (before.current(), before.previous()));
}

#[test]
fn schedules_have_limits() {
    let told = |every, publish, grace| Schedule::new(every, publish, grace).unwrap_err().to_string();
    let minute = Schedule::SHORTEST;
    let ns = Duration::from_nanos(1);
    assert_snapshot!(told(minute - ns, Duration::ZERO, Duration::ZERO), @"every is 59.999 s, allowed are 60 to 315360000 s");
    assert_snapshot!(told(Schedule::LONGEST + millis(1), Duration::ZERO, Duration::ZERO), @"every is 315360000.001 s, allowed are 60 to 315360000 s");
    assert_snapshot!(told(Duration::MAX, Duration::MAX, Duration::MAX), @"every is 18446744073709552000 s, allowed are 60 to 315360000 s");
    assert_snapshot!(told(Duration::ZERO, Duration::ZERO, Duration::ZERO), @"every is 0 s, allowed are 60 to 315360000 s");
    assert_snapshot!(told(minute, minute + millis(1), Duration::ZERO), @"publish is 60.001 s, at most as long as every, which is 60 s");
    assert_snapshot!(told(minute, Duration::ZERO, Duration::MAX), @"grace is 18446744073709552000 s, at most as long as every, which is 60 s");
    let error = Schedule::new(minute, DAY, DAY).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("publish")));
    // Finer parts than a millisecond are cut, of all three.
    let cut = Schedule::new(minute + ns, minute + ns * 999_999, ns * 999_999).unwrap();
    assert_eq!([cut.every(), cut.publish(), cut.grace()], [minute, minute, Duration::ZERO]);
    assert!(Schedule::new(Schedule::LONGEST + ns, Schedule::LONGEST, Schedule::LONGEST).is_ok());
}

/// The instants between which openssl takes the certificate for valid.
fn dates(key: &Key) -> [Timestamp; 2] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificate");
    std::fs::write(&path, key.certificate_der().unwrap()).unwrap();
    let run = |what: &str| {
        let mut openssl = Command::new("openssl");
        openssl.args(["x509", "-inform", "DER", "-noout", "-dateopt", "iso_8601", what, "-in"]).arg(&path);
        let output = openssl.output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim_end().split_once('=').unwrap().1.replace(' ', "T").parse().unwrap()
    };
    [run("-startdate"), run("-enddate")]
}

/// A key is made, waits to become current, is current, and is accepted a while longer: its certificate lasts, if all that
/// takes longer than a year.
#[test]
fn certificates_last_as_long_as_the_schedule() {
    let year = |from: &str| from.parse::<Timestamp>().unwrap();
    let cases = [
        // Half a year at most: a year, to the day.
        (None, "2027-03-01T12:00:00.999Z", "2028-03-01T12:00:00Z"),
        (Some((90 * DAY, 7 * DAY, 2 * DAY)), "2028-02-29T12:00:00Z", "2029-02-28T12:00:00Z"),
        (Some((182 * DAY, DAY, DAY)), "2027-03-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        // Two times 182 and 2 days are 366; the year has as many.
        (Some((182 * DAY, DAY, 2 * DAY)), "2027-03-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        (Some((182 * DAY, DAY, 3 * DAY)), "2027-03-01T00:00:00Z", "2028-03-02T00:00:00Z"),
        (Some((365 * DAY, 30 * DAY, 30 * DAY)), "2027-01-01T00:00:00Z", "2029-01-30T00:00:00Z"),
        // With parts of seconds, which together are more than one.
        (Some((365 * DAY + millis(400), DAY, millis(300))), "2027-01-01T00:00:00.999Z", "2028-12-31T00:00:02Z"),
        (Some((Schedule::LONGEST, DAY, Schedule::LONGEST)), "2027-01-01T00:00:00Z", "2056-12-24T00:00:00Z"),
    ];
    for (times, made, end) in cases {
        let clock = Set::new(year(made).as_millisecond());
        let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
        let schedule = times.map(|(every, publish, grace)| Schedule::new(every, publish, grace).unwrap());
        let ring = store.create_ring(&plan(Algorithm::Es256, schedule)).unwrap();
        let state = ring.state().unwrap();
        for key in [state.current(), state.next()] {
            let [from, to] = dates(key.key());
            assert_eq!([from, to], [Timestamp::from_second(year(made).as_second()).unwrap(), year(end)]);
            assert_eq!(key.key().expires_at(), Some(to));
        }
        // Followed through its life: on time, the certificate is never over before the key is.
        let Some(schedule) = schedule else { continue };
        let next = state.next().key();
        let promoted = year(made).checked_add(schedule.every()).unwrap();
        ring.apply_due(promoted).unwrap();
        let replaced = promoted.checked_add(schedule.every()).unwrap();
        ring.apply_due(replaced).unwrap();
        let over = replaced.checked_add(schedule.grace()).unwrap();
        ring.apply_due(over).unwrap();
        let state = ring.state().unwrap();
        let followed = state.by_kid(next.kid().as_str()).unwrap();
        assert_eq!((followed.place().name(), followed.ended_at()), ("retired", Some(over)));
        assert!(next.expires_at().unwrap().as_second() >= over.as_second(), "{over}");
        // What is made in between lasts as long, from when it was made.
        let [from, to] = dates(state.next().key());
        let lasts = SignedDuration::try_from(schedule.every() * 2 + schedule.grace()).unwrap();
        assert!(
            to.duration_since(from) >= lasts.min(SignedDuration::from_hours(365 * 24)) - SignedDuration::from_secs(1)
        );
        assert_eq!(from.as_second(), state.next().published_at().as_second());
    }
}

#[test]
fn a_new_schedule_is_for_new_certificates() {
    let clock = Set::new(START);
    let store = Keystore::in_memory(Options::default().clock(clock)).unwrap();
    let ring = store.create_ring(&plan(Algorithm::Es256, None)).unwrap();
    let before = ring.state().unwrap();
    ring.set_schedule(Some(Schedule::new(800 * DAY, DAY, DAY).unwrap())).unwrap();
    let state = ring.rotate().unwrap();
    assert_eq!(dates(state.current().key()), dates(before.next().key()));
    let [from, to] = dates(state.next().key());
    assert_eq!(to.duration_since(from), SignedDuration::from_hours(1601 * 24));
    let heir = ring.revoke(state.next().key().kid()).unwrap();
    assert_eq!(dates(heir.next().key()), [from, to]);
}

#[test]
fn before_1970_too() {
    let clock = Set::new(-10_000_000);
    let store = Keystore::in_memory(Options::default().clock(clock)).unwrap();
    let schedule = Schedule::new(millis(60_000), millis(0), millis(30_000)).unwrap();
    let ring = store.create_ring(&plan(Algorithm::Es256, Some(schedule))).unwrap();
    let made = ring.state().unwrap().current().current_since().unwrap().as_millisecond();
    assert_due(&ring, made + 60_000, &[rotate(made + 60_000)]);
    ring.apply_due(at(made + 60_000)).unwrap();
    assert_due(&ring, made + 90_000, &[retire(made + 90_000)]);
    // Across it.
    ring.apply_due(instant(-1, 1)).unwrap();
    assert_eq!(ring.state().unwrap().current().current_since(), Some(at(-1)));
    assert_due(&ring, 29_999, &[retire(29_999)]);
}

#[test]
fn the_ends_of_time_do_no_harm() {
    let longest = Schedule::new(Schedule::LONGEST, Schedule::LONGEST, Schedule::LONGEST).unwrap();
    let shortest = Schedule::new(Schedule::SHORTEST, Duration::ZERO, Duration::ZERO).unwrap();
    let ends = [Timestamp::MIN, instant(0, -1), at(0), at(START), Timestamp::MAX];
    for schedule in [longest, shortest] {
        for clock in [Timestamp::MIN, at(0), LAST] {
            let options = || Options::default().clock(Arc::new(Still(clock)));
            let store = Keystore::in_memory(options()).unwrap();
            let ring = store.create_ring(&plan(Algorithm::Hs256, Some(schedule))).unwrap();
            for now in ends {
                let state = ring.state().unwrap();
                let due = ring.due(now).unwrap();
                assert_eq!(state.next_due().is_some_and(|next| next <= now), !due.is_empty());
                assert_eq!(ring.apply_due(now).unwrap(), due);
                // Without a grace, the key that was replaced is over at once.
                let again = ring.due(now).unwrap();
                assert!(again.len() <= usize::from(schedule == shortest));
                assert_eq!(ring.apply_due(now).unwrap(), again);
                assert_eq!(ring.apply_due(now).unwrap(), []);
            }
            ring.rotate().unwrap();
            let current = ring.state().unwrap().current().key().kid().clone();
            ring.revoke(&current).unwrap();
            ring.retire_previous().unwrap();
            assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);

            // A certificate needs a year that can be written.
            let with_certificates =
                RingPlan::new(RingName::new("signed").unwrap(), spec(Algorithm::Es256)).schedule(schedule);
            match store.create_ring(&with_certificates) {
                Ok(ring) => {
                    assert_eq!(clock, at(0));
                    let before = ring.state().unwrap();
                    assert!(ring.apply_due(Timestamp::MAX).unwrap_err().to_string().contains("9999"));
                    assert_eq!(ring.state().unwrap(), before);
                }
                Err(_) => assert!(clock != at(0)),
            }
        }
    }
    // Due after the end of time is never due.
    let store = Keystore::in_memory(Options::default().clock(Arc::new(Still(LAST)))).unwrap();
    let ring = store.create_ring(&plan(Algorithm::Hs256, Some(shortest))).unwrap();
    assert_eq!((ring.state().unwrap().next_due(), ring.due(Timestamp::MAX).unwrap()), (None, vec![]));
}

/// The last instant of which jiff makes milliseconds.
const LAST: Timestamp = Timestamp::constant(253_402_207_200, 0);

/// A clock that stands still, anywhere.
#[derive(Debug)]
struct Still(Timestamp);

impl keystead::Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Random bytes, until they are refused.
#[derive(Debug, Default)]
struct Refusing(AtomicBool);

impl Entropy for Refusing {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        if self.0.load(Ordering::SeqCst) { Err(EntropyError::new()) } else { SystemEntropy.fill(out) }
    }
}

#[test]
fn a_failure_does_none_of_what_is_due() {
    let (clock, entropy) = (Set::new(START), Arc::new(Refusing::default()));
    let store = Keystore::in_memory(Options::default().clock(clock).entropy(entropy.clone())).unwrap();
    let schedule = Schedule::new(millis(60_000), millis(0), millis(60_000)).unwrap();
    let ring = store.create_ring(&plan(Algorithm::Es256, Some(schedule))).unwrap();
    let before = ring.rotate().unwrap();
    let then = at(START + 60_000);
    assert_eq!(words(ring.due(then).unwrap()), [retire(START + 60_000), rotate(START + 60_000)]);
    entropy.0.store(true, Ordering::SeqCst);
    assert_eq!(ring.apply_due(then).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!((ring.state().unwrap(), store.len().unwrap()), (before, 3));
    // To retire takes no random bytes.
    ring.set_schedule(Some(Schedule::new(millis(60_001), millis(0), millis(60_000)).unwrap())).unwrap();
    assert_eq!(words(ring.apply_due(then).unwrap()), [retire(START + 60_000)]);
    entropy.0.store(false, Ordering::SeqCst);
    assert_eq!(words(ring.apply_due(at(START + 60_001)).unwrap()), [rotate(START + 60_001)]);
    assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
}

#[test]
fn threads_that_all_find_it_due_do_it_once() {
    let (_, ring) = scheduled(millis(60_000), millis(0), millis(60_000));
    let mut state = ring.rotate().unwrap();
    for n in 1..=20 {
        let then = at(START + n * 60_000);
        let done: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| ring.apply_due(then).unwrap().len())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(done, 2);
        let turned = ring.state().unwrap();
        assert_eq!([kid(turned.current()), kid(turned.previous().unwrap())], [kid(state.next()), kid(state.current())]);
        assert_eq!(turned.ended().len(), usize::min(n as usize, 4));
        state = turned;
    }
}

/// In the same call of two, one with an earlier clock: what it finds done, it does not do again.
#[test]
fn an_earlier_clock_finds_nothing_to_do() {
    let (_, ring) = scheduled(millis(60_000), millis(0), millis(0));
    ring.apply_due(at(START + 500_000)).unwrap();
    for earlier in [START + 60_000, START, 0] {
        assert_eq!(ring.apply_due(at(earlier)).unwrap(), []);
    }
    assert_due(&ring, START + 500_000, &[retire(START + 500_000)]);
}

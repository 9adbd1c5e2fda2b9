//! The Public Key Interoperability Test Suite of NIST: certificates and revocation lists that are right, or wrong in one
//! way each. Each test stands as a line in `data/pkits/verdicts.txt`: its number, whether its document says that the path
//! is valid, the client's certificate, what is presented with it, the revocation lists, what comes of it here, and, where
//! a valid path is refused, why. Where a test has several parts, the part with the initial settings of RFC 5280 counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/client_door.rs"]
mod client_door;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use client_door::{Door, second, subject, subject_der};
use keystead::Subject;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pkits")
}

struct Line<'a> {
    number: &'a str,
    valid: bool,
    client: &'a str,
    chain: Vec<&'a str>,
    crls: Vec<&'a str>,
    verdict: &'a str,
    /// Of a refusal that the document would not have.
    why: Option<&'a str>,
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let line = |line| {
        let [head, chain, crls, verdict] = str::split(line, '|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let [number, valid, client] = head.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(matches!(valid, "valid" | "invalid"), "{line}");
        let (verdict, why) = verdict.split_once(", ").map_or((verdict, None), |(verdict, why)| (verdict, Some(why)));
        Line { number, valid: valid == "valid", client, chain: words(chain), crls: words(crls), verdict, why }
    };
    text.lines().map(line).collect()
}

#[test]
fn paths_are_judged_as_the_document_says() {
    let text = fs::read_to_string(data().join("verdicts.txt")).unwrap();
    let certificate = |name: &str| fs::read(data().join(format!("certs/{name}.crt"))).unwrap();
    let list = |name: &str| fs::read(data().join(format!("crls/{name}.crl"))).unwrap();
    let root = certificate("TrustAnchorRootCertificate");
    let door = Door::new(second("2020-06-23T00:00:00Z"));
    let mut counts = Counts::default();
    let mut others = String::new();
    for line in lines(&text) {
        let chain: Vec<_> = [line.client].into_iter().chain(line.chain).map(certificate).collect();
        let crls: Vec<_> = line.crls.iter().map(|name| list(name)).collect();
        let chain: Vec<_> = chain.iter().map(Vec::as_slice).collect();
        let crls: Vec<_> = crls.iter().map(Vec::as_slice).collect();
        // One has its name elsewhere.
        let wanted = if subject_der(chain[0]) == [0x30, 0] { Subject::dns_name("none") } else { Ok(subject(chain[0])) };
        let app = door.trusted_ca(vec![wanted.unwrap()], &[&root], Some(true));
        let (came, told) = (door.word(app, &chain, &crls), door.told(app, &chain, &crls));
        door.drop_app(app);
        match (line.valid, came == "in") {
            (true, true) => counts.right_acceptances += 1,
            (false, false) => counts.right_refusals += 1,
            (false, true) => panic!("{} {} is accepted wrongly", line.number, line.client),
            (true, false) => *counts.wrong_refusals.entry(line.why.unwrap_or("why?")).or_insert(0) += 1,
        }
        if came != line.verdict || line.why.is_some() != (line.valid && came != "in") {
            writeln!(others, "{} {}: {} here, {told}", line.number, line.client, line.verdict).unwrap();
        }
    }
    assert_eq!(others, "");
    insta::assert_debug_snapshot!(counts, @r#"
    Counts {
        right_acceptances: 35,
        right_refusals: 121,
        wrong_refusals: {
            "DSA is not taken": 2,
            "a CA's certificate is no client's": 4,
            "a key signs the lists that is not on the path": 3,
            "delta lists take nobody off": 1,
            "indirect lists are not taken": 7,
            "lists of some reasons are not put together": 2,
            "policies are not understood": 25,
            "webpki compares names octet by octet": 5,
            "webpki counts CAs that issued themselves": 2,
            "webpki reads no time before 1970": 1,
            "webpki reads no unique identifiers": 1,
            "webpki understands no constraints of URIs": 2,
            "webpki understands no constraints of directory names": 8,
            "webpki understands no constraints of mail addresses": 4,
        },
    }
    "#);
}

#[derive(Debug, Default)]
struct Counts<'a> {
    right_acceptances: usize,
    right_refusals: usize,
    wrong_refusals: BTreeMap<&'a str, usize>,
}

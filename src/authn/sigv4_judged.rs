//! AWS Signature Version 4 judged from outside: AWS's own test suite, and requests that botocore signs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::checker::Facts;
use super::outcome::{Reason, Refusal};
use super::sigv4::{Expected, SigV4Check, canonical_request};
use super::{Presented, SignedRequest};
use crate::model::{AppId, AwsXks};

/// What the suite's files name `context.json`.
const SUITE: Expected<'_> = Expected {
    access_key_id: "AKIDEXAMPLE",
    secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    service: "service",
};
const SIGNED_AT: &str = "2015-08-30T12:36:00Z";

struct Case {
    name: String,
    request: SignedRequest,
    canonical: String,
}

fn suite() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sigv4");
    let mut folders: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let case = |folder: &PathBuf| {
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        Case {
            name,
            request: request(&text("header-signed-request.txt")),
            canonical: text("header-canonical-request.txt"),
        }
    };
    folders.iter().map(case).collect()
}

/// Reads a request as HTTP/1.1 has it, folded headers too.
fn request(text: &str) -> SignedRequest {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let head = head.replace("\n ", " ");
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
    let target = target.strip_suffix(" HTTP/1.1").unwrap_or(target);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = SignedRequest::new(method, path).query(query).body(body);
    lines.fold(request, |request, line| {
        let (name, value) = line.split_once(':').unwrap();
        request.header(name, value)
    })
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn check(request: &SignedRequest) -> Result<(), Refusal> {
    SUITE.check(request, at(SIGNED_AT))
}

/// What S3 would take: paths as they came.
const NOT_RESOLVED: [&str; 6] = [
    "get-relative-relative-unnormalized",
    "get-relative-unnormalized",
    "get-slash-dot-slash-unnormalized",
    "get-slash-pointless-dot-unnormalized",
    "get-slash-unnormalized",
    "get-slashes-unnormalized",
];

#[test]
fn the_suite_of_aws() {
    let mut taken = 0;
    for Case { name, request, canonical } in suite() {
        let outcome = check(&request).map_err(|refusal| refusal.to_string());
        match name.as_str() {
            // These two are about the canonical request alone: their files do not agree on the time.
            "double-encode-path" | "double-url-encode" => {
                assert_eq!(canonical_request(&request).unwrap().lines().nth(1), canonical.lines().nth(1), "{name}");
                assert!(outcome.is_err());
            }
            // The token was added behind the signature, as AWS IoT wants it. AWS KMS sends none.
            "post-sts-header-after" => assert_eq!(
                outcome.unwrap_err(),
                "malformed: the header 'x-amz-security-token' is not signed, and must be where it is there"
            ),
            name if NOT_RESOLVED.contains(&name) => {
                assert_eq!(
                    outcome.unwrap_err(),
                    "bad_signature: the signature is not that of this request under the secret key"
                );
            }
            name => {
                assert_eq!(outcome, Ok(()), "{name}");
                assert_eq!(canonical_request(&request).unwrap(), canonical, "{name}");
                taken += 1;
            }
        }
    }
    assert_eq!(taken, 31);
}

/// Every change of one thing.
fn changed(original: &SignedRequest) -> Vec<(String, SignedRequest)> {
    let with = |change: &dyn Fn(&mut SignedRequest)| {
        let mut copy = original.clone();
        change(&mut copy);
        copy
    };
    let mut changed = vec![
        ("method".to_owned(), with(&|request| request.method = "PATCH".into())),
        ("method's case".into(), with(&|request| request.method = request.method.to_lowercase())),
        ("path".into(), with(&|request| request.path.push('x'))),
        ("path encoded".into(), with(&|request| request.path.push_str("%20"))),
        ("folder".into(), with(&|request| request.path.push_str("x/"))),
        ("query".into(), with(&|request| request.query.push_str("&added"))),
        ("body".into(), with(&|request| request.body.push(b' '))),
    ];
    if !original.query.is_empty() {
        changed.push(("no query".into(), with(&|request| request.query.clear())));
    }
    for (at, (name, value)) in original.headers.iter().enumerate() {
        if ["content-length", "connection", "user-agent"].contains(&name.to_lowercase().as_str())
            && !is_signed(original, name)
        {
            continue;
        }
        changed.push((format!("{name} removed"), with(&|request| drop(request.headers.remove(at)))));
        changed.push((format!("{name} twice"), with(&|request| request.headers.push((name.clone(), value.clone())))));
        changed.push((format!("{name} longer"), with(&|request| request.headers[at].1.push('x'))));
        changed.push((format!("{name} empty"), with(&|request| request.headers[at].1.clear())));
        for (index, byte) in value.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_graphic()) {
            let other = if byte == b'0' { '1' } else { '0' };
            let value = format!("{}{other}{}", &value[..index], &value[index + 1..]);
            changed
                .push((format!("{name} at {index}: {value}"), with(&|request| request.headers[at].1 = value.clone())));
        }
    }
    changed
        .push(("x-amz-date by case".into(), with(&|request| request.headers.push(("X-AMZ-DATE".into(), "1".into())))));
    changed
        .push(("a header of AWS".into(), with(&|request| request.headers.push(("X-Amz-Target".into(), "1".into())))));
    changed
}

fn is_signed(request: &SignedRequest, name: &str) -> bool {
    let authorization = &request.headers.iter().find(|(name, _)| name == "Authorization").unwrap().1;
    let names = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
    names.split(';').any(|signed| signed == name.to_lowercase())
}

#[test]
fn the_suite_changed_is_refused() {
    let mut refused = 0;
    for case in suite().into_iter().filter(|case| check(&case.request).is_ok()) {
        for (what, request) in changed(&case.request) {
            let outcome = check(&request);
            assert!(outcome.is_err(), "{}: {what}", case.name);
            refused += 1;
        }
        let others = [
            Expected { access_key_id: "AKIDEXAMPLF", ..SUITE },
            Expected { secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEz", ..SUITE },
            Expected { secret_key: "", ..SUITE },
            Expected { service: "kms-xks-proxy", ..SUITE },
        ];
        let reasons = others.map(|other| other.check(&case.request, at(SIGNED_AT)).unwrap_err().reason);
        let bad = Reason::BadSignature;
        assert_eq!(reasons, [Reason::WrongAccessKey, bad, bad, Reason::WrongScope]);
        for (seconds, reason) in
            [(-301, Some(Reason::NotYetValid)), (-300, None), (300, None), (301, Some(Reason::Expired))]
        {
            let now = at(SIGNED_AT) + SignedDuration::from_secs(seconds);
            assert_eq!(SUITE.check(&case.request, now).err().map(|refusal| refusal.reason), reason);
        }
    }
    assert!(refused > 5000, "{refused}");
}

fn has_botocore() -> bool {
    let found = Command::new("python3").args(["-c", "import botocore"]).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        println!("skipped: python3 has no package botocore (pip install botocore)");
    }
    found
}

/// Each line is a request and what it was signed with.
fn signed_by_botocore() -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/sign_requests.py");
    let mut python = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(b"1 300\n").unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn botocore_signs() {
    if !has_botocore() {
        return;
    }
    let (mut right, mut wrong) = (0, 0);
    for line in signed_by_botocore() {
        let mut request = SignedRequest::new(text(&line["method"]), text(&line["path"])).query(text(&line["query"]));
        for header in line["headers"].as_array().unwrap() {
            request = request.header(text(&header[0]), text(&header[1]));
        }
        request = request.body(text(&line["body"]));
        let aws = AwsXks::parse(text(&line["access_key_id"]).into(), text(&line["secret_key"]).into()).unwrap();
        let (checker, now) = (SigV4Check::new(aws), at(text(&line["at"])));
        let facts = Facts { app: AppId::new(Uuid::from_u128(1)).unwrap(), now };
        let check = |request: &SignedRequest| checker.check(facts, &Presented::new().request(request));
        if let Err(refusal) = check(&request) {
            panic!("{refusal}\n{line:#}");
        }
        right += 1;
        for (what, request) in changed(&request) {
            assert!(check(&request).is_err(), "{what}\n{line:#}");
            wrong += 1;
        }
    }
    assert_eq!(right, 300);
    assert!(wrong > 30_000, "{wrong}");
}

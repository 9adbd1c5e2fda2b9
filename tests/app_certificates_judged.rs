//! Chains of applications judged by openssl and by Python's `cryptography` too, whose verifier of client certificates is one
//! of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/client_door.rs"]
mod client_door;
#[path = "support/client_pki.rs"]
mod client_pki;
#[path = "support/python.rs"]
mod python;

use std::fmt::Write as _;
use std::process::Command;

use client_door::{Door, subject};
use client_pki::{Make, Pki};
use insta::assert_snapshot;

/// Python's verifier asks for key identifiers and for an alternative name.
const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const IDS: &str = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
const CLIENT: &str =
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n";
const NAME: &str = "subjectAltName=DNS:app.example.com\n";

/// What it is about, and the extensions of root, CA and client.
const CASES: [(&str, [&str; 3]); 17] = [
    ("all is right", [CA, CA, CLIENT]),
    ("for servers", [CA, CA, "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n"]),
    ("for both", [CA, CA, "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n"]),
    ("for anything", [CA, CA, "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=anyExtendedKeyUsage\n"]),
    ("for key agreement", [CA, CA, "keyUsage=critical,keyAgreement\nextendedKeyUsage=clientAuth\n"]),
    ("below no CA", [CA, CLIENT, CLIENT]),
    (
        "below a CA that signs lists alone",
        [CA, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\n", CLIENT],
    ),
    (
        "below a CA for servers",
        [CA, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nextendedKeyUsage=serverAuth\n", CLIENT],
    ),
    (
        "below a CA of length 0",
        [CA, "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n", CLIENT],
    ),
    (
        "below a root of length 0",
        ["basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n", CA, CLIENT],
    ),
    (
        "below a root of length 1",
        ["basicConstraints=critical,CA:TRUE,pathlen:1\nkeyUsage=critical,keyCertSign\n", CA, CLIENT],
    ),
    ("below a root that is no CA", [CLIENT, CA, CLIENT]),
    ("with something critical", [CA, CA, "1.2.3.4=critical,DER:0500\nextendedKeyUsage=clientAuth\n"]),
    (
        "below something critical",
        [CA, "1.2.3.4=critical,DER:0500\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n", CLIENT],
    ),
    (
        "within constraints",
        [
            CA,
            "nameConstraints=critical,permitted;DNS:example.com\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n",
            CLIENT,
        ],
    ),
    (
        "outside of constraints",
        [
            CA,
            "nameConstraints=critical,permitted;DNS:example.org\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n",
            CLIENT,
        ],
    ),
    (
        "excluded by the root",
        [
            "nameConstraints=critical,excluded;DNS:example.com\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n",
            CA,
            CLIENT,
        ],
    ),
];

const SCRIPT: &str = r"
import datetime, sys
from cryptography import x509
from cryptography.x509 import verification
def read(name):
    with open(name, 'rb') as file:
        return x509.load_pem_x509_certificate(file.read())
def judge(at):
    root, ca, client = (read(f'{name}{at}.pem') for name in ('root', 'ca', 'client'))
    builder = verification.PolicyBuilder().time(datetime.datetime.fromtimestamp(int(sys.argv[2]), datetime.timezone.utc))
    builder = builder.store(verification.Store([root]))
    try:
        builder.build_client_verifier().verify(client, [ca])
        return 'in'
    except verification.VerificationError:
        return 'out'
print(' '.join(judge(at) for at in range(int(sys.argv[1]))))
";

#[test]
fn others_say_the_same_or_why_not() {
    let pki = Pki::new();
    let now = pki.now.as_second() + 3600;
    let door = Door::new(now);
    let (mut ours, mut openssl) = (Vec::new(), Vec::new());
    for (at, (_, [root, ca, client])) in CASES.iter().enumerate() {
        let names = ["root", "ca", "client"].map(|name| format!("{name}{at}"));
        let make = |place: usize, above: Option<&str>, extensions: String| {
            pki.make(&Make::new(&names[place], above, &extensions))
        };
        let root = make(0, None, format!("{root}subjectKeyIdentifier=hash\n"));
        let ca = make(1, Some(&names[0]), format!("{ca}{IDS}"));
        let client = make(2, Some(&names[1]), format!("{client}{IDS}{NAME}"));
        let app = door.trusted_ca(vec![subject(&client)], &[&root], None);
        ours.push(if door.word(app, &[&client, &ca], &[]) == "in" { "in" } else { "out" });
        let [root, ca, client] = names.map(|name| format!("{name}.pem"));
        let mut command = Command::new("openssl");
        command.args(["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", &root, "-untrusted", &ca, &client]);
        let status = command.current_dir(pki.path()).output().unwrap().status;
        openssl.push(if status.success() { "in" } else { "out" });
    }
    let mut table = String::new();
    for (((case, _), ours), theirs) in CASES.iter().zip(&ours).zip(&openssl) {
        writeln!(table, "{case}: {ours}, openssl {theirs}").unwrap();
    }
    // Keys for agreement are of use in TLS up to 1.2, where the key exchange is of a kind that nobody has any more.
    assert_snapshot!(table, @r"
    all is right: in, openssl in
    for servers: out, openssl out
    for both: in, openssl in
    for anything: out, openssl out
    for key agreement: out, openssl in
    below no CA: out, openssl out
    below a CA that signs lists alone: out, openssl out
    below a CA for servers: out, openssl out
    below a CA of length 0: in, openssl in
    below a root of length 0: out, openssl out
    below a root of length 1: in, openssl in
    below a root that is no CA: out, openssl out
    with something critical: out, openssl out
    below something critical: out, openssl out
    within constraints: in, openssl in
    outside of constraints: out, openssl out
    excluded by the root: out, openssl out
    ");
    if !python::has_cryptography() {
        return;
    }
    std::fs::write(pki.path().join("judge.py"), SCRIPT).unwrap();
    let words = ["judge.py".to_owned(), CASES.len().to_string(), now.to_string()];
    let output = Command::new("python3").args(words).current_dir(pki.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs = String::from_utf8(output.stdout).unwrap();
    let theirs: Vec<_> = theirs.split_whitespace().collect();
    assert_eq!(theirs.len(), CASES.len());
    let differ = |(((case, _), ours), theirs): (((&&str, _), &&str), &&str)| {
        (ours != theirs).then(|| format!("{case}: {ours}, Python {theirs}"))
    };
    let cases = CASES.iter().map(|(case, extensions)| (case, extensions));
    let differing: Vec<_> = cases.zip(&ours).zip(&theirs).filter_map(differ).collect();
    assert_snapshot!(differing.join("\n"), @"for key agreement: out, Python in");
}

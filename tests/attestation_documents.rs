//! What the README and the manual say of attestations, tried out: the openssl commands as they stand there, the tables, and
//! who reads object identifiers of 128 bits.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "support/judges.rs"]
mod judges;

use std::sync::Arc;

use jiff::Timestamp;
use judges::Folder;
use keystead::attestation::Check;
use keystead::{Algorithm, AttestationRequest, AuthorityPlan, Clock, GenerateKey, KeyName, KeySpec, Keystore, Options};
use x509_cert::der::Decode;

const README: &str = include_str!("../README.md");
const MANUAL: &str = include_str!("../src/manual/attestation.md");
const ARC: &str = "2.25.167357310102105099079929388927412430796";

#[derive(Debug)]
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// The openssl commands of the README.
fn commands() -> &'static str {
    let chapter = README.split("## Prove where a key comes from\n").nth(1).unwrap();
    let chapter = chapter.split("\n## ").next().unwrap();
    let commands = chapter.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(commands.lines().count() > 5 && commands.contains("openssl verify"));
    commands
}

/// `statement.pem`, `chain.pem` and `root.pem`, made at that time.
fn statement(at: &str) -> Folder {
    let store = Keystore::in_memory(Options::default().clock(Arc::new(At(at.parse().unwrap())))).unwrap();
    let spec = KeySpec::new(Algorithm::Es256, None).unwrap();
    let key = store.generate(GenerateKey::new(KeyName::new("key").unwrap(), spec)).unwrap();
    let authority = store.ensure_authority(&AuthorityPlan::new()).unwrap();
    let request = AttestationRequest::new().challenge(*b"0123456789abcdef").unwrap();
    let attestation = store.attest(key.id(), &request).unwrap();
    let folder = Folder::new();
    folder.put("statement.der", attestation.statement_der());
    folder.put("statement.pem", attestation.statement_pem().unwrap());
    folder.put("chain.pem", attestation.chain_pem().unwrap());
    folder.put("root.der", authority.trust_anchor());
    folder.openssl("x509 -inform DER -in root.der -out root.pem");
    folder.put("key.id", key.id().to_string());
    folder
}

/// What the commands print when all of them go well.
fn verify(folder: &Folder) -> Result<String, String> {
    folder.put("verify.sh", format!("set -eu\n{}", commands()));
    folder.run("sh", "verify.sh").map(|output| String::from_utf8(output).unwrap())
}

#[test]
fn the_readmes_openssl_commands_verify_a_statement() {
    // Its authority has ended years ago.
    let folder = statement("2020-02-29T12:00:00Z");
    let printed = verify(&folder).unwrap();
    let id = String::from_utf8(folder.get("key.id")).unwrap();
    for expected in
        ["authority.pem: OK\n", "Verified OK\n", &id, &format!("{ARC}.2.1"), &format!("{ARC}.2.2"), "0123456789abcdef"]
    {
        assert!(printed.contains(expected), "{expected}\n{printed}");
    }
}

#[test]
fn the_readmes_openssl_commands_refuse_what_is_wrong() {
    let (genuine, other) = (statement("2026-03-01T12:00:00Z"), statement("2026-03-01T12:00:00Z"));
    let refused = |file: &str, bytes: Vec<u8>, why: &str| {
        let kept = genuine.get(file);
        genuine.put(file, bytes);
        let said = verify(&genuine).unwrap_err();
        assert!(said.contains(why), "{file}: {said}");
        genuine.put(file, kept);
    };
    refused("root.pem", other.get("root.pem"), "verification failed");
    refused("chain.pem", other.get("chain.pem"), "verification failed");
    refused("statement.pem", other.get("statement.pem"), "Verification failure");
    // A claim taken out, a challenge changed.
    let der = genuine.get("statement.der");
    let at = der.windows(16).position(|window| window == b"0123456789abcdef").unwrap();
    let mut edited = der.clone();
    edited[at] ^= 1;
    genuine.put("edited.der", edited);
    genuine.openssl("x509 -inform DER -in edited.der -out edited.pem");
    refused("statement.pem", genuine.get("edited.pem"), "Verification failure");
    // A genuine one to be verified, an edited one to be shown.
    let labelled = String::from_utf8(genuine.get("statement.pem")).unwrap().replace("CERTIFICATE", "STATEMENT");
    let both = [labelled.as_bytes(), &genuine.get("edited.pem")].concat();
    refused("statement.pem", both, "Verification failure");
    // The CA in the place of the authority: of the right root, and not for statements.
    let chain = String::from_utf8(genuine.get("chain.pem")).unwrap();
    let ca = format!("-----BEGIN{}", chain.split("-----BEGIN").nth(2).unwrap());
    let refusal = {
        let kept = genuine.get("chain.pem");
        genuine.put("chain.pem", ca + &chain);
        let refusal = verify(&genuine).unwrap_err();
        genuine.put("chain.pem", kept);
        refusal
    };
    assert!(refusal.contains("authority.pem: OK") && !refusal.contains("Verified OK"), "{refusal}");
    assert!(verify(&genuine).is_ok());
}

/// The statement is refused by path validation, as the manual says, since its authority is no CA.
#[test]
fn openssl_verify_refuses_the_statement_itself() {
    let folder = statement("2026-03-01T12:00:00Z");
    let words = "verify -no-CApath -no-CAstore -CAfile root.pem -untrusted chain.pem -no_check_time statement.pem";
    let refusal = folder.run("openssl", words).unwrap_err();
    assert!(refusal.contains("invalid CA certificate"), "{refusal}");
}

#[test]
fn who_reads_identifiers_of_128_bits() {
    let folder = statement("2026-03-01T12:00:00Z");
    let claim = format!("{ARC}.2.1");
    let by_openssl = folder.openssl("x509 -in statement.pem -noout -text");
    let script = "from cryptography import x509\n\
                  statement, authority = (x509.load_pem_x509_certificate(open(name, 'rb').read())\n\
                  \x20                       for name in ('statement.pem', 'chain.pem'))\n\
                  statement.verify_directly_issued_by(authority)\n\
                  print([extension.oid.dotted_string for extension in statement.extensions])\n";
    let by_python = folder.python(script).unwrap();
    let mut readers = vec![("openssl", by_openssl), ("cryptography", by_python)];
    match folder.run("keytool", "-help") {
        Ok(_) => readers.push(("keytool", folder.run("keytool", "-printcert -file statement.pem").unwrap())),
        Err(said) => println!("skipped: no keytool: {}", said.lines().next().unwrap_or_default()),
    }
    for (reader, read) in readers {
        assert!(String::from_utf8_lossy(&read).contains(&claim), "{reader}");
    }
    assert!(x509_cert::Certificate::from_der(&folder.get("statement.der")).is_err());
}

#[test]
fn the_manual_names_every_check_in_order() {
    let table = MANUAL.split("| check | holds when |\n|---|---|\n").nth(1).unwrap();
    let names: Vec<_> = table.lines().take_while(|line| line.starts_with("| `")).collect();
    let names: Vec<_> = names.iter().map(|line| line.split('`').nth(1).unwrap()).collect();
    assert_eq!(names, Check::ALL.iter().map(|check| check.as_str()).collect::<Vec<_>>());
}

/// Each identifier that our certificates carry stands in the manual, and none more.
#[test]
fn the_manual_names_every_identifier() {
    let folder = statement("2026-03-01T12:00:00Z");
    let mut texts = folder.openssl("x509 -in statement.pem -noout -text");
    texts.extend(folder.openssl("x509 -in chain.pem -noout -text"));
    let texts = String::from_utf8_lossy(&texts).into_owned();
    let mut carried: Vec<_> = texts.match_indices(ARC).map(|(at, _)| &texts[at + ARC.len()..][..4]).collect();
    carried.sort_unstable();
    carried.dedup();
    let table = MANUAL.split("## Object identifiers\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains(" | `."));
    let named: Vec<_> = rows.map(|line| line.split('`').nth(1).unwrap()).collect();
    assert_eq!(carried, named);
}

//! Statements about keys, read by openssl.
#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

use std::fs;
use std::process::Command;

use keystead::{
    Algorithm, AttestationRequest, AuthorityPlan, ErrorKind, GenerateKey, KeyName, KeySpec, Keystore, Options,
};

fn generate(store: &Keystore, name: &str, algorithm: Algorithm) -> keystead::Key {
    let spec = KeySpec::new(algorithm, None).unwrap();
    store.generate(GenerateKey::new(KeyName::new(name).unwrap(), spec)).unwrap()
}

#[test]
fn openssl_reads_statement_and_chain() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let key = generate(&store, "key", Algorithm::Es384);
    let refused = store.attest(key.id(), &AttestationRequest::new()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotPossible);
    store.create_authority(&AuthorityPlan::new()).unwrap();
    let request = AttestationRequest::new().challenge(b"0123456789abcdef").unwrap();
    let attestation = store.attest(key.id(), &request).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("statement.pem"), attestation.statement_pem().unwrap()).unwrap();
    for (at, der) in attestation.authority_chain().enumerate() {
        fs::write(folder.path().join(format!("{at}.der")), der).unwrap();
    }
    let run = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder.path()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    for at in 0..3 {
        run(&format!("x509 -inform DER -in {at}.der -out {at}.pem"));
    }
    println!("{}", run("x509 -in statement.pem -noout -text"));
    println!("{}", run("x509 -in 0.pem -noout -text"));
    let verdict = run("verify -x509_strict -check_ss_sig -CAfile 2.pem -untrusted 1.pem 0.pem");
    assert_eq!(verdict, "0.pem: OK\n");
}

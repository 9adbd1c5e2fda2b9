//! Statements and the chains above them, read by others: openssl, Python's `cryptography`, keytool and Java. Each field says
//! what the store says of the key and of its authority.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first failure, and says which judge was not there"
)]

#[path = "support/attested.rs"]
mod attested;
#[path = "support/judges.rs"]
mod judges;
#[path = "support/python.rs"]
mod python;

use std::collections::HashSet;

use attested::{ARC, Hands, MADE, attest, certificates, generate, import, plan, python_reads, request, store};
use judges::{Folder, hex, pair};
use keystead::{Algorithm, Attestation, AttestationRequest, AuthorityStrength, Key, Keystore, Options, SecretFormat};
use python::has_cryptography;
use serde_json::{Value, json};

const NAMES: [&str; 4] = ["statement", "authority", "ca", "root"];
/// When statements are made: later than the authority, and with a fraction too.
const STATED: &str = "2026-11-29T23:59:59.999999999Z";
const ID: &str = "0191d7c4-89ab-7def-8123-456789abcdef";

fn lay_out(folder: &Folder, attestation: &Attestation) {
    for (name, der) in NAMES.iter().zip(certificates(attestation)) {
        folder.put(&format!("{name}.der"), der);
        folder.openssl(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    }
}

/// A whole second, as a certificate has it.
fn second(at: jiff::Timestamp) -> String {
    let second = at.as_second() - i64::from(at.subsec_nanosecond() < 0);
    jiff::Timestamp::from_second(second).unwrap().to_string()
}

fn text(oid: &str, text: &str) -> Value {
    json!([oid, "UTF8String", text])
}

/// The extensions of a statement about a key, from what the store tells of the key.
fn statement_extensions(key: &Key, challenge: Option<&[u8]>, authority: &Value) -> Value {
    let mut facts = json!({
        "origin": format!("{:?}", key.origin()),
        "storedSince": second(key.inserted_at()),
        "algorithm": key.algorithm().unwrap().name(),
    });
    if key.is_exportable() {
        facts["exportableSince"] = json!(second(key.inserted_at()));
    }
    if let Some(at) = key.exported_at() {
        facts["exportedAt"] = json!(second(at));
    }
    let mut extensions = vec![json!(["2.5.29.15", true, ["digital_signature"]])];
    if key.origin() == keystead::Origin::Generated {
        extensions.push(json!([format!("{ARC}.2.1"), false, "3000"]));
    }
    if !key.is_exportable() {
        extensions.push(json!([format!("{ARC}.2.2"), false, "3000"]));
    }
    extensions.push(json!([format!("{ARC}.3.1"), false, facts]));
    if let Some(challenge) = challenge {
        extensions.push(json!([format!("{ARC}.3.2"), false, hex(challenge)]));
    }
    extensions.push(json!(["2.5.29.35", false, { "keyid": authority["key_sha1"] }]));
    extensions.into()
}

/// What Python reads in the four certificates is what they are to say.
fn assert_says(key: &Key, attestation: &Attestation, at: &str, challenge: Option<&[u8]>, signatures: [&Value; 2]) {
    let read = python_reads(&certificates(attestation));
    let [statement, authority, ca, root] = read.as_slice() else { panic!("four certificates") };
    let root_name = json!([text("2.5.4.10", "Example Ltd."), text("2.5.4.3", "Keystead Attestation Root CA")]);
    let ca_name = json!([text("2.5.4.10", "Example Ltd."), text("2.5.4.3", "Keystead Key Attestation CA")]);
    let authority_name = json!([text("2.5.4.3", "Keystead Key Attestation Authority")]);
    let subject =
        json!([text("2.5.4.3", "Keystead Key Attestation"), text(&format!("{ARC}.1.1"), &key.id().to_string()),]);
    let certifies = json!(["digital_signature", "key_cert_sign", "crl_sign"]);
    let skid = |own: &Value| json!(["2.5.29.14", false, { "keyid": own["key_sha1"] }]);
    let policy = json!(["2.5.29.32", false, [format!("{ARC}.5.1")]]);
    let akid = |above: &Value| json!(["2.5.29.35", false, { "keyid": above["key_sha1"] }]);
    let (made, [by_chain, by_authority]) = ("2026-11-22T06:30:15Z", signatures);
    for (certificate, issuer, subject, from, to, signature, extensions) in [
        (
            statement,
            &authority_name,
            &subject,
            at,
            "9999-12-31T23:59:59Z",
            by_authority,
            statement_extensions(key, challenge, authority),
        ),
        (
            authority,
            &ca_name,
            &authority_name,
            made,
            "2026-12-22T06:30:15Z",
            by_chain,
            json!([
                ["2.5.29.15", true, ["digital_signature"]],
                ["2.5.29.19", true, { "ca": false }],
                ["2.5.29.37", false, [format!("{ARC}.4.1")]],
                skid(authority),
                policy,
                akid(ca),
            ]),
        ),
        (
            ca,
            &root_name,
            &ca_name,
            made,
            "2029-11-21T06:30:15Z",
            by_chain,
            json!([
                ["2.5.29.15", true, certifies],
                ["2.5.29.19", true, { "ca": true }],
                skid(ca),
                policy,
                akid(root),
            ]),
        ),
        (
            root,
            &root_name,
            &root_name,
            made,
            "2036-11-19T06:30:15Z",
            by_chain,
            json!([["2.5.29.15", true, certifies], ["2.5.29.19", true, { "ca": true }], skid(root)]),
        ),
    ] {
        assert_eq!(certificate["subject"], *subject);
        assert_eq!(certificate["issuer"], *issuer, "of {subject}");
        assert_eq!(certificate["not_before"], from, "of {subject}");
        assert_eq!(certificate["not_after"], to, "of {subject}");
        assert_eq!(certificate["signature"], *signature, "of {subject}");
        assert_eq!(certificate["extensions"], extensions, "of {subject}");
        let serial = certificate["serial"].as_str().unwrap();
        assert_eq!(serial.len(), 32, "{serial} of {subject}");
        assert!(serial.as_bytes()[0] < b'8', "{serial} of {subject}");
    }
    let spki = hex(key.public_key_der().unwrap());
    assert!(spki.ends_with(statement["key"].as_str().unwrap()));
}

const ECDSA: [(&str, &str); 2] = [("SHA-384", "1.2.840.10045.4.3.3"), ("SHA-256", "1.2.840.10045.4.3.2")];

fn ecdsa() -> [Value; 2] {
    ECDSA.map(|(_, oid)| json!([oid, []]))
}

#[test]
fn python_reads_what_the_store_says() {
    if !has_cryptography() {
        return;
    }
    let (store, clock) = store();
    let [by_chain, by_authority] = ecdsa();
    let rsa = pair(Algorithm::Rs256).file("key.pem");
    clock.set("2026-11-22T08:00:00.5Z");
    let keys = [
        store.generate(request("generated", Algorithm::Es256)).unwrap(),
        store.generate(request("exportable", Algorithm::Es512).exportable(true)).unwrap(),
        import(&store, "imported", &rsa, |request| request.algorithm(Algorithm::Ps384)),
        import(&store, "imported and exportable", &rsa, |request| request.exportable(true)),
    ];
    clock.set("2026-11-25T00:00:00Z");
    store.export_secret(keys[1].id(), &SecretFormat::Pkcs8Der).unwrap();
    clock.set(STATED);
    for key in &keys {
        let key = store.key(key.id()).unwrap();
        for challenge in [None, Some(&[0_u8][..]), Some(&[0xA5; 64])] {
            let asked = AttestationRequest::new();
            let asked = challenge.map_or(asked.clone(), |bytes| asked.challenge(bytes).unwrap());
            let attestation = store.attest(key.id(), &asked).unwrap();
            assert_says(&key, &attestation, "2026-11-29T23:59:59Z", challenge, [&by_chain, &by_authority]);
        }
    }
}

#[test]
fn an_rsa_authority_is_read_too() {
    let clock = Hands::at(MADE);
    let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
    store.create_authority(&plan().strength(AuthorityStrength::Rsa)).unwrap();
    let key = generate(&store, "key", Algorithm::Es256);
    clock.set(STATED);
    let attestation = attest(&store, key.id());
    let folder = Folder::new();
    lay_out(&folder, &attestation);
    for (name, bits) in NAMES.iter().zip(["256", "3072", "4096", "4096"]) {
        let said = String::from_utf8(folder.openssl(&format!("x509 -in {name}.pem -noout -text"))).unwrap();
        assert!(said.contains(&format!("Public-Key: ({bits} bit)")), "{said}");
    }
    assert_openssl_verifies(&folder, "sha256");
    assert_java_verifies(&folder);
    if has_cryptography() {
        let rs256 = json!(["1.2.840.113549.1.1.11", [[5, ""]]]);
        assert_says(&key, &attestation, "2026-11-29T23:59:59Z", None, [&rs256, &rs256]);
    }
}

#[test]
fn serial_numbers_are_positive_of_16_octets_and_never_the_same() {
    let (store, _) = store();
    let ids = [generate(&store, "one", Algorithm::Es256).id(), generate(&store, "two", Algorithm::Es256).id()];
    let mut seen = HashSet::new();
    let mut note = |der: &[u8]| {
        // Outer and inner SEQUENCE have a length of two octets, the version takes five.
        assert_eq!([der[1], der[5]], [0x82, 0x82]);
        let serial = &der[13..31];
        assert_eq!(serial[..2], [2, 16]);
        assert!((0x01..0x80).contains(&serial[2]), "{serial:02x?}");
        assert!(seen.insert(serial.to_vec()), "twice: {serial:02x?}");
    };
    for der in store.authority().unwrap().unwrap().chain() {
        note(der);
    }
    for _ in 0..500 {
        ids.iter().for_each(|id| note(attest(&store, *id).statement_der()));
    }
}

/// Authority, CA and root by PKIX at two times; the statement by hand, since its authority is no CA.
fn assert_openssl_verifies(folder: &Folder, hash: &str) {
    let run = |words: &str| folder.run("openssl", words);
    let at = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_second();
    let path = |at: i64| {
        let strict = "-x509_strict -check_ss_sig -purpose any -policy_check";
        let policy = format!("-policy {ARC}.5.1 -explicit_policy");
        run(&format!("verify {strict} {policy} -attime {at} -CAfile root.pem -untrusted ca.pem authority.pem"))
    };
    assert_eq!(path(at(STATED)).unwrap(), b"authority.pem: OK\n");
    // The last second counts for RFC 5280, section 4.1.2.5; for openssl it is over.
    assert_eq!(path(at("2026-12-22T06:30:14Z")).unwrap(), b"authority.pem: OK\n");
    assert!(path(at("2026-12-22T06:30:15Z")).unwrap_err().contains("certificate has expired"));
    assert!(path(at("2026-11-22T06:30:14Z")).unwrap_err().contains("certificate is not yet valid"));
    assert!(run("verify -x509_strict -CAfile ca.pem authority.pem").is_err(), "the CA is no root");

    run("asn1parse -in statement.pem -strparse 4 -noout -out signed").unwrap();
    let parsed = String::from_utf8(run("asn1parse -in statement.pem").unwrap()).unwrap();
    let offset = parsed.lines().last().unwrap().split(':').next().unwrap().trim().to_owned();
    run(&format!("asn1parse -in statement.pem -strparse {offset} -noout -out signature")).unwrap();
    for (name, signed) in [("authority", true), ("ca", false), ("statement", false)] {
        folder.put("public", run(&format!("x509 -in {name}.pem -noout -pubkey")).unwrap());
        let said = run(&format!("dgst -{hash} -verify public -signature signature signed"));
        assert_eq!(said.is_ok(), signed, "{name}: {said:?}");
    }
}

#[test]
fn openssl_verifies_chain_and_statement() {
    let (store, clock) = store();
    let key = generate(&store, "key", Algorithm::Es384);
    clock.set(STATED);
    let attestation = attest(&store, key.id());
    let folder = Folder::new();
    lay_out(&folder, &attestation);
    assert_openssl_verifies(&folder, "sha256");
    // The PEM is that of openssl; the chain is the three one behind the other.
    assert_eq!(attestation.statement_pem().unwrap().as_bytes(), folder.get("statement.pem"));
    let chain: Vec<_> = NAMES[1..].iter().map(|name| folder.get(&format!("{name}.pem"))).collect();
    assert_eq!(attestation.chain_pem().unwrap().as_bytes(), chain.concat());
    assert_eq!(store.authority().unwrap().unwrap().trust_anchor(), folder.get("root.der"));
}

/// Serial numbers, keys, their identifiers and signatures are cut out.
fn shown(folder: &Folder, name: &str) -> String {
    let said = String::from_utf8(folder.openssl(&format!("x509 -in {name}.pem -noout -text"))).unwrap();
    let octet = |text: &str| text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    // A line that is not the last one ends in a colon.
    let hexadecimal = |line: &str| line.strip_suffix(':').unwrap_or(line).split(':').all(octet);
    let mut lines: Vec<String> = Vec::new();
    for line in said.lines() {
        let indent = line.len() - line.trim_start().len();
        let shown = if hexadecimal(line.trim()) { " ".repeat(indent) + "[octets]" } else { line.trim_end().to_owned() };
        if !shown.ends_with("[octets]") || lines.last() != Some(&shown) {
            lines.push(shown);
        }
    }
    lines.join("\n")
}

#[test]
fn openssl_shows_all_four() {
    let (store, clock) = store();
    let key = store.generate(request("key", Algorithm::Es384).id(ID.parse().unwrap()).exportable(true)).unwrap();
    clock.set(STATED);
    store.export_secret(key.id(), &SecretFormat::Jwk).unwrap();
    let asked = AttestationRequest::new().challenge(b"fresh and random").unwrap();
    let folder = Folder::new();
    lay_out(&folder, &store.attest(key.id(), &asked).unwrap());
    insta::assert_snapshot!(shown(&folder, "statement"), @"
    Certificate:
        Data:
            Version: 3 (0x2)
            Serial Number:
                [octets]
            Signature Algorithm: ecdsa-with-SHA256
            Issuer: CN = Keystead Key Attestation Authority
            Validity
                Not Before: Nov 29 23:59:59 2026 GMT
                Not After : Dec 31 23:59:59 9999 GMT
            Subject: CN = Keystead Key Attestation, 2.25.167357310102105099079929388927412430796.1.1 = 0191d7c4-89ab-7def-8123-456789abcdef
            Subject Public Key Info:
                Public Key Algorithm: id-ecPublicKey
                    Public-Key: (384 bit)
                    pub:
                        [octets]
                    ASN1 OID: secp384r1
                    NIST CURVE: P-384
            X509v3 extensions:
                X509v3 Key Usage: critical
                    Digital Signature
                2.25.167357310102105099079929388927412430796.2.1:
                    0.
                2.25.167357310102105099079929388927412430796.3.1:
                    0=
    ....20261122063015Z..ES384..20261122063015Z..20261129235959Z
                2.25.167357310102105099079929388927412430796.3.2:
                    ..fresh and random
                X509v3 Authority Key Identifier:
                    [octets]
        Signature Algorithm: ecdsa-with-SHA256
        Signature Value:
            [octets]
    ");
    insta::assert_snapshot!(shown(&folder, "authority"), @"
    Certificate:
        Data:
            Version: 3 (0x2)
            Serial Number:
                [octets]
            Signature Algorithm: ecdsa-with-SHA384
            Issuer: O = Example Ltd., CN = Keystead Key Attestation CA
            Validity
                Not Before: Nov 22 06:30:15 2026 GMT
                Not After : Dec 22 06:30:15 2026 GMT
            Subject: CN = Keystead Key Attestation Authority
            Subject Public Key Info:
                Public Key Algorithm: id-ecPublicKey
                    Public-Key: (256 bit)
                    pub:
                        [octets]
                    ASN1 OID: prime256v1
                    NIST CURVE: P-256
            X509v3 extensions:
                X509v3 Key Usage: critical
                    Digital Signature
                X509v3 Basic Constraints: critical
                    CA:FALSE
                X509v3 Extended Key Usage:
                    2.25.167357310102105099079929388927412430796.4.1
                X509v3 Subject Key Identifier:
                    [octets]
                X509v3 Certificate Policies:
                    Policy: 2.25.167357310102105099079929388927412430796.5.1
                X509v3 Authority Key Identifier:
                    [octets]
        Signature Algorithm: ecdsa-with-SHA384
        Signature Value:
            [octets]
    ");
    insta::assert_snapshot!(shown(&folder, "ca"), @"
    Certificate:
        Data:
            Version: 3 (0x2)
            Serial Number:
                [octets]
            Signature Algorithm: ecdsa-with-SHA384
            Issuer: O = Example Ltd., CN = Keystead Attestation Root CA
            Validity
                Not Before: Nov 22 06:30:15 2026 GMT
                Not After : Nov 21 06:30:15 2029 GMT
            Subject: O = Example Ltd., CN = Keystead Key Attestation CA
            Subject Public Key Info:
                Public Key Algorithm: id-ecPublicKey
                    Public-Key: (384 bit)
                    pub:
                        [octets]
                    ASN1 OID: secp384r1
                    NIST CURVE: P-384
            X509v3 extensions:
                X509v3 Key Usage: critical
                    Digital Signature, Certificate Sign, CRL Sign
                X509v3 Basic Constraints: critical
                    CA:TRUE
                X509v3 Subject Key Identifier:
                    [octets]
                X509v3 Certificate Policies:
                    Policy: 2.25.167357310102105099079929388927412430796.5.1
                X509v3 Authority Key Identifier:
                    [octets]
        Signature Algorithm: ecdsa-with-SHA384
        Signature Value:
            [octets]
    ");
    insta::assert_snapshot!(shown(&folder, "root"), @"
    Certificate:
        Data:
            Version: 3 (0x2)
            Serial Number:
                [octets]
            Signature Algorithm: ecdsa-with-SHA384
            Issuer: O = Example Ltd., CN = Keystead Attestation Root CA
            Validity
                Not Before: Nov 22 06:30:15 2026 GMT
                Not After : Nov 19 06:30:15 2036 GMT
            Subject: O = Example Ltd., CN = Keystead Attestation Root CA
            Subject Public Key Info:
                Public Key Algorithm: id-ecPublicKey
                    Public-Key: (384 bit)
                    pub:
                        [octets]
                    ASN1 OID: secp384r1
                    NIST CURVE: P-384
            X509v3 extensions:
                X509v3 Key Usage: critical
                    Digital Signature, Certificate Sign, CRL Sign
                X509v3 Basic Constraints: critical
                    CA:TRUE
                X509v3 Subject Key Identifier:
                    [octets]
        Signature Algorithm: ecdsa-with-SHA384
        Signature Value:
            [octets]
    ");
}

#[test]
fn keytool_prints_all_four() {
    let folder = Folder::new();
    if let Err(said) = folder.run("keytool", "-help") {
        println!("skipped: no keytool: {}", said.lines().next().unwrap_or_default());
        return;
    }
    let (store, clock) = store();
    let key = store.generate(request("key", Algorithm::Es384).id(ID.parse().unwrap())).unwrap();
    clock.set(STATED);
    lay_out(&folder, &attest(&store, key.id()));
    let printed = NAMES.map(|name| {
        let words = "-J-Duser.timezone=UTC -J-Duser.language=en -printcert -file";
        let said = String::from_utf8(folder.run("keytool", &format!("{words} {name}.der")).unwrap()).unwrap();
        assert!(!said.contains("Warning"), "{said}");
        let facts = ["Owner:", "Issuer:", "Valid from:", "Signature algorithm", "Subject Public Key", "Version:"];
        said.lines().filter(|line| facts.iter().any(|fact| line.starts_with(fact))).collect::<Vec<_>>().join("\n")
    });
    insta::assert_snapshot!(printed.join("\n\n"), @"
    Owner: OID.2.25.167357310102105099079929388927412430796.1.1=0191d7c4-89ab-7def-8123-456789abcdef, CN=Keystead Key Attestation
    Issuer: CN=Keystead Key Attestation Authority
    Valid from: Sun Nov 29 23:59:59 UTC 2026 until: Fri Dec 31 23:59:59 UTC 9999
    Signature algorithm name: SHA256withECDSA
    Subject Public Key Algorithm: 384-bit EC (secp384r1) key
    Version: 3

    Owner: CN=Keystead Key Attestation Authority
    Issuer: CN=Keystead Key Attestation CA, O=Example Ltd.
    Valid from: Sun Nov 22 06:30:15 UTC 2026 until: Tue Dec 22 06:30:15 UTC 2026
    Signature algorithm name: SHA384withECDSA
    Subject Public Key Algorithm: 256-bit EC (secp256r1) key
    Version: 3

    Owner: CN=Keystead Key Attestation CA, O=Example Ltd.
    Issuer: CN=Keystead Attestation Root CA, O=Example Ltd.
    Valid from: Sun Nov 22 06:30:15 UTC 2026 until: Wed Nov 21 06:30:15 UTC 2029
    Signature algorithm name: SHA384withECDSA
    Subject Public Key Algorithm: 384-bit EC (secp384r1) key
    Version: 3

    Owner: CN=Keystead Attestation Root CA, O=Example Ltd.
    Issuer: CN=Keystead Attestation Root CA, O=Example Ltd.
    Valid from: Sun Nov 22 06:30:15 UTC 2026 until: Wed Nov 19 06:30:15 UTC 2036
    Signature algorithm name: SHA384withECDSA
    Subject Public Key Algorithm: 384-bit EC (secp384r1) key
    Version: 3
    ");
}

fn assert_java_verifies(folder: &Folder) -> Option<String> {
    if let Err(said) = folder.run("java", "-version") {
        println!("skipped: no java: {}", said.lines().next().unwrap_or_default());
        return None;
    }
    folder.put("VerifyStatement.java", include_str!("support/VerifyStatement.java"));
    let said = folder.run("java", &format!("VerifyStatement.java {STATED}")).unwrap_or_else(|said| panic!("{said}"));
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("path: PKIXCertPathValidatorResult"), "{said}");
    Some(said)
}

#[test]
fn java_validates_chain_and_statement() {
    let (store, clock) = store();
    let key = store.generate(request("key", Algorithm::Es512).id(ID.parse().unwrap())).unwrap();
    clock.set(STATED);
    let folder = Folder::new();
    lay_out(&folder, &attest(&store, key.id()));
    let Some(said) = assert_java_verifies(&folder) else { return };
    insta::assert_snapshot!(said, @"
    OID.2.25.167357310102105099079929388927412430796.1.1=0191d7c4-89ab-7def-8123-456789abcdef, CN=Keystead Key Attestation
      by CN=Keystead Key Attestation Authority
      from 2026-11-29T23:59:59Z to 9999-12-31T23:59:59Z
      signed with SHA256withECDSA
      key usage [1, 0, 0, 0, 0, 0, 0, 0, 0]
      extended key usage null
      certificates below -1
      critical [2.5.29.15]
      others [2.25.167357310102105099079929388927412430796.2.1, 2.25.167357310102105099079929388927412430796.2.2, 2.25.167357310102105099079929388927412430796.3.1, 2.5.29.35]
    CN=Keystead Key Attestation Authority
      by CN=Keystead Key Attestation CA, O=Example Ltd.
      from 2026-11-22T06:30:15Z to 2026-12-22T06:30:15Z
      signed with SHA384withECDSA
      key usage [1, 0, 0, 0, 0, 0, 0, 0, 0]
      extended key usage [2.25.167357310102105099079929388927412430796.4.1]
      certificates below -1
      critical [2.5.29.15, 2.5.29.19]
      others [2.5.29.14, 2.5.29.32, 2.5.29.35, 2.5.29.37]
    CN=Keystead Key Attestation CA, O=Example Ltd.
      by CN=Keystead Attestation Root CA, O=Example Ltd.
      from 2026-11-22T06:30:15Z to 2029-11-21T06:30:15Z
      signed with SHA384withECDSA
      key usage [1, 0, 0, 0, 0, 1, 1, 0, 0]
      extended key usage null
      certificates below 2147483647
      critical [2.5.29.15, 2.5.29.19]
      others [2.5.29.14, 2.5.29.32, 2.5.29.35]
    CN=Keystead Attestation Root CA, O=Example Ltd.
      by CN=Keystead Attestation Root CA, O=Example Ltd.
      from 2026-11-22T06:30:15Z to 2036-11-19T06:30:15Z
      signed with SHA384withECDSA
      key usage [1, 0, 0, 0, 0, 1, 1, 0, 0]
      extended key usage null
      certificates below 2147483647
      critical [2.5.29.15, 2.5.29.19]
      others [2.5.29.14]
    path: PKIXCertPathValidatorResult
    claim .2.1 4023000
    claim .2.2 4023000
    ");
}

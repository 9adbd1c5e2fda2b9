//! Applications behind a trusted CA: chains that openssl made, each wrong in one way.
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

use client_door::{Door, inside, subject};
use client_pki::{CA, CLIENT, Make, Pki};
use insta::assert_snapshot;
use keystead::{CredentialPart, DirectoryName, ErrorKind, Subject, TrustAnchorSubject, TrustAnchors, TrustedCa};

/// One root, and a store whose clock stands an hour after all certificates began.
struct Scene {
    pki: Pki,
    root: Vec<u8>,
    door: Door,
}

impl Scene {
    fn new() -> Self {
        let pki = Pki::new();
        let root = pki.issue("root", None, CA);
        let door = Door::new(pki.now.as_second() + 3600);
        Self { pki, root, door }
    }

    fn issue(&self, name: &str, issuer: &str, extensions: &str) -> Vec<u8> {
        self.pki.issue(name, Some(issuer), extensions)
    }

    /// What is told to a chain below the root.
    fn told(&self, chain: &[&[u8]]) -> String {
        self.told_below(&self.root, chain)
    }

    fn told_below(&self, root: &[u8], chain: &[&[u8]]) -> String {
        let app = self.door.trusted_ca(vec![subject(chain[0])], &[root], None);
        self.door.told(app, chain, &[])
    }

    /// What is told of a client's certificate that the root issued.
    fn client(&self, extensions: &str) -> String {
        self.told(&[&self.issue("client", "root", extensions)])
    }

    /// What is told of a good client's certificate below a CA of these extensions.
    fn below(&self, extensions: &str) -> String {
        let ca = self.issue("ca", "root", extensions);
        self.told(&[&self.issue("client", "ca", CLIENT), &ca])
    }
}

#[test]
fn good_chains_are_let_in() {
    let scene = Scene::new();
    assert_eq!(scene.client(CLIENT), "in");
    assert_eq!(scene.client("basicConstraints=CA:FALSE\n"), "in");
    assert_snapshot!(scene.client(""), @"no_path: certificate 0 is of version 1, allowed is 3");
    assert_eq!(scene.below(CA), "in");
    // Basic constraints alone make a CA.
    assert_eq!(scene.below("basicConstraints=CA:TRUE\n"), "in");
    let (ca, client) = (scene.pki.der("ca"), scene.pki.der("client"));
    let stray = scene.pki.issue("stray", None, CA);
    assert_eq!(scene.told(&[&client, &stray, &scene.root, &ca, &ca]), "in");
    // An anchor need not be issued by itself, and need not be the last.
    assert_eq!(scene.told_below(&ca, &[&client]), "in");
    assert_eq!(scene.told_below(&ca, &[&client, &ca, &scene.root]), "in");
    // The issuer's name in other letters is the anchor's.
    scene.pki.make(&Make::new("loud root", None, CA).subject("/CN=ROOT").key("root"));
    let below = scene.issue("below", "loud root", CLIENT);
    assert_eq!(scene.told(&[&below]), "in");
    assert_snapshot!(scene.told(&[&client]), @"no_path: no path leads from the certificate to a trust anchor");
    assert_snapshot!(scene.told_below(&stray, &[&client, &ca]), @"no_path: no path leads from the certificate to a trust anchor");
    assert_snapshot!(scene.told(&[&ca, &client]), @"wrong_purpose: certificate 0 is a CA's, allowed is one of a client");
}

#[test]
fn signatures_are_those_of_the_keys_above() {
    let scene = Scene::new();
    let ca = scene.issue("ca", "root", CA);
    let mut client = scene.issue("client", "ca", CLIENT);
    // The same name, another key.
    let other = scene.pki.make(&Make::new("other", Some("root"), CA).subject("/CN=ca"));
    assert_snapshot!(scene.told(&[&client, &other]), @"no_path: no path leads from the certificate to a trust anchor");
    assert_eq!(scene.told(&[&client, &other, &ca]), "in");
    let at = client.len() - 1;
    client[at] ^= 1;
    assert_snapshot!(scene.told(&[&client, &ca]), @"no_path: no path leads from the certificate to a trust anchor");
    let (client, mut app) = (scene.pki.der("client"), None);
    let mut told = |chain: &[&[u8]]| {
        let app = app.get_or_insert_with(|| scene.door.trusted_ca(vec![subject(&client)], &[&scene.root], None));
        scene.door.told(*app, chain, &[])
    };
    assert_eq!(told(&[&client, &ca]), "in");
    for (chain, at) in [
        ([&client[..client.len() - 1], &ca], 0),
        ([&[&client[..], &[0]].concat(), &ca], 0),
        ([&client, &ca[..9]], 1),
        ([&client, &[]], 1),
    ] {
        assert!(told(&chain).starts_with(&format!("malformed: certificate {at} of the chain cannot be read")));
    }
}

#[test]
fn keys_and_signatures_of_every_kind() {
    let scene = Scene::new();
    let p384 = "-algorithm EC -pkeyopt ec_paramgen_curve:P-384";
    let p521 = "-algorithm EC -pkeyopt ec_paramgen_curve:P-521";
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    for (kind, key) in [(p384, "p384"), (p521, "p521"), (rsa, "rsa")] {
        let ca = scene.pki.make(&Make::new(key, Some("root"), CA).kind(kind));
        for digest in ["-sha256", "-sha384", "-sha512"] {
            let pss = format!("{digest} -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest");
            for options in [digest, &pss] {
                if key == "rsa" || options == digest {
                    let client = scene.pki.make(&Make::new("client", Some(key), CLIENT).options(options));
                    assert_eq!(scene.told(&[&client, &ca]), "in", "{key} {options}");
                }
            }
        }
        for options in ["-sha1", "-sha224"] {
            let client = scene.pki.make(&Make::new("client", Some(key), CLIENT).options(options));
            assert!(scene.told(&[&client, &ca]).starts_with("no_path"), "{key} {options}");
        }
    }
    // An exponent of 41 bits is no mistake of anybody's: it makes verifying slow.
    let slow = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:1099511627791";
    let short = "-algorithm RSA -pkeyopt rsa_keygen_bits:1024";
    for (key, kind) in [("slow", slow), ("short", short), ("ed", "-algorithm ED25519")] {
        let ca = scene.pki.make(&Make::new(key, Some("root"), CA).kind(kind));
        let client = scene.pki.make(&Make::new("client", Some(key), CLIENT));
        assert!(scene.told(&[&client, &ca]).starts_with("no_path"), "{key}");
    }
    // The client's own key is nothing to us: TLS has proved it.
    let client = scene.pki.make(&Make::new("edwards", Some("root"), CLIENT).kind("-algorithm ED25519"));
    assert_eq!(scene.told(&[&client]), "in");
}

#[test]
fn all_must_be_valid_now() {
    let scene = Scene::new();
    let root = scene.pki.make(&Make::new("short root", None, CA).days(30));
    let ca = scene.pki.make(&Make::new("ca", Some("short root"), CA).days(20));
    let client = scene.pki.make(&Make::new("client", Some("ca"), CLIENT).days(10));
    let lasting = scene.pki.make(&Make::new("lasting", Some("ca"), CLIENT).days(90));
    let (of_client, of_lasting) = (
        scene.door.trusted_ca(vec![subject(&client)], &[&root], None),
        scene.door.trusted_ca(vec![subject(&lasting)], &[&root], None),
    );
    let told = |days: i64, seconds: i64| {
        let door = scene.door.at(scene.pki.now.as_second() + days * 86400 + seconds);
        let told = |app, client: &[u8]| {
            let told = door.told(app, &[client, &ca], &[]);
            // Without the times.
            told.split(" 20").next().unwrap().to_owned()
        };
        [told(of_client, &client), told(of_lasting, &lasting)]
    };
    let is_in = || "in".to_owned();
    // openssl made them some seconds after `now`.
    assert_eq!(told(0, 3600), [is_in(), is_in()]);
    assert_eq!(
        told(-1, 0),
        ["not_valid_now: certificate 0 is valid from", "not_valid_now: certificate 0 is valid from"]
    );
    assert_eq!(told(9, 86000), [is_in(), is_in()]);
    assert_eq!(told(11, 0), ["not_valid_now: certificate 0 expired at".to_owned(), is_in()]);
    assert_eq!(told(21, 0)[1], "not_valid_now: certificate 1 expired at");
    let direct = scene.issue("direct", "short root", CLIENT);
    let app = scene.door.trusted_ca(vec![subject(&direct)], &[&root], None);
    assert_eq!(scene.door.word(app, &[&direct], &[]), "in");
    let later = scene.door.at(scene.pki.now.as_second() + 31 * 86400);
    assert!(later.told(app, &[&direct], &[]).starts_with("not_valid_now: trust anchor 0 expired at 20"));
}

#[test]
fn purposes_are_asked_for() {
    let scene = Scene::new();
    assert_snapshot!(scene.client("keyUsage=keyAgreement,keyEncipherment\n"), @"wrong_purpose: certificate 0 has a key usage without digitalSignature, which a client needs");
    assert_snapshot!(scene.client("extendedKeyUsage=serverAuth\n"), @"wrong_purpose: certificate 0 has an extended key usage without clientAuth");
    assert_snapshot!(scene.client("extendedKeyUsage=anyExtendedKeyUsage\n"), @"wrong_purpose: certificate 0 has an extended key usage without clientAuth");
    assert_eq!(scene.client("extendedKeyUsage=critical,serverAuth,clientAuth\n"), "in");
    assert_snapshot!(scene.client("extendedKeyUsage=DER:3000\n"), @"wrong_purpose: certificate 0 has an extended key usage without clientAuth");
    assert_snapshot!(scene.client(CA), @"wrong_purpose: certificate 0 is a CA's, allowed is one of a client");
    assert_snapshot!(scene.below(&format!("{CA}extendedKeyUsage=serverAuth\n")), @"wrong_purpose: certificate 1 has an extended key usage without clientAuth");
    assert_eq!(scene.below(&format!("{CA}extendedKeyUsage=serverAuth,clientAuth\n")), "in");
}

#[test]
fn only_cas_issue() {
    let scene = Scene::new();
    assert_snapshot!(scene.below(CLIENT), @"no_path: certificate 1 issued another and is no CA's by its basic constraints");
    assert_snapshot!(scene.below("keyUsage=keyCertSign\n"), @"no_path: certificate 1 issued another and is no CA's by its basic constraints");
    assert_snapshot!(scene.below("basicConstraints=CA:TRUE\nkeyUsage=digitalSignature,cRLSign\n"), @"no_path: certificate 1 issued another and has a key usage without keyCertSign");
    let anchor = |extensions: &str| {
        let root = scene.pki.issue("odd", None, extensions);
        scene.told_below(&root, &[&scene.issue("client", "odd", CLIENT)])
    };
    assert_snapshot!(anchor("basicConstraints=CA:FALSE\n"), @"no_path: trust anchor 0 issued another and is no CA's by its basic constraints");
    assert_snapshot!(anchor("subjectKeyIdentifier=hash\n"), @"no_path: trust anchor 0 issued another and is no CA's by its basic constraints");
    assert_snapshot!(anchor("basicConstraints=CA:TRUE\nkeyUsage=cRLSign\n"), @"no_path: trust anchor 0 issued another and has a key usage without keyCertSign");
    assert_snapshot!(anchor("basicConstraints=CA:TRUE\nextendedKeyUsage=serverAuth\n"), @"wrong_purpose: trust anchor 0 has an extended key usage without clientAuth");
    assert_snapshot!(anchor("basicConstraints=CA:TRUE\n1.2.3.4=critical,DER:0500\n"), @"no_path: trust anchor 0 has the critical extension 1.2.3.4, which is not understood");
    assert_eq!(anchor("basicConstraints=CA:TRUE\n1.2.3.4=DER:0500\n"), "in");
}

#[test]
fn paths_have_lengths() {
    let scene = Scene::new();
    let limited = |most: u32| format!("basicConstraints=CA:TRUE,pathlen:{most}\n");
    let root = scene.pki.issue("narrow", None, &limited(0));
    let direct = scene.issue("direct", "narrow", CLIENT);
    assert_eq!(scene.told_below(&root, &[&direct]), "in");
    let ca = scene.issue("ca", "narrow", CA);
    let client = scene.issue("client", "ca", CLIENT);
    assert_snapshot!(scene.told_below(&root, &[&client, &ca]), @"no_path: trust anchor 0 has 1 CAs below it, at most 0 by its path length");
    // One that the root issued for a new key of its own does not count.
    let renewed = scene.pki.make(&Make::new("renewed", Some("narrow"), CA).subject("/CN=narrow"));
    let client = scene.issue("client", "renewed", CLIENT);
    assert_eq!(scene.told_below(&root, &[&client, &renewed]), "in");
    let first = scene.issue("first", "root", &limited(0));
    let second = scene.issue("second", "first", CA);
    let client = scene.issue("client", "second", CLIENT);
    assert_snapshot!(scene.told(&[&client, &second, &first]), @"no_path: a CA on the path has more CAs below it than its path length allows");
    let first = scene.pki.make(&Make::new("first", Some("root"), &limited(1)));
    assert_eq!(scene.told(&[&client, &second, &first]), "in");
    let mut chain = vec![];
    for at in 0..7 {
        let above = if at == 0 { "root".to_owned() } else { format!("deep {}", at - 1) };
        chain.insert(0, scene.issue(&format!("deep {at}"), &above, CA));
        let client = scene.issue("client", &format!("deep {at}"), CLIENT);
        let whole: Vec<_> = [&client].into_iter().chain(&chain).map(Vec::as_slice).collect();
        let told = scene.told(&whole);
        if at < 6 {
            assert_eq!(told, "in", "{at}");
        } else {
            assert_snapshot!(told, @"no_path: the path has more than 6 CAs between the certificate and the anchor");
        }
    }
}

#[test]
fn what_is_critical_must_be_understood() {
    let scene = Scene::new();
    let policy = "certificatePolicies=critical,2.16.840.1.101.3.2.1.48.1\n";
    assert_snapshot!(scene.client("1.2.3.4=critical,DER:0500\n"), @"no_path: certificate 0 has the critical extension 1.2.3.4, which is not understood");
    assert_eq!(scene.client("1.2.3.4=DER:0500\n"), "in");
    assert_snapshot!(scene.client(policy), @"no_path: certificate 0 has the critical extension 2.5.29.32, which is not understood");
    assert_eq!(scene.client("certificatePolicies=2.16.840.1.101.3.2.1.48.1\n"), "in");
    assert_snapshot!(scene.below(&format!("{CA}{policy}")), @"no_path: certificate 1 has the critical extension 2.5.29.32, which is not understood");
    assert_snapshot!(scene.below(&format!("{CA}inhibitAnyPolicy=critical,0\n")), @"no_path: certificate 1 has the critical extension 2.5.29.54, which is not understood");
    assert_snapshot!(scene.below(&format!("{CA}policyConstraints=requireExplicitPolicy:0\n")), @"no_path: certificate 1 has policy constraints, which are not understood");
    assert_eq!(scene.below(&format!("{CA}policyMappings=1.2.3:1.2.4\n")), "in");
    assert_snapshot!(scene.below(&format!("{CA}policyMappings=1.2.3:2.5.29.32.0\n")), @"no_path: certificate 1 maps anyPolicy to another policy");
    assert_snapshot!(scene.below(&format!("{CA}policyMappings=DER:0500\n")), @"no_path: certificate 1 has an extension that cannot be read: certificate is malformed: unexpected ASN.1 DER tag: expected SEQUENCE, got NULL");
}

#[test]
fn name_constraints_hold_or_are_not_understood() {
    let scene = Scene::new();
    let below = |constraints: &str, client: &str| {
        let ca = scene.issue("ca", "root", &format!("{CA}nameConstraints={constraints}\n"));
        scene.told(&[&scene.issue("client", "ca", &format!("{CLIENT}{client}")), &ca])
    };
    let broken = "no_path: a name on the path is not within the name constraints above it, or of a kind for which they are not understood";
    for (constraints, client, told) in [
        ("critical,permitted;DNS:example.com", "subjectAltName=DNS:app.example.com\n", "in"),
        ("permitted;DNS:example.com", "subjectAltName=DNS:app.example.org\n", broken),
        ("critical,excluded;DNS:example.com", "subjectAltName=DNS:app.example.com\n", broken),
        ("critical,excluded;DNS:example.com", "subjectAltName=DNS:app.example.org\n", "in"),
        ("critical,permitted;IP:10.0.0.0/255.0.0.0", "subjectAltName=IP:10.1.2.3\n", "in"),
        ("critical,permitted;IP:10.0.0.0/255.0.0.0", "subjectAltName=IP:11.1.2.3\n", broken),
        ("critical,permitted;IP:10.0.0.0/255.0.0.0", "subjectAltName=DNS:a\n", "in"),
        // Kinds that webpki does not understand.
        ("critical,permitted;URI:.example.com", "subjectAltName=URI:https://a.example.com\n", broken),
        ("critical,excluded;email:example.com", "subjectAltName=email:a@example.org\n", broken),
        ("critical,permitted;dirName:dn\n[dn]\nCN=client\n", "", broken),
        ("critical,excluded;dirName:dn\n[dn]\nCN=other\n", "", broken),
        ("critical,permitted;dirName:dn\n[dn]\nCN=client\n", "subjectAltName=DNS:a\n", broken),
    ] {
        assert_eq!(below(constraints, client), told, "{constraints} {client}");
    }
    // RFC 5280, section 4.2.1.10: addresses in the subject count too.
    let ca = scene.issue("ca", "root", &format!("{CA}nameConstraints=critical,permitted;email:example.com\n"));
    let with_mail = |mail: &str| {
        let client = Make::new("client", Some("ca"), CLIENT).subject(mail);
        scene.told(&[&scene.pki.make(&client), &ca])
    };
    assert_eq!(with_mail("/CN=client/emailAddress=a@example.org"), broken);
    assert_eq!(with_mail("/CN=client"), "in");
    // An anchor's hold as well.
    for (constraints, told) in [("permitted;DNS:example.com", "in"), ("excluded;DNS:example.com", broken)] {
        let root = scene.pki.issue("odd", None, &format!("{CA}nameConstraints=critical,{constraints}\n"));
        let client = scene.issue("client", "odd", &format!("{CLIENT}subjectAltName=DNS:app.example.com\n"));
        assert_eq!(scene.told_below(&root, &[&client]), told);
    }
    let root = scene.pki.issue("odd", None, &format!("{CA}nameConstraints=critical,permitted;email:example.com\n"));
    let client = Make::new("client", Some("odd"), CLIENT).subject("/emailAddress=a@example.org");
    assert_eq!(scene.told_below(&root, &[&scene.pki.make(&client)]), broken);
}

#[test]
fn anchors_are_certificates_of_any_version() {
    let scene = Scene::new();
    let old = scene.pki.make(&Make::new("old", None, ""));
    let client = scene.issue("client", "old", CLIENT);
    // Version 1: it begins with a serial number.
    assert_eq!(inside(inside(&old)[0])[0][0], 2);
    assert_eq!(scene.told_below(&old, &[&client]), "in");
    let anchors = |field: TrustAnchors| {
        let name = DirectoryName::new([("2.5.4.3", b"\x0C\x01a".to_vec())]).unwrap();
        let trusted = TrustedCa::new(TrustAnchorSubject::Subject(name), field, None).unwrap();
        let error = scene.door.app(CredentialPart::TrustedCa(trusted)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    let pem = std::fs::read(scene.pki.path().join("root.pem")).unwrap();
    assert_snapshot!(anchors(TrustAnchors::One(pem.into())), @"ca_certificate is PEM, allowed is a certificate in DER");
    assert_snapshot!(anchors(TrustAnchors::Many(vec![scene.root.clone().into(), [0x30, 0].into()])), @"ca_certificates cannot be read: certificate is malformed: ASN.1 DER message is incomplete: expected 3, actual 2 at DER byte 2");
    let long = [&scene.root[..], &[0]].concat();
    assert_snapshot!(anchors(TrustAnchors::One(long.into())).split(':').next().unwrap(), @"ca_certificate cannot be read");
}

#[test]
fn a_certificate_must_be_the_one() {
    let scene = Scene::new();
    let client = scene.issue("client", "root", CLIENT);
    let again = scene.issue("client", "root", CLIENT);
    let app = scene.door.app(CredentialPart::Certificate(client.clone().into())).unwrap();
    assert_eq!(scene.door.told(app, &[&client], &[]), "in");
    assert_eq!(scene.door.told(app, &[&client, b"whatever else"], &[]), "in");
    assert_snapshot!(scene.door.told(app, &[&again], &[]), @"wrong_certificate: the certificate is another");
    assert_snapshot!(scene.door.told(app, &[&again, &client], &[]), @"wrong_certificate: the certificate is another");
    assert_snapshot!(scene.door.told(app, &[&client[..9]], &[]), @"wrong_certificate: the certificate is another");
    assert_snapshot!(scene.door.told(app, &[], &[]), @"not_presented: no certificate was presented");
    // It is trusted for itself: long after its end too.
    assert_eq!(scene.door.at(scene.pki.now.as_second() + 1000 * 86400).told(app, &[&client], &[]), "in");
    for wrong in [&b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"[..], &[0x30, 0], &client[..99]] {
        let error = scene.door.app(CredentialPart::Certificate(wrong.into())).unwrap_err();
        assert!(error.to_string().starts_with("certificate "), "{error}");
    }
}

#[test]
fn chains_have_bounds() {
    let scene = Scene::new();
    let client = scene.issue("client", "root", CLIENT);
    let app = scene.door.trusted_ca(vec![subject(&client)], &[&scene.root], None);
    let of = |count: usize| scene.door.told(app, &vec![&client[..]; count], &[]);
    assert_snapshot!(of(0), @"not_presented: no certificate was presented");
    assert_eq!(of(16), "in");
    assert_snapshot!(of(17), @"malformed: 17 certificates were presented, allowed are at most 16");
    assert_snapshot!(of(5000), @"malformed: 5000 certificates were presented, allowed are at most 16");
    let huge = vec![0x30; 100_000];
    assert_snapshot!(scene.door.told(app, &[&client, &huge], &[]), @"malformed: certificate 1 of the chain cannot be read: certificate is 100000 bytes, at most 65536");
    let other = scene.door.trusted_ca(vec![Subject::dns_name("a").unwrap()], &[&scene.root], None);
    assert_snapshot!(scene.door.told(other, &[&client], &[]), @"wrong_subject: the certificate is about none of the subjects that are allowed");
}

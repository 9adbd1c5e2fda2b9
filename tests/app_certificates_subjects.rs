//! Applications behind a trusted CA: whom a certificate is about.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first failure, and says which judge was not there"
)]

#[path = "support/client_door.rs"]
mod client_door;
#[path = "support/client_pki.rs"]
mod client_pki;
#[path = "support/python.rs"]
mod python;

use std::process::Command;

use client_door::{Door, inside, subject, subject_der};
use client_pki::{CA, CLIENT, Make, Pki};
use insta::assert_snapshot;
use keystead::{AppId, CredentialPart, DirectoryName, Subject, TrustAnchorSubject, TrustAnchors, TrustedCa};

struct Scene {
    pki: Pki,
    root: Vec<u8>,
    door: Door,
}

const CN: &str = "2.5.4.3";
const O: &str = "2.5.4.10";
const OU: &str = "2.5.4.11";

impl Scene {
    fn new() -> Self {
        let pki = Pki::new();
        let root = pki.issue("root", None, CA);
        let door = Door::new(pki.now.as_second() + 3600);
        Self { pki, root, door }
    }

    fn client(&self, subject: &str, extensions: &str, options: &str) -> Vec<u8> {
        let extensions = format!("{CLIENT}{extensions}");
        self.pki.make(&Make::new("client", Some("root"), &extensions).subject(subject).options(options))
    }

    fn app(&self, subjects: Vec<Subject>) -> AppId {
        self.door.trusted_ca(subjects, &[&self.root], None)
    }

    /// Whether a certificate is about one of these.
    fn is(&self, client: &[u8], subjects: Vec<Subject>) -> bool {
        let app = self.app(subjects);
        let word = self.door.word(app, &[client], &[]);
        self.door.drop_app(app);
        assert!(matches!(word, "in" | "wrong_subject"), "{word}");
        word == "in"
    }
}

fn tagged(tag: u8, text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    [&[tag, u8::try_from(text.len()).unwrap()], text].concat()
}

const UTF8: u8 = 0x0C;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const IA5: u8 = 0x16;
const BMP: u8 = 0x1E;

fn name(attributes: &[(&str, Vec<u8>)]) -> Subject {
    Subject::DirectoryName(DirectoryName::new(attributes.iter().cloned()).unwrap())
}

/// A name of UTF8Strings.
fn utf8(attributes: &[(&str, &str)]) -> Subject {
    let attributes: Vec<_> = attributes.iter().map(|(oid, text)| (*oid, tagged(UTF8, text))).collect();
    name(&attributes)
}

fn dns(text: &str) -> Subject {
    Subject::dns_name(text).unwrap()
}

fn ip(text: &str) -> Subject {
    Subject::IpAddress(text.parse().unwrap())
}

#[test]
fn directory_names_are_whole_and_in_order() {
    let scene = Scene::new();
    let client = scene.client("/O=Acme Corp/OU=Billing/CN=app", "", "");
    let is = |attributes: &[(&str, &str)]| scene.is(&client, vec![utf8(attributes)]);
    assert!(is(&[(O, "Acme Corp"), (OU, "Billing"), (CN, "app")]));
    assert!(is(&[(O, "  ACME   corp "), (OU, "billing"), (CN, "APP")]));
    for other in [
        &[(CN, "app"), (OU, "Billing"), (O, "Acme Corp")][..],
        &[(O, "Acme Corp"), (OU, "Billing")],
        &[(OU, "Billing"), (CN, "app")],
        &[(CN, "app")],
        &[(O, "Acme Corp"), (OU, "Billing"), (CN, "app"), (CN, "app")],
        &[(O, "Acme Corp"), (CN, "Billing"), (CN, "app")],
        &[(O, "Acme Corp"), (OU, "Billing"), (CN, "app2")],
        &[(O, "AcmeCorp"), (OU, "Billing"), (CN, "app")],
        &[(O, "Acme Corp"), (OU, "Billing"), (CN, "app\0")],
        &[(O, "Acme Corp"), (OU, "Billing"), (CN, "")],
        &[(O, "Acme Corp"), (OU, "Billing"), (CN, "*")],
    ] {
        assert!(!is(other), "{other:?}");
    }
    for (tag, right) in [(PRINTABLE, true), (TELETEX, true), (IA5, true), (0x04, false)] {
        let wanted = [(O, tagged(tag, "Acme Corp")), (OU, tagged(tag, "Billing")), (CN, tagged(tag, "app"))];
        assert_eq!(scene.is(&client, vec![name(&wanted)]), right, "{tag}");
    }
    // One of several is enough.
    let wanted = utf8(&[(O, "Acme Corp"), (OU, "Billing"), (CN, "app")]);
    assert!(scene.is(&client, vec![dns("a"), ip("10.0.0.1"), utf8(&[(CN, "a")]), wanted.clone()]));
    assert!(!scene.is(&client, vec![dns("app"), ip("10.0.0.1"), utf8(&[(CN, "a")])]));
    // The three forms of the vendor say the same.
    let Subject::DirectoryName(directory) = &wanted else { panic!("a directory name") };
    for form in [
        TrustAnchorSubject::Subject(directory.clone()),
        TrustAnchorSubject::SubjectGeneral(wanted.clone()),
        TrustAnchorSubject::Subjects(vec![wanted.clone()]),
    ] {
        let trusted = TrustedCa::new(form, TrustAnchors::One(scene.root.clone().into()), None).unwrap();
        let app = scene.door.app(CredentialPart::TrustedCa(trusted)).unwrap();
        assert_eq!(scene.door.word(app, &[&client], &[]), "in");
    }
}

#[test]
fn a_part_of_several_attributes_is_no_part_of_one() {
    let scene = Scene::new();
    // openssl reads `+` so.
    let client = scene.client("/O=Acme/OU=Billing+CN=app", "", "");
    assert_eq!(inside(subject_der(&client)).len(), 2);
    assert!(!scene.is(&client, vec![subject(&client)]));
    assert!(!scene.is(&client, vec![utf8(&[(O, "Acme"), (OU, "Billing"), (CN, "app")])]));
    assert!(!scene.is(&client, vec![utf8(&[(O, "Acme"), (CN, "app"), (OU, "Billing")])]));
    assert!(!scene.is(&client, vec![utf8(&[(O, "Acme"), (CN, "app")])]));
}

#[test]
fn alternative_names_count_as_what_they_are() {
    let scene = Scene::new();
    let alternatives = "subjectAltName=DNS:App.Example.com,DNS:*.wild.example,DNS:dot.example.,IP:10.1.2.3,IP:::ffff:10.9.9.9,IP:2001:db8::1,email:mail.example,URI:uri.example,dirName:dn\n[dn]\nO=Acme\nCN=other\n";
    let client = scene.client("/CN=cn.example", alternatives, "");
    for (wanted, right) in [
        (dns("app.example.com"), true),
        (dns("APP.EXAMPLE.COM"), true),
        (dns("example.com"), false),
        (dns("x.app.example.com"), false),
        // What a wildcard stands for is not asked.
        (dns("a.wild.example"), false),
        (dns("wild.example"), false),
        (dns("dot.example"), false),
        (dns("mail.example"), false),
        (dns("uri.example"), false),
        // A common name is no DNS name.
        (dns("cn.example"), false),
        (ip("10.1.2.3"), true),
        (ip("10.1.2.4"), false),
        (ip("::ffff:10.1.2.3"), false),
        (ip("::ffff:10.9.9.9"), true),
        (ip("10.9.9.9"), false),
        (ip("2001:db8::1"), true),
        (ip("2001:db8::2"), false),
        (dns("10.1.2.3"), false),
        (utf8(&[(O, "acme"), (CN, "OTHER")]), true),
        (utf8(&[(CN, "OTHER")]), false),
        (utf8(&[(CN, "cn.example")]), true),
    ] {
        assert_eq!(scene.is(&client, vec![wanted.clone()]), right, "{wanted:?}");
    }
    // An address of another length is none, and a NUL ends nothing.
    let odd = "subjectAltName=DER:301C87020A01870A0A01020300000000000082066170700078798202610A\n";
    let client = scene.client("/CN=client", odd, "");
    for wanted in [ip("10.1.0.0"), ip("10.1.2.3"), dns("app"), dns("a")] {
        assert!(!scene.is(&client, vec![wanted]));
    }
    let app = scene.app(vec![dns("a")]);
    for broken in ["0500", "3000", "300282", "30038200FF", "3003820161FF", "300405000500", "3003890161", "3002A400"] {
        let client = scene.client("/CN=client", &format!("subjectAltName=DER:{broken}\n"), "");
        let told = scene.door.told(app, &[&client], &[]);
        // webpki stops at what is no SEQUENCE.
        assert!(told.starts_with("malformed: certificate 0") || told.starts_with("no_path"), "{broken}: {told}");
    }
}

#[test]
fn an_empty_subject_is_nobody() {
    let scene = Scene::new();
    let client = scene.client("/", "subjectAltName=critical,DNS:a\n", "");
    assert_eq!(subject_der(&client), [0x30, 0]);
    assert!(scene.is(&client, vec![dns("a")]));
    assert!(!scene.is(&client, vec![utf8(&[(CN, "")])]));
    assert!(DirectoryName::new(Vec::<(String, Vec<u8>)>::new()).is_err());
}

#[test]
fn names_that_cannot_be_read_are_refused_at_once() {
    let scene = Scene::new();
    let wrong = |oid: &str, value: &[u8]| {
        let subject = TrustAnchorSubject::SubjectGeneral(name(&[(oid, value.to_vec())]));
        let trusted = TrustedCa::new(subject, TrustAnchors::One(scene.root.clone().into()), None).unwrap();
        scene.door.app(CredentialPart::TrustedCa(trusted)).unwrap_err().to_string()
    };
    assert_snapshot!(wrong("CN", b"\x0C\x01a"), @"directory_name has the object identifier 'CN', allowed are those like 2.5.4.3");
    assert_snapshot!(wrong("2.5.4.3", b"client"), @"directory_name has at place 0 a value that is not one whole value in DER");
    assert_snapshot!(wrong("2.5.4.3", b"\x0C\x01ab"), @"directory_name has at place 0 a value that is not one whole value in DER");
    assert_snapshot!(wrong("2.5.4.3", b"\x0C\x02a\xFF"), @"directory_name has at place 0 a UTF8String with characters that it cannot have");
}

/// Values of two names, of which each is compared with each.
const VALUES: [(u8, &[u8]); 16] = [
    (UTF8, b"Good CA"),
    (UTF8, b"good  ca"),
    (UTF8, b" GOOD CA "),
    (UTF8, b"GoodCA"),
    (UTF8, b"Good CA\0"),
    (PRINTABLE, b"Good CA"),
    (PRINTABLE, b"gOOD ca"),
    (IA5, b"good ca"),
    (TELETEX, b"Good CA"),
    (BMP, b"\0G\0o\0o\0d\0 \0C\0A"),
    (UTF8, "Bücher".as_bytes()),
    (UTF8, "BÜCHER".as_bytes()),
    (BMP, b"\0B\0\xFC\0c\0h\0e\0r"),
    (UTF8, b"Good\tCA"),
    (UTF8, "Good\u{A0}CA".as_bytes()),
    (UTF8, b""),
];

/// `X509_NAME_cmp` of openssl, by Python's `ctypes`: what names are equal there. It folds the case of ASCII alone, and takes
/// tabs for spaces.
#[test]
fn names_are_equal_where_openssl_says_so() {
    let scene = Scene::new();
    let names: Vec<_> = VALUES.iter().map(|(tag, value)| with_common_name(*tag, value)).collect();
    let apps: Vec<_> = VALUES.iter().map(|(tag, value)| scene.app(vec![name(&[(CN, tagged(*tag, value))])])).collect();
    let mut equal = String::new();
    for name in &names {
        let hex: String = tagged(0x30, tagged(0xA4, name)).iter().map(|byte| format!("{byte:02X}")).collect();
        let client = scene.client("/CN=somebody", &format!("subjectAltName=DER:{hex}\n"), "");
        equal.extend(apps.iter().map(|app| if scene.door.word(*app, &[&client], &[]) == "in" { '1' } else { '0' }));
    }
    if !python::has_cryptography() {
        return;
    }
    let hex = |der: &Vec<u8>| der.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let script = format!("names = '{}'.split()\n{COMPARE}", names.iter().map(hex).collect::<Vec<_>>().join(" "));
    let output = Command::new("python3").args(["-c", &script]).output().unwrap();
    let theirs = String::from_utf8(output.stdout).unwrap();
    if theirs.trim() == "none" {
        println!("skipped: python3 finds no libcrypto");
        return;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let differ = |(at, (ours, theirs)): (usize, (char, char))| {
        let (first, second) = (at / VALUES.len(), at % VALUES.len());
        (ours != theirs && first < second).then(|| format!("{first}-{second}: {ours} here, {theirs} there"))
    };
    let differing: Vec<_> = equal.chars().zip(theirs.trim().chars()).enumerate().filter_map(differ).collect();
    // A tab is no space here, and umlauts have cases.
    assert_snapshot!(differing.join("\n"), @r"
    0-13: 0 here, 1 there
    1-13: 0 here, 1 there
    2-13: 0 here, 1 there
    5-13: 0 here, 1 there
    6-13: 0 here, 1 there
    7-13: 0 here, 1 there
    8-13: 0 here, 1 there
    9-13: 0 here, 1 there
    10-11: 1 here, 0 there
    11-12: 1 here, 0 there
    ");
    assert_eq!(theirs.trim().len(), VALUES.len() * VALUES.len());
}

/// A name of one common name.
fn with_common_name(tag: u8, value: &[u8]) -> Vec<u8> {
    let attribute = tagged(0x30, [&[6, 3, 0x55, 4, 3][..], &tagged(tag, value)].concat());
    tagged(0x30, tagged(0x31, attribute))
}

const COMPARE: &str = r"
import ctypes, ctypes.util
found = ctypes.util.find_library('crypto')
if not found:
    print('none')
    raise SystemExit
lib = ctypes.CDLL(found)
lib.d2i_X509_NAME.restype = ctypes.c_void_p
lib.X509_NAME_cmp.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
def read(name):
    der = bytes.fromhex(name)
    at = ctypes.c_char_p(der)
    return lib.d2i_X509_NAME(None, ctypes.byref(at), ctypes.c_long(len(der)))
read_names = [read(name) for name in names]
assert all(read_names)
print(''.join(str(int(lib.X509_NAME_cmp(a, b) == 0)) for a in read_names for b in read_names))
";

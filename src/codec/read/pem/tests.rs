//! PEM as it comes: line ends, headers, several blocks, labels that lie.

use base64ct::{Base64, Encoding};

use super::super::super::rfc_keys::PRIVATE;
use super::super::read_document;
use super::*;
use crate::codec::pem;

fn wrong(text: &str) -> String {
    read_pem(text.as_bytes()).unwrap_err().to_string()
}

fn der(base64: &str) -> Vec<u8> {
    Base64::decode_vec(base64).unwrap()
}

/// The P-256 key of RFC 7517 as SEC 1.
fn ec() -> String {
    pem("EC PRIVATE KEY", &der(PRIVATE[0].traditional)).unwrap()
}

fn certificate() -> &'static str {
    include_str!("../../../../tests/data/fusionauth-seed.pem")
}

/// A SEC 1 key as it should come out, by its bytes.
fn expect_ec(text: &[u8]) {
    let items = read_pem(text).unwrap();
    let [Item { structure: Structure::Sec1, content: Content::Private(RawPrivate::Ec { curve, key, .. }), .. }] =
        &*items
    else {
        panic!("{items:?}")
    };
    assert_eq!((*curve, key.expose_secret()), (Curve::P256, &*der(PRIVATE[0].traditional)));
}

#[test]
fn line_ends_and_widths_do_not_matter() {
    let text = ec();
    expect_ec(text.as_bytes());
    expect_ec(text.trim_end().as_bytes());
    for (from, to) in [
        ("\n", "\r\n"),
        ("\n", "\r"),
        ("\n", "\n\n"),
        ("\n", "\r\n\r\n"),
        ("\n", " \t\n"),
        ("\n", "\n  "),
        ("\n", " "),
        ("\n", "\x0C\n"),
        ("M", "M\n"),
        ("M", "\nM\r"),
    ] {
        expect_ec(
            text.replace(from, to)
                .replace("-----BEGIN EC PRIVATE KEY----- ", "-----BEGIN EC PRIVATE KEY-----")
                .as_bytes(),
        );
    }
    // All on one line, without a blank.
    let base64 = PRIVATE[0].traditional;
    expect_ec(format!("-----BEGIN EC PRIVATE KEY-----{base64}-----END EC PRIVATE KEY-----").as_bytes());
    let mut byte_by_byte = String::from("-----BEGIN EC PRIVATE KEY-----\n");
    base64.chars().for_each(|c| byte_by_byte.extend([c, '\n']));
    expect_ec((byte_by_byte + "-----END EC PRIVATE KEY-----").as_bytes());
}

#[test]
fn text_around_blocks_is_skipped() {
    let text = ec();
    expect_ec(
        format!("Bag Attributes\n    localKeyID: 01\n - dashes ---- here\n{text}\nmore -- text\n-----\n").as_bytes(),
    );
    expect_ec(&[b"fa\xE7ade in Latin-1\n", text.as_bytes(), b"\xFF\xFE"].concat());
    let both = format!("subject=CN = x\n{}\nissuer=CN = y\n{text}", certificate());
    let items = read_pem(both.as_bytes()).unwrap();
    let structures: Vec<_> = items.iter().map(|item| item.structure).collect();
    assert_eq!(structures, [Structure::Certificate, Structure::Sec1]);
}

/// RFC 1421, section 4.6.1.
#[test]
fn headers_are_skipped() {
    for headers in
        ["X-Comment: a\n\n", "\nA: b\nC: d\n continued: e\n\tand f\n\n", "A: b\r\n\r\n", "A: b\r\r", "A: b\n \t\n"]
    {
        expect_ec(ec().replacen("KEY-----\n", &format!("KEY-----\n{headers}"), 1).as_bytes());
    }
    let with = |headers: &str| wrong(&ec().replacen("KEY-----\n", &format!("KEY-----\n{headers}"), 1));
    insta::assert_snapshot!(with("A: b\n"), @"PEM stops making sense at line 3: there is no blank line behind the headers; accepted is base64 between -----BEGIN and -----END lines of one label (RFC 7468)");
    insta::assert_snapshot!(with("MAAA\nA: b\n\n"), @"PEM stops making sense at line 2: a header stands within the base64; accepted is base64 between -----BEGIN and -----END lines of one label (RFC 7468)");
    insta::assert_snapshot!(wrong("-----BEGIN EC PRIVATE KEY-----\nA: b\n-----END EC PRIVATE KEY-----"), @"PEM stops making sense at line 1: there is nothing behind the headers; accepted is base64 between -----BEGIN and -----END lines of one label (RFC 7468)");
    let encrypted = "not supported: PEM with traditional encryption (Proc-Type: 4,ENCRYPTED); `openssl pkcs8 -topk8 -in OLD -out NEW` converts it to encrypted PKCS#8, which is accepted";
    assert_eq!(with("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n"), encrypted);
    assert_eq!(with("proc-type:4,ENCRYPTED\r\n\r\n"), encrypted);
    assert_eq!(with("DEK-Info: DES-EDE3-CBC,00\n\n"), encrypted);
    expect_ec(ec().replacen("KEY-----\n", "KEY-----\nProc-Type: 4,MIC-CLEAR\n\n", 1).as_bytes());
}

#[test]
fn blocks_have_two_ends() {
    let tail = "; accepted is base64 between -----BEGIN and -----END lines of one label (RFC 7468)";
    let wrong = |text: &str| wrong(text).strip_suffix(tail).unwrap().to_owned();
    insta::assert_snapshot!(wrong("a\r\n-----BEGIN EC PRIVATE KEY-----\r\nMAAA\r\n"), @"PEM stops making sense at line 2: the block has no END");
    insta::assert_snapshot!(wrong("\r\r-----END EC PRIVATE KEY-----\n"), @"PEM stops making sense at line 3: there is an END without a BEGIN before it");
    insta::assert_snapshot!(wrong(&format!("{}-----END EC PRIVATE KEY-----", ec())), @"PEM stops making sense at line 6: there is an END without a BEGIN before it");
    insta::assert_snapshot!(wrong("-----BEGIN A-----\nMAAA\n-----BEGIN A-----\n"), @"PEM stops making sense at line 3: a block begins within another");
    insta::assert_snapshot!(wrong("-----BEGIN A-----\nMAAA\n----- END A-----\n"), @"PEM stops making sense at line 3: there are dashes within a block that are no END");
    insta::assert_snapshot!(wrong("-----BEGIN A-----\nMAAA\n-----END B\t-----\n"), @"PEM stops making sense at line 3: the boundary has no label of printable characters");
    insta::assert_snapshot!(wrong("-----BEGIN A-----\nMAAA\n-----END B-----\n"), @"PEM stops making sense at line 3: a block that begins as 'A' ends as 'B'");
    insta::assert_snapshot!(wrong("-----BEGIN A\nMAAA\n-----END A-----\n"), @"PEM stops making sense at line 1: the boundary has no label of printable characters");
    insta::assert_snapshot!(wrong(&format!("-----BEGIN {}-----\n", "A".repeat(65))), @"PEM stops making sense at line 1: the boundary does not end in five dashes");
    insta::assert_snapshot!(wrong("-----BEGIN -----\nMAAA\n-----END -----\n"), @"PEM stops making sense at line 1: the boundary has no label of printable characters");
    insta::assert_snapshot!(wrong("-----BEGIN A-----\n \n-----END A-----\n"), @"PEM stops making sense at line 1: the block is empty");
}

#[test]
fn base64_is_strict_and_says_the_line() {
    let tail = "; accepted is base64 between -----BEGIN and -----END lines of one label (RFC 7468)";
    let block = |body: &str| {
        wrong(&format!("text\n-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"))
            .strip_suffix(tail)
            .unwrap()
            .to_owned()
    };
    insta::assert_snapshot!(block("MAAA\r\nMA*A\r\n"), @"PEM stops making sense at line 4: there is a character that is not base64");
    insta::assert_snapshot!(block("MA==\nMAAA"), @"PEM stops making sense at line 3: there is padding before the end");
    insta::assert_snapshot!(block("MAAA\nMA"), @"PEM stops making sense at line 4: the padding is missing or incomplete");
    insta::assert_snapshot!(block("MAAA\nMB=="), @"PEM stops making sense at line 4: the last character has bits that no byte uses");
    insta::assert_snapshot!(block("MAAA\nM"), @"PEM stops making sense at line 4: the length is one that base64 cannot have: characters are missing or too many");
    insta::assert_snapshot!(block("MAAA-_AA"), @"PEM stops making sense at line 3: there is a character of base64url, the standard alphabet is needed");
    insta::assert_snapshot!(block(r"MAAA\nMAAA"), @"PEM stops making sense at line 3: there is a backslash, as in text taken out of JSON or source code without undoing its escapes");
}

#[test]
fn labels_are_promises() {
    let [p256, .., rsa] = &PRIVATE;
    let tell = |label: &str, base64: &str| match read_pem(pem(label, &der(base64)).unwrap().as_bytes()) {
        Ok(items) => format!("{:?}", items[0].structure),
        Err(error) => error.to_string(),
    };
    assert_eq!(tell("PRIVATE KEY", p256.pkcs8), "Pkcs8");
    assert_eq!(tell("EC PRIVATE KEY", p256.traditional), "Sec1");
    assert_eq!(tell("PUBLIC KEY", p256.spki), "Spki");
    assert_eq!(tell("PRIVATE KEY", rsa.pkcs8), "Pkcs8");
    assert_eq!(tell("RSA PRIVATE KEY", rsa.traditional), "Pkcs1");
    assert_eq!(tell("PUBLIC KEY", rsa.spki), "Spki");
    insta::assert_snapshot!(tell("RSA PRIVATE KEY", rsa.pkcs8), @"PEM RSA PRIVATE KEY stops making sense at the content of block 1 (line 1): it reads as PKCS#8 private key; accepted is what the label names");
    insta::assert_snapshot!(tell("PRIVATE KEY", rsa.traditional), @"PEM PRIVATE KEY stops making sense at the content of block 1 (line 1): it reads as PKCS#1 private key; accepted is what the label names");
    insta::assert_snapshot!(tell("EC PRIVATE KEY", p256.pkcs8), @"PEM EC PRIVATE KEY stops making sense at the content of block 1 (line 1): it reads as PKCS#8 private key; accepted is what the label names");
    insta::assert_snapshot!(tell("CERTIFICATE", p256.spki), @"PEM CERTIFICATE stops making sense at the content of block 1 (line 1): it reads as SPKI public key; accepted is what the label names");
    insta::assert_snapshot!(tell("PUBLIC KEY", "MAA="), @"SPKI public key stops making sense at byte 2 (algorithm) of block 1 (line 1): it is missing; accepted is SubjectPublicKeyInfo in DER (RFC 5280, section 4.1.2.7)");
    // An RSA key of exponent 5 looks like DH parameters, but the label tells.
    assert_eq!(tell("RSA PUBLIC KEY", "MAgCAwDFxQIBBQ=="), "Pkcs1Public");
}

#[test]
fn other_labels_are_unsupported_by_name() {
    let tell = |label: &str| {
        let error = read_pem(format!("-----BEGIN {label}-----\nMAAA\n-----END {label}-----").as_bytes()).unwrap_err();
        assert!(error.is_unsupported() && !error.is_unrecognised());
        error.to_string()
    };
    insta::assert_snapshot!(tell("OPENSSH PRIVATE KEY"), @"not supported: OpenSSH private key in block 1 (line 1); `ssh-keygen -p -m PKCS8 -f FILE` converts the file in place to PKCS#8");
    insta::assert_snapshot!(tell("CERTIFICATE REQUEST"), @"not supported: certificate request in block 1 (line 1); accepted are private keys, public keys and certificates");
    insta::assert_snapshot!(tell("DSA PRIVATE KEY"), @"not supported: DSA private key in block 1 (line 1); accepted are private keys, public keys and certificates");
    insta::assert_snapshot!(tell("X509 CRL"), @"not supported: certificate revocation list in block 1 (line 1); accepted are private keys, public keys and certificates");
    insta::assert_snapshot!(tell("PGP PUBLIC KEY BLOCK"), @"not supported: PGP message or key in block 1 (line 1); accepted are private keys, public keys and certificates");
    insta::assert_snapshot!(tell("A 'KEY' OF AN OTHER KIND THAT HAS A LONG NAME"), @r"not supported: PEM label 'A \'KEY\' OF AN OTHER KIND THAT HAS A LONG…' in block 1 (line 1); accepted are PRIVATE KEY, ENCRYPTED PRIVATE KEY, RSA PRIVATE KEY, EC PRIVATE KEY, PUBLIC KEY, RSA PUBLIC KEY, CERTIFICATE and PKCS7");
}

#[test]
fn parameters_must_be_those_of_the_key() {
    let block = |der: &[u8]| pem("EC PARAMETERS", der).unwrap();
    let p256 = block(&[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]);
    let p384 = block(&[6, 5, 0x2B, 0x81, 4, 0, 0x22]);
    expect_ec((p256.clone() + &ec()).as_bytes());
    insta::assert_snapshot!(wrong(&(p384 + &ec())), @"PEM stops making sense at line 4: the key is on another curve than EC PARAMETERS before it; accepted is base64 between -----BEGIN and -----END lines of one label (RFC 7468)");
    insta::assert_snapshot!(wrong(&p256), @"not supported: EC PARAMETERS without a key; accepted are private keys, public keys and certificates");
    insta::assert_snapshot!(wrong(&block(&[0x30, 3, 2, 1, 1])), @"not supported: curve given by explicit parameters in block 1 (line 1); accepted are the names of P-256, P-384 and P-521: any numbers could stand there, CVE-2020-0601");
    insta::assert_snapshot!(wrong(&block(&[6, 5, 0x2B, 0x81, 4, 0, 0x0A])), @"not supported: curve secp256k1 (1.3.132.0.10) in block 1 (line 1); accepted are RSA (rsaEncryption) and EC on P-256, P-384 or P-521");
}

/// openssl's `x509 -trustout`: a certificate and `SEQUENCE { trust [..], reject [..], alias UTF8String, ... }`.
#[test]
fn trust_data_goes() {
    let (_, der) = der::pem::decode_vec(certificate().as_bytes()).unwrap();
    let trusted = [&der[..], &[0x30, 4, 0x0C, 2, b'm', b'e']].concat();
    let items = read_pem(pem("TRUSTED CERTIFICATE", &trusted).unwrap().as_bytes()).unwrap();
    assert!(matches!(&items[0].content, Content::Certificate(read) if **read == *der));
    insta::assert_snapshot!(wrong(&pem("CERTIFICATE", &trusted).unwrap()), @"certificate stops making sense at byte 690 (end) of block 1 (line 1): 6 bytes follow where nothing may; accepted is an X.509 certificate in DER with nothing behind it (RFC 5280)");
}

#[test]
fn blocks_are_counted() {
    assert_eq!(read_pem(ec().repeat(256).as_bytes()).unwrap().len(), 256);
    insta::assert_snapshot!(wrong(&ec().repeat(257)), @"number of keys and certificates is 257 or more, at most 256");
}

/// Each takes a few milliseconds; whoever looks at bytes twice as often for each that there are would take minutes.
#[test]
fn time_grows_with_length_alone() {
    const LEN: usize = 1 << 20;
    let pieces = [
        "-----BEGIN ",
        "-----BEGIN A-----",
        "-----END ",
        "-",
        "\n",
        "\r\n",
        " ",
        "A: b\n",
        "A",
        "----- ",
        "-----BEGIN A-----\n:",
    ];
    for head in ["", "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-----\nA: b\n"] {
        for piece in pieces {
            let mut text = head.to_owned();
            while text.len() + piece.len() <= LEN {
                text.push_str(piece);
            }
            let start = std::time::Instant::now();
            assert!(read_document(text.as_bytes()).is_err());
            let took = start.elapsed();
            assert!(took < std::time::Duration::from_secs(1), "{head:?} {piece:?} took {took:?}");
        }
    }
}

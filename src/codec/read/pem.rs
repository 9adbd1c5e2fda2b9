//! PEM as it is met: boundaries with base64 between them, any line ends and widths, text around and between.
//!
//! Every byte is looked at a constant number of times, so time grows with the length alone.

use std::ops::Range;

use zeroize::Zeroizing;

use super::asn1::{Cursor, Kind};
use super::base64::{self, Alphabet, Padding};
use super::der::{foreign, read_structure, shape};
use super::{MOST_ITEMS, ReadError, too_many};
use crate::codec::{Content, Item};
use crate::model::{Curve, Invalid, RawPrivate, Structure};

pub(super) const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// The longest label known has 26 characters.
const MOST_LABEL: usize = 64;
const ACCEPTED: &str = "base64 between -----BEGIN and -----END lines of one label (RFC 7468)";

static PARAMETERS: Kind = Kind { name: "EC PARAMETERS", accepted: "the name of a curve in DER (RFC 5480)" };

/// Reads every block of a text.
pub(super) fn read_pem(text: &[u8]) -> Result<Vec<Item>, ReadError> {
    let scanner = Scanner { text };
    let mut items = Vec::new();
    let mut named = None;
    let mut at = 0;
    let mut count = 0;
    while let Some(block) = scanner.next_block(at)? {
        at = block.end;
        count += 1;
        if count > MOST_ITEMS {
            return Err(too_many());
        }
        let place = || format!("block {count} (line {})", scanner.line(block.begin));
        let der = scanner.content(&block)?;
        if block.label == "EC PARAMETERS" {
            named = Some(parameters(&der).map_err(|error| error.within(&place()))?);
            continue;
        }
        let read = read_block(&block.label, &der).map_err(|error| error.within(&place()))?;
        if let [Item { structure: Structure::Sec1, content: Content::Private(RawPrivate::Ec { curve, .. }), .. }] =
            &*read
            && named.take().is_some_and(|named| named != *curve)
        {
            return Err(scanner.malformed(block.begin, "the key is on another curve than EC PARAMETERS before it"));
        }
        if items.len() + read.len() > MOST_ITEMS {
            return Err(too_many());
        }
        items.extend(read);
    }
    if items.is_empty() {
        return Err(foreign("EC PARAMETERS without a key"));
    }
    Ok(items)
}

/// Reads what a label promises. `EC PARAMETERS` are not among them.
fn read_block(label: &str, der: &[u8]) -> Result<Vec<Item>, ReadError> {
    let structure = match label {
        "PRIVATE KEY" => Structure::Pkcs8,
        "ENCRYPTED PRIVATE KEY" => Structure::EncryptedPkcs8,
        "RSA PRIVATE KEY" => Structure::Pkcs1,
        "EC PRIVATE KEY" => Structure::Sec1,
        "PUBLIC KEY" => Structure::Spki,
        "RSA PUBLIC KEY" => Structure::Pkcs1Public,
        "CERTIFICATE" | "X509 CERTIFICATE" => Structure::Certificate,
        "TRUSTED CERTIFICATE" => {
            let certificate = Content::Certificate(super::container::read_trusted(der)?);
            return Ok(vec![Item::new(Structure::Certificate, certificate)]);
        }
        "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => Structure::Pkcs7,
        "PKCS12" => Structure::Pkcs12,
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => return Err(foreign("certificate request")),
        "X509 CRL" => return Err(foreign("certificate revocation list")),
        "ATTRIBUTE CERTIFICATE" => return Err(foreign("attribute certificate")),
        "DH PARAMETERS" | "X9.42 DH PARAMETERS" => return Err(foreign("DH parameters")),
        "DSA PARAMETERS" => return Err(foreign("DSA parameters")),
        "DSA PRIVATE KEY" => return Err(foreign("DSA private key")),
        "DSA PUBLIC KEY" => return Err(foreign("DSA public key")),
        "OPENSSH PRIVATE KEY" => {
            return Err(ReadError::unsupported(
                "OpenSSH private key",
                "`ssh-keygen -p -m PKCS8 -f FILE` converts the file in place to PKCS#8",
            ));
        }
        "SSH2 PUBLIC KEY" => return Err(ssh_public_key()),
        label if label.starts_with("PGP ") => return Err(foreign("PGP message or key")),
        label => {
            return Err(ReadError::unsupported(
                format!("PEM label {}", Invalid::quote(label)),
                "accepted are PRIVATE KEY, ENCRYPTED PRIVATE KEY, RSA PRIVATE KEY, EC PRIVATE KEY, PUBLIC KEY, \
                 RSA PUBLIC KEY, CERTIFICATE and PKCS7",
            ));
        }
    };
    match shape(der) {
        Ok(Some(shape)) if !shape.fits(structure) => Err(ReadError::Malformed {
            what: format!("PEM {label}"),
            place: "the content".into(),
            reason: format!("it reads as {}", shape.name()),
            accepted: "what the label names",
        }),
        _ => read_structure(structure, der),
    }
}

pub(super) fn ssh_public_key() -> ReadError {
    ReadError::unsupported("OpenSSH public key", "`ssh-keygen -e -m PKCS8 -f FILE` writes it as a PEM public key")
}

fn parameters(der: &[u8]) -> Result<Curve, ReadError> {
    let mut all = Cursor::new(&PARAMETERS, der);
    let curve = super::algorithms::named_curve(&all.next("parameters")?)?;
    all.finish()?;
    Ok(curve)
}

/// One block: the label, and where its parts stand in the text.
struct Block {
    label: String,
    begin: usize,
    body: Range<usize>,
    end: usize,
}

struct Scanner<'a> {
    text: &'a [u8],
}

impl Scanner<'_> {
    fn from(&self, at: usize) -> &[u8] {
        self.text.get(at..).unwrap_or_default()
    }

    /// The first place of `needle` at or after `at`.
    fn find(&self, needle: &[u8], at: usize) -> Option<usize> {
        self.from(at).windows(needle.len()).position(|window| window == needle).map(|found| at + found)
    }

    /// The next block at or after `at`; none when there is only text left.
    fn next_block(&self, mut at: usize) -> Result<Option<Block>, ReadError> {
        let begin = loop {
            let Some(found) = self.find(DASHES, at) else { return Ok(None) };
            if self.from(found).starts_with(BEGIN) {
                break found;
            }
            if self.from(found).starts_with(END) {
                return Err(self.malformed(found, "there is an END without a BEGIN before it"));
            }
            at = found + 1;
        };
        let (label, body) = self.label(begin, BEGIN)?;
        let Some(end) = self.find(DASHES, body) else {
            return Err(self.malformed(begin, "the block has no END"));
        };
        if self.from(end).starts_with(BEGIN) {
            return Err(self.malformed(end, "a block begins within another"));
        }
        if !self.from(end).starts_with(END) {
            return Err(self.malformed(end, "there are dashes within a block that are no END"));
        }
        let (closing, after) = self.label(end, END)?;
        if closing != label {
            let (label, closing) = (Invalid::quote(&label), Invalid::quote(&closing));
            return Err(self.malformed(end, &format!("a block that begins as {label} ends as {closing}")));
        }
        Ok(Some(Block { label, begin, body: body..end, end: after }))
    }

    /// The label of the boundary at `at`, and where the boundary ends.
    fn label(&self, at: usize, keyword: &[u8]) -> Result<(String, usize), ReadError> {
        let start = at + keyword.len();
        let window = self.from(start);
        let window = window.get(..MOST_LABEL + DASHES.len()).unwrap_or(window);
        let Some(len) = window.windows(DASHES.len()).position(|window| window == DASHES) else {
            return Err(self.malformed(at, "the boundary does not end in five dashes"));
        };
        match window.get(..len).map(std::str::from_utf8) {
            Some(Ok(label)) if !label.is_empty() && label.bytes().all(|byte| matches!(byte, b' '..=b'~')) => {
                Ok((label.to_owned(), start + len + DASHES.len()))
            }
            _ => Err(self.malformed(at, "the boundary has no label of printable characters")),
        }
    }

    /// Decodes what stands between the boundaries.
    fn content(&self, block: &Block) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        let body = self.text.get(block.body.clone()).unwrap_or_default();
        let start = block.body.start + self.headers(block, body)?;
        let body = self.text.get(start..block.body.end).unwrap_or_default();
        let compact = base64::without_space(body);
        if compact.is_empty() {
            return Err(self.malformed(block.begin, "the block is empty"));
        }
        base64::decode(&compact, Alphabet::Standard, Padding::Required).map_err(|fault| {
            let mut dark = body.iter().enumerate().filter(|(_, byte)| !byte.is_ascii_whitespace());
            // At the end, the last character is the one to show.
            let at = dark.nth(fault.at.min(compact.len() - 1)).map_or(0, |(at, _)| at);
            self.malformed(start + at, fault.reason)
        })
    }

    /// The length of the headers of RFC 1421 section 4.4 with the blank line behind them, and of blank lines before.
    fn headers(&self, block: &Block, body: &[u8]) -> Result<usize, ReadError> {
        // base64 has no colon.
        if !body.contains(&b':') {
            return Ok(0);
        }
        let mut len = 0;
        let mut seen = false;
        for line in body.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
            let trimmed = line.trim_ascii();
            let ends_crlf = line == b"\n" && body.get(..len).is_some_and(|before| before.last() == Some(&b'\r'));
            if trimmed.is_empty() && seen && !ends_crlf {
                return Ok(len + line.len());
            }
            let continued = seen && line.first().is_some_and(|first| matches!(first, b' ' | b'\t'));
            if !trimmed.is_empty() && !continued {
                if !trimmed.contains(&b':') {
                    return Err(self.malformed(
                        block.body.start + len,
                        if seen {
                            "there is no blank line behind the headers"
                        } else {
                            "a header stands within the base64"
                        },
                    ));
                }
                refuse_encryption(trimmed)?;
                seen = true;
            }
            len += line.len();
        }
        Err(self.malformed(block.begin, "there is nothing behind the headers"))
    }

    /// The number of the line that a byte is on. Lines end in CR, LF or both.
    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        let feeds = before.iter().filter(|byte| **byte == b'\n').count();
        let returns =
            before.iter().zip(before.iter().skip(1).chain([&0])).filter(|pair| *pair.0 == b'\r' && *pair.1 != b'\n');
        1 + feeds + returns.count()
    }

    fn malformed(&self, at: usize, reason: &str) -> ReadError {
        ReadError::Malformed {
            what: "PEM".into(),
            place: format!("line {}", self.line(at)),
            reason: reason.into(),
            accepted: ACCEPTED,
        }
    }
}

fn refuse_encryption(header: &[u8]) -> Result<(), ReadError> {
    let is = |name: &[u8]| header.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let encrypted = header.windows(b"ENCRYPTED".len()).any(|window| window == b"ENCRYPTED");
    if is(b"DEK-Info:") || (is(b"Proc-Type:") && encrypted) {
        return Err(ReadError::unsupported(
            "PEM with traditional encryption (Proc-Type: 4,ENCRYPTED)",
            "`openssl pkcs8 -topk8 -in OLD -out NEW` converts it to encrypted PKCS#8, which is accepted",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
        include_str!("../../../tests/data/fusionauth-seed.pem")
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
            format!("Bag Attributes\n    localKeyID: 01\n - dashes ---- here\n{text}\nmore -- text\n-----\n")
                .as_bytes(),
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
            let error =
                read_pem(format!("-----BEGIN {label}-----\nMAAA\n-----END {label}-----").as_bytes()).unwrap_err();
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
}

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
mod tests;

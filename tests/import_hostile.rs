//! Inputs made to take time or memory: each is refused or read at once, in little memory, whatever its size.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/judges.rs"]
mod judges;
mod support;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use judges::{base64, base64url, pair, pem, tlv};
use keystead::{Algorithm, SecretBytes, inspect};

/// A debug build on a busy machine; in release an input takes less than a tenth of this.
const TIME: Duration = Duration::from_secs(1);
const MEMORY: u64 = 50 << 20;
/// The longest input that is looked at, and one beyond.
const SIZES: [usize; 2] = [1 << 20, 5 << 20];

fn repeated(piece: &[u8], size: usize) -> Vec<u8> {
    piece.iter().copied().cycle().take(size).collect()
}

/// `piece` as often as it fits between the other two.
fn between(before: &str, piece: &str, after: &str, size: usize) -> Vec<u8> {
    let times = (size - before.len() - after.len()) / piece.len();
    [before, &piece.repeat(times), after].concat().into_bytes()
}

/// Constructed elements in one another, each with the length that it should have.
fn nested(tag: u8, size: usize) -> Vec<u8> {
    // From the inside out: the lengths are only known then.
    let mut reversed = Vec::with_capacity(size);
    while reversed.len() + 6 < size {
        let len = reversed.len();
        match len {
            0..=0x7f => reversed.push(len as u8),
            _ => {
                let digits = len.to_le_bytes();
                let count = digits.iter().rposition(|&digit| digit != 0).unwrap() + 1;
                reversed.extend(&digits[..count]);
                reversed.push(0x80 | count as u8);
            }
        }
        reversed.push(tag);
    }
    reversed.reverse();
    reversed
}

fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .flatten()
    .take(size)
    .collect()
}

fn inputs(size: usize) -> Vec<(String, Vec<u8>)> {
    let file = |name: &str| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/vectors/cryptography/");
        String::from_utf8(std::fs::read(path.to_owned() + name).unwrap()).unwrap()
    };
    let key = String::from_utf8(pair(Algorithm::Es256).file("key.pem")).unwrap();
    let certificate = String::from_utf8(pair(Algorithm::Es256).file("cert.pem")).unwrap();
    let rsa = file("x509/custom/ca/rsa_key.pem");
    let rsa_public = String::from_utf8(pair(Algorithm::Rs256).openssl("pkey -in key.pem -pubout")).unwrap();
    let locked = pair(Algorithm::Es256).openssl("pkcs8 -topk8 -in key.pem -iter 30000 -passout pass:secret");
    let locked = String::from_utf8(locked).unwrap();
    let jwk = format!(r#"{{"kty":"oct","k":"{}"}},"#, base64url(&[7; 64]));
    let begin = "-----BEGIN PRIVATE KEY-----\n";
    let end = "-----END PRIVATE KEY-----\n";
    let der_with = |head: &[u8]| [head, &vec![0; size - head.len()]].concat();
    let long = (size as u32 - 6).to_be_bytes();
    let mut inputs: Vec<(&str, Vec<u8>)> = vec![
        ("zeros", vec![0; size]),
        ("ones", vec![0xff; size]),
        ("noise", noise(size)),
        ("letters", vec![b'A'; size]),
        ("digits", vec![b'7'; size]),
        ("blanks", vec![b' '; size]),
        ("line ends", vec![b'\n'; size]),
        ("carriage returns", vec![b'\r'; size]),
        ("hyphens", vec![b'-'; size]),
        ("padding", vec![b'='; size]),
        ("byte order marks", repeated(b"\xef\xbb\xbf", size)),
        ("UTF-16", [&b"\xff\xfe"[..], &repeated(b"A\0", size - 2)].concat()),
        ("lines of hyphens", repeated(b"-----\n", size)),
        ("BEGINs", repeated(b"-----BEGIN ", size)),
        ("lines of BEGIN", repeated(begin.as_bytes(), size)),
        ("lines of END", repeated(end.as_bytes(), size)),
        ("BEGINs of ever other labels", {
            let mut text = String::new();
            for number in 0.. {
                if text.len() + 64 > size {
                    break;
                }
                writeln!(text, "-----BEGIN LABEL {number}-----").unwrap();
            }
            text.into_bytes()
        }),
        ("empty blocks", repeated(format!("{begin}{end}").as_bytes(), size)),
        ("one long label", between("-----BEGIN ", "A", "-----\n", size)),
        ("one long block", between(begin, "AAAA", &format!("\n{end}"), size)),
        ("one long block of short lines", between(begin, "A\n", end, size)),
        ("one long block of blank lines", between(begin, "\n", end, size)),
        ("one long block without END", between(begin, "AAAA\n", "", size)),
        ("headers", between(begin, "A: b\n", end, size)),
        ("one long header", between(&format!("{begin}A: "), "b", &format!("\n\nAAAA\n{end}"), size)),
        ("headers that go on", between(&format!("{begin}A: b\n"), " b\n", end, size)),
        ("Proc-Types", between(begin, "Proc-Type: 4,ENCRYPTED\n", end, size)),
        ("base64 of zeros", base64(&vec![0; size / 4 * 3 - 3]).into_bytes()),
        ("base64 of nesting", base64(&nested(0x30, size / 4 * 3 - 3)).into_bytes()),
        ("nested SEQUENCEs", nested(0x30, size)),
        ("nested SETs", nested(0x31, size)),
        ("nested tags of context", nested(0xa0, size)),
        ("nested OCTET STRINGs", nested(0x04, size)),
        ("nested without lengths", repeated(&[0x30, 0x80], size)),
        ("a SEQUENCE of empty SEQUENCEs", der_with(&[&[0x30, 0x84][..], &long].concat())),
        ("a SEQUENCE of NULLs", [&[0x30, 0x84][..], &long, &repeated(&[5, 0], size - 6)].concat()),
        ("a SEQUENCE of INTEGERs", [&[0x30, 0x84][..], &long, &repeated(&[2, 1, 1], size - 6)].concat()),
        ("one huge INTEGER", tlv(0x30, &tlv(0x02, &vec![1; size - 16]))),
        ("an RSA key with a huge modulus", tlv(0x30, &[tlv(2, &vec![0x71; size - 32]), tlv(2, &[1, 0, 1])].concat())),
        (
            "an RSA key with a huge exponent",
            tlv(0x30, &[tlv(2, &vec![0x71; 256]), tlv(2, &vec![0x71; size - 300])].concat()),
        ),
        ("a huge length", der_with(&[0x30, 0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
        ("a length of many digits", der_with(&[0x30, 0xfe])),
        ("a long tag", [&[0x3f][..], &vec![0xff; size - 1]].concat()),
        ("a long object identifier", tlv(0x30, &[tlv(2, &[0]), tlv(0x30, &tlv(6, &vec![0x81; size - 40]))].concat())),
        ("braces", vec![b'{'; size]),
        ("brackets", vec![b'['; size]),
        ("JSON in JSON", repeated(b"{\"keys\":[", size)),
        ("members in members", repeated(b"{\"a\":", size)),
        ("one long string", between("{\"kty\":\"", "A", "\"}", size)),
        ("one long escape", between("{\"kty\":\"", "\\u0041", "\"}", size)),
        ("one long number", between("{\"kty\":", "9", "}", size)),
        ("one long exponent", between("{\"kty\":1e", "9", "}", size)),
        ("many members", between("{", "\"kty\":1,", "\"kty\":1}", size)),
        ("many other members", {
            let mut text = String::from("{");
            for number in 0.. {
                if text.len() + 64 > size {
                    break;
                }
                write!(text, "\"m{number}\":0,").unwrap();
            }
            (text + "\"kty\":\"EC\"}").into_bytes()
        }),
        ("many empty keys", between("{\"keys\":[", "{},", "{}]}", size)),
        ("many secrets", between("{\"keys\":[", &jwk, "{}]}", size)),
        ("a huge modulus as JWK", between("{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"", "vvvv", "\"}", size)),
        (
            "a huge x5c",
            between("{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"vvvv\",\"x5c\":[", "\"MIIB\",", "\"\"]}", size),
        ),
        ("keys", between("", &key, "", size)),
        ("certificates", between("", &certificate, "", size)),
        ("a key and much text", between(&key, "and so on ", "", size)),
        ("much text and a key", between("", "and so on\n", &key, size)),
        ("encrypted keys", between("", &locked, "", size)),
    ];
    if size == SIZES[0] {
        // As many as there may be.
        inputs.extend([
            ("255 keys", key.repeat(255).into_bytes()),
            ("255 RSA keys of 4096 bits", rsa.repeat(255).into_bytes()),
            ("255 RSA public keys", rsa_public.repeat(255).into_bytes()),
            ("255 certificates", certificate.repeat(255).into_bytes()),
            ("255 encrypted keys", locked.repeat(255).into_bytes()),
        ]);
    }
    for data in [nested(0x30, size / 2), vec![0x30; size / 2], noise(size / 2)] {
        inputs.push(("such a block of PEM", pem("CERTIFICATE", &data, 64).into_bytes()));
        inputs.push(("such a SignedData", pem("PKCS7", &data, 64).into_bytes()));
    }
    inputs.into_iter().map(|(what, data)| (format!("{what}, {} bytes", data.len()), data)).collect()
}

#[test]
fn no_input_takes_long() {
    let mut slow = Vec::new();
    for size in SIZES {
        for (what, data) in inputs(size) {
            let started = Instant::now();
            let found = inspect(&data, None);
            let took = started.elapsed();
            if took > TIME {
                slow.push(format!("{what}: {took:?}"));
            }
            if let Err(error) = found {
                assert!(error.to_string().len() < 1000, "{what}: {} characters", error.to_string().len());
            }
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

/// With a password the derivations are paid for: all of them together within their limit.
#[test]
fn no_input_makes_its_reader_work_for_long() {
    for (what, data) in inputs(SIZES[0]).into_iter().filter(|(what, _)| what.contains("encrypted keys")) {
        let started = Instant::now();
        let found = inspect(&data, Some(&SecretBytes::from("wrong")));
        assert!(found.is_err(), "{what}");
        assert!(started.elapsed() < Duration::from_secs(20), "{what}: {:?}", started.elapsed());
    }
}

/// Each is measured in a process of its own, whose memory nobody used before.
#[test]
#[cfg(target_os = "linux")]
fn no_input_takes_much_memory() {
    let folder = judges::Folder::new();
    let path = folder.path().join("input");
    let mut most = (0, String::new());
    for (what, data) in inputs(SIZES[0]).into_iter().chain(inputs(SIZES[1]).into_iter().step_by(16)) {
        std::fs::write(&path, &data).unwrap();
        let words = support::finish(support::child("memory", &path).spawn().unwrap());
        let [peak] = &words[..] else { panic!("{what}: {words:?}") };
        most = most.max((peak.parse::<u64>().unwrap(), what));
    }
    println!("most: {most:?}");
    assert!(most.0 > 0 && most.0 < MEMORY, "{most:?}");
}

#[test]
#[ignore = "not a test: the other process of the test above"]
fn child() {
    let Some((_, path)) = support::told_as_child() else { return };
    let data = std::fs::read(path).unwrap();
    // proc(5): 5 sets the highest resident size back to the one of now.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let found = inspect(&data, None);
    let peak = status("VmHWM:");
    drop(found);
    println!("SAYS {}", peak.saturating_sub(before));
}

/// A size from `/proc/self/status`, in bytes.
fn status(line: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let words = text.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    words.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

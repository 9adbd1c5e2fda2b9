//! Key files that others collected to try importers with: each is read or refused as `verdicts.txt` says, next to what
//! openssl makes of it. Accepted-right and refused-right are counted apart.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use base64ct::{Base64, Encoding};
use keystead::{Error, ImportKey, KeyName, KeyType, Keystore, Options, SecretBytes};

/// A line of `verdicts.txt`.
#[derive(Debug)]
struct Line {
    path: PathBuf,
    password: Option<String>,
    verdict: Verdict,
    /// The command of openssl that reads the file.
    openssl: Option<String>,
    /// Why we and openssl differ.
    why: String,
}

#[derive(Debug)]
enum Verdict {
    Read,
    /// As many keys, of which an import takes none.
    Several(usize),
    /// Words of the refusal.
    Refused(String),
}

static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(folder().join("verdicts.txt")).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Line::parse).collect()
});

impl Line {
    fn parse(line: &str) -> Self {
        let columns: Vec<_> = line.split('|').map(str::trim).collect();
        let &[path, password, ours, openssl, why] = &columns[..] else { panic!("not five columns: {line}") };
        let verdict = match (ours.split_once(": "), ours.split_once(" keys")) {
            _ if ours == "read" => Verdict::Read,
            (Some(("refused", words)), _) => Verdict::Refused(words.to_owned()),
            (_, Some((several, ""))) => Verdict::Several(several.parse().unwrap()),
            _ => panic!("neither `read` nor `2 keys` nor `refused: words`: {line}"),
        };
        Self {
            path: folder().join(path),
            password: (password != "-").then(|| password.trim_matches('"').to_owned()),
            verdict,
            openssl: (openssl != "-").then(|| openssl.to_owned()),
            why: why.to_owned(),
        }
    }

    fn data(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }

    fn openssl(&self, command: &str, options: &str) -> Output {
        let mut openssl = Command::new("openssl");
        openssl.args(command.split(' ')).arg("-in").arg(&self.path).args(options.split_whitespace());
        if command == "pkey" || command.starts_with("pkcs12") {
            openssl.arg("-passin").arg(format!("pass:{}", self.password.as_deref().unwrap_or_default()));
        }
        openssl.stdin(Stdio::null()).output().unwrap()
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/vectors"))
}

#[test]
fn every_file_is_listed_once() {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                assert!(found.insert(path))
            };
        }
    }
    found.remove(&folder().join("verdicts.txt"));
    let listed: BTreeSet<_> = LINES.iter().map(|line| line.path.clone()).collect();
    assert_eq!(listed, found);
    assert_eq!(listed.len(), LINES.len());
}

#[test]
fn every_disagreement_with_openssl_is_explained() {
    for line in LINES.iter() {
        let differ = matches!(line.verdict, Verdict::Refused(_)) == line.openssl.is_some();
        assert_eq!(differ, !line.why.is_empty(), "{}", line.path.display());
    }
}

#[test]
fn every_file_gets_its_verdict() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let (mut read, mut several, mut refused, mut wrong) = (0, 0, 0, Vec::new());
    for (number, line) in LINES.iter().enumerate() {
        let path = line.path.strip_prefix(folder()).unwrap().display();
        let data = line.data();
        let password = line.password.as_deref().map(SecretBytes::from);
        let inspected = keystead::inspect(&data, password.as_ref());
        let mut request = ImportKey::new(KeyName::new(format!("file {number}")).unwrap(), data.clone());
        if let Some(password) = &line.password {
            request = request.password(password.as_str());
        }
        let imported = store.import(request);
        for error in [inspected.as_ref().err(), imported.as_ref().err()].into_iter().flatten() {
            assert_tells_nothing(error, &data, line.password.as_deref());
        }
        let complaint = match (&line.verdict, &inspected, &imported) {
            (Verdict::Read, Ok(inspected), Ok(imported)) => {
                read += 1;
                let [found] = &inspected[..] else { panic!("{path}: {inspected:?}") };
                let key = &imported.key;
                let theirs =
                    line.openssl.as_deref().and_then(|command| public_by_openssl(line, command, key.key_type()));
                if found.public_key_der() != key.public_key_der() {
                    Some("inspected and imported differ".into())
                } else {
                    theirs
                        .filter(|theirs| key.public_key_der() != Some(theirs))
                        .map(|_| "openssl finds another public key".into())
                }
            }
            (Verdict::Several(count), Ok(inspected), Err(_)) if inspected.len() == *count => {
                several += 1;
                None
            }
            (Verdict::Refused(words), Err(inspected), Err(imported)) => {
                refused += 1;
                let said = [inspected.to_string(), imported.to_string()];
                let fits = said.iter().all(|said| said.contains(words.as_str()));
                (!fits).then(|| format!("refused for another reason: {said:?}"))
            }
            (verdict, inspected, imported) => {
                let inspected = inspected.as_ref().map_or_else(ToString::to_string, |found| format!("{found:?}"));
                let imported = imported.as_ref().map_or_else(ToString::to_string, |found| format!("{found:?}"));
                Some(format!("{verdict:?} is right, inspect: {inspected}, import: {imported}"))
            }
        };
        wrong.extend(complaint.map(|complaint| format!("{path}: {complaint}")));
    }
    println!("{read} rightly read, {several} rightly taken for several keys, {refused} rightly refused");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), LINES.len(), wrong.join("\n"));
    assert_eq!((read, several, refused), (191, 11, 184));
}

/// The public key as openssl writes it, with a point uncompressed. Nothing where openssl has no command for that.
fn public_by_openssl(line: &Line, command: &str, key_type: KeyType) -> Option<Vec<u8>> {
    let form = if key_type == KeyType::Ec { "-ec_conv_form uncompressed" } else { "" };
    let output = match command {
        "pkey" => line.openssl(command, &format!("-pubout -outform DER {form}")),
        "pkey -pubin" => line.openssl(command, &format!("-outform DER {form}")),
        "rsa -RSAPublicKey_in" => line.openssl(command, "-pubout -outform DER"),
        "x509" => {
            let pem = line.openssl(command, "-noout -pubkey").stdout;
            let text = String::from_utf8(pem).unwrap();
            let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
            return Some(Base64::decode_vec(&body).unwrap());
        }
        _ => return None,
    };
    assert!(output.status.success(), "{}: {output:?}", line.path.display());
    Some(output.stdout)
}

/// No word of a message occurs in the file, unless it is one that the format itself has, and no password.
fn assert_tells_nothing(error: &Error, data: &[u8], password: Option<&str>) {
    let said = error.to_string();
    let source = String::from_utf8_lossy(data);
    for word in said.split(|c: char| !c.is_ascii_alphanumeric() && c != '+' && c != '/') {
        assert!(word.len() < 16 || !source.contains(word), "{said}");
    }
    let password = password.filter(|password| !password.is_empty() && *password != "password");
    assert!(password.is_none_or(|password| !said.contains(password)), "{said}");
}

/// The column of openssl, written with 3.0: other versions read a few more or a few less.
#[test]
fn openssl_judges_as_noted() {
    let version = Command::new("openssl").arg("version").output().unwrap().stdout;
    let same = version.starts_with(b"OpenSSL 3.0.");
    let half = LINES.len() / 2;
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let (first, second) = LINES.split_at(half);
        let other = scope.spawn(|| second.iter().filter_map(misjudged).collect::<Vec<_>>());
        let mut wrong: Vec<_> = first.iter().filter_map(misjudged).collect();
        wrong.extend(other.join().unwrap());
        wrong
    });
    if !same {
        println!("{} of {} differ from OpenSSL 3.0: {wrong:?}", wrong.len(), LINES.len());
    }
    assert!(!same || wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(wrong.len() < LINES.len() / 10);
}

fn misjudged(line: &Line) -> Option<String> {
    let reads = |command: &str| {
        let output = match command.split_once(' ').map_or(command, |(first, _)| first) {
            "pkcs7" => line.openssl(command, "-print_certs"),
            "pkcs12" => line.openssl(command, "-nodes"),
            _ => line.openssl(command, "-noout"),
        };
        let empty = command.starts_with("pkcs7") && !String::from_utf8_lossy(&output.stdout).contains("BEGIN CERT");
        output.status.success() && !empty
    };
    match &line.openssl {
        Some(command) => (!reads(command)).then(|| format!("{} is not read by {command}", line.path.display())),
        None => COMMANDS
            .into_iter()
            .find(|command| reads(command))
            .map(|command| format!("{} is read by {command}", line.path.display())),
    }
}

/// What openssl has for reading keys and certificates.
const COMMANDS: [&str; 9] = [
    "pkey",
    "pkey -pubin",
    "rsa -RSAPublicKey_in",
    "rsa -RSAPublicKey_in -inform DER",
    "x509",
    "pkcs7",
    "pkcs7 -inform DER",
    "pkcs12",
    "pkcs12 -legacy",
];

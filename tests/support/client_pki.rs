//! Certificates and revocation lists that openssl makes, each in one line.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use jiff::tz::Offset;
use tempfile::TempDir;

/// What a CA says of itself.
pub(crate) const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
/// What a client's certificate says.
pub(crate) const CLIENT: &str =
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n";

const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

/// A folder in which openssl works.
pub(crate) struct Pki {
    folder: TempDir,
    keys: RefCell<HashSet<String>>,
    /// The keys of certificates, by names.
    owners: RefCell<HashMap<String, String>>,
    lists: Cell<usize>,
    /// When it was opened: certificates are valid from then.
    pub(crate) now: Timestamp,
}

/// A certificate to make. Its key and its file have its name.
#[derive(Clone)]
pub(crate) struct Make<'a> {
    name: &'a str,
    subject: String,
    /// In the words of `openssl genpkey`.
    kind: &'a str,
    key: &'a str,
    issuer: Option<&'a str>,
    extensions: String,
    days: u32,
    options: &'a str,
}

impl<'a> Make<'a> {
    pub(crate) fn new(name: &'a str, issuer: Option<&'a str>, extensions: &str) -> Self {
        let (subject, extensions) = (format!("/CN={name}"), extensions.to_owned());
        Self { name, subject, kind: P256, key: name, issuer, extensions, days: 100, options: "" }
    }

    pub(crate) fn subject(mut self, subject: &str) -> Self {
        self.subject = subject.to_owned();
        self
    }

    pub(crate) fn kind(mut self, kind: &'a str) -> Self {
        self.kind = kind;
        self
    }

    /// That of another.
    pub(crate) fn key(mut self, key: &'a str) -> Self {
        self.key = key;
        self
    }

    pub(crate) fn days(mut self, days: u32) -> Self {
        self.days = days;
        self
    }

    pub(crate) fn options(mut self, options: &'a str) -> Self {
        self.options = options;
        self
    }
}

/// A revocation list to make.
#[derive(Clone)]
pub(crate) struct List<'a> {
    issuer: &'a str,
    /// Serial numbers in hexadecimal, each with a reason of openssl's.
    revoked: Vec<(String, &'a str)>,
    extensions: &'a str,
    /// Hours before and after now.
    from: i64,
    to: i64,
}

impl<'a> List<'a> {
    pub(crate) fn new(issuer: &'a str) -> Self {
        Self { issuer, revoked: Vec::new(), extensions: "", from: -2, to: 100 }
    }

    /// With the certificate of this name on it.
    pub(crate) fn revokes(self, pki: &Pki, name: &str) -> Self {
        self.revokes_for(pki, name, "keyCompromise")
    }

    pub(crate) fn revokes_for(mut self, pki: &Pki, name: &str, reason: &'a str) -> Self {
        self.revoked.push((pki.serial(name), reason));
        self
    }

    pub(crate) fn extensions(mut self, extensions: &'a str) -> Self {
        self.extensions = extensions;
        self
    }

    pub(crate) fn hours(mut self, from: i64, to: i64) -> Self {
        (self.from, self.to) = (from, to);
        self
    }
}

impl Pki {
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { folder, keys: RefCell::default(), owners: RefCell::default(), lists: Cell::new(0), now }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    pub(crate) fn openssl(&self, words: &[&str]) -> Vec<u8> {
        let mut command = Command::new("openssl");
        let words = words.iter().filter(|word| !word.is_empty());
        let output = command.args(words).current_dir(self.path()).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn make_key(&self, name: &str, kind: &str) {
        if self.keys.borrow_mut().insert(name.to_owned()) {
            let (key, public) = (format!("{name}.key"), format!("{name}.pub"));
            let words: Vec<_> = ["genpkey"].into_iter().chain(kind.split(' ')).chain(["-out", &key]).collect();
            self.openssl(&words);
            self.openssl(&["pkey", "-in", &key, "-pubout", "-out", &public]);
        }
    }

    /// Makes a certificate and gives it in DER. It stays in the folder, as PEM, under its name.
    pub(crate) fn make(&self, make: &Make<'_>) -> Vec<u8> {
        self.make_key(make.key, make.kind);
        self.put("extensions", &make.extensions);
        self.owners.borrow_mut().insert(make.name.to_owned(), make.key.to_owned());
        let (public, key) = (format!("{}.pub", make.key), self.key_of(make.issuer.unwrap_or(make.name)));
        let (out, days) = (format!("{}.pem", make.name), make.days.to_string());
        let above = make.issuer.map(|issuer| format!("{issuer}.pem"));
        let mut words = vec!["x509", "-new", "-force_pubkey", &public, "-subj", &make.subject, "-days", &days];
        match &above {
            Some(above) => words.extend(["-CA", above, "-CAkey", &key, "-CAcreateserial"]),
            None => words.extend(["-key", &key]),
        }
        if !make.extensions.is_empty() {
            words.extend(["-extfile", "extensions"]);
        }
        words.extend(make.options.split(' '));
        words.extend(["-out", &out]);
        self.openssl(&words);
        self.der(make.name)
    }

    fn key_of(&self, certificate: &str) -> String {
        format!("{}.key", self.owners.borrow()[certificate])
    }

    /// A certificate of that name, issuer and extensions.
    pub(crate) fn issue(&self, name: &str, issuer: Option<&str>, extensions: &str) -> Vec<u8> {
        self.make(&Make::new(name, issuer, extensions))
    }

    pub(crate) fn der(&self, name: &str) -> Vec<u8> {
        self.openssl(&["x509", "-in", &format!("{name}.pem"), "-outform", "DER"])
    }

    fn serial(&self, name: &str) -> String {
        let text = self.openssl(&["x509", "-in", &format!("{name}.pem"), "-noout", "-serial"]);
        String::from_utf8(text).unwrap().trim().trim_start_matches("serial=").to_owned()
    }

    /// Makes a revocation list and gives it in DER. Without extensions it is of version 1.
    pub(crate) fn list(&self, list: &List<'_>) -> Vec<u8> {
        let time = |hours: i64| {
            let at = self.now + jiff::SignedDuration::from_hours(hours);
            Offset::UTC.to_datetime(at).strftime("%Y%m%d%H%M%SZ").to_string()
        };
        let mut index = String::new();
        for (serial, reason) in &list.revoked {
            writeln!(index, "R\t300101000000Z\t250101000000Z,{reason}\t{serial}\tunknown\t/CN=x").unwrap();
        }
        self.put("index.txt", &index);
        let head = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\n";
        let number = self.lists.replace(self.lists.get() + 1) + 1;
        self.put("number", &format!("{:04X}\n", number));
        let more = if list.extensions.is_empty() { "" } else { "crlnumber=number\ncrl_extensions=x\n[x]\n" };
        self.put("ca.cnf", &format!("{head}{more}{}", list.extensions));
        let (key, certificate) = (self.key_of(list.issuer), format!("{}.pem", list.issuer));
        let (from, to) = (time(list.from), time(list.to));
        let words = ["ca", "-gencrl", "-config", "ca.cnf", "-keyfile", &key, "-cert", &certificate];
        self.openssl(&[&words[..], &["-crl_lastupdate", &from, "-crl_nextupdate", &to, "-out", "list.pem"]].concat());
        self.openssl(&["crl", "-in", "list.pem", "-outform", "DER"])
    }
}

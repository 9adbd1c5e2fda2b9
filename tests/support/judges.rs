//! Programs of others, each run in a folder of its own, and key pairs that openssl made.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use keystead::{Algorithm, ImportKey, Imported, Key, KeyName, KeyType, Keystore, Options, Result, Scheme, Signature};

pub(crate) const MESSAGE: &[u8] = b"signed here, verified by another";

/// A folder in which other programs work.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    /// What a program writes to its output, or all it said when it failed. Words are parted by blanks.
    pub(crate) fn run(&self, program: &str, words: &str) -> Result<Vec<u8>, String> {
        let mut command = Command::new(program);
        command.args(words.split_whitespace()).current_dir(self.path()).stdin(Stdio::null());
        let output = command.output().map_err(|error| format!("{program}: {error}"))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(format!(
            "{program} {words}:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ))
    }

    pub(crate) fn openssl(&self, words: &str) -> Vec<u8> {
        self.run("openssl", words).unwrap()
    }

    /// A script for Python, which finds the folder's files by their names.
    pub(crate) fn python(&self, script: &str) -> Result<Vec<u8>, String> {
        self.put("script.py", script);
        self.run("python3", "script.py")
    }

    /// Whether openssl takes a signature over [`MESSAGE`] for one of the public key, given in DER.
    pub(crate) fn verifies(&self, public: &[u8], signature: &Signature) -> bool {
        self.put("verify.message", MESSAGE);
        self.put("verify.public", public);
        self.put("verify.signature", signature.to_der());
        let algorithm = signature.algorithm();
        let pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
        let options = if algorithm.scheme() == Scheme::RsaPss { pss } else { "" };
        let bits = algorithm.hash().bits();
        let verify = "-verify verify.public -keyform DER -signature verify.signature verify.message";
        self.run("openssl", &format!("dgst -sha{bits} {options} {verify}")).is_ok()
    }
}

/// A private key that openssl made, its public key and certificates.
pub(crate) struct Pair {
    pub(crate) algorithm: Algorithm,
    /// `key.pem` (PKCS#8), `cert.pem` (self-signed), `ca.pem` and `leaf.pem` (signed by it) lie in here.
    pub(crate) folder: Folder,
    /// SubjectPublicKeyInfo in DER.
    pub(crate) public: Vec<u8>,
}

impl Pair {
    fn new(algorithm: Algorithm) -> Self {
        let folder = Folder::new();
        let of_kind = match algorithm.curve() {
            Some(curve) => format!("-algorithm EC -pkeyopt ec_paramgen_curve:{}", curve.name()),
            None => "-algorithm RSA -pkeyopt rsa_keygen_bits:2048".into(),
        };
        folder.openssl(&format!("genpkey {of_kind} -out key.pem"));
        folder.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key");
        folder.openssl("req -x509 -key key.pem -subj /CN=self -days 30 -out cert.pem");
        folder.openssl("req -x509 -key ca.key -subj /CN=authority -days 30 -out ca.pem");
        folder.openssl("req -new -key key.pem -subj /CN=leaf -out leaf.csr");
        folder.openssl("x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 7 -days 30 -out leaf.pem");
        let public = folder.openssl("pkey -in key.pem -pubout -outform DER");
        Self { algorithm, folder, public }
    }

    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        self.folder.get(name)
    }

    /// What openssl makes of the key.
    pub(crate) fn openssl(&self, words: &str) -> Vec<u8> {
        self.folder.openssl(words)
    }
}

/// One pair for each type and curve. Made once, RSA takes its time.
pub(crate) static PAIRS: LazyLock<[Pair; 4]> =
    LazyLock::new(|| [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512, Algorithm::Rs256].map(Pair::new));

pub(crate) fn pair(algorithm: Algorithm) -> &'static Pair {
    PAIRS.iter().find(|pair| pair.algorithm == algorithm).unwrap()
}

pub(crate) fn memory() -> Keystore {
    Keystore::in_memory(Options::default()).unwrap()
}

/// Brings bytes into a store of their own.
pub(crate) fn import(data: &[u8]) -> Result<Imported> {
    import_with(data, |request| request)
}

pub(crate) fn import_with(data: &[u8], how: impl FnOnce(ImportKey) -> ImportKey) -> Result<Imported> {
    memory().import(how(ImportKey::new(KeyName::new("imported").unwrap(), data.to_vec())))
}

/// A key signs something that openssl verifies with the public key given.
pub(crate) fn assert_signs(store: &Keystore, key: &Key, public: &[u8], what: &str) {
    assert_ne!(key.key_type(), KeyType::Hmac);
    let signature = store.sign(key.id(), MESSAGE).unwrap();
    assert!(Folder::new().verifies(public, &signature), "{what}");
}

/// PEM of any label and width.
pub(crate) fn pem(label: &str, der: &[u8], width: usize) -> String {
    let base64 = base64(der);
    let lines: Vec<_> = base64.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64ct::Encoding;
    base64ct::Base64::encode_string(bytes)
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    use base64ct::Encoding;
    base64ct::Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn from_hex(digits: &str) -> Vec<u8> {
    let digits: String = digits.split_whitespace().collect();
    digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The bytes of PEM's only block.
pub(crate) fn unpem(pem: &[u8]) -> Vec<u8> {
    use base64ct::Encoding;
    let text = str::from_utf8(pem).unwrap();
    let body: String = text.lines().filter(|line| !line.contains('-')).collect();
    base64ct::Base64::decode_vec(&body).unwrap()
}

/// DER of any tag.
pub(crate) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = value.len().to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect();
    let mut out = vec![tag];
    match value.len() {
        len @ 0..=127 => out.push(len as u8),
        _ => {
            out.push(0x80 | digits.len() as u8);
            out.extend(&digits);
        }
    }
    out.extend(value);
    out
}

/// Replaces the first element that equals `old`, at any depth of a constructed one or of an OCTET STRING that holds
/// DER, and adjusts the lengths around it.
pub(crate) fn replaced(der: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    edited(der, old, new).expect("the element is not there")
}

fn edited(mut der: &[u8], old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    while !der.is_empty() {
        let (tag, value, whole) = element(der)?;
        let rest = &der[whole.len()..];
        if whole == old {
            return Some([&out[..], new, rest].concat());
        }
        let inside = if tag & 0x20 != 0 || tag == 0x04 { edited(value, old, new) } else { None };
        if let Some(inside) = inside {
            return Some([&out[..], &tlv(tag, &inside), rest].concat());
        }
        out.extend(whole);
        der = rest;
    }
    None
}

/// Tag, value and all bytes of the first element.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, &first) = (der.first()?, der.get(1)?);
    let (head, len) = match first {
        0..=0x7f => (2, usize::from(first)),
        _ => {
            let digits = der.get(2..2 + usize::from(first & 0x7f))?;
            if digits.len() > 4 {
                return None;
            }
            (2 + digits.len(), digits.iter().fold(0, |len, &digit| len << 8 | usize::from(digit)))
        }
    };
    Some((tag, der.get(head..head + len)?, der.get(..head + len)?))
}

//! The layers of the manual's architecture page, kept true mechanically: `src/` is read as text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first failure")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module and the modules of this crate that it may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("secret", &[]),
    ("model", &["secret"]),
    ("storage", &["model", "secret"]),
    ("crypto", &["model", "secret"]),
    ("codec", &["model", "secret"]),
    ("search", &["model"]),
    ("x509", &["codec", "crypto", "model", "secret"]),
    ("vault", &["crypto", "model", "secret"]),
    ("attestation", &["x509", "codec", "crypto", "model", "secret"]),
    ("authn", &["x509", "codec", "crypto", "model", "secret"]),
    (
        "keystore",
        &["attestation", "authn", "vault", "x509", "codec", "crypto", "search", "storage", "model", "secret", "error"],
    ),
    ("api", &["attestation", "authn", "keystore", "model", "error"]),
    ("error", &["attestation", "vault", "x509", "codec", "crypto", "storage", "model", "keystore"]),
    ("manual", &[]),
];

/// An outside crate and the modules that may name it. Primitives stand in `crypto`; SQLCipher's provider, which lies in
/// `storage`, is one more user of some.
const OWNED: &[(&str, &[&str])] = &[
    ("rusqlite", &["storage"]),
    ("x509_cert", &["x509"]),
    ("rsa", &["crypto"]),
    ("ecdsa", &["crypto"]),
    ("p256", &["crypto"]),
    ("p384", &["crypto"]),
    ("p521", &["crypto"]),
    ("aes_gcm", &["crypto"]),
    ("argon2", &["crypto"]),
    ("hkdf", &["crypto"]),
    ("md5", &["crypto"]),
    ("sha1", &["crypto", "storage/sqlcipher/provider.rs"]),
    ("sha2", &["crypto", "storage/sqlcipher/provider.rs", "storage/probe.rs"]),
    ("hmac", &["crypto", "storage/sqlcipher/provider.rs", "storage/probe.rs"]),
    ("pbkdf2", &["crypto", "storage/sqlcipher/provider.rs", "storage/probe.rs"]),
    ("aes", &["crypto", "storage/sqlcipher/provider.rs"]),
    ("cbc", &["crypto", "storage/sqlcipher/provider.rs"]),
    ("crypto_primes", &["crypto"]),
    ("des", &["crypto"]),
    ("rc2", &["crypto"]),
    ("scrypt", &["crypto"]),
    ("getrandom", &["crypto", "storage/sqlcipher/provider.rs"]),
    ("serde_json", &["api", "authn", "codec"]),
    ("webpki", &["x509"]),
    ("rustls_pki_types", &["x509"]),
    ("regorus", &["authn"]),
    ("memchr", &["search"]),
    ("memmap2", &["secret"]),
    ("unicase", &["search"]),
    ("unicode_normalization", &["search"]),
    ("percent_encoding", &["api"]),
];

/// Names that any layer may take from the crate's root: every public text type answers with the one error.
const ROOT: &[&str] = &["Error", "ErrorKind", "Result"];

const MOST_LINES: usize = 300;
const VAGUE: &[&str] = &["util", "utils", "common", "misc", "types", "helpers", "manager"];

struct Source {
    /// Below `src/`.
    path: String,
    text: String,
}

impl Source {
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The lines above the unit tests, comments cut.
    fn code(&self) -> Vec<&str> {
        let above = self.text.split("\n#[cfg(test)]\nmod tests").next().unwrap();
        above.lines().map(|line| line.split("//").next().unwrap()).collect()
    }

    /// Files that hold nothing but tests: the module above says so.
    fn is_test(&self) -> bool {
        let path = Path::new(&self.path);
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let above = match path.parent().unwrap() {
            root if root == Path::new("") => "lib.rs".into(),
            folder => folder.with_extension("rs"),
        };
        let text = fs::read_to_string(src().join(above)).unwrap();
        let is_this = |line: &str| line == format!("mod {stem};");
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("#[allow")).collect();
        lines.windows(2).any(|pair| matches!(pair, ["#[cfg(test)]", module] if is_this(module)))
    }
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![src()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(src()).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Source { path: below, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    assert!(found.len() > 40, "the sources are where they are looked for");
    found
}

/// Every `crate::name` of a text, groups opened: `crate::{a, b::c}` names a and b.
fn crate_imports(code: &[&str]) -> BTreeSet<String> {
    let text = code.join("\n");
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        // `pub(crate)` and the like have no path behind them; `other_crate::` is another word.
        if text[..at]
            .chars()
            .next_back()
            .is_some_and(|before| before.is_alphanumeric() || before == '_' || before == '$')
        {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && !c.is_whitespace() => {
                    names.insert(word(&group[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Whether a text names an outside crate: `name::` as the beginning of a path.
fn names_crate(code: &[&str], name: &str) -> bool {
    code.iter().any(|line| {
        line.match_indices(&format!("{name}::")).any(|(at, _)| {
            let before = line[..at].trim_end_matches("::");
            let inside_a_path = line[..at].ends_with("::")
                && !before.is_empty()
                && before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let inside_a_word = before.len() == at && before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            !inside_a_path && !inside_a_word
        })
    })
}

#[test]
fn imports_follow_the_layers() {
    for source in sources() {
        if matches!(source.path.as_str(), "lib.rs") || source.is_test() {
            continue;
        }
        let module = source.module();
        let (_, allowed) = LAYERS
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("src/{}: the module {module} has no row", source.path));
        for name in crate_imports(&source.code()) {
            let fine = name == module || allowed.contains(&name.as_str()) || ROOT.contains(&name.as_str());
            assert!(fine, "src/{} imports crate::{name}, its row allows {allowed:?}", source.path);
        }
    }
}

#[test]
fn outside_crates_stay_with_their_owners() {
    for source in sources() {
        if source.is_test() {
            continue;
        }
        for (name, owners) in OWNED {
            let owner = owners.iter().any(|owner| source.module() == *owner || source.path == *owner);
            // A module of the crate may have the name of an outside crate: then `super::name` or a local `use` is meant.
            let shadowed = source.text.contains(&format!("mod {name};")) || source.text.contains(&format!("{name}, "));
            let named = names_crate(&source.code(), name);
            assert!(owner || shadowed || !named, "src/{} names {name}::, which belongs to {owners:?}", source.path);
        }
    }
}

#[test]
fn unsafe_code_stands_in_one_module_with_its_reasons() {
    for source in sources() {
        let code = source.code().join("\n");
        let uses = code.matches("unsafe {").count()
            + code.matches("unsafe extern").count()
            + code.matches("unsafe fn").count();
        if source.path != "storage/sqlcipher.rs" && !source.path.starts_with("storage/sqlcipher/") {
            assert_eq!(uses, 0, "src/{} has unsafe code", source.path);
            continue;
        }
        assert!(uses > 0, "the rule looks at the right words");
        let lines: Vec<_> = source.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if line.contains("unsafe {") {
                let above = lines[at.saturating_sub(4)..at].iter().any(|line| line.contains("SAFETY:"));
                assert!(above, "src/{}:{} has no SAFETY: above it", source.path, at + 1);
            }
        }
    }
}

#[test]
fn files_are_short_and_introduce_themselves() {
    for source in sources() {
        let lines = source.text.lines().count();
        let fits = lines <= MOST_LINES || source.is_test();
        assert!(
            fits,
            "src/{} has {lines} lines, allowed are {MOST_LINES}: its tests may lie in a file of their own",
            source.path
        );
        let opens = source.text.starts_with("//!") || source.path == "lib.rs";
        assert!(opens, "src/{} does not open with //!", source.path);
        let stem = Path::new(&source.path).file_stem().unwrap().to_str().unwrap();
        assert!(!VAGUE.contains(&stem), "src/{} has a name that says nothing", source.path);
    }
}

#[test]
fn the_rules_can_fail() {
    let imports = crate_imports(&[
        "use crate::{model::Key, storage::{Database, Head}};",
        "let a = crate::crypto::x;",
        "pub(crate) fn f()",
    ]);
    assert_eq!(imports.into_iter().collect::<Vec<_>>(), ["crypto", "model", "storage"]);
    assert!(names_crate(&["let a = rsa::Key::new();"], "rsa"));
    assert!(names_crate(&["use ::rsa::Key;"], "rsa"));
    assert!(!names_crate(&["use super::rsa::load;", "universa::x"], "rsa"));
}

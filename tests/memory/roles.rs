//! What the child processes do, and when they look.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keystead::api::fusionauth;
use keystead::authn::{Outcome, Presented};
use keystead::{
    AppName, AppPlan, AppSecret, BackupOptions, CredentialPart, CredentialPlan, ErrorKind, ImportKey, KeyId, KeyName,
    Keystore, RingName, RingPlan, SecretBytes, SecretEncoding, SecretFormat, Unlock,
};

use super::needles::Received;
use super::scan::Watch;
use super::support::options;
use super::{KEYS, request};

/// A child at work.
struct Child<'a> {
    letter: Received,
    watch: Watch,
    path: &'a Path,
}

pub(crate) fn play(role: &str, path: &Path) {
    let letter = Received::read(&path.with_file_name("letter"));
    let child = Child { watch: letter.watch(), letter, path };
    child.look("before");
    let (role, in_a_thread) = role.strip_suffix(" in a thread").map_or((role, false), |role| (role, true));
    let work = || match role {
        "control" => child.control(),
        "open" => child.open(),
        "fail to open" => child.fail_to_open(),
        "sign" => child.sign(),
        "export" => child.export(),
        "import" => child.import(),
        "import by an API" => child.import_by_an_api(),
        "generate" => child.generate(),
        "rotate" => child.rotate(),
        "rekey" => child.rekey(),
        "backup" => child.backup(),
        "authenticate" => child.authenticate(),
        "say what protects it" => child.say_what_protects_it(),
        "die" => child.die(),
        other => panic!("{other}"),
    };
    if in_a_thread {
        std::thread::scope(|scope| scope.spawn(work).join().unwrap());
    } else {
        work();
    }
    if role != "control" {
        child.look("at the end");
    }
    println!("SAYS all looked through");
}

impl Child<'_> {
    /// Looks for everything that the letter named, and says what was found where.
    fn look(&self, stage: &str) {
        let mut found = BTreeSet::new();
        for hit in self.watch.look() {
            let flags = hit.flags.iter().filter(|flag| matches!(flag.as_str(), "lo" | "dd"));
            let flags = flags.cloned().collect::<Vec<_>>().join(" ");
            found.insert((hit.label, hit.mapping, flags));
        }
        println!("SAYS {stage}");
        for (label, mapping, flags) in found {
            println!("SAYS {stage}\t{label}\t{mapping}\t{flags}");
        }
    }

    fn secret(&self, name: &str) -> SecretBytes {
        self.letter.secret(name)
    }

    /// What unlocks a store. The key is handed over by value, so a copy of it lies on the stack of this test, and deeper down the
    /// dynamic linker may have put the registers that it was copied with. Who hands it over wipes both.
    fn unlock(&self, name: &str) -> Unlock {
        let unlock = self.unlock_here(name);
        zeroize::zeroize_stack::<65536>();
        unlock
    }

    #[inline(never)]
    fn unlock_here(&self, name: &str) -> Unlock {
        Unlock::raw_key(**self.letter.key(name))
    }

    fn open_store(&self) -> Keystore {
        Keystore::open(self.path, &self.unlock("raw key"), options()).unwrap()
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    fn id(&self, name: &str) -> KeyId {
        let id = self.secret(&format!("id of {name}"));
        std::str::from_utf8(id.expose_secret()).unwrap().parse().unwrap()
    }

    /// That the search finds what is there, and what nobody wiped.
    fn control(&self) {
        let kept = self.secret("password");
        self.look("kept");
        // Far from the ends, where the allocator writes when it is freed.
        let mut forgotten = vec![0; 4096];
        forgotten[1024..][..kept.len()].copy_from_slice(kept.expose_secret());
        drop(kept);
        self.look("one copy kept");
        drop(std::hint::black_box(forgotten));
        self.look("not wiped");
    }

    fn open(&self) {
        let store = self.open_store();
        self.look("open");
        drop(store);
        self.look("closed");
        let by_passphrase = self.beside("by passphrase");
        let store = {
            let passphrase = Unlock::passphrase(self.secret("passphrase"));
            Keystore::open(&by_passphrase, &passphrase, options()).unwrap()
        };
        self.look("open by passphrase");
        drop(store);
    }

    fn fail_to_open(&self) {
        let wrong = self.unlock("wrong raw key");
        let error = Keystore::open(self.path, &wrong, options()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongKey);
        drop(wrong);
        self.look("wrong raw key");
        let wrong = Unlock::passphrase(self.secret("wrong passphrase"));
        let error = Keystore::open(self.beside("by passphrase"), &wrong, options()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongKey);
        drop(wrong);
    }

    fn sign(&self) {
        let store = self.open_store();
        for (name, _) in KEYS {
            store.sign(self.id(name), b"message").unwrap();
            self.look(&format!("signed {name}"));
        }
        store.forget_unsealed_keys();
        self.look("forgotten");
        store.sign(self.id("P-256"), b"message").unwrap();
        drop(store);
    }

    fn export(&self) {
        let store = self.open_store();
        let password = || self.secret("password");
        for (name, _) in KEYS {
            let formats = match name {
                _ if name.starts_with("HS") => vec![SecretFormat::Raw, SecretFormat::Jwk],
                "RSA" => vec![SecretFormat::Pkcs1Pem],
                _ => vec![SecretFormat::Sec1Pem],
            };
            let all = [
                SecretFormat::Pkcs8Pem,
                SecretFormat::Pkcs8Der,
                SecretFormat::Jwk,
                SecretFormat::EncryptedPkcs8Der { password: password() },
                SecretFormat::EncryptedPkcs8Pem { password: password() },
                SecretFormat::Pkcs12 { password: password() },
            ];
            let all = all.into_iter().filter(|_| !name.starts_with("HS"));
            for format in formats.into_iter().chain(all) {
                drop(store.export_secret(self.id(name), &format).unwrap());
                let format = format!("{format:?}");
                self.look(&format!("exported {name} {}", format.split(' ').next().unwrap()));
            }
        }
    }

    fn import(&self) {
        let store = Keystore::in_memory(options()).unwrap();
        for (name, algorithm) in KEYS {
            let hmac = name.starts_with("HS");
            let forms: &[&str] = if hmac { &["raw", "hex", "jwk"] } else { &["der", "pem", "jwk", "encrypted", "p12"] };
            for form in forms {
                let data = self.secret(&format!("{name} {form}"));
                let mut request = ImportKey::new(KeyName::new(format!("{name} {form}")).unwrap(), data);
                request = match *form {
                    "raw" => request.secret(SecretEncoding::Raw),
                    "hex" => request.secret(SecretEncoding::Hex),
                    "encrypted" | "p12" => request.password(self.secret("password")),
                    _ => request,
                };
                store.import(request.algorithm(algorithm)).unwrap();
                self.look(&format!("imported {name} {form}"));
            }
        }
    }

    fn import_by_an_api(&self) {
        let store = Keystore::in_memory(options()).unwrap();
        for (name, _) in KEYS.iter().filter(|(name, _)| !name.starts_with("HS3")) {
            let body = self.secret(&format!("{name} body"));
            let response = fusionauth::call(&store, "POST", "/api/key/import", body.expose_secret()).unwrap();
            assert_eq!(response.status, 200, "{name}: {:?}", response.body);
            drop(body);
            self.look(&format!("imported {name}"));
        }
    }

    fn generate(&self) {
        let store = Keystore::in_memory(options().entropy(Arc::new(self.letter.planted("planted")))).unwrap();
        for (name, algorithm) in KEYS {
            store.generate(request(name, algorithm)).unwrap();
            self.look(&format!("generated {name}"));
        }
    }

    fn rotate(&self) {
        let store = Keystore::in_memory(options().entropy(Arc::new(self.letter.planted("planted for rings")))).unwrap();
        super::rotated(&store);
        self.look("rotated");
    }

    fn rekey(&self) {
        let store = self.open_store();
        store.rekey(&self.unlock("new raw key")).unwrap();
        self.look("rekeyed");
        store.sign(self.id("P-256"), b"message").unwrap();
        self.look("signed");
    }

    fn backup(&self) {
        let store = self.open_store();
        let unlock = self.unlock("new raw key");
        store.backup(self.beside("copy"), &BackupOptions::new(&unlock)).unwrap();
        drop(unlock);
        self.look("copied");
        store.verify_integrity().unwrap();
        self.look("verified");
    }

    fn authenticate(&self) {
        let store = self.open_store();
        let secret = AppSecret::new(self.secret("app secret")).unwrap();
        let plan = AppPlan::new(AppName::new("app").unwrap(), CredentialPlan::new(CredentialPart::Secret(secret)));
        let id = std::str::from_utf8(self.secret("app id").expose_secret()).unwrap().parse().unwrap();
        drop(store.create_app(plan.id(id)).unwrap());
        self.look("made");
        let header = self.secret("header");
        let presented = Presented::new().authorization(std::str::from_utf8(header.expose_secret()).unwrap());
        assert!(matches!(store.authenticate(&presented).unwrap(), Outcome::Authenticated(_)));
        drop(header);
        self.look("authenticated");
        store.forget_unsealed_keys();
        drop(store.export_app_secret(id).unwrap());
        self.look("forgotten");
    }

    fn say_what_protects_it(&self) {
        let store = self.open_store();
        store.sign(self.id("P-256"), b"message").unwrap();
        let protection = store.memory_protection();
        println!("SAYS locked {}, out of dumps {}", protection.locked, protection.out_of_dumps);
    }

    fn die(&self) {
        let store = self.open_store();
        store.sign(self.id("P-256"), b"message").unwrap();
        let witness = self.secret("witness");
        std::hint::black_box((&store, &witness));
        std::process::abort();
    }
}

/// What the parent does too, to know the keys.
pub(crate) fn ring_plan() -> RingPlan {
    let spec = keystead::KeySpec::new(keystead::Algorithm::Es384, None).unwrap();
    RingPlan::new(RingName::new("ring").unwrap(), spec).exportable(true)
}

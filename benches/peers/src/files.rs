//! A folder of key files, PKCS#8 that nothing encrypts, with AWS-LC: the least that durable keys can cost, and a library that
//! signs faster than those in Rust.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, RSA_PKCS1_SHA256, RsaKeyPair,
};

use crate::serve::{Done, Given, MESSAGE, Peer};

pub struct Files {
    folder: PathBuf,
    random: SystemRandom,
}

impl Files {
    pub fn new() -> Self {
        Self { folder: PathBuf::new(), random: SystemRandom::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.p8"))
    }

    fn sync_folder(&self) -> Done {
        Ok(File::open(&self.folder)?.sync_all()?)
    }
}

pub enum Held {
    Ec(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
    Hmac(hmac::Key),
}

pub fn ecdsa(algorithm: &str) -> &'static EcdsaSigningAlgorithm {
    match algorithm {
        "ES384" => &ECDSA_P384_SHA384_FIXED_SIGNING,
        "ES512" => &ECDSA_P521_SHA512_FIXED_SIGNING,
        _ => &ECDSA_P256_SHA256_FIXED_SIGNING,
    }
}

pub fn held(algorithm: &str, secret: &[u8]) -> Done<Held> {
    Ok(match algorithm {
        "RS256" => Held::Rsa(Box::new(RsaKeyPair::from_pkcs8(secret)?)),
        "HS256" => Held::Hmac(hmac::Key::new(hmac::HMAC_SHA256, secret)),
        _ => Held::Ec(EcdsaKeyPair::from_pkcs8(ecdsa(algorithm), secret)?),
    })
}

impl Peer for Files {
    type Handle = Held;
    type Id = PathBuf;

    fn about(&self) -> String {
        format!("key files, aws-lc-rs {}", crate::version_of("aws-lc-rs"))
    }

    fn create(&mut self, store: &Path) -> Done {
        std::fs::create_dir(store)?;
        self.open(store)
    }

    fn open(&mut self, store: &Path) -> Done {
        self.folder = store.into();
        Ok(())
    }

    fn close(&mut self) -> Done {
        Ok(())
    }

    fn generate(&mut self, name: &str) -> Done {
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.random)?;
        let draft = self.folder.join("draft");
        let mut file = File::create(&draft)?;
        file.write_all(der.as_ref())?;
        file.sync_all()?;
        std::fs::rename(&draft, self.path(name))?;
        self.sync_folder()
    }

    fn import(&mut self, keys: &[Given]) -> Done {
        let write = |key: &Given| {
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.secret)?;
            let mut file = File::create_new(self.path(&key.name))?;
            file.write_all(&key.secret)?;
            Ok(file)
        };
        // Synced after all are written, which lets the file system put many into one commit.
        for some in keys.chunks(512) {
            for file in some.iter().map(write).collect::<Done<Vec<_>>>()? {
                file.sync_all()?;
            }
        }
        self.sync_folder()
    }

    fn import_for(&mut self, algorithm: &str, key: &Given) -> Done<bool> {
        held(algorithm, &key.secret)?;
        std::fs::write(self.path(&key.name), &key.secret)?;
        Ok(true)
    }

    fn find(&mut self, name: &str) -> Done {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &std::fs::read(self.path(name))?)?;
        Ok(())
    }

    fn id(&mut self, name: &str) -> Done<PathBuf> {
        Ok(self.path(name))
    }

    fn sign(&mut self, id: &PathBuf, algorithm: &str) -> Done<Vec<u8>> {
        let mut handle = self.hold(id, algorithm)?;
        self.sign_held(&mut handle)
    }

    fn hold(&mut self, id: &PathBuf, algorithm: &str) -> Done<Held> {
        held(algorithm, &std::fs::read(id)?)
    }

    fn sign_held(&mut self, handle: &mut Held) -> Done<Vec<u8>> {
        Ok(match handle {
            Held::Ec(pair) => pair.sign(&self.random, MESSAGE)?.as_ref().to_vec(),
            Held::Hmac(key) => hmac::sign(key, MESSAGE).as_ref().to_vec(),
            Held::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &self.random, MESSAGE, &mut signature)?;
                signature
            }
        })
    }
}

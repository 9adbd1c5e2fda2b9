//! This library: every key with its self-signed certificate, its digests and its tag.

use std::path::Path;

use keystead::{Algorithm, GenerateKey, ImportKey, KeyId, KeyName, KeySpec, Options, SecretEncoding, Signer, Unlock};

use crate::serve::{Done, Given, MESSAGE, Peer};

#[derive(Default)]
pub struct Keystead(Option<keystead::Keystore>);

impl Keystead {
    fn store(&self) -> Done<&keystead::Keystore> {
        Ok(self.0.as_ref().ok_or("no store is open")?)
    }
}

fn unlock() -> Unlock {
    Unlock::raw_key([7; 32])
}

fn algorithm(name: &str) -> Done<Algorithm> {
    Ok(Algorithm::ALL.into_iter().find(|algorithm| algorithm.to_string() == name).ok_or("no such algorithm")?)
}

impl Peer for Keystead {
    type Handle = Signer;
    type Id = KeyId;

    fn about(&self) -> String {
        let root = include_str!("../../../Cargo.toml");
        let version = root.lines().find_map(|line| line.strip_prefix("version = ")).unwrap_or("?");
        format!("Keystead {}", version.trim_matches('"'))
    }

    fn create(&mut self, store: &Path) -> Done {
        self.0 = Some(keystead::Keystore::create(store, &unlock(), Options::default())?);
        Ok(())
    }

    fn open(&mut self, store: &Path) -> Done {
        self.0 = Some(keystead::Keystore::open(store, &unlock(), Options::default())?);
        Ok(())
    }

    fn close(&mut self) -> Done {
        self.0 = None;
        Ok(())
    }

    fn generate(&mut self, name: &str) -> Done {
        let spec = KeySpec::new(Algorithm::Es256, None)?;
        self.store()?.generate(GenerateKey::new(KeyName::new(name)?, spec))?;
        Ok(())
    }

    fn import(&mut self, keys: &[Given]) -> Done {
        let request = |key: &Given| Ok(ImportKey::new(KeyName::new(&*key.name)?, key.secret.clone()));
        let requests = keys.iter().map(request).collect::<Done<Vec<_>>>()?;
        for made in self.store()?.import_many(&requests)? {
            made?;
        }
        Ok(())
    }

    fn import_for(&mut self, name: &str, key: &Given) -> Done<bool> {
        let mut request = ImportKey::new(KeyName::new(&*key.name)?, key.secret.clone()).algorithm(algorithm(name)?);
        if name.starts_with("HS") {
            request = request.secret(SecretEncoding::Raw);
        }
        self.store()?.import(request)?;
        Ok(true)
    }

    fn find(&mut self, name: &str) -> Done {
        self.store()?.key(KeyName::new(name)?)?;
        Ok(())
    }

    fn id(&mut self, name: &str) -> Done<KeyId> {
        Ok(self.store()?.key(KeyName::new(name)?)?.id())
    }

    fn sign(&mut self, id: &KeyId, _: &str) -> Done<Vec<u8>> {
        Ok(self.store()?.sign(*id, MESSAGE)?.as_bytes().to_vec())
    }

    fn hold(&mut self, id: &KeyId, _: &str) -> Done<Signer> {
        Ok(self.store()?.signer(*id)?)
    }

    fn sign_held(&mut self, handle: &mut Signer) -> Done<Vec<u8>> {
        Ok(handle.sign(MESSAGE)?.as_bytes().to_vec())
    }
}

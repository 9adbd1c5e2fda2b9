//! aries-askar, in its SQLite store with a raw key. It brings an SQLite of its own, hence the workspace of its own.

#[path = "../../src/serve.rs"]
mod serve;

use std::path::{Path, PathBuf};
use std::time::Duration;

use aries_askar::future::block_on;
use aries_askar::kms::{KeyAlg, LocalKey};
use aries_askar::{PassKey, Session, Store, StoreKeyMethod};
use p256::pkcs8::DecodePrivateKey;
use serve::{Done, Given, MESSAGE, Peer};

fn main() -> Done {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [folder, keys, budget] = &arguments[..] else { return Err("needs a folder, a file and milliseconds".into()) };
    let budget = budget.to_str().ok_or("no number")?.parse()?;
    serve::serve(Askar::default(), &PathBuf::from(folder), &PathBuf::from(keys), Duration::from_millis(budget))
}

#[derive(Default)]
struct Askar(Option<(Store, Session)>);

impl Askar {
    fn session(&mut self) -> Done<&mut Session> {
        Ok(&mut self.0.as_mut().ok_or("no store is open")?.1)
    }

    fn fetch(&mut self, name: &str) -> Done<LocalKey> {
        let session = self.session()?;
        let entry = block_on(session.fetch_key(name, false))?.ok_or("not found")?;
        Ok(entry.load_local_key()?)
    }
}

fn url(store: &Path) -> String {
    format!("sqlite://{}", store.display())
}

fn key() -> Done<PassKey<'static>> {
    Ok(Store::new_raw_key(Some(&[7; 32]))?)
}

fn algorithm(name: &str) -> Option<KeyAlg> {
    match name {
        "ES256" => Some(KeyAlg::EcCurve(aries_askar::crypto::alg::EcCurves::Secp256r1)),
        "ES384" => Some(KeyAlg::EcCurve(aries_askar::crypto::alg::EcCurves::Secp384r1)),
        _ => None,
    }
}

fn local(name: &str, pkcs8: &[u8]) -> Done<Option<LocalKey>> {
    let Some(found) = algorithm(name) else { return Ok(None) };
    let scalar = match name {
        "ES256" => p256::SecretKey::from_pkcs8_der(pkcs8)?.to_bytes().to_vec(),
        _ => p384::SecretKey::from_pkcs8_der(pkcs8)?.to_bytes().to_vec(),
    };
    Ok(Some(LocalKey::from_secret_bytes(found, &scalar)?))
}

impl Peer for Askar {
    type Handle = LocalKey;
    type Id = String;

    fn about(&self) -> String {
        let lock = include_str!("../Cargo.lock");
        let version = lock.split("name = \"aries-askar\"\nversion = \"").nth(1).and_then(|rest| rest.split('"').next());
        format!("aries-askar {}", version.unwrap_or("?"))
    }

    fn create(&mut self, store: &Path) -> Done {
        let store = block_on(Store::provision(&url(store), StoreKeyMethod::RawKey, key()?, None, false))?;
        let session = block_on(store.session(None))?;
        self.0 = Some((store, session));
        Ok(())
    }

    fn open(&mut self, store: &Path) -> Done {
        let store = block_on(Store::open(&url(store), None, key()?, None))?;
        let session = block_on(store.session(None))?;
        self.0 = Some((store, session));
        Ok(())
    }

    fn close(&mut self) -> Done {
        if let Some((store, session)) = self.0.take() {
            // What closes the session's connection wants the runtime that only `block_on` has.
            block_on(async move {
                drop(session);
                store.close().await
            })?;
        }
        Ok(())
    }

    fn generate(&mut self, name: &str) -> Done {
        let made = LocalKey::generate_with_rng(algorithm("ES256").ok_or("no ES256")?, false)?;
        Ok(block_on(self.session()?.insert_key(name, &made, None, None, None, None))?)
    }

    fn import(&mut self, keys: &[Given]) -> Done {
        let (store, _) = self.0.as_ref().ok_or("no store is open")?;
        let mut transaction = block_on(store.transaction(None))?;
        for key in keys {
            let made = local("ES256", &key.secret)?.ok_or("no ES256")?;
            block_on(transaction.insert_key(&key.name, &made, None, None, None, None))?;
        }
        Ok(block_on(transaction.commit())?)
    }

    fn import_for(&mut self, algorithm: &str, key: &Given) -> Done<bool> {
        let Some(made) = local(algorithm, &key.secret)? else { return Ok(false) };
        block_on(self.session()?.insert_key(&key.name, &made, None, None, None, None))?;
        Ok(true)
    }

    fn find(&mut self, name: &str) -> Done {
        block_on(self.session()?.fetch_key(name, false))?.ok_or("not found")?;
        Ok(())
    }

    fn id(&mut self, name: &str) -> Done<String> {
        Ok(name.into())
    }

    fn sign(&mut self, id: &String, _: &str) -> Done<Vec<u8>> {
        let mut handle = self.fetch(id)?;
        self.sign_held(&mut handle)
    }

    fn hold(&mut self, id: &String, _: &str) -> Done<LocalKey> {
        self.fetch(id)
    }

    fn sign_held(&mut self, handle: &mut LocalKey) -> Done<Vec<u8>> {
        Ok(handle.sign_message(MESSAGE, None)?)
    }
}

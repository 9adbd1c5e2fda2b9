//! SoftHSM 2 through PKCS#11, with its store of a file an object, which is what Debian builds.
//!
//! It writes without a sync: what it made is lost when the power is.

use std::path::{Path, PathBuf};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use p256::pkcs8::der::Decode;
use p256::pkcs8::{DecodePrivateKey, PrivateKeyInfoRef};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::serve::{Done, Given, MESSAGE, Peer};

/// Where Debian, and who builds it by hand, puts the module.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];

pub struct SoftHsm {
    module: PathBuf,
    /// Names the folder of the tokens. The module reads it when it is initialised.
    settings: PathBuf,
    open: Option<(Pkcs11, Session)>,
}

pub fn module() -> Option<PathBuf> {
    let given = std::env::var_os("SOFTHSM2_MODULE").map(PathBuf::from);
    given.into_iter().chain(MODULES.map(PathBuf::from)).find(|path| path.exists())
}

fn pin() -> AuthPin {
    AuthPin::new("keystead".into())
}

impl SoftHsm {
    /// `settings` is what `SOFTHSM2_CONF` names.
    pub fn new(settings: PathBuf) -> Done<Self> {
        Ok(Self { module: module().ok_or("libsofthsm2.so is not installed")?, settings, open: None })
    }

    fn load(&self, store: &Path) -> Done<Pkcs11> {
        let store = store.display();
        let text = format!("directories.tokendir = {store}\nobjectstore.backend = file\nlog.level = ERROR\n");
        std::fs::write(&self.settings, text)?;
        let library = Pkcs11::new(&self.module)?;
        library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
        Ok(library)
    }

    fn session(&self) -> Done<&Session> {
        Ok(&self.open.as_ref().ok_or("no token is open")?.1)
    }

    fn one(&self, template: &[Attribute]) -> Done<ObjectHandle> {
        match self.session()?.find_objects(template)?[..] {
            [only] => Ok(only),
            ref found => Err(format!("{} objects, not one", found.len()).into()),
        }
    }

    fn by_id(&self, id: &[u8], algorithm: &str) -> Done<ObjectHandle> {
        let class = if algorithm.starts_with("HS") { ObjectClass::SECRET_KEY } else { ObjectClass::PRIVATE_KEY };
        self.one(&[Attribute::Class(class), Attribute::Id(id.to_vec())])
    }

    fn sign_with(&self, key: ObjectHandle, algorithm: &str) -> Done<Vec<u8>> {
        let session = self.session()?;
        Ok(match algorithm {
            "ES256" => session.sign(&Mechanism::Ecdsa, key, &Sha256::digest(MESSAGE))?,
            "ES384" => session.sign(&Mechanism::Ecdsa, key, &Sha384::digest(MESSAGE))?,
            "ES512" => session.sign(&Mechanism::Ecdsa, key, &Sha512::digest(MESSAGE))?,
            "RS256" => session.sign(&Mechanism::Sha256RsaPkcs, key, MESSAGE)?,
            _ => session.sign(&Mechanism::Sha256Hmac, key, MESSAGE)?,
        })
    }
}

/// What every key of a token is: named, private to its user, never handed out.
fn common(name: &str) -> Vec<Attribute> {
    vec![
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Label(name.into()),
        Attribute::Id(name.into()),
    ]
}

fn ec(name: &str, curve: &[u8], scalar: &[u8]) -> Vec<Attribute> {
    let own = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::EcParams(curve.to_vec()),
        Attribute::Value(scalar.to_vec()),
    ];
    [common(name), own.to_vec()].concat()
}

fn rsa(name: &str, pkcs8: &[u8]) -> Done<Vec<Attribute>> {
    let outer = PrivateKeyInfoRef::try_from(pkcs8)?;
    let key = pkcs1::RsaPrivateKey::from_der(outer.private_key.as_bytes())?;
    let bytes = |number: pkcs1::UintRef<'_>| number.as_bytes().to_vec();
    let own = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::RSA),
        Attribute::Modulus(bytes(key.modulus)),
        Attribute::PublicExponent(bytes(key.public_exponent)),
        Attribute::PrivateExponent(bytes(key.private_exponent)),
        Attribute::Prime1(bytes(key.prime1)),
        Attribute::Prime2(bytes(key.prime2)),
        Attribute::Exponent1(bytes(key.exponent1)),
        Attribute::Exponent2(bytes(key.exponent2)),
        Attribute::Coefficient(bytes(key.coefficient)),
    ];
    Ok([common(name), own.to_vec()].concat())
}

impl Peer for SoftHsm {
    type Handle = (ObjectHandle, String);
    type Id = Vec<u8>;

    fn about(&self) -> String {
        // The module itself does not tell the last figure.
        let told = std::process::Command::new("softhsm2-util").arg("--version").output();
        let version = told.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned()).unwrap_or_default();
        format!("SoftHSM {version}")
    }

    fn create(&mut self, store: &Path) -> Done {
        std::fs::create_dir(store)?;
        let library = self.load(store)?;
        let slot = *library.get_all_slots()?.first().ok_or("no slot")?;
        library.init_token(slot, &pin(), "peers")?;
        let slot = *library.get_slots_with_initialized_token()?.first().ok_or("no token")?;
        let session = library.open_rw_session(slot)?;
        session.login(UserType::So, Some(&pin()))?;
        session.init_pin(&pin())?;
        session.logout()?;
        session.login(UserType::User, Some(&pin()))?;
        self.open = Some((library, session));
        Ok(())
    }

    fn open(&mut self, store: &Path) -> Done {
        let library = self.load(store)?;
        let slot = *library.get_slots_with_initialized_token()?.first().ok_or("no token")?;
        let session = library.open_rw_session(slot)?;
        session.login(UserType::User, Some(&pin()))?;
        self.open = Some((library, session));
        Ok(())
    }

    fn close(&mut self) -> Done {
        if let Some((library, session)) = self.open.take() {
            session.close()?;
            library.finalize()?;
        }
        Ok(())
    }

    fn generate(&mut self, name: &str) -> Done {
        // The public half lives with the session alone: one durable object is what is asked for.
        let public = [Attribute::Token(false), Attribute::Private(false), Attribute::EcParams(P256.to_vec())];
        let (public, _) = self.session()?.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &common(name))?;
        Ok(self.session()?.destroy_object(public)?)
    }

    fn import(&mut self, keys: &[Given]) -> Done {
        for key in keys {
            let scalar = p256::SecretKey::from_pkcs8_der(&key.secret)?.to_bytes();
            self.session()?.create_object(&ec(&key.name, P256, &scalar))?;
        }
        Ok(())
    }

    fn import_for(&mut self, algorithm: &str, key: &Given) -> Done<bool> {
        let (name, secret) = (&key.name, &key.secret);
        let template = match algorithm {
            "ES256" => ec(name, P256, &p256::SecretKey::from_pkcs8_der(secret)?.to_bytes()),
            "ES384" => ec(name, P384, &p384::SecretKey::from_pkcs8_der(secret)?.to_bytes()),
            "ES512" => ec(name, P521, &p521::SecretKey::from_pkcs8_der(secret)?.to_bytes()),
            "RS256" => rsa(name, secret)?,
            _ => {
                let own = [
                    Attribute::Class(ObjectClass::SECRET_KEY),
                    Attribute::KeyType(KeyType::SHA256_HMAC),
                    Attribute::Value(secret.clone()),
                ];
                [common(name), own.to_vec()].concat()
            }
        };
        self.session()?.create_object(&template)?;
        Ok(true)
    }

    fn find(&mut self, name: &str) -> Done {
        self.one(&[Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(name.into())])?;
        Ok(())
    }

    fn id(&mut self, name: &str) -> Done<Vec<u8>> {
        Ok(name.into())
    }

    fn sign(&mut self, id: &Vec<u8>, algorithm: &str) -> Done<Vec<u8>> {
        let key = self.by_id(id, algorithm)?;
        self.sign_with(key, algorithm)
    }

    fn hold(&mut self, id: &Vec<u8>, algorithm: &str) -> Done<Self::Handle> {
        Ok((self.by_id(id, algorithm)?, algorithm.into()))
    }

    fn sign_held(&mut self, handle: &mut Self::Handle) -> Done<Vec<u8>> {
        self.sign_with(handle.0, &handle.1)
    }
}

//! Names, kinds and bytes from which the steps choose.

use std::sync::OnceLock;

use keystead::{
    Algorithm, GenerateKey, ImportKey, Issuer, KeyId, KeyName, KeySpec, KeyType, Keystore, Kid, Options,
    SecretEncoding, SecretFormat,
};

use super::naive::Text;

pub(crate) const MESSAGE: &[u8] = b"message";
pub(crate) const KIDS: [&str; 2] = ["shared", "zamAX0036820RULfdjUV6YkhYbY"];
pub(crate) const ISSUERS: [&str; 3] = ["acme.example", "Acme.example", "stra\u{df}e"];

/// A short name, of which there are few, so that they clash; many of them are one name when folded.
pub(crate) fn name(n: u8) -> Text {
    const FIRST: [&str; 8] = ["a", "A", "ss", "\u{df}", "\u{e9}", "\u{65}\u{301}", "\u{130}", "*"];
    const THEN: [&[&str]; 8] =
        [&[], &["b"], &["B"], &["*"], &["i", "\u{17f}"], &["%", " ", "a"], &["\u{fb01}"], &["1"]];
    let n = usize::from(n % 64);
    Text::of(&[&FIRST[n % 8..=n % 8], THEN[n / 8]].concat())
}

pub(crate) fn key_name(text: &Text) -> KeyName {
    KeyName::new(text.written()).unwrap()
}

/// HMAC and P-256 mostly: the others are slow.
pub(crate) fn algorithm(what: u8) -> Algorithm {
    match what % 16 {
        0..6 => Algorithm::Hs256,
        6..8 => Algorithm::Hs512,
        8 => Algorithm::Es384,
        _ => Algorithm::Es256,
    }
}

pub(crate) fn spec(what: u8) -> KeySpec {
    KeySpec::new(algorithm(what), None).unwrap()
}

/// Now and then one of a few ids, so that they clash.
pub(crate) fn id(set: u8) -> Option<KeyId> {
    (set % 8 == 7).then(|| format!("0{0}000000-0000-0000-0000-000000000000", set / 8 % 4 + 1).parse().unwrap())
}

pub(crate) fn kid(n: u8) -> Kid {
    Kid::new(KIDS[usize::from(n) % KIDS.len()]).unwrap()
}

pub(crate) fn issuer(n: u8) -> Issuer {
    Issuer::new(ISSUERS[usize::from(n) % ISSUERS.len()]).unwrap()
}

/// Bytes to take in, and what they are.
#[derive(Clone)]
pub(crate) struct Material {
    pub(crate) data: Vec<u8>,
    pub(crate) is: Option<KeyType>,
    pub(crate) has_private: bool,
    pub(crate) has_certificate: bool,
}

impl Material {
    pub(crate) fn request(&self, name: KeyName) -> ImportKey {
        let request = ImportKey::new(name, self.data.clone());
        if self.is == Some(KeyType::Hmac) { request.secret(SecretEncoding::Raw) } else { request }
    }

    pub(crate) fn secret(data: Vec<u8>) -> Self {
        Self { data, is: Some(KeyType::Hmac), has_private: true, has_certificate: false }
    }

    pub(crate) fn private(data: Vec<u8>) -> Self {
        Self { data, is: Some(KeyType::Ec), has_private: true, has_certificate: false }
    }
}

/// Of each kind that is quick to take in, and one RSA key of either half. The last is nothing.
pub(crate) fn materials() -> &'static [Material] {
    static ALL: OnceLock<Vec<Material>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<_> = [32, 48, 64].map(|len| Material::secret(vec![len; len.into()])).into();
        for name in ["first", "second"] {
            let (private, public, certificate) = pair(name);
            let plain = |data| Material { data, is: Some(KeyType::Ec), has_private: false, has_certificate: false };
            all.push(Material::private(private));
            all.push(plain(public));
            all.push(Material { has_certificate: true, ..plain(certificate) });
        }
        let rsa = |data: &[u8], has_private| Material {
            data: data.to_vec(),
            is: Some(KeyType::Rsa),
            has_private,
            has_certificate: !has_private,
        };
        all.push(rsa(include_bytes!("../../data/fusionauth-seed.pem"), false));
        all.push(rsa(include_bytes!("../../data/vectors/openssl/key.pem"), true));
        all.push(Material { data: b"-----BEGIN".to_vec(), is: None, has_private: false, has_certificate: false });
        all
    })
}

/// Certificates that applications present.
pub(crate) fn certificates() -> &'static [Vec<u8>; 2] {
    static ALL: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    ALL.get_or_init(|| ["one", "two"].map(|name| pair(name).2))
}

fn pair(name: &str) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let spec = KeySpec::new(Algorithm::Es256, None).unwrap();
    let key = store.generate(GenerateKey::new(KeyName::new(name).unwrap(), spec).exportable(true)).unwrap();
    let private = store.export_secret(key.id(), &SecretFormat::Pkcs8Der).unwrap();
    let public = key.public_key_der().unwrap().to_vec();
    (private.expose_secret().to_vec(), public, key.certificate_der().unwrap().to_vec())
}

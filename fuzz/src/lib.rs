//! What several targets ask of a key that was read: it goes into a store, comes out in every form, and each of them is
//! read as the same key again.

pub mod door;

use std::sync::OnceLock;

use keystead::{
    ErrorKind, ImportKey, Inspection, Key, KeyName, KeyType, Keystore, Options, PublicFormat, SecretBytes,
    SecretFormat, inspect,
};

fn store() -> &'static Keystore {
    static STORE: OnceLock<Keystore> = OnceLock::new();
    STORE.get_or_init(|| Keystore::in_memory(Options::default()).expect("a store in memory"))
}

/// Reads bytes in both ways. What is read comes back the same from every export; what is refused is refused in words.
pub fn read(data: &[u8], password: Option<&SecretBytes>) -> Vec<Inspection> {
    let name = |_: &Inspection| KeyName::new(format!("{:032x}", next()));
    let found = match (inspect(data, password), ImportKey::each_of(data, password, name)) {
        (Ok(found), Ok(requests)) => {
            assert_eq!(found.len(), requests.len());
            for (inspection, request) in found.iter().zip(requests) {
                taken_in(inspection, request.exportable(true).allow_short_secret(true));
            }
            found
        }
        (Err(error), _) => {
            assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported), "{error:?}");
            assert!(error.to_string().len() < 1000);
            Vec::new()
        }
        // A kid or an algorithm that cannot be one.
        (Ok(found), Err(_)) => found,
    };
    let request = ImportKey::new(KeyName::new("whole").expect("a name"), data.to_vec());
    let request = match password {
        Some(password) => request.password(password.clone_secret()),
        None => request,
    };
    if let Ok(imported) = store().import(request) {
        assert_eq!(found.len(), 1, "read by import only");
        store().delete(imported.key.id()).expect("it was there");
    }
    found
}

fn next() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn taken_in(inspection: &Inspection, request: ImportKey) {
    let Ok(imported) = store().import(request) else { return };
    let key = imported.key;
    assert_eq!(key.public_key_der(), inspection.public_key_der());
    assert_eq!((key.key_type(), key.bits()), (inspection.key_type(), inspection.bits()));
    assert_eq!(key.has_private_key(), inspection.has_private_key());
    assert_eq!(key.jwk_thumbprint().expect("its key was checked"), inspection.jwk_thumbprint());
    exported(&key);
    store().delete(key.id()).expect("it was there");
}

/// Every form that needs no slow derivation.
fn exported(key: &Key) {
    let rsa = key.key_type() == KeyType::Rsa;
    let mut written = Vec::new();
    if key.key_type() != KeyType::Hmac {
        written.extend([PublicFormat::SpkiPem, PublicFormat::SpkiDer, PublicFormat::Jwk]);
        written.extend(rsa.then_some(PublicFormat::Pkcs1Pem));
        if key.certificate_der().is_some() {
            written.extend([PublicFormat::CertificateDer, PublicFormat::CertificateChainPem]);
            written.extend([PublicFormat::Pkcs7PemCrlf, PublicFormat::Pkcs7Der]);
        }
    }
    for format in written {
        let bytes = store().export_public(key.id(), format).expect("an export");
        let again = inspect(&bytes, None).unwrap_or_else(|error| panic!("{format:?}: {error}"));
        assert_eq!(again[0].public_key_der(), key.public_key_der(), "{format:?}");
        assert!(!again[0].has_private_key());
    }
    if !key.has_private_key() {
        return;
    }
    let secret = match key.key_type() {
        KeyType::Hmac => vec![SecretFormat::Jwk],
        KeyType::Rsa => vec![SecretFormat::Pkcs8Der, SecretFormat::Pkcs1Pem, SecretFormat::Jwk],
        KeyType::Ec => vec![SecretFormat::Pkcs8Der, SecretFormat::Sec1Pem, SecretFormat::Jwk],
    };
    let signature = store().sign(key.id(), b"message").expect("a signature");
    assert!(store().verify(key.id(), b"message", signature.as_bytes()).expect("an answer"));
    for format in secret {
        let bytes = store().export_secret(key.id(), &format).expect("an export");
        let name = KeyName::new(format!("again {:x}", next())).expect("a name");
        let request = ImportKey::new(name, bytes).allow_short_secret(true);
        let again = store().import(request).unwrap_or_else(|error| panic!("{format:?}: {error}")).key;
        assert_eq!(again.public_key_der(), key.public_key_der(), "{format:?}");
        assert!(store().verify(again.id(), b"message", signature.as_bytes()).unwrap_or(false) || differs(key, &again));
        store().delete(again.id()).expect("it was there");
    }
}

/// PKCS#8 does not say for which algorithm its key was.
fn differs(key: &Key, again: &Key) -> bool {
    key.algorithm() != again.algorithm()
}

//! What a key signs, openssl verifies, and what openssl would refuse is refused here. Then the handles: the ecosystem's
//! traits, certificates built through them, and what they do when the key is gone.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashSet;
use std::process::Command;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use der::EncodePem;
use der::pem::LineEnding;
use getrandom::SysRng;
use keystead::{
    Algorithm, Entropy, EntropyError, ErrorKind, GenerateKey, Key, KeyId, KeyName, KeySpec, KeyType, Keystore, Options,
    Scheme, Signature, Signer, SystemEntropy, Verifier,
};
use signature::{Keypair, RandomizedSigner};
use spki::{DynSignatureAlgorithmIdentifier, EncodePublicKey, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::Certificate;
use x509_cert::builder::profile::{BuilderProfile, cabf};
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Validity;

const MESSAGE: &[u8] = b"signed here, verified by another";

/// One store with a key for every algorithm, for the tests that only read. RSA keys take their time.
static STORE: LazyLock<(Keystore, Vec<Key>)> = LazyLock::new(|| {
    let store = Keystore::in_memory(Options::default()).unwrap();
    let requests: Vec<_> = Algorithm::ALL.iter().map(|&algorithm| request(algorithm.name(), algorithm)).collect();
    let keys = store.generate_many(&requests).unwrap().into_iter().map(Result::unwrap).collect();
    (store, keys)
});

fn key(algorithm: Algorithm) -> &'static Key {
    STORE.1.iter().find(|key| key.algorithm() == Some(algorithm)).unwrap()
}

fn request(name: &str, algorithm: Algorithm) -> GenerateKey {
    let bits = (algorithm.key_type() == KeyType::Rsa).then_some(2048);
    GenerateKey::new(KeyName::new(name).unwrap(), KeySpec::new(algorithm, bits).unwrap())
}

/// openssl, in a folder of its own.
struct Judge(tempfile::TempDir);

impl Judge {
    fn new() -> Self {
        let judge = Self(tempfile::tempdir().unwrap());
        judge.put("message", MESSAGE);
        judge
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn openssl(&self, words: &str) -> Result<Vec<u8>, String> {
        let output = Command::new("openssl").args(words.split_whitespace()).current_dir(&self.0).output().unwrap();
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
        }
    }

    /// Whether openssl takes a signature over [`MESSAGE`] for one of this public key.
    fn accepts(&self, key: &Key, algorithm: Algorithm, signature: &Signature) -> bool {
        self.put("public", key.public_key_pem().unwrap().unwrap());
        self.put("signature", signature.to_der());
        let pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
        let options = if algorithm.scheme() == Scheme::RsaPss { pss } else { "" };
        let bits = algorithm.hash().bits();
        self.openssl(&format!("dgst -sha{bits} {options} -verify public -signature signature message")).is_ok()
    }
}

#[test]
fn openssl_verifies_what_every_algorithm_signs() {
    let (store, keys) = &*STORE;
    let judge = Judge::new();
    for key in keys.iter().filter(|key| key.key_type() != KeyType::Hmac) {
        let algorithm = key.algorithm().unwrap();
        let signature = store.sign(key.id(), MESSAGE).unwrap();
        assert_eq!(signature.algorithm(), algorithm);
        assert!(judge.accepts(key, algorithm, &signature), "{algorithm}");
        assert!(!judge.accepts(key, algorithm, &store.sign(key.id(), b"another").unwrap()), "{algorithm}");
        let len = algorithm.curve().map_or(256, |curve| 2 * curve.field_len());
        assert_eq!(signature.as_bytes().len(), len, "{algorithm}");
    }
}

/// The system's bytes, noted down: the test then knows every secret.
#[derive(Debug, Default)]
struct Recording(Mutex<Vec<Vec<u8>>>);

impl Entropy for Recording {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        SystemEntropy.fill(out)?;
        self.0.lock().unwrap().push(out.to_vec());
        Ok(())
    }
}

#[test]
fn openssl_makes_the_same_hmac() {
    let recording = Arc::new(Recording::default());
    let store = Keystore::in_memory(Options::default().entropy(recording.clone())).unwrap();
    let judge = Judge::new();
    for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
        recording.0.lock().unwrap().clear();
        let key = store.generate(request(algorithm.name(), algorithm)).unwrap();
        let drawn = recording.0.lock().unwrap().clone();
        // The secret is as long as the hash; id, kid and nonce are shorter.
        let secrets: Vec<_> = drawn.iter().filter(|bytes| bytes.len() == algorithm.hash().output_len()).collect();
        assert_eq!(secrets.len(), 1, "{algorithm}");
        let hex: String = secrets[0].iter().map(|byte| format!("{byte:02x}")).collect();
        let tag =
            |hash| judge.openssl(&format!("dgst -sha{hash} -mac HMAC -macopt hexkey:{hex} -binary message")).unwrap();
        assert_eq!(store.sign(key.id(), MESSAGE).unwrap().as_bytes(), tag(algorithm.hash().bits()), "{algorithm}");
        // A longer secret does for a shorter hash.
        assert_eq!(store.sign_with(key.id(), Algorithm::Hs256, MESSAGE).unwrap().as_bytes(), tag(256), "{algorithm}");
        assert!(store.verify_with(key.id(), Algorithm::Hs256, MESSAGE, &tag(256)).unwrap());
    }
}

#[test]
fn only_the_very_signature_is_accepted() {
    let (store, keys) = &*STORE;
    for key in keys {
        let algorithm = key.algorithm().unwrap();
        let signature = store.sign(key.id(), MESSAGE).unwrap();
        let good = signature.as_bytes();
        let verify = |message: &[u8], signature: &[u8]| store.verify(key.id(), message, signature).unwrap();
        assert!(verify(MESSAGE, good), "{algorithm}");
        for message in [&b""[..], b"another", &MESSAGE[1..], &[MESSAGE, b"\0"].concat()] {
            assert!(!verify(message, good), "{algorithm}");
        }
        for at in [0, 1, good.len() / 2, good.len() - 1] {
            for bit in [0x01, 0x80] {
                let mut changed = good.to_vec();
                changed[at] ^= bit;
                assert!(!verify(MESSAGE, &changed), "{algorithm}, byte {at}");
            }
        }
        let zeros = vec![0; good.len()];
        let ones = vec![0xff; good.len()];
        let longer = [good, &[0]].concat();
        let padded = [&[0], good].concat();
        let huge = vec![0x55; 10 << 20];
        let hex: String = good.iter().map(|byte| format!("{byte:02x}")).collect();
        let cut = [&good[..good.len() - 1], &good[1..], &good[..1], &good[..good.len() / 2], b""];
        let others = [&zeros[..], &ones, &longer, &padded, &huge, hex.as_bytes()];
        for wrong in cut.into_iter().chain(others) {
            assert!(!verify(MESSAGE, wrong), "{algorithm}, {} bytes", wrong.len());
        }
        if algorithm.key_type() == KeyType::Ec {
            assert!(!verify(MESSAGE, &signature.to_der()), "{algorithm}: the form of JOSE is the only one");
            let (r, s) = good.split_at(good.len() / 2);
            assert!(!verify(MESSAGE, &[s, r].concat()));
        }
        // Nobody else's signature.
        let stranger = keys.iter().find(|other| other.id() != key.id() && other.key_type() == key.key_type()).unwrap();
        assert!(!verify(MESSAGE, store.sign(stranger.id(), MESSAGE).unwrap().as_bytes()), "{algorithm}");
    }
}

#[test]
fn another_algorithm_must_fit_the_key() {
    let (store, keys) = &*STORE;
    let judge = Judge::new();
    let mut messages = Vec::new();
    for key in keys {
        for algorithm in Algorithm::ALL {
            let own = key.algorithm().unwrap();
            let fits = match key.key_type() {
                KeyType::Rsa => algorithm.key_type() == KeyType::Rsa,
                KeyType::Ec => algorithm == own,
                KeyType::Hmac => algorithm.key_type() == KeyType::Hmac && algorithm.hash().bits() <= key.bits(),
            };
            let signed = store.sign_with(key.id(), algorithm, MESSAGE);
            if fits {
                let signature = signed.unwrap();
                assert_eq!(signature.algorithm(), algorithm);
                assert!(store.verify_with(key.id(), algorithm, MESSAGE, signature.as_bytes()).unwrap());
                // Only for the algorithm that made it.
                let for_own = store.verify(key.id(), MESSAGE, signature.as_bytes()).unwrap();
                assert_eq!(for_own, algorithm == own, "{own} {algorithm}");
                if key.key_type() == KeyType::Rsa && own.scheme() != algorithm.scheme() {
                    assert!(judge.accepts(key, algorithm, &signature), "{own} {algorithm}");
                }
                assert_eq!(store.signer_with(key.id(), algorithm).unwrap().algorithm(), algorithm);
                continue;
            }
            let verified = store.verify_with(key.id(), algorithm, MESSAGE, &[0; 64]).unwrap_err();
            let error = signed.unwrap_err();
            assert_eq!((error.kind(), verified.kind()), (ErrorKind::NotPossible, ErrorKind::NotPossible));
            assert_eq!(error.to_string(), verified.to_string());
            assert_eq!(error.to_string(), store.signer_with(key.id(), algorithm).unwrap_err().to_string());
            if matches!(own, Algorithm::Es384 | Algorithm::Hs384 | Algorithm::Ps256) {
                messages.push(error.to_string());
            }
        }
    }
    insta::assert_snapshot!(messages.join("\n"), @r"
    algorithm ES256 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm ES512 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm HS256 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm HS384 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm HS512 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm PS256 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm PS384 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm PS512 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm RS256 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm RS384 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm RS512 does not fit the key 'ES384', EC of 384 bits, which allows ES384
    algorithm ES256 does not fit the key 'HS384', HMAC of 384 bits, which allows HS256, HS384
    algorithm ES384 does not fit the key 'HS384', HMAC of 384 bits, which allows HS256, HS384
    algorithm ES512 does not fit the key 'HS384', HMAC of 384 bits, which allows HS256, HS384
    algorithm HS512 does not fit the key 'HS384', HMAC of 384 bits, which allows HS256, HS384
    algorithm PS256 does not fit the key 'HS384', HMAC of 384 bits, which allows HS256, HS384
    algorithm PS384 does not fit the key 'HS384', HMAC of 384 bits, which allows HS256, HS384
    algorithm PS512 does not fit the key 'HS384', HMAC of 384 bits, which allows HS256, HS384
    algorithm RS256 does not fit the key 'HS384', HMAC of 384 bits, which allows HS256, HS384
    algorithm RS384 does not fit the key 'HS384', HMAC of 384 bits, which allows HS256, HS384
    algorithm RS512 does not fit the key 'HS384', HMAC of 384 bits, which allows HS256, HS384
    algorithm ES256 does not fit the key 'PS256', RSA of 2048 bits, which allows PS256, PS384, PS512, RS256, RS384, RS512
    algorithm ES384 does not fit the key 'PS256', RSA of 2048 bits, which allows PS256, PS384, PS512, RS256, RS384, RS512
    algorithm ES512 does not fit the key 'PS256', RSA of 2048 bits, which allows PS256, PS384, PS512, RS256, RS384, RS512
    algorithm HS256 does not fit the key 'PS256', RSA of 2048 bits, which allows PS256, PS384, PS512, RS256, RS384, RS512
    algorithm HS384 does not fit the key 'PS256', RSA of 2048 bits, which allows PS256, PS384, PS512, RS256, RS384, RS512
    algorithm HS512 does not fit the key 'PS256', RSA of 2048 bits, which allows PS256, PS384, PS512, RS256, RS384, RS512
    ");
    let nobody: KeyId = "092dbedc-30af-4149-9c61-b578f2c72f59".parse().unwrap();
    let missing = store.sign(nobody, MESSAGE).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    insta::assert_snapshot!(missing.to_string(), @"there is no key with id 092dbedc-30af-4149-9c61-b578f2c72f59");
    for error in [store.signer(nobody).unwrap_err(), store.verifier(nobody).unwrap_err()] {
        assert_eq!(error.to_string(), missing.to_string());
    }
}

#[test]
fn ecdsa_and_pkcs1_repeat_themselves_and_pss_does_not() {
    let (store, keys) = &*STORE;
    for key in keys {
        let sign = || store.sign(key.id(), MESSAGE).unwrap().as_bytes().to_vec();
        let signatures: HashSet<_> = (0..4).map(|_| sign()).collect();
        let salted = key.algorithm().unwrap().scheme() == Scheme::RsaPss;
        assert_eq!(signatures.len(), if salted { 4 } else { 1 }, "{:?}", key.algorithm());
    }
}

/// The system's bytes while it is switched on.
#[derive(Debug)]
struct Switched(AtomicBool);

impl Entropy for Switched {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        if self.0.load(Ordering::SeqCst) { SystemEntropy.fill(out) } else { Err(EntropyError::new()) }
    }
}

#[test]
fn without_random_bytes_rsa_signs_nothing() {
    let switched = Arc::new(Switched(AtomicBool::new(true)));
    let store = Keystore::in_memory(Options::default().entropy(switched.clone())).unwrap();
    let [rsa, ec] = [Algorithm::Rs256, Algorithm::Es256]
        .map(|algorithm| store.generate(request(algorithm.name(), algorithm)).unwrap());
    switched.0.store(false, Ordering::SeqCst);
    // An unblinded signature would be one, and would give the key away to whoever takes the time.
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
        let error = store.sign_with(rsa.id(), algorithm, MESSAGE).unwrap_err();
        assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Io, "the system gave no random bytes"));
    }
    // RFC 6979 needs none.
    let signature = store.sign(ec.id(), MESSAGE).unwrap();
    assert!(Judge::new().accepts(&ec, Algorithm::Es256, &signature));
    switched.0.store(true, Ordering::SeqCst);
    store.sign(rsa.id(), MESSAGE).unwrap();
}

#[test]
fn a_handle_is_what_it_says() {
    let (store, keys) = &*STORE;
    for key in keys {
        let algorithm = key.algorithm().unwrap();
        let signer = store.signer(key.id()).unwrap();
        assert_eq!((signer.id(), signer.kid(), signer.algorithm()), (key.id(), key.kid(), algorithm));
        assert_eq!(format!("{signer:?}"), format!("Signer({algorithm}, {}, ..)", key.id()));
        assert_eq!(format!("{:?}", signer.verifier()), format!("Verifier({algorithm}, ..)"));
        let signature = signer.sign(MESSAGE).unwrap();
        assert!(store.verify(key.id(), MESSAGE, signature.as_bytes()).unwrap());
        for verifier in [signer.verifier(), store.verifier(key.id()).unwrap(), Keypair::verifying_key(&signer)] {
            assert_eq!(verifier.algorithm(), algorithm);
            assert!(verifier.verify(MESSAGE, signature.as_bytes()) && !verifier.verify(b"m", signature.as_bytes()));
        }
    }
    fn is_for_threads<T: Clone + Send + Sync + 'static>() {}
    is_for_threads::<Signer>();
    is_for_threads::<Verifier>();
    is_for_threads::<Keystore>();
}

#[test]
fn handles_speak_the_traits_of_the_ecosystem() {
    let (store, keys) = &*STORE;
    let judge = Judge::new();
    for key in keys {
        let algorithm = key.algorithm().unwrap();
        let signer = store.signer(key.id()).unwrap();
        let verifier = signer.verifying_key();
        let plain: Signature = signature::Signer::try_sign(&signer, MESSAGE).unwrap();
        let random: Signature = signer.try_sign_with_rng(&mut SysRng, MESSAGE).unwrap();
        for made in [&plain, &random] {
            signature::Verifier::verify(&verifier, MESSAGE, made).unwrap();
            signature::Verifier::verify(&verifier, b"another", made).unwrap_err();
        }
        if algorithm.key_type() == KeyType::Hmac {
            // What only a public key has.
            signer.to_public_key_der().unwrap_err();
            verifier.to_public_key_der().unwrap_err();
            signer.signature_algorithm_identifier().unwrap_err();
            verifier.signature_algorithm_identifier().unwrap_err();
            continue;
        }
        assert!(judge.accepts(key, algorithm, &random), "{algorithm}");
        let public = key.public_key_der().unwrap();
        assert_eq!(signer.to_public_key_der().unwrap().as_bytes(), public);
        assert_eq!(verifier.to_public_key_der().unwrap().as_bytes(), public);
        let identifier = signer.signature_algorithm_identifier().unwrap();
        assert_eq!(verifier.signature_algorithm_identifier().unwrap(), identifier);
        // The certificate, which openssl has verified, names the same algorithm.
        let certificate = <Certificate as der::Decode>::from_der(key.certificate_der().unwrap()).unwrap();
        assert_eq!(certificate.signature_algorithm(), &identifier);
        let elsewhere = Verifier::from_public_key_der(algorithm, public).unwrap();
        assert!(elsewhere.verify(MESSAGE, plain.as_bytes()));
    }
    let ec = key(Algorithm::Es256).public_key_der().unwrap();
    let rsa = key(Algorithm::Rs256).public_key_der().unwrap();
    let wrong = [
        Verifier::from_public_key_der(Algorithm::Es384, ec).unwrap_err(),
        Verifier::from_public_key_der(Algorithm::Ps256, ec).unwrap_err(),
        Verifier::from_public_key_der(Algorithm::Es256, rsa).unwrap_err(),
        Verifier::from_public_key_der(Algorithm::Hs256, rsa).unwrap_err(),
        Verifier::from_public_key_der(Algorithm::Es256, b"").unwrap_err(),
        Verifier::from_public_key_der(Algorithm::Es256, &ec[..ec.len() - 1]).unwrap_err(),
        Verifier::from_public_key_der(Algorithm::Es256, &[ec, b"\0"].concat()).unwrap_err(),
    ];
    let wrong: Vec<_> = wrong.iter().map(|error| format!("{:?}: {error}", error.kind())).collect();
    insta::assert_snapshot!(wrong.join("\n"), @r"
    NotPossible: ES384 needs a key of kind P-384, this one is P-256
    NotPossible: PS256 needs a key of kind RSA, this one is P-256
    NotPossible: ES256 needs a key of kind P-256, this one is RSA
    NotPossible: HS256 needs a key of kind HMAC, this one is RSA
    InvalidInput: malformed key: public key is not a SubjectPublicKeyInfo in DER
    InvalidInput: malformed key: public key is not a SubjectPublicKeyInfo in DER
    InvalidInput: malformed key: public key is not a SubjectPublicKeyInfo in DER
    ");
}

/// A certificate below another, for signing and no more.
struct Leaf {
    issuer: Name,
    subject: Name,
}

impl BuilderProfile for Leaf {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let subject = tbs.subject();
        let basic = BasicConstraints { ca: false, path_len_constraint: None };
        Ok(vec![
            SubjectKeyIdentifier::try_from(key)?.to_extension(subject, &[])?,
            AuthorityKeyIdentifier::try_from(issuer_key)?.to_extension(subject, &[])?,
            basic.to_extension(subject, &[])?,
            KeyUsage(KeyUsages::DigitalSignature.into()).to_extension(subject, &[])?,
        ])
    }
}

#[test]
fn certificates_built_through_handles_are_verified_by_openssl() {
    let (store, _) = &*STORE;
    let validity = Validity::from_now(Duration::from_secs(3600)).unwrap();
    let leaf_key = SubjectPublicKeyInfoOwned::from_key(&store.verifier(key(Algorithm::Es256).id()).unwrap()).unwrap();
    for algorithm in [Algorithm::Rs256, Algorithm::Ps384, Algorithm::Es256, Algorithm::Es384, Algorithm::Es512] {
        let signer = store.signer(key(algorithm).id()).unwrap();
        let judge = Judge::new();
        let name = Name::from_str("CN=Root,O=acme,C=CH").unwrap();
        let own = SubjectPublicKeyInfoOwned::from_key(&signer.verifying_key()).unwrap();
        let profile = cabf::Root::new(false, name.clone()).unwrap();
        let root = CertificateBuilder::new(profile, SerialNumber::from(1u32), validity, own).unwrap();
        let root = root.build::<_, Signature>(&signer).unwrap();
        judge.put("root", root.to_pem(LineEnding::LF).unwrap());

        let profile = Leaf { issuer: name, subject: Name::from_str("CN=leaf").unwrap() };
        let leaf = CertificateBuilder::new(profile, SerialNumber::from(2u32), validity, leaf_key.clone()).unwrap();
        let leaf = leaf.build::<_, Signature>(&signer).unwrap();
        judge.put("leaf", leaf.to_pem(LineEnding::LF).unwrap());
        let verify = "verify -x509_strict -check_ss_sig -CAfile root root leaf";
        assert_eq!(
            judge.openssl(verify).map(|text| String::from_utf8(text).unwrap()),
            Ok("root: OK\nleaf: OK\n".into())
        );

        // The last byte of a certificate is the signature's.
        let mut forged = <Certificate as der::Encode>::to_der(&leaf).unwrap();
        *forged.last_mut().unwrap() ^= 1;
        judge.put("forged", der::pem::encode_string("CERTIFICATE", LineEnding::LF, &forged).unwrap());
        judge.openssl("verify -CAfile root forged").unwrap_err();
    }
    // HMAC signs no certificate, and says so instead of writing one.
    let hmac = store.signer(key(Algorithm::Hs256).id()).unwrap();
    let profile = Leaf { issuer: Name::default(), subject: Name::default() };
    let built = CertificateBuilder::new(profile, SerialNumber::from(3u32), validity, leaf_key).unwrap();
    built.build::<_, Signature>(&hmac).unwrap_err();
}

#[test]
fn a_handle_outlives_its_key() {
    for cached in [0, 1, 256] {
        let store = Keystore::in_memory(Options::default().cached_keys(cached)).unwrap();
        for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
            let key = store.generate(request("short-lived", algorithm)).unwrap();
            let (signer, verifier) = (store.signer(key.id()).unwrap(), store.verifier(key.id()).unwrap());
            let before = store.sign(key.id(), MESSAGE).unwrap();
            store.delete(key.id()).unwrap();
            assert_eq!(signer.sign(MESSAGE).unwrap().as_bytes(), before.as_bytes());
            assert!(verifier.verify(MESSAGE, before.as_bytes()));
            for error in [
                store.sign(key.id(), MESSAGE).unwrap_err(),
                store.verify(key.id(), MESSAGE, before.as_bytes()).unwrap_err(),
                store.signer(key.id()).unwrap_err(),
                store.verifier(key.id()).unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{algorithm}, {cached} cached");
            }
            // Another key with the same id is another key.
            let again = store.generate(request("short-lived", algorithm).id(key.id())).unwrap();
            assert!(!store.verify(again.id(), MESSAGE, before.as_bytes()).unwrap());
            let signature = store.sign(again.id(), MESSAGE).unwrap();
            assert!(!verifier.verify(MESSAGE, signature.as_bytes()));
            store.delete(again.id()).unwrap();
        }
    }
}

#[test]
fn a_small_cache_changes_nothing_but_time() {
    for cached in [0, 1] {
        let store = Keystore::in_memory(Options::default().cached_keys(cached)).unwrap();
        let keys: Vec<_> =
            (0..3).map(|n| store.generate(request(&format!("key {n}"), Algorithm::Es256)).unwrap()).collect();
        let signatures: Vec<_> = keys.iter().map(|key| store.sign(key.id(), MESSAGE).unwrap()).collect();
        for _ in 0..3 {
            for (at, key) in keys.iter().enumerate() {
                assert_eq!(store.sign(key.id(), MESSAGE).unwrap().as_bytes(), signatures[at].as_bytes());
                for (other, signature) in signatures.iter().enumerate() {
                    let valid = store.verify(key.id(), MESSAGE, signature.as_bytes()).unwrap();
                    assert_eq!(valid, other == at, "{cached} cached");
                }
            }
        }
        // A key renamed between two signatures is still that key.
        store.rename(keys[0].id(), KeyName::new("new").unwrap()).unwrap();
        assert_eq!(store.sign(keys[0].id(), MESSAGE).unwrap().as_bytes(), signatures[0].as_bytes());
    }
}

#[test]
fn eight_threads_sign_at_once() {
    let (store, keys) = &*STORE;
    let judge = Judge::new();
    let made: Vec<Vec<(usize, Signature)>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                scope.spawn(move || {
                    let shared = store.signer(keys[0].id()).unwrap();
                    (0..24)
                        .map(|turn| {
                            let at = (thread + turn) % keys.len();
                            let signature = store.sign(keys[at].id(), MESSAGE).unwrap();
                            assert!(store.verify(keys[at].id(), MESSAGE, signature.as_bytes()).unwrap());
                            shared.sign(&[thread as u8]).unwrap();
                            (at, signature)
                        })
                        .collect()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    // A signature of each thread for each asymmetric key, judged from outside.
    let mut judged = 0;
    for signatures in made {
        for (at, signature) in signatures.iter().take(keys.len()) {
            if keys[*at].key_type() != KeyType::Hmac && *at % 3 == 0 {
                assert!(judge.accepts(&keys[*at], keys[*at].algorithm().unwrap(), signature));
                judged += 1;
            }
        }
    }
    assert!(judged >= 16, "{judged}");
}

//! A tour of the keystore on a real file: `cargo run --release --example quickstart [FILE]`.
//!
//! Without FILE the store is made in a temporary folder and removed at the end.

// A program for people prints.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use keystead::{
    Algorithm, BackupOptions, ErrorKind, Fingerprint, GenerateKey, ImportKey, Issuer, KeyName, KeySpec, Keystore,
    Options, Ring, RingName, RingPlan, SecretBytes, SecretFormat, Unlock, inspect,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = std::env::args_os().nth(1).map_or_else(|| folder.path().join("keys.db"), PathBuf::from);
    let passphrase = Unlock::passphrase("correct horse battery staple");

    println!("1. A new store, locked with a passphrase (Argon2id, 64 MiB, 3 passes)");
    let begun = Instant::now();
    let store = Keystore::create(&path, &passphrase, Options::default())?;
    println!("   {} in {:.0?}\n", path.display(), begun.elapsed());

    println!("2. One key of each algorithm, RSA with 2048 bits, on all cores");
    let acme = Issuer::new("acme.com")?;
    let mut requests = Vec::new();
    for algorithm in Algorithm::ALL {
        let bits = (algorithm.key_type() == keystead::KeyType::Rsa).then_some(2048);
        let name = KeyName::new(format!("{algorithm} of the tour"))?;
        requests.push(GenerateKey::new(name, KeySpec::new(algorithm, bits)?).issuer(acme.clone()));
    }
    let style = ProgressStyle::with_template("   [{bar:40}] {pos} of {len} keys, {elapsed}")?.progress_chars("=> ");
    let bar = ProgressBar::new(requests.len() as u64).with_style(style);
    let keys = store.generate_many_with_progress(&requests, |progress| {
        bar.set_position(progress.made as u64);
        ControlFlow::Continue(())
    })?;
    bar.finish();
    println!();

    println!("3. What the store knows of them");
    for key in &keys {
        let Ok(key) = key else { continue };
        println!(
            "   {:4} {:4} {:4} bits  kid {}",
            key.name().as_str().split(' ').next().unwrap_or(""),
            key.key_type(),
            key.bits(),
            key.kid()
        );
    }
    println!();

    println!("4. Found by name, id, kid and thumbprint; signed, verified");
    let key = store.key(KeyName::new("ES256 of the tour")?)?;
    let thumbprint: Fingerprint = key.kid().as_str().parse()?;
    assert_eq!(store.key(thumbprint)?.id(), key.id());
    let signature = store.sign(key.id(), b"pay 10 to Alice")?;
    println!("   signature of {} bytes", signature.as_bytes().len());
    println!("   over what was signed:    {}", store.verify(key.id(), b"pay 10 to Alice", signature.as_bytes())?);
    println!("   over something else:     {}", store.verify(key.id(), b"pay 99 to Mallory", signature.as_bytes())?);
    if let Some(information) = key.certificate_information()? {
        println!("   certificate of {} until {}\n", information.subject(), information.valid_to());
    }

    println!("5. A handle keeps one key unsealed for as long as it lives");
    let signer = store.signer(key.id())?;
    let begun = Instant::now();
    for number in 0..1000_u32 {
        signer.sign(&number.to_be_bytes())?;
    }
    println!("   1000 signatures in {:.0?}\n", begun.elapsed());

    println!("6. Renamed, deleted, refused");
    store.rename(key.id(), KeyName::new("checkout tokens")?)?;
    let hmac = store.key(KeyName::new("HS256 of the tour")?)?;
    store.delete(hmac.id())?;
    if let Err(error) = store.key(hmac.id()) {
        println!("   {error}");
    }
    let taken = GenerateKey::new(KeyName::new("checkout tokens")?, KeySpec::new(Algorithm::Es256, None)?);
    if let Err(error) = store.generate(taken) {
        println!("   {error}\n");
    }

    println!("7. Out where it is allowed, in from outside");
    if let Err(error) = store.export_secret(key.id(), &SecretFormat::Pkcs8Pem) {
        println!("   {error}");
    }
    let spec = KeySpec::new(Algorithm::Es384, None)?;
    let portable = store.generate(GenerateKey::new(KeyName::new("portable")?, spec).exportable(true))?;
    let password = || SecretBytes::from("a password for the way");
    let pem = store.export_secret(portable.id(), &SecretFormat::EncryptedPkcs8Pem { password: password() })?;
    println!("   exported as encrypted PKCS#8, {} bytes, and noted for ever", pem.len());
    for found in inspect(pem.expose_secret(), Some(&password()))? {
        println!("   which is {} of {} bits in {}", found.key_type(), found.bits(), found.form());
    }
    let request = ImportKey::new(KeyName::new("came back")?, pem).password(password());
    let imported = store.import(request)?;
    println!("   imported again; the same key is there already: {}", imported.same_as == [portable.id()]);
    let set = store.jwks()?;
    println!("   a JWK set of all public keys, {} bytes\n", set.len());

    println!("8. A ring of keys turns");
    let plan = RingPlan::new(RingName::new("sessions")?, KeySpec::new(Algorithm::Es256, None)?);
    let ring = store.create_ring(&plan)?;
    let signer = ring.signer()?;
    let signed = signer.sign(b"session 1")?;
    let state = ring.rotate()?;
    println!("   current {}, next {}", state.current().key().kid(), state.next().key().kid());
    let valid = |ring: &Ring| ring.verify(&signed.kid, b"session 1", signed.signature.as_bytes());
    println!("   signed before the rotation:  {}", valid(&ring)?);
    println!("   the signer follows:          {}", signer.sign(b"session 2")?.kid == *state.current().key().kid());
    ring.revoke(&signed.kid)?;
    println!("   after its key was revoked:   {}\n", valid(&ring)?);

    println!("9. Another passphrase, a backup under a raw key, a check of everything");
    store.rekey(&Unlock::passphrase("a better passphrase than before"))?;
    let copy = path.with_extension("backup.db");
    store.backup(&copy, &BackupOptions::new(&Unlock::raw_key([42; 32])))?;
    drop(store);
    match Keystore::open(&path, &passphrase, Options::default()) {
        Err(error) if error.kind() == ErrorKind::WrongKey => println!("   the old passphrase: {error}"),
        other => println!("   unexpected: {other:?}"),
    }
    let store = Keystore::open(&path, &Unlock::passphrase("a better passphrase than before"), Options::default())?;
    let check = store.verify_integrity()?;
    println!("   {} keys checked, {} problems", check.keys(), check.problems().len());
    let copy = Keystore::open(&copy, &Unlock::raw_key([42; 32]), Options::default())?;
    println!("   {} keys in the backup", copy.len()?);
    Ok(())
}

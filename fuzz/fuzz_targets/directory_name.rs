//! Subjects of certificates, alternative names and revocation lists: whatever they are, nobody panics, and two names match
//! one way round when they match the other.
#![no_main]

use std::sync::{Arc, OnceLock};

use arbitrary::Arbitrary;
use jiff::Timestamp;
use keystead::authn::{Outcome, Presented, Reason};
use keystead::{
    Algorithm, AppId, AppName, AppPlan, Clock, CredentialPart, CredentialPlan, DirectoryName, ErrorKind, GenerateKey,
    Key, KeyName, KeySpec, Keystore, Options, Subject, TrustAnchorSubject, TrustAnchors, TrustedCa,
};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input {
    first: Vec<Attribute>,
    second: Vec<Attribute>,
    /// Stands as subject alternative names, as a certificate and as a revocation list.
    noise: Vec<u8>,
    alternative: bool,
}

#[derive(Debug, Arbitrary)]
struct Attribute {
    kind: Kind,
    tag: Tag,
    value: Vec<u8>,
}

#[derive(Debug, Arbitrary)]
enum Kind {
    CommonName,
    Organization,
    Mail,
}

#[derive(Debug, Arbitrary)]
enum Tag {
    Utf8,
    Printable,
    Teletex,
    Ia5,
    Bmp,
    Octets,
    Other(u8),
}

impl Attribute {
    /// The number in dotted form and in DER.
    fn kind(&self) -> (&'static str, &'static [u8]) {
        match self.kind {
            Kind::CommonName => ("2.5.4.3", &[6, 3, 0x55, 4, 3]),
            Kind::Organization => ("2.5.4.10", &[6, 3, 0x55, 4, 10]),
            Kind::Mail => ("1.2.840.113549.1.9.1", &[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1]),
        }
    }

    fn value(&self) -> Vec<u8> {
        let tag = match self.tag {
            Tag::Utf8 => 0x0C,
            Tag::Printable => 0x13,
            Tag::Teletex => 0x14,
            Tag::Ia5 => 0x16,
            Tag::Bmp => 0x1E,
            Tag::Octets => 0x04,
            Tag::Other(tag) => tag,
        };
        tlv(tag, &[&self.value])
    }
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let head = match len {
        0..0x80 => vec![tag, len as u8],
        0x80..0x100 => vec![tag, 0x81, len as u8],
        0x100..0x1_0000 => vec![tag, 0x82, (len >> 8) as u8, len as u8],
        _ => vec![tag, 0x83, (len >> 16) as u8, (len >> 8) as u8, len as u8],
    };
    [&head[..], &parts.concat()].concat()
}

fn name(attributes: &[Attribute]) -> Vec<u8> {
    let part = |one: &Attribute| tlv(0x31, &[&tlv(0x30, &[one.kind().1, &one.value()])]);
    tlv(0x30, &[&attributes.iter().map(part).collect::<Vec<_>>().concat()])
}

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_327_200).expect("a time")
    }
}

struct Scene {
    store: Keystore,
    key: Key,
    root: Vec<u8>,
}

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| {
        let store = Keystore::in_memory(Options::default().clock(Arc::new(Noon))).expect("a store in memory");
        let spec = KeySpec::new(Algorithm::Es256, None).expect("a kind of key");
        let key = store.generate(GenerateKey::new(KeyName::new("root").expect("a name"), spec)).expect("a key");
        let mut scene = Scene { store, key, root: Vec::new() };
        scene.root = scene.certificate(ROOT, None);
        scene
    })
}

/// `CN=root`.
const ROOT: &[u8] = &[0x30, 15, 0x31, 13, 0x30, 11, 6, 3, 0x55, 4, 3, 0x0C, 4, b'r', b'o', b'o', b't'];

impl Scene {
    /// One that the root signed; of version 1 without alternative names.
    fn certificate(&self, subject: &[u8], alternatives: Option<&[u8]>) -> Vec<u8> {
        let algorithm = tlv(0x30, &[&[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]]);
        let validity = tlv(0x30, &[&tlv(0x17, &[b"200101000000Z"]), &tlv(0x17, &[b"490101000000Z"])]);
        let extensions = alternatives.map(|names| {
            let extension = tlv(0x30, &[&[6, 3, 0x55, 0x1D, 17], &tlv(4, &[names])]);
            tlv(0xA3, &[&tlv(0x30, &[&extension])])
        });
        let version: &[u8] = if extensions.is_some() { &[0xA0, 3, 2, 1, 2] } else { &[] };
        let spki = self.key.public_key_der().expect("a public key");
        let extensions = extensions.unwrap_or_default();
        let tbs = [version, &[2, 1, 1], &algorithm, ROOT, &validity, subject, spki, &extensions];
        let tbs = tlv(0x30, &tbs);
        let signature = self.store.sign(self.key.id(), &tbs).expect("a signature").to_der();
        tlv(0x30, &[&tbs, &algorithm, &tlv(3, &[&[0], &signature])])
    }

    /// A certificate of this name: as its subject, or as an alternative.
    fn client(&self, name: &[u8], alternative: bool) -> Vec<u8> {
        if alternative {
            self.certificate(ROOT, Some(&tlv(0x30, &[&tlv(0xA4, &[name])])))
        } else {
            self.certificate(name, Some(&tlv(0x30, &[&[0x82, 1, b'a']])))
        }
    }

    /// One of two names, whichever no app has.
    fn free(&self) -> &'static str {
        let apps = self.store.apps().expect("the apps");
        if apps.iter().any(|app| app.name().as_str() == "one") { "another" } else { "one" }
    }

    /// Only names that can be read make an app.
    fn app(&self, attributes: &[Attribute], check: bool) -> Option<AppId> {
        let pairs = attributes.iter().map(|one| (one.kind().0, one.value()));
        let subject = TrustAnchorSubject::SubjectGeneral(Subject::DirectoryName(DirectoryName::new(pairs).ok()?));
        let anchors = TrustAnchors::One(self.root.clone().into());
        let trusted = TrustedCa::new(subject, anchors, Some(check)).expect("one anchor");
        let plan = CredentialPlan::new(CredentialPart::TrustedCa(trusted));
        let name = AppName::new(if check { "asks for lists" } else { self.free() }).expect("a name");
        match self.store.create_app(AppPlan::new(name, plan)) {
            Ok(made) => Some(made.app().id()),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
                None
            }
        }
    }

    /// `None`, or why not.
    fn refused(&self, app: AppId, chain: &[&[u8]], crls: &[&[u8]]) -> Option<Reason> {
        let presented = Presented::new().app(app).certificate_chain(chain.iter().copied()).crls(crls.iter().copied());
        match self.store.authenticate(&presented).expect("an answer") {
            Outcome::Authenticated(_) => None,
            Outcome::Refused(refusal) => {
                assert!(refusal.message.len() < 1000);
                Some(refusal.reason)
            }
            other => panic!("{other:?}"),
        }
    }
}

fuzz_target!(|input: Input| {
    let scene = scene();
    let Some(first) = scene.app(&input.first, false) else { return };
    let of_first = scene.client(&name(&input.first), input.alternative);
    let found = scene.refused(first, &[&of_first], &[]);
    // Constraints of names are of no matter here: what a name can be made of, a certificate can be about.
    assert_eq!(found, None, "a name is itself");
    if let Some(second) = scene.app(&input.second, true) {
        let of_second = scene.client(&name(&input.second), input.alternative);
        let one_way = scene.refused(first, &[&of_second, &input.noise], &[]).is_none();
        assert!(!one_way || input.noise.len() > 9, "noise is no certificate");
        let one_way = scene.refused(first, &[&of_second], &[]);
        let no_lists = scene.refused(second, &[&of_first], &[]);
        assert_eq!(no_lists, Some(Reason::RevocationUnknown));
        let with_noise = scene.refused(second, &[&of_first], &[&input.noise]);
        assert_eq!(with_noise, Some(Reason::RevocationUnknown), "noise tells nothing of the root's");
        scene.store.delete_app(second).expect("it was there");
        let second = scene.app(&input.second, false).expect("as before");
        assert_eq!(one_way, scene.refused(second, &[&of_first], &[]), "the other way round");
        scene.store.delete_app(second).expect("it was there");
    }
    let alternatives = scene.certificate(ROOT, Some(&input.noise));
    for chain in [&[&alternatives[..]][..], &[&input.noise], &[&of_first, &input.noise], &[&input.noise, &of_first]] {
        scene.refused(first, chain, &[]);
    }
    scene.store.delete_app(first).expect("it was there");
});

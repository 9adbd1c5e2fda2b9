//! Steps that make, take in, change and use keys.

use std::rc::Rc;

use keystead::{
    Algorithm, ErrorKind, GenerateKey, Imported, Issuer, Key, KeyId, KeyRef, KeyType, KeyUse, KidScheme, Origin,
    PublicFormat, SecretFormat, UserLabel,
};

use super::World;
use super::materials::{self, MESSAGE, Material, issuer, key_name, kid, materials, spec};
use super::model::{Entry, Facts, LABELS, State};
use super::naive::{Text, instant};
use super::verb::Verb;

/// More keys than this are not made.
pub(super) const MOST_KEYS: usize = 40;

/// What is asked of a new key.
pub(super) struct New {
    name: Text,
    id: Option<KeyId>,
    issuer: Issuer,
    exportable: bool,
    /// Which kind of kid.
    scheme: u8,
}

impl New {
    /// `set` and `more` are bits of it all.
    pub(super) fn read(name: u8, set: u8, more: u8) -> Self {
        let name = materials::name(name);
        let (issuer, exportable) = (issuer(more / 2), more.is_multiple_of(2));
        Self { name, id: materials::id(set), issuer, exportable, scheme: more / 8 % 6 }
    }

    pub(super) fn generate(&self, what: u8) -> GenerateKey {
        let scheme = match self.scheme {
            0 => KidScheme::X5t,
            1 => KidScheme::X5tS256,
            2 => KidScheme::JwkThumbprint,
            3 => KidScheme::Given(kid(what / 16)),
            _ => KidScheme::Vendor,
        };
        let request = GenerateKey::new(key_name(&self.name), spec(what)).issuer(self.issuer.clone()).kid(scheme);
        let request = request.exportable(self.exportable);
        match self.id {
            Some(id) => request.id(id),
            None => request,
        }
    }

    pub(super) fn import(&self, material: &Material) -> keystead::ImportKey {
        let request = material.request(key_name(&self.name)).exportable(self.exportable).issuer(self.issuer.clone());
        let request = if self.scheme == 3 { request.kid(kid(0)) } else { request };
        match self.id {
            Some(id) => request.id(id),
            None => request,
        }
    }

    /// Why no such key can be made, whatever is there.
    pub(super) fn refused(&self, what: u8) -> Option<ErrorKind> {
        let hmac = spec(what).algorithm().key_type() == KeyType::Hmac;
        (hmac && self.scheme < 3).then_some(ErrorKind::InvalidInput)
    }

    pub(super) fn clashes(&self, state: &State) -> bool {
        state.clashes(&key_name(&self.name), self.id)
    }
}

impl World {
    pub(super) fn pick(&self, which: u8) -> Option<Rc<Entry>> {
        let keys = &self.state.keys;
        (!keys.is_empty()).then(|| Rc::clone(keys.values().nth(usize::from(which) % keys.len()).unwrap()))
    }

    /// A key that is there, or now and then an id that is not.
    fn pick_id(&self, which: u8) -> (KeyId, Option<Rc<Entry>>) {
        match self.pick(which).filter(|_| which != 255) {
            Some(entry) => (entry.key().id(), Some(entry)),
            None => ("ffffffff-0000-0000-0000-000000000000".parse().unwrap(), None),
        }
    }

    pub(super) fn generate(&mut self, by: u8, name: u8, what: u8, more: u8) {
        if self.state.keys.len() >= MOST_KEYS {
            return;
        }
        let slot = self.handle(by);
        let new = New::read(name, what, more);
        let expected = match new.refused(what) {
            Some(kind) => Err(kind),
            None if new.clashes(&self.state) => Err(ErrorKind::Duplicate),
            None => Ok(()),
        };
        let made = self.store(slot).generate(new.generate(what));
        if let Some(key) = self.settle(Verb::Generate, made, expected, self.gate(slot, true)) {
            self.came(&new, what, key);
        }
    }

    /// A key was made as it was asked for.
    pub(super) fn came(&mut self, new: &New, what: u8, key: Key) {
        let spec = spec(what);
        let got = Facts::of(&key);
        let hmac = got.key_type == KeyType::Hmac;
        let now = instant(self.now, 0);
        let fingerprints = key.fingerprints().unwrap();
        let kid = fingerprints.as_ref().map(|all| match new.scheme {
            1 => all.certificate.unwrap().sha256.to_base64url(),
            2 => all.jwk_sha256.to_base64url(),
            _ => all.certificate.unwrap().sha1.to_base64url(),
        });
        let kid = match (new.scheme, kid) {
            (3, _) => kid_of(what),
            (_, Some(kid)) => kid,
            (_, None) => {
                let random = got.kid.as_str();
                assert!(random.len() == 10 && random.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')));
                random.to_owned()
            }
        };
        assert_eq!(got.kid.as_str(), kid);
        if let Some(expires) = got.expires_at {
            let days = (expires.as_second() - now.as_second()) / 86_400;
            assert!((3652..=3653).contains(&days), "{days}");
        }
        let expected = Facts {
            id: new.id.unwrap_or(got.id),
            name: key_name(&new.name),
            key_type: spec.algorithm().key_type(),
            algorithm: Some(spec.algorithm()),
            bits: spec.bits(),
            issuer: (!hmac).then(|| new.issuer.clone()),
            origin: Origin::Generated,
            exportable: new.exportable,
            has_private: true,
            inserted_at: now,
            updated_at: now,
            exported_at: None,
            revoked: false,
            key_use: KeyUse::Signing,
            ..got.clone()
        };
        assert_eq!(got, expected);
        assert_eq!((got.public_key.is_none(), got.certificates.len()), (hmac, usize::from(!hmac)));
        assert!(self.state.by_id(got.id).is_none(), "an id that is there already");
        self.state.add(Entry::new(key, new.name.folded()));
    }

    /// One of those that are there for it, or what was handed out before.
    pub(super) fn material(&self, which: u8) -> Material {
        let count = self.exported.len();
        if which % 4 == 3 && count > 0 {
            let (data, is_secret) = self.exported[usize::from(which) / 4 % count].clone();
            return if is_secret { Material::secret(data) } else { Material::private(data) };
        }
        // The private RSA key takes longer than all others.
        let all = materials();
        let which = usize::from(which) % (all.len() * 2);
        if which < all.len() { all[which].clone() } else { all[which % 9].clone() }
    }

    pub(super) fn import(&mut self, by: u8, name: u8, what: u8, more: u8) {
        if self.state.keys.len() >= MOST_KEYS {
            return;
        }
        let slot = self.handle(by);
        let (new, material) = (New::read(name, what.rotate_left(3), more), self.material(what));
        let expected = match material.is {
            None => Err(ErrorKind::InvalidInput),
            Some(_) if new.clashes(&self.state) => Err(ErrorKind::Duplicate),
            Some(_) => Ok(()),
        };
        let imported = self.store(slot).import(new.import(&material));
        if let Some(imported) = self.settle(Verb::Import, imported, expected, self.gate(slot, true)) {
            self.took_in(&new, &material, imported);
        }
    }

    /// A key of this name and id that never came to be.
    pub(super) fn stand_in(&self, new: &New) -> Entry {
        let store = keystead::Keystore::in_memory(keystead::Options::default()).unwrap();
        let request = GenerateKey::new(key_name(&new.name), spec(0));
        let request = match new.id {
            Some(id) => request.id(id),
            None => request,
        };
        Entry::new(store.generate(request).unwrap(), new.name.folded())
    }

    pub(super) fn took_in(&mut self, new: &New, material: &Material, imported: Imported) {
        let Imported { key, same_as, .. } = imported;
        let got = Facts::of(&key);
        let hmac = got.key_type == KeyType::Hmac;
        let now = instant(self.now, 0);
        let algorithm = match (got.key_type, got.bits) {
            (KeyType::Hmac, 256) => Some(Algorithm::Hs256),
            (KeyType::Hmac, 384) => Some(Algorithm::Hs384),
            (KeyType::Hmac, _) => Some(Algorithm::Hs512),
            (KeyType::Rsa, _) => Some(Algorithm::Rs256),
            (KeyType::Ec, 384) => Some(Algorithm::Es384),
            (KeyType::Ec, _) => Some(Algorithm::Es256),
        };
        let made_certificate = material.has_private && !hmac;
        let expected = Facts {
            id: new.id.unwrap_or(got.id),
            name: key_name(&new.name),
            key_type: material.is.unwrap(),
            algorithm,
            bits: if hmac { material.data.len() as u32 * 8 } else { got.bits },
            origin: Origin::Imported,
            exportable: new.exportable,
            has_private: material.has_private,
            inserted_at: now,
            updated_at: now,
            exported_at: None,
            revoked: false,
            key_use: KeyUse::Signing,
            kid: if new.scheme == 3 { kid(0) } else { got.kid.clone() },
            issuer: if made_certificate { Some(new.issuer.clone()) } else { got.issuer.clone() },
            ..got.clone()
        };
        assert_eq!(got, expected);
        assert_eq!(got.certificates.len(), usize::from(material.has_certificate || made_certificate));
        let secret = hmac.then(|| material.data.clone());
        assert_eq!(same_as, self.state.same_as(key.public_key_der(), secret.as_deref()));
        let mut entry = Entry::new(key, new.name.folded());
        entry.secret = secret;
        self.state.add(entry);
    }

    pub(super) fn rename(&mut self, by: u8, which: u8, name: u8) {
        let slot = self.handle(by);
        let (id, entry) = self.pick_id(which);
        let text = materials::name(name);
        let name = key_name(&text);
        let taken = self.state.named(&name).is_some_and(|other| other.key().id() != id);
        let expected = match &entry {
            None => Err(ErrorKind::NotFound),
            Some(_) if taken => Err(ErrorKind::Duplicate),
            Some(_) => Ok(()),
        };
        let renamed = self.store(slot).rename(id, name.clone());
        let Some(key) = self.settle(Verb::Rename, renamed, expected, self.gate(slot, true)) else { return };
        let expected = Facts { name, updated_at: instant(self.now, 0), ..Facts::of(entry.unwrap().key()) };
        assert_eq!(Facts::of(&key), expected);
        self.state.change(id, |entry| {
            entry.listed.key = key;
            entry.listed.folded = text.folded();
        });
    }

    pub(super) fn delete(&mut self, by: u8, which: u8) {
        let slot = self.handle(by);
        let (id, entry) = self.pick_id(which);
        let mut next = self.state.clone();
        let expected = next.delete(id);
        let deleted = self.store(slot).delete(id);
        if let (Err(error), Some(entry)) = (&deleted, &entry)
            && error.kind() == ErrorKind::InUse
        {
            assert_eq!(error.users(), self.state.users(entry));
        }
        if self.settle(Verb::Delete, deleted, expected, self.gate(slot, true)).is_some() {
            self.state = next;
        }
    }

    pub(super) fn mark(&mut self, verb: Verb, by: u8, which: u8, label: u8) {
        let slot = self.handle(by);
        let (id, entry) = self.pick_id(which);
        let label = label % LABELS.len() as u8;
        let user = UserLabel::new(LABELS[usize::from(label)]).unwrap();
        let expected = entry.as_ref().map(drop).ok_or(ErrorKind::NotFound);
        let store = self.store(slot);
        let was = entry.is_some_and(|entry| entry.labels.contains(&label));
        let answered = match verb {
            Verb::Mark => store.mark_in_use(id, &user).map(|()| was),
            _ => store.unmark_in_use(id, &user),
        };
        let Some(answered) = self.settle(verb, answered, expected, self.gate(slot, true)) else { return };
        assert_eq!(answered, was);
        self.state.change(id, |entry| {
            if verb == Verb::Mark {
                entry.labels.insert(label)
            } else {
                entry.labels.remove(&label)
            };
        });
    }

    pub(super) fn export_public(&mut self, by: u8, which: u8, format: u8) {
        let slot = self.handle(by);
        let (id, entry) = self.pick_id(which);
        let formats = [PublicFormat::SpkiDer, PublicFormat::CertificateDer, PublicFormat::Jwk, PublicFormat::Pkcs1Pem];
        let format = formats[usize::from(format) % formats.len()];
        let expected = match &entry {
            None => Err(ErrorKind::NotFound),
            Some(entry) => match (format, entry.key()) {
                (_, key) if key.key_type() == KeyType::Hmac => Err(ErrorKind::NotPossible),
                (PublicFormat::CertificateDer, key) if key.certificate_der().is_none() => Err(ErrorKind::NotPossible),
                (PublicFormat::Pkcs1Pem, key) if key.key_type() != KeyType::Rsa => Err(ErrorKind::NotPossible),
                _ => Ok(()),
            },
        };
        let exported = self.store(slot).export_public(id, format);
        let Some(bytes) = self.settle(Verb::ExportPublic, exported, expected, self.gate(slot, false)) else { return };
        let entry = entry.unwrap();
        match format {
            PublicFormat::SpkiDer => assert_eq!(entry.key().public_key_der(), Some(&*bytes)),
            PublicFormat::CertificateDer => assert_eq!(entry.key().certificate_der(), Some(&*bytes)),
            _ => assert_eq!(bytes, entry.key().export_public(format).unwrap()),
        }
    }

    pub(super) fn export_secret(&mut self, by: u8, which: u8, format: u8) {
        let slot = self.handle(by);
        let (id, entry) = self.pick_id(which);
        let fitting = entry.as_ref().is_none_or(|entry| entry.key().key_type() == KeyType::Hmac);
        let hmac = if format.is_multiple_of(8) { !fitting } else { fitting };
        let format = match (hmac, format % 3) {
            (true, _) => SecretFormat::Raw,
            (false, 0) => SecretFormat::Jwk,
            (false, _) => SecretFormat::Pkcs8Der,
        };
        let is_jwk = matches!(format, SecretFormat::Jwk);
        let expected = match entry.as_ref().map(|entry| entry.key()) {
            None => Err(ErrorKind::NotFound),
            Some(key) if !key.has_private_key() => Err(ErrorKind::NotPossible),
            Some(key) if !key.is_exportable() => Err(ErrorKind::Refused),
            Some(key) if !is_jwk && hmac != (key.key_type() == KeyType::Hmac) => Err(ErrorKind::NotPossible),
            Some(_) => Ok(()),
        };
        let first = entry.as_ref().is_some_and(|entry| entry.key().exported_at().is_none());
        let exported = self.store(slot).export_secret(id, &format);
        let gate = self.gate(slot, first);
        let Some(secret) = self.settle(Verb::ExportSecret, exported, expected, gate) else { return };
        let key = self.store(slot).key(id).unwrap();
        let old = Facts::of(entry.unwrap().key());
        let now = instant(self.now, 0);
        let expected = Facts { exported_at: old.exported_at.or(Some(now)), ..old };
        assert_eq!(Facts::of(&key), expected);
        let is_hmac = key.key_type() == KeyType::Hmac;
        let secret =
            if is_hmac && is_jwk { self.store(slot).export_secret(id, &SecretFormat::Raw).unwrap() } else { secret };
        let bytes = secret.expose_secret().to_vec();
        self.state.change(id, |entry| {
            entry.listed.key = key;
            if is_hmac {
                assert!(entry.secret.as_ref().is_none_or(|known| *known == bytes));
                entry.secret = Some(bytes.clone());
            }
        });
        let is_rsa = expected_type(&self.state, id) == KeyType::Rsa;
        if !is_jwk && !is_rsa && self.exported.len() < 8 {
            self.exported.push((bytes, is_hmac));
        }
    }

    pub(super) fn find(&mut self, by: u8, how: u8, which: u8) {
        let slot = self.handle(by);
        let entry = self.pick(which).filter(|_| which != 255);
        let what: KeyRef = match (how % 5, &entry) {
            (0, Some(entry)) => entry.key().id().into(),
            (1, Some(entry)) => entry.key().name().clone().into(),
            (2, Some(entry)) => entry.key().kid().clone().into(),
            (3, Some(entry)) if !entry.digests.is_empty() => {
                entry.digests[usize::from(how) / 5 % entry.digests.len()].into()
            }
            (4, _) => key_name(&materials::name(which)).into(),
            _ => kid(how / 5).into(),
        };
        let fits = |entry: &&Rc<Entry>| match &what {
            KeyRef::Id(id) => entry.key().id() == *id,
            KeyRef::Name(name) => entry.key().name() == name,
            KeyRef::Kid(kid) => entry.key().kid() == kid,
            KeyRef::Fingerprint(digest) => entry.digests.contains(digest),
            other => panic!("{other:?}"),
        };
        let expected: Vec<_> = self.state.keys.values().filter(fits).map(|entry| entry.key().clone()).collect();
        let answer = match expected.len() {
            0 => Err(ErrorKind::NotFound),
            1 => Ok(()),
            _ => Err(ErrorKind::Ambiguous),
        };
        let gate = self.gate(slot, false);
        let found = self.store(slot).key(what.clone());
        if let Some(key) = self.settle(Verb::Find, found, answer, gate) {
            assert_eq!(key, expected[0]);
        }
        if gate.is_none() {
            assert_eq!(self.store(slot).keys_matching(&what).unwrap(), expected);
        }
    }

    /// Why a key neither signs nor verifies.
    fn unfit(entry: Option<&Rc<Entry>>) -> Result<(), ErrorKind> {
        match entry.map(|entry| entry.key()) {
            None => Err(ErrorKind::NotFound),
            Some(key) if key.key_use() == KeyUse::Encryption => Err(ErrorKind::NotPossible),
            Some(key) if key.is_revoked() => Err(ErrorKind::Refused),
            Some(_) => Ok(()),
        }
    }

    fn cannot_sign(entry: Option<&Rc<Entry>>) -> Result<(), ErrorKind> {
        Self::unfit(entry)?;
        if entry.unwrap().key().has_private_key() { Ok(()) } else { Err(ErrorKind::NotPossible) }
    }

    pub(super) fn sign(&mut self, by: u8, which: u8, how: u8) {
        let slot = self.handle(by);
        let (id, entry) = self.pick_id(which);
        let signed = self.store(slot).sign(id, MESSAGE);
        let gate = self.gate(slot, false);
        if let Some(signature) = self.settle(Verb::Sign, signed, Self::cannot_sign(entry.as_ref()), gate) {
            same_signature(entry.as_ref().unwrap(), signature.as_bytes());
        }
        let known = entry.as_ref().and_then(|entry| entry.signature.borrow().clone());
        let Some(known) = known else { return };
        // Through another handle, of the message or of another one.
        let slot = self.handle(how);
        let right = how < 128;
        let message = if right { MESSAGE } else { b"another" };
        let answer = self.store(slot).verify(id, message, &known);
        let gate = self.gate(slot, false);
        if let Some(answer) = self.settle(Verb::Sign, answer, Self::unfit(entry.as_ref()), gate) {
            assert_eq!(answer, right);
        }
    }

    pub(super) fn take_signer(&mut self, by: u8, which: u8) {
        let slot = self.handle(by);
        let (id, entry) = self.pick_id(which);
        let signer = self.store(slot).signer(id);
        let expected = Self::cannot_sign(entry.as_ref());
        let Some(signer) = self.settle(Verb::TakeSigner, signer, expected, self.gate(slot, false)) else { return };
        assert_eq!((signer.id(), Some(signer.algorithm())), (id, entry.as_ref().unwrap().key().algorithm()));
        if self.signers.len() >= 4 {
            self.signers.remove(0);
        }
        self.signers.push((signer, entry.unwrap()));
    }

    /// It goes on signing whatever became of its key, and of the store.
    pub(super) fn use_signer(&mut self, which: u8) {
        if self.signers.is_empty() {
            return;
        }
        let (signer, entry) = self.signers[usize::from(which) % self.signers.len()].clone();
        let signed = signer.sign(MESSAGE);
        let Some(signature) = self.settle(Verb::UseSigner, signed, Ok(()), None) else { return };
        same_signature(&entry, signature.as_bytes());
        assert!(signer.verifier().verify(MESSAGE, signature.as_bytes()));
    }
}

fn expected_type(state: &State, id: KeyId) -> KeyType {
    state.by_id(id).unwrap().1.key().key_type()
}

fn kid_of(what: u8) -> String {
    kid(what / 16).as_str().to_owned()
}

/// HMAC and ECDSA as it is done here always sign the same way.
pub(super) fn same_signature(entry: &Entry, signature: &[u8]) {
    if entry.key().key_type() == KeyType::Rsa {
        return;
    }
    let mut known = entry.signature.borrow_mut();
    match &*known {
        Some(known) => assert_eq!(known, signature),
        None => *known = Some(signature.to_vec()),
    }
}

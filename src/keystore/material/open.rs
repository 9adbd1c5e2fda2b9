//! Taking an input apart, decrypting what is encrypted, and checking each piece by itself.

use super::{MOST_BYTES, MOST_PRIVATE_KEYS, crypto_failed, read_failed, refuse, refuse_key_as_secret};
use crate::codec::{self, Content, Hints, Pkcs12Content};
use crate::crypto::{self, CheckedPublic, CryptoError, KdfBudget, SigningKey};
use crate::error::{Error, Result};
use crate::model::{Form, Invalid, Problem, RawPrivate, Structure};
use crate::secret::SecretBytes;
use crate::x509::CertificateFacts;

/// A piece of an input.
#[derive(Debug)]
pub(in crate::keystore) struct Piece {
    /// The field that it came in.
    pub(super) field: &'static str,
    pub(super) form: Form,
    pub(super) content: Checked,
    pub(super) hints: Hints,
}

/// Sound in itself.
#[derive(Debug)]
pub(super) enum Checked {
    Private(Box<SigningKey>, CheckedPublic),
    Public(CheckedPublic),
    Certificate(Box<[u8]>, CertificateFacts),
    Secret(SecretBytes),
}

impl Piece {
    pub(super) fn form(&self) -> Form {
        self.form
    }

    pub(super) fn is_private(&self) -> bool {
        matches!(self.content, Checked::Private(..))
    }

    /// Whether it is of the kind that its field is for; `data` is for all kinds.
    pub(super) fn fits_field(&self) -> bool {
        match self.field {
            "certificate" => matches!(self.content, Checked::Certificate(..)),
            "publicKey" => matches!(self.content, Checked::Public(_)),
            _ => true,
        }
    }
}

/// Opens one input. With `raw`, bytes that are no text and no DER, and as long as a hash, are an HMAC secret.
pub(in crate::keystore) fn open(
    field: &'static str,
    data: &[u8],
    password: Option<&SecretBytes>,
    raw: bool,
    budget: &mut KdfBudget,
) -> Result<Vec<Piece>> {
    if data.len() > MOST_BYTES {
        return Err(refuse(field, format!("it is {} bytes, at most {MOST_BYTES}", data.len())));
    }
    let document = match codec::read_document(data) {
        Ok(document) => document,
        Err(error) if raw && error.is_unrecognised() && looks_like_a_secret(data) => {
            let form = Form { structure: Structure::Secret, armour: crate::model::Armour::Raw };
            let content = Checked::Secret(SecretBytes::copy_from(data));
            return Ok(vec![Piece { field, form, content, hints: Hints::default() }]);
        }
        Err(error) => return Err(read_failed(field, &error)),
    };
    let mut opener = Opener { field, password, budget, pieces: Vec::new(), private_keys: 0 };
    for item in document.items {
        let form = Form { structure: item.structure, armour: document.armour };
        opener.take(form, item.content, item.hints)?;
    }
    Ok(opener.pieces)
}

/// Neither text nor DER, and exactly as long as a hash: a damaged key file must not become a secret.
fn looks_like_a_secret(data: &[u8]) -> bool {
    let printable = |text: &str| !text.contains(|c: char| c.is_control() && !c.is_whitespace());
    let text = std::str::from_utf8(data).is_ok_and(printable);
    // INTEGER, BIT STRING, OCTET STRING, SEQUENCE, SET: the bare contents of a key.
    let der = match data {
        [0x30, ..] => true,
        [0x02..=0x04 | 0x31, len, ..] => usize::from(*len) + 2 == data.len(),
        _ => false,
    };
    matches!(data.len(), 32 | 48 | 64) && !text && !der
}

struct Opener<'a> {
    field: &'static str,
    password: Option<&'a SecretBytes>,
    budget: &'a mut KdfBudget,
    pieces: Vec<Piece>,
    private_keys: usize,
}

impl<'a> Opener<'a> {
    fn take(&mut self, form: Form, content: Content, hints: Hints) -> Result<()> {
        let content = match content {
            Content::Private(raw) => {
                self.count_private_key()?;
                self.private(&raw)?
            }
            Content::Public(spki) => Checked::Public(crypto::check_public(&spki).map_err(|error| self.failed(error))?),
            Content::Certificate(der) => self.certificate(der)?,
            Content::Secret(secret) => self.secret(secret)?,
            Content::EncryptedPkcs8 { algorithm, data } => {
                self.count_private_key()?;
                let password = self.password("the private key is encrypted")?;
                let plain = crypto::pbes_decrypt(&algorithm, password.expose_secret(), &data, self.budget);
                let plain = plain.map_err(|error| self.failed(error))?;
                // Nothing but the padding guards the ciphertext: what came out malformed was damaged or decrypted with a
                // wrong key, and which of them must not show.
                let damaged = || self.failed(CryptoError::WrongPassword);
                let raw = codec::read_pkcs8(plain.expose_secret())
                    .map_err(|error| if error.is_well_known() { read_failed(self.field, &error) } else { damaged() })?;
                self.checked(&raw).map_err(|error| match error {
                    CryptoError::MalformedKey(_) => damaged(),
                    error => self.failed(error),
                })?
            }
            Content::Pkcs12(pfx) => return self.pkcs12(form, &pfx),
        };
        self.pieces.push(Piece { field: self.field, form, content, hints });
        Ok(())
    }

    fn pkcs12(&mut self, form: Form, pfx: &[u8]) -> Result<()> {
        let password = self.password("PKCS#12 is encrypted")?;
        let mut entries = super::pkcs12::read(self.field, pfx, password, self.budget)?;
        // Of several certificates for one key the first is taken: the one that says whose it is.
        entries.sort_by_key(|entry| entry.local_key_id.is_none());
        for entry in entries {
            let mut hints = Hints { name: entry.friendly_name, ..Hints::default() };
            let content = match entry.content {
                Pkcs12Content::PrivateKey(pkcs8) => {
                    self.count_private_key()?;
                    let raw = codec::read_pkcs8(pkcs8.expose_secret());
                    self.private(&raw.map_err(|error| read_failed(self.field, &error))?)?
                }
                Pkcs12Content::Certificate(der) => self.certificate(der)?,
                Pkcs12Content::Secret { algorithm, secret } => {
                    let used_for = codec::hmac_algorithm(algorithm).ok_or_else(|| self.no_hmac(algorithm))?;
                    hints.algorithm = Some(used_for.name().into());
                    self.secret(secret)?
                }
            };
            self.pieces.push(Piece { field: self.field, form, content, hints });
        }
        Ok(())
    }

    fn count_private_key(&mut self) -> Result<()> {
        self.private_keys += 1;
        if self.private_keys > MOST_PRIVATE_KEYS {
            return Err(refuse(self.field, format!("there are more than {MOST_PRIVATE_KEYS} private keys in it")));
        }
        Ok(())
    }

    fn private(&self, raw: &RawPrivate) -> Result<Checked> {
        self.checked(raw).map_err(|error| self.failed(error))
    }

    fn checked(&self, raw: &RawPrivate) -> Result<Checked, CryptoError> {
        let key = SigningKey::import(raw)?;
        let spki = key.public_key_der()?.ok_or(CryptoError::MalformedKey("private key has no public half"))?;
        Ok(Checked::Private(Box::new(key), crypto::check_public(&spki)?))
    }

    fn secret(&self, secret: SecretBytes) -> Result<Checked> {
        refuse_key_as_secret(self.field, secret.expose_secret())?;
        Ok(Checked::Secret(secret))
    }

    fn certificate(&self, der: Box<[u8]>) -> Result<Checked> {
        let facts = CertificateFacts::read(&der).map_err(|error| {
            refuse(self.field, format!("{error}; accepted are X.509 certificates of version 1, 2 and 3 in DER"))
        })?;
        Ok(Checked::Certificate(der, facts))
    }

    fn password(&self, what: &str) -> Result<&'a SecretBytes> {
        self.password.ok_or_else(|| {
            Invalid::new("password", Problem::Missing, format!("{}: {what}, a password is needed", self.field)).into()
        })
    }

    fn no_hmac(&self, algorithm: impl std::fmt::Display) -> Error {
        let message = format!("{}: it holds a secret for algorithm {algorithm}, allowed are HMAC keys", self.field);
        Invalid::new(self.field, Problem::Unsupported, message).into()
    }

    fn failed(&self, error: CryptoError) -> Error {
        crypto_failed(self.field, error)
    }
}

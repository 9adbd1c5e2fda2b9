//! All of a new key that can be computed before the file is touched.

use super::{GenerateKey, Keystore, KidScheme};
use crate::codec;
use crate::crypto::{self, SigningKey};
use crate::error::Result;
use crate::model::{
    Algorithm, Certificates, Fingerprint, Invalid, Issuer, Key, KeyId, KeyName, KeySpec, KeyType, KeyUse, Kid, NewRow,
    Origin, Problem, Record,
};
use crate::secret::SecretBytes;
use crate::x509::extension::KeyUsage;
use crate::x509::{self, SelfSigned};

pub(super) const DEFAULT_ISSUER: &str = "keystead";
/// How long a certificate lasts.
const YEARS: i16 = 10;

/// A self-signed certificate and what follows from it.
pub(super) struct Certified {
    pub(super) certificate: Vec<u8>,
    /// Unless the name is longer than an issuer's may be.
    pub(super) issuer: Option<Issuer>,
    pub(super) expires_at: jiff::Timestamp,
}

/// A key that was just made, with all that its row shall say.
pub(super) struct MadeKey {
    pub(super) id: KeyId,
    pub(super) name: KeyName,
    pub(super) spec: KeySpec,
    pub(super) private: SigningKey,
    pub(super) public_key: Option<Box<[u8]>>,
    /// None for HMAC.
    pub(super) certified: Option<Certified>,
    pub(super) kid: Kid,
    pub(super) exportable: bool,
    pub(super) key_use: KeyUse,
    pub(super) inserted_at: jiff::Timestamp,
}

impl Keystore {
    /// Makes the key, its certificate, seal and tag: a row ready to be written.
    pub(super) fn prepare(&self, request: &GenerateKey) -> Result<NewRow> {
        let entropy = &*self.0.options.entropy;
        let algorithm = request.spec.algorithm();
        let inserted_at = self.now();
        let id = match request.id {
            Some(id) => id,
            None => KeyId::from_random_bytes(crypto::random_bytes(entropy)?),
        };
        let private = SigningKey::generate(request.spec, entropy)?;
        let public_key = private.public_key_der()?;
        let certified = match &public_key {
            Some(spki) => Some(self.certify(id, request.issuer.as_ref(), inserted_at, &private, spki)?),
            None => None,
        };
        let certificate = certified.as_ref().map(|certified| certified.certificate.as_slice());
        let kid = self.kid(&request.kid, algorithm, certificate, public_key.as_deref())?;
        let (name, spec, exportable) = (request.name.clone(), request.spec, request.exportable);
        let key_use = KeyUse::Signing;
        self.seal_made(MadeKey {
            id,
            name,
            spec,
            private,
            public_key,
            certified,
            kid,
            exportable,
            key_use,
            inserted_at,
        })
    }

    /// Seals and tags a key that was just made.
    pub(super) fn seal_made(&self, made: MadeKey) -> Result<NewRow> {
        let algorithm = made.spec.algorithm();
        let key = Key {
            id: made.id,
            name: made.name,
            key_type: algorithm.key_type(),
            algorithm: Some(algorithm),
            bits: made.spec.bits(),
            kid: made.kid,
            issuer: made.certified.as_ref().and_then(|certified| certified.issuer.clone()),
            origin: Origin::Generated,
            exportable: made.exportable,
            has_private: true,
            inserted_at: made.inserted_at,
            updated_at: made.inserted_at,
            expires_at: made.certified.as_ref().map(|certified| certified.expires_at),
            exported_at: None,
            revoked: false,
            key_use: made.key_use,
            public_key: made.public_key,
            certificates: made.certified.and_then(|certified| Certificates::new(certified.certificate)),
        };
        self.seal_new(key, made.private.to_private()?.expose_secret())
    }

    /// Seals and tags a key that is new.
    pub(super) fn seal_new(&self, key: Key, private: &[u8]) -> Result<NewRow> {
        self.seal_again(key, 1, private)
    }

    /// Seals and tags a key whose facts have changed.
    pub(super) fn seal_again(&self, key: Key, revision: u32, private: &[u8]) -> Result<NewRow> {
        let nonce = crypto::random_bytes(&*self.0.options.entropy)?;
        let mut record = Record { key, revision, nonce, tag: [0; 32] };
        record.tag = self.0.vault.tag(&record);
        let sealed = self.0.vault.seal(&record, private)?;
        let digest_prefixes = self.all_prefixes(&record, || Ok(SecretBytes::copy_from(private)))?;
        Ok(NewRow { record, sealed, digest_prefixes, material: None })
    }

    pub(super) fn certify(
        &self,
        id: KeyId,
        issuer: Option<&Issuer>,
        at: jiff::Timestamp,
        private: &SigningKey,
        spki: &[u8],
    ) -> Result<Certified> {
        let issuer = match issuer.or(self.0.options.default_issuer.as_ref()) {
            Some(issuer) => issuer.clone(),
            None => Issuer::parse(DEFAULT_ISSUER)?,
        };
        let not_before = x509::cut_to_second(at);
        let expires_at = x509::years_after(not_before, YEARS)?;
        let request = SelfSigned {
            serial: *id.as_bytes(),
            common_name: issuer.as_str(),
            spki,
            not_before,
            not_after: expires_at,
            ca: false,
            key_usage: KeyUsage::DIGITAL_SIGNATURE,
        };
        let certificate = self.self_certify(private, &request)?;
        Ok(Certified { certificate, issuer: Some(issuer), expires_at })
    }

    /// The certificate that says this, signed by its own key.
    pub(super) fn self_certify(&self, private: &SigningKey, request: &SelfSigned<'_>) -> Result<Vec<u8>> {
        let algorithm = crypto::algorithm_identifier(private.algorithm())
            .ok_or_else(|| crate::Error::not_possible("an HMAC secret has no certificate"))?;
        let sign =
            |message: &[u8]| private.try_sign(message, &*self.0.options.entropy).map(|signature| signature.to_der());
        Ok(x509::self_signed(request, &algorithm, sign)?)
    }

    /// 10 random lower-case hex digits.
    pub(super) fn random_kid(&self) -> Result<String> {
        let random: [u8; 5] = crypto::random_bytes(&*self.0.options.entropy)?;
        Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn kid(
        &self,
        scheme: &KidScheme,
        algorithm: Algorithm,
        certificate: Option<&[u8]>,
        spki: Option<&[u8]>,
    ) -> Result<Kid> {
        let text = match (scheme, certificate, spki) {
            (KidScheme::Given(kid), ..) => return Ok(kid.clone()),
            (KidScheme::Vendor, None, _) => self.random_kid()?,
            (KidScheme::Vendor | KidScheme::X5t, Some(certificate), _) => {
                Fingerprint::Sha1(crypto::sha1(certificate)).to_base64url()
            }
            (KidScheme::X5tS256, Some(certificate), _) => {
                Fingerprint::Sha256(crypto::sha256(certificate)).to_base64url()
            }
            (KidScheme::JwkThumbprint, _, Some(spki)) => {
                Fingerprint::Sha256(crypto::sha256(codec::jwk_thumbprint_input(spki)?.as_bytes())).to_base64url()
            }
            (KidScheme::X5t | KidScheme::X5tS256 | KidScheme::JwkThumbprint, ..) => {
                debug_assert_eq!(algorithm.key_type(), KeyType::Hmac);
                return Err(Invalid::new(
                    "kid",
                    Problem::Invalid,
                    format!(
                        "kid is to be a thumbprint, {algorithm} keys have none: allowed are a random one or a text"
                    ),
                )
                .into());
            }
        };
        Ok(Kid::parse(text)?)
    }
}

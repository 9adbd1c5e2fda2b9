//! PKCS#12, where the structure that `codec` knows meets the passwords that `crypto` knows.

use super::{crypto_failed, refuse};
use crate::codec::{self, CodecError, MacFacts, NewPkcs12, Pkcs12Entry, Pkcs12Password};
use crate::crypto::{self, CryptoError, Entropy, KdfBudget, Pkcs12Mac, Sealed};
use crate::error::{Error, Result};
use crate::model::{Invalid, Problem};
use crate::secret::SecretBytes;

/// Opens a PKCS#12: its MAC first, then what it holds.
pub(super) fn read(
    field: &'static str,
    pfx: &[u8],
    password: &SecretBytes,
    budget: &mut KdfBudget,
) -> Result<Vec<Pkcs12Entry>> {
    codec::read_pkcs12(pfx, &mut Opener { password: password.expose_secret(), budget }).map_err(|error| match error {
        Failed::Codec(error @ CodecError::Pkcs12Unsupported { .. }) => {
            Invalid::new(field, Problem::Unsupported, format!("{field}: {error}")).into()
        }
        Failed::Codec(error) => refuse(field, error),
        Failed::Crypto(error) => crypto_failed(field, error),
    })
}

/// Writes a private key, PKCS#8 in DER, with its certificates.
pub(in crate::keystore) fn write(
    pkcs8: &[u8],
    certificates: &[&[u8]],
    friendly_name: &str,
    password: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>> {
    let key = crypto::pbes2_encrypt_pbkdf2(password, pkcs8, entropy)?.to_encrypted_private_key()?;
    let new = NewPkcs12 { key: &key, certificates, friendly_name };
    let seal = |bytes: &[u8]| {
        let Sealed { algorithm, ciphertext } = crypto::pbes2_encrypt_pbkdf2(password, bytes, entropy)?;
        Ok((algorithm, ciphertext))
    };
    let mac = |bytes: &[u8]| {
        let Pkcs12Mac { algorithm, digest, salt, iterations } = crypto::pkcs12_mac(password, bytes, entropy)?;
        Ok(MacFacts { algorithm, digest, salt, iterations })
    };
    codec::write_pkcs12::<Error>(&new, seal, mac)
}

struct Opener<'a> {
    password: &'a [u8],
    budget: &'a mut KdfBudget,
}

enum Failed {
    Codec(CodecError),
    Crypto(CryptoError),
}

impl From<CodecError> for Failed {
    fn from(error: CodecError) -> Self {
        Self::Codec(error)
    }
}

impl Pkcs12Password for Opener<'_> {
    type Error = Failed;

    fn verify_mac(&mut self, mac: &MacFacts, content: &[u8]) -> Result<(), Failed> {
        let MacFacts { algorithm, digest, salt, iterations } = mac.clone();
        let mac = Pkcs12Mac { algorithm, digest, salt, iterations };
        crypto::verify_pkcs12_mac(&mac, self.password, content, self.budget).map_err(Failed::Crypto)
    }

    fn decrypt(&mut self, algorithm: &[u8], data: &[u8]) -> Result<SecretBytes, Failed> {
        crypto::pbes_decrypt(algorithm, self.password, data, self.budget).map_err(Failed::Crypto)
    }
}

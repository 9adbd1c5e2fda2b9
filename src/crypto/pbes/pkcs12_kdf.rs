//! The key derivation of PKCS#12 (RFC 7292 appendix B): for old encryption schemes, and for the MAC still in use.

use sha2::Digest;
use sha2::digest::block_api::BlockSizeUser;
use zeroize::{Zeroize, Zeroizing};

use super::super::CryptoError;

/// What the output is for, RFC 7292 appendix B.3.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// The password as a `BMPString` with its two final zeros (RFC 7292 appendix B.1); characters outside the basic plane as
/// two surrogates, as `openssl` and Java write them.
pub(super) fn bmp(password: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let text = std::str::from_utf8(password)
        .map_err(|_| CryptoError::Refused("password is not UTF-8, which PKCS#12 needs".to_owned()))?;
    // No character of UTF-8 grows to more than twice its bytes.
    let mut out = Zeroizing::new(Vec::with_capacity(password.len() * 2 + 2));
    text.encode_utf16().for_each(|unit| out.extend_from_slice(&unit.to_be_bytes()));
    out.extend_from_slice(&[0, 0]);
    Ok(out)
}

/// RFC 7292 appendix B.2; the names are the RFC's.
pub(super) fn derive<D: Digest + BlockSizeUser>(
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    out: &mut [u8],
) {
    let v = D::block_size();
    let diversifier = vec![purpose as u8; v];
    let filled = |source: &[u8]| source.len().div_ceil(v) * v;
    // I = S || P
    let mut i = Zeroizing::new(Vec::with_capacity(filled(salt) + filled(password)));
    for source in [salt, password] {
        i.extend(source.iter().cycle().take(filled(source)));
    }
    let mut b = Zeroizing::new(vec![0; v]);
    for chunk in out.chunks_mut(<D as Digest>::output_size()) {
        let mut a = D::new().chain_update(&diversifier).chain_update(&*i).finalize();
        for _ in 1..rounds {
            a = D::digest(&a);
        }
        chunk.iter_mut().zip(&a).for_each(|(to, from)| *to = *from);
        // I_j = (I_j + B + 1) mod 2^v
        b.iter_mut().zip(a.iter().cycle()).for_each(|(to, from)| *to = *from);
        for block in i.chunks_mut(v) {
            let mut carry = 1;
            for (byte, add) in block.iter_mut().zip(b.iter()).rev() {
                carry += u16::from(*byte) + u16::from(*add);
                [_, *byte] = carry.to_be_bytes();
                carry >>= 8;
            }
        }
        a.as_mut_slice().zeroize();
    }
}

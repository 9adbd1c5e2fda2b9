//! Looking at single pages without SQLite, to tell a wrong key from a damaged first page.

use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use super::error::Result;
use super::head::{Head, PAGE_LEN};
use super::{connection, sqlcipher};
use crate::secret::SecretKey;

const MAC_LEN: usize = 32;
/// Pages looked at behind the first. Any one that authenticates shows that the key is right.
const PAGES: u32 = 8;

/// True when a page behind the first authenticates under this key.
pub(super) fn some_page_opens(path: &Path, key: &SecretKey, head: &Head) -> Result<bool> {
    let mac_key = mac_key(key, head);
    let file = connection::open_raw(path)?;
    let mut page = vec![0; PAGE_LEN];
    for number in 2..2 + PAGES {
        if !sqlcipher::read_raw(&file, u64::from(number - 1) * PAGE_LEN as u64, &mut page)? {
            return Ok(false);
        }
        if page_authenticates(&page, number, &mac_key) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `PBKDF2-HMAC-SHA512(page key, head XOR 0x3a, 2 iterations)`, as SQLCipher derives its HMAC key.
fn mac_key(key: &SecretKey, head: &Head) -> Zeroizing<[u8; 32]> {
    let salt = head.as_bytes().map(|byte| byte ^ 0x3a);
    let mut mac_key = Zeroizing::new([0; 32]);
    // Any lengths will do for PBKDF2-HMAC; on an error the zeros match no page.
    let _ = pbkdf2::pbkdf2::<Hmac<Sha512>>(key.expose_secret(), &salt, 2, mac_key.as_mut());
    mac_key
}

fn page_authenticates(page: &[u8], number: u32, mac_key: &[u8; 32]) -> bool {
    let Some((covered, expected)) = page.split_last_chunk::<MAC_LEN>() else { return false };
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(mac_key) else { return false };
    mac.update(covered);
    mac.update(&number.to_le_bytes());
    mac.verify_slice(expected).is_ok()
}

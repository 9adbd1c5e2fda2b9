//! The form in which names are compared.

use std::borrow::Cow;

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// Full case folding and NFC, by the Unicode standard's canonical caseless matching (section 3.13, D145): two texts are
/// the same to a search when `toCasefold(NFD(text))` is canonically equivalent. No locale has a say.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    let decomposed: String = text.nfd().collect();
    Cow::Owned(UniCase::unicode(decomposed).to_folded_case().nfc().collect())
}

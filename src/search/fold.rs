//! The form in which names are compared.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicase::UniCase;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfd_quick};

/// Full case folding and NFC, by the Unicode standard's canonical caseless matching (section 3.13, D145): two texts are
/// the same to a search when `toCasefold(NFD(text))` is canonically equivalent. No locale has a say.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    if !text.chars().all(stands_alone) {
        return Cow::Owned(fold_by_rule(text));
    }
    let table = &*ALONE;
    let folded = |character| table.get(character as usize).copied().unwrap_or([Some(character), None]);
    match text.chars().all(|character| folded(character) == [Some(character), None]) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.chars().flat_map(folded).flatten().collect()),
    }
}

fn fold_by_rule(text: &str) -> String {
    let decomposed = match is_nfd_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfd().collect()),
    };
    let folded = UniCase::unicode(decomposed).to_folded_case();
    match is_nfc_quick(folded.chars()) {
        IsNormalized::Yes => folded,
        _ => folded.nfc().collect(),
    }
}

/// Latin, IPA, Greek and Cyrillic, without their combining marks: none of these is changed by what stands beside it, unless
/// that is something else than these.
const fn stands_alone(character: char) -> bool {
    matches!(character, ..'\u{300}' | '\u{370}'..='\u{482}' | '\u{48A}'..='\u{52F}')
}

/// What each of these is folded to: at most two characters.
static ALONE: LazyLock<Box<[[Option<char>; 2]]>> = LazyLock::new(|| {
    let fold = |character: char| {
        let folded = fold_by_rule(character.encode_utf8(&mut [0; 4]));
        let mut characters = folded.chars();
        [characters.next(), characters.next()]
    };
    ('\0'..='\u{52F}').map(fold).collect()
});

#[cfg(test)]
mod tests {
    use proptest::char::range;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Folds to, or is an example of a text that does.
    const EXAMPLES: &[(&str, &str)] = &[
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("STRAẞE", "strasse"),
        // Final sigma is a sigma.
        ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύσ"),
        ("ὀδυσσεύς", "ὀδυσσεύσ"),
        // The Turkish letters: İ is an i with its dot written out, ı is a letter of its own, I is an i in any language.
        ("İ", "i\u{307}"),
        ("I\u{307}", "i\u{307}"),
        ("ı", "ı"),
        ("I", "i"),
        // Marks stay, in one form and one order.
        ("É", "é"),
        ("E\u{301}", "é"),
        ("Q\u{307}\u{323}", "q\u{323}\u{307}"),
        ("Å", "å"),
        // A letter that has no composed form of its own after folding.
        ("ǰ", "ǰ"),
        ("J\u{30C}", "ǰ"),
        ("ŉ", "ʼn"),
        // Ligatures come apart where case folding knows them, and only there.
        ("ﬃ", "ffi"),
        ("Ǆ", "ǆ"),
        ("œ", "œ"),
        // Not NFKC: forms of compatibility stay.
        ("①Ｋ²", "①ｋ²"),
        ("\u{212A}", "k"),
        // Iota below is a letter behind, as in capitals.
        ("ᾳ", "αι"),
        ("α\u{345}", "αι"),
        ("ΑΙ", "αι"),
        // Hangul is composed.
        ("\u{1112}\u{1161}\u{11AB}", "한"),
        // Cherokee folds to capitals.
        ("ꭰ", "Ꭰ"),
        ("𐐀", "𐐨"),
        // Never composed again: it is excluded.
        ("\u{958}", "\u{915}\u{93C}"),
    ];

    #[test]
    fn examples() {
        for (text, folded) in EXAMPLES {
            assert_eq!(fold(text), *folded, "{text:?}");
            assert_eq!(fold(folded), *folded, "again: {text:?}");
        }
    }

    #[test]
    fn what_does_not_change_is_not_copied() {
        for text in ["", "token 7", "grün é ÷ ÿ", "żółć ключ μ"] {
            assert!(matches!(fold(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn no_character_takes_more_than_twelve_bytes() {
        // Composing does not lengthen, so that a text of n characters has at most 12 n bytes.
        let longest = ('\0'..=char::MAX).map(|character| {
            let decomposed: String = [character].into_iter().nfd().collect();
            UniCase::unicode(decomposed).to_folded_case().len()
        });
        assert_eq!(longest.max(), Some(12));
    }

    #[test]
    fn the_table_has_all_of_each_character() {
        for character in ('\0'..='\u{52F}').filter(|character| stands_alone(*character)) {
            let text = character.to_string();
            assert_eq!(fold(&format!("ж{text}")), format!("ж{}", fold_by_rule(&text)), "{character:?}");
        }
    }

    proptest! {
        #[test]
        fn short_ways_lead_to_the_same(characters in vec(prop_oneof![range('\0', '\u{52F}'), range('\u{300}', '\u{36F}'), any::<char>()], 0..8)) {
            let text = String::from_iter(characters);
            let decomposed: String = text.nfd().collect();
            let folded: String = UniCase::unicode(decomposed).to_folded_case().nfc().collect();
            prop_assert_eq!(fold(&text), folded.as_str());
            prop_assert_eq!(fold(&folded), folded.as_str());
        }

        #[test]
        fn one_by_one_or_all_at_once(characters in vec(prop_oneof![range('\0', '\u{52F}'), range('\u{C0}', '\u{24F}'), range('\u{370}', '\u{482}')], 0..12)) {
            let text: String = characters.into_iter().filter(|character| stands_alone(*character)).collect();
            prop_assert_eq!(fold(&text), fold_by_rule(&text));
        }
    }
}

//! Patterns and scans judged by a matcher that tries everything, over names and patterns made to collide.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::NamePattern;
use super::fold;
use super::names::Names;
use super::pattern::Matcher;

#[derive(Debug)]
enum Token {
    /// Any run of characters.
    Wild,
    Text(char),
}

/// Reads a pattern character by character, and folds the runs between wildcards.
fn tokens(pattern: &str) -> Vec<Token> {
    let (mut tokens, mut text) = (Vec::new(), String::new());
    let mut wild = false;
    let mut characters = pattern.trim().chars().peekable();
    while let Some(character) = characters.next() {
        if character == '*' && characters.next_if_eq(&'*').is_none() {
            tokens.extend(fold(&std::mem::take(&mut text)).chars().map(Token::Text));
            tokens.push(Token::Wild);
            wild = true;
        } else {
            text.push(character);
        }
    }
    tokens.extend(fold(&text).chars().map(Token::Text));
    if !wild {
        tokens.insert(0, Token::Wild);
        tokens.push(Token::Wild);
    }
    tokens
}

fn naive(tokens: &[Token], name: &[char]) -> bool {
    match tokens {
        [] => name.is_empty(),
        [Token::Wild, rest @ ..] => (0..=name.len()).any(|at| naive(rest, &name[at..])),
        [Token::Text(text), rest @ ..] => name.first() == Some(text) && naive(rest, &name[1..]),
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    naive(&tokens(pattern), &fold(name).chars().collect::<Vec<_>>())
}

fn packed<'a>(texts: impl IntoIterator<Item = &'a str>) -> Names {
    let mut names = Names::with_capacity(0, 0);
    texts.into_iter().for_each(|text| names.push(fold(text).as_bytes()));
    names
}

/// The slots that a scan of all names finds.
fn found(names: &Names, pattern: &str) -> Vec<usize> {
    let mut words = vec![0; names.len().div_ceil(64)];
    names.scan(&Matcher::new(&NamePattern::parse(pattern).unwrap()), 0, &mut words);
    slots(&words)
}

fn slots(words: &[u64]) -> Vec<usize> {
    (0..words.len() * 64).filter(|slot| words[slot / 64] >> (slot % 64) & 1 == 1).collect()
}

/// Few characters, so that much fits nearly.
fn text(characters: &'static str, most: usize) -> impl Strategy<Value = String> {
    let characters: Vec<char> = characters.chars().collect();
    vec(select(characters), 0..most).prop_map(String::from_iter)
}

const UNICODE: &str = "aAß*sS İiı\u{307}\u{301}eéÉσςΣ가\u{11a8}ﬀf\u{345}ά\u{10400}\u{10428}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn patterns_fit_as_the_naive_matcher_says(pattern in text("ab*", 9), name in text("ab*", 12)) {
        prop_assert_eq!(NamePattern::parse(&pattern).unwrap().matches(&name), fits(&pattern, &name));
    }

    #[test]
    fn patterns_of_unicode_too(pattern in text(UNICODE, 7), name in text(UNICODE, 9)) {
        prop_assert_eq!(NamePattern::parse(&pattern).unwrap().matches(&name), fits(&pattern, &name));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scans_find_what_fits(
        short in vec(text("ab*", 6), 0..150),
        long in vec(text("ab", 200), 0..20),
        unicode in vec(text(UNICODE, 20), 0..20),
        patterns in vec(prop_oneof![text("ab*", 8), text("ab*", 130), text("a**", 200), text(UNICODE, 6)], 8),
        long_prefix in 0..130_usize,
        first in 0..5_usize,
        width in 0..5_usize,
        noise: u64,
    ) {
        let texts: Vec<_> = short.iter().chain(&long).chain(&unicode).map(String::as_str).collect();
        let names = packed(texts.iter().copied());
        // One that fits something, however long.
        let cut = long.first().map(|name| format!("{}*", name.get(..long_prefix).unwrap_or(name)));
        for pattern in patterns.iter().chain(&cut) {
            let pattern = NamePattern::parse(pattern).unwrap();
            let mut words = vec![noise; width];
            names.scan(&Matcher::new(&pattern), first * 64, &mut words);
            for (n, word) in words.iter().enumerate() {
                for bit in 0..64 {
                    let name = names.get((first + n) * 64 + bit);
                    let expected = name.is_some_and(|name| pattern.fits(name)) || noise >> bit & 1 == 1;
                    prop_assert_eq!(word >> bit & 1 == 1, expected, "{:?} on {:?}", pattern, name.map(str::from_utf8));
                }
            }
        }
    }

    #[test]
    fn names_come_back(texts in vec(text(UNICODE, 20), 0..100)) {
        let names = packed(texts.iter().map(String::as_str));
        prop_assert_eq!(names.len(), texts.len());
        for (slot, text) in texts.iter().enumerate() {
            let folded = fold(text);
            prop_assert_eq!(names.get(slot), Some(folded.as_bytes()));
        }
        prop_assert_eq!(names.get(texts.len()), None);
        prop_assert_eq!(names.get(usize::MAX), None);
    }
}

#[test]
fn names_on_both_sides_of_a_base() {
    let mut names = Names::with_capacity(10, 10);
    for slot in 0..2 * 65_536 + 3 {
        names.push(if slot % 65_536 < 2 || slot % 65_536 > 65_533 { b"edge" } else { b"" });
    }
    let edges = [0, 1, 65_534, 65_535, 65_536, 65_537, 131_070, 131_071, 131_072, 131_073];
    for pattern in ["edge", "e*", "*e", "*d*e*", "*ge"] {
        assert_eq!(found(&names, pattern), edges, "{pattern}");
    }
    assert_eq!(found(&names, "*").len(), names.len());
    assert_eq!(names.get(65_535), Some(&b"edge"[..]));
    assert_eq!(names.get(65_536), Some(&b"edge"[..]));
    assert_eq!(names.get(131_074), Some(&b""[..]));
    assert_eq!(names.get(131_075), None);
    let matcher = Matcher::new(&NamePattern::parse("edge").unwrap());
    let mut words = [0; 2];
    names.scan(&matcher, 65_536 - 64, &mut words);
    assert_eq!(words, [0b11 << 62, 0b11]);
}

#[test]
fn bytes_are_those_of_the_names() {
    let mut names = Names::with_capacity(2, 0);
    assert_eq!((names.len(), names.bytes(), names.get(0)), (0, 0, None));
    names.push(b"one");
    names.push(b"");
    assert_eq!(names.get(0), Some(&b"one"[..]));
    assert_eq!((names.len(), names.bytes(), names.get(2)), (2, 3, None));
}

/// Many finds close together, then none, then many again; a name as long as they come, across many blocks of 64 bytes.
#[test]
fn names_that_change_their_kind() {
    let long = format!("{}z", "ab".repeat(24_575));
    let mut texts = Vec::new();
    for n in 0..3000 {
        texts.push(if n / 500 % 2 == 0 { "abab" } else { "other" });
        if n % 700 == 0 {
            texts.push(&long);
        }
    }
    let names = packed(texts.iter().copied());
    for pattern in [
        "a",
        "ab",
        "*a*b*a*",
        "*z",
        "b*",
        "a*z",
        "*ab*ab",
        "*t*r",
        "abab",
        "**",
        "*bz",
        &long[..8000],
        &format!("{}*", &long[..70]),
    ] {
        let naive = NamePattern::parse(pattern).unwrap();
        let expected: Vec<_> = (0..texts.len()).filter(|slot| naive.matches(texts[*slot])).collect();
        assert_eq!(found(&names, pattern), expected, "{}", &pattern[..pattern.len().min(9)]);
    }
}

//! Name patterns: upper and lower case, marks and letters of any script, wildcards, and how long all of it may take.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::process::Command;
use std::time::{Duration, Instant};

use keystead::{ErrorKind, KeyName, NamePattern};

fn fits(pattern: &str, name: &str) -> bool {
    NamePattern::parse(pattern).unwrap().matches(name)
}

#[track_caller]
fn assert_fits(pattern: &str, name: &str) {
    assert!(fits(pattern, name), "{pattern:?} fits {name:?}");
}

#[track_caller]
fn assert_misses(pattern: &str, name: &str) {
    assert!(!fits(pattern, name), "{pattern:?} misses {name:?}");
}

#[test]
fn case_is_folded_in_full() {
    for (pattern, name) in [
        ("STRASSE", "Lange Straße 7"),
        ("straße", "LANGE STRASSE 7"),
        ("STRAẞE*", "straße"),
        // A part of what a letter is folded to is found too.
        ("s*e", "ße"),
        ("ὀδυσσεύσ", "ὈΔΥΣΣΕΎΣ"),
        ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
        ("EFFICIENT", "eﬃcient"),
        ("ﬁle*", "FILE"),
        ("ꭰꭱ", "ᎠᎡ"),
        ("𐐨", "𐐀"),
        ("K", "273 K"),
        ("Å", "5 å"),
        ("ǲ", "Ǳ"),
        ("ᾳ", "ΑΙ"),
    ] {
        assert_fits(pattern, name);
    }
    // No ligature of case folding, and no form of compatibility.
    assert_misses("oe", "œuvre");
    assert_misses("ae", "Ærø");
    assert_misses("1", "①");
    assert_misses("k", "Ｋ");
}

#[test]
fn turkish_letters_are_folded_as_anywhere() {
    assert_misses("istanbul", "İstanbul");
    for pattern in ["i\u{307}stanbul", "İSTANBUL", "*stanbul", "i*stanbul"] {
        assert_fits(pattern, "İstanbul");
    }
    assert_fits("istanbul", "ISTANBUL");
    assert_misses("ısparta", "ISPARTA");
    assert_fits("ısparta", "ısparta");
}

#[test]
fn marks_count_in_either_form() {
    for name in ["caf\u{e9}", "cafe\u{301}", "CAFÉ"] {
        assert_fits("caf\u{e9}", name);
        assert_fits("cafe\u{301}", name);
        assert_misses("cafe", name);
        assert_misses("caf*e", name);
    }
    // Marks in any order, and more than one composes with.
    assert_fits("q\u{307}\u{323}", "Q\u{323}\u{307}");
    assert_fits("ệ", "E\u{302}\u{323}");
    // Where there is no composed form, the letter is found.
    assert_fits("q", "q\u{307}");
    // Hangul in letters or in syllables.
    assert_fits("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}");
    assert_misses("하", "한");
}

#[test]
fn exact_patterns_take_the_whole_name() {
    for name in ["50% **off**", " two blanks  ", "Straße", "İ", "*"] {
        let pattern = NamePattern::exact(&KeyName::new(name).unwrap());
        assert!(pattern.matches(name), "{name:?}");
        assert!(pattern.matches(&name.to_uppercase()), "{name:?}");
        assert!(!pattern.matches(&format!("{name}x")) && !pattern.matches(&format!("x{name}")), "{name:?}");
    }
}

#[test]
fn stars_are_read_from_left_to_right() {
    for (pattern, name) in [
        ("**", "a * b"),
        ("***", "* begins"),
        ("****", "a ** b"),
        ("*****", "** begins"),
        ("a**", "has a* in it"),
        ("***b", "*ab"),
        ("a***b", "a*-b"),
        ("* ***", " *"),
        ("", "anything"),
        (" \u{3000}\t", "anything"),
        ("*", "anything"),
        (" *x ", "ends in x"),
    ] {
        assert_fits(pattern, name);
    }
    for (pattern, name) in [
        ("**", "no star"),
        ("***", "not first *"),
        ("****", "only * one"),
        ("***b", "a*b"),
        ("a***b", "ab"),
        ("*a*a*", "a"),
        ("aba*ab", "abab"),
        ("a*a", "a"),
    ] {
        assert_misses(pattern, name);
    }
}

#[test]
fn no_other_character_is_special() {
    for character in ["%", "_", "[", "]", "?", "\\", ".", "^", "$", "(", "|", "\0", "\"", "'", "\u{10FFFF}"] {
        assert_fits(character, &format!("with {character} in it"));
        assert_misses(character, "without");
        assert_fits(&format!("*{character}*x"), &format!("{character}{character}x"));
    }
    assert_misses("[a-z]", "b");
    // No escape: a backslash, and then anything.
    assert_fits("\\*", "\\x");
    assert_misses("\\*", "*");
}

#[test]
fn patterns_have_a_length() {
    for (pattern, most) in
        [("a".repeat(8192), true), ("𐐀".repeat(8192), true), (format!(" {} ", "*".repeat(8192)), true)]
    {
        assert_eq!(NamePattern::parse(&pattern).is_ok(), most);
    }
    let message = |pattern: &str| {
        let error = NamePattern::parse(pattern).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    insta::assert_snapshot!(message(&"a".repeat(8193)), @"name is a pattern of 8193 characters, at most 8192 characters");
    insta::assert_snapshot!(message(&"𐐀".repeat(8193)), @"name is a pattern of 32772 bytes, at most 8192 characters");
}

/// Names and patterns that make a matcher go back, or look at the same again and again.
#[test]
fn no_pattern_takes_long() {
    let (long, longest) = ("a".repeat(4096), "\u{1d160}".repeat(4096));
    let patterns = [
        "a".repeat(8192),
        "*a".repeat(4096),
        "a*".repeat(4096),
        format!("{}b", "*a".repeat(4095)),
        format!("{}b", "a*".repeat(4095)),
        format!("{}b", "a".repeat(4095)),
        format!("{}b{}", "a".repeat(2048), "a".repeat(2047)),
        format!("*{}b*{}", "a".repeat(2048), "a".repeat(2047)),
        format!("{}b", "*aaaa".repeat(1638)),
        format!("*{}*", "*aab".repeat(2047)),
        "\u{1d160}*".repeat(4096),
        "\u{1d160}".repeat(8192),
        "\u{1d16e}*".repeat(4096),
        "\u{301}\u{323}".repeat(4096),
        "\u{390}".repeat(8192),
        "*".repeat(8191),
    ];
    let marks = format!("e{}", "\u{301}\u{323}".repeat(2047));
    for name in [&long, &longest, &format!("{}b", &long[1..]), &"aab".repeat(1365), &marks] {
        for pattern in &patterns {
            let begin = Instant::now();
            std::hint::black_box(fits(pattern, name));
            // A debug build on a busy machine; it takes some hundred times less where it is at work.
            let head: String = pattern.chars().take(8).collect();
            assert!(begin.elapsed() < Duration::from_millis(250), "{head} took {:?}", begin.elapsed());
        }
    }
}

/// A pattern that no short name can fit is as fast on them as any other.
#[test]
fn a_long_pattern_costs_short_names_nothing() {
    let pattern = NamePattern::parse(&"\u{390}".repeat(8192)).unwrap();
    let begin = Instant::now();
    for _ in 0..300_000 {
        assert!(!pattern.matches(std::hint::black_box("service 17")));
    }
    // Reading the pattern for each name takes ten times as long.
    assert!(begin.elapsed() < Duration::from_millis(500), "took {:?}", begin.elapsed());
}

#[test]
fn python_finds_the_same() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/name_patterns.py");
    let output = Command::new("python3").arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut counts = [0, 0];
    for line in str::from_utf8(&output.stdout).unwrap().lines() {
        let (pattern, name, expected): (String, String, bool) = serde_json::from_str(line).unwrap();
        assert_eq!(fits(&pattern, &name), expected, "{pattern:?} on {name:?}");
        counts[usize::from(expected)] += 1;
    }
    assert!(counts[0] > 5000 && counts[1] > 5000, "{counts:?}");
}

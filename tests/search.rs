//! Searching: names judged by Python, thousands of changes between two handles, cursors, threads, copies.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/judges.rs"]
mod judges;
#[path = "support/naive.rs"]
mod naive;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64UrlUnpadded, Encoding};
use insta::assert_snapshot;
use keystead::{
    Algorithm, BackupOptions, Batch, Cursor, Direction, ErrorKind, ImportKey, Key, KeyId, KeyName, Keystore,
    NamePattern, OrderBy, OrderField, Query, SecretEncoding, Unlock,
};
use naive::{Entry, Glob, Set, Terms, Text, Wanted, order_by};
use support::{attacker, options, raw, request};

const UP: Direction = Direction::Ascending;
const DOWN: Direction = Direction::Descending;

/// Numbers that look random and are the same every time (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % most as u64) as usize
    }

    fn one<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

fn name(text: impl Into<String>) -> KeyName {
    KeyName::new(text).unwrap()
}

fn pattern(text: &str) -> NamePattern {
    NamePattern::parse(text).unwrap()
}

fn secret(text: impl Into<String>) -> ImportKey {
    ImportKey::new(name(text), vec![9; 32]).secret(SecretEncoding::Raw)
}

fn hs256(store: &Keystore, text: impl Into<String>) -> Key {
    store.generate(request(text, Algorithm::Hs256)).unwrap()
}

/// A key with the id of this number.
fn numbered(n: u128) -> KeyId {
    KeyId::new(uuid::Uuid::from_u128(n)).unwrap()
}

fn names(keys: &[Key]) -> Vec<&str> {
    keys.iter().map(|key| key.name().as_str()).collect()
}

fn found(store: &Keystore, text: &str) -> Vec<String> {
    let page = store.search(&Query::new().name(pattern(text)).limit(u32::MAX)).unwrap();
    assert_eq!(page.total, page.keys.len() as u64);
    page.keys.iter().map(|key| key.name().to_string()).collect()
}

/// Names and patterns of any characters, marks that begin a part among them, against Python's folding and expressions.
#[test]
fn python_finds_the_same_names() {
    let letters: Vec<&str> = "a A b s ss ß ẞ ſ é e \u{301} \u{300} \u{323} \u{307} q Å \u{212b} i I İ ı j Σ σ ς α ᾳ ᾼ \
        \u{345} ι ﬁ f ŉ n ʼ 한 하 \u{1112} \u{1161} \u{11ab} \u{11a8} \u{212a} k Ꭰ ꭰ 𐐀 𐐨 % _ [ ] ? \\ . ^ $ ( ) + | {"
        .split(' ')
        .collect();
    let mut dice = Dice(1);
    let mut texts = |many: usize, odd: &[&str]| {
        let text = |dice: &mut Dice| -> String {
            // From few letters or all of them, so that much is alike.
            let few = if dice.below(2) == 0 { &letters[..14] } else { &letters[..] };
            let some = 1 + dice.below(6);
            (0..some).map(|_| if dice.below(4) == 0 { *dice.one(odd) } else { *dice.one(few) }).collect()
        };
        std::iter::repeat_with(|| text(&mut dice)).take(many).collect::<Vec<_>>()
    };
    let mut all: BTreeSet<String> = texts(700, &[" ", "*", "\u{a0}", "\u{2000}", "\u{2002}"]).into_iter().collect();
    all.retain(|text| !text.trim().is_empty());
    let all: Vec<String> = all.into_iter().collect();
    let patterns = texts(1500, &[" ", "*", "*", "**", "***", "\u{2000}"]);

    let store = judges::memory();
    // Ids in the order of the names, which then decide among those that fold to the same.
    let requests: Vec<_> =
        all.iter().enumerate().map(|(n, text)| secret(&**text).id(numbered(n as u128 + 1))).collect();
    assert!(store.import_many(&requests).unwrap().iter().all(Result::is_ok));
    let folder = judges::Folder::new();
    folder.put("case.json", serde_json::json!({"names": all, "patterns": patterns}).to_string());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/search_judge.py");
    let expected: Vec<Vec<usize>> = serde_json::from_slice(&folder.run("python3", script).unwrap()).unwrap();
    assert_eq!(expected.len(), patterns.len());
    for (text, expected) in patterns.iter().zip(&expected) {
        let expected: Vec<&String> = expected.iter().map(|&at| &all[at]).collect();
        assert!(found(&store, text).iter().eq(expected.iter().copied()), "{text:?}: {expected:?}");
    }
    // A judge that finds nothing, or everything, would be none.
    let some = expected.iter().filter(|found| (1..all.len() / 2).contains(&found.len())).count();
    assert!(some > 300, "{some} of {} patterns", patterns.len());
}

/// The words of the documents.
#[test]
fn the_documented_patterns() {
    let store = judges::memory();
    let all = ["100% pure", "100_pure", "[abc]?", "a*b", "Straße 1", "STRASSE 2", "token signing, 2026", " padded "];
    for text in all {
        hs256(&store, text);
    }
    assert_eq!(found(&store, "strasse"), ["Straße 1", "STRASSE 2"]);
    assert_eq!(found(&store, "  strasse  "), ["Straße 1", "STRASSE 2"]);
    assert_eq!(found(&store, "token*2026"), ["token signing, 2026"]);
    assert_eq!(found(&store, "signing*"), [""; 0]);
    assert_eq!(found(&store, "*signing*"), ["token signing, 2026"]);
    assert_eq!(found(&store, "**"), ["a*b"]);
    assert_eq!(found(&store, "a**b"), ["a*b"]);
    assert_eq!(found(&store, "%"), ["100% pure"]);
    assert_eq!(found(&store, "100_*"), ["100_pure"]);
    assert_eq!(found(&store, "[abc]?"), ["[abc]?"]);
    assert_eq!(found(&store, "?"), ["[abc]?"]);
    assert_eq!(found(&store, "padded"), [" padded "]);
    assert_eq!(found(&store, "").len(), all.len());
    assert_eq!(found(&store, " \u{2000} ").len(), all.len());
    assert_eq!(found(&store, "*").len(), all.len());
}

/// Keys without a value come first when the smallest do, and last when the greatest do.
#[test]
fn keys_that_never_expire_are_the_smallest() {
    let (clock, day) = (Set::new(0), 86_400_000);
    let store = Keystore::in_memory(options().clock(clock.clone())).unwrap();
    for (n, algorithm) in [(3, Algorithm::Es256), (1, Algorithm::Hs256), (2, Algorithm::Es256), (4, Algorithm::Hs256)] {
        clock.to(n * day);
        store.generate(request(format!("key {n}"), algorithm).id(numbered(9 - n as u128))).unwrap();
    }
    let by = |order: &str| {
        let page = store.search(&Query::new().order_by(order.parse().unwrap())).unwrap();
        names(&page.keys).iter().map(|name| name[4..].to_owned()).collect::<String>()
    };
    assert_eq!(by("expiration"), "4123", "ties by id, which falls");
    assert_eq!(by("expiration DESC"), "3241", "and does not turn with the order");
    assert_eq!(by("expiration DESC, insertInstant"), "3214");
    assert_eq!(by("type DESC, expiration"), "4123");
    assert_eq!(by("id"), "4321");
    assert_eq!(by("insertInstant DESC"), "4321");
    assert_eq!(by("algorithm, name DESC"), "3241");
    let before =
        |millis: i64, nanos| store.search(&Query::new().expires_before(naive::instant(millis, nanos))).unwrap().total;
    let ends = store.key(name("key 2")).unwrap().expires_at().unwrap().as_millisecond();
    assert_eq!([before(ends, -1), before(ends, 0), before(ends, 1), before(ends * 9, 0)], [0, 0, 1, 2]);
}

/// Far more changes than an index takes in one by one: 4,000 keys come, and are renamed and deleted in thousands, by
/// one handle. Another looks on from the beginning, a third now and then, and each search is that of the model.
#[test]
fn thousands_of_changes_between_searches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let clock = Set::new(0);
    let writer = Keystore::create(&path, &raw(), options().clock(clock.clone())).unwrap();
    let watcher = Keystore::open(&path, &raw(), options()).unwrap();
    let seldom = Keystore::open(&path, &raw(), options()).unwrap();
    let mut dice = Dice(2);
    let words = ["a", "A", "ß", "SS", "é", "e\u{301}", "b", "B", "*", "%", "0", "1"];
    let mut unique = 0;
    let mut text = |dice: &mut Dice| {
        unique += 1;
        let digits: Vec<String> = format!("{unique:012b}").chars().map(String::from).collect();
        let mut pieces: Vec<&str> = vec![*dice.one(&words), *dice.one(&words)];
        pieces.extend(digits.iter().map(|digit| &**digit));
        Text::of(&pieces)
    };
    let mut entries: Vec<Entry> = Vec::new();
    let public = {
        let store = judges::memory();
        store.generate(support::es256("made")).unwrap().certificate_der().unwrap().to_vec()
    };
    let mut searched = 0;
    let mut check = |entries: &[Entry], dice: &mut Dice, store: &Keystore| {
        let orders: [Terms; 6] = [
            vec![(OrderField::Name, UP)],
            vec![(OrderField::Name, DOWN)],
            vec![(OrderField::Expiration, DOWN), (OrderField::Name, UP)],
            vec![(OrderField::InsertInstant, DOWN)],
            vec![(OrderField::Id, DOWN)],
            vec![(OrderField::Algorithm, UP), (OrderField::Type, DOWN), (OrderField::Id, UP)],
        ];
        let order = dice.one(&orders);
        let (one, two) = (Text::of(&[*dice.one(&words)]).0[0], Text::of(&[*dice.one(&words)]).0[0]);
        let globs =
            [vec![], vec![Some(one)], vec![Some(one), None], vec![Some(one), None, Some(two)], vec![None, Some(two)]];
        let wanted = Wanted::Glob(Glob(dice.one(&globs).clone()));
        let mut fit: Vec<&Entry> = entries.iter().filter(|entry| wanted.fits(entry)).collect();
        fit.sort_by(|a, b| naive::compare(a, b, order));
        let start = dice.below(fit.len() + 2);
        let query = Query::new().name(wanted.pattern()).order_by(order_by(order)).start(start as u64);
        let page = store.search(&query).unwrap();
        assert!(page.keys.iter().eq(fit.iter().skip(start).take(25).map(|entry| &entry.key)), "{query:?}");
        assert_eq!(page.total, fit.len() as u64);
        assert_eq!(page.next.is_some(), start + 25 < fit.len());
        searched += 1;
    };
    for round in 0..12 {
        clock.to(round * 1_000);
        let many = *dice.one(&[1, 30, 300, 1_000]);
        match round % 3 {
            0 => {
                let texts: Vec<Text> = (0..many + 300).map(|_| text(&mut dice)).collect();
                let requests: Vec<_> = texts
                    .iter()
                    .enumerate()
                    .map(|(n, text)| match n % 3 {
                        0 => ImportKey::new(name(text.written()), public.clone()),
                        _ => secret(text.written()),
                    })
                    .collect();
                for (text, made) in texts.iter().zip(writer.import_many(&requests).unwrap()) {
                    entries.push(Entry { key: made.unwrap().key, folded: text.folded() });
                }
            }
            1 => {
                for _ in 0..many.min(300) {
                    let text = text(&mut dice);
                    let at = dice.below(entries.len());
                    let key = writer.rename(entries[at].key.id(), name(text.written())).unwrap();
                    entries[at] = Entry { key, folded: text.folded() };
                }
            }
            _ => {
                for _ in 0..many.min(entries.len() / 2).min(300) {
                    let at = dice.below(entries.len());
                    writer.delete(entries.swap_remove(at).key.id()).unwrap();
                }
            }
        }
        for _ in 0..4 {
            check(&entries, &mut dice, &watcher);
        }
        check(&entries, &mut dice, &writer);
        if round % 5 == 4 {
            check(&entries, &mut dice, &seldom);
        }
    }
    // One change, then one search, many times.
    for n in 0..200 {
        let text = text(&mut dice);
        let at = dice.below(entries.len());
        match n % 3 {
            0 => {
                let key = hs256(&writer, text.written());
                entries.push(Entry { key, folded: text.folded() });
            }
            1 => {
                let key = writer.rename(entries[at].key.id(), name(text.written())).unwrap();
                entries[at] = Entry { key, folded: text.folded() };
            }
            _ => writer.delete(entries.swap_remove(at).key.id()).unwrap(),
        }
        if n % 4 == 0 {
            check(&entries, &mut dice, &watcher);
        } else {
            let last = [text.written()];
            let exact = Query::new().name(NamePattern::exact(&name(text.written())));
            let page = watcher.search(&exact).unwrap();
            assert_eq!(names(&page.keys), &last[..usize::from(n % 3 != 2)]);
        }
    }
    check(&entries, &mut dice, &seldom);
    drop(writer);
    check(&entries, &mut dice, &watcher);
}

// Cursors.

fn every_order() -> Vec<Terms> {
    let mut all: Vec<Terms> =
        OrderField::ALL.iter().flat_map(|&field| [vec![(field, UP)], vec![(field, DOWN)]]).collect();
    all.push(vec![(OrderField::Type, DOWN), (OrderField::Name, UP)]);
    all.push(OrderField::ALL.iter().rev().map(|&field| (field, DOWN)).collect());
    all
}

/// Keys of several types, some with an end, of several times; the names share their case and order.
fn mixed(store: &Keystore, clock: &Set, many: usize) -> Vec<Key> {
    let algorithms = [Algorithm::Hs256, Algorithm::Es256, Algorithm::Hs512, Algorithm::Hs256];
    let key = |n: usize| {
        clock.to((n / 3) as i64 * 1_000);
        let word = ["Straße", "STRASSE", "gasse", "weg"][n % 4];
        store.generate(request(format!("{word} {}", n * 7919 % 1_000), algorithms[n % 4])).unwrap()
    };
    (0..many).map(key).collect()
}

#[test]
fn pages_that_change_meanwhile_skip_and_repeat_nothing() {
    let mut dice = Dice(3);
    for order in every_order() {
        let clock = Set::new(0);
        let store = Keystore::in_memory(options().clock(clock.clone())).unwrap();
        let mut others = mixed(&store, &clock, 60);
        let stays: BTreeSet<KeyId> = others.iter().step_by(2).map(Key::id).collect();
        others.retain(|key| !stays.contains(&key.id()));
        let mut after: Option<Cursor> = None;
        let (mut seen, mut pages, mut fresh) = (Vec::new(), 0, 0);
        loop {
            let mut query = Query::new().order_by(order_by(&order)).limit(1 + dice.below(5) as u32);
            query = match &after {
                Some(cursor) => query.after(cursor.clone()),
                None => query,
            };
            let page = store.search(&query).unwrap();
            seen.extend(page.keys.iter().map(Key::id));
            let Some(next) = page.next else { break };
            // The key at the end of the page goes, when it may: the cursor does not need it.
            let last = page.keys.last().unwrap().id();
            for _ in 0..3 {
                fresh += 1;
                clock.to(dice.below(30) as i64 * 1_000);
                match dice.below(3) {
                    0 if !others.is_empty() => {
                        let at = others.iter().position(|key| key.id() == last).unwrap_or(dice.below(others.len()));
                        store.delete(others.swap_remove(at).id()).unwrap();
                    }
                    1 if !others.is_empty() => {
                        let text = format!("{} {fresh}", dice.one(&["Aa", "straSSe", "zz"]));
                        store.rename(dice.one(&others).id(), name(text)).unwrap();
                    }
                    // Fewer come than a page has, or a walk down the ids might never end.
                    _ if pages < 40 => others.push(hs256(&store, format!("{} new {fresh}", dice.below(999)))),
                    _ => {}
                }
            }
            after = Some(if pages % 2 == 0 { next } else { next.to_string().parse().unwrap() });
            pages += 1;
        }
        let stayed: Vec<_> = seen.iter().filter(|id| stays.contains(id)).collect();
        assert_eq!(stayed.len(), stays.len(), "{order:?}");
        assert_eq!(stayed.into_iter().collect::<BTreeSet<_>>().len(), stays.len(), "{order:?}");
        assert!(pages > 10, "{pages}");
    }
}

/// Whatever the order, pages by cursor and pages by row are the list, cut.
#[test]
fn pages_are_the_list_cut() {
    let clock = Set::new(0);
    let store = Keystore::in_memory(options().clock(clock.clone())).unwrap();
    mixed(&store, &clock, 40);
    for order in every_order() {
        for wanted in ["", "s", "*e *1*"] {
            let query = || Query::new().order_by(order_by(&order)).name(pattern(wanted));
            let whole = store.search(&query().limit(1_000)).unwrap();
            assert_eq!((whole.total, whole.next), (whole.keys.len() as u64, None));
            for size in [1, 3, 39, 40, 41] {
                let mut by_row = Vec::new();
                while by_row.len() < whole.keys.len() {
                    let page = store.search(&query().limit(size).start(by_row.len() as u64)).unwrap();
                    assert_eq!(page.total, whole.total);
                    by_row.extend(page.keys);
                }
                assert_eq!(by_row, whole.keys);
                let mut page = store.search(&query().limit(size)).unwrap();
                let mut by_cursor = std::mem::take(&mut page.keys);
                while let Some(next) = page.next {
                    page = store.search(&query().limit(size).after(next)).unwrap();
                    assert_eq!(page.total, whole.total);
                    assert!(!page.keys.is_empty(), "a page was promised");
                    by_cursor.append(&mut page.keys);
                }
                assert_eq!(by_cursor, whole.keys);
            }
        }
    }
}

/// The condition may differ from that of the page that the cursor ended, the order may not.
#[test]
fn a_cursor_of_another_order_is_refused() {
    let store = judges::memory();
    for n in 0..4 {
        hs256(&store, format!("key {n}"));
    }
    let next =
        |order: &str| store.search(&Query::new().order_by(order.parse().unwrap()).limit(2)).unwrap().next.unwrap();
    let told = |cursor: Cursor, order: &str| {
        let error = store.search(&Query::new().order_by(order.parse().unwrap()).after(cursor)).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("cursor")));
        error.to_string()
    };
    assert_snapshot!(told(next("name"), "name DESC"), @"cursor is of a page by name ASC, this one is by name DESC");
    assert_snapshot!(told(next("type, name"), "name, type"), @"cursor is of a page by type ASC, name ASC, this one is by name ASC, type ASC");
    assert_snapshot!(told(next("type"), "type, name"), @"cursor is of a page by type ASC, this one is by type ASC, name ASC");
    assert_snapshot!(told(next("id"), "insertInstant"), @"cursor is of a page by id ASC, this one is by insertInstant ASC");
    let narrower = Query::new().name(pattern("key 3")).after(next("name"));
    assert_eq!(names(&store.search(&narrower).unwrap().keys), ["key 3"]);
    // The last of the two, `start` or `after`, counts.
    let rows = |query: Query| names(&store.search(&query).unwrap().keys).concat();
    assert_eq!(rows(Query::new().after(next("name")).start(3)), "key 3");
    assert_eq!(rows(Query::new().start(3).after(next("name"))), "key 2key 3");
}

/// A text that nobody was given is an error, or a cursor that writes itself the same, and no search panics over it.
#[test]
fn changed_cursors_are_errors_or_cursors() {
    let clock = Set::new(-5_000);
    let store = Keystore::in_memory(options().clock(clock.clone())).unwrap();
    mixed(&store, &clock, 8);
    let (mut errors, mut cursors) = (0, 0);
    for order in every_order() {
        let query = || Query::new().order_by(order_by(&order));
        let all: BTreeSet<_> = store.search(&query()).unwrap().keys.iter().map(Key::id).collect();
        let given = store.search(&query().limit(4)).unwrap().next.unwrap();
        let text = given.to_string();
        assert_eq!(text.parse::<Cursor>().unwrap(), given);
        assert!(text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_'), "{text}");
        let mut check = |changed: &str| match changed.parse::<Cursor>() {
            Err(error) => {
                assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("cursor")));
                assert!(error.to_string().len() < 200);
                errors += 1;
            }
            Ok(cursor) => {
                assert_eq!(cursor.to_string(), changed);
                cursors += 1;
                match store.search(&query().after(cursor)) {
                    Ok(page) => assert!(page.total == 8 && page.keys.iter().all(|key| all.contains(&key.id()))),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidInput),
                }
            }
        };
        for end in 0..text.len() {
            check(&text[..end]);
            check(&text[end + 1..]);
        }
        for at in 0..text.len() {
            for c in ["A", "Q", "_", "+", "=", " ", "\n", "é", "\0", ""] {
                check(&[&text[..at], c, &text[at + 1..]].concat());
                check(&[&text[..at], c, &text[at..]].concat());
            }
        }
        let bytes = Base64UrlUnpadded::decode_vec(&text).unwrap();
        for at in 0..bytes.len() {
            for new in (0..=u8::MAX).step_by(if at < 32 { 1 } else { 17 }) {
                let mut changed = bytes.clone();
                changed[at] = new;
                check(&Base64UrlUnpadded::encode_string(&changed));
            }
            check(&Base64UrlUnpadded::encode_string(&[&bytes[..at], &bytes[at + 1..]].concat()));
            check(&Base64UrlUnpadded::encode_string(&[&bytes[..at], &[0xff; 9], &bytes[at..]].concat()));
        }
    }
    assert!(errors > 1_000 && cursors > 1_000, "{errors} errors, {cursors} cursors");
}

#[test]
fn texts_that_are_no_cursor() {
    let told = |text: &str| text.parse::<Cursor>().unwrap_err().to_string();
    assert_snapshot!(told(""), @"cursor is cut or changed, allowed is the text form of one that a search gave");
    assert_snapshot!(told("?"), @"cursor is not base64url without padding, allowed is the text form of one that a search gave");
    assert_snapshot!(told("AAAA"), @"cursor is cut or changed, allowed is the text form of one that a search gave");
    assert_snapshot!(told(&"A".repeat(80_001)), @"cursor is 80001 bytes, allowed is the text form of one that a search gave");
    assert_eq!(told(&"A".repeat(80_000)), told("AAAA"));
    assert_snapshot!(told(&"é".repeat(10_000_000)), @"cursor is 20000000 bytes, allowed is the text form of one that a search gave");
}

/// U+1D160 becomes three characters of four bytes each, the most that any does.
#[test]
fn the_longest_names_have_cursors_too() {
    let store = judges::memory();
    for last in ["", "a"] {
        for c in ["\u{1d160}", "\u{390}", "\u{fb03}", "x"] {
            hs256(&store, c.repeat(4096 - last.len()) + last);
        }
    }
    for order in ["name", "name DESC", "type, name DESC, id, algorithm, insertInstant, expiration"] {
        let query = || Query::new().order_by(order.parse().unwrap());
        let mut page = store.search(&query().limit(1)).unwrap();
        let mut seen: Vec<KeyId> = vec![page.keys[0].id()];
        while let Some(next) = page.next {
            page = store.search(&query().limit(1).after(next.to_string().parse().unwrap())).unwrap();
            seen.push(page.keys[0].id());
        }
        let whole = store.search(&query()).unwrap();
        assert_eq!(seen, whole.keys.iter().map(Key::id).collect::<Vec<_>>());
        assert_eq!(seen.len(), 8);
    }
}

/// No pattern makes a search slow: the worst that are known, on the worst names.
#[test]
fn nasty_patterns_take_no_time() {
    let store = judges::memory();
    for n in 0..40 {
        hs256(&store, "a".repeat(4000) + &n.to_string());
    }
    let begun = std::time::Instant::now();
    let patterns = [
        "a*".repeat(4095) + "b",
        "*a".repeat(4000) + "*b",
        "a".repeat(2000) + "b",
        "*".to_owned() + &"a".repeat(2000) + "*" + &"a".repeat(2000) + "b*",
        ("a".repeat(63) + "*").repeat(127) + "b",
        ("a".repeat(31) + "b*").repeat(200),
    ];
    for text in &patterns {
        assert_eq!(found(&store, text), [""; 0]);
    }
    let took = begun.elapsed();
    // About 10 ms are enough on a slow machine.
    assert!(took < std::time::Duration::from_secs(5), "{took:?}");
}

// Several handles and threads.

/// A change that returned is found by every thread's next search, on another handle of the file.
#[test]
fn threads_find_what_another_handle_just_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let writer = Keystore::create(&path, &raw(), options()).unwrap();
    let reader = Keystore::open(&path, &raw(), options()).unwrap();
    let mut here = 0;
    for n in 0..60 {
        let key = hs256(&writer, format!("old {n}"));
        writer.rename(key.id(), name(format!("new {n}"))).unwrap();
        let stays = n % 3 != 2;
        if stays {
            here += 1;
        } else {
            writer.delete(key.id()).unwrap();
        }
        std::thread::scope(|scope| {
            for store in [&reader, &reader, &reader, &writer] {
                scope.spawn(move || {
                    let expected = [format!("new {n}")];
                    assert_eq!(found(store, &format!("new {n}")), &expected[..usize::from(stays)]);
                    assert_eq!(found(store, &format!("old {n}")), [""; 0]);
                    assert_eq!(found(store, "* *").len(), here);
                });
            }
        });
    }
}

/// What was undone is not found, and what is refused changes nothing.
#[test]
fn a_batch_that_fails_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let other = Keystore::open(&path, &raw(), options()).unwrap();
    let taken = hs256(&store, "batch 50");
    let requests: Vec<_> = (0..600).map(|n| secret(format!("batch {n}"))).collect();
    assert_eq!(found(&other, "batch"), ["batch 50"]);
    let made = store.import_many_with(&requests, Batch::AllOrNone, |_| std::ops::ControlFlow::Continue(())).unwrap();
    assert!(made.iter().all(Result::is_err));
    assert_eq!(found(&store, "batch"), ["batch 50"]);
    assert_eq!(found(&other, "batch"), ["batch 50"]);
    let free = hs256(&store, "free");
    assert_eq!(store.rename(free.id(), name("batch 50")).unwrap_err().kind(), ErrorKind::Duplicate);
    assert_eq!(found(&other, "batch"), ["batch 50"]);
    assert_eq!(found(&other, "free"), ["free"]);
    store.mark_in_use(taken.id(), &keystead::UserLabel::new("tenant").unwrap()).unwrap();
    assert_eq!(store.delete(taken.id()).unwrap_err().kind(), ErrorKind::InUse);
    assert_eq!(found(&other, "batch"), ["batch 50"]);
}

/// The same id, and the same name, may stand for another key later.
#[test]
fn an_id_or_name_used_again_is_the_new_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let other = Keystore::open(&path, &raw(), options()).unwrap();
    let id = numbered(7);
    let make = |text: &str, algorithm| store.generate(request(text, algorithm).id(id)).unwrap();
    let all = |store: &Keystore| store.search(&Query::new()).unwrap().keys;
    for handle in [&store, &other] {
        let first = make("one", Algorithm::Hs256);
        assert_eq!(all(handle), [first]);
        store.delete(id).unwrap();
        let second = make("two", Algorithm::Es256);
        assert_eq!(all(handle), std::slice::from_ref(&second));
        assert_eq!(found(handle, "one"), [""; 0]);
        assert_eq!(handle.search(&Query::new().algorithm(Algorithm::Hs256)).unwrap().total, 0);
        let kid = Query::new().kid(second.kid().clone());
        assert_eq!(handle.search(&kid).unwrap().keys, std::slice::from_ref(&second));
        store.delete(id).unwrap();
        let third = store.generate(request("two", Algorithm::Hs256)).unwrap();
        assert_eq!(all(handle), std::slice::from_ref(&third));
        assert_eq!(handle.search(&kid).unwrap().total, 0);
        store.delete(third.id()).unwrap();
        assert_eq!(all(handle), []);
    }
}

#[test]
fn readers_copies_and_changed_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let clock = Set::new(0);
    let store = Keystore::create(&path, &raw(), options().clock(clock.clone())).unwrap();
    mixed(&store, &clock, 30);
    let reader = Keystore::open_read_only(&path, &raw(), options()).unwrap();
    let all = |store: &Keystore| {
        let mut pages = BTreeMap::new();
        for order in every_order() {
            let page = store.search(&Query::new().order_by(order_by(&order)).name(pattern("s")).limit(9)).unwrap();
            pages.insert(order_by(&order).to_string(), page);
        }
        pages
    };
    assert_eq!(all(&reader), all(&store));
    hs256(&store, "strasse neu");
    assert_eq!(all(&reader), all(&store));
    assert_eq!(found(&reader, "STRASSE neu"), ["strasse neu"]);

    // A copy has what the store had; what comes later is in one of them.
    let copy = folder.path().join("copy");
    store.backup(&copy, &BackupOptions::same_key()).unwrap();
    let copied = Keystore::open(&copy, &raw(), options()).unwrap();
    assert_eq!(all(&copied), all(&store));
    hs256(&store, "zz in the store");
    hs256(&copied, "zz in the copy");
    assert_eq!(
        (found(&store, "zz in*"), found(&copied, "zz in*")),
        (vec!["zz in the store".into()], vec!["zz in the copy".into()])
    );

    // A cursor is good in the copy and after another key.
    let cursor = store.search(&Query::new().limit(5)).unwrap().next.unwrap();
    let behind = |store: &Keystore| store.search(&Query::new().after(cursor.clone()).limit(3)).unwrap().keys;
    assert_eq!(behind(&store), behind(&copied));
    let before = all(&store);
    store.rekey(&Unlock::raw_key([1; 32])).unwrap();
    assert_eq!(all(&store), before);
    hs256(&store, "strasse nach dem wechsel");
    assert_eq!(found(&store, "nach dem"), ["strasse nach dem wechsel"]);
    let again = Keystore::open(&path, &Unlock::raw_key([1; 32]), options()).unwrap();
    assert_eq!(all(&again), all(&store));
    assert_eq!(behind(&again), behind(&store));
    let stale = reader.search(&Query::new());
    assert_eq!(stale.unwrap_err().kind(), ErrorKind::Rekeyed);
}

/// In a folder that cannot be written there is no log and no shared memory.
#[cfg(unix)]
#[test]
fn a_store_that_nobody_can_write_is_searched() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    for n in 0..30 {
        hs256(&store, format!("key {n:02}"));
    }
    drop(store);
    let locked = |mode| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    locked(0o500);
    let reader = Keystore::open_read_only(&path, &raw(), options()).unwrap();
    let page = reader.search(&Query::new().name(pattern("key *")).start(25)).unwrap();
    assert_eq!((names(&page.keys).len(), page.total), (5, 30));
    assert_eq!(found(&reader, "KEY 29"), ["key 29"]);
    drop(reader);
    locked(0o700);
}

/// Somebody with a SQL tool and the page key gives a key another name: no search hands it out.
#[test]
fn an_edited_row_is_never_found() {
    for warm in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = Keystore::create(&path, &raw(), options()).unwrap();
        hs256(&store, "honest");
        hs256(&store, "other");
        if warm {
            assert_eq!(found(&store, "t").len(), 2);
        }
        attacker(&path, &support::RAW).execute("UPDATE key SET name = 'forged' WHERE name = 'honest'", []).unwrap();
        // What the store knew before may still be what it searches, but nothing forged comes out.
        match store.search(&Query::new().name(pattern("forged"))) {
            Ok(page) => assert!(warm && page.keys.is_empty()),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged, "{error}"),
        }
        let error = store.search(&Query::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
    }
}

/// Orders as FusionAuth writes them.
#[test]
fn orders_are_read_as_written() {
    for order in every_order() {
        let order = order_by(&order);
        assert_eq!(order.to_string().parse::<OrderBy>().unwrap(), order);
    }
    let read = |text: &str| text.parse::<OrderBy>().map(|order| order.to_string());
    assert_eq!(read(" insertInstant  desc ,name").unwrap(), "insertInstant DESC, name ASC");
    let told = |text: &str| {
        let error = read(text).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("orderBy")));
        error.to_string()
    };
    assert_snapshot!(told(""), @"orderBy is blank, allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC");
    assert_snapshot!(told("name; DROP TABLE key"), @"orderBy has 'name; DROP TABLE key', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC");
    for text in ["Name", "name,", ",name", "name ASC DESC", "name UP", "name, name DESC", "kid", "insertinstant"] {
        assert!(told(text).len() < 200, "{text}");
    }
    assert!(told(&"name,".repeat(1_000_000)).len() < 200);
}

/// Threads of one handle search while others of it and of another handle write: the same keys all the time, by other
/// names.
#[test]
fn threads_search_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let other = Keystore::open(&path, &raw(), options()).unwrap();
    let keys: Vec<Key> = (0..40).map(|n| hs256(&store, format!("moving {n:03}"))).collect();
    let rename = |handle: &Keystore, half: usize| {
        for round in 0..150 {
            let key = &keys[half * 20 + round % 20];
            let text = format!("moving {:03} {half} {round}", round * 617 % 1_000);
            handle.rename(key.id(), name(text)).unwrap();
        }
    };
    let search = || {
        for round in 0..150 {
            let query = Query::new().name(pattern("MOVING *")).limit(100);
            let page = match round % 3 {
                0 => store.search(&query.order_by(OrderBy::descending(OrderField::Id))).unwrap(),
                _ => store.search(&query).unwrap(),
            };
            assert_eq!((page.total, page.keys.len(), page.next), (40, 40, None));
            assert!(page.keys.iter().all(|key| key.name().as_str().starts_with("moving ")));
            match round % 3 {
                0 => assert!(page.keys.is_sorted_by(|a, b| a.id() > b.id())),
                _ => assert!(page.keys.is_sorted_by(|a, b| a.name().as_str() < b.name().as_str())),
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| rename(&store, 0));
        scope.spawn(|| rename(&other, 1));
        for _ in 0..3 {
            scope.spawn(search);
        }
    });
    let names = found(&store, "");
    assert_eq!(names, found(&other, ""));
    assert_eq!(names, found(&Keystore::open(&path, &raw(), options()).unwrap(), ""));
}

/// While the store's own key is changed its searches go on.
#[test]
fn searches_go_on_while_the_key_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let requests: Vec<_> = (0..300).map(|n| secret(format!("key {n:03}"))).collect();
    store.import_many(&requests).unwrap();
    let expected = found(&store, "key 1*");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..60).for_each(|_| assert_eq!(found(&store, "key 1*"), expected)));
        }
        for n in 1..5 {
            store.rekey(&Unlock::raw_key([n; 32])).unwrap();
            hs256(&store, format!("between {n}"));
        }
    });
    assert_eq!(found(&store, "between").len(), 4);
}

/// A changed bit is an error or was not looked at: a search gives the truth or nothing.
#[test]
fn a_damaged_file_gives_the_truth_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    let requests: Vec<_> = (0..300).map(|n| secret(format!("key {n:03}")).id(numbered(n + 1))).collect();
    store.import_many(&requests).unwrap();
    let queries: Vec<Query> = ["", "key 29*", "*7"]
        .iter()
        .map(|text| Query::new().name(pattern(text)).order_by(OrderBy::descending(OrderField::InsertInstant)))
        .collect();
    let truth: Vec<_> = queries.iter().map(|query| store.search(query).unwrap()).collect();
    drop(store);
    let file = std::fs::read(&path).unwrap();
    let (mut errors, mut dice) = (0, Dice(4));
    let pages = file.len() / support::PAGE;
    for page in 0..pages {
        let mut damaged = file.clone();
        damaged[page * support::PAGE + 16 + dice.below(support::PAGE - 16)] ^= 1 << dice.below(8);
        support::lay_out(&path, &damaged, &[]);
        let Ok(store) = Keystore::open_read_only(&path, &raw(), options()) else {
            errors += 1;
            continue;
        };
        for (query, truth) in queries.iter().zip(&truth) {
            match store.search(query) {
                Ok(found) => assert_eq!(found, *truth, "page {page}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Damaged, "page {page}: {error}");
                    errors += 1;
                }
            }
        }
    }
    // No search looks into the tables of authority and rings.
    assert!(errors > pages / 2, "{errors} errors with {pages} pages");
}

/// Runs in a thread of its own, since what is tested for is that it ends.
fn ends<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(std::time::Duration::from_secs(20)).expect("it ends")
}

/// Somebody with a SQL tool and the page key takes from the record of changes: what is searched is what is there.
#[test]
fn changes_that_are_forgotten() {
    for edit in ["DELETE FROM key_change", "DELETE FROM key_change WHERE n = 4", "UPDATE key_change SET n = -n"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = Keystore::create(&path, &raw(), options()).unwrap();
        let ids = ["a", "b", "c", "d"].map(|name| hs256(&store, name).id());
        let other = Keystore::open(&path, &raw(), options()).unwrap();
        store.rename(ids[0], name("f")).unwrap();
        store.rename(ids[0], name("g")).unwrap();
        assert_eq!(found(&other, ""), ["b", "c", "d", "g"]);
        store.rename(ids[1], name("e")).unwrap();
        store.rename(ids[2], name("a")).unwrap();
        store.rename(ids[3], name("c")).unwrap();
        attacker(&path, &support::RAW).execute(edit, []).unwrap();
        for handle in [other, store] {
            assert_eq!(ends(move || found(&handle, "")), ["a", "c", "e", "g"], "{edit}");
        }
    }
}

/// What disagrees with the file is not used again.
#[test]
fn a_key_that_went_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    for text in ["a", "b", "c"] {
        hs256(&store, text);
    }
    assert_eq!(found(&store, ""), ["a", "b", "c"]);
    let sql = attacker(&path, &support::RAW);
    sql.execute_batch("DROP TRIGGER key_deleted; DELETE FROM key WHERE name = 'b'").unwrap();
    drop(sql);
    assert_eq!(store.search(&Query::new()).unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(found(&store, ""), ["a", "c"]);
}

/// Changes that are taken in by halves leave no index that passes for that of a moment.
#[test]
fn changes_that_cannot_all_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    for text in ["a", "b", "c"] {
        hs256(&store, text);
    }
    assert_eq!(found(&store, ""), ["a", "b", "c"]);
    let sql = attacker(&path, &support::RAW);
    sql.execute_batch(
        "UPDATE key SET name = 'z' WHERE name = 'b'; UPDATE key SET name = 'c' || char(0) WHERE name = 'c'",
    )
    .unwrap();
    assert_eq!(store.search(&Query::new()).unwrap_err().kind(), ErrorKind::Damaged);
    // All is as it was, the count of changes too.
    sql.execute_batch(
        "UPDATE key SET name = 'b' WHERE name = 'z'; UPDATE key SET name = 'c' WHERE substr(name, 1, 1) = 'c'; DELETE FROM key_change",
    )
    .unwrap();
    drop(sql);
    assert_eq!(found(&store, ""), ["a", "b", "c"]);
}

/// The index counts on the length that names have: a longer one is damage before it gets there.
#[test]
fn a_name_longer_than_any() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Keystore::create(&path, &raw(), options()).unwrap();
    hs256(&store, "x");
    let sql = attacker(&path, &support::RAW);
    let total = |characters: u32| {
        let name = "é".repeat(characters as usize);
        sql.execute("UPDATE key SET name = ?1", [name]).unwrap();
        store.search(&Query::new().limit(0)).map(|page| page.total).map_err(|error| error.kind())
    };
    assert_eq!([4096, 4097].map(total), [Ok(1), Err(ErrorKind::Damaged)]);
}

/// Without its index and its triggers a store cannot be searched in good time, or gives out what was before.
#[test]
fn a_store_that_lacks_what_searches_need_is_told() {
    let edits = [
        "DROP INDEX key_search",
        "DROP TABLE key_change",
        "DROP TRIGGER key_changed; CREATE TRIGGER key_changed AFTER UPDATE ON key BEGIN DELETE FROM key_change; END",
        "DROP TRIGGER key_deleted",
        "CREATE TRIGGER third AFTER INSERT ON key BEGIN DELETE FROM key_change; END",
    ];
    let problems = edits.map(|edit| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = Keystore::create(&path, &raw(), options()).unwrap();
        hs256(&store, "a");
        attacker(&path, &support::RAW).execute_batch(edit).unwrap();
        store.verify_integrity().unwrap().problems().join(", ")
    });
    assert_snapshot!(problems.join("\n"), @r"
    the index key_search is missing
    the table key_change is missing
    the trigger key_changed is another than it should be
    the trigger key_deleted is missing
    the trigger third belongs to no store
    ");
}

//! A second search, slow and plain: keys in a `Vec`, filtered and sorted by what each says of itself. It shares no code
//! with the store's. Names and patterns are made of pieces, whose folded forms Python gave.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicI64};

use jiff::Timestamp;
use keystead::{Clock, Direction, Key, KeyName, NamePattern, OrderBy, OrderField};

/// A clock that is set.
#[derive(Debug, Default)]
pub(crate) struct Set(AtomicI64);

impl Set {
    pub(crate) fn new(millis: i64) -> Arc<Self> {
        Arc::new(Self(millis.into()))
    }

    pub(crate) fn to(&self, millis: i64) {
        self.0.store(millis, atomic::Ordering::SeqCst);
    }
}

impl Clock for Set {
    /// With parts finer than the store keeps.
    fn now(&self) -> Timestamp {
        instant(self.0.load(atomic::Ordering::SeqCst), 1_234)
    }
}

pub(crate) fn instant(millis: i64, nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(millis) * 1_000_000 + i128::from(nanos)).unwrap()
}

/// A text of pieces, given by their places in [`PIECES`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Vec<u8>);

impl Text {
    pub(crate) fn written(&self) -> String {
        self.0.iter().map(|&piece| PIECES[usize::from(piece)].0).collect()
    }

    pub(crate) fn folded(&self) -> String {
        self.0.iter().map(|&piece| PIECES[usize::from(piece)].1).collect()
    }

    /// The text of these pieces, each found as it is written.
    pub(crate) fn of(pieces: &[&str]) -> Self {
        Self(pieces.iter().map(|piece| PIECES.iter().position(|(known, _)| known == piece).unwrap() as u8).collect())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.written(), f)
    }
}

/// A key as the store gave it, and its name folded.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) folded: String,
}

/// A pattern in pieces: `None` is a wildcard.
#[derive(Clone, Debug)]
pub(crate) struct Glob(pub(crate) Vec<Option<u8>>);

impl Glob {
    /// As it is handed to the store: a star of its own is doubled.
    pub(crate) fn written(&self) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            None => "*",
            Some(piece) if PIECES[usize::from(*piece)].0 == "*" => "**",
            Some(piece) => PIECES[usize::from(*piece)].0,
        });
        pieces.collect()
    }

    /// As it is read: characters and wildcards. Of a run of stars each pair is one star, from the left.
    fn read(&self) -> Vec<Option<char>> {
        let is_blank = |piece: &Option<u8>| piece.is_some_and(|piece| PIECES[usize::from(piece)].0.trim().is_empty());
        let pieces = self.0.iter().skip_while(|piece| is_blank(piece)).copied().collect::<Vec<_>>();
        let end = pieces.iter().rposition(|piece| !is_blank(piece)).map_or(0, |last| last + 1);
        let (mut read, mut stars) = (Vec::new(), 0);
        for piece in pieces[..end].iter().copied().chain([Some(u8::MAX)]) {
            match piece.map(|piece| PIECES.get(usize::from(piece))) {
                None => stars += 1,
                Some(Some(("*", _))) => stars += 2,
                Some(piece) => {
                    read.extend(std::iter::repeat_n(Some('*'), stars / 2));
                    read.extend((stars % 2 == 1).then_some(None));
                    stars = 0;
                    read.extend(piece.iter().flat_map(|(_, folded)| folded.chars().map(Some)));
                }
            }
        }
        read
    }
}

/// What a name is asked to be.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    Glob(Glob),
    Exactly(Text),
}

impl Wanted {
    pub(crate) fn pattern(&self) -> NamePattern {
        match self {
            Self::Glob(glob) => NamePattern::parse(&glob.written()).unwrap(),
            Self::Exactly(name) => NamePattern::exact(&KeyName::new(name.written()).unwrap()),
        }
    }

    pub(crate) fn fits(&self, entry: &Entry) -> bool {
        match self {
            Self::Exactly(name) => name.folded() == entry.folded,
            Self::Glob(glob) => {
                let mut read = glob.read();
                if read.iter().all(Option::is_some) {
                    read.insert(0, None);
                    read.push(None);
                }
                fits(&read, &entry.folded)
            }
        }
    }
}

/// Whether a text fits, by the table of all beginnings of the pattern against all beginnings of the text.
fn fits(pattern: &[Option<char>], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut row = vec![false; text.len() + 1];
    row[0] = true;
    for term in pattern {
        match term {
            None => {
                for at in 1..row.len() {
                    row[at] |= row[at - 1];
                }
            }
            Some(c) => {
                for at in (1..row.len()).rev() {
                    row[at] = row[at - 1] && text[at - 1] == *c;
                }
                row[0] = false;
            }
        }
    }
    row[text.len()]
}

/// An order in plain words.
pub(crate) type Terms = Vec<(OrderField, Direction)>;

pub(crate) fn order_by(terms: &[(OrderField, Direction)]) -> OrderBy {
    let one = |(field, direction)| match direction {
        Direction::Ascending => OrderBy::ascending(field),
        Direction::Descending => OrderBy::descending(field),
    };
    terms[1..].iter().fold(one(terms[0]), |order, &(field, direction)| order.then(field, direction))
}

/// Which of two keys comes first. `Option` has `None` below all: nulls are smallest.
pub(crate) fn compare(a: &Entry, b: &Entry, terms: &[(OrderField, Direction)]) -> Ordering {
    for (field, direction) in terms {
        let (a, b) = match direction {
            Direction::Ascending => (a, b),
            Direction::Descending => (b, a),
        };
        let by_field = match field {
            OrderField::Algorithm => algorithm(&a.key).cmp(&algorithm(&b.key)),
            OrderField::Expiration => a.key.expires_at().cmp(&b.key.expires_at()),
            OrderField::Id => a.key.id().to_string().cmp(&b.key.id().to_string()),
            OrderField::InsertInstant => a.key.inserted_at().cmp(&b.key.inserted_at()),
            OrderField::Name => a.folded.chars().cmp(b.folded.chars()),
            OrderField::Type => a.key.key_type().name().cmp(b.key.key_type().name()),
            other => panic!("{other:?}"),
        };
        // One id is one key: what the order says behind it decides nothing, also where the key has changed meanwhile.
        if by_field.is_ne() || *field == OrderField::Id {
            return by_field;
        }
    }
    a.key.id().to_string().cmp(&b.key.id().to_string())
}

fn algorithm(key: &Key) -> Option<String> {
    key.algorithm().map(|algorithm| algorithm.name().to_owned())
}

/// Texts and their folded forms, as `folded_names.py` prints them with Python 3.11 (Unicode 14).
#[rustfmt::skip]
pub(crate) const PIECES: &[(&str, &str)] = &[
    ("a", "a"),
    ("A", "a"),
    ("b", "b"),
    ("B", "b"),
    ("s", "s"),
    ("S", "s"),
    ("ss", "ss"),
    ("SS", "ss"),
    ("\u{df}", "ss"),
    ("\u{1e9e}", "ss"),
    ("\u{17f}", "s"),
    ("t", "t"),
    ("x", "x"),
    ("\u{e9}", "\u{e9}"),
    ("\u{65}\u{301}", "\u{e9}"),
    ("\u{c9}", "\u{e9}"),
    ("\u{45}\u{301}", "\u{e9}"),
    ("e", "e"),
    ("\u{71}\u{323}\u{307}", "\u{71}\u{323}\u{307}"),
    ("\u{51}\u{307}\u{323}", "\u{71}\u{323}\u{307}"),
    ("\u{1e69}", "\u{1e69}"),
    ("\u{73}\u{307}\u{323}", "\u{1e69}"),
    ("\u{53}\u{323}\u{307}", "\u{1e69}"),
    ("\u{e5}", "\u{e5}"),
    ("\u{c5}", "\u{e5}"),
    ("\u{212b}", "\u{e5}"),
    ("\u{41}\u{30a}", "\u{e5}"),
    ("\u{1f0}", "\u{1f0}"),
    ("\u{4a}\u{30c}", "\u{1f0}"),
    ("\u{958}", "\u{915}\u{93c}"),
    ("\u{915}\u{93c}", "\u{915}\u{93c}"),
    ("i", "i"),
    ("I", "i"),
    ("\u{130}", "\u{69}\u{307}"),
    ("\u{69}\u{307}", "\u{69}\u{307}"),
    ("\u{131}", "\u{131}"),
    ("\u{3a3}", "\u{3c3}"),
    ("\u{3c3}", "\u{3c3}"),
    ("\u{3c2}", "\u{3c3}"),
    ("\u{1fb3}", "\u{3b1}\u{3b9}"),
    ("\u{1fbc}", "\u{3b1}\u{3b9}"),
    ("\u{3b1}\u{3b9}", "\u{3b1}\u{3b9}"),
    ("\u{391}\u{399}", "\u{3b1}\u{3b9}"),
    ("\u{1f7d}", "\u{3ce}"),
    ("\u{3ce}", "\u{3ce}"),
    ("\u{2126}", "\u{3c9}"),
    ("\u{3c9}", "\u{3c9}"),
    ("\u{390}", "\u{390}"),
    ("\u{1fd3}", "\u{390}"),
    ("\u{fb01}", "fi"),
    ("fi", "fi"),
    ("FI", "fi"),
    ("\u{fb03}", "ffi"),
    ("\u{fb06}", "st"),
    ("\u{149}", "\u{2bc}\u{6e}"),
    ("\u{2bc}\u{4e}", "\u{2bc}\u{6e}"),
    ("\u{587}", "\u{565}\u{582}"),
    ("\u{565}\u{582}", "\u{565}\u{582}"),
    ("\u{d55c}", "\u{d55c}"),
    ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
    ("\u{d558}", "\u{d558}"),
    ("\u{1112}\u{1161}", "\u{d558}"),
    ("\u{212a}", "k"),
    ("k", "k"),
    ("\u{24b6}", "\u{24d0}"),
    ("\u{24d0}", "\u{24d0}"),
    ("\u{ff21}", "\u{ff41}"),
    ("\u{ff41}", "\u{ff41}"),
    ("\u{13a0}", "\u{13a0}"),
    ("\u{ab70}", "\u{13a0}"),
    ("\u{10400}", "\u{10428}"),
    ("\u{10428}", "\u{10428}"),
    ("\u{1d49c}", "\u{1d49c}"),
    ("\u{ff81}", "\u{ff81}"),
    ("*", "*"),
    ("%", "%"),
    ("_", "_"),
    ("[", "["),
    ("]", "]"),
    ("?", "?"),
    ("\u{5c}", "\u{5c}"),
    ("'", "'"),
    ("\u{22}", "\u{22}"),
    (".", "."),
    ("^", "^"),
    ("$", "$"),
    ("(", "("),
    ("-", "-"),
    ("0", "0"),
    ("1", "1"),
    ("{", "{"),
    ("~", "~"),
    (",", ","),
    ("+", "+"),
    ("/", "/"),
    (" ", " "),
    ("\u{9}", "\u{9}"),
    ("\u{a0}", "\u{a0}"),
    ("\u{2000}", "\u{2002}"),
    ("\u{2002}", "\u{2002}"),
    ("\u{3000}", "\u{3000}"),
    ("\u{200b}", "\u{200b}"),
    ("\u{1}", "\u{1}"),
    ("\u{7f}", "\u{7f}"),
    ("\u{e000}", "\u{e000}"),
    ("\u{fffd}", "\u{fffd}"),
    ("\u{ffff}", "\u{ffff}"),
    ("\u{1f511}", "\u{1f511}"),
    ("\u{10ffff}", "\u{10ffff}"),
];

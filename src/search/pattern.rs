//! The pattern that a name is searched with.

mod block;
mod matcher;
mod steps;

use std::fmt;
use std::str::FromStr;

use memchr::memmem;

use super::fold::fold;
use crate::model::{Invalid, KeyName, Problem};

pub(super) use self::matcher::{END, Matcher, Stretch};

/// The longest pattern: a name of 4096 stars, each of them doubled.
const MOST_CHARACTERS: usize = 8192;

/// What a key's name is searched with.
///
/// Upper and lower case are the same, and so are the ways in which Unicode writes one character: both sides are compared
/// after full case folding and normalisation to NFC (the Unicode standard, section 3.13, D145). No locale has a say:
/// - `ß` and `ẞ` are `ss`, ligatures such as `ﬁ` are their letters (`œ` and `æ` are letters of their own), and a final `ς`
///   is a `σ`.
/// - `I` is an `i`. `İ` is an `i` and a dot above (U+0307) behind it: `istanbul` does not find `İstanbul`, but `İSTANBUL` and
///   `*stanbul` do. `ı` is itself only.
/// - A letter with a mark is the same composed and decomposed, and is not the letter: `e` does not find `é`. Where
///   Unicode has no composed form the two stay apart, so `q` finds `q̇`.
/// - Forms of compatibility, such as `①` or a wide `Ａ`, are not what they resemble (that would be NFKC).
///
/// In a [parsed](Self::parse) pattern `*` stands for any run of characters, the empty one included, and `**` for a star.
/// Without a wildcard the name contains the pattern; with one it has to match as a whole. No other character is special.
///
/// ```
/// use keystead::NamePattern;
///
/// assert!(NamePattern::parse("STRASSE")?.matches("Lange Straße 7"));
/// assert!(NamePattern::parse("token*2026")?.matches("Token signing, 2026"));
/// assert!(!NamePattern::parse("signing*")?.matches("token signing"));
/// assert!(NamePattern::parse("100% **")?.matches("100% *pure*"));
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NamePattern {
    /// What must come in this order, folded; none is empty.
    parts: Box<[Box<str>]>,
    /// The first part begins the name.
    from_start: bool,
    /// The last part ends the name.
    to_end: bool,
    /// No name of fewer bytes fits.
    shortest: usize,
}

impl NamePattern {
    /// Reads a pattern; white space around it is cut off. A blank one fits every name.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for more than 8192 characters.
    pub fn parse(text: &str) -> Result<Self, crate::Error> {
        Ok(Self::read(text)?)
    }

    pub(crate) fn read(text: &str) -> Result<Self, Invalid> {
        let too_long = |got: String| {
            let message = format!("name is a pattern of {got}, at most {MOST_CHARACTERS} characters");
            Err(Invalid::new("name", Problem::InvalidLength, message))
        };
        let text = text.trim();
        // A character has at most 4 bytes: a text of gigabytes need not be counted to its end.
        if text.len() > MOST_CHARACTERS * 4 {
            return too_long(format!("{} bytes", text.len()));
        }
        let count = text.chars().count();
        if count > MOST_CHARACTERS {
            return too_long(format!("{count} characters"));
        }
        let mut parts = vec![String::new()];
        let mut rest = text;
        while let Some((literal, behind)) = rest.split_once('*') {
            let part = parts.last_mut();
            match behind.strip_prefix('*') {
                Some(behind) => {
                    part.into_iter().for_each(|part| part.extend([literal, "*"]));
                    rest = behind;
                }
                None => {
                    part.into_iter().for_each(|part| part.push_str(literal));
                    parts.push(String::new());
                    rest = behind;
                }
            }
        }
        parts.last_mut().into_iter().for_each(|part| part.push_str(rest));
        let wild = parts.len() > 1;
        let from_start = wild && parts.first().is_some_and(|part| !part.is_empty());
        let to_end = wild && parts.last().is_some_and(|part| !part.is_empty());
        let parts = parts.iter().filter(|part| !part.is_empty()).map(|part| fold(part).into());
        Ok(Self::new(parts.collect(), from_start, to_end))
    }

    /// The one name, its case and form aside.
    #[must_use]
    pub fn exact(name: &KeyName) -> Self {
        Self::new([fold(name.as_str()).into()].into(), true, true)
    }

    fn new(parts: Box<[Box<str>]>, from_start: bool, to_end: bool) -> Self {
        let shortest = parts.iter().map(|part| part.len()).sum();
        Self { parts, from_start, to_end, shortest }
    }

    /// Whether a name fits.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.fits(fold(name).as_bytes())
    }

    /// Whether a folded name fits. Each part is taken where it first comes, so that nothing is looked at twice.
    pub(crate) fn fits(&self, name: &[u8]) -> bool {
        // To look for a long part takes time in proportion to it, however short the name.
        if name.len() < self.shortest {
            return false;
        }
        let mut parts = &*self.parts;
        let mut rest = name;
        if self.from_start
            && let Some((first, others)) = parts.split_first()
        {
            let Some(behind) = rest.strip_prefix(first.as_bytes()) else { return false };
            if others.is_empty() && self.to_end {
                return behind.is_empty();
            }
            (rest, parts) = (behind, others);
        }
        if self.to_end
            && let Some((last, others)) = parts.split_last()
        {
            let Some(before) = rest.strip_suffix(last.as_bytes()) else { return false };
            (rest, parts) = (before, others);
        }
        parts.iter().all(|part| {
            memmem::find(rest, part.as_bytes()).and_then(|at| rest.get(at + part.len()..)).is_some_and(|behind| {
                rest = behind;
                true
            })
        })
    }
}

impl FromStr for NamePattern {
    type Err = crate::Error;

    /// As [`parse`](Self::parse).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamePattern")
            .field("parts", &self.parts)
            .field("from_start", &self.from_start)
            .field("to_end", &self.to_end)
            .finish()
    }
}

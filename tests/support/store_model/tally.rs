//! How often each verb came, and what came of it: to see what is never reached.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use keystead::ErrorKind;

use super::verb::Verb;

static TALLY: Mutex<BTreeMap<(Verb, String), u64>> = Mutex::new(BTreeMap::new());

pub(crate) fn tally(verb: Verb, kind: Option<ErrorKind>) {
    tally_words(verb, &kind.map_or_else(|| "ok".to_owned(), |kind| format!("{kind:?}")));
}

pub(crate) fn tally_words(verb: Verb, what: &str) {
    let mut tally = TALLY.lock().unwrap_or_else(PoisonError::into_inner);
    match tally.get_mut(&(verb, what.to_owned())) {
        Some(count) => *count += 1,
        None => drop(tally.insert((verb, what.to_owned()), 1)),
    }
}

/// A line for each verb.
pub(crate) fn tally_in_words() -> String {
    let tally = TALLY.lock().unwrap_or_else(PoisonError::into_inner);
    let mut lines: BTreeMap<Verb, String> = BTreeMap::new();
    let mut total = 0;
    for ((verb, what), count) in &*tally {
        total += count;
        lines.entry(*verb).or_default().push_str(&format!(" {what} {count}"));
    }
    let lines: String = lines.iter().map(|(verb, line)| format!("{verb:?}:{line}\n")).collect();
    format!("{lines}in all {total}\n")
}

//! Functions of Rego whose results `regorus` does not bound, and the time.

mod format;

use jiff::Timestamp;
use regorus::Value;

use super::budget::Budget;

/// Names and numbers of arguments.
pub(super) const NAMES: [(&str, usize); 9] = [
    ("concat", 2),
    ("indexof", 2),
    ("numbers.range", 2),
    ("replace", 3),
    ("sprintf", 2),
    ("time.now_ns", 0),
    ("trim", 2),
    ("trim_left", 2),
    ("trim_right", 2),
];

/// The longest text that is made at once.
const MOST_TEXT: usize = 64 * 1024;
/// The most numbers that are made at once.
const MOST_NUMBERS: u64 = 10_000;

/// A call of a function.
pub(super) struct Call<'a> {
    pub(super) identifier: &'a Value,
    /// The arguments, in an array.
    pub(super) argument: &'a Value,
    pub(super) now: Timestamp,
}

/// Calls a function. None is called with an argument that is undefined.
pub(super) fn call(call: &Call<'_>, budget: &mut Budget) -> Result<Value, String> {
    let (Value::String(name), Value::Array(arguments)) = (call.identifier, call.argument) else {
        return Err("it waits for an answer that nobody can give".into());
    };
    budget.look(call.argument)?;
    let made = match (&**name, arguments.as_slice()) {
        ("time.now_ns", []) => call.now.as_nanosecond().into(),
        ("concat", [Value::String(between), parts]) => concat(between, parts)?,
        ("indexof", [Value::String(text), Value::String(part)]) => index_of(text, part),
        ("replace", [Value::String(text), Value::String(old), Value::String(new)]) => replace(text, old, new)?,
        ("sprintf", [Value::String(format), Value::Array(values)]) => {
            format::sprintf(format, values.as_slice(), MOST_TEXT)?.into()
        }
        ("numbers.range", [from, to]) => range(from, to)?,
        ("trim", [Value::String(text), Value::String(letters)]) => trim(text, letters, true, true, budget)?,
        ("trim_left", [Value::String(text), Value::String(letters)]) => trim(text, letters, true, false, budget)?,
        ("trim_right", [Value::String(text), Value::String(letters)]) => trim(text, letters, false, true, budget)?,
        (name, arguments) if NAMES.iter().any(|(known, _)| *known == name) => {
            let kinds: Vec<_> = arguments.iter().map(super::dry_run::kind).collect();
            return Err(format!("{name} does not take {}", kinds.join(" and ")));
        }
        _ => return Err("it waits for an answer that nobody can give".into()),
    };
    Ok(made)
}

fn check_length(name: &str, len: usize) -> Result<(), String> {
    if len > MOST_TEXT {
        return Err(format!("{name} would make a text of {len} bytes, at most {MOST_TEXT}"));
    }
    Ok(())
}

fn concat(between: &str, parts: &Value) -> Result<Value, String> {
    let parts: Option<Vec<&str>> = match parts {
        Value::Array(parts) => parts.iter().map(text_of).collect(),
        Value::Set(parts) => parts.iter_sorted().map(text_of).collect(),
        _ => None,
    };
    let parts = parts.ok_or("concat takes an array or a set of strings alone")?;
    let gaps = between.len().saturating_mul(parts.len().saturating_sub(1));
    check_length("concat", parts.iter().map(|part| part.len()).fold(gaps, usize::saturating_add))?;
    Ok(parts.join(between).into())
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Where a part begins, in characters.
fn index_of(text: &str, part: &str) -> Value {
    match text.find(part).and_then(|at| text.get(..at)) {
        Some(before) => before.chars().count().into(),
        None => (-1_i64).into(),
    }
}

fn replace(text: &str, old: &str, new: &str) -> Result<Value, String> {
    let found = text.matches(old).count();
    check_length("replace", text.len().saturating_add(found.saturating_mul(new.len())))?;
    Ok(text.replace(old, new).into())
}

/// Whole numbers, up or down.
fn range(from: &Value, to: &Value) -> Result<Value, String> {
    let (Ok(from), Ok(to)) = (from.as_i64(), to.as_i64()) else {
        return Err("numbers.range takes whole numbers of at most 63 bits alone".into());
    };
    let distance = from.abs_diff(to);
    if distance >= MOST_NUMBERS {
        return Err(format!("numbers.range would make {} numbers, at most {MOST_NUMBERS}", distance.saturating_add(1)));
    }
    let numbers: Vec<Value> =
        if from <= to { (from..=to).map(Value::from).collect() } else { (to..=from).rev().map(Value::from).collect() };
    Ok(numbers.into())
}

fn trim(text: &str, letters: &str, left: bool, right: bool, budget: &mut Budget) -> Result<Value, String> {
    // Each letter of the text may be looked for among all the others.
    budget.work(text.len().saturating_mul(letters.len()) / 8)?;
    let within = |c: char| letters.contains(c);
    let trimmed = if left { text.trim_start_matches(within) } else { text };
    let trimmed = if right { trimmed.trim_end_matches(within) } else { trimmed };
    Ok(trimmed.into())
}

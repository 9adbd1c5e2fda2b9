//! `sprintf`, as much of it as a line in a log needs.

use std::fmt::{self, Write};

use regorus::Value;

/// Fills `%s`, `%v`, `%d`, `%f` (with a precision of one digit at most) and `%%`.
pub(super) fn sprintf(format: &str, values: &[Value], most: usize) -> Result<String, String> {
    let mut made = String::new();
    let mut values = values.iter();
    let mut rest = format;
    while let Some((plain, verb)) = rest.split_once('%') {
        made.push_str(plain);
        let (precision, verb) = match verb.strip_prefix('.').map(|verb| (verb.chars().next(), verb)) {
            Some((Some(digit @ '0'..='9'), verb)) => (digit.to_digit(10), verb.get(1..).unwrap_or_default()),
            _ => (None, verb),
        };
        let mut letters = verb.chars();
        let letter = letters.next();
        rest = letters.as_str();
        if letter == Some('%') {
            made.push('%');
            continue;
        }
        let Some(value) = values.next() else {
            return Err(format!("sprintf has more verbs than the {} values given", count(format)));
        };
        write(&mut made, letter, precision, value)?;
        check(made.len(), most)?;
    }
    made.push_str(rest);
    check(made.len(), most)?;
    Ok(made)
}

fn write(made: &mut String, letter: Option<char>, precision: Option<u32>, value: &Value) -> Result<(), String> {
    let wrong = |letter: char| {
        let got = super::super::dry_run::kind(value);
        Err(format!("sprintf has %{letter} for a value that is {got}"))
    };
    let written = match (letter, value) {
        (Some('s' | 'v'), Value::String(text)) => {
            made.push_str(text);
            Ok(())
        }
        (Some('s' | 'v'), other) => show(made, other),
        (Some('d'), Value::Number(_)) => match (value.as_i128(), value.as_u64()) {
            (Ok(number), _) => write!(made, "{number}"),
            _ => return wrong('d'),
        },
        (Some('f'), Value::Number(_)) => match value.as_f64() {
            Ok(number) => write!(made, "{number:.*}", precision.unwrap_or(6) as usize),
            Err(_) => return wrong('f'),
        },
        (Some(letter @ ('d' | 'f')), _) => return wrong(letter),
        (letter, _) => {
            let letter: String = letter.into_iter().flat_map(char::escape_debug).collect();
            return Err(format!("sprintf has %{letter}, offered are %s, %v, %d, %f and %%"));
        }
    };
    written.map_err(|_| "sprintf failed".to_owned())
}

/// A value as Rego writes it.
fn show(made: &mut String, value: &Value) -> fmt::Result {
    match value {
        Value::String(_) => write!(made, "{value}"),
        Value::Array(elements) => list(made, ["[", "]"], elements.iter(), show),
        Value::Set(elements) if elements.is_empty() => made.write_str("set()"),
        Value::Set(elements) => list(made, ["{", "}"], elements.iter_sorted(), show),
        Value::Object(members) => list(made, ["{", "}"], members.iter_sorted(), |made, (name, member)| {
            show(made, name)?;
            made.write_str(": ")?;
            show(made, member)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Undefined => write!(made, "{value}"),
    }
}

fn list<T>(
    made: &mut String,
    [open, close]: [&str; 2],
    elements: impl Iterator<Item = T>,
    show: impl Fn(&mut String, T) -> fmt::Result,
) -> fmt::Result {
    made.write_str(open)?;
    for (at, element) in elements.enumerate() {
        made.write_str(if at == 0 { "" } else { ", " })?;
        show(made, element)?;
    }
    made.write_str(close)
}

fn count(format: &str) -> usize {
    format.replace("%%", "").matches('%').count().saturating_sub(1)
}

fn check(len: usize, most: usize) -> Result<(), String> {
    if len > most {
        return Err(format!("sprintf would make a text of {len} bytes, at most {most}"));
    }
    Ok(())
}

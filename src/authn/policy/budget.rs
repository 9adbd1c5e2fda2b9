//! What the evaluation of a policy may cost.

use regorus::Value;

/// Nodes looked at, and instructions. A million take some tens of milliseconds.
const MOST_WORK: usize = 1_000_000;
/// Bytes made, whether they are kept or not.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// What a value takes beside its text, roughly: its place in a tree and its counters.
const NODE: usize = 64;
/// Texts are compared and copied this many bytes at a time.
const STRIDE: usize = 32;
/// Values within each other. Half of what comes in may be as deep, see the reader of tokens.
const MOST_DEPTH: usize = 64;

/// What is left of the work and of the memory that one evaluation may take.
#[derive(Debug)]
pub(super) struct Budget {
    work: usize,
    bytes: usize,
}

/// How large a value is when nothing in it is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) nodes: usize,
    pub(super) text: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { work: MOST_WORK, bytes: MOST_BYTES }
    }

    pub(super) fn work(&mut self, steps: usize) -> Result<(), String> {
        self.work = self.work.checked_sub(steps).ok_or_else(|| format!("it takes more than {MOST_WORK} steps"))?;
        Ok(())
    }

    pub(super) fn make(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.ok_or_else(|| format!("it makes more than {MOST_BYTES} bytes"))?;
        Ok(())
    }

    /// Pays for a look at the whole of a value.
    pub(super) fn look(&mut self, value: &Value) -> Result<Size, String> {
        let mut size = Size::default();
        self.visit(value, 0, &mut size)?;
        self.work(size.text / STRIDE)?;
        Ok(size)
    }

    /// Pays for something new as large as this value.
    pub(super) fn copy(&mut self, value: &Value) -> Result<(), String> {
        let size = self.look(value)?;
        self.make(size.bytes())
    }

    fn visit(&mut self, value: &Value, depth: usize, size: &mut Size) -> Result<(), String> {
        if depth > MOST_DEPTH {
            return Err(format!("it makes a value that is nested more than {MOST_DEPTH} levels deep"));
        }
        // Paid one by one: a small value that holds itself sixty times over would be counted for ever.
        self.work(1)?;
        size.nodes = size.nodes.saturating_add(1);
        match value {
            Value::String(text) => size.text = size.text.saturating_add(text.len()),
            Value::Array(elements) => {
                for element in elements.iter() {
                    self.visit(element, depth + 1, size)?;
                }
            }
            Value::Set(elements) => {
                for element in elements.iter() {
                    self.visit(element, depth + 1, size)?;
                }
            }
            Value::Object(members) => {
                for (key, member) in members.iter() {
                    self.visit(key, depth + 1, size)?;
                    self.visit(member, depth + 1, size)?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Undefined => {}
        }
        Ok(())
    }
}

impl Size {
    pub(super) fn bytes(self) -> usize {
        self.nodes.saturating_mul(NODE).saturating_add(self.text)
    }
}

/// Refuses numbers that grow: of a fraction the machine keeps 64 bits, of an integer as many as it has.
pub(super) fn check_number(value: &Value) -> Result<(), String> {
    const MOST: f64 = 1.7e38;
    match value {
        Value::Number(_) if !value.as_f64().is_ok_and(|number| number.abs() < MOST) => {
            Err("it computes with a number of more than 127 bits".into())
        }
        _ => Ok(()),
    }
}

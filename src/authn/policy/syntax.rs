//! A look at the text of a policy before the compiler has it, which has no bound of its own on some of what it does: it
//! writes out numbers such as `1e999999999`, calls itself for each `+` of a row, compares every statement of a body with every
//! other, and computes the values of `default` rules on the spot, whatever they are.

/// The largest exponent of a number.
const MOST_EXPONENT: u32 = 308;
/// Operators and brackets in one expression, those within brackets not counted.
const MOST_OPERATORS: usize = 64;
/// Brackets within each other.
const MOST_DEPTH: usize = 64;
/// Statements of one body.
const MOST_STATEMENTS: usize = 256;

/// Refuses a text that would take the compiler too long or too deep. Others it refuses by itself.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut scanner = Scanner::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' => string(rest)?,
            '`' => rest.get(1..).and_then(|tail| tail.find('`')).map(|at| at + 2).ok_or("a raw string has no end")?,
            '0'..='9' => number(rest)?,
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, tail) = rest.split_at_checked(len).ok_or("its text cannot be taken apart")?;
        scanner.take(token)?;
        rest = tail;
    }
    Ok(())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The length of a text in quotes.
fn string(rest: &str) -> Result<usize, String> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Ok(at + 1),
            '\n' => break,
            _ => {}
        }
    }
    Err("a string has no end on its line".into())
}

/// The length of a number, of which the sign of an exponent is a part.
fn number(rest: &str) -> Result<usize, String> {
    let mantissa = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_'))).unwrap_or(rest.len());
    let (_, tail) = rest.split_at_checked(mantissa).unwrap_or((rest, ""));
    let Some(tail) = tail.strip_prefix(['e', 'E']) else { return Ok(mantissa) };
    let digits = tail.strip_prefix(['+', '-']).unwrap_or(tail);
    let sign = tail.len() - digits.len();
    let len = digits.find(|c: char| !(c.is_ascii_digit() || c == '_')).unwrap_or(digits.len());
    let exponent = digits.chars().take(len).filter_map(|c| c.to_digit(10));
    let exponent = exponent.fold(0_u32, |value, digit| value.saturating_mul(10).saturating_add(digit));
    if exponent > MOST_EXPONENT {
        return Err(format!("it has a number with an exponent of {exponent}, at most {MOST_EXPONENT}"));
    }
    Ok(mantissa + 1 + sign + len)
}

/// What is between two brackets, or outside of all.
#[derive(Default)]
struct Level {
    operators: usize,
    statements: usize,
}

struct Scanner {
    outside: Level,
    inside: Vec<Level>,
    /// The last token that is neither space nor comment.
    last: Token,
    /// Whether lines ended since.
    broken: bool,
    default: Reading,
}

/// How far a `default` rule was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    No,
    Head,
    Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Word,
    /// What joins what stands on both sides, or one of both.
    Operator,
    Open,
    Close,
    Separator,
}

impl Scanner {
    fn new() -> Self {
        Self {
            outside: Level::default(),
            inside: Vec::new(),
            last: Token::Separator,
            broken: false,
            default: Reading::No,
        }
    }

    fn level(&mut self) -> &mut Level {
        self.inside.last_mut().unwrap_or(&mut self.outside)
    }

    fn take(&mut self, text: &str) -> Result<(), String> {
        let token = match text.chars().next() {
            Some('\n') => {
                self.broken = true;
                return Ok(());
            }
            Some('#') => return Ok(()),
            Some(c) if c.is_whitespace() => return Ok(()),
            Some('(' | '[' | '{') => Token::Open,
            Some(')' | ']' | '}') => Token::Close,
            Some(',' | ';' | ':') => Token::Separator,
            Some('"' | '`') => Token::Word,
            Some(c) if is_word(c) && text != "in" => Token::Word,
            _ => Token::Operator,
        };
        if text.starts_with("__builtin") {
            return Err(format!("it names {}, which is not part of Rego", super::message::cut(text)));
        }
        if text == "else" && self.last != Token::Operator {
            return Err(
                "it has an else, whose cost cannot be told beforehand, allowed are several rules of one name".into()
            );
        }
        self.end_of_line(token)?;
        self.check_default(text)?;
        match token {
            Token::Operator => self.joined()?,
            Token::Open => {
                self.joined()?;
                if self.inside.len() == MOST_DEPTH {
                    return Err(format!("it has brackets more than {MOST_DEPTH} levels deep"));
                }
                self.inside.push(Level::default());
            }
            Token::Close => drop(self.inside.pop()),
            Token::Separator => {
                self.level().operators = 0;
                if text == ";" {
                    self.stated()?;
                }
            }
            Token::Word => {}
        }
        self.last = token;
        Ok(())
    }

    /// An expression goes on over the end of a line where there is an operator before it or behind.
    fn end_of_line(&mut self, next: Token) -> Result<(), String> {
        if !std::mem::take(&mut self.broken) {
            return Ok(());
        }
        let goes_on = matches!(self.last, Token::Operator | Token::Open | Token::Separator)
            || matches!(next, Token::Operator | Token::Open | Token::Close | Token::Separator);
        if !goes_on {
            self.level().operators = 0;
            self.stated()?;
            if self.inside.is_empty() {
                self.default = Reading::No;
            }
        }
        Ok(())
    }

    fn joined(&mut self) -> Result<(), String> {
        let level = self.level();
        level.operators += 1;
        if level.operators > MOST_OPERATORS {
            return Err(format!("it has an expression of more than {MOST_OPERATORS} operators and brackets in a row"));
        }
        Ok(())
    }

    fn stated(&mut self) -> Result<(), String> {
        let Some(level) = self.inside.last_mut() else { return Ok(()) };
        level.statements += 1;
        if level.statements > MOST_STATEMENTS {
            return Err(format!("it has a body of more than {MOST_STATEMENTS} statements"));
        }
        Ok(())
    }

    /// The value of a `default` rule must be there to be read.
    fn check_default(&mut self, text: &str) -> Result<(), String> {
        let first = text.chars().next().unwrap_or_default();
        match self.default {
            Reading::No if text == "default" && self.last != Token::Operator => self.default = Reading::Head,
            Reading::Head if text == "=" && self.inside.is_empty() => self.default = Reading::Value,
            Reading::Value => {
                let word = first.is_ascii_alphabetic() || first == '_';
                if (word && !matches!(text, "true" | "false" | "null")) || matches!(first, '(' | '|' | '.') {
                    return Err("a default rule has a value that has to be computed, allowed are constants".into());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

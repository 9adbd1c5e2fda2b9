//! From the text of a policy to instructions with halts.

use std::sync::Arc;
use std::thread;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::Program;
use regorus::{Engine, Rc};

use super::instrument::instrument;
use super::{ALLOW, LOGGING, Policy, functions, message};

/// Under which name the text is known to the compiler.
const FILE: &str = "policy";
/// The compiler calls itself for what is nested, and is not ours to change.
const STACK: usize = 16 * 1024 * 1024;
/// The largest exponent of a number in a policy: those beyond would be written out, digit by digit.
const MOST_EXPONENT: u32 = 308;

/// Compiles a policy, on a thread of its own: a stack of known size, whoever calls.
pub(super) fn compile(text: &str) -> Result<Policy, String> {
    check_numbers(text)?;
    let compiled = thread::scope(|scope| {
        let worker = thread::Builder::new().name("keystead-rego".into()).stack_size(STACK);
        match worker.spawn_scoped(scope, || compile_text(text)) {
            Ok(worker) => worker.join().unwrap_or_else(|_| Err("the compiler broke off".into())),
            Err(error) => Err(format!("no thread to compile it could be started: {error}")),
        }
    })?;
    Ok(compiled)
}

fn compile_text(text: &str) -> Result<Policy, String> {
    let mut engine = engine(text, false).or_else(|error| engine(text, true).map_err(|_| error))?;
    let package = package(&engine)?;
    let path = |rule: &str| format!("data.{package}.{rule}");
    let has = |engine: &Engine, rule: &str| engine.has_declared_rule_rooted_at(FILE, &path(rule)).unwrap_or(false);
    if !has(&engine, ALLOW) {
        return Err(format!("package {package} has no rule {ALLOW}"));
    }
    let logging = has(&engine, LOGGING).then(|| path(LOGGING));
    let allow = path(ALLOW);
    let located = |error: &dyn ToString| message::located(&error.to_string());
    let checked = engine.compile_with_entrypoint(&Rc::from(allow.as_str())).map_err(|error| located(&error))?;
    let entries: Vec<&str> = [Some(allow.as_str()), logging.as_deref()].into_iter().flatten().collect();
    let program = Compiler::compile_from_policy_with_host_await(&checked, &entries, &functions::NAMES)
        .map_err(|error| located(&error))?;
    let mut program: Program = Arc::unwrap_or_clone(program);
    instrument(&mut program)?;
    Ok(Policy { program: Arc::new(program), allow: allow.into(), logging: logging.map(Into::into) })
}

fn engine(text: &str, v0: bool) -> Result<Engine, String> {
    let mut engine = Engine::new();
    engine.set_rego_v0(v0);
    engine.add_policy(FILE.into(), text.into()).map_err(|error| message::located(&error.to_string()))?;
    Ok(engine)
}

/// The name of the package, dots between its parts.
fn package(engine: &Engine) -> Result<String, String> {
    let mut packages = engine.get_policy_package_components().map_err(|error| message::located(&error.to_string()))?;
    let components = packages.pop().map(|package| package.components).unwrap_or_default();
    let plain = |part: &String| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if components.is_empty() || !components.iter().all(plain) {
        let got = message::cut(&components.join("."));
        return Err(format!("its package is '{got}', allowed are letters, digits and underscores with dots between"));
    }
    Ok(components.join("."))
}

/// Refuses numbers such as `1e999999999`, wherever they stand.
fn check_numbers(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    let mut rest = bytes;
    let mut before = b' ';
    while let Some((first, tail)) = rest.split_first() {
        if first.is_ascii_digit() && !(before.is_ascii_alphanumeric() || before == b'_') {
            let end = rest.iter().position(|byte| !(byte.is_ascii_digit() || b"._".contains(byte)));
            let (_, behind) = rest.split_at(end.unwrap_or(rest.len()));
            check_exponent(behind)?;
        }
        before = *first;
        rest = tail;
    }
    Ok(())
}

fn check_exponent(behind: &[u8]) -> Result<(), String> {
    let [b'e' | b'E', exponent @ ..] = behind else { return Ok(()) };
    let exponent = match exponent {
        [b'+' | b'-', digits @ ..] => digits,
        digits => digits,
    };
    let digits = exponent.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_');
    let value = digits
        .filter(|byte| byte.is_ascii_digit())
        .fold(0_u32, |value, digit| value.saturating_mul(10).saturating_add(u32::from(digit - b'0')));
    if value > MOST_EXPONENT {
        return Err(format!("it has a number with an exponent of {value}, at most {MOST_EXPONENT}"));
    }
    Ok(())
}

//! From the text of a policy to instructions with halts.

use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::Program;
use regorus::{Engine, Rc, Value};

use super::instrument::instrument;
use super::own_stack::{LONGEST, on_own_stack};
use super::{ALLOW, LOGGING, Policy, functions, message, syntax};

/// Under which name the text is known to the compiler.
const FILE: &str = "policy";

/// Compiles a policy.
pub(super) fn compile(text: &str) -> Result<Policy, String> {
    syntax::check(text)?;
    let text = text.to_owned();
    on_own_stack(LONGEST, move || compile_text(&text))
}

fn compile_text(text: &str) -> Result<Policy, String> {
    let mut engine = engine(text, false).or_else(|error| engine(text, true).map_err(|_| error))?;
    let package = package(&engine)?;
    let path = |rule: &str| format!("data.{package}.{rule}");
    let has = |rule| engine.has_declared_rule_rooted_at(FILE, rule).unwrap_or(false);
    if !has(ALLOW) {
        return Err(format!("package {package} has no rule {ALLOW}"));
    }
    // The compiler would call ours.
    if let Some((name, _)) = functions::NAMES.iter().find(|(name, _)| has(name)) {
        return Err(format!("its rule {name} has the name of a function of Rego"));
    }
    let logging = has(LOGGING).then(|| path(LOGGING));
    let allow = path(ALLOW);
    let located = |error: &dyn ToString| message::located(&error.to_string());
    let checked = engine.compile_with_entrypoint(&Rc::from(allow.as_str())).map_err(|error| located(&error))?;
    let entries: Vec<&str> = [Some(allow.as_str()), logging.as_deref()].into_iter().flatten().collect();
    let program = Compiler::compile_from_policy_with_host_await(&checked, &entries, &functions::NAMES)
        .map_err(|error| located(&error))?;
    let mut program: Program = Arc::unwrap_or_clone(program);
    instrument(&mut program)?;
    Ok(Policy { program: Arc::new(program), engine, allow, logging })
}

fn engine(text: &str, v0: bool) -> Result<Engine, String> {
    let mut engine = Engine::new();
    engine.set_rego_v0(v0);
    // As in Open Policy Agent: what a function does not take makes its result undefined.
    engine.set_strict_builtin_errors(false);
    engine.set_gather_prints(true);
    let now = |_: Vec<Value>| Ok(super::time::now());
    engine.add_extension("time.now_ns".into(), 0, Box::new(now)).map_err(|error| error.to_string())?;
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

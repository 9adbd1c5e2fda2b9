//! Policies over the claims of a JWT, in Rego, by `regorus`.
//!
//! Rego ends always, but not always soon: forty rules that each double a text make a terabyte. And `regorus` has two machines:
//! one walks the tree of a policy, is right, and knows no bound; the other has instructions that can be stopped at, and is wrong
//! about some policies (it goes on behind `x := e` when `e` is undefined). So a policy is first run dry on the second: every
//! instruction that makes or compares something is preceded by a halt ([`instrument`]), at which the work to come is charged
//! against a [`Budget`]. What it answers is not used. Only when that ended within the budget does the first machine say what
//! is allowed. Policies whose dry run is known to leave out work are refused when they are compiled ([`shape`]); for those that
//! are not known, nobody waits for ever ([`own_stack`]).
//!
//! Functions whose result is not bounded by their arguments are our own in the dry run ([`functions`]), or not offered. Nothing asks
//! a clock of the machine, for chance, for the environment or for a network.

mod budget;
mod compile;
mod dry_run;
mod functions;
mod instrument;
mod message;
mod own_stack;
mod shape;
mod syntax;
mod time;

use std::sync::Arc;

use jiff::Timestamp;
use regorus::rvm::Program;
use regorus::{Engine, Value};
use serde_json::{Map, Value as Json};

use self::budget::Budget;
use super::jws::refused;
use super::outcome::{Reason, Refusal};
use crate::model::{Invalid, Problem};

#[cfg(test)]
pub(super) use self::own_stack::on_own_stack;

/// The most bytes of what a policy wants to have logged, as the vendor has it.
const MOST_LOGGED: usize = 128;

const ALLOW: &str = "allow";
const LOGGING: &str = "additional_logging";

/// A compiled policy.
pub(super) struct Policy {
    /// For the dry run.
    program: Arc<Program>,
    engine: Engine,
    /// The name of the rule that decides, with its package.
    allow: String,
    logging: Option<String>,
}

impl Policy {
    /// Compiles a policy: Rego v1, else v0. Its package may have any name, and must have a rule `allow`.
    pub(super) fn compile(text: &str) -> Result<Self, Invalid> {
        compile::compile(text).map_err(|why| {
            let message = format!("private_claims_policy cannot be used: {why}");
            Invalid::new("private_claims_policy", Problem::CouldNotParse, message)
        })
    }

    /// Whether the policy allows these claims; if so, what it wants to have logged.
    pub(super) fn decide(&self, claims: Map<String, Json>, now: Timestamp) -> Result<Option<String>, Refusal> {
        let mut input = Map::new();
        input.insert("jwt_body".into(), Json::Object(claims));
        let failed = |why: String| refused(Reason::PolicyFailed, format!("the policy came to no answer: {why}"));
        let (allow, logging) = self.evaluate(Json::Object(input), now).map_err(failed)?;
        let denied = |why: &str| Err(refused(Reason::PolicyDenied, format!("the policy does not allow it: {why}")));
        match allow {
            Value::Bool(true) => {}
            Value::Bool(false) => return denied("allow is false"),
            Value::Undefined => return denied("allow is undefined"),
            _ => return denied("allow is neither true nor false"),
        }
        match logging {
            Value::Undefined => Ok(None),
            Value::String(text) if text.len() <= MOST_LOGGED => Ok(Some((*text).into())),
            Value::String(text) => {
                Err(failed(format!("additional_logging has {} bytes, at most {MOST_LOGGED}", text.len())))
            }
            other => Err(failed(format!("additional_logging is {}, allowed is a string", dry_run::kind(&other)))),
        }
    }

    /// The rules `allow` and `additional_logging`, the latter when the former is true.
    fn evaluate(&self, input: Json, now: Timestamp) -> Result<(Value, Value), String> {
        let input = dry_run::value(input);
        let (program, mut engine) = (Arc::clone(&self.program), self.engine.clone());
        let (allow, logging) = (self.allow.clone(), self.logging.clone());
        own_stack::on_own_stack(own_stack::LONGEST, move || {
            time::set(now);
            let mut budget = Budget::new();
            engine.set_input(input.clone());
            let mut ask = |rule: String| {
                dry_run::run(&program, &rule, &input, now, &mut budget)?;
                engine.eval_rule(rule).map_err(|error| message::located(&error.to_string()))
            };
            let allowed = ask(allow)?;
            let logged = match (&allowed, logging) {
                (Value::Bool(true), Some(logging)) => ask(logging)?,
                _ => Value::Undefined,
            };
            Ok((allowed, logged))
        })
    }

    /// What its rule `allow` is, of whatever kind.
    #[cfg(test)]
    pub(super) fn allow_of(&self, input: Json, now: Timestamp) -> Result<Value, String> {
        self.evaluate(input, now).map(|(allow, _)| allow)
    }

    /// The same in the dry run.
    #[cfg(test)]
    pub(super) fn allow_when_dry(&self, input: Json, now: Timestamp) -> Result<Value, String> {
        dry_run::run(&self.program, &self.allow, &dry_run::value(input), now, &mut Budget::new())
    }
}

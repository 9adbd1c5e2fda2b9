//! Policies over the claims of a JWT, in Rego, by `regorus`.
//!
//! A policy is compiled to instructions when the app is made. Rego ends always, but not always soon: forty rules that each
//! double a text make a terabyte. So every instruction that makes or compares something is preceded by a halt
//! ([`instrument`]), at which the work to come is charged against a [`Budget`]; functions whose result is not bounded by
//! their arguments are our own ([`functions`]) or not offered. Nothing asks a clock of the machine, for chance, for the
//! environment or for a network.

mod budget;
mod compile;
mod functions;
mod instrument;
mod message;
mod run;
mod syntax;

use std::sync::Arc;

use jiff::Timestamp;
use regorus::rvm::Program;
use serde_json::{Map, Value as Json};

use self::budget::Budget;
use super::jws::refused;
use super::outcome::{Reason, Refusal};
use crate::model::{Invalid, Problem};

/// The most bytes of what a policy wants to have logged, as the vendor has it.
const MOST_LOGGED: usize = 128;

const ALLOW: &str = "allow";
const LOGGING: &str = "additional_logging";

/// A compiled policy.
pub(super) struct Policy {
    program: Arc<Program>,
    /// The name of the rule that decides, with its package.
    allow: Box<str>,
    logging: Option<Box<str>>,
}

impl Policy {
    /// Compiles a policy: Rego v1, else v0. Its package may have any name, and must have a rule `allow`.
    pub(super) fn compile(text: &str) -> Result<Self, Invalid> {
        compile::compile(text).map_err(|why| {
            let message = format!("private_claims_policy cannot be used: {why}");
            Invalid::new("private_claims_policy", Problem::CouldNotParse, message)
        })
    }

    /// What its rule `allow` is, of whatever kind.
    #[cfg(test)]
    pub(super) fn evaluate(&self, input: Json, now: Timestamp) -> Result<regorus::Value, String> {
        run::run(&self.program, &self.allow, &run::value(input), now, &mut Budget::new())
    }

    /// Whether the policy allows these claims; if so, what it wants to have logged.
    pub(super) fn decide(&self, claims: Map<String, Json>, now: Timestamp) -> Result<Option<String>, Refusal> {
        let mut input = Map::new();
        input.insert("jwt_body".into(), Json::Object(claims));
        let input = run::value(Json::Object(input));
        let mut budget = Budget::new();
        let failed = |why: String| refused(Reason::PolicyFailed, format!("the policy came to no answer: {why}"));
        let mut ask = |rule: &str| run::run(&self.program, rule, &input, now, &mut budget).map_err(failed);
        let denied = |why: &str| Err(refused(Reason::PolicyDenied, format!("the policy does not allow it: {why}")));
        match ask(&self.allow)? {
            regorus::Value::Bool(true) => {}
            regorus::Value::Bool(false) => return denied("allow is false"),
            regorus::Value::Undefined => return denied("allow is undefined"),
            _ => return denied("allow is neither true nor false"),
        }
        let Some(logging) = &self.logging else { return Ok(None) };
        match ask(logging)? {
            regorus::Value::Undefined => Ok(None),
            regorus::Value::String(text) if text.len() <= MOST_LOGGED => Ok(Some((*text).into())),
            regorus::Value::String(text) => {
                Err(failed(format!("additional_logging has {} bytes, at most {MOST_LOGGED}", text.len())))
            }
            other => Err(failed(format!("additional_logging is {}, allowed is a string", run::kind(&other)))),
        }
    }
}

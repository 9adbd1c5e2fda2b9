//! One dry run of a policy, from halt to halt: whether its evaluation ends within the budget.

use std::mem::discriminant;
use std::sync::Arc;

use jiff::Timestamp;
use regorus::Value;
use regorus::rvm::vm::{ExecutionMode, ExecutionState, SuspendReason};
use regorus::rvm::{Instruction, Program, RegoVM};
use serde_json::Value as Json;

use super::budget::{Budget, check_number};
use super::functions::{self, Call};

/// Instructions of all kinds, those too that cost next to nothing.
const MOST_INSTRUCTIONS: usize = 200_000;

/// Evaluates a rule. What comes of it is not to be relied on.
pub(super) fn run(
    program: &Arc<Program>,
    rule: &str,
    input: &Value,
    now: Timestamp,
    budget: &mut Budget,
) -> Result<Value, String> {
    let mut machine = RegoVM::new();
    machine.set_execution_mode(ExecutionMode::Suspendable);
    machine.set_max_instructions(MOST_INSTRUCTIONS);
    machine.load_program(Arc::clone(program));
    machine.set_data(Value::new_object()).map_err(|error| error.to_string())?;
    machine.set_input(input.clone());
    machine.execute_entry_point_by_name(rule).map_err(|error| failure(&error))?;
    loop {
        let answer = match machine.execution_state() {
            ExecutionState::Completed { result } => return Ok(result.clone()),
            ExecutionState::Suspended { reason: SuspendReason::HostAwait { argument, identifier, .. }, pc, .. } => {
                match program.instructions.get(*pc) {
                    // Only a halt has one register for all three.
                    Some(Instruction::HostAwait { dest, arg, id }) if dest == arg && arg == id => {
                        pay(program, *pc + 1, machine.get_registers(), budget)?;
                        argument.clone()
                    }
                    _ => {
                        let made = functions::call(&Call { identifier, argument, now }, budget)?;
                        budget.copy(&made)?;
                        made
                    }
                }
            }
            _ => return Err("its evaluation stopped halfway".into()),
        };
        machine.resume(Some(answer)).map_err(|error| failure(&error))?;
    }
}

/// Pays for the instruction to come.
fn pay(program: &Program, at: usize, registers: &[Value], budget: &mut Budget) -> Result<(), String> {
    use Instruction as I;
    budget.work(1)?;
    let register = |at: u8| registers.get(usize::from(at)).unwrap_or(&Value::Undefined);
    let data = &program.instruction_data;
    let Some(instruction) = program.instructions.get(at) else { return Ok(()) };
    match *instruction {
        I::Add { left, right, .. } | I::Mul { left, right, .. } => arithmetic(register(left), register(right), budget)?,
        I::Sub { left, right, .. } => match (register(left), register(right)) {
            (left @ Value::Set(_), right @ Value::Set(_)) => {
                budget.copy(left)?;
                budget.look(right)?;
            }
            (left, right) => arithmetic(left, right, budget)?,
        },
        I::Div { left, right, .. } | I::Mod { left, right, .. } => {
            arithmetic(register(left), register(right), budget)?;
            if matches!(register(right), zero @ Value::Number(_) if *zero == Value::from(0_u64)) {
                return Err("it divides by zero".into());
            }
        }
        I::Eq { left, right, .. }
        | I::Ne { left, right, .. }
        | I::And { left, right, .. }
        | I::Or { left, right, .. }
        | I::AssertEq { left, right } => {
            budget.look(register(left))?;
            budget.look(register(right))?;
        }
        I::Lt { left, right, .. }
        | I::Le { left, right, .. }
        | I::Gt { left, right, .. }
        | I::Ge { left, right, .. } => {
            let (left, right) = (register(left), register(right));
            let undefined = matches!(left, Value::Undefined) || matches!(right, Value::Undefined);
            // Rego has an order of all values, in which every text is greater than every number.
            if !undefined && discriminant(left) != discriminant(right) {
                return Err(format!("it asks which is greater, {} or {}", kind(left), kind(right)));
            }
            budget.look(left)?;
            budget.look(right)?;
        }
        I::Contains { collection, value, .. } => {
            budget.look(register(value))?;
            // In a set it is found by halving.
            if !matches!(register(collection), Value::Set(_)) {
                budget.look(register(collection))?;
            }
        }
        I::Index { key, .. } => drop(budget.look(register(key))?),
        I::ArrayPush { value, .. } | I::SetAdd { value, .. } => budget.copy(register(value))?,
        I::ObjectSet { key, value, .. } => {
            budget.copy(register(key))?;
            budget.copy(register(value))?;
        }
        I::ComprehensionYield { value_reg, key_reg } => {
            budget.copy(register(value_reg))?;
            budget.copy(key_reg.map_or(&Value::Undefined, register))?;
        }
        I::BuiltinCall { params_index } => {
            let params = data.get_builtin_call_params(params_index);
            let args = params.map_or(&[][..], |params| params.arg_registers());
            for arg in args {
                let size = budget.look(register(*arg))?;
                // Split letter by letter, each byte of a text becomes a text.
                budget.make(size.bytes().saturating_add(size.text.saturating_mul(64)))?;
            }
        }
        I::FunctionCall { params_index } => {
            let params = data.get_function_call_params(params_index);
            for arg in params.map_or(&[][..], |params| params.arg_registers()) {
                budget.look(register(*arg))?;
            }
        }
        I::ArrayCreate { params_index } => {
            let params = data.get_array_create_params(params_index);
            for element in params.map_or(&[][..], |params| params.element_registers()) {
                budget.copy(register(*element))?;
            }
        }
        I::SetCreate { params_index } => {
            let params = data.get_set_create_params(params_index);
            for element in params.map_or(&[][..], |params| params.element_registers()) {
                budget.copy(register(*element))?;
            }
        }
        I::ObjectCreate { params_index } => {
            let Some(params) = data.get_object_create_params(params_index) else { return Ok(()) };
            if let Some(template) = program.literals.get(usize::from(params.template_literal_idx)) {
                budget.copy(template)?;
            }
            for (_, value) in params.literal_key_field_pairs() {
                budget.copy(register(*value))?;
            }
            for (key, value) in params.field_pairs() {
                budget.copy(register(*key))?;
                budget.copy(register(*value))?;
            }
        }
        I::ChainedIndex { params_index } => {
            let params = data.get_chained_index_params(params_index);
            for key in params.map_or_else(Vec::new, |params| params.register_numbers()) {
                budget.look(register(key))?;
            }
        }
        // The machine copies the list of a rule's definitions for each of them that it tries.
        I::RuleInit { rule_index, .. } => {
            let rule = program.rule_infos.get(usize::from(rule_index));
            budget.work(rule.map_or(0, |rule| rule.definitions.iter().map(Vec::len).sum()))?;
        }
        // Results of several definitions are compared.
        I::RuleReturn {} => {
            let halt = program.instructions.get(at - 1);
            if let Some(Instruction::HostAwait { arg, .. }) = halt {
                budget.look(register(*arg))?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Pays for a computation with two numbers, and refuses other values: the machine would go on as if there were nothing,
/// of which a `not` makes a yes.
fn arithmetic(left: &Value, right: &Value, budget: &mut Budget) -> Result<(), String> {
    for operand in [left, right] {
        if !matches!(operand, Value::Number(_) | Value::Undefined) {
            return Err(format!("it computes with {}", kind(operand)));
        }
        check_number(operand)?;
        budget.copy(operand)?;
    }
    Ok(())
}

/// What the machine says, without what it worked with: it could be of any size.
fn failure(error: &regorus::rvm::vm::VmError) -> String {
    use regorus::rvm::vm::VmError as E;
    match error {
        E::InstructionLimitExceeded { .. } => format!("it takes more than {MOST_INSTRUCTIONS} instructions"),
        other => super::message::cut(&other.to_string()),
    }
}

/// JSON as the machine has it. Not by way of text: a number that could not be carried over would be left out.
pub(super) fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => value.into(),
        Json::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => number.into(),
            (_, Some(number), _) => number.into(),
            (.., Some(number)) => number.into(),
            _ => Value::Null,
        },
        Json::String(text) => text.into(),
        Json::Array(elements) => elements.into_iter().map(value).collect::<Vec<_>>().into(),
        Json::Object(members) => {
            let members = members.into_iter().map(|(name, member)| (name.into(), value(member)));
            members.collect::<std::collections::BTreeMap<Value, Value>>().into()
        }
    }
}

/// The kind of a value, for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Set(_) => "a set",
        Value::Object(_) => "an object",
        Value::Undefined => "undefined",
    }
}

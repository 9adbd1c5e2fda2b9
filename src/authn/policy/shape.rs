//! What a compiled policy must look like so that the dry run does all the work that the evaluation will do.
//!
//! The machine of `regorus` gives up too early where a rule that is undefined is asked for inside of a comprehension, and where there is a loop
//! inside of `every`: what stands behind would go unpaid.

use regorus::rvm::instructions::LoopMode;
use regorus::rvm::program::RuleType;
use regorus::rvm::{Instruction, Program};

/// Rules that call each other, one within the other.
const MOST_CALLS: usize = 32;

pub(super) fn check(program: &Program) -> Result<(), String> {
    check_bodies(program)?;
    check_calls(program)
}

fn check_bodies(program: &Program) -> Result<(), String> {
    let data = &program.instruction_data;
    let plain = plain_rules(program);
    let is_risky = |instruction: &Instruction| match *instruction {
        Instruction::CallRule { rule_index, .. } => !plain.get(usize::from(rule_index)).copied().unwrap_or_default(),
        Instruction::FunctionCall { .. } => true,
        _ => false,
    };
    for instruction in &program.instructions {
        match *instruction {
            Instruction::LoopStart { params_index } => {
                let Some(params) = data.get_loop_params(params_index) else { continue };
                let body = body(program, params.body_start, params.loop_end);
                if params.mode == LoopMode::Every && body.iter().any(|inner| is_risky(inner) || is_loop(inner)) {
                    return Err(
                        "it has an every with a loop, a comprehension, or a rule that may be undefined inside, whose \
                         cost cannot be told beforehand"
                            .into(),
                    );
                }
            }
            Instruction::ComprehensionBegin { params_index } => {
                let Some(params) = data.get_comprehension_begin_params(params_index) else { continue };
                if body(program, params.body_start, params.comprehension_end).iter().any(is_risky) {
                    return Err("it has a comprehension with a rule inside that may be undefined, whose cost cannot be told beforehand".into());
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn body(program: &Program, from: u16, to: u16) -> &[Instruction] {
    program.instructions.get(usize::from(from)..usize::from(to)).unwrap_or_default()
}

/// Which rules are never undefined: those of constants, and those with a default.
fn plain_rules(program: &Program) -> Vec<bool> {
    let mut plain = vec![true; program.rule_infos.len()];
    let mut rule = None;
    for instruction in &program.instructions {
        use Instruction as I;
        match *instruction {
            I::RuleInit { rule_index, .. } => rule = Some(usize::from(rule_index)),
            I::Load { .. }
            | I::LoadTrue { .. }
            | I::LoadFalse { .. }
            | I::LoadNull { .. }
            | I::LoadBool { .. }
            | I::Move { .. }
            | I::ArrayCreate { .. }
            | I::SetCreate { .. }
            | I::ObjectCreate { .. }
            | I::RuleReturn {} => {}
            _ => {
                if let Some(plain) = rule.and_then(|rule| plain.get_mut(rule)) {
                    *plain = false;
                }
            }
        }
    }
    for (plain, rule) in plain.iter_mut().zip(&program.rule_infos) {
        let complete = rule.rule_type == RuleType::Complete && rule.function_info.is_none();
        *plain = complete && (*plain || rule.default_literal_index.is_some());
    }
    plain
}

fn is_loop(instruction: &Instruction) -> bool {
    matches!(instruction, Instruction::LoopStart { .. } | Instruction::ComprehensionBegin { .. })
}

/// Refuses rules that call themselves, and rows of calls that would need a stack of their own.
fn check_calls(program: &Program) -> Result<(), String> {
    let mut calls: Vec<Vec<usize>> = vec![Vec::new(); program.rule_infos.len()];
    let mut caller = None;
    for instruction in &program.instructions {
        let called = match *instruction {
            Instruction::RuleInit { rule_index, .. } => {
                caller = Some(usize::from(rule_index));
                continue;
            }
            Instruction::CallRule { rule_index, .. } => rule_index,
            Instruction::FunctionCall { params_index } => {
                let params = program.instruction_data.get_function_call_params(params_index);
                let Some(params) = params else { continue };
                params.func_rule_index
            }
            _ => continue,
        };
        if let Some(calls) = caller.and_then(|caller| calls.get_mut(caller)) {
            calls.push(usize::from(called));
        }
    }
    // As often as rows may be long: those who only call what was settled before are settled in turn.
    let mut settled = vec![false; calls.len()];
    for _ in 0..MOST_CALLS {
        let is_settled = |rule: &usize| settled.get(*rule).copied().unwrap_or_default();
        let next: Vec<_> = calls.iter().map(|calls| calls.iter().all(is_settled)).collect();
        settled = next;
    }
    if settled.contains(&false) {
        return Err(format!("its rules call themselves, or each other in a row of more than {MOST_CALLS}"));
    }
    Ok(())
}

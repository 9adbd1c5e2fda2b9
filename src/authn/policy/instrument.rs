//! Halts in a compiled policy, before each instruction that costs.
//!
//! A halt is an instruction of the machine itself, `HostAwait`, that hands a register to its host and takes the same value
//! back. The targets of all jumps are moved accordingly: what led to an instruction leads to the halt before it, so that
//! each one stays directly behind the one it stood behind.

use regorus::Rc;
use regorus::rvm::{Instruction, Program};

/// The functions of `regorus` that are offered: results and time grow with the length of the arguments, no faster. (`strings.count`
/// and `object.subset` do not, and panic on what is empty.)
const OFFERED: [&str; 45] = [
    "__builtin_sets.intersection",
    "__builtin_sets.union",
    "abs",
    "array.concat",
    "array.reverse",
    "array.slice",
    "ceil",
    "contains",
    "count",
    "endswith",
    "floor",
    "format_int",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "json.is_valid",
    "json.marshal",
    "json.unmarshal",
    "lower",
    "max",
    "min",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.union",
    "round",
    "sort",
    "split",
    "startswith",
    "strings.reverse",
    "substring",
    "sum",
    "to_number",
    "trim_prefix",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "upper",
];

/// Whether a function of `regorus` may be called.
pub(super) fn is_offered(name: &str) -> bool {
    OFFERED.contains(&name)
}

/// Puts the halts in. Refuses what a policy over claims does not need and what would not be bounded.
pub(super) fn instrument(program: &mut Program) -> Result<(), String> {
    if let Some(called) = program.builtin_info_table.iter().find(|called| !is_offered(&called.name)) {
        let offered: Vec<_> = offered().collect();
        return Err(format!("it calls {}, which is not offered; offered are {}", called.name, offered.join(", ")));
    }
    super::shape::check(program)?;
    let old = std::mem::take(&mut program.instructions);
    let spans = std::mem::take(&mut program.instruction_spans);
    let (mut instructions, mut moved, mut new_spans) = (Vec::new(), Vec::with_capacity(old.len() + 1), Vec::new());
    let mut result = 0;
    for (at, instruction) in old.iter().enumerate() {
        moved.push(instructions.len());
        let span = spans.get(at).cloned().flatten();
        if let Instruction::RuleInit { result_reg, .. } = *instruction {
            result = result_reg;
        }
        if let Some(register) = halts(program, instruction, result)? {
            instructions.push(Instruction::HostAwait { dest: register, arg: register, id: register });
            new_spans.push(span.clone());
        }
        instructions.push(*instruction);
        new_spans.push(span);
    }
    moved.push(instructions.len());
    if instructions.len() > Program::MAX_INSTRUCTIONS {
        let most = Program::MAX_INSTRUCTIONS;
        return Err(format!("it has {} instructions once compiled, at most {most}", instructions.len()));
    }
    program.instructions = instructions;
    program.instruction_spans = new_spans;
    program.has_host_await = true;
    relocate(program, &moved).ok_or_else(|| "it jumps out of its own instructions".to_owned())
}

fn offered() -> impl Iterator<Item = &'static str> {
    let own = super::functions::NAMES.iter().map(|(name, _)| *name);
    OFFERED.into_iter().filter(|name| !name.starts_with("__")).chain(own)
}

/// A register of the instruction, when it has to be paid for. `result` is where the rule that it is part of has its result.
fn halts(program: &Program, instruction: &Instruction, result: u8) -> Result<Option<u8>, String> {
    use Instruction as I;
    let data = &program.instruction_data;
    let missing = || "it is compiled to instructions without parameters".to_owned();
    Ok(match *instruction {
        I::Add { left, .. }
        | I::Sub { left, .. }
        | I::Mul { left, .. }
        | I::Div { left, .. }
        | I::Mod { left, .. }
        | I::Eq { left, .. }
        | I::Ne { left, .. }
        | I::Lt { left, .. }
        | I::Le { left, .. }
        | I::Gt { left, .. }
        | I::Ge { left, .. }
        | I::And { left, .. }
        | I::Or { left, .. }
        | I::AssertEq { left, .. } => Some(left),
        I::Contains { value, .. }
        | I::ObjectSet { value, .. }
        | I::ArrayPush { value, .. }
        | I::SetAdd { value, .. } => Some(value),
        I::Index { key, .. } => Some(key),
        I::ComprehensionYield { value_reg, .. } => Some(value_reg),
        I::BuiltinCall { params_index } => Some(data.get_builtin_call_params(params_index).ok_or_else(missing)?.dest),
        I::FunctionCall { params_index } => Some(data.get_function_call_params(params_index).ok_or_else(missing)?.dest),
        I::ArrayCreate { params_index } => Some(data.get_array_create_params(params_index).ok_or_else(missing)?.dest),
        I::SetCreate { params_index } => Some(data.get_set_create_params(params_index).ok_or_else(missing)?.dest),
        I::ObjectCreate { params_index } => Some(data.get_object_create_params(params_index).ok_or_else(missing)?.dest),
        I::ChainedIndex { params_index } => Some(data.get_chained_index_params(params_index).ok_or_else(missing)?.dest),
        I::RuleInit { .. } | I::RuleReturn {} => Some(result),
        I::Load { .. }
        | I::LoadTrue { .. }
        | I::LoadFalse { .. }
        | I::LoadNull { .. }
        | I::LoadBool { .. }
        | I::LoadInput { .. }
        | I::Move { .. }
        | I::Not { .. }
        | I::HostAwait { .. }
        | I::Return { .. }
        | I::IndexLiteral { .. }
        | I::ArrayNew { .. }
        | I::SetNew { .. }
        | I::Count { .. }
        | I::Guard { .. }
        | I::LoopStart { .. }
        | I::LoopNext { .. }
        | I::CallRule { .. }
        | I::DestructuringSuccess {}
        | I::Halt {}
        | I::ComprehensionBegin { .. }
        | I::ComprehensionEnd {}
        | I::LogicalBlockStart { .. }
        | I::AllOfNext { .. }
        | I::AnyOfNext { .. }
        | I::LogicalBlockEnd { .. } => None,
        I::LoadData { .. } | I::VirtualDataDocumentLookup { .. } => {
            return Err("it reads data, of which there is none but its own rules, by their names".into());
        }
        I::LoadContext { .. }
        | I::LoadMetadata { .. }
        | I::ArrayPushDefined { .. }
        | I::ReturnUndefinedIfNotTrue { .. }
        | I::CoalesceUndefinedToNull { .. }
        | I::PolicyCondition { .. } => return Err("it is compiled to instructions of another language".into()),
    })
}

/// Moves every target of a jump to where its instruction, or the halt before it, now stands.
fn relocate(program: &mut Program, moved: &[usize]) -> Option<()> {
    let far = |target: usize| moved.get(target).copied();
    let near = |target: &mut u16| {
        *target = u16::try_from(far(usize::from(*target))?).ok()?;
        Some(())
    };
    let entry = |target: &mut u32| {
        *target = u32::try_from(far(usize::try_from(*target).ok()?)?).ok()?;
        Some(())
    };
    entry(&mut program.main_entry_point)?;
    for target in program.entry_points.values_mut() {
        *target = far(*target)?;
    }
    for rule in &mut program.rule_infos {
        let mut definitions = (*rule.definitions).clone();
        definitions.iter_mut().flatten().try_for_each(entry)?;
        rule.definitions = Rc::new(definitions);
        rule.destructuring_blocks.iter_mut().flatten().try_for_each(entry)?;
    }
    for params in &mut program.instruction_data.loop_params {
        near(&mut params.body_start)?;
        near(&mut params.loop_end)?;
    }
    for params in &mut program.instruction_data.comprehension_begin_params {
        near(&mut params.body_start)?;
        near(&mut params.comprehension_end)?;
    }
    for instruction in &mut program.instructions {
        match instruction {
            Instruction::LoopNext { body_start, loop_end } => {
                near(body_start)?;
                near(loop_end)?;
            }
            Instruction::LogicalBlockStart { end_pc, .. }
            | Instruction::AllOfNext { end_pc, .. }
            | Instruction::AnyOfNext { end_pc, .. } => near(end_pc)?,
            _ => {}
        }
    }
    Some(())
}

//! Policies that would take for ever, or all memory, or all of the stack.

use std::time::{Duration, Instant};

use serde_json::json;

use super::policy::{Policy, on_own_stack};
/// Each would take for ever, or all memory, if it were let.
fn hostile() -> Vec<(&'static str, String)> {
    let doubling = |first: &str, next: &str| {
        let mut rules = format!("  x0 := {first}\n");
        for at in 1..30 {
            rules.push_str(&format!("  x{at} := {}\n", next.replace('X', &format!("x{}", at - 1))));
        }
        rules
    };
    let calls = |first: &str, next: &str| {
        let mut rules = format!("f0(x) := {first}\n");
        for at in 1..30 {
            rules.push_str(&format!("f{at}(x) := {}\n", next.replace('F', &format!("f{}", at - 1))));
        }
        rules
    };
    let body = |statements: String, end: &str| format!("allow if {{\n{statements}  {end}\n}}");
    let counted = |first: &str, next: &str| body(doubling(first, next), "count(x29) == 1");
    vec![
        ("concat", counted("\"aaaaaaaa\"", "concat(\"\", [X, X])")),
        ("array.concat", counted("[1]", "array.concat(X, X)")),
        ("sprintf", counted("\"aaaaaaaa\"", "sprintf(\"%s%s\", [X, X])")),
        ("replace", counted("\"aaaaaaaa\"", "replace(X, \"a\", \"aa\")")),
        ("square", body(doubling("3", "X * X"), "x29 > 1")),
        ("add", body(doubling("1e300", "X + X"), "x29 > 1")),
        ("object", body(doubling("{\"a\": 1}", "object.union({\"x\": X}, {\"y\": X})"), "x29 == x28")),
        ("tree", body(doubling("[1]", "[X, X]"), "x29 == x28")),
        (
            "tree of two",
            body(doubling("[1]", "[X, X]") + &doubling("[1]", "[X, X]").replace('x', "y"), "x29 == y29"),
        ),
        ("set of trees", body(doubling("[1]", "{[X, X], X}"), "x29 == x28")),
        ("marshal", body(doubling("[1]", "[X, X]"), "count(json.marshal(x29)) == 1")),
        ("count", body(doubling("[1]", "[X, X]"), "count(x29) == 2")),
        ("calls", calls("x + 1", "F(F(x))") + "allow if f29(1) == 1\n"),
        ("calls that grow", calls("[x, x]", "F(F(x))") + "allow if f29(1) == 1\n"),
        ("numbers.range", "allow if count(numbers.range(1, 1000000000000)) == 1".into()),
        ("numbers.range often", "allow if count([[x, y] | some x in numbers.range(1, 9999); some y in numbers.range(1, 9999)]) == 1".into()),
        ("nested", "default r := []\nr := numbers.range(1, 1000)\nallow if count([1 | some a in r; some b in r; some c in r; some d in r; a + b + c + d == 0]) == 0".into()),
        ("collect", "default r := []\nr := numbers.range(1, 9000)\nallow if count({[a, b] | some a in r; some b in r}) == 0".into()),
        ("every", "default r := []\nr := numbers.range(1, 9000)\nallow if { some a in r; some b in r; a + b < 0 }".into()),
        ("linear search", "default r := []\nr := numbers.range(1, 9999)\nallow if every a in r { a in r }".into()),
        ("compare", "default r := []\nr := numbers.range(1, 9999)\nallow if every a in r { numbers.range(1, 9999) == r }".into()),
        ("functions", "default r := []\nr := numbers.range(1, 9999)\nf(x) := r if x > 0\nf(x) := r if x > 1\nallow if { some a in r; f(a) == [] }".into()),
        ("sort", "default r := []\nr := numbers.range(1, 9999)\nallow if every a in r { sort(r) }".into()),
        ("split", "default t := \"\"\nt := concat(\"\", [\"a\" | some x in numbers.range(1, 9999)])\nallow if every a in numbers.range(1, 9999) { split(t, \"\") }".into()),
        ("trim", "default t := \"\"\nt := concat(\"\", [\"ab\" | some x in numbers.range(1, 9999)])\nallow if every a in numbers.range(1, 9999) { trim(t, t) }".into()),
        ("partial set", "default r := []\nr := numbers.range(1, 9999)\ns contains [x, y] if { some x in r; some y in r }\nallow if count(s) == 0".into()),
        ("partial object", "default r := []\nr := numbers.range(1, 9999)\ns[x] := y if { some x in r; y := numbers.range(1, x) }\nallow if count(s) == 0".into()),
        ("walk", "allow if { walk(input, [path, value]) }".into()),
        ("deep", body(doubling("[1]", "[[[[X]]]]"), "x29 == 1")),
        ("unmarshal", format!("allow if json.unmarshal(concat(\"\", [\"{}\", \"{}\"]))", "[".repeat(800), "[".repeat(800))),
        ("format_int", "allow if format_int(1e308, 2) == \"\"".into()),
    ]
}

fn hostile_texts() -> Vec<(&'static str, String)> {
    let lines =
        |count: usize, line: &str| (0..count).map(|at| line.replace('N', &at.to_string()) + "\n").collect::<String>();
    vec![
        ("brackets", format!("allow := {}1{}", "[\n".repeat(10_000), "]\n".repeat(10_000))),
        ("open brackets", format!("allow := {}", "[\n".repeat(30_000))),
        ("round brackets", format!("allow := {}1{}", "(\n".repeat(10_000), ")\n".repeat(10_000))),
        ("braces", format!("allow := {}1{}", "{\n".repeat(10_000), "}\n".repeat(10_000))),
        ("objects", format!("allow := {}1{}", "{1:\n".repeat(10_000), "}\n".repeat(10_000))),
        ("not", format!("allow if {{ {} true }}", "not\n".repeat(10_000))),
        ("minus", format!("allow := {} 1", "-\n".repeat(10_000))),
        ("sum", format!("allow := 1 {}", "+ 1\n".repeat(10_000))),
        ("or", format!("allow := {{1}} {}", "| {1}\n".repeat(7_000))),
        ("compare", format!("allow := 1 {}", "== 1\n".repeat(10_000))),
        ("path", format!("allow := input{}", "\n.a".repeat(10_000))),
        ("index", format!("allow := input{}", "[0\n]".repeat(10_000))),
        ("call", format!("allow := {}1{}", "f(\n".repeat(10_000), ")\n".repeat(10_000))),
        ("else", format!("allow := 1 if input.a\n{}", "else := 2 if input.b\n".repeat(3_000))),
        ("comprehensions", format!("allow := {}1{}", "[1 |\n".repeat(10_000), "]\n".repeat(10_000))),
        ("every", format!("allow if {}true{}", "every x in [1] {\n".repeat(3_000), "}\n".repeat(3_000))),
        ("rules", lines(3_000, "rN := N") + "allow := r2999 == 2999"),
        (
            "chain",
            (1..2_000).map(|at| format!("r{at} := r{}\n", at - 1)).collect::<String>() + "r0 := 1\nallow := r1999",
        ),
        ("defaults", lines(2_500, "default rN := N") + "allow := r2499"),
        ("many definitions", lines(3_000, "allow if input.a == N")),
        ("statements", format!("allow if {{\n{}}}", lines(2_500, "  xN := N"))),
        (
            "statements back",
            format!(
                "allow if {{\n{}x2500 := 1}}",
                (0..2_500).map(|at| format!("  x{at} := x{}\n", at + 1)).collect::<String>()
            ),
        ),
        (
            "few statements back",
            format!(
                "allow if {{\n{}x200 := 1}}",
                (0..200).map(|at| format!("  x{at} := x{}\n", at + 1)).collect::<String>()
            ),
        ),
        ("array", format!("allow := [{}0]", "0,\n".repeat(15_000))),
        ("objects of many", format!("allow := {{{}}}", lines(5_000, "\"kN\": N,"))),
        ("set", format!("allow := {{{}0}}", lines(7_000, "N,"))),
        ("short statements", format!("allow if {{\n{}}}", "1\n".repeat(15_000))),
        ("short assignments", format!("allow if {{\n{}}}", lines(5_000, "aN:=1"))),
        ("short unifications", format!("allow if {{\n{}}}", lines(5_000, "aN=1"))),
        ("short somes", format!("allow if {{\n{}}}", lines(4_000, "some aN in b"))),
        (
            "calls of many definitions",
            lines(700, "f(x) := 1 if x == -N") + "allow if { some x in numbers.range(1, 9999); f(x) == 2 }",
        ),
        (
            "calls of some definitions",
            lines(100, "f(x) := 1 if x == -N") + "allow if { some x in numbers.range(1, 9999); f(x) == 2 }",
        ),
        ("default that ranges", "default allow := [x | some x in numbers.range(1, 1000000000)]".into()),
        (
            "default that ranges twice",
            "default allow := [x | some x in numbers.range(1, 3000); some y in numbers.range(1, 30000)]".into(),
        ),
        ("default in a set", "default allow := {1, [y | y := numbers.range(1, 1000000000)]}".into()),
        ("short sum", format!("allow := 1{}", "+1+1+1+1+1+1+1+1\n".repeat(3_500))),
        ("row of sets", format!("allow := {{1}}{}", "|\n{\n1\n}".repeat(7_000))),
        ("row of in", format!("allow := 1{}", " in\n1".repeat(10_000))),
        ("row of indices", format!("allow := input{}", "[0][0][0][0][0][0]\n".repeat(3_000))),
        ("sums in sums", "allow := (".to_owned() + &"(\n".repeat(25) + "1" + &(" + 1".repeat(60) + ")\n").repeat(26)),
        ("semicolons apart", format!("allow if {{ {} }}", "true; true; true; true\n".repeat(1_000))),
        ("default of a function", "default f(x) := 7\nallow := f(1)".into()),
        ("recursion", "f(x) := f(x)\nallow := f(1)".into()),
        (
            "row of rules",
            (1..34).map(|at| format!("r{at} := r{}\n", at - 1)).collect::<String>() + "r0 := 1\nallow := r33",
        ),
        (
            "shorter row of rules",
            (1..31).map(|at| format!("r{at} := r{}\n", at - 1)).collect::<String>() + "r0 := 1\nallow := r30 == 1",
        ),
        ("two that call each other", "a := b\nb := a\nallow := a".into()),
        ("exponent", "allow := 1e999999999 > 1".into()),
        ("exponent of digits", "allow := 1e309 > 1".into()),
        ("negative exponent", "allow := 1e-999999999 > 1".into()),
        ("digits", format!("allow := {} > 1", "9".repeat(1_000))),
        ("string", format!("allow := \"{}", "\\".repeat(1_000))),
        ("raw string", format!("allow := `{}", "a\n".repeat(20_000))),
        ("data", "allow if data.a.b.c[input.x]".into()),
        ("all data", "allow := data".into()),
        ("its own package", "b := 1\nallow if data.a.b == 1".into()),
        ("by name", "b := 1\nallow if data.a[input.x] == 1".into()),
        ("with", "b if input.x\nallow if b with input as {\"x\": true}".into()),
        ("default that computes", "default allow := count(numbers.range(1, 1000000000))".into()),
        ("default that collects", "default allow := [x | x := 1]".into()),
        ("walk", "allow if { some path; walk(input, path) }".into()),
        ("http", "allow if http.send({\"url\": \"http://a\", \"method\": \"get\"})".into()),
        ("environment", "allow if opa.runtime().env".into()),
        ("random", "allow if rand.intn(\"a\", 2) == 1".into()),
        ("regex", "allow if regex.match(\"a\", \"a\")".into()),
        ("print", "allow if print(\"a\")".into()),
        ("trace", "allow if trace(\"a\")".into()),
        ("product", "allow if product([1]) == 1".into()),
        ("bits", "allow if bits.lsh(1, 1000000000000) > 1".into()),
        ("host", "allow if __builtin_host_await(1, 2)".into()),
        ("host by name", "allow if __builtin_host_await([\"a\"], \"concat\")".into()),
        ("shadow", "concat(a, b) := 1\nallow if concat(1, 2) == 1".into()),
        ("nul", "allow := \"\0\"".into()),
        ("empty", "".into()),
        ("template", "allow := $\"{input.jwt_body.level}\"".into()),
        ("semicolons", format!("allow if {{ {} }}", "true;\n".repeat(10_000))),
        ("somes", format!("allow if {{ {} true }}", "some x in [1, 2]\n".repeat(40))),
        ("some names", format!("allow if {{ some {} x; x = 1 }}", lines(5_000, "xN,"))),
    ]
}

/// What becomes of each, one a line. None takes long: the slowest half a second, most of them a few milliseconds.
fn ends(policies: Vec<(&'static str, String)>) -> String {
    let claims = json!({"level": 3, "groups": ["a", "b"]});
    let mut lines = String::new();
    for (name, rules) in policies {
        let begun = Instant::now();
        let end = match Policy::compile(&format!("package a\n{rules}\n")) {
            Err(invalid) => invalid.message.replace("private_claims_policy cannot be used: ", "no: "),
            Ok(policy) => {
                match policy.decide(claims.as_object().unwrap().clone(), "2026-02-01T00:00:00Z".parse().unwrap()) {
                    Ok(_) => "yes".to_owned(),
                    Err(refusal) => refusal.message,
                }
            }
        };
        assert!(begun.elapsed() < Duration::from_secs(30), "{name} took {:?}", begun.elapsed());
        let end: String = end.chars().take(110).collect();
        lines.push_str(&format!("{name}: {end}\n"));
    }
    lines
}

#[test]
fn evaluation_ends() {
    insta::assert_snapshot!(ends(hostile()), @r#"
    concat: the policy came to no answer: concat would make a text of 131072 bytes, at most 65536
    array.concat: the policy came to no answer: it makes more than 33554432 bytes
    sprintf: the policy came to no answer: sprintf would make a text of 131072 bytes, at most 65536
    replace: the policy came to no answer: replace would make a text of 98304 bytes, at most 65536
    square: the policy came to no answer: it computes with a number of more than 127 bits
    add: the policy came to no answer: it computes with a number of more than 127 bits
    object: the policy came to no answer: it makes more than 33554432 bytes
    tree: the policy came to no answer: it makes more than 33554432 bytes
    tree of two: the policy came to no answer: it makes more than 33554432 bytes
    set of trees: the policy came to no answer: it makes more than 33554432 bytes
    marshal: the policy came to no answer: it makes more than 33554432 bytes
    count: the policy came to no answer: it makes more than 33554432 bytes
    calls: the policy came to no answer: it takes more than 200000 instructions
    calls that grow: the policy came to no answer: it takes more than 1000000 steps
    numbers.range: the policy came to no answer: numbers.range would make 1000000000000 numbers, at most 10000
    numbers.range often: the policy came to no answer: it takes more than 200000 instructions
    nested: the policy came to no answer: it takes more than 200000 instructions
    collect: the policy came to no answer: it takes more than 200000 instructions
    every: the policy came to no answer: it takes more than 200000 instructions
    linear search: the policy came to no answer: it takes more than 1000000 steps
    compare: the policy came to no answer: it takes more than 1000000 steps
    functions: the policy came to no answer: it takes more than 1000000 steps
    sort: the policy came to no answer: it makes more than 33554432 bytes
    split: the policy came to no answer: it makes more than 33554432 bytes
    trim: the policy came to no answer: it takes more than 1000000 steps
    partial set: the policy came to no answer: it takes more than 200000 instructions
    partial object: the policy came to no answer: it makes more than 33554432 bytes
    walk: no: line 2, column 25: use of undefined variable `path` is unsafe
    deep: the policy came to no answer: it makes a value that is nested more than 64 levels deep
    unmarshal: no: line 2, column 842: line exceeds maximum column width of 1024
    format_int: the policy does not allow it: allow is undefined
    "#);
}

#[test]
fn compilation_ends() {
    insta::assert_snapshot!(ends(hostile_texts()), @r#"
    brackets: no: it has brackets more than 64 levels deep
    open brackets: no: it has brackets more than 64 levels deep
    round brackets: no: it has brackets more than 64 levels deep
    braces: no: it has brackets more than 64 levels deep
    objects: no: it has brackets more than 64 levels deep
    not: no: it has a body of more than 256 statements
    minus: no: it has an expression of more than 64 operators and brackets in a row
    sum: no: it has an expression of more than 64 operators and brackets in a row
    or: no: it has an expression of more than 64 operators and brackets in a row
    compare: no: it has an expression of more than 64 operators and brackets in a row
    path: no: it has an expression of more than 64 operators and brackets in a row
    index: no: it has an expression of more than 64 operators and brackets in a row
    call: no: it has brackets more than 64 levels deep
    else: no: it has an else, whose cost cannot be told beforehand, allowed are several rules of one name
    comprehensions: no: it has brackets more than 64 levels deep
    every: no: it has brackets more than 64 levels deep
    rules: yes
    chain: no: its rules call themselves, or each other in a row of more than 32
    defaults: the policy does not allow it: allow is neither true nor false
    many definitions: the policy came to no answer: it takes more than 1000000 steps
    statements: no: it has a body of more than 256 statements
    statements back: no: it has a body of more than 256 statements
    few statements back: no: line 3, column 9: var `x1` used before definition below.
    array: the policy does not allow it: allow is neither true nor false
    objects of many: the policy does not allow it: allow is neither true nor false
    set: the policy does not allow it: allow is neither true nor false
    short statements: no: it has a body of more than 256 statements
    short assignments: no: it has a body of more than 256 statements
    short unifications: no: it has a body of more than 256 statements
    short somes: no: it has a body of more than 256 statements
    calls of many definitions: the policy came to no answer: it takes more than 1000000 steps
    calls of some definitions: the policy came to no answer: it takes more than 1000000 steps
    default that ranges: no: a default rule has a value that has to be computed, allowed are constants
    default that ranges twice: no: a default rule has a value that has to be computed, allowed are constants
    default in a set: no: a default rule has a value that has to be computed, allowed are constants
    short sum: no: it has an expression of more than 64 operators and brackets in a row
    row of sets: no: it has an expression of more than 64 operators and brackets in a row
    row of in: no: it has an expression of more than 64 operators and brackets in a row
    row of indices: no: it has an expression of more than 64 operators and brackets in a row
    sums in sums: no: Register overflow: cannot allocate 1 register(s) at register 255 within the 255-register window
    semicolons apart: no: it has a body of more than 256 statements
    default of a function: no: line 3, column 11: Unknown function: 'f'
    recursion: no: its rules call themselves, or each other in a row of more than 32
    row of rules: no: its rules call themselves, or each other in a row of more than 32
    shorter row of rules: yes
    two that call each other: no: its rules call themselves, or each other in a row of more than 32
    exponent: no: it has a number with an exponent of 999999999, at most 308
    exponent of digits: no: it has a number with an exponent of 309, at most 308
    negative exponent: no: it has a number with an exponent of 999999999, at most 308
    digits: no: line 2, column 10: invalid number. serde_json cannot parse number: out of range
    string: no: a string has no end on its line
    raw string: no: a raw string has no end
    data: no: it reads data, of which there is none but its own rules, by their names
    all data: no: line 2, column 10: Direct access to 'data' root is not allowed. Use a specific path like 'data.package.rul
    its own package: yes
    by name: no: Compilation error: Compile-time recursion detected in rule call chain: data.a.allow -> data.a.allow
    with: no: line 3, column 10: the `with` keyword is not supported by the compiler yet
    default that computes: no: a default rule has a value that has to be computed, allowed are constants
    default that collects: no: a default rule has a value that has to be computed, allowed are constants
    walk: no: Compilation error: walk loops are not yet supported in the RVM compiler
    http: no: line 2, column 10: Unknown function: 'http.send'
    environment: no: line 2, column 21: Unknown function: 'opa.runtime'
    random: no: line 2, column 19: Unknown function: 'rand.intn'
    regex: no: line 2, column 10: Unknown function: 'regex.match'
    print: no: Compilation error: Missing builtin function: print
    trace: no: it calls trace, which is not offered; offered are abs, array.concat, array.reverse, array.slice, ceil, con
    product: no: it calls product, which is not offered; offered are abs, array.concat, array.reverse, array.slice, ceil, c
    bits: no: it calls bits.lsh, which is not offered; offered are abs, array.concat, array.reverse, array.slice, ceil, 
    host: no: it names __builtin_host_await, which is not part of Rego
    host by name: no: it names __builtin_host_await, which is not part of Rego
    shadow: no: its rule concat has the name of a function of Rego
    nul: no: line 2, column 10: unmatched "
    empty: no: package a has no rule allow
    template: no: line 2, column 10: invalid character
    semicolons: no: it has a body of more than 256 statements
    somes: no: line 3, column 6: var `x` used before definition below
    some names: yes
    "#);
}

/// What cannot be stopped is at least not waited for.
#[test]
fn nobody_waits_for_ever() {
    let (send, receive) = std::sync::mpsc::channel::<()>();
    let stuck = on_own_stack(Duration::from_millis(50), move || {
        // Until this test lets go.
        let _ = receive.recv();
        Ok(())
    });
    assert_eq!(stuck, Err("it takes longer than 50ms".into()));
    drop(send);
    assert_eq!(on_own_stack(Duration::from_secs(60), || Ok(7)), Ok(7));
    assert_eq!(on_own_stack(Duration::from_secs(60), || Err::<(), _>("no".into())), Err("no".into()));
    assert_eq!(on_own_stack(Duration::from_secs(60), broken), Err("it broke off".into()));
}

fn broken() -> Result<(), String> {
    panic!("as it must")
}

//! Policies judged by the documents of Rego, and by the other machine of `regorus`, which walks the tree of a policy.

use jiff::Timestamp;
use regorus::{Engine, Value};
use serde_json::{Map, Value as Json, json};

use super::outcome::Reason;
use super::policy::Policy;

fn now() -> Timestamp {
    "2026-02-01T00:00:00Z".parse().unwrap()
}

fn claims(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn decide(policy: &str, input: Json) -> Result<Option<String>, (Reason, String)> {
    let policy = Policy::compile(policy).unwrap();
    policy.decide(claims(input), now()).map_err(|refusal| (refusal.reason, refusal.message))
}

fn refused(policy: &str, input: Json) -> String {
    let (reason, message) = decide(policy, input).unwrap_err();
    format!("{reason:?}: {message}")
}

fn wrong(policy: &str) -> String {
    Policy::compile(policy).map(drop).unwrap_err().message
}

fn alice() -> Json {
    json!({
        "iss": "https://issuer.example", "sub": "x", "exp": 1_800_000_000, "ratio": 0.5, "level": 3,
        "my_private_claims": {"employee": "Alice", "tags": ["a", "b", "b"]},
        "groups": ["staff", "admins", "night"], "email": "alice@example.com", "none": null, "yes": true,
    })
}

/// The example of the vendor's document.
const SEED: &str = r#"
package my_example

default allow := false

allow if {
input.jwt_body.my_private_claims.employee == "Alice"
}
"#;

#[test]
fn the_example_of_the_vendor() {
    assert_eq!(decide(SEED, alice()), Ok(None));
    let bob = json!({"my_private_claims": {"employee": "Bob"}});
    insta::assert_snapshot!(refused(SEED, bob), @"PolicyDenied: the policy does not allow it: allow is false");
    insta::assert_snapshot!(refused(SEED, json!({})), @"PolicyDenied: the policy does not allow it: allow is false");
}

#[test]
fn allow_must_be_true() {
    for (rule, denied) in [
        ("allow := true", false),
        ("allow := false", true),
        ("allow if input.jwt_body.nothing", true),
        ("allow := null", true),
        ("allow := 1", true),
        ("allow := \"true\"", true),
        ("allow := [true]", true),
        ("allow contains true", true),
    ] {
        let decided = decide(&format!("package a\n{rule}"), alice());
        assert_eq!(decided.is_err(), denied, "{rule}");
        assert!(decided.is_ok() || matches!(decided, Err((Reason::PolicyDenied, _))), "{rule}");
    }
}

#[test]
fn what_is_to_be_logged_is_short() {
    let logged = |rule: &str| decide(&format!("package a\nallow := true\n{rule}"), alice());
    assert_eq!(logged("additional_logging := \"\""), Ok(Some(String::new())));
    assert_eq!(
        logged("additional_logging := sprintf(\"%s of %v\", [input.jwt_body.email, input.jwt_body.groups])"),
        Ok(Some("alice@example.com of [\"staff\", \"admins\", \"night\"]".into()))
    );
    assert_eq!(logged("additional_logging := x if { x := input.jwt_body.nothing }"), Ok(None));
    let text = |len: usize| format!("additional_logging := \"{}\"", "ß".repeat(len / 2));
    assert_eq!(logged(&text(128)).unwrap().unwrap().len(), 128);
    let wrong = |rule: &str| logged(rule).unwrap_err().1;
    insta::assert_snapshot!(wrong(&text(130)), @"the policy came to no answer: additional_logging has 130 bytes, at most 128");
    insta::assert_snapshot!(wrong("additional_logging := [1]"), @"the policy came to no answer: additional_logging is an array, allowed is a string");
    assert_eq!(logged(&text(130)).unwrap_err().0, Reason::PolicyFailed);
    // Of somebody who is not let in nothing is logged.
    let denied = decide(&format!("package a\nallow := false\n{}", text(130)), alice()).unwrap_err();
    assert_eq!(denied.0, Reason::PolicyDenied);
}

#[test]
fn errors_are_no_answers() {
    let failed = |rule: &str| refused(&format!("package a\n{rule}"), alice());
    insta::assert_snapshot!(failed("allow if not 1 / 0"), @"PolicyFailed: the policy came to no answer: it divides by zero");
    insta::assert_snapshot!(failed("allow if not input.jwt_body.email + 1"), @"PolicyFailed: the policy came to no answer: it computes with a string");
    insta::assert_snapshot!(failed("allow if not concat(\",\", [1])"), @"PolicyFailed: the policy came to no answer: concat takes an array or a set of strings alone");
    insta::assert_snapshot!(failed("allow if not concat(1, [])"), @"PolicyFailed: the policy came to no answer: concat does not take a number and an array");
    insta::assert_snapshot!(failed("allow if input.jwt_body.email > 3"), @"PolicyFailed: the policy came to no answer: it asks which is greater, a string or a number");
    insta::assert_snapshot!(failed("allow if not sprintf(\"%q\", [1])"), @"PolicyFailed: the policy came to no answer: sprintf has %q, offered are %s, %v, %d, %f and %%");
    insta::assert_snapshot!(failed("allow if not sprintf(\"%d\", [\"1\"])"), @"PolicyFailed: the policy came to no answer: sprintf has %d for a value that is a string");
    insta::assert_snapshot!(failed("allow if not sprintf(\"%d %d\", [1])"), @"PolicyFailed: the policy came to no answer: sprintf has more verbs than the 1 values given");
    insta::assert_snapshot!(failed("allow if not numbers.range(1.5, 3)"), @"PolicyFailed: the policy came to no answer: numbers.range takes whole numbers of at most 63 bits alone");
}

#[test]
fn time_is_that_of_the_check() {
    let policy = "package a\nallow if time.now_ns() == 1769904000000000000";
    assert_eq!(decide(policy, alice()), Ok(None));
}

#[test]
fn policies_that_cannot_be_read_are_refused_with_their_place() {
    insta::assert_snapshot!(wrong(""), @"private_claims_policy cannot be used: line 1, column 1: expecting `package` Missing package declaration.");
    insta::assert_snapshot!(wrong("package a"), @"private_claims_policy cannot be used: package a has no rule allow");
    insta::assert_snapshot!(wrong("package a\nallow if {"), @"private_claims_policy cannot be used: line 2, column 11: expecting expression");
    insta::assert_snapshot!(wrong("package a\n\nallow iff true"), @"private_claims_policy cannot be used: line 3, column 1: rule must have a body or assignment");
    insta::assert_snapshot!(wrong("package a\nallow if x == 1"), @"private_claims_policy cannot be used: line 2, column 10: use of undefined variable `x` is unsafe");
    insta::assert_snapshot!(wrong("package a\nallow if f(1)"), @"private_claims_policy cannot be used: line 2, column 10: Unknown function: 'f'");
    insta::assert_snapshot!(wrong("package a[\"b.c\"]\nallow := true"), @"private_claims_policy cannot be used: its package is 'a.b.c', allowed are letters, digits and underscores with dots between");
    insta::assert_snapshot!(wrong("package a\nconcat(a, b) := 1\nallow if concat(1, 2)"), @"private_claims_policy cannot be used: its rule concat has the name of a function of Rego");
    insta::assert_snapshot!(wrong("package a\nallow if regex.match(\"a\", \"b\")"), @"private_claims_policy cannot be used: line 2, column 10: Unknown function: 'regex.match'");
    insta::assert_snapshot!(wrong("package a\nallow if product([1, 2]) == 2"), @"private_claims_policy cannot be used: it calls product, which is not offered; offered are abs, array.concat, array.reverse, array.slice, ceil, contains, count, endswith, floor, format_int, intersection, is_array, is_boolean, is_null, is_number, is_object, is_set, is_string, json.is_valid, json.marshal, json.unmarshal, lower, max, min, object.filter, object.get, object.keys, object.remove, object.union, round, sort, split, startswith, strings.reverse, substring, sum, to_number, trim_prefix, trim_space, trim_suffix, type_name, union, upper, concat, indexof, numbers.range, replace, sprintf, time.now_ns, trim, trim_left, trim_right");
    insta::assert_snapshot!(wrong("package a\nb if input\nallow if b with input as 1"), @"private_claims_policy cannot be used: line 3, column 10: the `with` keyword is not supported by the compiler yet");
    insta::assert_snapshot!(wrong("package a\nallow if { input.a } else := false"), @"private_claims_policy cannot be used: it has an else, whose cost cannot be told beforehand, allowed are several rules of one name");
    insta::assert_snapshot!(wrong("package a\nf(x) if x > 1\nallow := [x | some x in input.a; f(x)]"), @"private_claims_policy cannot be used: it has a comprehension with a rule inside that may be undefined, whose cost cannot be told beforehand");
    insta::assert_snapshot!(wrong("package a\nallow if every x in input.a { some y in x; y }"), @"private_claims_policy cannot be used: it has an every with a loop, a comprehension, or a rule that may be undefined inside, whose cost cannot be told beforehand");
    insta::assert_snapshot!(wrong("package a\nallow if f(1)\nf(x) if g(x)\ng(x) if f(x)"), @"private_claims_policy cannot be used: its rules call themselves, or each other in a row of more than 32");
    insta::assert_snapshot!(wrong("package a\nallow if data.users[input.jwt_body.sub]"), @"private_claims_policy cannot be used: it reads data, of which there is none but its own rules, by their names");
    let long = format!("package a\nallow := \"{}\\q\"", "x".repeat(900));
    assert!(wrong(&long).len() < 400);
}

/// What the policies on the pages of Open Policy Agent's documents (policy-language, policy-reference) say they are.
const DOCUMENTED: [(&str, &str); 22] = [
    ("allow if { x := 42; y := 41; x > y }", "true"),
    ("rect := {\"width\": 2, \"height\": 4}\nallow := rect == {\"height\": 4, \"width\": 2}", "true"),
    ("allow if { \"hello\" == \"world\" }", "undefined"),
    ("allow if { x := 42; y := 42; x != y }", "undefined"),
    ("s := {\"cube\": 1}\nallow := s.cube", "1"),
    ("allow := [1, 2, 3] == [1, 3, 2]", "false"),
    ("allow := {1, 2, 3} == {3, 1, 2}", "true"),
    (
        "sites := [{\"name\": \"prod\"}, {\"name\": \"smoke1\"}, {\"name\": \"dev\"}]\nallow if { some site in sites; site.name == \"prod\" }",
        "true",
    ),
    (
        "sites := [{\"name\": \"prod\"}, {\"name\": \"dev\"}]\nq contains name if { some site in sites; name := site.name }\nallow := q",
        "{\"dev\", \"prod\"}",
    ),
    ("a := 5\nb := 3\nallow := [x | some x in [a, b]; x > 4]", "[5]"),
    ("allow := {x | x := [\"a\", \"b\", \"a\"][_]}", "{\"a\", \"b\"}"),
    ("allow := {name: level | some [name, level] in [[\"a\", 1], [\"b\", 2]]}", "{\"a\": 1, \"b\": 2}"),
    (
        "trim_and_split(s) := x if { t := trim(s, \" \"); x := split(t, \".\") }\nallow := trim_and_split(\"   foo.bar \")",
        "[\"foo\", \"bar\"]",
    ),
    ("q(1, x) := y if { y := x }\nq(2, x) := y if { y := x * 4 }\nallow := [q(1, 2), q(2, 2)]", "[2, 8]"),
    ("pi := 3.14\nallow := pi * 2", "6.28"),
    ("any_public if { some x in [\"private\", \"public\"]; x == \"public\" }\nallow if not any_public", "undefined"),
    ("only_dev if every site in [\"dev1\", \"dev2\"] { startswith(site, \"dev\") }\nallow := only_dev", "true"),
    ("default allow := false\nallow if { input.user == \"bob\"; input.method == \"GET\" }", "false"),
    ("allow := \"allow\" if { input.user == \"superuser\" }\nallow := \"deny\" if { not input.user }", "\"deny\""),
    ("allow if { some i; [1, 2, 3][i] == 3; i == 2 }", "true"),
    ("p contains x if { some x in [1, 2, 3]; not x in [2] }\nallow := p", "{1, 3}"),
    ("allow := {\"a\": [1, {\"b\"}]}.a[1].b", "\"b\""),
];

#[test]
fn documents_are_kept() {
    let value = |rules: &str| {
        let policy = Policy::compile(&format!("package a\n{rules}\n")).unwrap();
        policy.allow_of(json!({}), now()).unwrap()
    };
    for (rules, expected) in DOCUMENTED {
        let expected = if expected == "undefined" { Value::Undefined } else { value(&format!("allow := {expected}")) };
        assert_eq!(value(rules), expected, "{rules}");
    }
}

/// The second machine goes on behind each of these, which is why what it answers is not used.
#[test]
fn what_is_undefined_ends_a_body() {
    for body in [
        "x := input.nothing",
        "x := input.nothing; not x",
        "x := r",
        "some y in [1, 2]; x := input.nothing",
        "x := [input.nothing]",
        "x := count(input.nothing)",
        "every y in [1, 2] { x := input.nothing }",
        "f(1)",
        "count({1 | x := input.nothing}) == 1",
    ] {
        let text = format!("package a\nr if false\nf(x) if {{ y := input.nothing }}\nallow if {{ {body} }}");
        assert_eq!(Policy::compile(&text).unwrap().allow_of(json!({}), now()), Ok(Value::Undefined), "{body}");
    }
}

/// Two values of one rule are an error, not nothing: `not p` is no way in.
#[test]
fn conflicts_are_errors() {
    insta::assert_snapshot!(refused("package a\np := 1\np := 2 if input\nallow if not p", json!({})), @"PolicyFailed: the policy came to no answer: line 3, column 1: rule conflicts with rule at policy:2:1");
    insta::assert_snapshot!(refused("package a\nallow := true\nallow := false if input", json!({})), @"PolicyFailed: the policy came to no answer: line 3, column 1: rule conflicts with rule at policy:2:1");
}

/// Corners of the compiler: jumps back, calls from two places, loops within loops; and every function that is offered.
const RULES: [&str; 75] = [
    "allow := true",
    "allow if input.jwt_body.level > 2",
    "allow if input.jwt_body.level > 3",
    "allow if not input.jwt_body.nothing",
    "allow if not input.jwt_body.yes",
    "allow if \"admins\" in input.jwt_body.groups",
    "allow if input.jwt_body.groups[_] == \"admins\"",
    "allow if { some group in input.jwt_body.groups; startswith(group, \"adm\") }",
    "allow if { some i, group in input.jwt_body.groups; i == 1; group == \"admins\" }",
    "allow if every group in input.jwt_body.groups { count(group) > 4 }",
    "allow if every group in input.jwt_body.groups { count(group) > 5 }",
    "allow if every group in [] { false }",
    "allow if every group in input.jwt_body.nothing { false }",
    "allow := count({x | some x in input.jwt_body.my_private_claims.tags})",
    "allow := {x | some x in input.jwt_body.my_private_claims.tags; x != \"a\"}",
    "allow := [upper(x) | some x in input.jwt_body.groups]",
    "allow := {x: y | some y, x in input.jwt_body.groups}",
    "allow := {x | x := input.jwt_body.groups[_].nothing}",
    "allow := sum([x | some x in [1, 2, 3.5]]) / 2",
    "allow := 7 % 4 + 2 * 3 - 1",
    "allow := input.jwt_body.ratio * 3",
    "allow := {1, 2} | {3}",
    "allow := {1, 2} & {2, 3}",
    "allow := {1, 2} - {2}",
    "allow := object.get(input.jwt_body, [\"my_private_claims\", \"employee\"], \"x\")",
    "allow := object.get(input.jwt_body, \"nope\", \"x\")",
    "allow := split(\"a.b.c\", \".\")[1]",
    "allow := array.concat([1], [2, [3]])",
    "allow := object.union({\"a\": 1}, {\"b\": {\"c\": 2}})",
    "allow := json.unmarshal(\"{\\\"a\\\": [1, 2.5]}\")",
    "allow := to_number(\"12.5\")",
    "allow := sort([3, 1, 2])",
    "allow := concat(\",\", [\"a\", \"b\"])",
    "allow := concat(\",\", {\"b\", \"a\"})",
    "allow := replace(\"aXbX\", \"X\", \"--\")",
    "allow := sprintf(\"%s has %d of %v, %v %v %s\", [\"x\", 3, [1, \"a\"], {\"k\": null}, 2.25, {\"b\", \"a\"}])",
    "allow := numbers.range(3, 6)",
    "allow := numbers.range(3, 1)",
    "allow := trim(\"--a-b--\", \"-\")",
    "allow := trim_left(\"--a-b--\", \"-\")",
    "allow := trim_right(\"--a-b--\", \"-\")",
    "allow := lower(input.jwt_body.nothing)",
    "allow := concat(input.jwt_body.nothing, [])",
    "f(x) := x * 2\nallow := [f(1), f(2), f(f(3))]",
    "f(x) := \"small\" if x < 10\nf(x) := \"big\" if x >= 10\nallow := [f(3), f(30)]",
    "f(x) := x if x > 1\nf(x) := x * 1 if x > 2\nallow := f(3)",
    "a := b\nb := c\nc := 3\nd := c + b\nallow := [a, b, c, d, a]",
    "a if b\nb if c\nc if input.jwt_body.yes\nallow if { a; b; c }",
    "late := {x | some x in early}\ndefault early := []\nearly := [y | some y in input.jwt_body.groups; contains(y, \"s\")]\nhelper(y) if { contains(y, \"s\") }\nallow := [late, early, helper(\"s\"), early]",
    "roles contains x if { some x in input.jwt_body.groups; x != \"night\" }\nroles contains \"extra\" if input.jwt_body.yes\nallow := roles",
    "by[x] := y if { some x, y in input.jwt_body.groups }\nallow := by",
    "default level := 9\nlevel := 1 if input.jwt_body.nothing\nallow := level",
    "allow if { x := [1, [2, 3]]; x = [a, [b, c]]; a + b == c }",
    "allow if { {\"employee\": e} = {\"employee\": input.jwt_body.my_private_claims.employee}; e == \"Alice\" }",
    "allow := [[x, y] | some x in [1, 2]; some y in [3, 4]; x + y != 5]",
    "allow := {x: [y | some y in v; y > 1] | some x, v in {\"a\": [1, 2], \"b\": [3]}}",
    "allow := input.jwt_body.none == null",
    "allow := [x | x := input.jwt_body[k]; k == \"level\"]",
    "import input.jwt_body as jwt\nallow if jwt.level == 3",
    "import rego.v1\nallow if input.jwt_body.level == 3",
    "import future.keywords\nallow if \"staff\" in input.jwt_body.groups",
    "allow { input.jwt_body.level == 3 }",
    "allow = true { input.jwt_body.level == 4 }",
    "allow = x { x := input.jwt_body.groups[1] }",
    "allow[x] { x := input.jwt_body.groups[_] }",
    "allow if count([g | some g in input.jwt_body.groups; not startswith(g, \"n\")]) == 2",
    "allow if { some tag in input.jwt_body.my_private_claims.tags\n  tag == \"b\" }",
    "allow := lower(\"İX\") != upper(\"ß\")",
    "allow := [min([3, 1]), max({3, 1}), count(\"añb\"), substring(\"añb\", 1, 1), indexof(\"añb\", \"b\")]",
    "allow := [trim_prefix(\"ab\", \"a\"), trim_suffix(\"ab\", \"b\"), trim_space(\" a \"), endswith(\"ab\", \"b\")]",
    "allow := [is_string(1), is_array([]), type_name({1}), abs(-1), ceil(1.5), floor(1.5), round(1.5)]",
    "allow := [format_int(255, 16), json.marshal({\"a\": [1]}), json.is_valid(\"{\"), object.keys({\"a\": 1})]",
    "allow := [object.remove({\"a\": 1, \"b\": 2}, [\"a\"]), object.filter({\"a\": 1, \"b\": 2}, [\"a\"])]",
    "allow := [union({{1}, {2}}), intersection({{1, 2}, {2}}), {1} - {2}]",
    "allow := [array.slice([1, 2, 3], 1, 2), array.reverse([1, 2]), indexof(\"ab\", \"c\"), strings.reverse(\"ab\")]",
];

#[test]
fn halts_change_nothing() {
    let input = json!({"jwt_body": alice()});
    for rules in RULES {
        let text = format!("package a.b\n{rules}\n");
        let dry = Policy::compile(&text).unwrap().allow_when_dry(input.clone(), now()).unwrap();
        let mut engine = Engine::new();
        if engine.add_policy("policy".into(), text.clone()).is_err() {
            engine = Engine::new();
            engine.set_rego_v0(true);
            engine.add_policy("policy".into(), text).unwrap();
        }
        engine.set_strict_builtin_errors(false);
        engine.set_input_json(&input.to_string()).unwrap();
        let theirs = engine.eval_rule("data.a.b.allow".into()).unwrap();
        assert_eq!(dry, theirs, "{rules}");
    }
}

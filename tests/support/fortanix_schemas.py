"""Judges JSON texts by the schemas of an OpenAPI document: python3 fortanix_schemas.py DOCUMENT < LINES.

A line is a JSON array of a schema's name and a text; for each there is a line with `valid`, or with what is wrong.
"""
import base64
import json
import re
import sys

from jsonschema import Draft4Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

# White space of ECMA-262, by which OpenAPI reads patterns; Python's is another, and its $ passes over a last line feed.
SPACE = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def pattern(_, wanted, instance, __):
    wanted = wanted.replace(r"\s", SPACE).replace("$", r"\Z")
    if isinstance(instance, str) and not re.search(wanted, instance):
        yield ValidationError(f"{instance[:40]!r} does not match {wanted}")


formats = FormatChecker(formats=["uuid", "ipv4", "ipv6"])


@formats.checks("byte")
def is_base64(instance):
    if not isinstance(instance, str):
        return True
    try:
        return base64.b64encode(base64.b64decode(instance, validate=True)).decode() == instance
    except ValueError:
        return False


def jsonschema_of(schema):
    """OpenAPI 3.0 has `nullable` where JSON Schema has a type more; what a `discriminator` says, `oneOf` says too."""
    if isinstance(schema, list):
        return [jsonschema_of(element) for element in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: jsonschema_of(value) for name, value in schema.items() if name != "discriminator"}
    if schema.pop("nullable", False) is True:
        schema["type"] = [schema["type"], "null"]
    return schema


with open(sys.argv[1], encoding="utf-8") as file:
    document = jsonschema_of(json.load(file))
Validator = extend(Draft4Validator, {"pattern": pattern})
validators = {}
for name in document["components"]["schemas"]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    validators[name] = Validator(schema, format_checker=formats)
for line in sys.stdin:
    name, text = json.loads(line)
    try:
        errors = [error.message.replace("\n", " ") for error in validators[name].iter_errors(json.loads(text))]
    except ValueError as error:
        errors = [f"no JSON: {error}"]
    print("valid" if not errors else errors[0][:200])

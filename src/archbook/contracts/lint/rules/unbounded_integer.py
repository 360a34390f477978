"""Numbers of any size from clients."""

from archbook.contracts.lint.subject import PAGE_SIZE, Subject, is_type
from archbook.findings import Hits, Rule
from archbook.units import listed


def endless(subject: Subject) -> Hits:
    """An operation that takes whole numbers without a least and a greatest one."""
    for endpoint in subject.endpoints:
        names = [
            name
            for name, schema in subject.inputs(endpoint)
            if is_type(schema, "integer")
            and not any(bound in schema for bound in ("enum", "const", "format"))
            and not ({"minimum", "exclusiveMinimum"} & set(schema) and {"maximum", "exclusiveMaximum"} & set(schema))
            and not (PAGE_SIZE.fullmatch(name) and endpoint.rows)
        ]
        if names:
            told = listed(f"`{name}`" for name in names)
            do = f"write `{names[0]}: {{type: integer, minimum: 1, maximum: 1000}}`"
            yield endpoint.at(f"takes numbers of any size: {told}", do)


RULE = Rule(
    id="unbounded-integer",
    severity="low",
    principle=3,
    why="What does not fit the column is an error of the database, and a quantity of -1 is a credit",
    remedy="Give every whole number that clients send a minimum and a maximum, or a format (`int32`, `int64`).",
    references=("OWASP API Security 2023, API4", "Spectral: owasp:api4:2023-integer-limit-legacy"),
    check=endless,
    fires="paths: {/a: {post: {requestBody: {content: {application/json: {schema: {properties: {n: {type: "
    "integer}}}}}}}}}",
    quiet="paths: {/a: {post: {requestBody: {content: {application/json: {schema: {properties: {n: {type: "
    "integer, minimum: 1, "
    "maximum: 99}}}}}}}}}",
)

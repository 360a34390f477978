"""Texts of any length."""

from archbook.contracts.lint.subject import Subject, is_type
from archbook.findings import Hits, Rule
from archbook.units import listed

BOUNDS = ("maxLength", "enum", "const", "pattern")
BOUNDED = ("date", "date-time", "time", "uuid", "ipv4", "ipv6", "byte", "binary", "duration")


def endless(subject: Subject) -> Hits:
    """An operation that takes texts without a greatest length, a pattern or a list of values."""
    for endpoint in subject.endpoints:
        names = [
            name
            for name, schema in subject.inputs(endpoint)
            if is_type(schema, "string")
            and schema.get("format") not in BOUNDED
            and not any(b in schema for b in BOUNDS)
        ]
        if names:
            told = listed(f"`{name}`" for name in names)
            yield endpoint.at(
                f"takes texts of any length: {told}", f"write `{names[0]}: {{type: string, maxLength: 200}}`"
            )


RULE = Rule(
    id="unbounded-string",
    severity="medium",
    principle=3,
    why="One text of a gigabyte takes the memory of the service, and what is longer than the column fails in the "
    "database",
    remedy="Give every text that clients send a maxLength, as its column has one.",
    references=("OWASP API Security 2023, API4", "Spectral: owasp:api4:2023-string-limit"),
    check=endless,
    fires="paths: {/a: {post: {requestBody: {content: {application/json: {schema: {properties: {name: {type: "
    "string}}}}}}}}}",
    quiet="paths: {/a: {post: {requestBody: {content: {application/json: {schema: {properties: {name: {type: string, "
    "maxLength: 200}, id: {type: string, format: uuid}}}}}}}}}",
)

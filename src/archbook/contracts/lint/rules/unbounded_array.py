"""Lists of any length from clients."""

from archbook.contracts.lint.subject import Subject, is_type
from archbook.findings import Hits, Rule
from archbook.units import listed


def endless(subject: Subject) -> Hits:
    """An operation that takes lists without a greatest number of items."""
    for endpoint in subject.endpoints:
        names = [
            name for name, schema in subject.inputs(endpoint) if is_type(schema, "array") and "maxItems" not in schema
        ]
        if names:
            told = listed(f"`{name}`" for name in names)
            yield endpoint.at(
                f"takes lists of any length: {told}", f"write `{names[0]}: {{type: array, maxItems: 100, items: …}}`"
            )


RULE = Rule(
    id="unbounded-array",
    severity="medium",
    principle=4,
    why="The work of one request grows with what a client likes to send: a list of a million ids is a million queries",
    remedy="Give every list that clients send a maxItems.",
    references=("OWASP API Security 2023, API4", "Spectral: owasp:api4:2023-array-limit"),
    check=endless,
    fires="paths: {/a: {get: {parameters: [{name: ids, in: query, schema: {type: array, items: {type: integer}}}]}}}",
    quiet="paths: {/a: {get: {parameters: [{name: ids, in: query, schema: {type: array, maxItems: 50, items: "
    "{type: integer}}}]}}}",
)

"""Bodies of which nothing is known."""

from archbook.contracts.lint.subject import Subject, is_json, parts
from archbook.findings import Hits, Rule

SAYS = ("properties", "items", "enum", "const", "additionalProperties", "patternProperties", "not")


def unknown(subject: Subject) -> Hits:
    """A JSON body, sent by a client, whose parts are not described."""
    for endpoint in subject.endpoints:
        for kind, schema in endpoint.takes.items():
            plain = schema.get("type") in ("string", "integer", "number", "boolean", "array")
            if is_json(kind) and not plain and not parts(schema) and not any(key in schema for key in SAYS):
                do = (
                    "write `schema: {type: object, required: [name], properties: {name: {type: string, "
                    "maxLength: 200}}}`"
                )
                yield endpoint.at("takes a body that is not described", do, where=("requestBody",))
                break


RULE = Rule(
    id="body-without-schema",
    severity="medium",
    principle=3,
    why="Never trust input: what is not described is not checked, and clients find out by trying",
    remedy="Describe every body by a schema with bounds.",
    references=("OWASP API Security 2023, API3", "OWASP ASVS 5, V2.2.1"),
    check=unknown,
    fires="paths: {/a: {post: {requestBody: {content: {application/json: {schema: {type: object}}}}}}}",
    quiet="paths: {/a: {post: {requestBody: {content: {application/json: {schema: {properties: {name: {}}}}}}}}}",
)

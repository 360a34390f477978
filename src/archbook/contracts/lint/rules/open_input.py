"""Properties that nobody asked for."""

from archbook.contracts.lint.subject import Subject, is_json, parts
from archbook.findings import Hits, Rule


def open_bodies(subject: Subject) -> Hits:
    """A JSON body that may have properties which the schema does not know."""
    for endpoint in subject.endpoints:
        for kind, schema in endpoint.takes.items():
            closed = any(schema.get(key) is not None for key in ("additionalProperties", "unevaluatedProperties"))
            if is_json(kind) and "properties" in schema and not parts(schema) and not closed:
                do = "write `additionalProperties: false`, and answer 422 with the `field` that is not known"
                yield endpoint.at("takes unknown properties", do, where=("requestBody",))
                break


RULE = Rule(
    id="open-input",
    severity="low",
    principle=3,
    why="A misspelt property is dropped in silence, and one such as `is_admin` may be bound to a column",
    remedy="Refuse what the schema does not know, or say that it is kept.",
    references=("OWASP API Security 2023, API3", "Zalando RESTful API guidelines, rule 111 (against)"),
    check=open_bodies,
    fires="paths: {/a: {post: {requestBody: {content: {application/json: {schema: {properties: {name: {}}}}}}}}}",
    quiet="paths: {/a: {post: {requestBody: {content: {application/json: {schema: {properties: {name: {}}, "
    "additionalProperties: false}}}}}}}",
)

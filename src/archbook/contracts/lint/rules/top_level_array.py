"""Answers that are a bare list."""

from archbook.contracts.lint.subject import Subject, is_type
from archbook.findings import Hits, Rule


def bare(subject: Subject) -> Hits:
    """An answer that is a bare list, with no room for anything beside it."""
    for endpoint in subject.endpoints:
        status = next((status for status, schema in endpoint.shapes if is_type(schema, "array")), None)
        if status:
            better = (
                '{"data": […], "meta": {"page": 1, "total": 240}}'
                if subject.style.envelope
                else '{"items": […], "next": "…"}'
            )
            yield endpoint.at("answers with a bare list", f"answer `{better}`", where=("responses", status))


RULE = Rule(
    id="top-level-array",
    severity="medium",
    principle=2,
    why="Nothing can be added beside the rows later, neither a total nor the next page, without breaking every client",
    remedy="Answer with an object, and put the list into it.",
    references=("Zalando RESTful API guidelines, rule 110",),
    check=bare,
    fires="paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {type: array}}}}}}}}",
    quiet="paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {type: object}}}}}}}}",
)

"""Answers that are wrapped in another way than the others."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def unwrapped(subject: Subject) -> Hits:
    """An answer that is not wrapped as the style of the API says."""
    envelope = subject.style.envelope
    for endpoint in subject.endpoints:
        for status, schema in endpoint.shapes:
            properties = subject.properties(schema)
            if not properties or ("data" in properties) == envelope or (not envelope and "meta" not in properties):
                continue
            what = "answers without the envelope of the API" if envelope else "wraps its answer, and the API does not"
            names = ", ".join(list(properties)[:3])
            do = (
                f'answer `{{"data": {{{names}, …}}, "meta": {{}}, "errors": []}}`'
                if envelope
                else "answer what is in `data`"
            )
            yield endpoint.at(what, do, where=("responses", status))
            break


RULE = Rule(
    id="mixed-envelope",
    severity="medium",
    principle=2,
    why="Clients unwrap all answers in one place; the one that is wrapped in another way needs a case of its own",
    remedy="Wrap all answers in one way: `{data, meta, errors}`, or none of them.",
    references=("Zalando RESTful API guidelines, rule 110", "https://jsonapi.org/format/#document-top-level"),
    check=unwrapped,
    fires="""paths:
  /a: {get: {responses: {'200': &ok {content: {application/json: {schema: {properties: {data: {}, meta: {}}}}}}}}}
  /b: {get: {responses: {'200': *ok}}}
  /c: {get: {responses: {'200': {content: {application/json: {schema: {properties: {id: {type: string}}}}}}}}}""",
    quiet="""paths:
  /a: {get: {responses: {'200': &ok {content: {application/json: {schema: {properties: {data: {}, meta: {}}}}}}}}}
  /b: {get: {responses: {'200': *ok}}}""",
)

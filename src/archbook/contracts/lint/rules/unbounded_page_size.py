"""Pages as large as the client likes."""

from archbook.contracts.lint.subject import PAGE_SIZE, Subject
from archbook.findings import Hits, Rule


def unbounded(subject: Subject) -> Hits:
    """A page size that has no maximum, or a larger one than the style of the API allows."""
    most = subject.style.max_page_size
    for endpoint in subject.endpoints:
        for parameter in endpoint.parameters if endpoint.rows else ():
            if parameter["in"] != "query" or not PAGE_SIZE.fullmatch(parameter["name"]):
                continue
            name, schema = parameter["name"], subject.document.resolve(parameter.get("schema"))
            maximum = schema.get("maximum", schema.get("exclusiveMaximum"))
            over = subject.declared and isinstance(maximum, int | float) and maximum > most
            if "enum" in schema or not (maximum is None or over):
                continue
            do = (
                f"write `{{name: {name}, in: query, schema: {{type: integer, minimum: 1, maximum: {most}, "
                f"default: {min(20, most)}}}}}`"
            )
            what = f"allows {maximum} rows a page; the API at most {most}" if over else f"has no maximum for `{name}`"
            yield endpoint.at(what, do)


RULE = Rule(
    id="unbounded-page-size",
    severity="medium",
    principle=4,
    why="One request for a million rows takes the memory and the time of thousands of others",
    remedy="Give the page size a maximum and a default.",
    references=("OWASP API Security 2023, API4", "Google AIP-158"),
    check=unbounded,
    fires="paths: {/a: {get: {parameters: [{name: limit, in: query, schema: {type: integer}}], responses: "
    "{'200': {content: "
    "{application/json: {schema: {type: array}}}}}}}}",
    quiet="paths: {/a: {get: {parameters: [{name: limit, in: query, schema: {type: integer, maximum: 100}}], "
    "responses: "
    "{'200': {content: {application/json: {schema: {type: array}}}}}}}}",
)

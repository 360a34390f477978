"""Pages that do not say where the next one is."""

from archbook.contracts.lint.links import leads_on
from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def no_way_on(subject: Subject) -> Hits:
    """A list in pages without a link to the next one, in an API that links."""
    style = subject.style.links
    lists = [endpoint for endpoint in subject.endpoints if endpoint.rows and endpoint.paging] if style != "none" else []
    without = [endpoint for endpoint in lists if not leads_on(endpoint)]
    if not subject.declared and 2 * len(without) >= len(lists):
        return  # links of other kinds, and no habit of linking pages
    host = "https://api.example.com" if style == "absolute" else ""
    for endpoint in without:
        asked = "cursor=…" if endpoint.paging == "cursor" else "page=2"
        do = f'answer `links: {{"next": "{host}{endpoint.path}?{asked}"}}`, and null on the last page'
        yield endpoint.at("answers in pages, and does not link to the next one", do)


RULE = Rule(
    id="page-without-next",
    severity="low",
    principle=2,
    why="A client that follows the links of the other lists takes the first page of this one for the whole, and one "
    "that puts addresses together breaks when pages are cut in another way",
    remedy="Link each page to the next one.",
    references=(
        "Zalando RESTful API guidelines, rule 161",
        "Microsoft Azure REST API guidelines: nextLink",
        "RFC 8288",
    ),
    check=no_way_on,
    fires="""paths:
  /a:
    get: &a
      parameters: [{name: page, in: query}]
      responses: {'200': {content: {application/json: {schema: {properties:
        {items: {type: array}, next: {type: string, format: uri}}}}}}}
  /b: {get: *a}
  /c:
    get:
      parameters: [{name: page, in: query}]
      responses: {'200': {content: {application/json: {schema: {properties: {items: {type: array}}}}}}}""",
    quiet="""paths:
  /a:
    get: &a
      parameters: [{name: page, in: query}]
      responses: {'200': {content: {application/json: {schema: {properties:
        {items: {type: array}, next: {type: string, format: uri}}}}}}}
  /b: {get: *a}""",
)

"""Lists that are cut in another way than the others."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def other_way(subject: Subject) -> Hits:
    """A list that is cut in another way than the style of the API says."""
    way = subject.style.pagination
    for endpoint in subject.endpoints:
        if endpoint.rows and way != "none" and endpoint.paging not in ("", way):
            asked = "cursor=…" if way == "cursor" else "page=1"
            do = f"answer `GET {endpoint.path}?{asked}&page_size=20` as the other lists do"
            yield endpoint.at(f"is cut by {endpoint.paging}; the API's lists are by {way}", do)


RULE = Rule(
    id="mixed-pagination",
    severity="medium",
    principle=2,
    why="A client needs a second loop for the same thing, and the one that it has ends too early on this list",
    remedy="Cut all lists in one way; a cursor also holds where rows are added meanwhile.",
    references=("Zalando RESTful API guidelines, rule 160", "Google AIP-158"),
    check=other_way,
    fires="""paths:
  /a:
    get: &list
      parameters: [{name: page, in: query}]
      responses: {'200': {content: {application/json: {schema: {type: array}}}}}
  /b: {get: *list}
  /c: {get: {<<: *list, parameters: [{name: cursor, in: query}]}}""",
    quiet="""paths:
  /a:
    get: &list
      parameters: [{name: page, in: query}]
      responses: {'200': {content: {application/json: {schema: {type: array}}}}}
  /b: {get: *list}""",
)

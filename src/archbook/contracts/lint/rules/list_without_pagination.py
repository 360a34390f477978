"""A list that is answered whole."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def unpaginated(subject: Subject) -> Hits:
    """A list that is answered without pages."""
    most = subject.style.max_page_size
    for endpoint in subject.endpoints:
        if endpoint.rows and not endpoint.paging:
            cursor = subject.style.pagination == "cursor"
            asked = f"cursor=…&page_size={min(20, most)}" if cursor else f"page=1&page_size={min(20, most)}"
            do = (
                f"answer `GET {endpoint.path}?{asked}`, with `page_size: {{type: integer, minimum: 1, maximum: "
                f"{most}}}`"
            )
            yield endpoint.at("answers with the whole list", do)


RULE = Rule(
    id="list-without-pagination",
    severity="high",
    principle=2,
    why="The list grows with the business, and every client's answer, the service's memory and the database's scan "
    "with it; adding pages later breaks the clients that rely on getting all",
    remedy="Answer in pages from the first day, with a bound on their size.",
    references=("Zalando RESTful API guidelines, rule 159", "Google AIP-158"),
    check=unpaginated,
    fires="paths: {/users: {get: {responses: {'200': {content: {application/json: {schema: {type: object, properties: "
    "{data: {type: array, items: {}}}}}}}}}}}",
    quiet="paths: {/users: {get: {parameters: [{name: page, in: query}], responses: {'200': {content: "
    "{application/json: {schema: {type: object, properties: {data: {type: array, items: {}}}}}}}}}}}",
)

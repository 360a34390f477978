"""A list that is answered whole."""

from archbook.design.contract import Endpoint
from archbook.findings import Hits, Rule
from archbook.review.subject import ROWS, Subject
from archbook.units import show_rate, show_size, significant

MOST_ROWS = 1000
"""A page of more is a list answered whole."""


def unpaginated(subject: Subject) -> Hits:
    """A list that is answered without pages, by its own words or by the style of the API, or in pages without end."""
    style = subject.design.api.style
    whole = style.pagination == "none"
    way, also = ("page", "; api.style: set `pagination: page`") if whole else (style.pagination, "")
    for index, endpoint in enumerate(subject.design.api.endpoints):
        if endpoint.list and (whole or not endpoint.paginated):
            yield subject.at_endpoint(
                index,
                f"{endpoint.name} answers with the whole list",
                f"api.endpoints[{index}]: set `paginated: true`, at most {style.max_page_size} rows by {way}{also}",
                *_growth(subject, endpoint),
                *_bandwidth(subject, endpoint),
                mend={("api", "endpoints", index, "paginated"): True}
                | ({("api", "style", "pagination"): way} if whole else {}),
            )

    if style.max_page_size > MOST_ROWS and not whole and any(e.list for e in subject.design.api.endpoints):
        yield subject.at(
            ("api", "style", "max_page_size"),
            "max_page_size",
            f"a page may have {significant(style.max_page_size)} rows, which is the whole list for most",
            "api.style: set `max_page_size: 100`, and offer an export where all rows are wanted",
            mend={("api", "style", "max_page_size"): 100},
            severity="medium",
        )


def _growth(subject: Subject, endpoint: Endpoint) -> list[str]:
    named = endpoint.resource or ""
    store = next((name for name, store in subject.design.stores.items() if named in store.holds), "")
    grows = subject.growth_of(store, named)
    return grows and [*grows, *subject.cited(store)]


def _bandwidth(subject: Subject, endpoint: Endpoint) -> list[str]:
    rate, size = subject.requests_per_s(endpoint.name), endpoint.response_size
    if not rate:
        return []
    requests = f"{show_rate(rate)} {subject.peak}"
    if not size:
        return [f"{requests}, {significant(endpoint.rows or ROWS)} rows each (computed: rate × rows)"]
    return [f"{requests} of {show_size(size)} each are {show_size(rate * size)}/s (computed: rate × size)"]


RULE = Rule(
    id="list-without-pagination",
    severity="high",
    principle=2,
    why="The list grows with the business, and every client's answer, the service's memory and the database's scan "
    "with it; adding pages later breaks the clients that rely on getting all",
    remedy="Answer in pages from the first day, with a bound on their size.",
    references=("Zalando RESTful API guidelines, rule 159", "Google AIP-158"),
    check=unpaginated,
    fires="  - {name: GET /api/v1/parts, service: front, list: true, paginated: false}",
    quiet="  - {name: GET /api/v1/parts, service: front, list: true, paginated: true}",
)

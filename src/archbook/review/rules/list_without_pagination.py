"""A list that is answered whole."""

from __future__ import annotations

from collections.abc import Iterator

from archbook.design.contract import Endpoint
from archbook.findings import Hit, Rule
from archbook.review.subject import ROWS, Subject
from archbook.units import show_duration, show_rate, show_size, significant


def unpaginated(subject: Subject) -> Iterator[Hit]:
    """A list endpoint without pages, by its own words or by the style of the API."""
    style = subject.design.api.style
    for index, endpoint in enumerate(subject.design.api.endpoints):
        if endpoint.list and (not endpoint.paginated or style.pagination == "none"):
            rate = subject.requests_per_s(endpoint.name)
            way = "page" if style.pagination == "none" else style.pagination
            yield Hit(
                about=endpoint.name,
                what=f"{endpoint.name} answers with the whole list",
                do=f"api.endpoints[{index}]: set `paginated: true`, at most {style.max_page_size} rows by {way}"
                + ("; api.style: set `pagination: page`" if style.pagination == "none" else ""),
                where=("api", "endpoints", index),
                evidence=(*_growth(subject, endpoint), *_bandwidth(subject, endpoint, rate)),
                cost=rate,
            )


def _growth(subject: Subject, endpoint: Endpoint) -> tuple[str, ...]:
    storage = subject.grown.storage if subject.grown else ()
    held = next((s for s in storage if endpoint.resource and s.holding == endpoint.resource), None)
    if held is None:
        return ()
    horizon = show_duration(subject.design.traffic.horizon)
    now, then = significant(held.items_now), significant(held.items_at_horizon)
    grows = f" today and {then} in {horizon} (computed: growth of storage)" if then != now else ""
    return (f"{held.store} holds {now} {held.holding}{grows}", *subject.cited(f"stores.{held.store}"))


def _bandwidth(subject: Subject, endpoint: Endpoint, rate: float) -> tuple[str, ...]:
    if not rate:
        return ()
    requests = f"{show_rate(rate)} {subject.peak}"
    if not endpoint.response_size:
        return (f"{requests}, {significant(endpoint.rows or ROWS)} rows each (computed: rate × rows)",)
    flow = show_size(rate * endpoint.response_size)
    return (f"{requests} of {show_size(endpoint.response_size)} each are {flow}/s (computed: rate × size)",)


RULE = Rule(
    id="list-without-pagination",
    title="A list that is answered without pages",
    severity="high",
    principle=2,
    why="The list grows with the business, and every client's answer, the service's memory and the database's scan "
    "with it; adding pages later breaks the clients that rely on getting all",
    remedy="Answer in pages from the first day, with a bound on their size.",
    references=("Zalando RESTful API guidelines, rule 159", "Google AIP-158"),
    check=unpaginated,
    fires="""
api:
  endpoints:
  - {name: GET /api/v1/things, service: front, list: true, paginated: false, resource: things}
  - {name: POST /api/v1/things, service: front}
""",
    quiet="""
api:
  endpoints:
  - {name: GET /api/v1/things, service: front, list: true, paginated: true, resource: things}
  - {name: POST /api/v1/things, service: front}
""",
)

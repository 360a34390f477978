"""Lists without pages: by the endpoint's own words, or by the style of the whole API."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import by, example

review = by("list-without-pagination")

CASES = {
    "a list in pages": ("list: true", "page", 0),
    "a list answered whole": ("list: true, paginated: false", "page", 1),
    "a style without pages": ("list: true", "none", 1),
    "no list": ("list: false, paginated: false", "page", 0),
}


def api(flags: str, style: str) -> str:
    return f"""
api:
  style: {{pagination: {style}, max_page_size: 50}}
  endpoints:
  - {{name: GET /api/v1/things, service: front, resource: things, response_size: 200KB, {flags}}}
  - {{name: POST /api/v1/things, service: front}}
"""


@pytest.mark.parametrize(("flags", "style", "findings"), CASES.values(), ids=CASES)
def test_a_list_has_pages(flags: str, style: str, findings: int) -> None:
    assert len(review(example(api(flags, style))).findings) == findings


def test_the_finding_says_how_the_list_grows_and_what_it_takes() -> None:
    stores = """
stores:
  things-db:
    engine: postgresql
    owner: front
    service_time: {mean: 2ms}
    holds: {things: {items: 1000, size: 100B, added_by: [POST /api/v1/things]}}
"""
    (finding,) = review(example(stores + api("list: true, paginated: false", "cursor"))).findings
    assert finding.do.startswith("api.endpoints[0]: set `paginated: true`, at most 50 rows by cursor")
    growth, bandwidth = finding.evidence
    assert growth.startswith("things-db holds 1\u202f000 things today and ")
    assert bandwidth == "10 req/s at 10× today's peak of 200 kB each are 2 MB/s (computed: rate × size)"


@pytest.mark.parametrize(("most", "findings"), [(1000, 0), (1001, 1)])
def test_a_page_has_an_end(most: int, findings: int) -> None:
    assert len(review(example(api("list: true", "cursor").replace("50", str(most)))).findings) == findings


def mutated(good: Design) -> Design:
    index = [endpoint.list for endpoint in good.api.endpoints].index(True)
    return good.changed({("api", "endpoints", index, "paginated"): False})

"""Verbs in URLs, and the name that each endpoint should have had."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import by, example

review = by("verb-in-url")

CASES = {
    "POST /api/v1/createOrder": "POST /api/v1/orders",
    "GET /getUser/{id}": "GET /users/{id}",
    "GET /api/v1/orders/list": "GET /api/v1/orders",
    "POST /api/v1/delete-user": "DELETE /api/v1/users",
    "POST /api/v1/updateOrderStatus": "PATCH /api/v1/order-status",
    "GET /api/v1/users": None,
    "GET /api/v1/settings": None,
    "GET /api/v1/wish-list": None,
    "GET /api/v1/news": None,
    "GET /api/v1/{get}": None,
}


@pytest.mark.parametrize(("name", "better"), CASES.items())
def test_a_path_names_things_and_not_actions(name: str, better: str | None) -> None:
    traffic = f"traffic: {{daily_active_users: 1, journeys: {{j: {{share: 1, steps: ['{name}']}}}}}}\n"
    report = review(example(f"{traffic}api:\n  endpoints:\n  - {{name: '{name}', service: front}}\n"))
    assert [f"name it `{better}`" in finding.do for finding in report.findings] == ([True] if better else [])


def mutated(good: Design) -> Design:
    added = good.api.endpoints[0].model_copy(update={"name": "GET /getA"})
    return good.changed({("api", "endpoints"): (*good.api.endpoints, added)})

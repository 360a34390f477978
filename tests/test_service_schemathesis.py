"""schemathesis looks for answers of the reference service that its OpenAPI document does not know, and for failures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, Config

from archbook.contracts.openapi import to_openapi
from archbook.contracts.service.app import create
from archbook.verbs import load

EXAMPLES = 8
DESIGN = load("ecommerce")


def _config() -> Config:
    return Config.from_dict({"generation": {"deterministic": True, "allow-x00": False}, "checks": {
        "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "406", "413", "415", "422"]},
        "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "412", "413", "422"]},
    }})  # fmt: skip


RUNNING: list[Any] = []


@pytest.fixture(scope="module", autouse=True)
def service() -> Iterator[Any]:
    app = create(DESIGN, rows=200, limits=False)
    RUNNING.append(app)
    yield app
    RUNNING.clear()
    app.state.close()


async def _served(scope: Any, receive: Any, send: Any) -> None:
    """The service, which is made when the first test runs and not when tests are collected."""
    if scope["type"] == "http":
        await RUNNING[0](scope, receive, send)


api = schemathesis.openapi.from_dict(to_openapi(DESIGN), config=_config())
api.app = _served


def _headers(app: Any, case: Case) -> dict[str, str]:
    """A token of somebody who may."""
    endpoint = DESIGN.endpoint(f"{case.operation.method.upper()} {case.operation.path}")
    if endpoint.auth == "none":
        return {}
    account = app.state.guard.accounts.by_name[next(iter(endpoint.roles), "customer")]
    return {"Authorization": f"Bearer {app.state.guard.issue(account)[0]}"}


@api.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
def test_no_answer_is_undocumented_or_a_failure(case: Case, service: Any) -> None:
    case.call_and_validate(headers=_headers(service, case))


def test_every_endpoint_is_looked_at() -> None:
    found = {f"{result.ok().method.upper()} {result.ok().path}" for result in api.get_all_operations()}
    assert found == {endpoint.name for endpoint in DESIGN.api.endpoints}

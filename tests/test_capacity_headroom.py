"""Headroom: limits and changes are true when the design is estimated again; costs are as computed by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from archbook.capacity import estimate, headroom
from archbook.capacity.headroom import Change, Headroom, _edits
from archbook.design.loading import load, read
from archbook.design.model import Design

DESIGNS = sorted((Path(__file__).parent.parent / "data" / "designs").glob("*/design.yaml"))
# 864 000 users × 1 session: ten requests a second
SHOP = """
archbook: 1
name: small
traffic: {daily_active_users: 864000, growth: 10, journeys: {all: {share: 1, steps: [GET /x]}}}
services:
  shop: {instances: 2, concurrency: 4, monthly_cost: 50, service_time: {mean: 40ms}}
  pay: {instances: 2, concurrency: 1, monthly_cost: 30, service_time: {mean: 10ms, scv: 0}}
stores:
  db: {engine: postgresql, servers: 2, monthly_cost: 200, service_time: {mean: 20ms}}
externals:
  bank: {service_time: {mean: 90ms, scv: 0}}
calls:
  - {from: shop, to: db}
  - {from: shop, to: db, kind: write, per_request: 0.25}
  - {from: pay, to: bank}
  - {from: shop, to: pay, mode: async}
api: {endpoints: [{name: GET /x, service: shop}]}
"""


@pytest.fixture(scope="module")
def shop() -> Design:
    return read(SHOP)


@pytest.fixture(scope="module")
def found(shop: Design) -> Headroom:
    return headroom(shop)


def ways(found: Headroom, element: str) -> dict[str, Change]:
    room = next(room for room in found.rooms if room.element == element)
    return {change.what: change for change in room.changes}


@pytest.mark.parametrize("path", DESIGNS, ids=lambda path: path.parent.name)
def test_each_part_breaks_where_headroom_says(path: Path) -> None:
    made = load(path.parent)
    for room in headroom(made).rooms:
        below, above = (estimate(made, room.at * by).elements[room.element] for by in (0.998, 1.002))
        assert below.utilisation < 1 <= above.utilisation


@pytest.mark.parametrize("path", DESIGNS, ids=lambda path: path.parent.name)
def test_the_cheapest_changes_reach_the_growth_of_every_shipped_design(path: Path) -> None:
    found = headroom(load(path.parent))
    assert found.reaches >= found.growth
    assert all(element.utilisation < 1 for element in found.after.elements.values())
    for room in found.rooms:
        costs = [change.per_month for change in room.changes if not math.isnan(change.per_month)]
        assert costs == sorted(costs)


def test_every_change_on_its_own_keeps_its_element_comfortable(shop: Design, found: Headroom) -> None:
    rest = {where: value for change in found.changes for where, value in _edits(shop, change).items()}
    for room in found.rooms:
        for change in room.changes:
            others = {where: value for where, value in rest.items() if where[1] != room.element}
            mended = shop.changed(others | _edits(shop, change))
            assert estimate(mended, 10).elements[room.element].utilisation <= 0.85 + 1e-6
            short = mended.changed({next(iter(_edits(shop, change))): int(change.needed) - 1})
            assert estimate(short, 10).elements[room.element].utilisation > 0.85


def test_alternatives_cost_as_computed_by_hand(found: Headroom) -> None:
    # at 10×: db has 100 reads and 25 writes/s × 20 ms = 2.5 busy servers; 3 servers keep them at 83 %
    db = ways(found, "db")
    assert (db["servers"].needed, db["servers"].per_month) == (3, pytest.approx(100))
    # a copy takes every write: 2 × 0.85 − 25 × 20 ms leaves 1.2 for reads of 2.0: two copies
    assert (db["replicas"].needed, db["replicas"].per_month) == (1, pytest.approx(200))
    # pay holds a thread 100 ms at 100/s: 10 busy, 12 threads; its own 10 ms keep only 1 of 2 busy
    pay = ways(found, "pay")
    assert (pay["instances"].needed, pay["instances"].per_month) == (12, pytest.approx(300))
    assert (pay["concurrency"].needed, pay["concurrency"].per_month) == (6, 0)
    assert pay["concurrency"].holds_when.startswith("its own work fits: it keeps 1 of 2 threads of today busy")


def test_more_threads_are_no_remedy_for_work(shop: Design) -> None:
    busy = shop.changed({("services", "pay", "service_time", "mean"): 0.05})
    assert set(ways(headroom(busy), "pay")) == {"instances"}
    cores = busy.changed({("services", "pay", "cpu"): 4.0})
    assert set(ways(headroom(cores), "pay")) == {"instances", "concurrency"}


def test_writes_are_not_spread_over_copies(shop: Design) -> None:
    written = shop.changed({("calls", 0, "kind"): "write"})
    assert set(ways(headroom(written), "db")) == {"servers"}


def test_the_answer_names_what_breaks_the_cheapest_way_and_its_cost(found: Headroom) -> None:
    assert found.more_per_month == pytest.approx(found.after.cost.per_month - found.cost.per_month)
    assert found.answer == (
        "pay breaks first, at 2× today's peak (20 req/s). The cheapest way to 10×: concurrency of pay 1 → 6, "
        "servers of db 2 → 3, concurrency of shop 4 → 6, for 100 USD/month more; it then holds to 10.5×."
    )
    assert found.answer in str(found)
    assert "instances of pay 2 → 12    300 USD/month" in str(found)
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["rooms"][0]["element"] == "pay"
    assert found._repr_mimebundle_()["text/html"].count("<table") == 3


def test_a_design_that_carries_its_growth_needs_nothing(shop: Design) -> None:
    found = headroom(shop.changed({("traffic", "growth"): 1.5}))
    assert found.changes == ()
    assert found.answer == (
        "pay breaks first, at 2× today's peak (20 req/s): all parts carry 1.5× as they stand, at 360 USD/month."
    )


def test_a_rate_limit_has_no_price_and_is_to_be_agreed_on(shop: Design) -> None:
    limited = shop.changed({("externals", "bank", "rate_limit"): 15.0})
    change = ways(headroom(limited), "bank")["rate_limit"]
    assert str(change) == "rate limit of bank 15 → 100 req/s"
    assert math.isnan(change.per_month)
    assert "and what bank will ask" in headroom(limited).answer


def test_no_known_limit_is_said() -> None:
    bare = read(SHOP.partition("services:")[0] + "services: {a: {}}\napi: {endpoints: [{name: GET /x, service: a}]}")
    assert headroom(bare).answer.startswith("No limit is known")
    assert headroom(bare).holds_to == math.inf


def test_changes_that_open_too_many_connections_say_so(shop: Design) -> None:
    pooled = shop.changed({("stores", "db", "pool"): 20, ("stores", "db", "max_connections"): 60})
    more = pooled.changed({("services", "shop", "service_time", "mean"): 0.2})
    assert any("which accepts 60" in line for line in headroom(more).concerns)

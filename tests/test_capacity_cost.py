"""Prices and costs: by hand from the price table, stated or unknown, and never mixed in silence."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from archbook.capacity import estimate
from archbook.capacity import prices as price_room
from archbook.capacity.cost import Cost
from archbook.capacity.prices import COLUMNS, FILE, ITEMS, prices, read_prices
from archbook.design.loading import load, read
from archbook.design.model import Design
from archbook.errors import ArchbookError, DesignError

TABLE = Path(__file__).parent.parent / "data" / FILE
HEADER = ",".join(COLUMNS)
# 864 000 users × 1 session, peak 4 times the mean: 10 requests/s over the day, 26.28 million in 730 h
HEAD = """
archbook: 1
name: shop
traffic: {daily_active_users: 864000, peak_to_mean: 4, horizon: 10d, journeys: {all: {share: 1, steps: [GET /x]}}}
"""
MILLIONS = 10 * 730 * 3600 / 1e6


def cost(body: str, growth: float = 1.0, head: str = HEAD) -> Cost:
    return estimate(
        read(head + body + "\napi: {endpoints: [{name: GET /x, service: a, response_size: 1KB}]}"), growth
    ).cost


def of(body: str, growth: float = 1.0) -> dict[str, float]:
    return {line.element: line.per_month for line in cost(body, growth).lines}


def price(item: str) -> float:
    return read_prices(TABLE)[item].value


def test_the_shipped_table_prices_every_item_with_date_and_source() -> None:
    table = read_prices(TABLE)
    assert set(table) == set(ITEMS)
    for entry in table.values():
        assert entry.low <= entry.value <= entry.high
        assert len(entry.sources) >= 2  # no single provider decides
        assert entry.as_of[:2] == "20"
    assert table["vcpu_hour"].value == 0.0405  # Fargate 0.0405, GKE Autopilot 0.0445, Container Instances 0.0405
    assert (table["vcpu_hour"].low, table["vcpu_hour"].high) == (0.0405, 0.0445)


def test_the_table_is_found_in_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "site-packages" / "archbook" / "workbook" / "data"  # where the wheel puts data/
    installed.mkdir(parents=True)
    (installed / FILE).write_bytes(TABLE.read_bytes())
    monkeypatch.setattr(price_room, "_PACKAGE", installed.parents[1])
    assert price_room._shipped.__wrapped__() == read_prices(TABLE)


def test_instances_cost_what_is_stated_or_their_vcpus_and_memory() -> None:
    assert of("services: {a: {instances: 3, monthly_cost: 70}}")["a"] == 210
    by_table = 3 * 730 * (2 * price("vcpu_hour") + 4 * price("memory_gb_hour"))
    assert of("services: {a: {instances: 3, cpu: 2, memory: 4GB}}")["a"] == pytest.approx(by_table)


def test_what_is_unknown_is_said_and_not_counted() -> None:
    found = cost("services: {a: {instances: 3}, b: {monthly_cost: 5}, c: {cpu: 2}}")
    assert found.unknown == ("a", "c")
    assert math.isnan(found.of("a"))
    assert found.per_month == pytest.approx(5 + found.of("internet"))
    assert "without a, c, of unknown cost" in str(found)
    table = found.table().text()
    assert "state `monthly_cost`, or `cpu` and `memory`" in table
    assert "state its `memory`, or `monthly_cost`" in table


STORES = {
    "{engine: postgresql, cpu: 2, replicas: 1, holds: {t: {items: 1M, size: 2KB}}}":
        2 * (730 * 2 * price("database_vcpu_hour") + 2 * price("ssd_gb_month")),
    "{engine: postgresql, servers: 8}": 730 * 8 * price("database_vcpu_hour"),
    "{engine: redis, capacity: 5GB}": 730 * 5 * price("cache_gb_hour"),
    "{engine: sqs, role: broker}": MILLIONS * price("queue_million"),
    "{engine: s3, role: objects, holds: {t: {items: 1M, size: 1MB}}}":
        1000 * price("object_gb_month") + MILLIONS * price("object_read_million"),
    "{engine: kafka, role: broker, cpu: 2, memory: 8GB}":
        730 * (2 * price("vcpu_hour") + 8 * price("memory_gb_hour")),
    "{engine: postgresql, monthly_cost: 320, replicas: 3}": 320,
}  # fmt: skip


@pytest.mark.parametrize(("store", "expected"), STORES.items())
def test_stores_cost_as_computed_by_hand(store: str, expected: float) -> None:
    body = f"services: {{a: {{monthly_cost: 1}}}}\nstores: {{db: {store}}}\ncalls: [{{from: a, to: db}}]"
    assert of(body)["db"] == pytest.approx(expected)


@pytest.mark.parametrize("store", ["{engine: redis}", "{engine: mongodb}", "{engine: postgresql, holds: {t: {}}}"])
def test_a_store_whose_size_is_not_known_has_no_cost(store: str) -> None:
    assert math.isnan(of(f"services: {{a: {{}}}}\nstores: {{db: {store}}}")["db"])


def test_bytes_to_clients_are_paid_once() -> None:
    gigabytes = MILLIONS * 1e6 * 1e3 / 1e9
    assert of("services: {a: {}}")["internet"] == pytest.approx(gigabytes * price("egress_gb"))
    assert of("services: {a: {}}", 10)["internet"] == pytest.approx(10 * gigabytes * price("egress_gb"))
    network = "services: {a: {}}\nstores: {edge: {engine: cdn, role: cdn%s}}"
    assert of(network % "")["edge"] == pytest.approx(gigabytes * price("cdn_gb"))
    stated = of(network % ", monthly_cost: 40", 10)
    assert (stated["edge"], "internet" in stated) == (400, False)  # paid by use: grows with the load


def test_storage_costs_more_at_the_horizon() -> None:
    body = "services: {a: {}}\nstores: {db: {engine: postgresql, holds: {t: {size: 1KB, added_by: [GET /x]}}}}"
    added_gb = 10 * 864000 * 1e3 / 1e9
    assert cost(body).storage_at_horizon == pytest.approx(10 * added_gb / 10 * price("ssd_gb_month"))


def test_another_currency_is_never_mixed_with_dollars() -> None:
    found = cost("services: {a: {cpu: 1, memory: 1GB}, b: {monthly_cost: 3}}", head=HEAD + "currency: EUR\n")
    assert found.unknown == ("a", "internet")
    assert "no price of vcpu_hour, memory_gb_hour in its currency" in found.table().text()
    assert "3 EUR/month" in str(found)


def folder(path: Path, rows: str) -> Design:
    body = "services: {a: {cpu: 1, memory: 1GB}}\napi: {endpoints: [{name: GET /x, service: a}]}\n"
    (path / "design.yaml").write_text(HEAD + body, encoding="utf-8")
    (path / FILE).write_text(f"{HEADER}\n{rows}\n", encoding="utf-8")
    return load(path)


def test_prices_of_ones_own_replace_those_of_the_table(tmp_path: Path) -> None:
    made = folder(tmp_path, "vcpu_hour,0.02,USD per vCPU and hour,Us,Contract,2026-10,Contract 12")
    assert prices(made)["vcpu_hour"].value == 0.02
    assert estimate(made).cost.of("a") == pytest.approx(730 * (0.02 + price("memory_gb_hour")))


WRONG = {
    "vcpu_hours,1,x,y,z,2026-10,s": "prices.csv:2 `item`: no item `vcpu_hours`; did you mean `vcpu_hour`?",
    "vcpu_hour,much,x,y,z,2026-10,s": "prices.csv:2 `price`: `much` is not a price; write a number such as 0.08",
    "vcpu_hour,-1,x,y,z,2026-10,s": "prices.csv:2 `price`: `-1` is not a price; write a number such as 0.08",
    "vcpu_hour,1,x,y,z,,s": "prices.csv:2 `as_of`: is empty; a price needs its date and its source",
    "vcpu_hour": "prices.csv:2 `price`: `None` is not a price; write a number such as 0.08",
}


@pytest.mark.parametrize(("row", "said"), WRONG.items())
def test_a_wrong_price_is_refused_with_its_line(row: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DesignError) as caught:
        estimate(folder(tmp_path, row))
    assert str(caught.value) == said


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"item,price\n"])
def test_a_file_that_is_no_price_table_is_refused_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    made = folder(tmp_path, "")
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ArchbookError, match=r"^prices\.csv") as caught:
        estimate(made)
    assert "\n" not in str(caught.value)

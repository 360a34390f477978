"""Shared databases: one owner writes and reads; others ask it."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import by, example

review = by("shared-database")

STORES = """
stores:
  things-db: {engine: postgresql, owner: front, servers: 8, service_time: {mean: 2ms}}
  nobodys-db: {engine: mysql, servers: 8, service_time: {mean: 2ms}}
  bus: {engine: kafka, role: broker, owner: front, service_time: {mean: 1ms}}
"""
CASES = {
    "the owner": ([("front", "things-db", "write")], []),
    "another reads, which is another finding": ([("front", "things-db", "write"), ("back", "things-db", "read")], []),
    "one reads, one writes": ([("back", "things-db", "read"), ("mailer", "things-db", "write")],
                              ["things-db belongs to front and is written by mailer"]),
    "two others write": ([("back", "things-db", "write"), ("mailer", "things-db", "write")],
                         ["things-db belongs to front and is written by back, mailer"]),
    "no owner, one user": ([("back", "nobodys-db", "write")], []),
    "no owner, two users": ([("mailer", "nobodys-db", "read"), ("back", "nobodys-db", "write")],
                            ["nobodys-db belongs to nobody and is shared by back, mailer"]),
    "a broker is there to be shared": ([("back", "bus", "write"), ("mailer", "bus", "write")], []),
}  # fmt: skip


@pytest.mark.parametrize(("calls", "findings"), CASES.values(), ids=CASES)
def test_a_store_has_one_user(calls: list[tuple[str, str, str]], findings: list[str]) -> None:
    listed = "".join(f"- {{from: {a}, to: {b}, kind: {kind}}}\n" for a, b, kind in calls)
    report = review(example(STORES + "calls:\n" + listed))
    assert [finding.what for finding in report.findings] == findings


def test_the_remedy_names_the_call_and_the_service_to_ask() -> None:
    (finding,) = review(example("calls:\n- {from: back, to: things-db, kind: write}\n")).findings
    assert finding.do.startswith("calls[0]: let back ask front (`to: front`)")


def mutated(good: Design) -> Design:
    return good.changed({("stores", "orders-db", "owner"): "user-service"})

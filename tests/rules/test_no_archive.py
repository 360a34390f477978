"""Growth: of 864 000 things a day none may stay for ever."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "all stay": ("stores: {things-db: {holds: {things: {keep: null}}}}", 1),
    "they are kept for a while": ("stores: {things-db: {holds: {things: {keep: 2y}}}}", 0),
    "they go to an archive": ("stores: {things-db: {holds: {things: {keep: null, archive: Parquet}}}}", 0),
    "large, but nothing is added": (
        "stores: {things-db: {holds: {things: {items: 1G, keep: null, added_by: null}}}}",
        0,
    ),
    "objects": ("stores: {things-db: {role: objects, holds: {things: {keep: null}}}}", 0),
    "99 million": ("stores: {things-db: {holds: {things: {keep: null, per_request: 0.104}}}}", 0),
    "101 million": ("stores: {things-db: {holds: {things: {keep: null, per_request: 0.107}}}}", 1),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_a_large_table_loses_what_is_old(fragment: str, number: int) -> None:
    assert len(findings("no-archive", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed(
        {
            ("stores", "orders-db", "holds", "orders", "keep"): None,
            ("stores", "orders-db", "holds", "orders", "archive"): None,
        }
    )

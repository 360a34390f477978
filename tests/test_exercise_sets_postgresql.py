"""What an exercise says of PostgreSQL is asked of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from archbook.exercise_sets.database_scaling import PRUNED
from archbook.schema.engines import start
from archbook.schema.engines.protocol import Engine

MONTHS = [f"2026-{month:02}-01" for month in range(3, 9)]


@pytest.fixture(scope="module")
def cut() -> Iterator[Engine]:
    with start("postgresql") as server:
        server.execute("CREATE TABLE orders (user_id bigint, created_at timestamptz) PARTITION BY RANGE (created_at)")
        for number, bounds in enumerate(pairwise(MONTHS)):
            server.execute(f"CREATE TABLE p{number} PARTITION OF orders FOR VALUES FROM ('%s') TO ('%s')" % bounds)
        yield server


@pytest.mark.parametrize(("where", "left_out"), PRUNED.items())
def test_partitions_are_left_out_as_exercise_07_3_says(cut: Engine, where: str, left_out: bool) -> None:
    plan = "\n".join(str(row[0]) for row in cut.execute(f"EXPLAIN SELECT FROM orders WHERE {where}"))
    assert (plan.count("Scan on p") < len(MONTHS) - 1) == left_out, plan

"""Entity-relationship pictures: 50 tables drawn, 1 000 tables as DOT text, and what is around one of them."""

from __future__ import annotations

import random
from collections.abc import Iterator

from archbook.diagrams.er import er_picture
from archbook.diagrams.graphviz import lay_out
from archbook.schema import Schema, parse
from bench.measure import Measurement, measured, timed

TYPES = ("text", "bigint", "timestamptz", "numeric(10,2)")


def run() -> Iterator[Measurement]:
    fifty, thousand = tables(50), tables(1_000)
    yield measured("ER picture of 50 tables with their columns", timed(lambda: er_picture(fifty, "t"), 5), limit=1.0)
    yield measured("ER of 1 000 tables as DOT, and drawn", timed(lambda: er_picture(thousand, "t"), 5), limit=3.0)
    yield measured("ER around one of 1 000 tables", timed(lambda: er_picture(thousand, "t", "table_3"), 5), limit=1.0)
    dot = er_picture(thousand, "t").dot or ""
    yield measured("Graphviz draws the DOT of 1 000 tables", timed(lambda: lay_out(dot, "t", True), 3), limit=5.0)


def tables(count: int) -> Schema:
    """Tables with 3 to 9 columns and up to three references, most of them to a few."""
    chance = random.Random(1)
    ddl = []
    for i in range(count):
        columns = ["id bigint PRIMARY KEY", *(f"c{k} {chance.choice(TYPES)}" for k in range(chance.randint(2, 8)))]
        for k in range(chance.randint(0, 3) if i else 0):
            to = min(int(chance.expovariate(4 / (i + 4))), i - 1)
            columns.append(f"r{k} bigint {chance.choice(('', 'NOT NULL'))} REFERENCES table_{to} (id)")
        ddl.append(f"CREATE TABLE table_{i} ({', '.join(columns)});")
    return parse("".join(ddl))

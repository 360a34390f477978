"""Schema lint: 375 tables with foreign keys, indexes and mistakes, made here."""

from __future__ import annotations

from collections.abc import Iterator

from archbook.schema.lint import lint
from bench.measure import Measurement, measured, timed

TABLES = 375
TABLE = """CREATE TABLE t{n} (
  id serial PRIMARY KEY, owner_id integer REFERENCES t{parent}, code varchar(20) UNIQUE, amount float8, state char(2),
  tags text, line1 text, line2 text, extra json, password text, "from" date, created_at timestamp DEFAULT now(),
  kind text CHECK (kind IN ('a', 'b', 'c')), subject_type text, subject_id bigint, updated_at timestamptz
);
CREATE INDEX t{n}_code_idx ON t{n} (code);
CREATE INDEX t{n}_owner_idx ON t{n} (owner_id, created_at);
"""


def run() -> Iterator[Measurement]:
    ddl = "".join(TABLE.format(n=number, parent=number // 2) for number in range(TABLES))
    report = lint(ddl)
    seconds = timed(lambda: lint(ddl), repeats=7)
    yield measured(f"lint {TABLES} tables ({len(report.findings)} findings)", seconds, limit=0.2)
    yield measured("its two screens", timed(lambda: report.text(100), repeats=7), "ms", limit=100.0)

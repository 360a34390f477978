"""Schemas that Hypothesis makes up: whatever the keys, the generated rows keep every promise or the ledger tells."""

# ruff: noqa: S608 - the names are our own

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archbook.schema import parse
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.model import Schema, Table
from archbook.schema.rows import Filled, fill
from archbook.schema.sql import quoted

TYPES = ("int", "bigint", "text", "varchar(3)", "uuid", "date", "timestamptz", "numeric(6,2)", "boolean", "smallint")
CHECKS = {
    "int": "{c} > 3",
    "bigint": "{c} BETWEEN 2 AND 900000",
    "text": "{c} ~ '^[a-f]{{3,6}}$'",
    "date": "{c} >= '2001-02-03'",
    "numeric(6,2)": "{c} >= 0 AND {c} < 500",
    "boolean": "{c} IS NOT FALSE",
    "smallint": "{c} IN (1, 2, 3, 5, 8)",
    "varchar(3)": "length({c}) = 3",
}


@st.composite
def tables(draw: st.DrawFn) -> str:
    """DDL of one to four tables with keys of one or two columns that point anywhere, themselves included."""
    count = draw(st.integers(1, 4))
    keys = [draw(st.lists(st.sampled_from(TYPES[:6]), min_size=1, max_size=2)) for _ in range(count)]
    ddl = later = ""
    for number in range(count):
        parts = [f"k{n} {type_} NOT NULL" for n, type_ in enumerate(keys[number])]
        parts.append(f"PRIMARY KEY ({', '.join(f'k{n}' for n in range(len(keys[number])))})")
        for n, type_ in enumerate(draw(st.lists(st.sampled_from(TYPES), max_size=3))):
            check = f" CHECK ({CHECKS[type_].format(c=f'c{n}')})" if type_ in CHECKS and draw(st.booleans()) else ""
            parts.insert(0, f"c{n} {type_}{draw(st.sampled_from(['', ' NOT NULL', ' UNIQUE']))}{check}")
        for n, target in enumerate(draw(st.lists(st.integers(0, count - 1), max_size=3))):
            null = draw(st.sampled_from(["", "", " NOT NULL"])) if target < number else ""
            columns = [f"f{n}_{place}" for place in range(len(keys[target]))]
            parts = [f"{column} {type_}{null}" for column, type_ in zip(columns, keys[target], strict=True)] + parts
            later += f"ALTER TABLE t{number} ADD FOREIGN KEY ({', '.join(columns)}) REFERENCES t{target};\n"
            if draw(st.integers(0, 4)) == 0:
                parts.append(f"UNIQUE ({', '.join(columns)})")
        ddl += f"CREATE TABLE t{number} ({', '.join(parts)});\n"
    return ddl + later


def questions(schema: Schema, table: Table) -> Iterator[tuple[str, str]]:
    """Every promise of a table, and SQL that counts the rows which break it, in DuckDB's words and not through ours."""
    name = quoted(table.name)
    for key in table.foreign_keys:
        pairs = list(zip(key.columns, schema.target(key), strict=True))
        there = " AND ".join(f"p.{quoted(to)} = c.{quoted(mine)}" for mine, to in pairs)
        known = " AND ".join(f"c.{quoted(mine)} IS NOT NULL" for mine, _ in pairs)
        parent = f"EXISTS (SELECT 1 FROM {quoted(key.to)} p WHERE {there})"
        yield f"{key}", f"SELECT count(*) FROM {name} c WHERE {known} AND NOT {parent}"
    for unique in table.unique_sets():
        known = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in unique)
        yield f"{unique}", f"SELECT count(*) - count(DISTINCT ({quoted(*unique)})) FROM {name} WHERE {known}"
    for check in table.checks:
        said = check.expression.replace(" ~ ", " SIMILAR TO ").replace("'^", "'").replace("$'", "'")
        yield check.expression, f"SELECT count(*) FROM {name} WHERE NOT ({said})"
    for column in table.columns:
        if not column.nullable or column.name in table.primary_key:
            yield column.name, f"SELECT count(*) FROM {name} WHERE {quoted(column.name)} IS NULL"


def problems(engine: DuckDb, schema: Schema, filled: Filled) -> list[str]:
    """Broken promises, and rows that are missing without a word."""
    found = [
        f"{table.name}: {what}: {count}"
        for table in schema.tables.values()
        for what, question in questions(schema, table)
        for ((count,),) in [engine.execute(question)]
        if count
    ]
    told = "\n".join(map(str, filled.ledger))
    for name, rows in filled.rows.items():
        ((count,),) = engine.execute(f"SELECT count(*) FROM {quoted(name)}")
        if count != rows or (rows < ROWS and f"table {name}: " not in told):
            found.append(f"{name}: {count} rows, {rows} told, and {told or 'nothing'}")
    return found


ROWS = 60


@settings(max_examples=25, derandomize=True)
@given(ddl=tables(), seed=st.integers(0, 9), skew=st.sampled_from([0.0, 0.7, 1.0, 1.9]))
def test_every_promise_is_kept_or_told(ddl: str, seed: int, skew: float) -> None:
    schema = parse(ddl)
    with DuckDb() as engine:
        filled = fill(engine, schema, dict.fromkeys(schema.tables, ROWS), seed=seed, skew=skew)
        assert problems(engine, schema, filled) == []


@pytest.mark.parametrize(
    "change",
    ["UPDATE b SET a = 999 WHERE id = 1", "UPDATE b SET n = 5", "UPDATE b SET u = 7", "DELETE FROM b WHERE id = 1"],
)
def test_a_broken_promise_is_found(change: str) -> None:
    schema = parse("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a,"
                   "n int NOT NULL CHECK (n > 9), u int UNIQUE)")  # fmt: skip
    with DuckDb() as engine:
        filled = fill(engine, schema, {"a": ROWS, "b": ROWS})
        assert problems(engine, schema, filled) == []
        engine.execute(change)
        assert len(problems(engine, schema, filled)) == 1

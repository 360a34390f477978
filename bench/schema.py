"""The schema lab: parsing beside sqlglot, generating rows beside a bare range(), and one experiment on both engines."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import sqlglot

from archbook.design.loading import load
from archbook.schema import parse, to_duckdb
from archbook.schema import run as experiment
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.embedded import EmbeddedPostgres
from bench.measure import Measurement, fresh, measured, timed

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("ARCHBOOK_CORPUS", ROOT.parent / "shared" / "corpus"))
PAGILA = CORPUS / "ddl" / "pagila-schema.sql"
USERS, ORDERS = 1_000_000, 10_000_000
DDL = """CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(255) UNIQUE NOT NULL,
  created_at timestamptz NOT NULL);
CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users(id),
  status varchar(20) NOT NULL, total numeric(10,2) NOT NULL, created_at timestamptz NOT NULL);"""
GENERATE = f"""
with DuckDb() as engine:
    fill(engine, parse({DDL!r}), {{"users": {USERS}, "orders": {ORDERS}}})
"""
BARE = f"""
with DuckDb() as engine:
    for table, rows in (("users", {USERS}), ("orders", {ORDERS})):
        engine.execute(f"CREATE TABLE {{table}} AS SELECT i FROM range({{rows}}) AS n(i)")
"""  # noqa: S608 - our own names
IMPORTS = """
from archbook.schema import parse
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.rows import fill
"""


def run() -> Iterator[Measurement]:
    yield from _parsing()
    yield from _generating()
    yield measured("start and stop the embedded PostgreSQL", timed(_start_and_stop, repeats=5), limit=10.0)
    shop = load(ROOT / "data" / "designs" / "ecommerce")
    both = timed(lambda: experiment("index_or_scan", shop, engine="both"), repeats=3, warm_up=0)
    yield measured("index_or_scan, 200 000 rows, both engines", both, limit=20.0)


def wide_ddl(tables: int) -> str:
    """DDL of so many tables as pg_dump writes them: 12 columns, keys, two foreign keys, three indexes, a comment."""
    texts = []
    for i in range(tables):
        name, columns = f"public.table_{i}", ", ".join(f"column_{k} character varying({20 + k})" for k in range(6))
        texts.append(
            f"CREATE TABLE {name} (id bigint NOT NULL, parent_id bigint, other_id bigint NOT NULL, {columns}, "
            "status text DEFAULT 'new'::text NOT NULL, total numeric(10,2), created_at timestamp with time zone "
            "DEFAULT now() NOT NULL, CONSTRAINT total_positive CHECK ((total >= (0)::numeric)));\n"
            f"COMMENT ON TABLE {name} IS 'Table {i}';\n"
            f"CREATE SEQUENCE {name}_id_seq;\nALTER SEQUENCE {name}_id_seq OWNED BY {name}.id;\n"
            f"ALTER TABLE ONLY {name} ALTER COLUMN id SET DEFAULT nextval('{name}_id_seq'::regclass);\n"
            f"ALTER TABLE ONLY {name} ADD CONSTRAINT table_{i}_pkey PRIMARY KEY (id);\n"
            + "".join(
                f"CREATE INDEX table_{i}_{c} ON {name} USING btree ({c});\n" for c in ("status", "parent_id", "total")
            )
            + "".join(
                f"ALTER TABLE ONLY {name} ADD CONSTRAINT table_{i}_{c} FOREIGN KEY ({c}) "
                f"REFERENCES public.table_{i // n}(id);\n"
                for n, c in ((2, "parent_id"), (3, "other_id"))
            )
        )
    return "".join(texts)


def _parsing() -> Iterator[Measurement]:
    wide = wide_ddl(375)
    yield measured("parse 375 tables (4 125 statements)", timed(lambda: parse.__wrapped__(wide), repeats=5), limit=1.0)
    if not PAGILA.exists():
        print(f"pagila is not measured: no {PAGILA}; set ARCHBOOK_CORPUS to the corpus folder", flush=True)
        return
    text = PAGILA.read_text(encoding="utf-8")
    parse_once = parse.__wrapped__
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of each statement that it cannot read
    theirs = timed(lambda: sqlglot.parse(text, read="postgres", error_level="ignore"))
    peer = measured("", theirs, "ms").value
    ours = timed(lambda: parse_once(text))
    yield measured("parse pagila (388 statements)", ours, "ms", peer="sqlglot.parse, no model", peer_value=peer)
    schema = parse(text)
    yield measured("pagila as DuckDB's DDL", timed(lambda: to_duckdb(schema)), "ms")
    yield measured("create pagila in DuckDB", timed(lambda: _create(schema), repeats=5), "ms")


def _create(schema: object) -> None:
    with DuckDb() as engine:
        engine.create(schema)  # type: ignore[arg-type]


def _generating() -> Iterator[Measurement]:
    ours = fresh(GENERATE, IMPORTS, repeats=3, cwd=ROOT)
    peer = measured("", [seconds for seconds, _ in fresh(BARE, IMPORTS, repeats=3, cwd=ROOT)]).value
    seconds = [second for second, _ in ours]
    yield measured("generate 1 M users + 10 M skewed orders", seconds, limit=15.0, peer="bare range() of as many rows",
                   peer_value=peer)  # fmt: skip
    yield Measurement(
        "peak memory while generating them", max(peak for _, peak in ours), "MB", limit=4_000.0, repeats=3
    )


def _start_and_stop() -> float:
    started = time.perf_counter()
    with EmbeddedPostgres() as engine:
        engine.execute("SELECT 1")
    return time.perf_counter() - started

"""Filters of calls and lists against the indexes of the DDL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archbook import load, load_evidence
from archbook.design.model import Design
from tests.examples import by, findings, good

TABLE = (
    "CREATE TABLE things (id bigint PRIMARY KEY, user_id bigint, colour text, size int, made_at timestamptz,"
    " UNIQUE (size, id));"
)
MYSQL = (
    "CREATE TABLE other (id int PRIMARY KEY) ENGINE=InnoDB;"
    "CREATE TABLE things (id int, o int, FOREIGN KEY (o) REFERENCES other (id)) ENGINE=InnoDB;"
)
PLAIN = "ownership: false"
QUERIES = {
    "the key": ("things(id)", "", 0),
    "no index": ("things(colour)", "", 1),
    "a unique constraint begins with it": ("things(size)", "", 0),
    "an index ends with it": ("things(colour)", "CREATE INDEX i ON things (size, colour);", 1),
    "an index begins with one of two": ("things(colour, size)", "CREATE INDEX i ON things (colour);", 0),
    "a partial index": ("things(colour)", "CREATE INDEX i ON things (colour) WHERE size > 9;", 1),
    "an expression": ("things(colour)", "CREATE INDEX i ON things (lower(colour), size);", 0),
    "an index for words": ("things(colour)", "CREATE INDEX i ON things USING gin (colour gin_trgm_ops);", 0),
    "only the time beside an id": ("things(user_id, made_at)", "CREATE INDEX i ON things (made_at);", 1),
    "the id, and a time behind it": ("things(user_id, made_at)", "CREATE INDEX i ON things (user_id);", 0),
    "a time alone": ("things(made_at)", "CREATE INDEX i ON things (made_at);", 0),
    "a table that the DDL has not": ("others(colour)", "", 0),
    "a column that the DDL has not": ("things(weight)", "", 0),
    "not of that form": ("by colour", "", 0),
}
LISTS = {
    "no index": ("filters: [colour]", "", 1),
    "two without one": ("filters: [colour, user_id], ownership: false", "", 2),
    "found by their owner first": ("filters: [colour]", "CREATE INDEX i ON things (user_id);", 0),
    "not only those of the owner": ("filters: [colour], ownership: false", "CREATE INDEX i ON things (user_id);", 1),
    "behind another of its filters": ("filters: [size, id, colour], ownership: false",
                                      "CREATE INDEX i ON things (size, colour);", 0),
    "behind what it is not filtered by": ("filters: [colour], ownership: false",
                                          "CREATE INDEX i ON things (size, colour);", 1),
    "the key": ("filters: [id], ownership: false", "", 0),
    "all that is the caller's": ("filters: []", "", 1),
    "no such column": ("filters: [weight], ownership: false", "", 0),
}  # fmt: skip


def fragment(query: str, flags: str, ddl: str, more: str = "") -> str:
    return f"""
stores: {{things-db: {{schema: schema/things.sql{more}}}}}
calls: {{0: {{query: "{query}"}}}}
api: {{endpoints: {{0: {{{flags}}}}}}}
ddl: {{things-db: "{ddl}"}}
"""


@pytest.mark.parametrize(("query", "ddl", "number"), QUERIES.values(), ids=QUERIES)
def test_an_index_begins_with_what_a_call_asks_for(query: str, ddl: str, number: int) -> None:
    assert len(findings("unindexed-filter", fragment(query, PLAIN, TABLE + ddl))) == number


@pytest.mark.parametrize(("flags", "ddl", "number"), LISTS.values(), ids=LISTS)
def test_an_index_begins_with_what_a_list_is_filtered_by(flags: str, ddl: str, number: int) -> None:
    assert len(findings("unindexed-filter", fragment("things(id)", flags, TABLE + ddl))) == number


@pytest.mark.parametrize(("parameter", "number"), [("id", 0), ("colour", 1)])
def test_an_index_begins_with_what_a_path_names(parameter: str, number: int) -> None:
    path = f"GET /api/v1/things/{{{parameter}}}"
    design = good(fragment("things(id)", PLAIN, TABLE))
    endpoint = design.api.endpoints[0].model_copy(update={"name": path, "list": False})
    changed = design.changed({("api", "endpoints"): (endpoint,), ("stores", "things-db", "holds"): {}})
    assert len(by("unindexed-filter")(changed).findings) == number


def test_a_small_table_needs_no_index_and_mysql_makes_those_of_foreign_keys() -> None:
    few = ", holds: {things: {items: 1000, added_by: null, keep: null}}"
    assert findings("unindexed-filter", fragment("things(colour)", PLAIN, TABLE, few)) == ()
    assert findings("unindexed-filter", fragment("things(o)", PLAIN, MYSQL)) == ()


def test_the_finding_has_the_statement_and_the_rows() -> None:
    (finding,) = findings("unindexed-filter", fragment("things(colour)", "filters: [colour], ownership: false", TABLE))
    assert finding.do == "calls[0]: `CREATE INDEX things_colour_idx ON things (colour);` in schema/things.sql"
    assert finding.evidence[0].startswith("things-db holds 10\u202f000 things today and ")


def test_what_was_measured_on_the_store_is_cited_and_told_when_it_is_stale() -> None:
    design = load("ecommerce")
    (finding,) = by("unindexed-filter")(mutated(design), load_evidence(design)).findings
    assert not any("measurement" in fact for fact in finding.evidence)  # it speaks of another store
    changed = design.migrated("orders-db", "DROP INDEX order_items_order_id_idx")
    (finding,) = by("unindexed-filter")(changed, load_evidence(design)).findings
    cited = [fact for fact in finding.evidence if "(measurement, 20" in fact]
    assert len(cited) == 2
    assert all("stale: its part of the design has changed since" in fact for fact in cited)


def mutated(good: Design) -> Design:
    changed, ddl = good.model_copy(), good.source.ddl["users-db"]
    without = ddl.replace("CREATE UNIQUE INDEX users_email_key ON users (email);", "")
    changed._source = replace(good.source, ddl={**good.source.ddl, "users-db": without})
    return changed

"""A page of parents with their children: one statement for each parent, a join, or one statement more?"""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from archbook.errors import ArchbookError
from archbook.schema.choosing import Link, links
from archbook.schema.draft import named
from archbook.schema.engines.duckdb import not_looking_for_pandas
from archbook.schema.experiment import Choice, Experiment, Key, Variant, compared, plan_rows
from archbook.schema.lab import Lab
from archbook.schema.model import Schema
from archbook.schema.outcome import EngineOutcome, Part, part_of
from archbook.schema.sql import quoted
from archbook.units import show_duration, show_factor, significant

if TYPE_CHECKING:
    from archbook.schema.orm import Family

ROUND_TRIP_S = 0.0005  # stated, not measured: two machines within one data centre
BIG, SMALL = 50, 20  # parents on a page
PAGES = {BIG: 3, SMALL: 2}
USUAL = (0.5, 2.0)  # parents on a page have so many children, against the mean: the most popular has far too many
TRIP = show_duration(ROUND_TRIP_S)
LEAD = f"page of {BIG}, {TRIP} a round trip"
LOCAL = f"page of {BIG}, on one machine"
SENT = f"statements for a page of {BIG}"
MULTIPLIED = f"rows sent for a page of {SMALL} with two collections"
Load = Callable[[Key], object]


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table of children that have a key; where that is a choice, of a parent with another such table."""
    found = [link for link in links(schema) if schema.tables[link.child].primary_key]
    if not found:
        raise ArchbookError("no table with a primary key has a foreign key of one column to another table; add one")

    def siblings(link: Link) -> list[Link]:
        return [other for other in found if other.parent == link.parent and other.child != link.child]

    parents = {link.parent for link in found}

    def order(link: Link) -> tuple[float, ...]:
        return -sizes.get(link.child, 0), not siblings(link), link.child in parents

    link = min(found, key=order)
    second = min(siblings(link), key=order, default=None)
    roles = {"parent": link.parent, "key": link.to}
    if second:
        roles |= {"second": second.child, "second column": second.column}
    return Choice(
        link.child, (link.column,), f"each of its rows belongs to one of {link.parent}", roles=roles,
        index=named(link.child, (link.column,), "idx"), others=(link.parent, *([second.child] if second else [])),
    )  # fmt: skip


def rows(schema: Schema, choice: Choice, wanted: int) -> Mapping[str, int]:
    """As usual, but half as many of the second children as of the first."""
    second = {choice.roles["second"]: wanted // 2} if "second" in choice.roles else {}
    return {**plan_rows(schema, choice, wanted), **second}


def measure(lab: Lab) -> list[Part]:
    """Pages of two sizes with and without the network, statements counted, and two collections at once."""
    with not_looking_for_pandas():  # SQLAlchemy has connections of its own
        return _measured(lab)


def _measured(lab: Lab) -> list[Part]:
    from archbook.schema.orm import Family

    found = _links(lab.choice)
    indexed = {(found[0].parent, found[0].to), *((link.child, link.column) for link in found)}
    for number, (table, column) in enumerate(sorted(indexed)):
        lab.engine.create_index(f"archbook_index_{number}", table, [column])
        lab.engine.analyze(table)
    pool = lab.engine.sqlalchemy()
    one, two = Family(pool, lab.schema, found[:1]), Family(pool, lab.schema, found)
    try:
        big, small = (_timed(lab, one, f"page of {size}", size) for size in (BIG, SMALL))
        counted = {name: [float(len(sent))] for name, sent in big.sent.items()}
        parts = [big.distant, big.local, part_of(SENT, "statements", counted), small.distant]
        return parts + (_two(lab, two) if len(found) > 1 else [])
    finally:
        one.close()
        two.close()


def _links(choice: Choice) -> list[Link]:
    parent, key, second = choice.roles["parent"], choice.roles["key"], choice.roles.get("second")
    found = [Link(choice.table, choice.columns[0], parent, key)]
    return found + ([Link(second, choice.roles["second column"], parent, key)] if second else [])


@dataclass(frozen=True, slots=True)
class _Page:
    """What loading a page takes here, and with the network; the statements that each way sends."""

    local: Part
    distant: Part
    sent: Mapping[str, list[tuple[str, object]]]


def _timed(lab: Lab, family: Family, name: str, size: int) -> _Page:
    pages, ways = _pages(lab, size), _ways(family)
    variants = [Variant(way, run=partial(_load, load)) for way, load in ways.items()]
    note = f"Pages of {size} {lab.choice.roles['parent']} with about the usual number of children; columns indexed."
    local = lab.compare(f"{name}, on one machine", variants, pages, note=note, rounds=3 if size == BIG else 2)
    sent = {way: family.sent(partial(load, pages[0])) for way, load in ways.items()}
    values = {v.name: [value + len(sent[v.name]) * ROUND_TRIP_S for value in v.values] for v in local.variants}
    note = f"What it takes on one machine, and a stated {TRIP} for each statement: a round trip within a data centre."
    last = {way: f"{len(statements)}, the last: {statements[-1][0]}" for way, statements in sent.items()}
    distant = part_of(f"{name}, {TRIP} a round trip", "s", values, note=note, seed=lab.seed, statements=last)
    return _Page(local, distant, sent)


def _load(load: Load, _: Lab, page: Key) -> object:
    return load(page)


def _ways(family: Family) -> dict[str, Load]:
    """How the collections of a family can be loaded; a join by hand is there for one."""
    from sqlalchemy import orm

    joined, selected = ([load(c) for c in family.collections] for load in (orm.joinedload, orm.selectinload))
    ways: dict[str, Load] = {"lazy": family.load, "joinedload": lambda page: family.load(page, *joined)}
    if len(family.collections) == 1:
        ways["join by hand"] = family.join
    return ways | {"selectinload": lambda page: family.load(page, *selected)}


def _pages(lab: Lab, size: int) -> list[Key]:
    """Keys of parents, page by page, those first that have about as many children as is usual."""
    table, column = quoted(lab.choice.table), quoted(lab.choice.columns[0])
    counted = f"SELECT {column} AS k, count(*) AS n FROM {table} WHERE {column} IS NOT NULL GROUP BY 1"
    usual = f"n BETWEEN {USUAL[0]} * (SELECT avg(n) FROM c) AND {USUAL[1]} * (SELECT avg(n) FROM c)"
    query = f"WITH c AS ({counted}) SELECT k FROM c ORDER BY NOT ({usual}), hash(k) LIMIT {size * PAGES[size]}"
    keys = [row[0] for row in lab.source.execute(query)]
    if len(keys) < size:
        parent = lab.choice.roles["parent"]
        raise ArchbookError(f"{len(keys)} rows of {parent} have children and a page takes {size}; ask for more rows")
    return [tuple(keys[start : start + size]) for start in range(0, len(keys) - size + 1, size)]


def _two(lab: Lab, family: Family) -> list[Part]:
    """Two collections of one page: joined at once they multiply each other."""
    page = _timed(lab, family, f"page of {SMALL}, two collections", SMALL)
    counted = {name: [float(family.rows_of(sent))] for name, sent in page.sent.items() if name != "lazy"}
    note = f"{lab.choice.table} and {lab.choice.roles['second']} joined in one statement come as every pair of theirs."
    return [part_of(MULTIPLIED, "rows", counted, note=note), page.distant]


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    lazy, selected = outcome.lead.variants[0], outcome.lead.variants[-1]
    sent = outcome.part(SENT)
    return (
        f"On {outcome.title} with {significant(outcome.rows)} rows in {choice.table}, a page of {BIG} "
        f"{choice.roles['parent']} with their {choice.table} takes {outcome.lead.show(lazy)} lazily in "
        f"{sent.show(sent.variants[0])} and {outcome.lead.show(selected)} by selectinload in "
        f"{sent.show(sent.variants[-1])}, each with a stated round trip of {TRIP}: selectinload is "
        f"{outcome.lead.gain()}."
    )


ALONE = (
    "DuckDB alone misleads: it runs within the process and has no network, and it prepares each statement anew "
    "for work on whole columns. Measure with engine both before the loading is decided on."
)


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    said = [f"{sentence(choice, outcome)} {_local(outcome)}" for outcome in engines.values()]
    said += compared(engines, _compared, ALONE)
    said.append(_joins(list(engines.values())[-1], choice))
    return " ".join(said)


def _each_s(outcome: EngineOutcome) -> float:
    """What one statement more takes here, in seconds: of lazy loading against selectinload, without the network."""
    local, sent = outcome.part(LOCAL), outcome.part(SENT)
    more = sent.variants[0].median - sent.variants[-1].median
    return max(local.variants[0].median - local.variants[-1].median, 0.0) / more


def _local(outcome: EngineOutcome) -> str:
    local = outcome.part(LOCAL)
    return (
        f"On one machine it is {local.gain().split(' (')[0]} ({local.show(local.variants[-1])} against "
        f"{local.show(local.variants[0])}), {show_duration(_each_s(outcome))} for each further statement."
    )


def _compared(duck: EngineOutcome, postgres: EngineOutcome) -> str:
    gains = f"{show_factor(duck.lead.ratio)} in DuckDB and {show_factor(postgres.lead.ratio)} in PostgreSQL"
    rule = (
        "The round trip is the larger part of it on PostgreSQL"
        if _each_s(postgres) < ROUND_TRIP_S
        else "On PostgreSQL here a statement costs more than its round trip"
    )
    rule += "; with another network, count time on one machine + statements × round trip."
    if duck.lead.ratio_low > postgres.lead.ratio_high or postgres.lead.ratio_low > duck.lead.ratio_high:
        return (
            f"DuckDB would mislead ({gains}): it runs within the process, never across a network, and prepares each "
            f"statement anew for work on whole columns. {rule}"
        )
    return f"Both engines agree within their spread ({gains}), though DuckDB never stands across a network. {rule}"


def _joins(outcome: EngineOutcome, choice: Choice) -> str:
    local = outcome.part(LOCAL)
    joined, by_hand = local.variant("joinedload"), local.variant("join by hand")
    said = f"A join by hand takes {local.show(by_hand)} on one machine and joinedload {local.show(joined)}"
    said += ", objects made." if by_hand.median < joined.median else "."
    if "second" in choice.roles:
        rows_sent = outcome.part(MULTIPLIED)
        both, each = rows_sent.variants[0], rows_sent.variants[-1]
        said += (
            f" With {choice.roles['second']} joined in as well, {SMALL} {choice.roles['parent']} come as "
            f"{rows_sent.show(both)}, by selectinload as {rows_sent.show(each)}: two joined collections multiply."
        )
    return said


QUESTION = "Does loading each parent's children alone (N+1 statements) cost more than a join or selectinload?"
EXPERIMENT = Experiment("n_plus_one", QUESTION, choose, measure, sentence, verdict, rows=rows)

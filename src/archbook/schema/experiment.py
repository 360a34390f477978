"""What an experiment is: data and a few functions, in a file of its own under ``experiments/``.

It runs in four steps. `choose` picks tables of the reader's DDL that have the shape it needs; the tables are filled
with generated rows on each engine; `measure` is called once an engine with a `Lab` and returns parts, mostly by
``lab.compare(...)``, which warms up, interleaves the variants, keeps plans and sees that all variants answer alike;
`sentence` and `verdict` say what was found, and which engine would mislead and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archbook.schema.assignment import planned
from archbook.schema.model import Schema

if TYPE_CHECKING:
    from archbook.schema.lab import Lab
    from archbook.schema.outcome import EngineOutcome, Part

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What an experiment runs on.

    columns: those that it is about, the leading one first; index: its name, where it is about one; others: further
    tables that each engine must hold, such as the parent; roles: what columns are, such as ``{"time": "paid_at"}``.
    """

    table: str
    columns: tuple[str, ...]
    why: str
    index: str = ""
    others: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)


Choose = Callable[[Schema, Mapping[str, float]], Choice]
"""Picks a table by itself, given its sizes in rows where a design tells them. Raises ArchbookError."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a variant's `run` measured itself, in the unit of its part, and what it found (to be compared)."""

    value: float
    answer: Any = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the things compared.

    statement: SQL that is timed with each key (``$1`` … in it), and whose plan is kept.
    takes: which values of a key the statement has, where variants differ in that.
    run: called in place of the statement with the lab and a key; timed, unless it returns a `Sample`.
    prepare: brings the engine into this state; timed apart, repeated each round unless it is slow.
    """

    name: str
    statement: str = ""
    run: Callable[[Lab, Key], Any] | None = None
    prepare: Callable[[Lab], None] | None = None
    takes: slice = field(default_factory=lambda: slice(None))


def plan_rows(schema: Schema, choice: Choice, rows: int) -> Mapping[str, int]:
    """Rows of each table to be made: `rows` for the chosen one, fewer for those that it points to."""
    plan = planned(schema, choice.table, rows)
    for other in choice.others:
        for table, wanted in planned(schema, other, max(rows // 10, 10)).items():
            plan.setdefault(table, wanted)
    return plan


def compared(
    engines: Mapping[str, EngineOutcome], both: Callable[[EngineOutcome, EngineOutcome], str], alone: str
) -> list[str]:
    """What a verdict says of DuckDB: beside PostgreSQL, or that `alone` it misleads; nothing where it did not run."""
    duck, postgres = engines.get("duckdb"), engines.get("postgresql")
    return [both(duck, postgres) if postgres else alone] if duck else []


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question that an engine answers on the reader's own tables; see the module's words.

    measure: what is measured on one engine; the first part is the one that charts and evidence lead with, and its ratio
    says how many times better its last variant is than its first. sentence: the claim of one engine. verdict: what
    each engine shows, which would mislead, and why. rows: rows of each table, given those asked for.
    without_duckdb: where DuckDB can measure nothing of it, why; it is then only told. writes: whether it measures
    writes, which our own server makes without waiting for its disk; the outcome then says so.
    """

    name: str
    question: str
    choose: Choose
    measure: Callable[[Lab], Sequence[Part]]
    sentence: Callable[[Choice, EngineOutcome], str]
    verdict: Callable[[Choice, Mapping[str, EngineOutcome]], str]
    rows: Callable[[Schema, Choice, int], Mapping[str, int]] = plan_rows
    without_duckdb: str = ""
    writes: bool = False

"""Parts of index_or_scan beyond the point look-up: ranges, order of columns, covering, and how much is asked for."""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archbook.schema.choosing import Link
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.experiment import Choice, Key, Sample, Variant
from archbook.schema.lab import Lab
from archbook.schema.model import Schema
from archbook.schema.outcome import Measured, Part
from archbook.schema.shapes import INTEGERS
from archbook.schema.sql import quoted
from archbook.units import show_factor, show_share

SHARES = (0.5, 0.1, 0.01, 0.001)  # of the table's rows that are asked for
SHORT, SOME, NEWEST, MANY = 0.001, 0.01, 0.1, 0.005  # shares: of a short range, some, the newest, a popular value
OTHER, OTHERS = "2 %", (0.92, 0.94)  # rows that no part asks for, spread over most pages
ROUNDS = 2  # 1 where each would build an index anew, which takes longer than all that is measured by it
CLOSE = 1.1  # medians of few repeats that differ by less are called alike
FEWER = 6  # keys: the effects are large, and there are many parts


def parts(lab: Lab) -> list[Part]:
    """Those that the table has columns for."""
    planned_anew(lab)
    found: list[Part] = []
    if lab.choice.roles.get("range"):
        found += [short_range(lab), *how_much(lab)]  # both by the index that the first leaves
        if lab.postgres:
            found.append(order_of_columns(lab))  # DuckDB scans by indexes of one column only
    return found


def planned_anew(lab: Lab) -> None:
    """From here on plans follow the values asked for; else PostgreSQL keeps one plan from the sixth run on."""
    if lab.postgres:
        lab.engine.execute("SET plan_cache_mode = force_custom_plan")


def indexed(*columns: str, include: Sequence[str] = ()) -> Callable[[Lab], None]:
    """Leaves the chosen table with only the index on `columns`, or with none."""

    def prepare(lab: Lab) -> None:
        name, table = lab.choice.index, lab.choice.table
        lab.engine.execute(f"DROP INDEX IF EXISTS {quoted(name)}")
        if include:
            lab.engine.execute(
                f"CREATE INDEX {quoted(name)} ON {quoted(table)} ({quoted(*columns)}) INCLUDE ({quoted(*include)})"
            )
        elif columns:
            lab.engine.create_index(name, table, columns)

    return prepare


def used(variant: Measured) -> bool:
    """Whether the plan uses an index."""
    plan = variant.plan.lower()
    return "index scan" in plan or "index only scan" in plan or "bitmap" in plan


def popular(lab: Lab, share: float = MANY, number: int = FEWER) -> list[Key]:
    """Values of the leading column that about this share of the rows have."""
    column, table = quoted(lab.choice.columns[0]), quoted(lab.choice.table)
    return lab.source.execute(
        f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 "
        f"ORDER BY abs(count(*) - {share * lab.rows!r}), hash({column}) LIMIT {number}"
    )


def alike(schema: Schema, link: Link) -> bool:
    """Whether PostgreSQL takes the foreign key: both columns are of one type, or integers."""
    types = {schema.base(schema.tables[table].column(column).type).name
             for table, column in ((link.child, link.column), (link.parent, link.to))}  # fmt: skip
    return len(types) == 1 or types <= set(INTEGERS)


def _quantiles(source: DuckDb, choice: Choice, shares: Sequence[float]) -> list[Any]:
    """Values of the range column below which these shares of the rows lie."""
    listed = ", ".join(f"{share:.6f}" for share in shares)
    column = quoted(choice.roles["range"])
    return list(source.execute(f"SELECT quantile_disc({column}, [{listed}]) FROM {quoted(choice.table)}")[0][0])


def in_range(column: str) -> str:
    """A condition with two parameters."""
    return f"{quoted(column)} >= $1 AND {quoted(column)} < $2"


def ranges(lab: Lab, share: float) -> list[Key]:
    """Ranges of the range column that hold this share of the rows each."""
    starts = [0.05 + 0.14 * number for number in range(FEWER)]
    bounds = _quantiles(lab.source, lab.choice, [*starts, *(start + share for start in starts)])
    return list(zip(bounds[:FEWER], bounds[FEWER:], strict=True))


def _aggregate(choice: Choice, where: str) -> str:
    """A question that must see the rows and not only the index, and returns one row."""
    return f"SELECT count(*), max({quoted(choice.roles['value'])}) FROM {quoted(choice.table)} WHERE {where}"


def _names(*columns: str) -> str:
    return f"index ({', '.join(columns)})" if columns else "scan"


def against(part: Part, other: str) -> str:
    """The gain of the last variant in words that a sentence can hold.

    >>> from archbook.schema.outcome import part_of
    >>> against(part_of("p", "s", {"a": [2.0, 2.0], "b": [1.0, 1.0]}), "a scan")
    '2× faster than a scan (2× to 2×)'
    """
    if part.ratio_low <= 1 <= part.ratio_high:
        return f"as quick as {other}, within the spread"
    words, _, interval = part.gain().partition(" (")
    return f"{words} than {other} ({interval}" if interval else f"{words} than {other}"


def short_range(lab: Lab) -> Part:
    """A thousandth of the table by a range: the index must lead with the column that the range is on."""
    lead, ranged = lab.choice.columns[0], lab.choice.roles["range"]
    question = _aggregate(lab.choice, in_range(ranged))
    orders = [(), (lead, ranged), (ranged,)] if lab.postgres else [(), (ranged,)]
    variants = [Variant(_names(*columns), question, prepare=indexed(*columns)) for columns in orders]
    part = lab.compare(f"short range of {ranged}", variants, ranges(lab, SHORT), rounds=1)
    leading, note = part.variants[-1], ""
    if len(part.variants) > 2:
        behind = part.variants[1]
        idle = f"gives {show_factor(part.times(behind))}" if used(behind) else "is not used"
        note = f"; {behind.name}, which leads with another column, {idle}"
    gain = against(part, "a scan") if used(leading) else "not used: the planner scans"
    return replace(part, note=f"{leading.name} is {gain}{note}")


def order_of_columns(lab: Lab) -> Part:
    """Equality on one column, the newest rows by another: which of them comes first in the index."""
    lead, ranged = lab.choice.columns[0], lab.choice.roles["range"]
    question = _aggregate(lab.choice, f"{quoted(lead)} = $1 AND {quoted(ranged)} >= $2")
    since = _quantiles(lab.source, lab.choice, [1 - NEWEST])[0]
    keys = [(value, since) for (value,) in popular(lab)]
    orders = [(ranged, lead), (lead,), (lead, ranged)]
    variants = [Variant(_names(*columns), question, prepare=indexed(*columns)) for columns in orders]
    part = lab.compare(f"{lead} and the newest by {ranged}", variants, keys, rounds=1)
    first, alone, last = part.variants
    if not used(last):
        return replace(part, note="the plan uses no index of two columns, in either order")
    other = _quicker(alone.median / last.median, f"than {alone.name}")
    return replace(part, note=f"{last.name} is {against(part, first.name)}, and {other}")


def _quicker(gain: float, than: str) -> str:
    """A ratio of two medians of few repeats in words, with no claim where they are close."""
    if 1 / CLOSE < gain < CLOSE:
        return f"as quick {than.replace('than', 'as', 1)}".rstrip()
    return f"{show_factor(max(gain, 1 / gain))} {'faster' if gain > 1 else 'slower'} {than}".rstrip()


def covering(lab: Lab) -> Part:
    """An index that holds the column asked for, after other rows of the same pages were written and after VACUUM."""
    ranged, value = lab.choice.roles["range"], lab.choice.roles["value"]
    where, keys = in_range(ranged), ranges(lab, SOME)

    def rewritten(lab: Lab) -> None:
        indexed(ranged, include=[value])(lab)
        column = quoted(ranged)
        lab.engine.execute("SET synchronous_commit = on")  # VACUUM passes over what is not yet flushed
        change = f"UPDATE {quoted(lab.choice.table)} SET {column} = {column} WHERE {where}"
        lab.engine.execute(change, _quantiles(lab.source, lab.choice, OTHERS))
        lab.engine.execute("RESET synchronous_commit")

    def vacuumed(lab: Lab) -> None:
        lab.engine.analyze(lab.choice.table)

    question, included = _aggregate(lab.choice, where), f"index ({ranged}) INCLUDE ({value})"
    variants = [
        Variant(_names(ranged), question, prepare=indexed(ranged)),
        Variant(f"{included}, pages just written", question, prepare=rewritten),
        Variant(f"{included}, after VACUUM", question, prepare=vacuumed),
    ]
    part = lab.compare(f"1 % of the rows by {ranged}", variants, keys, rounds=1)
    _, written, last = part.variants
    only = "an index-only scan" if "index only scan" in last.plan.lower() else "though not by an index-only scan"
    before = f"before VACUUM, with {OTHER} of the rows just written, {_quicker(part.times(written), 'than without')}"
    return replace(part, note=f"with {value} inside the index, {only}, it is {against(part, 'without')}; {before}")


def how_much(lab: Lab) -> list[Part]:
    """Where the planner leaves the index for the scan; on PostgreSQL also what the index would have taken there."""
    ranged = lab.choice.roles["range"]
    low, *highs = _quantiles(lab.source, lab.choice, [0.3, *(0.3 + share for share in SHARES)])
    key = tuple(bound for high in highs for bound in (low, high))
    question = _aggregate(lab.choice, in_range(ranged))
    variants = [Variant(show_share(share), question, takes=slice(2 * place, 2 * place + 2))
                for place, share in enumerate(SHARES)]  # fmt: skip
    name = f"how much of {ranged} is read"
    planned = lab.compare(name, variants, [key] * 3, rounds=ROUNDS, alike=False)
    planned = replace(planned, note=crossover(planned))
    if not lab.postgres:
        return [planned]
    lab.engine.execute("SET enable_seqscan = off")
    forced = lab.compare(f"{name}, index forced", variants, [key] * 3, rounds=ROUNDS, alike=False)
    lab.engine.execute("RESET enable_seqscan")
    return [planned, replace(forced, note=judged(planned, forced))]


def crossover(part: Part) -> str:
    """Up to which share of the rows the plan uses the index."""
    by_index = [variant for variant in part.variants if used(variant)]
    scanned = [variant for variant in part.variants if not used(variant)]
    if not by_index:
        return f"the planner scans for every share, down to {part.variants[-1].name} of the rows"
    if not scanned:
        return f"the planner uses the index for every share, up to {by_index[0].name} of the rows"
    return (
        f"the planner uses the index up to {by_index[0].name} of the rows ({part.show(by_index[0])}) "
        f"and scans from {scanned[-1].name} on ({part.show(scanned[-1])})"
    )


def judged(planned: Part, forced: Part) -> str:
    """Whether the planner was right to scan where it did."""
    pairs = [(p, f) for p, f in zip(planned.variants, forced.variants, strict=True) if not used(p) and used(f)]
    if not pairs:
        return "there is no share at which it could be forced: the planner takes the index by itself"
    said = []
    for scan, index in reversed(pairs):
        ratio = index.median / scan.median
        said.append(f"{scan.name}: {_quicker(1 / ratio, '')}")
    return f"where the planner scans, the index would be, at {', at '.join(said)}"


def with_plans(part: Part, plans: Mapping[str, str]) -> Part:
    """A part whose variants measure themselves, with the plans that they had."""
    return replace(part, variants=tuple(replace(v, plan=plans.get(v.name, v.plan)) for v in part.variants))


def timed(lab: Lab, statement: str, key: Key) -> Sample:
    """How long a change takes; what is done around it, such as undoing it, is not counted."""
    start = time.perf_counter()
    lab.engine.execute(statement, key)
    return Sample(time.perf_counter() - start)


def timed_and_undone(lab: Lab, statement: str, key: Key) -> Sample:
    """How long a change takes that is rolled back, so that each repeat finds the same rows."""
    lab.engine.execute("BEGIN")
    try:
        return timed(lab, statement, key)
    finally:
        lab.engine.execute("ROLLBACK")

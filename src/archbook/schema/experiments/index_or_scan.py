"""Does an index pay for a point look-up, or does the engine scan the table as quickly?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from archbook.errors import ArchbookError
from archbook.schema.choosing import amount_column, key_column, links, time_column, usual_values
from archbook.schema.draft import named
from archbook.schema.experiment import Choice, Experiment, Key, Variant
from archbook.schema.index_parts import FEWER, alike, covering, indexed, parts, used
from archbook.schema.index_traps import delete_parent, key_order
from archbook.schema.lab import KEYS, Lab
from archbook.schema.model import Column, Schema, Table
from archbook.schema.outcome import EngineOutcome, Part
from archbook.schema.shapes import INTEGERS
from archbook.schema.sql import quoted
from archbook.units import show_factor, significant

SELECTIVE = frozenset({"int2", "int4", "int8", "text", "varchar", "bpchar", "uuid", "date", "timestamp", "timestamptz"})


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest child table with an indexed foreign key; else any foreign key; else any indexed column."""
    found = [(rank, choice) for table in schema.tables.values() for rank, choice in _candidates(schema, table)]
    if not found:
        raise ArchbookError("no table here has a foreign key or an indexed column to look rows up by; add one of them")
    parents = {key.to for table in schema.tables.values() for key in table.foreign_keys if key.to != table.name}

    def order(candidate: tuple[int, Choice]) -> tuple[float, ...]:
        rank, choice = candidate
        table = schema.tables[choice.table]
        keys = len({key.to for key in table.foreign_keys})
        return rank, -sizes.get(table.name, 0), table.name in parents, -keys

    choice = min(found, key=order)[1]
    its = roles(schema, schema.tables[choice.table], choice.columns[0])
    return replace(choice, roles=its, others=(its["parent"],) if "parent" in its else ())


def _candidates(schema: Schema, table: Table) -> Iterator[tuple[int, Choice]]:
    """Look-ups that the DDL suggests, better ones with a lower rank."""
    if table.partition_of:
        return
    pointing = {key.columns[0] for key in table.foreign_keys} | {
        c.name for c in table.columns if c.name.endswith("_id")
    }
    for index in table.indexes:
        lead = index.columns[0] if index.columns else ""
        if not index.plain or index.unique or not _selective(schema, table, lead):
            continue
        if lead in pointing:
            yield 0, Choice(table.name, index.columns, "its index leads with a reference to another table", index.name)
        else:
            yield 2, Choice(table.name, index.columns, "its index says that rows are looked up by it", index.name)
    for key in table.foreign_keys:
        if _selective(schema, table, key.columns[0]) and table.primary_key != key.columns:
            why = "a foreign key that no index of the DDL serves"
            yield 1, Choice(table.name, key.columns, why, named(table.name, key.columns, "idx"))


def _selective(schema: Schema, table: Table, column: str) -> bool:
    """Whether a column can tell many rows apart."""
    if not table.has(column):
        return False
    base = schema.base(table.column(column).type)
    listed = any(limit.values for limit in table.limits(column))
    return base.name in SELECTIVE and not base.array and not listed


def roles(schema: Schema, table: Table, lead: str) -> dict[str, str]:
    """Columns that the further parts ask for: a range (time, or numbered key), a value, and the parent with its key."""
    key = key_column(table)
    numbered = key if key and schema.base(table.column(key).type).name in INTEGERS else ""
    ranged = time_column(schema, table) or numbered
    found = {"range": ranged} if ranged and ranged != lead else {}
    others = [c.name for c in table.columns if c.name not in (lead, ranged) and _has_maximum(schema, c)]
    value = amount_column(schema, table)
    if value not in others:
        value = others[-1] if others else ""
    if not value:
        return {}
    for link in links(schema):
        if (link.child, link.column) == (table.name, lead) and alike(schema, link):
            found |= {"parent": link.parent, "to": link.to}
    return found | {"value": value}


def _has_maximum(schema: Schema, column: Column) -> bool:
    base = schema.base(column.type)
    return not base.array and base.name in SELECTIVE - {"uuid"} | {"numeric", "float4", "float8"}


def measure(lab: Lab) -> list[Part]:
    """A point look-up without an index; with one on the leading column, where the DDL's has more; with the DDL's."""
    choice = lab.choice
    look_up = f"SELECT * FROM {quoted(choice.table)} WHERE {quoted(choice.columns[0])} = $1"  # noqa: S608 - quoted
    steps: dict[str, tuple[str, ...]] = {"scan": ()}
    if len(choice.columns) > 1:
        steps[f"index ({choice.columns[0]})"] = choice.columns[:1]
    steps[f"index ({', '.join(choice.columns)})"] = choice.columns
    variants = [Variant(name, look_up, prepare=indexed(*columns)) for name, columns in steps.items()]
    usual = usual_values(lab.source, choice.table, choice.columns[0], KEYS)
    return [lab.compare("point look-up", variants, usual), *(_further(lab, usual[:FEWER]) if choice.roles else ())]


def _further(lab: Lab, usual: list[Key]) -> list[Part]:
    found = [*parts(lab), *key_order(lab)]
    if lab.postgres and "parent" in lab.choice.roles:
        found.append(delete_parent(lab, usual))
    if lab.postgres and "range" in lab.choice.roles:
        found.append(covering(lab))  # the last, since it writes
    return found


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    without, with_ = outcome.lead.variants[0], outcome.lead.variants[-1]
    gain = outcome.lead.gain() if used(with_) else "no faster (the plan does not use it)"
    return (
        f"On {outcome.title} with {significant(outcome.rows)} rows in {choice.table}, an index on "
        f"({', '.join(choice.columns)}) makes a look-up by {choice.columns[0]} {gain}: "
        f"{outcome.lead.show(without)} without, {outcome.lead.show(with_)} with it."
    )


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    said = [sentence(choice, outcome) for outcome in engines.values()]
    said += [_unused(outcome) for outcome in engines.values() if not used(outcome.lead.variants[-1])]
    duck, postgres = engines.get("duckdb"), engines.get("postgresql")
    if duck and postgres:
        said.append(_compared(duck, postgres))
    elif duck:
        said.append(
            "DuckDB alone misleads about a transactional store: it scans compressed columns on all cores, where "
            "PostgreSQL reads every page of whole rows. Measure with engine both before an index is decided on."
        )
    else:
        said.append("This is the engine that a transactional store runs on, so its figures are the ones to decide by.")
    return " ".join(said)


def _unused(outcome: EngineOutcome) -> str:
    """Why an engine did not use the index."""
    alone = outcome.lead.variants[1]
    if len(outcome.lead.variants) > 2 and used(alone):
        gain = show_factor(outcome.lead.times(alone))
        return f"{outcome.title} does not use an index of several columns here; {alone.name} gives {gain}."
    return f"{outcome.title} did not use the index: its planner holds a scan of this table for cheaper."


def _best(outcome: EngineOutcome) -> float:
    """The most that an index gains."""
    return max(outcome.lead.times(variant) for variant in outcome.lead.variants[1:])


def _compared(duck: EngineOutcome, postgres: EngineOutcome) -> str:
    gains = (
        f"the best index gains {show_factor(_best(duck))} in DuckDB and {show_factor(_best(postgres))} in PostgreSQL"
    )
    if postgres.lead.ratio_low > max(duck.lead.ratio_high, _best(duck)):
        return (
            f"DuckDB would mislead: {gains}. DuckDB scans compressed columns on all cores and plans each statement "
            "anew, so a scan looks cheap; PostgreSQL reads every page of whole rows. Plain EXPLAIN in DuckDB also says "
            "Seq Scan where the index is used; only EXPLAIN ANALYZE shows it. Decide by PostgreSQL."
        )
    if duck.lead.ratio_low > postgres.lead.ratio_high:
        return f"DuckDB would mislead: {gains}. Decide by PostgreSQL, the engine that will serve it."
    return f"Both engines agree within their spread at this size ({gains}); at ten times the rows they may not."


QUESTION = "Does an index pay for looking rows up, or is a scan as quick?"
EXPERIMENT = Experiment("index_or_scan", QUESTION, choose, measure, sentence, verdict)

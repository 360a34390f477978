"""What happens to plans when a few values are popular and most are rare, and the planner's sample hardly sees those?"""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

import json
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archbook.errors import ArchbookError
from archbook.schema.choosing import Link, amount_column, links, whole_tables
from archbook.schema.experiment import Choice, Experiment, Key, Variant, compared
from archbook.schema.index_parts import alike, planned_anew
from archbook.schema.lab import Lab
from archbook.schema.model import Schema
from archbook.schema.outcome import EngineOutcome, Part, part_of
from archbook.schema.shapes import INTEGERS
from archbook.schema.sql import quoted
from archbook.units import show_factor, significant

DEFAULT, MOST, REMEDY = 100, 10_000, 1_000  # statistics targets: PostgreSQL's own, its highest, and the one advised
PAGES = 8  # lists of rare keys that the join is timed with
SIZES = (5, 10, 20, 50, 100, 200, 500, 1_000)  # keys in a list
SAMPLE = 5  # values of each kind whose rows are estimated
UNSEEN = 150  # rank of the most popular values that the default target's list of 100 leaves out
PLACES = 200_000  # rows of the table with two columns that go together
JOIN, PLANNING = "join of rare keys", "planning that join"
KINDS = ("a popular value", "a value in between", "a rare value", "an absent value")


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table with a reference whose values repeat freely, so that some of them may be popular."""
    found = list(_skewed(schema))
    if not found:
        raise ArchbookError("no table here has a foreign key of one column that many rows may share; add one of them")
    order = [table.name for table in whole_tables(schema, sizes)]
    link = min(found, key=lambda link: order.index(link.child))
    parent = schema.tables[link.parent]
    others = [column.name for column in parent.columns if column.name != link.to]
    value = amount_column(schema, parent) or next((name for name in others if _ordered(schema, link, name)), link.to)
    roles = {"parent": link.parent, "to": link.to, "value": value}
    why = f"rows share {link.column} freely, so a few of its values can be popular"
    return Choice(link.child, (link.column,), why, others=(link.parent,), roles=roles)


def _skewed(schema: Schema) -> Iterator[Link]:
    for link in links(schema):
        unique = {column for columns in schema.tables[link.child].unique_sets() for column in columns}
        if link.column not in unique and alike(schema, link):
            yield link


def _ordered(schema: Schema, link: Link, column: str) -> bool:
    base = schema.base(schema.tables[link.parent].column(column).type)
    return not base.array and base.name in (*INTEGERS, "text", "varchar", "timestamp", "timestamptz", "date")


def measure(lab: Lab) -> list[Part]:
    """The join of a page of rare keys by statistics target; what was expected of each kind of value; two columns."""
    planned_anew(lab)
    choice = lab.choice
    lab.engine.create_index("archbook_parent_key", choice.roles["parent"], [choice.roles["to"]], unique=True)
    lab.engine.create_index("archbook_reference", choice.table, choice.columns)
    kinds = _kinds(lab)
    estimates: dict[str, dict[str, list[float]]] = defaultdict(dict)
    planning: dict[str, list[float]] = {}
    question, pages = _pages(lab)

    def variant(name: str, target: int) -> Variant:
        def prepare(lab: Lab) -> None:
            _analyze(lab, target)
            for kind, values in kinds.items():
                estimates[kind][name] = [_estimate(lab, _rows_of(choice), value) for value in values]
            if lab.postgres:
                planning[name] = [_planning_s(lab, question, page) for page in pages]

        return Variant(name, question, prepare=prepare)

    targets = {"default statistics": DEFAULT, "statistics anew": DEFAULT}
    if lab.postgres:
        targets = {"default statistics": DEFAULT} | {f"target {significant(t)}": t for t in (MOST, REMEDY)}
    join = lab.compare(JOIN, [variant(*named) for named in targets.items()], pages, rounds=1)
    expected = [_judged(f"rows of {kind}", estimates[kind], _there(lab, values)) for kind, values in kinds.items()]
    timed = [_planned(planning)] if planning else []
    return [replace(join, note=_flipped(join, len(pages[0][0]))), *timed, *expected, *_together(lab)]


def _analyze(lab: Lab, target: int) -> None:
    """Statistics of the reference anew, with a target where the engine has one."""
    table, column = quoted(lab.choice.table), quoted(*lab.choice.columns)
    if lab.postgres:
        lab.engine.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS {target}")
    lab.engine.execute(f"ANALYZE {table} ({column})")


def _kinds(lab: Lab) -> dict[str, list[Any]]:
    """Values of each kind, from the rows themselves."""
    column, table = quoted(*lab.choice.columns), quoted(lab.choice.table)
    counted = f"SELECT {column}, count(*) AS n FROM {table} WHERE {column} IS NOT NULL GROUP BY 1"
    ranked = lab.source.execute(f"{counted} ORDER BY n DESC, hash({column})")
    values = [value for value, _ in ranked]
    found = {KINDS[0]: values[:SAMPLE], KINDS[2]: values[-SAMPLE:]}
    if len(values) > 4 * UNSEEN:
        found[KINDS[1]] = values[UNSEEN : UNSEEN + SAMPLE]
    if all(isinstance(value, int) for value in values[:1]):
        found[KINDS[3]] = [max(values) + 1]
    return {kind: found[kind] for kind in KINDS if kind in found}


def _rows_of(choice: Choice) -> str:
    return f"SELECT * FROM {quoted(choice.table)} WHERE {quoted(*choice.columns)} = $1"


def _estimate(lab: Lab, question: str, *key: object) -> float:
    """Rows that the planner expects."""
    if lab.postgres:
        return float(lab.engine.execute(f"EXPLAIN (FORMAT JSON) {question}", key)[0][0][0]["Plan"]["Plan Rows"])
    plan = str(lab.engine.execute(f"EXPLAIN (FORMAT JSON) {question}", key)[0][1])
    told = re.search(r'"Estimated Cardinality": "~?(\d+)', json.dumps(json.loads(plan)))
    return float(told.group(1)) if told else 0.0  # DuckDB drops a scan that its statistics rule out


def _planning_s(lab: Lab, question: str, key: Key) -> float:
    found = lab.engine.execute(f"EXPLAIN (FORMAT JSON, SUMMARY) {question}", key)
    return float(found[0][0][0]["Planning Time"]) / 1e3


def _pages(lab: Lab) -> tuple[str, list[Key]]:
    """The join, and lists of rare keys: the shortest for which the default statistics read all of the parent.

    Where none does, the longest that there are rare keys for.
    """
    choice = lab.choice
    child, parent, column = quoted(choice.table), quoted(choice.roles["parent"]), quoted(*choice.columns)
    question = (
        f"SELECT count(*), max(p.{quoted(choice.roles['value'])}) FROM {child} AS c "
        f"JOIN {parent} AS p ON p.{quoted(choice.roles['to'])} = c.{column} WHERE c.{column} = ANY($1)"
    )
    counted = f"SELECT {column} FROM {child} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY count(*), hash({column})"
    rare = [value for (value,) in lab.source.execute(f"{counted} LIMIT {PAGES * SIZES[-1]}")]
    _analyze(lab, DEFAULT)
    size = 1
    for size in [size for size in SIZES if size * PAGES <= len(rare)]:
        if lab.postgres and "Nested Loop" not in lab.engine.explain(question, (rare[:size],)):
            break
        if not lab.postgres and size * 20_000 >= lab.rows:
            break  # DuckDB's plan never flips; about as many as flip PostgreSQL's
    return question, [(rare[size * page : size * (page + 1)],) for page in range(PAGES)]


def _way(plan: str) -> str:
    """How a plan joins, at its top."""
    found = re.search("nested loop|(hash|merge)[ _]join", plan.lower())
    return found.group().replace("_", " ") if found else "plan without a join"


def _flipped(part: Part, size: int) -> str:
    first, last = part.variants[0], part.variants[-1]
    if _way(first.plan) == _way(last.plan):
        return f"{size} rare keys: a {_way(first.plan)} with either; the plan does not depend on the statistics here"
    return (
        f"{size} rare keys: {first.name} expects too many rows and takes a {_way(first.plan)}; {last.name} takes a "
        f"{_way(last.plan)} and is {part.gain()}"
    )


def _planned(planning: Mapping[str, Sequence[float]]) -> Part:
    default, *targets = planning
    part = part_of(PLANNING, "s", {name: planning[name] for name in (*targets, default)})
    most, least = part.variants[0], part.variants[-1]
    return replace(part, note=f"{part.show(most)} with {most.name}, {part.show(least)} with {least.name}: each list of "
                              "frequent values is gone through for each key")  # fmt: skip


def _there(lab: Lab, values: Sequence[Any]) -> list[float]:
    counted = f"SELECT count(*) FROM {quoted(lab.choice.table)} WHERE {quoted(*lab.choice.columns)} = $1"
    return [float(lab.source.execute(counted, [value])[0][0]) for value in values]


def _judged(name: str, expected: Mapping[str, Sequence[float]], there: Sequence[float]) -> Part:
    """How many times off an estimate is, by statistics; the note says what was expected, and what is there."""
    factors = {
        state: [max(_factor(e, t), 1 / _factor(e, t)) for e, t in zip(found, there, strict=True)]
        for state, found in expected.items()
    }
    real = statistics.median(there)
    told = []
    for state, found in expected.items():
        middle = statistics.median(found)
        told.append(f"{significant(middle)} expected with {state} ({_off(middle, real)})")
    return replace(part_of(name, "times off", factors), note=f"{significant(real)} in truth; {', '.join(told)}")


def _factor(expected: float, real: float) -> float:
    """A plan treats no row as one."""
    return max(expected, 1.0) / max(real, 1.0)


def _off(expected: float, real: float) -> str:
    """How far an estimate lies from the truth.

    >>> _off(41, 564), _off(2060, 50), _off(0, 1), _off(8, 9)
    ('13.8× too few', '41.2× too many', 'about right', 'about right')
    """
    factor = _factor(expected, real)
    if 0.5 < factor < 2:
        return "about right"
    return f"{show_factor(factor)} too many" if factor > 1 else f"{show_factor(1 / factor)} too few"


def _together(lab: Lab) -> list[Part]:
    """Two columns of which one determines the other, in a table made for it, and what extended statistics tell."""
    name, count = "archbook places", min(PLACES, lab.rows)
    numbers = f"generate_series(1, {count}) AS s(n)"
    lab.engine.execute(f"CREATE TABLE {quoted(name)} AS SELECT n % 100 AS city, n % 10 AS country FROM {numbers}")
    question = f"SELECT * FROM {quoted(name)} WHERE city = $1 AND country = $2"
    pairs = {"a city in its country": (7, 7), "a city in another country": (7, 3)}
    states = {"no statistics": ""}
    if lab.postgres:
        states |= {"dependencies": "dependencies", "most common pairs": "mcv"}
    estimates: dict[str, dict[str, list[float]]] = defaultdict(dict)
    for state, kind in states.items():
        if lab.postgres:
            lab.engine.execute("DROP STATISTICS IF EXISTS archbook_together")
        if kind:
            lab.engine.execute(f"CREATE STATISTICS archbook_together ({kind}) ON city, country FROM {quoted(name)}")
        lab.engine.analyze(name)
        for pair, key in pairs.items():
            estimates[pair][state] = [_estimate(lab, question, *key)]
    there = {pair: [float(len(lab.engine.execute(question, key)))] for pair, key in pairs.items()}
    lab.engine.execute(f"DROP TABLE {quoted(name)}")
    return [_judged(f"rows of {pair}", estimates[pair], there[pair]) for pair in pairs]


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    first, last = outcome.lead.variants[0], outcome.lead.variants[-1]
    off = outcome.part(f"rows of {KINDS[2]}").variants[0].median
    flips = f"a {_way(first.plan)} becomes a {_way(last.plan)}"
    if _way(first.plan) == _way(last.plan):
        flips = f"the {_way(first.plan)} stays"
    return (
        f"On {outcome.title} with {significant(outcome.rows)} rows in {choice.table}, the rows of a rare "
        f"{choice.columns[0]} are guessed {show_factor(off)} off. Joining a list of such keys to "
        f"{choice.roles['parent']}, {flips} from {first.name} to {last.name}, {outcome.lead.gain()}: "
        f"{outcome.lead.show(first)} before, {outcome.lead.show(last)} after."
    )


ALONE = (
    "DuckDB alone misleads about a transactional store: it expects alike of every value, and seldom pays for "
    "it, since it scans and joins by hash whatever it expects."
)


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    said = [sentence(choice, outcome) for outcome in engines.values()]
    postgres = engines.get("postgresql")
    if postgres and postgres.lead.ratio_low > 1:
        alter = f"ALTER TABLE {quoted(choice.table)} ALTER COLUMN {quoted(*choice.columns)} SET STATISTICS {REMEDY}"
        said.append(f"Remedy: {alter}, then ANALYZE.")
    elif postgres:
        said.append("At this size the sample sees enough of the table; at ten times the rows it may not.")
    said += compared(engines, _misleads, ALONE)
    return " ".join(said)


def _misleads(duck: EngineOutcome, postgres: EngineOutcome) -> str:
    off = show_factor(duck.part(f"rows of {KINDS[0]}").variants[0].median)
    if postgres.lead.ratio_low > max(1.0, duck.lead.ratio_high):
        return (
            f"DuckDB would mislead: its own guess of a popular value is {off} off, and yet its plan stays a "
            f"{_way(duck.lead.variants[-1].plan)}, for it has no loop by index to choose wrongly. Decide by PostgreSQL."
        )
    return f"Neither engine loses time by its guesses here, though DuckDB's of a popular value is {off} off."


QUESTION = "Does the planner know how many rows a popular and a rare value have, and what if it does not?"
EXPERIMENT = Experiment("skewed_statistics", QUESTION, choose, measure, sentence, verdict)

"""Join and count at each read, or keep copies and counters that each write must keep right?"""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from archbook.errors import ArchbookError
from archbook.schema.choosing import Link, key_column, links, usual_values
from archbook.schema.experiment import Choice, Experiment, Key, Sample, Variant, compared
from archbook.schema.lab import Lab
from archbook.schema.model import Schema, Table
from archbook.schema.outcome import EngineOutcome, Part, part_of
from archbook.schema.shapes import is_text, text_shape
from archbook.schema.two_designs import ASIDE, COUNT, COUNTED, PAGE, WIDE, TwoDesigns, add_at_once, transaction
from archbook.units import significant

PAIRS = 20  # of writers at the same time
TIMED = 8  # pages, rows and labels that each way is timed with
CHANGES, FORGOTTEN = 50, 10  # labels changed; one in so many by a writer that does not know of the copies
COUNTS, LABELS, MOST = "a page with counts", "a page with the parent's label", "those with most"
ADDED, CHANGED, POPULAR = "a row is added", "a label is changed", "the most popular one's label is changed"
FORMULA = "A copy pays above (write with it − without) ÷ (read without it − with it) reads for each write."
STALE_LABELS, STALE_COUNTS = "labels that disagree", "counts that disagree"


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table that points to a parent with a name, title or other text."""
    found = [(link, _label(schema, link)) for link in links(schema) if key_column(schema.tables[link.child])]
    suited = [(link, label) for link, label in found if label]
    if not suited:
        raise ArchbookError(
            "no table here with a key of one column points to a table with a text that could be copied; add such a pair"
        )
    parents = {link.parent for link, _ in suited}
    link, label = min(
        suited, key=lambda pair: (-sizes.get(pair[0].child, 0), pair[0].child in parents, _rank(schema, *pair))
    )
    roles = {"parent": link.parent, "key": link.to, "label": label, "child key": key_column(schema.tables[link.child])}
    why = f"each of its rows may be shown with the {label} of its row in {link.parent}"
    return Choice(link.child, (link.column,), why, others=(link.parent,), roles=roles)


def _rank(schema: Schema, link: Link, label: str) -> int:
    kind = text_shape(schema.tables[link.parent].column(label)).kind
    kinds = ("name", "title", "handle", "email", "first name", "last name")
    return kinds.index(kind) if kind in kinds else len(kinds)


def _label(schema: Schema, link: Link) -> str:
    """The text of the parent that a list would show; empty where it has none."""
    table: Table = schema.tables[link.parent]
    keys = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
    texts = [c.name for c in table.columns if c.name not in keys and is_text(schema, c)]
    return min(texts, key=lambda name: _rank(schema, link, name), default="")


def measure(lab: Lab) -> list[Part]:
    """Reads of both designs, then writes, sizes and what goes wrong with copies and counts."""
    sql, engine = TwoDesigns(lab.choice), lab.engine
    for statement in sql.set_up():
        engine.execute(statement)
    _index(lab)
    parents = [(key,) for key in _some(lab, sql.parent, sql.key)]
    children = [(key,) for key in _some(lab, sql.child, sql.own)]
    pairs = ((COUNTS, sql.page_with_counts(), parents), (LABELS, sql.page_with_labels(), children))
    reads = [_reads(lab, name, statements, keys) for name, statements, keys in pairs]
    reads.append(_reads(lab, MOST, sql.most(), [()] * 2))
    sizes = (engine.size_b(WIDE), engine.size_b(lab.choice.table))
    size = [part_of("size", "B", {"copied": [sizes[0]], "joined": [sizes[1]]})] if sizes[0] and sizes[1] else []
    return [*reads, *_writes(lab, sql), *size, _stale_labels(lab, sql), _stale_counts(lab, sql)]


def _index(lab: Lab) -> None:
    """What PostgreSQL needs to find rows by; DuckDB scans its columns."""
    roles, child, to = lab.choice.roles, lab.choice.table, lab.choice.columns[0]
    indexed = [(roles["parent"], [roles["key"]]), (COUNTED, [roles["key"]]), (COUNTED, [COUNT, roles["key"]])]
    indexed += [(table, [column]) for table in (child, WIDE) for column in (roles["child key"], to)]
    if lab.postgres:
        for number, (table, columns) in enumerate(indexed):
            lab.engine.create_index(f"archbook_index_{number}", table, columns)
    for table in (roles["parent"], child, COUNTED, WIDE, ASIDE):
        lab.engine.analyze(table)


def _some(lab: Lab, table: str, key: str) -> list[object]:
    """Some keys, drawn alike on both engines."""
    return [row[0] for row in lab.source.execute(f"SELECT {key} FROM {table} ORDER BY hash({key}) LIMIT {TIMED}")]


def _reads(lab: Lab, name: str, statements: tuple[str, str], keys: Sequence[Key]) -> Part:
    normalised, denormalised = statements
    variants = [Variant("normalised", normalised), Variant("denormalised", denormalised)]
    lead = name == COUNTS  # the others count or join all rows, which takes seconds of ten million
    return lab.compare(name, variants, keys[: 4 if lead else 3], rounds=3 if lead else 2)


def _writes(lab: Lab, sql: TwoDesigns) -> list[Part]:
    """What keeping counts and copies right adds to a write; each way is one transaction."""

    def add(lab: Lab, key: Key) -> None:
        transaction(lab.engine, sql.add(key[0]))

    def add_and_count(lab: Lab, key: Key) -> None:
        transaction(lab.engine, sql.add(key[0]), sql.count_up(key[0]))

    def change(lab: Lab, key: Key) -> None:
        transaction(lab.engine, sql.change(sql.parent, key[0]))

    def change_and_copy(lab: Lab, key: Key) -> None:
        transaction(lab.engine, sql.change(COUNTED, key[0]), sql.copy(key[0]))

    rows = [row[:1] for row in lab.engine.execute(f"SELECT {sql.own} FROM {ASIDE} ORDER BY 1 LIMIT {TIMED}")]
    usual = usual_values(lab.source, lab.choice.table, lab.choice.columns[0], TIMED)
    popular = lab.source.execute(f"SELECT k FROM ({sql.counts}) AS c WHERE k IS NOT NULL ORDER BY n DESC, k LIMIT 1")
    counting = [Variant("count in the transaction", run=add_and_count), Variant("normalised", run=add)]
    if lab.postgres:
        counting.insert(0, Variant("count by a trigger", run=add, prepare=partial(_with_triggers, sql)))
        counting[1:] = [replace(variant, prepare=partial(_without_triggers, sql)) for variant in counting[1:]]
    copying = [Variant("copies changed too", run=change_and_copy), Variant("normalised", run=change)]
    return [
        lab.compare(ADDED, counting, rows, alike=False, note=FORMULA),
        lab.compare(CHANGED, copying, usual, alike=False),
        lab.compare(POPULAR, copying, popular, alike=False, rounds=2, note=_copies(lab, sql, popular[0][0])),
    ]


def _with_triggers(sql: TwoDesigns, lab: Lab) -> None:
    _without_triggers(sql, lab)
    for statement in sql.triggers():
        lab.engine.execute(statement)


def _without_triggers(sql: TwoDesigns, lab: Lab) -> None:
    if lab.postgres:
        for statement in sql.no_triggers():
            lab.engine.execute(statement)


def _copies(lab: Lab, sql: TwoDesigns, key: object) -> str:
    copies = lab.engine.execute(f"SELECT count(*) FROM {WIDE} WHERE {sql.to} = $1", (key,))[0][0]
    return f"{significant(copies)} copies."


def _stale_labels(lab: Lab, sql: TwoDesigns) -> Part:
    """Copies that are wrong after some labels were changed, one in ten by a writer that does not know of copies."""
    keys = usual_values(lab.source, lab.choice.table, lab.choice.columns[0], CHANGES)

    def write(forgetful: bool, lab: Lab, _: Key) -> Sample:
        for number, (key,) in enumerate(keys):
            forgets = forgetful and number % FORGOTTEN == 0
            transaction(lab.engine, sql.change(COUNTED, key), *([] if forgets else [sql.copy(key)]))
        wrong = float(lab.engine.execute(*sql.stale([key for (key,) in keys]))[0][0])
        for (key,) in keys[::FORGOTTEN]:
            lab.engine.execute(*sql.copy(key))
        return Sample(wrong)

    plain = partial(_without_triggers, sql)
    variants = [Variant("a writer forgets", run=partial(write, True), prepare=plain),
                Variant("no writer forgets", run=partial(write, False), prepare=plain)]  # fmt: skip
    if lab.postgres:
        told = partial(_with_triggers, sql)
        variants.append(Variant("one forgets, a trigger copies", run=partial(write, True), prepare=told))
    note = f"{len(keys)} labels changed, one in {FORGOTTEN} by a writer that does not know of the copies. Joined: none."
    return lab.compare(STALE_LABELS, variants, unit="rows", rounds=1, alike=False, note=note)


def _stale_counts(lab: Lab, sql: TwoDesigns) -> Part:
    """How far counts are off after pairs of writers that each read the count before the other has written it."""
    _without_triggers(sql, lab)
    rows = [row[0] for row in lab.engine.execute(f"SELECT {sql.own} FROM {ASIDE} ORDER BY 1 LIMIT {PAIRS}")]
    refused = {True: 0, False: 0}

    def at_once(blindly: bool, lab: Lab, _: Key) -> Sample:
        before = lab.engine.execute(sql.uncounted())[0][0]
        with lab.engine.another() as one, lab.engine.another() as other:
            refused[blindly] = sum(add_at_once(one, other, sql, row, blindly) for row in rows)
        return Sample(float(lab.engine.execute(sql.uncounted())[0][0] - before))

    variants = [Variant("read, add one, write", run=partial(at_once, True)),
                Variant("one higher than it is", run=partial(at_once, False))]  # fmt: skip
    part = lab.compare(STALE_COUNTS, variants, unit="rows", rounds=1, alike=False)
    note = f"{2 * PAIRS} rows added by pairs of writers at the same time, to the same parent."
    told = f" The engine refused {refused[True]} and {refused[False]} of them, which then tried again."
    return replace(part, note=note + (told if any(refused.values()) else ""))


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    anew, stored = outcome.lead.variants
    return (
        f"On {outcome.title} with {significant(outcome.rows)} rows in {choice.table}, a page of {PAGE} "
        f"{choice.roles['parent']} with how many {choice.table} each has takes {outcome.lead.show(anew)} counted anew "
        f"and {outcome.lead.show(stored)} from a stored count: that is {outcome.lead.gain()}."
    )


ALONE = (
    "DuckDB alone misleads: it counts by scanning columns and writes single rows slowly, the opposite of a "
    "transactional store. Measure with engine both before a copy is kept."
)


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    """What each engine shows, above how many reads a write it pays, which engine would mislead, and why."""
    said = []
    for outcome in engines.values():
        said += [sentence(choice, outcome), _pays(outcome, COUNTS, ADDED, "added row")]
        said += [_sorted(choice, outcome), _copies_pay(choice, outcome)]
    said += compared(engines, _compared, ALONE)
    said.append(_wrong(list(engines.values())[-1]))
    return " ".join(said)


def break_even(outcome: EngineOutcome, read: str, write: str) -> float | None:
    """Reads for each write above which the copy pays: (write with it - without) / (read without it - with it).

    None where the read gains nothing beyond its spread: then it never pays.
    """
    gained, spent = outcome.part(read), outcome.part(write)
    if gained.ratio_low <= 1:
        return None
    with_, without = spent.variants[-2].median, spent.variants[-1].median
    return max(with_ - without, 0.0) / (gained.variants[0].median - gained.variants[-1].median)


def _pays(outcome: EngineOutcome, read: str, write: str, what: str) -> str:
    ratio, spent = break_even(outcome, read, write), outcome.part(write)
    costs = f"{spent.show(spent.variants[-2])} in place of {spent.show(spent.variants[-1])}"
    if ratio is None:
        return f"The read gains nothing beyond its spread, and each {what} costs {costs}: it does not pay."
    if not ratio:
        return f"Each {what} then costs no more that could be measured ({costs}), so it pays wherever it is read."
    return f"Each {what} then costs {costs}, so it pays above {significant(ratio)} such pages read for each {what}."


def _sorted(choice: Choice, outcome: EngineOutcome) -> str:
    part, ratio = outcome.part(MOST), break_even(outcome, MOST, ADDED)
    pays = "" if ratio is None else f", and there it pays above {significant(ratio)} reads for each added row"
    return (
        f"The {PAGE} {choice.roles['parent']} with most {choice.table} take {part.show(part.variants[0])} counted anew "
        f"and {part.show(part.variants[-1])} stored: {part.gain().split(' (')[0]}{pays}."
    )


def _copies_pay(choice: Choice, outcome: EngineOutcome) -> str:
    part, popular = outcome.part(LABELS), outcome.part(POPULAR)
    label = f"{choice.roles['parent']}.{choice.roles['label']}"
    return (
        f"A page of {choice.table} with {label} takes {part.show(part.variants[0])} joined and "
        f"{part.show(part.variants[-1])} copied: {part.gain().split(' (')[0]}. "
        f"{_pays(outcome, LABELS, CHANGED, 'changed label')} Of the most popular one, with {popular.note.rstrip('.')}, "
        f"it takes {popular.show(popular.variants[0])} in place of {popular.show(popular.variants[-1])}."
    )


def _compared(duck: EngineOutcome, postgres: EngineOutcome) -> str:
    """By the ratio at which a stored count pays, since that is what is decided on."""
    ours, theirs = (break_even(outcome, COUNTS, ADDED) for outcome in (postgres, duck))
    if ours is None and theirs is None:
        return "Start normalised: a stored count gains nothing beyond the spread on either engine at this size."
    if ours is None or theirs is None:
        without, with_ = ("PostgreSQL", "DuckDB") if ours is None else ("DuckDB", "PostgreSQL")
        return f"DuckDB would mislead: the count gains nothing on {without} and pays on {with_}. Decide by PostgreSQL."
    figures = f"{significant(theirs)} reads a write in DuckDB, {significant(ours)} in PostgreSQL"
    if max(ours, theirs) <= 2 * min(ours, theirs):
        return f"Both engines put the point where a stored count pays alike ({figures}); below it, stay normalised."
    too = "early" if theirs < ours else "late"
    return (
        f"DuckDB would mislead: who decides by it stores the count too {too} ({figures}). It counts by scanning whole "
        "columns, where PostgreSQL walks an index for each parent, and a write of one row has a price of its own in "
        "it. Start normalised, and decide by PostgreSQL's figure."
    )


def _wrong(outcome: EngineOutcome) -> str:
    labels, counts = outcome.part(STALE_LABELS), outcome.part(STALE_COUNTS)
    said = (
        f"What is kept twice can disagree. On {outcome.title} {labels.show(labels.variants[0])} show an old label "
        f"after one writer in {FORGOTTEN} forgot the copies, and counts are "
        f"{significant(counts.variants[0].median)} too low after {2 * PAIRS} rows by pairs of writers that read, add "
        f"one and write ({significant(counts.variants[-1].median)} with an update that adds to what is there)."
    )
    if len(labels.variants) > 2:
        said += f" With a trigger that copies, {labels.show(labels.variants[-1])} disagree."
    return said


QUESTION = "Do stored counts and copied columns pay, and above how many reads a write?"
EXPERIMENT = Experiment("normalised_or_denormalised", QUESTION, choose, measure, sentence, verdict, writes=True)

"""Page through a list by OFFSET, or from where the last page ended (keyset)?"""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

from collections.abc import Callable, Mapping

from archbook.errors import ArchbookError
from archbook.schema.choosing import key_column, time_column, whole_tables
from archbook.schema.draft import named
from archbook.schema.experiment import Choice, Experiment, Key, Sample, Variant, compared
from archbook.schema.lab import Lab
from archbook.schema.model import Schema
from archbook.schema.outcome import EngineOutcome, Part
from archbook.schema.sql import quoted
from archbook.units import show_factor, significant

PAGE = 20  # rows on a page
DEEPEST = 500_000  # rows before the deepest page, which is half way down a list that is shorter
DEPTHS = (1.0, 0.1, 0.01, 0.0)  # of the deepest page; the last is page 2
PAGES = 4  # timed at the first depth, which leads; fewer at the others
WALKED = 10  # pages that a reader walks through while rows come or go
MOVED = PAGE // WALKED  # rows that come or go between two pages: in all those of the first page
REACH = WALKED * (PAGE + MOVED)  # rows that the walk can come to
ASIDE = "archbook_aside"


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table with a key of one column, listed by when its rows came; else by its key."""
    found = [table for table in whole_tables(schema, sizes) if key_column(table)]
    if not found:
        raise ArchbookError("no table here has a primary key of one column, which pages need to have an order; add one")
    timed = [table for table in found if time_column(schema, table)]
    table = (timed or found)[0]
    time, key = time_column(schema, table), key_column(table)
    columns = (time, key) if time and time != key else (key,)
    why = "it has the time its rows came, and a key to tell equal times apart" if len(columns) > 1 else "it has a key"
    index = next((i.name for i in table.indexes if i.plain and i.columns == columns), "")
    return Choice(table.name, columns, why, index or named(table.name, columns, "idx"))


class _List:
    """The SQL of a list, newest first. Rows without a time have no place in it: a comparison never finds NULL."""

    def __init__(self, schema: Schema, choice: Choice) -> None:
        table = schema.tables[choice.table]
        self.table, self.columns = quoted(choice.table), quoted(*choice.columns)
        self.known = [f"{quoted(c)} IS NOT NULL" for c in choice.columns if table.column(c).nullable]
        self.order = "ORDER BY " + ", ".join(f"{quoted(c)} DESC" for c in choice.columns)
        self.after = f"({self.columns}) < ({', '.join(f'${n + 1}' for n in range(len(choice.columns)))})"
        self.row = " AND ".join(f"{quoted(c)} = ${n + 1}" for n, c in enumerate(choice.columns))

    def select(self, what: str, after: str = "", rest: str = "") -> str:
        """A query of the list; after: a further condition; rest: LIMIT and OFFSET."""
        where = " AND ".join([*self.known, after] if after else self.known)
        return f"SELECT {what} FROM {self.table}{f' WHERE {where}' if where else ''} {self.order} {rest}".rstrip()

    def by_offset(self, what: str = "*") -> str:
        return self.select(what, rest=f"LIMIT {PAGE} OFFSET $1")

    def by_keyset(self, what: str = "*") -> str:
        return self.select(what, self.after, f"LIMIT {PAGE}")


def measure(lab: Lab) -> list[Part]:
    """A page at several depths both ways; what a reader misses or sees twice; what a total count costs."""
    paged = _List(lab.schema, lab.choice)
    if lab.postgres:  # DuckDB's indexes serve no ORDER BY: there it sorts in either case
        lab.engine.execute(f"DROP INDEX IF EXISTS {quoted(lab.choice.index)}")
        lab.engine.create_index(lab.choice.index, lab.choice.table, lab.choice.columns)
        lab.engine.analyze(lab.choice.table)
    parts = [
        lab.compare(
            name,
            [
                Variant("OFFSET", paged.by_offset(), takes=slice(0, 1)),
                Variant("keyset", paged.by_keyset(), takes=slice(1, None)),
            ],
            keys[: 3 if number else PAGES],
            rounds=2 if number else 3,
            note="" if number else _note(lab, paged),
        )
        for number, (name, keys) in enumerate(_keys(lab, paged).items())
    ]
    return [*parts, _total(lab, paged), *_drifts(lab, paged)]


def _note(lab: Lab, paged: _List) -> str:
    said = (
        f"Both have the index ({', '.join(lab.choice.columns)})." if lab.postgres else "No index: none serves an order."
    )
    return said + (
        " Rows without a time are in neither list; let no column of a keyset be null." if paged.known else ""
    )


def _keys(lab: Lab, paged: _List) -> dict[str, list[Key]]:
    """For pages at each depth: the offset, and the order columns of the row before (from the rows as made)."""
    numbered = f"SELECT {paged.columns}, row_number() OVER ({paged.order}) AS n FROM {paged.table}"
    numbered += f" WHERE {' AND '.join(paged.known)}" if paged.known else ""
    count = int(lab.source.execute(f"SELECT count(*) FROM ({numbered})")[0][0])
    if count < REACH:
        raise ArchbookError(f"{lab.choice.table} has {count:,} rows to list; ask for more, {REACH} are needed")
    deepest = min(count // 2, DEEPEST)
    starts = [max(PAGE, int(deepest * share) // PAGE * PAGE) for share in DEPTHS]
    names = [*(f"page at row {significant(start)}" for start in starts[:-1]), "page 2"]
    wanted = {name: range(start, start + PAGES * PAGE, PAGE) for name, start in zip(names, starts, strict=True)}
    offsets = ", ".join(str(offset) for listed in wanted.values() for offset in listed)
    found = lab.source.execute(f"SELECT n, {paged.columns} FROM ({numbered}) WHERE n IN ({offsets})")
    before = {row[0]: row[1:] for row in found}
    return {name: [(n, *before[n]) for n in listed if n in before] for name, listed in wanted.items()}


def _total(lab: Lab, paged: _List) -> Part:
    """What "page 1 of 50 000" costs: counting all rows, against the catalog's estimate and against one row more."""
    estimate = "SELECT estimated_size FROM duckdb_tables() WHERE table_name = $1"
    if lab.postgres:
        estimate = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(quote_ident($1))"
    name: Key = (lab.choice.table,)
    return lab.compare(
        "how many in all",
        [
            Variant("count(*)", f"SELECT count(*) FROM {paged.table}", takes=slice(0, 0)),
            Variant("the catalog's estimate", estimate),
            Variant("a page and one row", paged.select("*", rest=f"LIMIT {PAGE + 1}"), takes=slice(0, 0)),
        ],
        [name] * PAGES,
        alike=False,
        note=f"Reading row {PAGE + 1} tells whether there is a next page, and needs no count.",
    )


def _drifts(lab: Lab, paged: _List) -> list[Part]:
    """What a reader of `WALKED` pages sees twice while rows come, and misses while rows go."""
    ways: dict[str, Callable[[Lab, _List, int, Key], list[Key]]] = {"OFFSET": _by_offset, "keyset": _by_keyset}
    note = f"{WALKED} pages of {PAGE} rows, newest first; {MOVED} rows {{}} between two pages."
    return [
        lab.compare(
            name,
            [Variant(way, run=_walk(paged, read, coming)) for way, read in ways.items()],
            unit="rows",
            note=note.format("come" if coming else "of page 1 go"),
            rounds=1,
            alike=False,
        )
        for name, coming in (("seen twice while rows come", True), ("missed while rows go", False))
    ]


def _by_offset(lab: Lab, paged: _List, page: int, _last: Key) -> list[Key]:
    return lab.engine.execute(paged.by_offset(paged.columns), (page * PAGE,))


def _by_keyset(lab: Lab, paged: _List, _page: int, last: Key) -> list[Key]:
    if not last:
        return lab.engine.execute(paged.select(paged.columns, rest=f"LIMIT {PAGE}"))
    return lab.engine.execute(paged.by_keyset(paged.columns), last)


def _walk(
    paged: _List, read: Callable[[Lab, _List, int, Key], list[Key]], coming: bool
) -> Callable[[Lab, Key], Sample]:
    """Walks through pages while the newest rows come back one group after the other, or go; all are back at the end."""

    def run(lab: Lab, _: Key) -> Sample:
        newest = paged.select("*", rest=f"LIMIT {WALKED * MOVED}")
        lab.engine.execute(f"CREATE TABLE {ASIDE} AS {newest}")
        moving = lab.engine.execute(f"SELECT {paged.columns} FROM {ASIDE} {paged.order}")
        if coming:  # they wait aside, and the oldest of them comes first
            moving.reverse()
            for row in moving:
                lab.engine.execute(f"DELETE FROM {paged.table} WHERE {paged.row}", row)
        whole = lab.engine.execute(paged.select(paged.columns, rest=f"LIMIT {REACH}"))
        shown: list[Key] = []
        move = f"INSERT INTO {paged.table} SELECT * FROM {ASIDE}" if coming else f"DELETE FROM {paged.table}"
        for page in range(WALKED):
            shown += read(lab, paged, page, shown[-1] if shown else ())
            for row in moving[page * MOVED : (page + 1) * MOVED]:
                lab.engine.execute(f"{move} WHERE {paged.row}", row)
        if not coming:
            lab.engine.execute(f"INSERT INTO {paged.table} SELECT * FROM {ASIDE}")
        lab.engine.execute(f"DROP TABLE {ASIDE}")
        if shown[-1] not in whole:
            raise ArchbookError(f"{lab.choice.table}: {lab.engine.name} gives pages that do not follow each other")
        stayed = set(whole[: whole.index(shown[-1]) + 1]) - set(moving)
        return Sample(float(len(shown) - len(set(shown)) if coming else len(stayed - set(shown))))

    return run


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    offset, keyset = outcome.lead.variants
    return (
        f"On {outcome.title} with {significant(outcome.rows)} rows in {choice.table}, a {outcome.lead.name} by "
        f"({', '.join(choice.columns)}) takes {outcome.lead.show(offset)} by OFFSET and {outcome.lead.show(keyset)} "
        f"from where the last page ended: keyset is {outcome.lead.gain()}."
    )


ALONE = (
    "DuckDB alone misleads about a transactional store: it sorts the whole list for either page, where "
    "PostgreSQL enters its index at the place and reads on. Measure with engine both before a list is built."
)


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    said = [f"{sentence(choice, outcome)} {_deeper(outcome)}" for outcome in engines.values()]
    said += compared(engines, _compared, ALONE)
    last = list(engines.values())[-1]
    said += [_drift(last), _counted(last)]
    return " ".join(said)


def _deeper(outcome: EngineOutcome) -> str:
    """How each way grows with depth."""
    first, deep = outcome.part("page 2"), outcome.lead
    grown = [deep.variants[n].median / first.variants[n].median for n in (0, 1)]
    return f"Against page 2, OFFSET costs {_grown(grown[0])} there and keyset {_grown(grown[1])}."


def _grown(factor: float) -> str:
    return f"{show_factor(factor)} as much" if factor > 1.5 else "about as much" if factor > 0.67 else "less"


def _compared(duck: EngineOutcome, postgres: EngineOutcome) -> str:
    gains = (
        f"keyset gains {show_factor(duck.lead.ratio)} in DuckDB and {show_factor(postgres.lead.ratio)} in PostgreSQL"
    )
    if "index" not in postgres.lead.variants[-1].plan.lower():
        return f"PostgreSQL did not use the index for the keyset page, so neither shows what it can gain ({gains})."
    if postgres.lead.ratio_low > duck.lead.ratio_high:
        return (
            f"DuckDB would mislead: {gains}. DuckDB has no index that serves an order, so it looks through the whole "
            "list either way; PostgreSQL enters its index where the last page ended and reads one page, but for OFFSET "
            "walks past every row before it. Decide by PostgreSQL."
        )
    if duck.lead.ratio_low > postgres.lead.ratio_high:
        return f"DuckDB would mislead: {gains}. Decide by PostgreSQL, the engine that will serve the list."
    return f"Both engines agree within their spread at this size ({gains}); at ten times the rows they may not."


def _drift(outcome: EngineOutcome) -> str:
    """What a reader sees twice and misses; the same on any engine, since it follows from the statements."""
    twice, missed = outcome.part("seen twice while rows come"), outcome.part("missed while rows go")
    offset, keyset = ((int(twice.variants[n].median), int(missed.variants[n].median)) for n in (0, 1))
    return (
        f"Speed is not all: over {WALKED} pages with {MOVED} rows coming between two, OFFSET showed {offset[0]} rows "
        f"twice, keyset {keyset[0]}; with {MOVED} going, OFFSET left out {offset[1]} that were there all the time, "
        f"keyset {keyset[1]}. A keyset goes on from a row and not to page 50: where people jump, bound the depth."
    )


def _counted(outcome: EngineOutcome) -> str:
    total, page = outcome.part("how many in all"), outcome.lead.variants[-1]
    count = total.variants[0]
    return (
        f"Showing how many there are in all costs {total.show(count)} on {outcome.title} "
        f"({show_factor(count.median / page.median)} the keyset page), the catalog's estimate "
        f"{total.show(total.variants[1])}."
    )


QUESTION = "Does a list stay quick on its later pages, by OFFSET or from where the last page ended?"
EXPERIMENT = Experiment("offset_or_keyset", QUESTION, choose, measure, sentence, verdict)

"""Runs an experiment on a DDL text or a design: chooses a table, makes rows, starts engines, measures."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing

from archbook.design.model import Design
from archbook.errors import ArchbookError, UnknownName, shown
from archbook.schema.ddl import parse, stores_with_ddl
from archbook.schema.engines import NAMES, start
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.experiment import Choice, Choose, Experiment
from archbook.schema.experiments import experiments
from archbook.schema.lab import Lab
from archbook.schema.model import Schema
from archbook.schema.outcome import EngineOutcome, Outcome
from archbook.schema.rows import Progress, copy, fill

ROWS = 200_000
STEPS = 30  # about as many as an experiment tells of; the bar only needs to move
LEAST_ROWS, MOST_ROWS = 1_000, 50_000_000
UNSAFE = (
    "PostgreSQL ran on a throw-away server that never waits for its disk (fsync and full_page_writes are off): on one "
    "that keeps its data each commit takes longer and the log is larger. To measure that, give --engine the URL of one"
)


def run(
    experiment: str,
    ddl_or_design: str | Design,
    *,
    store: str | None = None,
    engine: str = "duckdb",
    rows: int = ROWS,
    seed: int = 7,
    skew: float = 1.0,
    progress: Progress | None = None,
) -> Outcome:
    """Run an experiment on the reader's own tables, filled with generated rows.

    ddl_or_design: DDL text, or a design whose stores have DDL files. store: which of them; by default the one
    whose suitable table holds most items. engine: ``duckdb``, ``postgresql``, ``both`` or a PostgreSQL URL (a scratch
    schema there, dropped at the end). rows: of the table measured. skew: Zipf exponent of parents’ popularity, from 0
    (all alike) to below 2. progress: called with (done, total, label).
    Raises ArchbookError (nothing suits), UnknownName, EngineUnavailable.
    """
    known = experiments()
    if experiment not in known:
        raise UnknownName("experiment", experiment, known)
    if not LEAST_ROWS <= rows <= MOST_ROWS:
        raise ArchbookError(f"{rows:,} rows: an experiment needs {LEAST_ROWS:,} to {MOST_ROWS:,}")
    if engine not in (*NAMES, "both") and "://" not in engine:
        raise UnknownName("engine", engine, [*NAMES, "both", "postgresql://user@host/database"])
    if engine == "duckdb" and known[experiment].without_duckdb:
        raise ArchbookError(f"{experiment} needs PostgreSQL: {known[experiment].without_duckdb}")
    if not 0 <= skew < 2:
        raise ArchbookError(f"skew {skew:g}: Zipf's exponent is from 0 (all alike) to below 2")
    chosen, schema, choice = choose_store(known[experiment].choose, ddl_or_design, store)
    return _Run(known[experiment], schema, choice, rows, seed, skew, progress).outcome(chosen, engine)


def choose_store(choose: Choose, subject: str | Design, store: str | None) -> tuple[str, Schema, Choice]:
    """The store, its schema and what an experiment picks in it. Raises ArchbookError, UnknownName."""
    if isinstance(subject, str):
        if store is not None:
            raise ArchbookError(f"store {shown(store)}: DDL alone has no stores; leave it out, or name a design")
        schema = _with_tables(parse(subject))
        return "", schema, choose(schema, {})
    suits: list[tuple[float, str, Schema, Choice]] = []
    reasons = []
    for name in stores_with_ddl(subject, store):
        sizes = _sizes(subject, name)
        try:
            schema = _with_tables(parse(subject.source.ddl[name]))
            choice = choose(schema, sizes)
        except ArchbookError as error:
            reasons.append(f"{name}: {error}")
        else:
            suits.append((sizes.get(choice.table, 0.0), name, schema, choice))
    if suits:
        return max(suits, key=lambda suit: suit[0])[1:]  # the first of those of one size
    raise ArchbookError("; ".join(reasons))


def _with_tables(schema: Schema) -> Schema:
    if not schema.tables:
        raise ArchbookError(f"the DDL: {schema.no_table()}")
    return schema


def _sizes(design: Design, store: str) -> Mapping[str, float]:
    return {table: holding.items for table, holding in design.stores[store].holds.items()}


class _Run:
    def __init__(
        self, experiment: Experiment, schema: Schema, choice: Choice, rows: int, seed: int, skew: float,
        progress: Progress | None,
    ) -> None:  # fmt: skip
        self.experiment, self.schema, self.choice = experiment, schema, choice
        self.rows, self.seed, self.skew, self.progress = rows, seed, skew, progress

    def outcome(self, store: str, engine: str) -> Outcome:
        """Measure on each engine; the rows are made in DuckDB, whichever is measured."""
        experiment, choice = self.experiment, self.choice
        with DuckDb() as source, closing(self._engines(engine, source)) as engines:
            plan = experiment.rows(self.schema, choice, self.rows)
            filled = fill(source, self.schema, plan, self.seed, self.skew, progress=self.progress)
            measured = {
                database.name: self._measure(database, source, filled.rows[choice.table]) for database in engines
            }
        found = dict(sorted(measured.items()))  # DuckDB first
        claims = {name: experiment.sentence(choice, result) for name, result in found.items()}
        left_out = experiment.without_duckdb if engine == "both" else ""
        unsafe = UNSAFE if experiment.writes and engine in ("both", "postgresql") else ""
        return Outcome(
            name=experiment.name, question=experiment.question, store=store, table_name=choice.table,
            columns=choice.columns, index=choice.index, why=choice.why, rows=filled.rows[choice.table], seed=self.seed,
            engines=found, claims=claims, verdict=experiment.verdict(choice, found), ledger=filled.ledger,
            notes=tuple(note for note in (left_out, unsafe) if note),
        )  # fmt: skip

    def _engines(self, engine: str, source: DuckDb) -> Generator[Engine, None, None]:
        """The engines to measure on, each with the tables filled.

        PostgreSQL is measured first, and stopped, since an experiment may change the rows that it finds in DuckDB.
        """
        if engine != "duckdb":
            if self.progress:
                self.progress(0, 1, "starting PostgreSQL" if engine in ("both", "postgresql") else "connecting")
            with start("postgresql" if engine == "both" else engine) as target:
                assert isinstance(target, Postgres)
                copy(source, target, self.schema, self._tables(), self.progress)
                yield target
        if engine in ("duckdb", "both") and not self.experiment.without_duckdb:
            yield source

    def _tables(self) -> list[str]:
        return list(dict.fromkeys([self.choice.table, *self.choice.others]))

    def _measure(self, engine: Engine, source: DuckDb, rows: int) -> EngineOutcome:
        for table in self._tables():
            engine.analyze(table)
        step = iter(range(1, 100_000))

        def tell(label: str) -> None:
            if self.progress:
                done = next(step)
                self.progress(done, max(done + 1, STEPS), label)

        lab = Lab(engine, source, self.schema, self.choice, rows, self.seed, tell)
        size = engine.size_b(self.choice.table)
        return EngineOutcome(engine.name, engine.version, rows, tuple(self.experiment.measure(lab)), size)

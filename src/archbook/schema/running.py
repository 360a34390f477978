"""Runs an experiment on a DDL text or a design: chooses a table, makes rows, starts engines, measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from archbook.design.model import Design
from archbook.errors import ArchbookError, UnknownName, shown
from archbook.schema.ddl import parse
from archbook.schema.engines import NAMES, start
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.experiment import Choice, Choose, Experiment
from archbook.schema.experiments import experiments
from archbook.schema.measuring import KEYS, measure
from archbook.schema.model import Schema
from archbook.schema.outcome import EngineOutcome, Outcome
from archbook.schema.rows import Progress, copy, fill, planned

ROWS = 200_000
LEAST_ROWS, MOST_ROWS = 1_000, 50_000_000


def run(
    experiment: str,
    ddl_or_design: str | Design,
    *,
    store: str | None = None,
    engine: str = "duckdb",
    rows: int = ROWS,
    seed: int = 7,
    progress: Progress | None = None,
) -> Outcome:
    """Run an experiment on the reader's own tables, filled with generated rows.

    ddl_or_design: DDL text, or a design whose stores have DDL files. store: which of them; by default the one
    whose suitable table holds most items. engine: ``duckdb``, ``postgresql``, ``both`` or a PostgreSQL URL (a scratch
    schema there, dropped at the end). rows: of the table measured. progress: called with (done, total, label).
    Raises ArchbookError (nothing suits), UnknownName, EngineUnavailable.
    """
    known = experiments()
    if experiment not in known:
        raise UnknownName("experiment", experiment, known)
    if not LEAST_ROWS <= rows <= MOST_ROWS:
        raise ArchbookError(f"{rows:,} rows: an experiment needs {LEAST_ROWS:,} to {MOST_ROWS:,}")
    if engine not in (*NAMES, "both") and "://" not in engine:
        raise UnknownName("engine", engine, [*NAMES, "both", "postgresql://user@host/database"])
    chosen, schema, choice = choose_store(known[experiment].choose, ddl_or_design, store)
    return _Run(known[experiment], schema, choice, rows, seed, progress).outcome(chosen, engine)


def choose_store(choose: Choose, subject: str | Design, store: str | None) -> tuple[str, Schema, Choice]:
    """The store, its schema and what an experiment picks in it. Raises ArchbookError, UnknownName."""
    if isinstance(subject, str):
        schema = parse(subject)
        return "", schema, choose(schema, {})
    if store is not None and store not in subject.source.ddl:
        if store in subject.stores:
            raise ArchbookError(f"store {shown(store)} has no DDL; name a file in its `schema`")
        raise UnknownName("store", store, subject.source.ddl)
    suits: list[tuple[float, str, Schema, Choice]] = []
    reasons = []
    for name in subject.source.ddl if store is None else [store]:
        schema, sizes = parse(subject.source.ddl[name]), _sizes(subject, name)
        try:
            choice = choose(schema, sizes)
        except ArchbookError as error:
            reasons.append(f"{name}: {error}")
        else:
            suits.append((sizes.get(choice.table, 0.0), name, schema, choice))
    if suits:
        return max(suits, key=lambda suit: suit[0])[1:]  # the first of those of one size
    if not reasons:
        raise ArchbookError("no store of this design has DDL; name a file in a store's `schema`")
    raise ArchbookError("; ".join(reasons))


def _sizes(design: Design, store: str) -> Mapping[str, float]:
    return {table: holding.items for table, holding in design.stores[store].holds.items()}


class _Run:
    def __init__(
        self, experiment: Experiment, schema: Schema, choice: Choice, rows: int, seed: int, progress: Progress | None
    ) -> None:
        self.experiment, self.schema, self.choice = experiment, schema, choice
        self.rows, self.seed, self.progress = rows, seed, progress

    def outcome(self, store: str, engine: str) -> Outcome:
        """Measure on each engine; the rows are made in DuckDB, whichever is measured."""
        with ExitStack() as running:
            source = DuckDb()
            running.callback(source.close)
            plan = planned(self.schema, self.choice.table, self.rows)
            filled = fill(source, self.schema, plan, self.seed, progress=self.progress)
            keys = self.experiment.keys(source, self.choice, KEYS)
            found: dict[str, EngineOutcome] = {}
            for database in self._engines(running, engine, source):
                rows = filled.rows[self.choice.table]
                found[database.name] = self._measure(database, rows, keys)
        claims = {name: self.experiment.sentence(self.choice, result) for name, result in found.items()}
        return Outcome(
            name=self.experiment.name, question=self.experiment.question, store=store, table_name=self.choice.table,
            columns=self.choice.columns, index=self.choice.index, why=self.choice.why,
            statement=self.experiment.statement(self.choice), rows=filled.rows[self.choice.table], seed=self.seed,
            engines=found, claims=claims, verdict=self.experiment.verdict(self.choice, found), ledger=filled.ledger,
        )  # fmt: skip

    def _engines(self, running: ExitStack, engine: str, source: DuckDb) -> Iterator[Engine]:
        """The engines to measure on, each with the table filled; PostgreSQL starts after DuckDB is measured."""
        if engine in ("duckdb", "both"):
            yield source
        if engine == "duckdb":
            return
        if self.progress:
            self.progress(0, 1, "starting PostgreSQL" if engine in ("both", "postgresql") else "connecting")
        target = running.enter_context(start("postgresql" if engine == "both" else engine))
        assert isinstance(target, Postgres)
        copy(source, target, self.schema, [self.choice.table], self.progress)
        yield target

    def _measure(self, engine: Engine, rows: int, keys: list[tuple[object, ...]]) -> EngineOutcome:
        engine.analyze(self.choice.table)
        step = iter(range(1, 1_000))

        def told(label: str) -> None:
            if self.progress:
                self.progress(next(step), 3 * len(self.experiment.variants(self.choice)), label)

        return measure(self.experiment, engine, self.choice, rows, keys, self.seed, told)

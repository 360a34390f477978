"""One engine with its tables filled, and what an experiment may ask of it: above all, to compare variants.

Timing: warm-up, interleaved rounds, medians with spread, plans kept, answers checked equal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from archbook.errors import ArchbookError
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.experiment import Choice, Key, Sample, Variant
from archbook.schema.model import Schema
from archbook.schema.outcome import Part, part_of

KEYS = 12  # parameters that each variant is timed with, in every round
ROUNDS = 3
ROUND_LIMIT_S = 1.5  # timing in one round of one variant stops here, after LEAST samples
LEAST = 3
PART_LIMIT_S = 4.0  # beyond it, no further round begins once each variant has LEAST samples
DEAR_S = 0.05  # a statement that takes longer needs no warm-up but its plan, and its rows are seen while it is timed
SLOW_PREPARATION_S = 1.0  # beyond it, in all, variants are not prepared for another round


@dataclass(frozen=True, slots=True)
class Lab:
    """An engine at work. source: the DuckDB that made the rows (the engine itself, where that is DuckDB).

    rows: of the chosen table; tell: says what is being done, for a person who waits.
    """

    engine: Engine
    source: DuckDb
    schema: Schema
    choice: Choice
    rows: int
    seed: int
    tell: Callable[[str], None]

    @property
    def postgres(self) -> Postgres | None:
        """The engine, where it is PostgreSQL."""
        return self.engine if isinstance(self.engine, Postgres) else None

    def compare(
        self,
        name: str,
        variants: Sequence[Variant],
        keys: Sequence[Key] = ((),),
        *,
        unit: str = "s",
        note: str = "",
        rounds: int = ROUNDS,
        round_limit_s: float = ROUND_LIMIT_S,
        alike: bool = True,
    ) -> Part:
        """Measure variants against each other, each with every key in every round.

        name: of the part, for people. unit: of the values: ``s``, ``B``, ``1/s``, or what is counted, such as
        ``rows``. note: how to read it. alike: whether all variants must find the same rows. Raises ArchbookError
        when they do not, since their times would then say nothing.
        """
        values: dict[str, list[float]] = {variant.name: [] for variant in variants}
        preparing: dict[str, list[float]] = {variant.name: [] for variant in variants}
        plans: dict[str, str] = {}
        answers: dict[str, list[Any]] = {}
        dear: set[str] = set()
        start = time.perf_counter()
        for number in range(rounds):
            for variant in variants:
                self.tell(f"{self.engine.name}: {name}: {variant.name}, round {number + 1} of {rounds}")
                preparing[variant.name].append(self._prepare(variant))
                if number == 0:
                    plans[variant.name], spent_s = self._explained(variant, keys[0])
                    if spent_s > DEAR_S:
                        dear.add(variant.name)
                    elif alike:
                        answers[variant.name] = [self._once(variant, key)[1] for key in keys]
                if variant.name not in dear and (number or not alike):
                    self._once(variant, keys[-1])  # warm-up
                measured = self._round(variant, keys, round_limit_s)
                values[variant.name] += [value for value, _ in measured]
                answers.setdefault(variant.name, [answer for _, answer in measured] if alike else [])
            slow = sum(map(sum, preparing.values())) > SLOW_PREPARATION_S
            enough = time.perf_counter() - start > PART_LIMIT_S and min(map(len, values.values())) >= LEAST
            if slow or enough:
                break
        if alike:
            _see_alike(name, answers)
        found = [self._rows(answer) for answer in answers.get(variants[0].name, [])]
        return part_of(name, unit, values, plans, preparing, note=note, seed=self.seed, found=found,
                       statements={v.name: v.statement for v in variants if v.statement})  # fmt: skip

    def explain(self, statement: str, key: Key = ()) -> str:
        """The plan of a query, run once; empty for anything else."""
        query = statement.lstrip().upper().startswith(("SELECT", "WITH"))
        return self.engine.explain(statement, key) if query else ""

    def _explained(self, variant: Variant, key: Key) -> tuple[str, float]:
        """The plan, and how long it took to run."""
        start = time.perf_counter()
        return self.explain(variant.statement, key[variant.takes]), time.perf_counter() - start

    def _prepare(self, variant: Variant) -> float:
        start = time.perf_counter()
        if variant.prepare:
            variant.prepare(self)
        return time.perf_counter() - start

    def _round(self, variant: Variant, keys: Sequence[Key], limit_s: float) -> list[tuple[float, Any]]:
        """What each run measured and found, of as many keys as there is time for."""
        measured: list[tuple[float, Any]] = []
        end = time.perf_counter() + limit_s
        for key in keys:
            measured.append(self._once(variant, key))
            if time.perf_counter() > end and len(measured) >= LEAST:
                break
        return measured

    def _once(self, variant: Variant, key: Key) -> tuple[float, Any]:
        """What one run measured, and what it found."""
        start = time.perf_counter()
        run = variant.run
        answer = run(self, key) if run else self.engine.execute(variant.statement, key[variant.takes])
        spent = time.perf_counter() - start
        return (answer.value, answer.answer) if isinstance(answer, Sample) else (spent, answer)

    @staticmethod
    def _rows(answer: Any) -> float:
        return float(len(answer)) if isinstance(answer, list | tuple) else 1.0


def _see_alike(part: str, answers: dict[str, list[Any]]) -> None:
    """Compare the answers to the keys that all variants had time for. Raises ArchbookError."""
    (first, expected), *others = ((name, [_plain(answer) for answer in found]) for name, found in answers.items())
    for name, found in others:
        if any(one != other for one, other in zip(found, expected, strict=False)):
            raise ArchbookError(f"{part}: `{name}` and `{first}` returned different rows, so their times say nothing")


def _plain(answer: Any) -> Any:
    return sorted(map(repr, answer)) if isinstance(answer, list | tuple) else answer

"""Timing of variants: warm-up, interleaved rounds, medians with spread, plans kept, rows checked equal."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from archbook.errors import ArchbookError
from archbook.schema.engines.protocol import Engine
from archbook.schema.experiment import Choice, Experiment, Variant
from archbook.schema.outcome import EngineOutcome, VariantOutcome

KEYS = 12  # parameters that each variant is timed with, in every round
ROUNDS = 3
ROUND_LIMIT_S = 4.0  # timing in one round of one variant stops here, after LEAST samples
LEAST = 4
SLOW_PREPARATION_S = 4.0  # beyond it, variants are prepared once and not once a round
RESAMPLES = 500


def measure(
    experiment: Experiment,
    engine: Engine,
    choice: Choice,
    rows: int,
    keys: Sequence[tuple[Any, ...]],
    seed: int,
    progress: Callable[[str], None],
) -> EngineOutcome:
    """Time every variant on one engine. Raises ArchbookError when variants answer differently."""
    statement, compared = experiment.statement(choice), experiment.variants(choice)
    times: dict[str, list[float]] = {variant.name: [] for variant in compared}
    preparing: dict[str, list[float]] = {variant.name: [] for variant in compared}
    plans: dict[str, str] = {}
    answers: dict[str, list[Any]] = {}
    for number in range(ROUNDS):
        for variant in compared:
            progress(f"{engine.name}: {variant.name}, round {number + 1} of {ROUNDS}")
            preparing[variant.name].append(_timed(lambda v=variant: v.prepare(engine, choice)))  # type: ignore[misc]
            if number == 0:
                answers[variant.name] = [sorted(map(repr, engine.execute(statement, key))) for key in keys]
                plans[variant.name] = engine.explain(statement, keys[0])
            times[variant.name] += _round(engine, statement, keys)
        if max(max(spent) for spent in preparing.values()) > SLOW_PREPARATION_S:
            break
    _same(compared, answers)
    variants = tuple(
        _outcome(v.name, times[v.name], plans[v.name], statistics.median(preparing[v.name])) for v in compared
    )
    low, high = ratio_interval(times[compared[0].name], times[compared[-1].name], seed)
    returned = statistics.median(len(answer) for answer in answers[compared[0].name])
    ratio = variants[0].median_s / variants[-1].median_s
    size = engine.size_b(choice.table)
    return EngineOutcome(engine.name, engine.version, rows, variants, ratio, low, high, float(returned), size)


def _round(engine: Engine, statement: str, keys: Sequence[tuple[Any, ...]]) -> list[float]:
    engine.execute(statement, keys[-1])  # warm-up
    times: list[float] = []
    end = time.perf_counter() + ROUND_LIMIT_S
    for key in keys:
        times.append(_timed(lambda k=key: engine.execute(statement, k)))  # type: ignore[misc]
        if time.perf_counter() > end and len(times) >= LEAST:
            break
    return times


def _timed(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _same(variants: Sequence[Variant], answers: dict[str, list[Any]]) -> None:
    first, *others = [variant.name for variant in variants]
    for other in others:
        if answers[other] != answers[first]:
            raise ArchbookError(f"`{other}` and `{first}` returned different rows, so their times say nothing")


def _outcome(name: str, times: list[float], plan: str, prepare_s: float) -> VariantOutcome:
    low, median, high = statistics.quantiles(times, n=4, method="inclusive")
    return VariantOutcome(name, median, low, high, len(times), plan, prepare_s)


def ratio_interval(slow: Sequence[float], fast: Sequence[float], seed: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of the ratio of two medians, by bootstrap.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, ch. 13 (percentile interval).

    >>> low, high = ratio_interval([10.0, 11.0, 12.0, 10.5], [1.0, 1.1, 1.0, 1.05], seed=7)
    >>> 9 < low < 10.5 < high < 12.1
    True
    """
    dice = random.Random(seed)
    ratios = sorted(
        statistics.median(dice.choices(slow, k=len(slow))) / statistics.median(dice.choices(fast, k=len(fast)))
        for _ in range(RESAMPLES)
    )
    edge = int(RESAMPLES * (1 - level) / 2)
    return ratios[edge], ratios[-1 - edge]

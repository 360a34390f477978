"""What an experiment found: values and plans per engine and part, a verdict, and the evidence that a design keeps."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import Evidence, found
from archbook.schema.model import Entry
from archbook.tables import Table, as_columns
from archbook.units import show_duration, show_factor, show_rate, show_share, show_size, significant

RESAMPLES = 500
TITLES = {"duckdb": "DuckDB", "postgresql": "PostgreSQL"}


def show_value(value: float, unit: str) -> str:
    """A measured value in the unit of its part.

    >>> show_value(0.0124, "s"), show_value(2e6, "B"), show_value(1240, "1/s"), show_value(3, "lost updates")
    ('12.4 ms', '2 MB', '1\\u202f240/s', '3 lost updates')
    """
    if unit in ("s", "B", "share"):
        return {"s": show_duration, "B": show_size, "share": show_share}[unit](value)
    if unit == "1/s":
        return show_rate(value, "").replace(" /s", "/s")
    return f"{significant(value)} {unit.removesuffix('s') if value == 1 else unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Measured:
    """One variant of a part on one engine: median and quartiles in the part's unit.

    values: of each repeat; prepare_s: median time to bring the engine into this state, such as building the index.
    """

    name: str
    median: float
    low: float
    high: float
    values: tuple[float, ...]
    plan: str = ""
    prepare_s: float = 0.0
    statement: str = ""

    @property
    def repeats(self) -> int:
        """How often it was measured."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Part:
    """Variants compared on one engine.

    ratio: how many times better the last variant is than the first (less is better, but of rates more), with its 95 %
    interval; 1 where the medians are alike or nothing is to be compared. rows_returned: median a run.
    """

    name: str
    unit: str
    variants: tuple[Measured, ...]
    ratio: float
    ratio_low: float
    ratio_high: float
    rows_returned: float = 0.0
    note: str = ""

    def variant(self, name: str) -> Measured:
        """The variant called `name`. Raises KeyError."""
        return {variant.name: variant for variant in self.variants}[name]

    def show(self, variant: Measured) -> str:
        """The median of a variant, for people."""
        return show_value(variant.median, self.unit)

    def times(self, variant: Measured) -> float:
        """How many times better than the first variant another is; 1 where either is nothing."""
        return _better(self.variants[0].median, variant.median, self.unit)

    def between(self, first: str, last: str) -> Part:
        """The same part about two of its variants only, to say how they compare. Raises KeyError."""
        return part_of(self.name, self.unit, {name: self.variant(name).values for name in (first, last)})

    def gain(self, better: str = "faster", worse: str = "slower") -> str:
        """The ratio as words, such as ``41× faster (38× to 44×)``; where one of the two is nothing, both values."""
        ends = self.variants[:1] + self.variants[-1:]
        if len({variant.median > 0 for variant in ends}) > 1:
            return f"{self.show(ends[1])} instead of {self.show(ends[0])}"
        if self.ratio_low <= 1 <= self.ratio_high:
            return f"no {better}, within the spread"
        if self.ratio < 1:
            return f"{show_factor(1 / self.ratio)} {worse}"
        return f"{show_factor(self.ratio)} {better} ({show_factor(self.ratio_low)} to {show_factor(self.ratio_high)})"


def part_of(
    name: str,
    unit: str,
    values: Mapping[str, Sequence[float]],
    plans: Mapping[str, str] | None = None,
    preparing: Mapping[str, Sequence[float]] | None = None,
    *,
    statements: Mapping[str, str] | None = None,
    found: Sequence[float] = (),
    note: str = "",
    seed: int = 7,
) -> Part:
    """A part from the values of each variant's repeats.

    >>> part = part_of("look-up", "s", {"scan": [0.1, 0.11, 0.1, 0.12], "index": [0.001, 0.001, 0.0011, 0.001]})
    >>> part.gain().split(" (")[0], part.show(part.variants[0])
    ('105× faster', '105 ms')
    """
    variants = tuple(
        Measured(
            variant,
            statistics.median(repeats),
            *_middle_half(repeats),
            tuple(repeats),
            (plans or {}).get(variant, ""),
            statistics.median((preparing or {}).get(variant) or [0.0]),
            (statements or {}).get(variant, ""),
        )
        for variant, repeats in values.items()
    )
    first, last = variants[0].values, variants[-1].values
    ratio = _better(variants[0].median, variants[-1].median, unit)
    low, high = (ratio, ratio) if len(first) + len(last) == 2 else ratio_interval(first, last, seed, unit=unit)
    return Part(name, unit, variants, ratio, low, high, float(statistics.median(found or [0.0])), note)


def _middle_half(repeats: Sequence[float]) -> tuple[float, float]:
    if len(repeats) < 2:
        return repeats[0], repeats[0]
    low, _, high = statistics.quantiles(repeats, n=4, method="inclusive")
    return low, high


def _better(first: float, last: float, unit: str) -> float:
    worse, better = (last, first) if unit == "1/s" else (first, last)
    return worse / better if worse > 0 and better > 0 else 1.0


def ratio_interval(
    first: Sequence[float], last: Sequence[float], seed: int, level: float = 0.95, unit: str = "s"
) -> tuple[float, float]:
    """Interval of the ratio of two medians, by bootstrap.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, ch. 13 (percentile interval).

    >>> low, high = ratio_interval([10.0, 11.0, 12.0, 10.5], [1.0, 1.1, 1.0, 1.05], seed=7)
    >>> 9 < low < 10.5 < high < 12.1
    True
    """
    dice = random.Random(seed)

    def resampled(values: Sequence[float]) -> float:
        return statistics.median(dice.choices(values, k=len(values)))

    ratios = sorted(_better(resampled(first), resampled(last), unit) for _ in range(RESAMPLES))
    edge = int(RESAMPLES * (1 - level) / 2)
    return ratios[edge], ratios[-1 - edge]


@dataclass(frozen=True, slots=True)
class EngineOutcome:
    """All parts on one engine, the leading one first. rows, size_b: of the chosen table, where the engine tells."""

    engine: str
    version: str
    rows: int
    parts: tuple[Part, ...]
    size_b: float | None = None

    @property
    def title(self) -> str:
        """The engine as people write it."""
        return TITLES.get(self.engine, self.engine)

    @property
    def lead(self) -> Part:
        """The part that charts and evidence lead with."""
        return self.parts[0]

    def part(self, name: str) -> Part:
        """The part called `name`. Raises KeyError."""
        return {part.name: part for part in self.parts}[name]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of an experiment. store: of the design it ran on; empty for DDL alone. notes: what to know beside."""

    name: str
    question: str
    store: str
    table_name: str
    columns: tuple[str, ...]
    index: str
    why: str
    rows: int
    seed: int
    engines: Mapping[str, EngineOutcome]
    claims: Mapping[str, str]
    verdict: str
    ledger: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()

    def parts(self) -> list[str]:
        """Names of all parts, in order."""
        return list(dict.fromkeys(part.name for engine in self.engines.values() for part in engine.parts))

    def readings(self) -> list[str]:
        """How each part reads, in words; once where it reads alike on all engines."""
        lines = []
        for name in self.parts():
            notes = {e.title: p.note for e in self.engines.values() for p in e.parts if p.name == name and p.note}
            alike = len(notes) > 1 and len(set(notes.values())) == 1
            said = {"": next(iter(notes.values()))} if alike else notes
            lines += [f"{name}{', ' if title else ''}{title}: {note}" for title, note in said.items()]
        return lines

    def reading(self, *words: str) -> Table:
        """The readings of the parts whose names have one of `words`."""
        found = [
            line.partition(": ") for line in self.readings() if any(word in line.partition(": ")[0] for word in words)
        ]
        return as_columns(("what", "reads"), [(name, text) for name, _, text in found])

    def table(self, part: str = "") -> Table:
        """Values per engine, part and variant; of one part where it is named."""
        several = not part and len(self.parts()) > 1
        rows = []
        for name in [part] if part else self.parts():
            for engine in self.engines.values():
                for its in (p for p in engine.parts if p.name == name):
                    rows += [self._row(engine, its, variant, several) for variant in its.variants]
        columns = ["engine", "variant", ">median", ">quartiles", ">repeats", ">times better"]
        if several:
            columns.insert(0, "part")
        columns_of = f"{self.table_name} ({', '.join(self.columns)})" if self.columns else self.table_name
        return as_columns(columns, rows, f"{columns_of}, {significant(self.rows)} rows")

    @staticmethod
    def _row(engine: EngineOutcome, part: Part, variant: Measured, several: bool) -> tuple[Any, ...]:
        spread = f"{show_value(variant.low, part.unit)} – {show_value(variant.high, part.unit)}"
        compared = variant.median > 0 and part.variants[0].median > 0
        row = (f"{engine.title} {engine.version}", variant.name, part.show(variant),
               spread if variant.repeats > 1 else None, variant.repeats,
               show_factor(part.times(variant)) if compared else None)  # fmt: skip
        return (part.name, *row) if several else row

    def plans(self) -> str:
        """The plan of each variant on each engine, as it was run."""
        told = [
            f"{engine.title}, {part.name}, {variant.name}\n{variant.statement}\n{variant.plan}".strip()
            for engine in self.engines.values()
            for part in engine.parts
            for variant in part.variants
            if variant.plan
        ]
        return "\n\n".join(told)

    def to_json(self) -> dict[str, Any]:
        """Everything, in plain types."""
        document = asdict(self)
        document["table"] = document.pop("table_name")
        return document

    def evidence(self, design: Design) -> tuple[Evidence, ...]:
        """One entry for each engine, about the store's DDL; stale once that changes. Raises ArchbookError."""
        if not self.store:
            raise ArchbookError("this experiment ran on DDL alone; run it on a design to keep its evidence")
        return tuple(self._entry(design, engine) for engine in self.engines.values())

    def _entry(self, design: Design, engine: EngineOutcome) -> Evidence:
        parts = {
            part.name: {
                v.name: {"median": v.median, "low": v.low, "high": v.high, "repeats": v.repeats, "unit": part.unit}
                for v in part.variants
            }
            for part in engine.parts
        }
        lead = engine.lead
        return found(
            design,
            id=f"{self.name}.{self.store}.{engine.engine}",
            claim=self.claims[engine.engine],
            value=lead.ratio,
            low=lead.ratio_low,
            high=lead.ratio_high,
            unit="×",
            how="measurement",
            about=f"stores.{self.store}.schema",
            source=f"archbook experiment {self.name}, {self.rows:,} generated rows",
            engine=f"{engine.engine} {engine.version}",
            seed=self.seed,
            sample=sum(v.repeats for v in lead.variants),
            details={"statement": lead.variants[-1].statement, "index": self.index, "parts": parts,
                     "verdict": self.verdict, "notes": list(self.notes)},
        )  # fmt: skip

    def __str__(self) -> str:
        said = f"{self.question}\n\n{self.verdict}\n\n{self.table()}"
        told = (("Part by part", self.readings()), ("To know beside", self.notes), ("Told on the way", self.ledger))
        for heading, lines in told:
            if lines:
                said += f"\n\n{heading}:" + "".join(f"\n- {line}" for line in lines)
        return said

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        import html

        said = "".join(f"<p>{html.escape(text)}</p>" for text in (self.verdict, *self.notes))
        parts = "".join(f"<li>{html.escape(line)}</li>" for line in self.readings())
        listed = f"<ul>{parts}</ul>" if parts else ""
        body = f"<p><b>{html.escape(self.question)}</b></p>{said}{self.table(self.parts()[0]).html()}"
        if len(self.parts()) > 1:
            body += f"<details><summary>Part by part</summary>{listed}{self.table().html()}</details>"
        return {"text/html": body, "text/plain": str(self)}

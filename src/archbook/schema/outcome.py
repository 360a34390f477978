"""What an experiment found: times and plans per engine, a verdict, and the evidence that a design keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import Evidence, found
from archbook.schema.model import Entry
from archbook.tables import Table, as_columns
from archbook.units import show_duration, show_factor, significant


@dataclass(frozen=True, slots=True)
class VariantOutcome:
    """Times of one variant on one engine: median and quartiles (s), each time one statement with one key."""

    name: str
    median_s: float
    low_s: float
    high_s: float
    repeats: int
    plan: str
    prepare_s: float  # median time to bring the engine into this state, such as building the index


@dataclass(frozen=True, slots=True)
class EngineOutcome:
    """All variants on one engine. ratio: median of the first over the last variant, with its 95 % interval."""

    engine: str
    version: str
    rows: int
    variants: tuple[VariantOutcome, ...]
    ratio: float
    ratio_low: float
    ratio_high: float
    rows_returned: float  # median a statement
    size_b: float | None  # of the table's rows, where the engine tells

    @property
    def title(self) -> str:
        """The engine as people write it."""
        return {"duckdb": "DuckDB", "postgresql": "PostgreSQL"}.get(self.engine, self.engine)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of an experiment. store: of the design it ran on; empty for DDL alone."""

    name: str
    question: str
    store: str
    table_name: str
    columns: tuple[str, ...]
    index: str
    why: str
    statement: str
    rows: int
    seed: int
    engines: Mapping[str, EngineOutcome]
    claims: Mapping[str, str]
    verdict: str
    ledger: tuple[Entry, ...] = ()

    def table(self) -> Table:
        """Times per engine and variant."""
        rows = []
        for engine in self.engines.values():
            first = engine.variants[0].median_s
            for variant in engine.variants:
                spread = f"{show_duration(variant.low_s)} – {show_duration(variant.high_s)}"
                faster = show_factor(first / variant.median_s)
                name = f"{engine.title} {engine.version}"
                rows.append((name, variant.name, show_duration(variant.median_s), spread, variant.repeats, faster))
        title = f"{self.table_name} ({', '.join(self.columns)}), {significant(self.rows)} rows"
        return as_columns(("engine", "variant", ">median", ">quartiles", ">repeats", ">times faster"), rows, title)

    def plans(self) -> str:
        """The plan of each variant on each engine, as it was run."""
        parts = [
            f"{engine.title}, {variant.name}\n{variant.plan}"
            for engine in self.engines.values()
            for variant in engine.variants
        ]
        return "\n\n".join(parts)

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
        variants = {
            v.name: {"median_s": v.median_s, "low_s": v.low_s, "high_s": v.high_s, "repeats": v.repeats}
            for v in engine.variants
        }
        return found(
            design,
            id=f"{self.name}.{self.store}.{engine.engine}",
            claim=self.claims[engine.engine],
            value=engine.ratio,
            low=engine.ratio_low,
            high=engine.ratio_high,
            unit="×",
            how="measurement",
            about=f"stores.{self.store}.schema",
            source=f"archbook experiment {self.name}, {self.rows:,} generated rows",
            engine=f"{engine.engine} {engine.version}",
            seed=self.seed,
            sample=sum(v.repeats for v in engine.variants),
            details={"statement": self.statement, "index": self.index, "variants": variants, "verdict": self.verdict},
        )

    def __str__(self) -> str:
        told = "".join(f"\n- {entry}" for entry in self.ledger)
        return f"{self.question}\n\n{self.table()}\n\n{self.verdict}" + (f"\n\nTold on the way:{told}" if told else "")

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        import html

        body = f"<p><b>{html.escape(self.question)}</b></p>{self.table().html()}<p>{html.escape(self.verdict)}</p>"
        return {"text/html": body, "text/plain": str(self)}

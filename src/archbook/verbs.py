"""The verbs of the front door that join two rooms, or look after a design's folder."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archbook import evidence as _evidence
from archbook import workbook
from archbook.design.model import Design, a_design
from archbook.errors import ArchbookError, DesignError, InvalidInput, Problem
from archbook.evidence import Evidence

if TYPE_CHECKING:
    from archbook.capacity.headroom import Headroom
    from archbook.capacity.result import Estimate
    from archbook.contracts.changes import Changes
    from archbook.contracts.document import Document
    from archbook.contracts.load_outcome import LoadOutcome
    from archbook.contracts.openapi import OpenApi
    from archbook.contracts.service.running import Running
    from archbook.diagrams.picture import Picture
    from archbook.findings.report import Report
    from archbook.review.checklist import Checklist
    from archbook.review.comparing import Diff
    from archbook.schema import CacheOutcome, Outcome
    from archbook.simulate import Replay, Simulation, Sweep


class _Shown:
    """Shows itself in a notebook as its own text."""

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(str(self))


class Said(_Shown, str):
    """A sentence that shows itself without quotes, and as prose in a notebook."""

    def _repr_html_(self) -> str:
        return f'<div style="max-width:60em">{html.escape(self)}</div>'


class Files(_Shown, list[Path]):
    """Paths that were written, shown as one sentence."""

    def __str__(self) -> str:
        pages = [str(path) for path in self if path.suffix in (".md", ".html")]
        beside = len(self) - len(pages)
        return f"Wrote {', '.join(pages)}" + (f" and {beside} pictures and tables beside." if beside else ".")


def load(design: str | Path | None = None) -> Design:
    """The design in a folder (by default the one we are in), or a shipped one by its name, such as ``ecommerce``.

    ``ecommerce#bank-by-event`` is a variant of it. Raises DesignError with every problem at once, and UnknownName where
    there is no such design.
    """
    from archbook.design.loading import load

    if not isinstance(design, str | Path | None):
        raise InvalidInput(f"a {type(design).__name__} is no folder of a design; give its path, or a shipped name")
    folder, mark, variant = str(design or "").rpartition("#")
    if mark and not os.path.exists(str(design)):
        return load(workbook.find_design(folder or None)).variant(variant)
    return load(workbook.find_design(design))


def open_design() -> Design:
    """The design that the workbook is on: the one given to `archbook lab`, else the worked example."""
    return load(workbook.current_design_path())


def check(design: str | Path | None = None) -> tuple[Problem, ...]:
    """All problems of a design folder; none when it is valid. Raises UnknownName where there is no such design."""
    try:
        load(design)
    except DesignError as error:
        return error.problems
    return ()


def new(folder: str | Path, name: str = "") -> Path:
    """A new design folder with a commented starter; `name` is the folder's own unless given. Raises Conflict."""
    from archbook.design.creating import new

    return new(Path(folder), name or Path(folder).resolve().name)


def estimate(design: Design, growth: float = 1.0) -> Estimate:
    """Load, speed and limits of every element at `growth` times today's load; row sizes are taken from the DDL."""
    from archbook.capacity import estimate
    from archbook.schema import row_sizes

    return estimate(design, growth, row_sizes(design))


def headroom(design: Design) -> Headroom:
    """At which multiple of today's load each part breaks, and the cheapest changes that reach the design's growth."""
    from archbook.capacity import headroom
    from archbook.schema import row_sizes

    return headroom(design, row_sizes(design))


def curve(design: Design, growths: Sequence[float] = ()) -> list[Estimate]:
    """Estimates from today's load to the one that the design is made for, or at the `growths` given."""
    from archbook.capacity import curve

    top = max(a_design(design).traffic.growth, 2.0)
    return curve(design, list(growths) or [top ** (step / 15) for step in range(16)])


def simulate(design: Design, growth: float = 1.0, **options: Any) -> Simulation:
    """The same by simulation, each number with its 95 % interval beside the formula; a line says how far it is.

    options: seed, precision, budget (see `archbook.simulate.running.simulate`).
    """
    from archbook.schema import row_sizes
    from archbook.simulate.running import simulate
    from archbook.waiting_line import waiting_line

    with waiting_line() as progress:
        return simulate(design, growth, **{"row_sizes": row_sizes(design), "progress": progress, **options})


def replay(design: Design, growth: float = 1.0, **options: Any) -> Replay:
    """What a design does over time while things happen to it: does it recover? A line says how far it is.

    options: duration_s, happenings, seed, replications (see `archbook.simulate.replaying.replay`).
    """
    from archbook.simulate.replaying import replay
    from archbook.waiting_line import waiting_line

    with waiting_line() as progress:
        return replay(design, growth, **{"progress": progress, **options})


def sweep(design: Design, grid: Any, cluster: Any = None, **options: Any) -> Sweep:
    """A design simulated at every point of a grid, such as ``{"growth": [1, 5], "services.a.instances": [2, 4]}``.

    Several at once, here or on a Dask `cluster`; a line says how far it is. options: seed, precision, budget, keep,
    workers (see `archbook.simulate.sweeping.sweep`).
    """
    from archbook.simulate.sweeping import sweep
    from archbook.waiting_line import waiting_line

    with waiting_line() as progress:
        return sweep(design, grid, cluster, **{"progress": progress, **options})


def experiment(subject: Design | str | Path, name: str, **options: Any) -> Outcome:
    """Run a schema experiment on a design's DDL, a DDL file (a Path) or DDL text, on DuckDB and PostgreSQL unless told.

    A line says how far it is.

    options: store, engine, rows, seed, skew (see `archbook.schema.run`).
    """
    from archbook.schema import run
    from archbook.schema.lint import read_ddl
    from archbook.waiting_line import waiting_line

    ddl_or_design = read_ddl(subject) if isinstance(subject, Path) else subject
    with waiting_line() as progress:
        return run(name, ddl_or_design, **{"engine": "both", "progress": progress, **options})


def measure_cache(design: Design, **options: Any) -> CacheOutcome:
    """Put a real Valkey in front of a table of the design; read times, hit ratios beside the formulas, and a flush.

    options: store, table, rows, zipf, share, requests, rate_per_s, seed (see `archbook.schema.measure_cache`).
    """
    from archbook.capacity.caching import cache_estimate, random_hit_ratio
    from archbook.schema import measure_cache
    from archbook.waiting_line import waiting_line

    formulas = {
        "LRU": {"exact LRU": lambda zipf, rows, held: cache_estimate(zipf, rows, round(held), 1.0).hit_ratio,
                "at random": lambda zipf, rows, held: random_hit_ratio(zipf, rows, round(held))},
        "TTL": {"TTL": lambda zipf, rows, reads: cache_estimate(zipf, rows, rows, 1.0, reads).hit_ratio},
    }  # fmt: skip
    with waiting_line() as progress:
        return measure_cache(a_design(design), **{"formulas": formulas, "progress": progress, **options})


def review(design: Design, evidence: Iterable[Evidence] | None = None, **options: Any) -> Report:
    """Findings with their evidence, why and remedy. evidence: what the design's folder keeps, unless given."""
    from archbook.review import review

    return review(design, load_evidence(design) if evidence is None else evidence, **options)


def checklist(
    design: Design, evidence: Iterable[Evidence] | None = None, *, run: bool = False, rows: int | None = None
) -> Checklist:
    """Where the items of the performance checklist stand, each by what it is met, or what would measure it.

    evidence: what the design's folder keeps, unless given. run: measure what is missing, on so many `rows` a table, and
    keep it; a line says how far it is, and an interrupt keeps what was measured.
    """
    from archbook.review.checklist import ROWS, checklist
    from archbook.waiting_line import waiting_line

    found = checklist(design, load_evidence(design) if evidence is None else evidence)
    if not run:
        return found
    with waiting_line() as progress:
        return found.measure(ROWS if rows is None else rows, progress)


def diff(a: Design | str | Path, b: Design | str | Path, growth: float | None = None) -> Diff:
    """What design `b` changes in design `a`, and what that does to load, speed, cost, availability and findings.

    Each is a design, or what `load` takes, such as ``ecommerce#bank-by-event``, a variant. growth: multiple of today's
    load; else the one that `a` is made for.
    """
    from archbook.review.comparing import diff

    old, new = (each if isinstance(each, Design) else load(each) for each in (a, b))
    return diff(old, new, growth, (load_evidence(old), load_evidence(new)))


def lint_schema(subject: Design | str | Path, **options: Any) -> Report:
    """What will hurt in the DDL of a design's stores, in a DDL file (a Path) or in a DDL text, with why and remedy.

    options: store; engine and rows, to measure what findings cost (see `archbook.schema.lint.lint`).
    """
    from archbook.schema.lint import lint, read_ddl
    from archbook.waiting_line import waiting_line

    with waiting_line() as progress:
        options = {"progress": progress, **options}
        if isinstance(subject, Path):
            return lint(read_ddl(subject), **{"file": str(subject), **options})
        return lint(subject, **options)


def openapi(design: Design, *, public: bool = False) -> OpenApi:
    """The API of a design as an OpenAPI 3.1 document of plain values. Raises ArchbookError where it has no endpoint.

    Shapes are taken from the tables of its stores, answers from the style that it declares. public: without what only
    the design needs to know (`x-archbook`).
    """
    from archbook.contracts.openapi import to_openapi

    return to_openapi(a_design(design), public=public)


def diff_api(old: Design | Document | str | Path, new: Design | Document | str | Path) -> Changes:
    """What a new version of an API breaks, for whom, and the way round.

    Each is a design, or an OpenAPI document: a file (a Path, or its name) or a text.
    """
    from archbook.contracts.breaking import diff_api
    from archbook.contracts.document import Document, read

    def document(api: Design | Document | str | Path, name: str) -> Document:
        if isinstance(api, Design):
            return Document(api.name, openapi(api))
        return api if isinstance(api, Document) else read(api, name)

    return diff_api(document(old, "old"), document(new, "new"))


def lint_api(subject: Design | str | Path) -> Report:
    """What will hurt the clients of an API, by its design or OpenAPI document (a file or a text), and what to do.

    A design is held against the style that it declares, a document against the one that most of it has.
    """
    from archbook.contracts.lint import lint_api

    return lint_api(subject)


def serve(design: Design, *, host: str = "127.0.0.1", port: int = 0, public: bool = False, **options: Any) -> Running:
    """The API of a design, live on this machine: every endpoint answers on generated rows, guarded as the design says.

    A context manager, or call its `stop`. port: 0 takes a free one. options: engine, rows, seed, connections, guard,
    limits (see `archbook.contracts.service.app.create`).
    """
    from archbook.contracts.service.running import Running, check_installed, listen

    check_installed()
    listening = listen(host, port, public=public)
    try:
        from archbook.contracts.service.app import create

        return Running(create(a_design(design), **options), listening, design.name)
    except BaseException:
        listening.close()
        raise


def load_test(design: Design, seconds: float = 10.0, clients: int = 16, **options: Any) -> LoadOutcome:
    """Ask the live API of a design as its journeys do: p50, p95 and p99 of each endpoint, beside the estimate.

    A line says how far it is. options: rate_per_s, compare (`n_plus_one`, `cache` or `pool`), engine, rows, seed (see
    `archbook.contracts.load.load_test`).
    """
    from archbook.contracts.load import load_test
    from archbook.waiting_line import waiting_line

    with waiting_line() as progress:
        return load_test(a_design(design), seconds, clients, **{"progress": progress, **options})


def export(design: Design, folder: str | Path, formats: Sequence[str] = ("md", "html")) -> Files:
    """Write the design document; the paths written, first the one to open."""
    from archbook.export import export

    return Files(export(design, folder, formats))


def draw(design: Design, view: str, of: str | None = None, heat: Mapping[str, float] | None = None) -> Picture:
    """A view of a design, such as ``containers``; secrets in it are blacked out.

    of: the element, store or journey that it is about, for the views that take one. heat: utilisation (dimensionless)
    by element. Raises UnknownName, RenderError.
    """
    from archbook.contracts.secrets import without
    from archbook.diagrams.view import draw

    return draw(without(a_design(design)), view, of, heat)


def decide(design: Design, title: str, why: str, about: Sequence[str] = (), **parts: Any) -> Said:
    """Write a decision into the design's folder, as a Markdown file of its own; nothing while its why is blank.

    about: names of elements. parts: decision, context, alternatives, consequences (see `archbook.design.deciding`).
    """
    from archbook.design.deciding import decide

    if not isinstance(why, str) or not why.strip():
        return Said("Nothing written yet: a decision needs its why.")
    path = decide(design, title, why, about, **parts)
    return Said(f"Written to {path} in the folder of {design.name}; delete the file to undo.")


def chart(subject: Any, design: Design | None = None, part: str = "") -> Picture:
    """The chart of a curve of estimates (with their design), of a design's own, of a replay, a sweep or an outcome.

    part: which part of an experiment's outcome, such as ``point look-up``; the leading one unless told.
    """
    from archbook.diagrams.charts import experiment_chart, flush_chart, utilisation_chart
    from archbook.diagrams.line_chart import line_chart
    from archbook.diagrams.over_time import replay_chart

    if isinstance(subject, Design):
        return utilisation_chart(curve(subject), subject)
    if isinstance(subject, list | tuple) and all(hasattr(each, "growth") for each in subject):
        if design is None:
            raise ArchbookError("a curve is drawn with its design: `chart(curve, design)`")
        return utilisation_chart(list(subject), design)
    if hasattr(subject, "happenings"):
        return replay_chart(subject)
    if hasattr(subject, "lines"):
        return line_chart(**subject.lines())
    if hasattr(subject, "flush"):
        return flush_chart(subject)
    if not hasattr(subject, "engines"):
        what = "give a design, a curve and its design, or what replay, sweep, experiment or measure_cache answered"
        raise InvalidInput(f"a {type(subject).__name__} has no chart; {what}")
    return experiment_chart(subject, part)


def keep(design: Design, found: Evidence | Iterable[Evidence] | Outcome | LoadOutcome | Simulation | Replay) -> Said:
    """Keep evidence, or what an experiment or a simulation says, in the design's folder. Raises Conflict."""
    folder = a_design(design).folder
    entries: Any = found.evidence(design) if hasattr(found, "evidence") else found
    entries = list(entries) if isinstance(entries, Iterable) else [entries]
    if strange := next((type(entry).__name__ for entry in entries if not isinstance(entry, Evidence)), None):
        raise InvalidInput(
            f"a {strange} is no evidence; give an Evidence, or what an experiment or simulation answered"
        )
    if folder is None:
        raise ArchbookError(f"{design.name} was made in code and has no folder to keep evidence in; save it first")
    if not entries:
        return Said("Nothing kept: there is no number that it stands behind.")
    path = _evidence.keep(folder, entries)
    names = ", ".join(entry.id for entry in entries)
    return Said(f"Kept in {path.name} of {design.name}: {names}. Delete the entry there to undo.")


def load_evidence(design: Design) -> tuple[Evidence, ...]:
    """All evidence kept in the design's folder, oldest first. Raises DesignError."""
    folder = a_design(design).folder
    return _evidence.load_evidence(folder) if folder else ()

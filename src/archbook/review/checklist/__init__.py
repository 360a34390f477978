"""The performance checklist of a design: seven items, and for each what earns it, or what would; never a bare tick."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import Evidence, keep
from archbook.findings.report import Report, escaped
from archbook.review import review
from archbook.review.checklist.items import ITEMS, Claim, Item
from archbook.review.checklist.measuring import Progress
from archbook.review.subject import Subject
from archbook.tables import Table, as_columns
from archbook.units import listed, show_count

FORMAT = 1
ROWS, LEAST_ROWS, MOST_ROWS = 50_000, 1_000, 10_000_000
State = Literal["met", "not met", "not measured", "does not apply"]
STATES: tuple[State, ...] = ("met", "not met", "not measured", "does not apply")
MARKS = {"met": ("#009E73", "●"), "not met": ("#D55E00", "▲"), "not measured": ("#E69F00", "◇"),
         "does not apply": ("#6B7280", "–")}  # fmt: skip

__all__ = ["ITEMS", "Checklist", "Item", "Tick", "checklist"]


@dataclass(frozen=True, slots=True)
class Tick:
    """One item and where it stands.

    because: by which measurement it is met, or why not. do: what to run, or to change. evidence: ids of the entries
    that it stands on. missing: whether a measurement of it could be made, and is not there or is stale.
    """

    item: str
    title: str
    why: str
    state: State
    because: str
    do: str = ""
    evidence: tuple[str, ...] = ()
    missing: bool = False


@dataclass(frozen=True)
class Checklist:
    """Where the items of a design stand. notes: what could not be measured, and why."""

    subject: Design
    ticks: tuple[Tick, ...]
    kept: tuple[Evidence, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()
    stopped: bool = False

    @property
    def missing(self) -> tuple[Tick, ...]:
        """The items that a measurement is missing for."""
        return tuple(tick for tick in self.ticks if tick.missing)

    @property
    def answer(self) -> str:
        """The sentence that comes first."""
        counts = Counter(tick.state for tick in self.ticks)
        told = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
        unmet = [tick.title for tick in self.ticks if tick.state == "not met"]
        first = f" Mend first: {unmet[0]}." if unmet else ""
        left = f" `archbook checklist DESIGN --run` measures {show_count(len(self.missing), 'item')}."
        return f"{self.subject.name}: of {len(self.ticks)} items {told}.{first}{left if self.missing else ''}"

    def tick(self, item: str) -> Tick:
        """The item with that id. Raises KeyError."""
        return {tick.item: tick for tick in self.ticks}[item]

    def table(self) -> Table:
        """One row an item."""
        rows = [(t.title, t.state, t.because, t.do or None) for t in self.ticks]
        return as_columns(("item", "state", "because", "next"), rows)

    def text(self, width: int = 100) -> str:
        """For a terminal."""
        from textwrap import fill

        def told(label: str, text: str) -> str:
            return fill(f"{label}{text}", max(width, 40), initial_indent=" " * 16, subsequent_indent=" " * 16,
                        break_long_words=False, break_on_hyphens=False)  # fmt: skip

        parts = [fill(self.answer, max(width, 40), break_long_words=False, break_on_hyphens=False)]
        for tick in self.ticks:
            lines = [f"{tick.state:<16}{tick.title}", told("", tick.because)]
            parts.append("\n".join(lines + ([told("next: ", tick.do)] if tick.do else [])))
        notes = (fill(f"note: {note}", max(width, 40), break_long_words=False) for note in self.notes)
        return "\n\n".join([*parts, *notes])

    def markdown(self) -> str:
        """The answer, a table, and the notes."""
        from archbook.tables import escape_markdown as e

        notes = "".join(f"\n- {e(note)}" for note in self.notes)
        return f"{e(self.answer)}\n\n{self.table().markdown()}\n{notes}".rstrip() + "\n"

    def html(self) -> str:
        """For a notebook; all text is escaped."""
        cell = 'style="text-align:left;vertical-align:top;padding:4px 10px'
        rows = "".join(
            f'<tr><td {cell};white-space:nowrap"><span style="color:{MARKS[t.state][0]}">{MARKS[t.state][1]}</span> '
            f'{t.state}</td><td {cell}"><b>{escaped(t.title)}</b><br>{escaped(t.because)}'
            + (f"<br><i>next</i>: {escaped(t.do)}" if t.do else "") + "</td></tr>"
            for t in self.ticks
        )  # fmt: skip
        notes = "".join(f'<p style="margin:4px 0"><b>note</b> {html.escape(note)}</p>' for note in self.notes)
        return (f'<div style="font:13px/1.5 system-ui,sans-serif;max-width:64em"><p style="margin:4px 0"><b>'
                f'{escaped(self.answer)}</b></p><table style="border-collapse:collapse;font:inherit">{rows}</table>'
                f"{notes}</div>")  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """All of it in plain values."""
        return {"archbook_checklist": FORMAT, "design": self.subject.name, "answer": self.answer,
                "items": [asdict(tick) for tick in self.ticks], "notes": list(self.notes)}  # fmt: skip

    def measure(self, rows: int = ROWS, progress: Progress | None = None) -> Checklist:
        """Measure what is missing, and answer the checklist with it.

        Each measurement is kept in the design's folder as soon as it is made: an interrupt (Ctrl-C, or the notebook's
        stop) ends the work, loses nothing, and the next time goes on from there. What cannot be measured here is a
        note. rows: of the table that an experiment runs on. Raises ArchbookError, Conflict.
        """
        if not LEAST_ROWS <= rows <= MOST_ROWS:
            raise ArchbookError(f"{rows:,} rows: a measurement needs {LEAST_ROWS:,} to {MOST_ROWS:,}")
        left = [item for item in ITEMS if self.tick(item.id).missing]
        kept, notes = {entry.id: entry for entry in self.kept}, []
        stopped = False
        for number, item in enumerate(left):
            try:
                entries = list(item.measure(self.subject, rows, _part(progress, number, len(left), item.title)))
            except ArchbookError as error:
                notes.append(f"{item.title} could not be measured: {error}")
                continue
            except KeyboardInterrupt:
                stopped = True
                rest = listed(one.title for one in left[number:])
                notes.append(f"stopped: {rest} not measured; what was is kept, and the next run goes on from here")
                break
            if not any(entry.id.startswith(item.evidence) for entry in entries):
                notes.append(f"{item.title}: the run gave no number that is precise enough to judge it by")
            kept |= {entry.id: entry for entry in entries}
            if self.subject.folder is not None:
                keep(self.subject.folder, entries)
        found = checklist(self.subject, kept.values())
        return Checklist(found.subject, found.ticks, found.kept, tuple(notes), stopped)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html(), "text/markdown": self.markdown(), "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()


def checklist(design: Design, evidence: Iterable[Evidence] = (), report: Report | None = None) -> Checklist:
    """Where each item stands, by what is kept, what is computed and what the review has found open.

    report: the review of the same design and evidence, where there is one already.
    """
    kept = tuple(evidence)
    subject, found = Subject(design, kept), report or review(design, kept)
    return Checklist(design, tuple(_tick(item, subject, found) for item in ITEMS), kept)


def _tick(item: Item, subject: Subject, report: Report) -> Tick:
    about = (item.id, item.title, item.why)
    if needless := item.needless(subject):
        return Tick(*about, "does not apply", needless)
    computed = item.computed(subject)
    if computed.holds is None:
        return Tick(*about, "not measured", computed.text, computed.do)
    fresh, unfit = _sorted_out(item, subject)
    alone = item.alone(subject)
    missing = bool(item.evidence) and not alone and fresh is None
    ids = (fresh.id,) if fresh else ()
    against = [finding for finding in report.findings if finding.rule in item.rules]
    if against:
        more = f", and {len(against) - 1} more" if len(against) > 1 else ""
        what = f"{against[0].what}{more} (found by {against[0].rule})"
        return Tick(*about, "not met", what, against[0].do, ids, missing)
    if not computed.holds and not (fresh and item.outranks):
        return Tick(*about, "not met", computed.text, computed.do, ids, missing)
    if fresh is not None:
        said = item.judged(subject, fresh)
        because = ". ".join(filter(None, (_dated(said, fresh), said.beside, unfit, computed.text))) + _accepted(
            item, report
        )
        return Tick(*about, "met" if said.holds else "not met", because, "" if said.holds else said.do, ids)
    if alone or not item.evidence:
        text = computed.text + (f"; {alone}" if alone else "")
        return Tick(*about, "met", text + _accepted(item, report))
    return Tick(*about, "not measured", f"{unfit}{computed.text}", f"`{item.run}`", missing=True)


def _sorted_out(item: Item, subject: Subject) -> tuple[Evidence | None, str]:
    """The newest entry that earns an item and still holds; and what is to be said of the others where there is none."""
    bearing = sorted(_bearing(item, subject), key=lambda entry: entry.date, reverse=True)
    fit = [entry for entry in bearing if not subject.stale(entry) and not _misleads(entry, subject)]
    if fit or not bearing:
        held = {entry.about for entry in fit}
        gone = [entry.id for entry in bearing if entry.about not in held and entry.stale(subject.design)]
        return (fit[0] if fit else None), f"No longer counts, for its part has changed: {listed(gone)}" if gone else ""
    newest = bearing[0]
    if subject.stale(newest):
        return None, (f"Measured on {newest.date[:10]}, and {newest.about} has changed since: what was found no longer "
                      "counts. ")  # fmt: skip
    return None, f"Measured on {newest.engine} only, which misleads about the store's own engine. "


def _bearing(item: Item, subject: Subject) -> Iterator[Evidence]:
    return (entry for entry in subject.evidence if item.evidence and entry.id.startswith(item.evidence))


def _misleads(entry: Evidence, subject: Subject) -> bool:
    """Whether it was measured on DuckDB about a store that is something else."""
    section, name = (*entry.about.split("."), "")[:2]
    store = subject.design.stores.get(name) if section == "stores" else None
    return store is not None and store.engine != "duckdb" and entry.engine.startswith("duckdb")


def _dated(said: Claim, entry: Evidence) -> str:
    return f"{said.text.rstrip('.')} ({entry.how}, {entry.date[:10] or 'undated'})"


def _accepted(item: Item, report: Report) -> str:
    waived = [finding for finding in report.waived if finding.rule in item.rules]
    return f". Accepted: {'; '.join(f'{f.what}, because {f.waived}' for f in waived)}" if waived else ""


def _part(progress: Progress | None, number: int, of: int, title: str) -> Progress | None:
    """Progress of one of several measurements as a part of all of them."""
    if progress is None:
        return None

    def told(done: float, total: float, label: str) -> None:
        progress(number + min(done / total if total else 1.0, 1.0), of, f"{number + 1} of {of}, {title}: {label};")

    return told

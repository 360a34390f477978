"""Schema lint: what will hurt in a DDL, why, and the change to this table.

A rule is one file in `archbook.schema.lint.rules` with a `RULE`; nothing else must be told about it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from archbook.design.contract import Waiver
from archbook.design.loading import collector_at_rest
from archbook.design.model import Design
from archbook.errors import ArchbookError, InvalidInput, UnknownName
from archbook.findings import Crash, Finding, Rule, apply, worst_first
from archbook.findings.report import IN_DESIGN, Report
from archbook.findings.waivers import PlacedWaiver, settle
from archbook.schema.ddl import parse, stores_with_ddl
from archbook.schema.lint.subject import Subject
from archbook.schema.model import Schema
from archbook.units import show_count

_ROOM = import_module("archbook.schema.lint.rules")  # before `rules` below, which would else be replaced by it
_WAIVER = re.compile(r"(?:--|#|/\*)[ \t]*archbook:[ \t]*waive[ \t]+(\S+)[ \t]+([^\n]+)", re.IGNORECASE)
_BECAUSE = re.compile(r"(?:^|\s)because\b:?", re.IGNORECASE)
ROWS, LEAST_ROWS, MOST_ROWS = 100_000, 1_000, 10_000_000
Progress = Callable[[float, float, str], None]
IN_DDL = "in the DDL: -- archbook: waive {rule} {about} because …"

__all__ = ["Report", "Subject", "lint", "read_ddl", "rules"]


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of their ids."""
    found = (import_module(f"{_ROOM.__name__}.{module.name}").RULE for module in iter_modules(_ROOM.__path__))
    return tuple(sorted(found, key=lambda rule: rule.id))


def lint(
    subject: str | Schema | Design,
    *,
    file: str = "ddl",
    store: str | None = None,
    only: Sequence[Rule] | None = None,
    today: datetime.date | None = None,
    engine: str | None = None,
    rows: int = ROWS,
    seed: int = 7,
    progress: Progress | None = None,
) -> Report:
    """Look at a DDL text, a schema, or the DDL of a design's stores with every rule (or with `only` some).

    file: how findings call the text. store: one of the design's, where not all are meant. today: the day on which the
    design's waivers are held against their `until`. A finding is waived by a comment in the DDL
    (``-- archbook: waive RULE TABLE.COLUMN because …``) or by the design's `waivers`, where the name of the store
    stands before that of the table (``orders-db.orders.user_id``).
    engine: ``duckdb``, ``postgresql``, ``both`` or a PostgreSQL URL: the worst findings that can be measured are, on
    that many generated rows of each table. progress: called with (done, total, label).
    Raises ArchbookError (no table), UnknownName, EngineUnavailable.
    """
    chosen = rules() if only is None else tuple(only)
    day = today or datetime.date.today()
    if not isinstance(subject, str | Schema | Design):
        raise InvalidInput(f"a {type(subject).__name__} is no DDL; give its text, a Path to its file, or a design")
    if not isinstance(subject, Design):
        text = subject if isinstance(subject, str) else ""
        linted = [_Linted(subject, text, file, chosen, day)]
        _measure(linted, engine, rows, seed, progress)
        return _report(file, linted, (), chosen, day, IN_DDL)
    parsed = {name: parse(text) for name, text in subject.source.ddl.items()}
    linted = []
    for name in stores_with_ddl(subject, store):
        held = subject.stores[name]
        called = {table: table if table in held.holds else table.rpartition(".")[2] for table in parsed[name].tables}
        sizes = {table: held.holds[own].items for table, own in called.items() if own in held.holds}
        elsewhere = {table for other, schema in parsed.items() if other != name for table in schema.tables}
        linted.append(
            _Linted(parsed[name], subject.source.ddl[name], held.schema_ or name, chosen, day, sizes, elsewhere, name)
        )
    _measure(linted, engine, rows, seed, progress)
    known = {rule.id for rule in chosen}
    waivers = [
        (f"{subject.place(('waivers', index))} `waivers[{index}]`".lstrip(), waiver)
        for index, waiver in enumerate(subject.waivers)
        if waiver.rule in known and (store is None or waiver.about.startswith(f"{store}."))
    ]
    return _report(subject.name, linted, waivers, chosen, day, IN_DESIGN)


def read_ddl(path: Path) -> str:
    """The text of a DDL file; what is not UTF-8 is taken for Latin-1. Raises ArchbookError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArchbookError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _measure(linted: Sequence[_Linted], engine: str | None, rows: int, seed: int, progress: Progress | None) -> None:
    """Put what an engine says into the findings."""
    if engine is None:
        return
    from archbook.schema.engines import NAMES
    from archbook.schema.lint.pricing import priced

    if engine not in (*NAMES, "both") and "://" not in engine:
        raise UnknownName("engine", engine, [*NAMES, "both", "postgresql://user@host/database"])
    if not LEAST_ROWS <= rows <= MOST_ROWS:
        raise ArchbookError(f"{rows:,} rows: a measurement needs {LEAST_ROWS:,} to {MOST_ROWS:,}")
    for part in linted:
        part.findings, remarks = priced(part.subject, part.findings, engine, rows, seed, progress)
        part.remarks += remarks


class _Linted:
    """The findings in one DDL text, after the waivers that stand in it."""

    def __init__(
        self, ddl: str | Schema, text: str, file: str, chosen: Sequence[Rule], today: datetime.date,
        rows: Mapping[str, float] | None = None, elsewhere: Collection[str] = (), store: str = "",
    ) -> None:  # fmt: skip
        schema = ddl if isinstance(ddl, Schema) else parse(ddl)
        if not schema.tables:
            raise ArchbookError(f"{file}: {schema.no_table()}")
        self.subject = Subject(schema, text, rows, elsewhere)
        with collector_at_rest():
            found, self.crashes = apply(chosen, self.subject, lambda where: f"{file}:{where[0]}" if where[0] else file)
        still_open, waived, self.remarks = settle(found, _waivers(text, file), chosen, today)
        self.store, self.findings, self.waived = store, still_open, waived
        unseen = sum(entry.kind in ("refused", "unread") for entry in schema.ledger)
        if unseen:
            self.remarks.append(f"{file}: {show_count(unseen, 'part')} could not be read, and no rule has seen them")


def _of_store(store: str, findings: Sequence[Finding]) -> list[Finding]:
    return [replace(f, about=f"{store}.{f.about}") for f in findings] if store else list(findings)


def _waivers(text: str, file: str) -> Iterator[PlacedWaiver]:
    """The waivers that stand in the DDL as comments."""
    if "archbook:" not in text.casefold():
        return
    for comment in _WAIVER.finditer(text):
        rest = comment[2].removesuffix("*/").strip()
        because = _BECAUSE.search(rest)
        about, why = (rest[: because.start()], rest[because.end() :]) if because else (rest, "")
        waiver = Waiver.model_construct(rule=comment[1], about=about.strip(), why=why.strip())
        yield f"{file}:{text.count(chr(10), 0, comment.start()) + 1}", waiver


def _report(
    name: str, linted: Sequence[_Linted], waivers: Sequence[PlacedWaiver], chosen: Sequence[Rule],
    today: datetime.date, to_waive: str,
) -> Report:  # fmt: skip
    findings = [finding for part in linted for finding in _of_store(part.store, part.findings)]
    still_open, waived, remarks = settle(findings, waivers, chosen, today)
    crashes: dict[Crash, None] = dict.fromkeys(crash for part in linted for crash in part.crashes)
    counted = "; ".join(part.subject.counted() for part in linted)
    if len(linted) > 1:
        counted = f"{sum(len(part.subject.tables) for part in linted)} tables of {len(linted)} stores"
    return Report(
        design=name,
        findings=tuple(worst_first(still_open)),
        waived=(*(finding for part in linted for finding in _of_store(part.store, part.waived)), *waived),
        crashes=tuple(crashes),
        remarks=(*(remark for part in linted for remark in part.remarks), *remarks),
        looked_at=f"{len(chosen)} rules looked at {counted}",
        kind="lint",
        rules=tuple(chosen),
        to_waive=to_waive,
    )

"""API lint: what will hurt the clients of an API, why, and the better version of that endpoint.

A rule is one file in `archbook.contracts.lint.rules` with a `RULE`; nothing else must be told about it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from archbook.contracts.document import Document, read
from archbook.contracts.lint.style import described
from archbook.contracts.lint.subject import Subject
from archbook.design.contract import Waiver
from archbook.design.loading import collector_at_rest
from archbook.errors import ArchbookError
from archbook.findings import Rule, apply
from archbook.findings.report import Report
from archbook.findings.waivers import PlacedWaiver, settle

_ROOM = import_module("archbook.contracts.lint.rules")  # before `rules` below, which would else be replaced by it
WAIVERS = "x-archbook-waivers"
IN_DOCUMENT = f'at the top of the document: {WAIVERS}: [{{{{rule: {{rule}}, about: "{{about}}", why: "…"}}}}]'

__all__ = ["Report", "Subject", "lint_api", "rules"]


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of their ids."""
    found = (import_module(f"{_ROOM.__name__}.{module.name}").RULE for module in iter_modules(_ROOM.__path__))
    return tuple(sorted(found, key=lambda rule: rule.id))


def lint_api(
    subject: str | Path | Document,
    *,
    file: str = "openapi.yaml",
    only: Sequence[Rule] | None = None,
    today: datetime.date | None = None,
) -> Report:
    """Look at an OpenAPI document (a Path, a text, or one that was read) with every rule (or with `only` some).

    file: how findings call a text. today: the day on which waivers are held against their `until`. The document is held
    against the style that most of it has, which the report says.
    Raises DesignError (no such document), ArchbookError (no operation in it).
    """
    chosen = rules() if only is None else tuple(only)
    with collector_at_rest():
        document = subject if isinstance(subject, Document) else read(subject, file)
        _need_operations(document)
        return _report(Subject(document), chosen, today or datetime.date.today())


def _need_operations(document: Document) -> None:
    if not document.operations:
        why = f"; {document.notes[0]}" if document.notes else ""
        raise ArchbookError(f"{document.name}: there is no operation in its `paths`{why}")


def _report(subject: Subject, chosen: Sequence[Rule], today: datetime.date) -> Report:
    document = subject.document

    def place(where: tuple[str | int, ...]) -> str:
        line = document.line(where)
        return f"{document.name}:{line}" if line else document.name

    found, crashes = apply(chosen, subject, place)
    still_open, waived, remarks = settle(found, list(_waivers(document)), chosen, today)
    style = f"style, by what most of it does: {described(subject.style)}"
    return Report(
        design=Path(document.name).name,
        findings=tuple(still_open),
        waived=tuple(waived),
        crashes=tuple(crashes),
        remarks=(*document.notes, style, *remarks),
        looked_at=f"{len(chosen)} rules looked at {subject.counted()}",
        kind="lint",
        to_waive=IN_DOCUMENT,
    )


def _waivers(document: Document) -> Iterator[PlacedWaiver]:
    """The waivers that stand at the top of a document."""
    for index, node in enumerate(document.items(document.data.get(WAIVERS))):
        held = {key: str(value) for key, value in document.resolve(node).items()}
        waiver = Waiver.model_construct(rule=held.get("rule", ""), about=held.get("about", ""), why=held.get("why", ""))
        yield f"{document.name} `{WAIVERS}[{index}]`", waiver

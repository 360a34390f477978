"""API lint: what will hurt the clients of an API, why, and the better version of that endpoint.

A rule is one file in `archbook.contracts.lint.rules` with a `RULE`; nothing else must be told about it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from pydantic import ValidationError

from archbook.contracts.document import Document, read
from archbook.contracts.lint.style import described
from archbook.contracts.lint.subject import Subject
from archbook.contracts.openapi import KEY, WAIVERS, to_openapi
from archbook.design.contract import Style, Waiver
from archbook.design.loading import collector_at_rest
from archbook.design.model import Design, Where
from archbook.errors import ArchbookError
from archbook.findings import Rule, apply
from archbook.findings.report import IN_DESIGN, Report
from archbook.findings.waivers import PlacedWaiver, settle

_ROOM = import_module("archbook.contracts.lint.rules")  # before `rules` below, which would else be replaced by it
IN_DOCUMENT = f'at the top of the document: {WAIVERS}: [{{{{rule: {{rule}}, about: "{{about}}", why: "…"}}}}]'
STYLE = "style, "
"""How the remark begins that says which style an API is held against."""

__all__ = ["Report", "Subject", "lint_api", "rules"]


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of their ids."""
    found = (import_module(f"{_ROOM.__name__}.{module.name}").RULE for module in iter_modules(_ROOM.__path__))
    return tuple(sorted(found, key=lambda rule: rule.id))


def lint_api(
    subject: str | Path | Document | Design,
    *,
    file: str = "openapi.yaml",
    only: Sequence[Rule] | None = None,
    today: datetime.date | None = None,
) -> Report:
    """Look at an OpenAPI document (a Path, a text, or one that was read), or at the API of a design, with every rule.

    only: with some. file: how findings call a text. today: the day on which waivers are held against their `until`. A
    design is held against the style that it declares, a document against the one that most of it has; the report says
    which.
    Raises DesignError (no such document), ArchbookError (no operation in it).
    """
    chosen = rules() if only is None else tuple(only)
    with collector_at_rest():
        if isinstance(subject, Design):
            held = Subject(_document(subject), subject.api.style)
            return _report(held, chosen, today or datetime.date.today(), subject)
        document = subject if isinstance(subject, Document) else read(subject, file)
        _need_operations(document)
        return _report(Subject(document, _declared(document)), chosen, today or datetime.date.today())


def _document(design: Design) -> Document:
    """The document of a design, written once."""
    if "api document" not in design.memo:
        design.memo["api document"] = Document(design.name, to_openapi(design, beyond=False))
    document: Document = design.memo["api document"]
    return document


def _need_operations(document: Document) -> None:
    if not document.operations:
        why = f"; {document.notes[0]}" if document.notes else ""
        raise ArchbookError(f"{document.name}: there is no operation in its `paths`{why}")


def _report(subject: Subject, chosen: Sequence[Rule], today: datetime.date, design: Design | None = None) -> Report:
    document = subject.document

    def place(where: Where) -> str:
        if design is not None:
            return design.place(_in_design(where, design))
        line = document.line(where)
        return f"{document.name}:{line}" if line else document.name

    found, crashes = apply(chosen, subject, place)
    waivers = list(_waivers(document) if design is None else _waivers_of(design, chosen))
    still_open, waived, remarks = settle(found, waivers, chosen, today)
    declares = f"as the {'document' if design is None else 'design'} declares it"
    by = declares if subject.declared else "by what most of it does"
    style = f"{STYLE}{by}: {described(subject.style)}"
    return Report(
        design=Path(document.name).name,
        findings=tuple(still_open),
        waived=tuple(waived),
        crashes=tuple(crashes),
        remarks=(*document.notes, style, *remarks),
        looked_at=f"{len(chosen)} rules looked at {subject.counted()}",
        kind="lint",
        rules=tuple(chosen),
        to_waive=IN_DOCUMENT if design is None else IN_DESIGN,
    )


def _declared(document: Document) -> Style | None:
    """The style that a document of `to_openapi` says, where it can be read."""
    held = document.data.get(KEY)
    try:
        return Style.model_validate(held.get("style", {})) if isinstance(held, Mapping) else None
    except ValidationError:
        return None


def _in_design(where: Where, design: Design) -> Where:
    """The endpoint of a design that a place in its document comes from, or the whole of the API."""
    if where[:1] == ("paths",):
        key = (where[1], str(where[2]).upper()) if len(where) > 2 else (where[1], "")
        index = _endpoints(design).get(key)
        if index is not None:
            return ("api", "endpoints", index)
    return ("security", "authentication") if where[1:2] == ("securitySchemes",) else ("api",)


def _endpoints(design: Design) -> dict[tuple[str | int, str], int]:
    """The first endpoint of each path and method, and of each path."""
    if "endpoints by path" not in design.memo:
        found: dict[tuple[str | int, str], int] = {}
        for index, endpoint in enumerate(design.api.endpoints):
            found.setdefault((endpoint.path, endpoint.method), index)
            found.setdefault((endpoint.path, ""), index)
        design.memo["endpoints by path"] = found
    held: dict[tuple[str | int, str], int] = design.memo["endpoints by path"]
    return held


def _waivers_of(design: Design, chosen: Sequence[Rule]) -> Iterator[PlacedWaiver]:
    """The waivers of a design that are about the rules that look."""
    known = {rule.id for rule in chosen}
    for index, waiver in enumerate(design.waivers):
        if waiver.rule in known:
            yield f"{design.place(('waivers', index))} `waivers[{index}]`".lstrip(), waiver


def _waivers(document: Document) -> Iterator[PlacedWaiver]:
    """The waivers that stand at the top of a document."""
    for index, node in enumerate(document.items(document.data.get(WAIVERS))):
        held = {key: str(value) for key, value in document.resolve(node).items()}
        waiver = Waiver.model_construct(rule=held.get("rule", ""), about=held.get("about", ""), why=held.get("why", ""))
        yield f"{document.name} `{WAIVERS}[{index}]`", waiver

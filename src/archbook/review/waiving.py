"""One finding accepted, with its reason and perhaps a day, in the design's own file."""

from __future__ import annotations

import datetime
from typing import Any

from archbook.design.contract import Waiver
from archbook.design.model import Design, Where
from archbook.design.saving import save
from archbook.errors import ArchbookError, InvalidInput, UnknownName, shown, suggestion
from archbook.evidence import load_evidence
from archbook.findings.waivers import plain
from archbook.review import review


def waive(
    design: Design, rule: str, about: str, why: str, until: str | None = None, *, today: datetime.date | None = None
) -> Waiver:
    """Write a waiver into the design's `waivers`, or renew the one that is there; the file's comments stay.

    about: the element, as the finding names it. until: the day (`2027-03-01`) from which the finding is open again.
    Raises UnknownName, InvalidInput (no reason, a day that is over), ArchbookError (nothing to waive), Conflict.
    """
    changes = accepting(design, rule, about, why, until, today=today)
    (_, index, *_), *_ = changes
    return save(design, changes).design.waivers[int(index)]


def accepting(
    design: Design, rule: str, about: str, why: str, until: str | None = None, *, today: datetime.date | None = None
) -> dict[Where, Any]:
    """The changes of the design's file that `waive` makes. Raises what it raises, but for Conflict."""
    if not why.strip():
        raise InvalidInput(f"{rule} at {shown(about)}: say why it is accepted; nothing has been written")
    day = today or datetime.date.today()
    if until and _day(until) < day:
        raise InvalidInput(f"`until` {shown(until)} is over: name a day from {day} on; nothing has been written")
    index, name = _entry(design, rule, about, day)
    entry = {"rule": rule, "about": name, "why": why.strip(), "until": until}
    where: Where = ("waivers", index)
    if index < len(design.waivers):
        return {(*where, key): value for key, value in entry.items()}
    return {where: {key: value for key, value in entry.items() if value}}


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"`until` {shown(text)} is no day; write it as 2027-03-01") from None


def _entry(design: Design, rule: str, about: str, today: datetime.date) -> tuple[int, str]:
    """Where the waiver stands, or will stand, and the element by the name that the finding has."""
    report = review(design, load_evidence(design.folder) if design.folder else (), today=today)
    known = [one.id for one in report.rules]
    if rule not in known:
        raise UnknownName("rule", rule, known)
    found = {plain(f.about): f.about for f in (*report.findings, *report.waived) if f.rule == rule}
    if not found:
        raise ArchbookError(f"{rule} finds nothing in {design.name}, so there is nothing to waive")
    if plain(about) not in found:
        raise ArchbookError(f"{rule} finds nothing at {shown(about)}; {suggestion(about, found.values())}")
    name = found[plain(about)]
    for index, waiver in enumerate(design.waivers):
        if waiver.rule == rule and plain(waiver.about) == plain(about):
            return index, name
    if all(plain(f.about) != plain(about) for f in report.findings if f.rule == rule):
        raise ArchbookError(f"{rule} at {shown(name)} is accepted already, by a comment in the DDL")
    return len(design.waivers), name

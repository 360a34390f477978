"""Findings whose change needs no thought, mended in the design's own file; the others are a person's."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from archbook.design.files import write_atomically
from archbook.design.loading import FILE
from archbook.design.model import Design, Where
from archbook.design.places import spelled, value_at
from archbook.design.saving import save
from archbook.design.yaml_safe import read_yaml
from archbook.errors import DesignError, UnknownName, shown
from archbook.evidence import load_evidence
from archbook.findings import Finding
from archbook.findings.report import Report
from archbook.review import review
from archbook.units import listed, show_count

BEFORE = f"{FILE}.before"
Step = tuple[Where, Any, Any]
"""A place with its value before and after, as the file has them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One finding mended: each place with its value before and after, as the file has them."""

    finding: Finding
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was, or would be, changed. before, after: the reviews; `after` is None where nothing was written."""

    design: Design
    changes: tuple[Change, ...]
    before: Report
    after: Report | None = None

    def __str__(self) -> str:
        made = "was made" if len(self.changes) == 1 else "were made"
        verb = made if self.after else "would be made; nothing has been written"
        name, count = self.design.name, show_count(len(self.changes), "change")
        lines = [f"{name}: {count} {verb}." if self.changes else f"{name}: nothing to change that needs no thought."]
        for _, changes in groupby(sorted(self.changes, key=_rule), _rule):
            group = list(changes)
            lines.append(f"\n{group[0].finding.rule}: {group[0].finding.why}.")
            told = {told_step(step): change.finding.about for change in reversed(group) for step in change.steps[::-1]}
            lines += [f"  {step}  ({about})" for step, about in reversed(told.items())]
        if self.after:
            lines.append(f"\nTo undo: {BEFORE} beside it is the file as it was.")
        left = (self.after or self.before).findings
        rules = list(dict.fromkeys(finding.rule for finding in left if not finding.mend))
        if rules:
            number = sum(not finding.mend for finding in left)
            need = "needs" if number == 1 else "need"
            persons = f"{show_count(number, 'finding')} {need} a person ({listed(rules)})"
            lines.append(f"\n{persons}: `archbook review` says what to do.")
        again = sum(bool(finding.mend) for finding in left) if self.after else 0
        if again:
            lines.append(f"{show_count(again, 'more change')} can be made now: run it again.")
        return "\n".join(lines)


def fix(design: Design, rules: Collection[str] = (), *, dry_run: bool = False) -> Fixed:
    """Make the changes that open findings carry, of all rules or of some, and keep the file as it was beside it.

    Each change leaves the design valid, or is not made. dry_run: only say what would be changed. Raises UnknownName,
    Conflict (the file has changed since it was loaded), DesignError (no change can be made, as in a variant); nothing
    has been written then.
    """
    evidence = load_evidence(design.folder) if design.folder else ()
    before = review(design, evidence)
    known = {rule.id for rule in before.rules}
    for rule in rules:
        if rule not in known:
            raise UnknownName("rule", rule, known)
    data = read_yaml(design.source.texts[FILE], FILE).data if FILE in design.source.texts else {}
    chosen: dict[Where, Any] = {}
    changes = []
    for finding in before.mending(rules):
        changes.append(Change(finding, steps(data, finding)))
        chosen |= finding.mend
    if dry_run or not changes or design.folder is None:
        return Fixed(design, tuple(changes), before)
    text = (design.folder / FILE).read_bytes()
    after, made = _written(design, changes, chosen)
    write_atomically(design.folder / BEFORE, text)
    return Fixed(after, made, before, review(after, evidence))


def _written(design: Design, changes: list[Change], chosen: dict[Where, Any]) -> tuple[Design, tuple[Change, ...]]:
    """The design with all changes written at once, or those of them that leave it valid, one by one."""
    try:
        return save(design, chosen).design, tuple(changes)
    except DesignError as refused:
        made = []
        for change in changes:
            try:
                design = save(design, change.finding.mend).design
            except DesignError:
                continue
            made.append(change)
        if not made:
            raise refused from None
        return design, tuple(made)


def steps(data: Any, finding: Finding) -> tuple[Step, ...]:
    """What a finding's mend replaces in the data of the design's file, and by what."""
    return tuple((where, value_at(data, where), value) for where, value in finding.mend.items())


def told_step(step: Step) -> str:
    """A step as people read it.

    >>> told_step((("stores", "a", "pool"), 20, 4))
    'stores.a.pool: `20` → `4`'
    """
    where, old, new = step
    return f"{spelled(where)}: {_told(old)} → {_told(new)}"


def _rule(change: Change) -> str:
    return change.finding.rule


def _told(value: Any) -> str:
    return "nothing" if value is None else shown(value if isinstance(value, str) else json.dumps(value))

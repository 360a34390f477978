"""A backup that nobody knows to be one."""

import datetime
import re

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject

NEVER = re.compile(r"\W*((never|no|none|not|todo|tbd)\b.*)?", re.IGNORECASE)
DATED = re.compile(r"(20\d\d)(?:-(0[1-9]|1[0-2])(?:-([0-2]\d|3[01]))?)?")
YEAR = datetime.timedelta(days=366)


def untried(subject: Subject) -> Hits:
    """A backup from which no restore was tried within a year."""
    for name, store in subject.design.stores.items():
        tested = (store.backup and store.backup.tested) or ""
        last = _last(tested)
        if store.backup and (last < subject.day - YEAR if last else NEVER.fullmatch(tested)):
            yield subject.at(
                ("stores", name, "backup"),
                name,
                f"no restore of {name} was tried since {last}" if last else f"no restore of {name} was ever tried",
                f"stores.{name}.backup: restore it beside the real one, compare counts, note the time that it took "
                f'against `rto`, and write `tested: "{subject.day}"`',
            )


def _last(text: str) -> datetime.date | None:
    """The last day that ``2026-10-05``, ``2026-10`` or ``spring 2026`` can mean; None where it names no year."""
    if not (found := DATED.search(text)):
        return None
    year, month, day = int(found[1]), int(found[2] or 12), found[3]
    first = datetime.date(year, month, 1)
    end = (first + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)
    return end.replace(day=min(max(int(day), 1), end.day)) if day else end


RULE = Rule(
    id="restore-never-tried",
    severity="medium",
    principle=3,
    why="What has never been read back may be empty, encrypted with a lost key, or take a day; one learns that on the "
    "day on which it is needed",
    remedy="Restore from each backup at least once a year, and measure it against the objectives.",
    references=("Google SRE book, ch. 26", "Azure Well-Architected: RE:09 disaster recovery"),
    check=untried,
    fires="stores: {things-db: {backup: {tested: null}}}",
    quiet="stores: {things-db: {backup: {tested: October 2026}}}",
)

"""A number about something that is no longer so."""

import re

from archbook.evidence import Evidence
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_count


def stale(subject: Subject) -> Hits:
    """Kept measurements whose part of the design has changed since, or is gone."""
    parts: dict[str, list[Evidence]] = {}
    for entry in subject.evidence:
        if subject.stale(entry):
            parts.setdefault(entry.about, []).append(entry)
    for about, entries in parts.items():
        where = tuple(about.split(".", 2)) if about != "design" else ()
        oldest = min(entry.date[:10] or "undated" for entry in entries)
        yield subject.at(
            where,
            about,
            f"{show_count(len(entries), 'number')} about {about} ({oldest}) no longer fit: it has changed since",
            f"measure {about} anew: {', '.join(dict.fromkeys(map(_command, entries)))}",
            *(f"{entry.claim} ({entry.how}, {entry.date[:10] or 'undated'}, stale)" for entry in entries[:3]),
        )


def _command(entry: Evidence) -> str:
    """The command that found the number, or else the one that finds such numbers."""
    told = re.match(r"archbook (experiment|load|simulate|estimate|sweep)( [a-z]\w*)?", entry.source)
    if told:
        return f"`archbook {told[1]} DESIGN{told[2] or ''}`"
    return {"simulation": "`archbook simulate DESIGN`", "formula": "`archbook estimate DESIGN`"}.get(
        entry.how, f"as it was ({entry.source or 'source not kept'})"
    )


RULE = Rule(
    id="stale-evidence",
    severity="low",
    principle=5,
    why="A number is believed long after what it was about has changed; then it argues for the wrong side",
    remedy="Measure anew what has changed, or take the number out.",
    references=("ACM, Artifact Review and Badging 1.1",),
    check=stale,
    fires="services: {front: {does: Lends things and books}}",
    quiet="services: {back: {does: Prices things and books}}",
)

"""Two designs as one picture: what one adds, removes and changes in the other is marked and coloured, the rest grey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archbook.design.comparing import Change, gist
from archbook.design.model import Design
from archbook.diagrams.boxes import CLIENTS, MOST, Line, Map, everything
from archbook.diagrams.palette import TINTS
from archbook.diagrams.picture import Picture
from archbook.diagrams.svg import Box
from archbook.diagrams.views.containers import draw_map, legend_of

ELEMENTS = ("service", "store", "external system")


def draw_difference(old: Design, new: Design, changes: Sequence[Change], title: str) -> Picture:
    """Both designs, drawn as their containers; the whole, or what differs with its neighbours where that is too much.

    changes: from `archbook.design.comparing.compare`. Raises RenderError.
    """
    shown = _cut(_both(old, new, changes))
    used = {box.tint for box in shown.boxes.values()} | {line.tint for line in shown.lines}
    signs = [(tint, f"{tint} ({TINTS[tint].mark})") for tint in ("added", "removed", "changed") if tint in used]
    lines = [[sign for sign in row if sign[0] in ("sync", "async")] for row in legend_of(shown)]
    whole = f"{title}{f': {shown.cut}' if shown.cut else ''}"
    alt = f"{title}, drawn as one: the second {gist(changes) or 'changes nothing'}."
    return draw_map(shown, whole, alt, [[*signs, ("same", "as before")], *lines])


def _both(old: Design, new: Design, changes: Sequence[Change]) -> Map:
    """All boxes and lines of both, each with what became of it."""
    names = {change.was: change.name for change in changes if change.was}
    before, lines_before = everything(old)
    after, lines_after = everything(new)
    before = {names.get(name, name): box for name, box in before.items()}
    touched = {c.name for c in changes if c.kind in ("changed", "renamed") and c.part in ELEMENTS}
    boxes = {name: _box(before.get(name), after.get(name), name in touched) for name in {**before, **after}}
    was = {
        (names.get(line.start, line.start), names.get(line.end, line.end), line.asynchronous): line
        for line in lines_before
    }
    now = {line[:3]: line for line in lines_after}
    told = _told(changes)
    lines = [_line(key, was.get(key), now.get(key), told) for key in {**was, **now}]
    if all(line.start != CLIENTS for line in lines):
        boxes.pop(CLIENTS, None)
    return Map(boxes, lines, verbs=3)


def _box(old: Box | None, new: Box | None, touched: bool) -> Box:
    box = new or old
    assert box
    tint = (
        "added"
        if old is None
        else "removed"
        if new is None
        else "changed"
        if touched or old.role != new.role
        else "same"
    )
    return box._replace(name=f"{TINTS[tint].mark} {box.name}".strip(), tint=tint)


def _told(changes: Sequence[Change]) -> tuple[set[tuple[str, ...]], set[str]]:
    """Pairs of elements with a changed call between them; and events that changed in more than who takes them."""
    changed = [change for change in changes if change.kind in ("changed", "renamed")]
    events = {
        change.name for change in changed if change.part == "event" and {key.key for key in change.keys} != {"to"}
    }
    return {change.about for change in changed if change.part == "call"}, events


def _line(
    key: tuple[str, str, bool], old: Line | None, new: Line | None, told: tuple[set[tuple[str, ...]], set[str]]
) -> Line:
    pairs, events = told
    verbs = dict.fromkeys((*(old.verbs if old else ()), *(new.verbs if new else ())))
    if old is None or new is None:
        tint = "added" if old is None else "removed"
        return Line(*key, tuple(f"{TINTS[tint].mark} {verb}" for verb in verbs) or (TINTS[tint].mark,), tint)
    marked = tuple(
        f"{TINTS[kind].mark} {verb}" for verb in verbs
        for kind in [_became(verb, old.verbs, new.verbs, events)] if kind != "same"
    )  # fmt: skip
    if marked:
        return Line(*key, marked, "changed")
    return Line(*key, ("±",), "changed") if key[:2] in pairs and not key[2] else Line(*key, (), "same")


def _became(verb: str, old: Sequence[str], new: Sequence[str], events: set[str]) -> str:
    if verb not in old:
        return "added"
    return "removed" if verb not in new else "changed" if verb in events else "same"


def _cut(shown: Map) -> Map:
    """The whole where it fits; else what differs and what that talks to; of that the first that fit."""
    if len(shown.boxes) <= MOST:
        return shown
    near = {end for line in shown.lines if line.tint != "same" for end in line[:2]}
    apart = {name for name, box in shown.boxes.items() if box.tint != "same"}
    ranked = sorted(shown.boxes, key=lambda name: (name not in apart, name not in near))
    differing = [name for name in ranked if name in apart | near]
    kept = set(differing[:MOST])
    cut = "what differs" if len(differing) <= MOST else f"the first {MOST} of {len(differing)} elements that differ"
    return _within(shown, kept, cut)


def _within(shown: Map, kept: set[str], cut: str) -> Map:
    boxes: Mapping[str, Box] = {name: box for name, box in shown.boxes.items() if name in kept}
    lines = [line for line in shown.lines if line.start in kept and line.end in kept]
    return Map(boxes, lines, cut, shown.verbs)

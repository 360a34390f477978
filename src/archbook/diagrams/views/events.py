"""Events: who announces what, what carries it, and who acts on it."""

from __future__ import annotations

from archbook.design.model import Design
from archbook.diagrams.boxes import Line, Map, box_of
from archbook.diagrams.picture import Picture, counted
from archbook.diagrams.svg import Box
from archbook.diagrams.view import Heat, View, note
from archbook.diagrams.views.containers import draw_map

SIGNS = {"service": "service", "queue": "event", "store": "store", "external": "external system"}


def build(design: Design, of: str | None, _: Heat | None) -> Picture:
    """Publishers, events and consumers from left to right; a service that does both stands on both sides."""
    title = f"Events of {design.title or design.name}" + (f": {of}" if of else "")
    events = {name: event for name, event in design.events.items() if of in (None, name)}
    if not events:
        return note(title, "This design declares no events.")
    boxes: dict[str, Box] = {}
    lines = []
    for name, event in events.items():
        boxes.setdefault(f"from {event.from_}", _element(design, event.from_))
        parts = (f"v{event.version}" if event.version else "", f"key {event.key}" if event.key else "")
        carried = f"carried by {event.broker}" if event.broker else "carried by no broker"
        boxes[f"event {name}"] = Box(name, " · ".join(filter(None, parts)) or "event", "queue", frame=carried)
        lines.append(Line(f"from {event.from_}", f"event {name}", True))
        for consumer in event.to:
            boxes.setdefault(f"to {consumer}", _element(design, consumer))
            lines.append(Line(f"event {name}", f"to {consumer}", True))
    consumers = len({consumer for event in events.values() for consumer in event.to})
    publishers = len({event.from_ for event in events.values()})
    told = f"{counted(len(events), 'event')} announced by {counted(publishers, 'service')}"
    alt = f"{title}: {told}, acted on by {counted(consumers, 'element')}."
    used = {box.role for box in boxes.values()}
    signs = [(role, text) for role, text in SIGNS.items() if role in used]
    return draw_map(Map(boxes, lines), title, alt, [[*signs, ("async", "does not wait")]])


def _element(design: Design, name: str) -> Box:
    """The element with its owner below, where that is known; its load is not shown here."""
    box = box_of(design, name)._replace(members=())
    service = design.services.get(name)
    return box._replace(below=service.owner or service.role) if service else box


VIEW = View("events", "Who announces what, and who acts on it", build, "event", lambda design: list(design.events))

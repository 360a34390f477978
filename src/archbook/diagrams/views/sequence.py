"""Sequence: what happens, in which order, when a journey is made."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from archbook.design.contract import Endpoint
from archbook.design.interactions import Call
from archbook.design.model import Design
from archbook.diagrams.boxes import box_of
from archbook.diagrams.mermaid import accessible, heading, ids, label, lay_out
from archbook.diagrams.picture import Picture, counted
from archbook.diagrams.svg import Frame, finish
from archbook.diagrams.view import Heat, View, note
from archbook.diagrams.views.containers import LINES, SIGNS
from archbook.units import show_share, significant

CLIENT = "client"
PAGE, MOST = 24, 60  # messages that fit a page; messages in one picture at all


def build(design: Design, of: str | None, _: Heat | None) -> Picture:
    """The messages of a journey (by default the first one) or of one endpoint.

    What would not fit a page is told without the stores; one endpoint is told with them.
    """
    name = of or next(iter(design.traffic.journeys), None)
    if name is None:
        return note(f"Journeys of {design.title or design.name}", "This design declares no journeys of its users.")
    journey = design.traffic.journeys.get(name)
    steps = list(design.steps(journey)) if journey else [(name, 1.0)]
    title = f"Journey {name}" if journey else name
    teller = _Teller(design)
    elements = [part for step, times in steps for part in teller.step(step, times)]
    if journey and teller.messages + teller.left_out > PAGE:
        teller, title = _Teller(design, stores=False), f"{title}, without calls to stores"
        elements = [part for step, times in steps for part in teller.step(step, times)]
    return _drawn(teller, elements, title)


def _drawn(teller: _Teller, elements: list[Any], title: str) -> Picture:
    from mermaid.sequence import Note, SequenceDiagram

    met = list(teller.participants)
    alt = f"{title}: {counted(teller.messages, 'message')} between {', '.join(met[:12])}."
    if teller.left_out:
        elements = [*elements, Note(f"{teller.left_out} further messages are not drawn", teller.who(CLIENT))]
        alt = f"{alt[:-1]}, and {teller.left_out} that are not drawn."
    script = SequenceDiagram(heading(title), [*teller.participants.values(), *elements]).script
    text = accessible(script, "sequenceDiagram", title, alt)
    chosen = ids(met)
    boxes = {chosen[name]: box_of(teller.design, name)._replace(members=()) for name in met}
    used = {box.role for box in boxes.values()} | {"sync"} | ({"async"} if "--)" in text else set())
    legend = [[(sign, said) for sign, said in {**SIGNS, **LINES}.items() if sign in used]]
    return Picture(title, alt, finish(lay_out(text), Frame(title, alt, legend), boxes), text)


@dataclass
class _Teller:
    """Tells a journey: follows the calls of each step, as the design's semantics say."""

    design: Design
    stores: bool = True
    participants: dict[str, Any] = field(default_factory=dict)
    messages: int = 0
    left_out: int = 0
    told: set[str] = field(default_factory=set)

    @cached_property
    def calls(self) -> dict[str, list[Call]]:
        """The calls of each caller, in file order."""
        calls: dict[str, list[Call]] = {}
        for call in self.design.calls:
            calls.setdefault(call.from_, []).append(call)
        return calls

    def who(self, name: str) -> Any:
        from mermaid.sequence import Participant

        if name not in self.participants:
            self.participants[name] = Participant(ids([*self.participants, name])[name])
            self.participants[name].name = label(name, 64)
        return self.participants[name]

    def step(self, name: str, times: float) -> list[Any]:
        """One endpoint of the journey, from the client on."""
        endpoint = self.design.endpoint(name)
        entry = self.design.gateway or endpoint.service
        inside = [*self.message(CLIENT, entry, name), *self.visit(entry, name, endpoint, (CLIENT,))]
        if endpoint.hit_ratio:
            inside = _optional(f"the {show_share(1 - endpoint.hit_ratio)} that no cache answers", inside)
        return _times(times, "visits", inside)

    def visit(self, caller: str, cause: str, endpoint: Endpoint | None, above: tuple[str, ...]) -> Iterator[Any]:
        """What `caller` does while it handles `cause` (an endpoint or event), then what it announces."""
        from mermaid.sequence import Parallel

        if caller in above:
            return
        calls = [call for call in self.calls.get(caller, ()) if self.fires(call, cause, endpoint)]
        for group, members in itertools.groupby(calls, key=lambda call: call.parallel or id(call)):
            told = {f"{i}. {label(call.to, 64)}" if i > 1 else label(f"at once: {group}"): parts
                    for i, call in enumerate(members, 1)
                    if (parts := self.call(call, cause, endpoint, (*above, caller)))}  # fmt: skip
            yield from [Parallel(told)] if len(told) > 1 else itertools.chain(*told.values())
        for name, event in self.design.events.items():
            if event.from_ == caller and cause in event.on and name not in above:
                yield from self.announce(name, (*above, name))

    def fires(self, call: Call, cause: str, endpoint: Endpoint | None) -> bool:
        """Whether a call is made and told. From a gateway it is made for the endpoints of its target."""
        if call.to in self.design.stores and not self.stores:
            return False
        if call.on:
            return cause in call.on
        elsewhere = endpoint is not None and call.to in self.design.services and call.to != endpoint.service
        return call.from_ != self.design.gateway or not elsewhere

    def call(self, call: Call, cause: str, endpoint: Endpoint | None, above: tuple[str, ...]) -> list[Any]:
        plain = "tells" if call.mode == "async" else "asks"
        verb = call.does or (f"{call.kind}s" if call.to in self.design.stores else plain)
        told = self.message(call.from_, call.to, verb, call.mode == "async")
        inside = [*told, *self.visit(call.to, cause, endpoint, above)]
        if call.unless_hit or call.hit_ratio:
            inside = _optional(f"unless {call.unless_hit or 'its own cache'} has the answer", inside)
        if call.per_request == "per row":
            return _loop(f"{significant((endpoint and endpoint.rows) or 20)} times, once a row", inside)
        return _times(call.per_request, "requests", inside)

    def announce(self, name: str, above: tuple[str, ...]) -> Iterator[Any]:
        event = self.design.events[name]
        if event.broker:
            yield from self.message(event.from_, event.broker, name, asynchronous=True)
        first = name not in self.told  # what consumers do is told once
        self.told.add(name)
        for consumer in event.to if first else ():
            yield from self.message(event.broker or event.from_, consumer, name, asynchronous=True)
            yield from self.visit(consumer, name, None, (name, *(a for a in above if a in self.design.events)))

    def message(self, start: str, end: str, text: str, asynchronous: bool = False) -> list[Any]:
        from mermaid.sequence import Link

        if self.messages >= MOST:
            self.left_out += 1
            return []
        self.messages += 1
        kind = "Dotted-async" if asynchronous else "Solid-arrow"
        return [Link(self.who(start), self.who(end), kind, label(text, 40))]


def _times(times: float, of: str, inside: list[Any]) -> list[Any]:
    if times > 1:
        return _loop(f"{significant(times)} times", inside)
    return _optional(f"in {show_share(times)} of {of}", inside) if times < 1 else inside


def _loop(condition: str, inside: list[Any]) -> list[Any]:
    from mermaid.sequence import Loop

    return [Loop(label(condition), inside)] if inside else []


def _optional(condition: str, inside: list[Any]) -> list[Any]:
    from mermaid.sequence import Optional

    return [Optional(label(condition), inside)] if inside else []


VIEW = View("sequence", "What happens, in order, when a journey is made", build, "journey or endpoint",
            lambda design: [*design.traffic.journeys, *(e.name for e in design.api.endpoints)])  # fmt: skip

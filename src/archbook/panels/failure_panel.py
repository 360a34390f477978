"""The failure panel: something fails for a while; does the system recover by itself, and what would help?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import ipywidgets as widgets

from archbook.capacity import plan
from archbook.design.model import Design, Where
from archbook.diagrams.over_time import replay_chart
from archbook.errors import ArchbookError
from archbook.panels.controls import button, labelled, logarithmic, menu, row, sentence, set_values, shown, slider
from archbook.panels.panel import UNSAVED
from archbook.panels.saving import Changes, value_at
from archbook.simulate.replaying import Replay, replay
from archbook.simulate.timeline import Happening, Outage, Slow, Spike
from archbook.tables import as_columns
from archbook.units import show_count, show_duration, show_factor, show_rate, show_share

WATCHED_S, MOST_RUNS, REQUESTS = 90, 5, 150_000
"""How long a system is watched (s), in how many replications, and about how many requests one answer may take."""
DEBOUNCE_S = 0.2
CLIENTS = "all clients"
HOWS: dict[str, Callable[[str, float, float], Happening]] = {
    "hangs": lambda name, at, long: Outage(name, at, long, "hang"),
    "refuses": lambda name, at, long: Outage(name, at, long, "refuse"),
    "is 10× slower": lambda name, at, long: Slow(name, at, long, 10.0),
}
SPIKES = {f"ask {factor}× as often": float(factor) for factor in (2, 3, 5)}
NONE = -1.0
"""Stands in a slider for a key that the design leaves out."""


class _Key(NamedTuple):
    """One thing about a call (or the queue of its callee) that can be changed, and how a slider shows it."""

    label: str
    values: tuple[Any, ...]
    show: Callable[[Any], str]
    tip: str


def _or_none(show: Callable[[Any], str], none: str = "none") -> Callable[[Any], str]:
    return lambda value: none if value == NONE else show(value)


KEYS = {
    "timeout": _Key("Timeout", (NONE, *logarithmic(0.01, 30)), _or_none(show_duration), "How long the caller waits"),
    "retries": _Key("Retries", (0, 1, 2, 3, 4, 5), str, "Further attempts after a failure"),
    "backoff": _Key("Backoff", ("none", "fixed", "exponential", "jittered"), str, "The pause between attempts"),
    "retry_budget": _Key("Retry budget", (NONE, 0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0), _or_none(show_share),
                         "Retries as a share of calls, at most"),
    "breaker": _Key("Breaker", (False, True), lambda on: "on" if on else "off", "Stops calls to a failing target"),
    "bulkhead": _Key("Bulkhead", (NONE, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64), _or_none(str),
                     "Calls to this target that one instance has open at most"),
    "queue": _Key("Queue of callee", (NONE, 0, 1, 2, 4, 8, 16, 20, 32, 64, 128, 256, 512), _or_none(str, "no bound"),
                  "Requests that may wait at one instance before it sheds"),
}  # fmt: skip


class FailurePanel(Changes):
    """What fails and how a call is made left; answer, chart and table right. `design` is as the sliders stand."""

    def __init__(self, design: Design) -> None:
        self._saved_design = design
        self._changes: dict[Where, Any] = {}
        self._quiet = True
        self._waiting: asyncio.TimerHandle | None = None
        self._as_designed: tuple[Any, Replay] | None = None
        self.run: Replay | None = None
        self._calls = {f"{call.from_} → {call.to}" + (f": {call.does}" if call.does else ""): i
                       for i, call in enumerate(design.calls) if call.mode == "sync"}  # fmt: skip
        self._build(design)
        super().__init__(self._column(), [self._state, self._top], [self._table])
        self._choose_call()
        self._quiet = False
        self._run()

    # What is on screen

    def _build(self, design: Design) -> None:
        elements = [*design.externals, *design.stores, *design.services]
        self._what = menu("Who", [CLIENTS, *elements], elements[0] if elements else CLIENTS, "What fails")
        self._how = menu("What happens", HOWS, None, "How it fails")
        self._when = labelled(widgets.IntRangeSlider, "From – to (s)", "When it begins and ends", value=(20, 30), min=0,
                              max=WATCHED_S, continuous_update=False, layout=widgets.Layout(width="100%"))  # fmt: skip
        most = max(1.0, min(max(10.0, design.traffic.growth), REQUESTS / (WATCHED_S * 1.2 * self._per_s())))
        self._growth = slider("Growth", logarithmic(1.0, most, 1.0), 1.0, show_factor, "Multiple of today's peak")
        self._call = menu("Call", self._calls or ["no call in this design"], None, "The call to change")
        self._call.value = self._call.options[0]
        self._keys = {key: slider(label, values, values[0], show, tip)
                      for key, (label, values, show, tip) in KEYS.items()}  # fmt: skip
        self._top, self._state, self._table, self._changed = shown("top"), shown(), shown(), shown()
        self._set_hows()
        self._on(self._new_subject, self._what)
        self._on(self._show_call, self._call)
        self._on(self._soon, self._how, self._when, self._growth)
        for key, control in self._keys.items():
            self._on(partial(self._change, key), control)

    def _column(self) -> list[widgets.Widget]:
        rest = [control for key, control in self._keys.items() if key != "timeout"]
        more = widgets.Accordion([widgets.VBox(rest)], titles=("How the call is made",), selected_index=0)
        buttons = row(
            button("Reset", "Back to what the design says", self.reset),
            button("Save to design", "Write the changed values into design.yaml", self.save),
            button("Undo save", "Put back what the last save replaced", self.undo),
            button("Keep as evidence", "Write whether it recovers into evidence.json", self.keep),
        )
        column = [self._what, self._how, self._when, self._growth, self._call, self._keys["timeout"], more]
        return [*column, self._changed, buttons]

    # What the controls do

    def _per_s(self) -> float:
        return max(sum(plan(self._saved_design).arriving_per_s.values()), 1e-9)

    def _set_hows(self) -> None:
        self._how.options = list(SPIKES if self._what.value == CLIENTS else HOWS)
        self._how.value = self._how.options[0]

    def _new_subject(self) -> None:
        """Something else fails: show the ways in which it can, and a call of it."""
        with self._quietly():
            self._set_hows()
            self._choose_call()
        self._soon()

    def _choose_call(self) -> None:
        """Show a call to what fails, where there is one."""
        calls = self._saved_design.calls
        asked = [name for name, i in self._calls.items() if calls[i].to == self._what.value]
        self._call.value = asked[0] if asked else self._call.value
        self._show_call()

    def _place(self, key: str) -> Where | None:
        """Where a key of the chosen call stands in the design; None where it has no such place."""
        if self._call.value not in self._calls:
            return None
        number = self._calls[self._call.value]
        if key != "queue":
            return ("calls", number, key)
        to = self._saved_design.calls[number].to
        return ("services", to, "queue") if to in self._saved_design.services else None

    def _show_call(self) -> None:
        with self._quietly():
            for key, control in self._keys.items():
                where = self._place(key)
                control.disabled = where is None
                if where is not None:
                    saved = value_at(self._saved_design, where)
                    value = self._changes.get(where, saved)
                    values = {NONE if v is None else v for v in (saved, value)}
                    ordered = KEYS[key].values if key == "backoff" else sorted({*values, *KEYS[key].values})
                    set_values(control, ordered, NONE if value is None else value, KEYS[key].show)

    def _change(self, key: str) -> None:
        where, set_to = self._place(key), self._keys[key].value
        if where is not None:
            self._put(where, None if set_to == NONE and set_to is not False else set_to)
            self._mark_changes()
            self._soon()

    def _mark_changes(self) -> None:
        saved = self._saved_design
        self._mark(f"{self._name(where)}: {_typed(where, value_at(saved, where))} → {_typed(where, value)}"
                   for where, value in self._changes.items())  # fmt: skip

    def _name(self, where: Where) -> str:
        if where[0] == "services":
            return f"{where[1]}.{where[2]}"
        call = self._saved_design.calls[int(where[1])]
        return f"{call.from_} → {call.to}, {where[2]}"

    # The replay

    def _soon(self) -> None:
        """Run when the hand has rested for a moment; at once where there is no loop to wait in."""
        if self._quiet:
            return
        self._state.value = sentence("Simulating …", "changed")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._run()
            return
        if self._waiting:
            self._waiting.cancel()
        self._waiting = loop.call_later(DEBOUNCE_S, self._run)

    def _run(self) -> None:
        """Replay the design as the sliders stand; an impossible setting explains itself in the answer."""
        try:
            self._replay()
        except ArchbookError as error:
            self._top.value = sentence(str(error))
            self._state.value = ""

    def _replay(self) -> None:
        start, end = self._when.value
        name, long = self._what.value, max(end - start, 1)
        how = self._how.value
        happening: Happening = Spike(start, long, SPIKES[how]) if name == CLIENTS else HOWS[how](name, start, long)
        load = self._growth.value
        runs = int(min(MOST_RUNS, max(2, REQUESTS / (WATCHED_S * load * self._per_s()))))
        options: dict[str, Any] = {"duration_s": WATCHED_S, "happenings": [happening], "replications": runs}
        key = (happening, load, self._saved_design)
        if self._as_designed is None or self._as_designed[0] != key:
            self._as_designed = (key, replay(self._saved_design, load, **options))
        designed = self._as_designed[1]
        self.run = run = replay(self.design, load, **options) if self._changes else designed
        against = designed if self._changes else None
        of = name if name != CLIENTS else run.most_asked
        picture = replay_chart(run, against, of)
        answer = sentence(run.answer)
        if against:
            answer += sentence(f"As designed {designed.outcome}; {designed.answered.shown(show_share)} are answered.",
                               "changed")  # fmt: skip
        self._top.value = f'{answer}<div class="archbook-chart">{picture.svg}</div>'
        self._table.value = _hurt(run, designed if against else None) + _how(run)
        sample = show_count(runs, "run")
        self._state.value = sentence(f"Simulated: {sample} of {WATCHED_S} s, seed {run.seed}", "changed")

    # What the buttons do

    def reset(self) -> None:
        """Back to what the design says."""
        self._changes.clear()
        self._mark_changes()
        self._show_call()
        self._run()
        self._tell("Reset: the calls are made as the design says.")

    def save(self) -> None:
        """Write the changed values into design.yaml."""
        if not self._changes:
            self._tell("Nothing to save: no call differs from the design.")
            return
        self._write({where: _typed(where, value) if value is not None else None
                     for where, value in self._changes.items()})  # fmt: skip

    def keep(self) -> None:
        """Write whether the design recovers into evidence.json."""
        if self._changes:
            self._tell(UNSAVED)
        elif self.run is None:
            self._tell("Nothing is simulated yet.")
        else:
            self._keep(self._saved_design.folder, self.run.evidence(self._saved_design))


def _typed(where: Where, value: Any) -> Any:
    """A value as a person types it."""
    if where[-1] == "timeout" and value is not None:
        return f"{value * 1000:g}ms" if value < 1 else f"{value:g}s"
    return "none" if value is None else value


def _hurt(run: Replay, designed: Replay | None) -> str:
    """The endpoints that fail most, as a table."""
    found = [e for e in run.endpoints.values() if e.load_per_s.value]
    worst = sorted(found, key=lambda e: -e.failed.value)[:8]
    rows = []
    for e in worst:
        row: list[object] = [e.name, show_rate(e.load_per_s.value), e.failed.shown(show_share)]
        if designed:
            row.append(designed.endpoints[e.name].failed.shown(show_share))
        rows.append([*row, e.p95_s.shown(show_duration)])
    heads = ["endpoint", ">load", ">failed", *([">failed as designed"] if designed else []), ">p95 of answers"]
    return str(as_columns(tuple(heads), rows, "Endpoints that fail most, over the whole time (simulated)").html())


def _how(run: Replay) -> str:
    text = (f"Every request of clients goes through the calls of the design in virtual time: {run.replications} "
            f"replications of {show_duration(run.duration_s)}, seed {run.seed}, Poisson arrivals; intervals are "
            "Student's t at 95 %. After a timeout the callee works on. It has recovered when nine tenths of the usual "
            "share of requests are answered, to the end.")  # fmt: skip
    return f"<details><summary>How was this computed?</summary><p>{text}</p></details>"

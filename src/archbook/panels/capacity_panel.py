"""The capacity panel: what breaks first, at which load, and what would help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from archbook.capacity import answer, curve, estimate, headroom, plan
from archbook.capacity.rendering import how_html
from archbook.capacity.result import Estimate
from archbook.design.model import Design, Where
from archbook.diagrams import draw, recolour
from archbook.diagrams.live import utilisation_svg
from archbook.errors import ArchbookError
from archbook.evidence import found
from archbook.panels.controls import button, counts, logarithmic, menu, row, sentence, set_values, shown, slider
from archbook.panels.panel import UNSAVED
from archbook.panels.saving import Changes, value_at
from archbook.schema import row_sizes
from archbook.units import show_factor, show_rate, show_share, significant

BUDGET = 600_000
"""Requests of one simulation: well under two seconds."""
USERS: Where = ("traffic", "daily_active_users")


class CapacityPanel(Changes):
    """Sliders left, answer and chart right, diagram and table below. `design` is the design as the sliders stand."""

    def __init__(self, design: Design, growth: float = 1.0) -> None:
        self._saved_design = design
        self._changes: dict[Where, Any] = {}
        self._sizes = row_sizes(design)
        self._picture = draw(design, "containers", heat={})
        self._plan = plan(design)
        self._today = estimate(design)
        self._build_controls(growth)
        self._chart = ""  # few widgets below: each move is a message a widget
        self._top, self._beyond, self._below, self._table = shown("top"), shown(), shown("below"), shown("below")
        self._how = shown()
        below = [self._beyond, self._below, self._table, self._how]
        super().__init__(self._control_column(), [self._top], below)
        self._redesign()

    # What is on screen

    def _build_controls(self, growth: float) -> None:
        design = self._saved_design
        top = max(100.0, 10 * design.traffic.growth, growth)
        users = float(design.traffic.daily_active_users)
        self._users = slider("Daily users", logarithmic(users / 20, users * 20, users), users, significant,
                             "Users on an ordinary day")  # fmt: skip
        self._growth = slider("Growth", logarithmic(1.0, top, growth, design.traffic.growth), growth, show_factor,
                              "Multiple of that load")  # fmt: skip
        self._service = menu("Service", design.services, self._weakest(), "The service to change")
        self._instances = slider("Instances", [1], 1, str, "Copies of the service that run")
        self._concurrency = slider("Concurrency", [1], 1, str, "Requests that one instance serves at once")
        self._caches = _caches(design)
        self._cache = menu("Cache", self._caches or ["none in this design"], None, "The cache to change")
        self._hits = slider("Hit ratio", _RATIOS, 0.0, show_share, "Share of look-ups that it answers")
        self._cache.value = self._cache.options[0]
        self._hits.disabled = not self._caches
        self._show_service()
        self._show_cache()
        self._on(lambda: self._change(USERS, self._users.value), self._users)
        self._on(self._grow, self._growth)
        self._on(self._show_service, self._service)
        self._on(self._show_cache, self._cache)
        self._on(lambda: self._change(self._place("instances"), self._instances.value), self._instances)
        self._on(lambda: self._change(self._place("concurrency"), self._concurrency.value), self._concurrency)
        self._on(lambda: self._change(self._caches[self._cache.value], self._hits.value), self._hits)

    def _control_column(self) -> list[widgets.Widget]:
        more = widgets.Accordion([widgets.VBox([self._cache, self._hits])], titles=("Caches",), selected_index=0)
        buttons = row(
            button("Reset", "Back to what the design says", self.reset),
            button("Save to design", "Write the changed values into design.yaml", self.save),
            button("Undo save", "Put back what the last save replaced", self.undo),
            button("Simulate", "Run the design as it stands in virtual time, beside the formulas", self.simulate),
            button("Headroom", "What breaks where, and the cheapest way to the growth", self.headroom),
            button("Keep as evidence", "Write what breaks first into evidence.json", self.keep),
        )
        self._changed = shown()
        column = [self._users, self._growth, self._service, self._instances, self._concurrency, more]
        return [*column, self._changed, buttons]

    # What the sliders do

    def _place(self, key: str) -> Where:
        return ("services", self._service.value, key)

    def _value(self, where: Where) -> Any:
        return self._changes.get(where, value_at(self._saved_design, where))

    def _show_service(self) -> None:
        with self._quietly():
            for control, key in ((self._instances, "instances"), (self._concurrency, "concurrency")):
                saved, value = value_at(self._saved_design, self._place(key)), self._value(self._place(key))
                set_values(control, counts(max(64, 20 * saved, value), saved, value), value, str)

    def _show_cache(self) -> None:
        if not self._caches:
            return
        where = self._caches[self._cache.value]
        saved, value = float(value_at(self._saved_design, where) or 0.0), float(self._value(where) or 0.0)
        with self._quietly():
            set_values(self._hits, sorted({*_RATIOS, saved, value}), value, show_share)

    def _change(self, where: Where, value: Any) -> None:
        self._put(where, value)
        self._attempt(self._redesign)

    def _grow(self) -> None:
        """Growth has moved: the curve stands, unless the marker left it or it is longer than it need be."""
        ends = self._curve[-1].growth
        moved = max(2 * self._shown.traffic.growth, self._growth.value) != ends
        self._attempt(self._redesign if moved else self._recompute)

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do it; an impossible setting explains itself in the answer, and the rest stands as it was."""
        try:
            act()
        except ArchbookError as error:
            self._top.value = sentence(str(error)) + self._chart

    def _weakest(self) -> str:
        """The service that saturates first: the one that a reader wants to change."""
        found = [e for e in self._today.elements.values() if e.kind == "service" and e.breaks_at == e.breaks_at]
        return min(found, key=lambda e: e.breaks_at).name if found else next(iter(self._saved_design.services))

    def _redesign(self) -> None:
        """The design has changed: plan it again and draw the curve anew."""
        self._shown = self.design
        self._plan = plan(self._shown, like=self._plan)
        top = max(2 * self._shown.traffic.growth, self._growth.value)
        self._curve = curve(self._shown, [top ** (i / 9) for i in range(10)], plan=self._plan)
        self._mark(f"{_name(where)}: {_text(value_at(self._saved_design, where))} → {_text(new)}"
                   for where, new in self._changes.items())  # fmt: skip
        self._recompute()

    def _recompute(self) -> None:
        self._show(estimate(self._shown, self._growth.value, row_sizes=self._sizes, plan=self._plan))

    def _show(self, now: Estimate) -> None:
        self._estimate = now
        heat = {name: element.utilisation for name, element in now.elements.items() if element.servers}
        self._chart = f'<div class="archbook-chart">{utilisation_svg(self._curve, now)}</div>'
        self._top.value = sentence(answer(now)) + self._chart
        self._below.value = f'<div class="archbook-diagram">{recolour(self._picture, heat)}</div>'
        self._table.value = now.table().html()
        self._how.value = how_html(now)
        self._beyond.value = ""

    # What the buttons do

    def simulate(self) -> None:
        """Run the design as the sliders stand in virtual time; each number beside its formula."""
        from archbook.simulate import simulate  # brings the compiler, which a look at the formulas does not need

        self._beyond.value = sentence("Simulating …", "changed")
        self._go_beyond(lambda: simulate(self._shown, self._growth.value, budget=BUDGET, row_sizes=self._sizes),
                        self._copies())  # fmt: skip

    def _copies(self) -> str:
        """Why the simulation speaks of fewer requests than the answer above: copies answer the rest."""
        asked = self._estimate.requests_per_s
        reach = asked - sum(each.rate_per_s * float(endpoint.hit_ratio or 0.0) for endpoint in self._shown.api.endpoints
                            if (each := self._estimate.endpoints.get(endpoint.name)))  # fmt: skip
        if reach > 0.999 * asked:
            return ""
        text = f"Of {show_rate(asked)}, {show_rate(reach)} reach the services and are simulated; copies at the CDN and "
        return sentence(f"{text}in browsers answer the rest.", "changed")

    def headroom(self) -> None:
        """What breaks where, and the cheapest way to the growth of the slider or the planned one, the larger."""
        goal = max(self._growth.value, self._shown.traffic.growth)
        grown = self._shown.changed({("traffic", "growth"): goal})
        self._go_beyond(lambda: headroom(grown, self._sizes))

    def _go_beyond(self, find: Callable[[], Any], before: str = "") -> None:
        try:
            self._beyond.value = before + find()._repr_mimebundle_()["text/html"]
        except ArchbookError as error:
            self._beyond.value = sentence(str(error))

    def reset(self) -> None:
        """Back to what the design says."""
        self._changes.clear()
        with self._quietly():
            self._users.value = float(self._saved_design.traffic.daily_active_users)
        self._show_service()
        self._show_cache()
        self._redesign()
        self._tell("Reset: the sliders stand where the design says.")

    def save(self) -> None:
        """Write the changed values into design.yaml."""
        if not self._changes:
            self._tell("Nothing to save: no slider differs from the design.")
            return
        self._write({where: _text(value) for where, value in self._changes.items()})

    def keep(self) -> None:
        """Write what breaks first, and at which load, into evidence.json."""
        if self._changes:
            self._tell(UNSAVED)
            return
        first = self._estimate.breaks[0] if self._estimate.breaks else None
        entry = found(
            self._saved_design,
            id="capacity.breaks-first",
            claim=answer(self._estimate).replace("*", ""),
            value=first.at if first else float(self._growth.options[-1][1]),
            unit="×",
            how="formula",
            about="design",
            source="archbook.capacity, Erlang C along the call graph",
        )
        self._keep(self._saved_design.folder, [entry])


_RATIOS = [round(i / 100, 2) for i in range(0, 100, 5)] + [0.96, 0.97, 0.98, 0.99]


def _caches(design: Design) -> dict[str, Where]:
    stores = {
        name: ("stores", name, "hit_ratio") for name, store in design.stores.items() if store.hit_ratio is not None
    }
    calls = {
        f"{call.from_} → {call.to}": ("calls", i, "hit_ratio")
        for i, call in enumerate(design.calls)
        if call.hit_ratio is not None
    }
    endpoints = {
        endpoint.name: ("api", "endpoints", i, "hit_ratio")
        for i, endpoint in enumerate(design.api.endpoints)
        if endpoint.hit_ratio is not None
    }
    return {**stores, **calls, **endpoints}


def _name(where: Where) -> str:
    return ".".join(str(key) for key in where if key not in ("services", "stores", "api"))


def _text(value: Any) -> Any:
    """A value as a person types it."""
    if isinstance(value, float):
        return int(value) if value == int(value) and value > 1 else round(value, 6)
    return value

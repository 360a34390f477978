"""The load balancing panel: six policies meet the same requests, with a sick instance among those that serve them."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any, get_args

import ipywidgets as widgets

from archbook.capacity import estimate
from archbook.design.elements import Service
from archbook.design.model import Design, Where
from archbook.diagrams.live_bars import Row, rows_svg
from archbook.errors import ArchbookError
from archbook.panels.controls import button, counts, logarithmic, menu, row, sentence, set_values, shown, slider
from archbook.panels.panel import UNSAVED, Step, Works
from archbook.panels.saving import Saves
from archbook.units import show_count, show_duration, show_factor, show_rate, show_share

if TYPE_CHECKING:
    from archbook.simulate import Balancing

VISITS = 15_000
"""Visits of the service under each policy: enough for a p99 in each of ten replications where some are turned away."""
POLICIES: tuple[str, ...] = get_args(Service.model_fields["balancing"].annotation)
WELL, REFUSES = "none", "refuses"
SICK = {WELL: 0.0, "twice as slow": 2.0, "5 times as slow": 5.0, "10 times as slow": 10.0, "30 times as slow": 30.0,
        REFUSES: math.inf}  # fmt: skip
LONG_S = 1e6  # happenings last as long as the simulation


class BalancingPanel(Saves, Works):
    """Controls left, answer and policies right, instances and table below. Simulations run beside the page."""

    def __init__(self, design: Design) -> None:
        self._saved_design = design
        self._result: Balancing | None = None
        self._build_controls()
        self._top, self._below, self._table = shown("top"), shown("below"), shown("below")
        column = [self._service, self._policy, self._instances, self._growth, self._sick, self._checks, self._changed]
        super().__init__([*column, self._buttons(), self._progress], [self._top, self._below], [self._table])
        self.reset(said="")

    def _build_controls(self) -> None:
        design = self._saved_design
        self._service = menu("Service", design.services, busiest(design), "The service whose instances share the load")
        self._policy = menu("Policy", [], None, "How requests are spread over the instances")
        self._policy.options = [(policy.replace("_", " "), policy) for policy in POLICIES]
        self._instances = slider("Instances", [2], 2, str, "Copies of the service that run")
        self._growth = slider("Growth", [1.0], 1.0, show_factor, "Multiple of today's load")
        self._sick = menu("Sick instance", SICK, WELL, "What ails one of the instances")
        self._checks = menu("Health checks", ["on", "off"], "on", "They take out an instance that refuses")
        self._changed, self._progress = shown(), shown()
        self._on(lambda: self.reset(""), self._service)
        self._on(self._show, self._policy)
        self._on(self._start, self._instances, self._growth, self._sick, self._checks)

    def _buttons(self) -> widgets.HBox:
        return row(
            button("Reset", "Back to what the design says", self.reset),
            button("Save to design", "Write policy and instances into design.yaml", self.save),
            button("Undo save", "Put back what the last save replaced", self.undo),
            button("Keep as evidence", "Write the comparison into evidence.json", self.keep),
            button("Stop", "End the simulation that runs", self.stop),
        )

    # What the controls do

    @property
    def design(self) -> Design:
        """The design as the controls stand."""
        return self._saved_design.changed(self._changes())

    def _changes(self) -> dict[Where, Any]:
        name = self._service.value
        saved = self._saved_design.services[name]
        values = {"balancing": self._policy.value, "instances": self._instances.value}
        return {("services", name, key): value for key, value in values.items() if value != getattr(saved, key)}

    def reset(self, said: str = "Reset: the controls stand where the design says.") -> None:
        """Back to what the design says of the chosen service."""
        service, growth = self._saved_design.services[self._service.value], self._saved_design.traffic.growth
        most = max(24, 4 * service.instances)
        with self._quietly():
            self._policy.value = service.balancing
            set_values(self._instances, counts(most, service.instances), service.instances, str)
            set_values(self._growth, logarithmic(1.0, max(100.0, growth), growth, 1.0), growth, show_factor)
            self._sick.value, self._checks.value = WELL, "on" if service.health_check else "off"
        self._tell(said)
        self._start()

    def _start(self) -> None:
        """Simulate anew, beside the page."""
        design, service, growth = self.design, self._service.value, self._growth.value
        happenings = self._happenings(service)

        def compare(step: Step) -> Balancing:
            from archbook.simulate import compare_balancing  # brings the compiler, which the page does not wait for

            return compare_balancing(
                design, service, POLICIES, visits=VISITS, growth=growth, happenings=happenings, progress=step
            )

        self._say("Simulating …")
        self._beside(compare, lambda how_far: self._say(f"Simulating {how_far}"), self._found, self._failed)

    def _say(self, text: str) -> None:
        self._progress.value = sentence(text, "changed") if text else ""

    def _found(self, found: Balancing) -> None:
        self._result = found
        self._say("")
        self._show()

    def _failed(self, error: ArchbookError) -> None:
        self._result = None
        self._progress.value, self._below.value, self._table.value = "", "", ""
        self._top.value = sentence(f"{error}.")

    def _happenings(self, service: str) -> tuple[Any, ...]:
        from archbook.simulate import Outage, Slow

        factor = SICK[self._sick.value]
        if factor == math.inf:
            on = self._checks.value == "on"
            return (Outage(service, 0, LONG_S, "refuse", instance=0, checked=on, noticed_after_s=0),)
        return (Slow(service, 0, LONG_S, factor, instance=0),) if factor else ()

    def stop(self) -> None:
        """End the simulation that runs; what is shown stays."""
        stopped = "Stopped: what is shown is from before; move a control to simulate again."
        self._say(stopped if self._runs() else "Nothing runs.")
        self._wanted += 1

    # What is shown

    def _show(self) -> None:
        saved = self._saved_design.services[self._service.value]
        self._mark(f"{where[-1]}: {_text(getattr(saved, str(where[-1])))} → {_text(new)}"
                   for where, new in self._changes().items())  # fmt: skip
        found = self._result
        if found is None:
            return
        self._top.value = sentence(self._answer(found)) + f'<div class="archbook-chart">{self._policies(found)}</div>'
        self._below.value = f'<div class="archbook-chart">{self._each(found)}</div>'
        formula = estimate(found.subject, found.growth).elements[found.service]
        pooled = ", ".join(f"{name} {show_duration(value)}" for name, value in
                           (("p50", formula.p50_s), ("p95", formula.p95_s), ("p99", formula.p99_s)))  # fmt: skip
        note = (
            f"Computed for one queue before all servers, none of them sick (estimate, Erlang C): {pooled}. It is what "
        )
        note += "spreading aims at: the policy with the shortest queues comes nearest to it."
        how = f"<details><summary>How was this simulated?</summary><p>{html.escape(found.how())}</p></details>"
        self._table.value = (found.table().html() + (sentence(note, "changed") if math.isfinite(formula.p99_s) else "")
                             + found.instance_table(self._policy.value).html() + how)  # fmt: skip

    def _answer(self, found: Balancing) -> str:
        chosen = found.policies[self._policy.value]
        text = found.answer
        if chosen.policy != found.best and chosen.settled and found.policies[found.best].settled:
            text += f" The chosen *{chosen.name}*: p99 *{chosen.p99_s.shown(show_duration)}*"
            text += f", {chosen.turned_away.shown(show_share)} turned away." if chosen.turned_away.value else "."
        if self._sick.value not in (WELL, REFUSES):
            text += " Health checks do not see this one: it is slow, and it answers."
        return text

    def _policies(self, found: Balancing) -> str:
        best = found.policies[found.best]
        rows = []
        for each in found.policies.values():
            away = f"; {show_share(each.turned_away.value)} lost" if each.turned_away.value >= 0.0005 else ""
            known = each.settled and not math.isnan(each.p99_s.value)
            text = (
                each.p99_s.shown(show_duration) + away
                if known
                else "piles up"
                if not each.settled
                else "unknown" + away
            )
            value = each.p99_s if known else (math.nan, math.nan, math.nan)
            rows.append(Row(each.name, *value, text, each.policy == self._policy.value))
        top = max((row.high for row in rows if not math.isnan(row.high)), default=0.0) or 1.0
        alike = all(each.p99_to_best.low <= 1 for each in found.policies.values() if each is not best)
        finding = (f"No policy has a lower p99 of {found.service} for certain" if best.settled and alike
                   else f"{best.name.capitalize()} has the lowest p99 of {found.service}" if best.settled
                   else "Requests pile up under every policy")  # fmt: skip
        subtitle = "99 % of its responses take at most this long; simulated, bar: 95 % interval"
        return rows_svg(finding, subtitle, rows, _ticks(top))

    def _each(self, found: Balancing) -> str:
        chosen = found.policies[self._policy.value]
        rows = []
        for i, each in enumerate(chosen.instances[:24]):
            took = f"{show_rate(each.load_per_s.value)}, "
            took += ("refuses" if each.turned_away.value == 1 else "nothing reaches it" if not each.load_per_s.value
                     else f"mean {show_duration(each.response_s.value)}")  # fmt: skip
            ill = i == 0 and self._sick.value != WELL
            rows.append(Row(f"instance {i}{' (sick)' if ill else ''}", *each.utilisation, took, ill))
        loads = [each.utilisation.value for each in chosen.instances]
        finding = f"Under {chosen.name} the instances are {show_share(min(loads))} to {show_share(max(loads))} in use"
        more = f"; {show_count(len(loads) - 24, 'more instance')} not drawn" if len(loads) > 24 else ""
        subtitle = f"Share of each instance's places in use, its load and its mean response; simulated{more}"
        return rows_svg(finding, subtitle, rows, [(s, show_share(s)) for s in (0.0, 0.25, 0.5, 0.75, 1.0)], bars=True)

    # What the buttons do

    def save(self) -> None:
        """Write policy and instances of the chosen service into design.yaml."""
        changes = self._changes()
        if not changes:
            self._tell("Nothing to save: policy and instances are as the design says.")
            return
        self._write(changes)

    def keep(self) -> None:
        """Write the comparison into evidence.json."""
        saved, found = self._saved_design, self._result
        if found is None:
            self._tell("Nothing is simulated yet.")
        elif self._instances.value != saved.services[self._service.value].instances:
            self._tell(UNSAVED)
        elif (entries := found.evidence(saved)) or saved.folder is None:
            self._keep(saved.folder, entries)
        else:
            self._tell("Nothing settles at this load, so there is nothing to keep.")


def busiest(design: Design) -> str:
    """The service with the most requests among those with more than two instances, else among all."""
    rates = {name: estimate(design).elements[name].arrival_rate_per_s for name in design.services}
    spread = [name for name, service in design.services.items() if service.instances > 2] or list(rates)
    return max(spread, key=lambda name: rates[name])


def _text(value: Any) -> str:
    return str(value).replace("_", " ")


def _ticks(top_s: float) -> list[tuple[float, str]]:
    """Times from zero to at least `top_s` (s), round ones."""
    power = 10.0 ** math.floor(math.log10(top_s))
    step = next(step * power for step in (0.2, 0.5, 1.0, 2.0, 2.5) if step * power * 5 >= top_s)
    return [(i * step, show_duration(i * step) if i else "0") for i in range(math.ceil(top_s / step - 1e-9) + 1)]

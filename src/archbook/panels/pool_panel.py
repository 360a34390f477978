"""The pool panel: how many connections, who waits for one, and what cannot deadlock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ipywidgets as widgets

from archbook.capacity import estimate
from archbook.capacity.formulas import erlang_c, mmc_mean_wait_s, pool_deadlock_floor, pool_size
from archbook.design.model import Design
from archbook.diagrams.live import Axis
from archbook.diagrams.live_lines import Lines, lines_svg
from archbook.errors import InvalidInput
from archbook.evidence import found
from archbook.panels.controls import (
    button,
    counts,
    logarithmic,
    menu,
    round_ticks,
    row,
    sentence,
    set_values,
    shown,
    slider,
)  # fmt: skip
from archbook.panels.panel import Panel
from archbook.tables import Table, as_columns
from archbook.units import show_count, show_duration, show_factor, show_rate, show_share, significant

if TYPE_CHECKING:
    from archbook.simulate import Figure

TARGET = 0.01
"""Share of requests that may wait for a connection."""
USUAL_S = 0.01
"""How long a connection is kept where no time of its store is known."""
RARE = 1e-4
"""A smaller share of requests that wait is not worth its digits."""
CUSTOMERS, SEED = 300_000, 1
HOW = """<details><summary>How was this computed?</summary><dl>
<dt><b>Wait</b> — M/M/c with the connections of one instance as servers: Erlang's C, mean wait = C·S/(c − a)</dt>
<dd>holds when: requests come at random, hold times are exponential, each instance has a pool of its own<br>source:
Gross et al., Fundamentals of Queueing Theory, 4th ed., section 2.3</dd>
<dt><b>Held for</b> — the mean response of the store at today's peak; a transaction of several statements keeps its
connection for longer: move the slider; 10 ms where no time of the store is known</dt>
<dt><b>Deadlock floor</b> — threads × (connections each − 1) + 1</dt>
<dd>source: HikariCP, About Pool Sizing</dd>
<dt>More connections than the store serves at once do not make it faster: the wait moves from the pool into the store,
where it costs memory and locks.</dt>
</dl></details>"""


@dataclass(frozen=True, slots=True)
class Use:
    """One service's pools of one store, as the design has them. rate_per_s: of one instance, at today's peak."""

    service: str
    store: str
    pool: int
    instances: int
    threads: int
    rate_per_s: float
    others: int  # connections that other services may open to the store
    accepted: int | None


class PoolPanel(Panel):
    """Sliders left, answer and wait against pool size right, numbers below."""

    def __init__(self, design: Design) -> None:
        self._design = design
        self._today = estimate(design)
        self._uses = uses(design)
        if not self._uses:
            raise InvalidInput(f"no store of {design.name} has a `pool` that a service uses: give one `pool: 20`")
        self._dots: dict[int, Figure] = {}
        first = max(self._uses.values(), key=lambda use: use.rate_per_s * self._hold(use) / use.pool)
        self._use = menu("Pool", self._uses, next(n for n, use in self._uses.items() if use is first), "Whose, of what")
        self._growth = slider(
            "Growth", logarithmic(1, 100, design.traffic.growth), 1.0, show_factor, "Multiple of today"
        )
        self._size = slider("Connections", [1], 1, str, "Size of the pool of one instance")
        self._held = slider("Held for", [1.0], 1.0, show_duration, "How long a request keeps its connection")
        self._each = slider("Per thread", [1, 2, 3, 4], 1, str, "Connections that one thread holds at once")
        self._top, self._table = shown("top"), shown()
        buttons = row(
            button("Simulate", "Put the formula to the test with simulated requests", self.simulate),
            button("Reset", "Back to what the design says", self.reset),
            button("Keep as evidence", "Write the smallest pool that does into evidence.json", self.keep),
        )
        sliders = [self._growth, self._size, self._held, self._each]
        super().__init__([self._use, *sliders, buttons], [self._top], [self._table, widgets.HTML(HOW)])
        self._on(self.reset, self._use)
        self._on(self._move, *sliders)
        self.reset()

    def _hold(self, use: Use) -> float:
        """The mean response of the store: what a statement by itself keeps a connection for."""
        store = self._today.elements[use.store]
        known = (time for time in (store.mean_response_s, store.own_time_s) if math.isfinite(time) and time > 0)
        return next(known, USUAL_S)

    @property
    def use(self) -> Use:
        """The chosen pool, as the design has it."""
        return self._uses[self._use.value]

    def reset(self) -> None:
        """The sliders go to what the design says of the chosen pool."""
        use, hold = self.use, self._hold(self.use)
        with self._quietly():
            set_values(self._size, counts(max(100, 4 * use.pool), use.pool), use.pool, str)
            set_values(self._held, logarithmic(hold / 2, max(1.0, 20 * hold), hold), hold, show_duration)
            self._growth.value, self._each.value = 1.0, 1
        self._move()

    def _move(self) -> None:
        self._dots, self._said.value = {}, ""
        self._show()

    def _show(self) -> None:
        rate, hold, size = self._load()
        self._top.value = sentence(self._answer(rate, hold, size)) + (
            f'<div class="archbook-chart">{lines_svg(self._chart(rate, hold, size))}</div>'
        )
        self._table.value = self._numbers(rate, hold, size).html()

    def _load(self) -> tuple[float, float, int]:
        """Requests/s that ask one pool for a connection, how long each keeps it (s), and the size of the pool."""
        return self.use.rate_per_s * self._growth.value, float(self._held.value), int(self._size.value)

    def _floor(self) -> int:
        return pool_deadlock_floor(self.use.threads, int(self._each.value))

    def _answer(self, rate: float, hold: float, size: int) -> str:
        use, least = self.use, pool_size(rate, hold, TARGET)
        text = f"Each instance of *{use.service}* sends *{use.store}* {show_rate(rate)} and keeps a connection for "
        text += f"{show_duration(hold)} each time: "
        if rate * hold >= size:
            text += f"that takes {significant(rate * hold)} connections, its pool has *{size}*, and requests pile up."
        else:
            wait = erlang_c(size, rate * hold)
            share = show_share(wait) if wait >= RARE else f"fewer than {show_share(RARE)}"
            text += f"with *{size}* connections *{share}* of the requests wait for one."
        text += f" *{least}* would do for {show_share(TARGET)}."
        if size < self._floor():
            text += (f" {use.threads} threads that hold {self._each.value} each can wait for each other for ever: only "
                     f"*{significant(self._floor())}* rule that out.")  # fmt: skip
        opened = use.others + size * use.instances
        if use.accepted is not None and opened > use.accepted:
            text += f" All pools together open {significant(opened)}; {use.store} accepts {significant(use.accepted)}."
        return text

    def _chart(self, rate: float, hold: float, size: int) -> Lines:
        least = math.floor(rate * hold) + 1
        high = max(2 * size, 2 * least, pool_size(rate, hold, TARGET) + 4)
        line = [(n, 1000 * mmc_mean_wait_s(rate, hold, n)) for n in range(least, high + 1)]
        top = max(min(line[0][1], 4000 * hold), 100 * hold)
        dots = [(n, *(1000 * bound for bound in wait)) for n, wait in self._dots.items() if 1000 * wait.value <= top]
        wait = mmc_mean_wait_s(rate, hold, size) if size >= least else math.inf
        reading = f"{size}: {show_duration(wait)}" if math.isfinite(wait) else f"{size}: without end"
        step = max(1, round(high / 8))
        return Lines(
            f"{pool_size(rate, hold, TARGET)} connections an instance keep the wait short",
            "Mean wait for a connection, against the size of the pool of one instance",
            Axis("connections in the pool of one instance", 0, high, [(n, str(n)) for n in range(0, high + 1, step)]),
            Axis("", 0.0, top, round_ticks(top, lambda ms: show_duration(ms / 1000))),
            [(n, min(ms, top)) for n, ms in line],
            (size, reading),
            dots,  # type: ignore[arg-type]
        )

    def _numbers(self, rate: float, hold: float, size: int) -> Table:
        use, stable = self.use, rate * hold < size
        wait, seen = (mmc_mean_wait_s(rate, hold, size), self._dots.get(size)) if stable else (math.inf, None)
        simulated = seen.shown(show_duration) if seen else "not yet: Simulate" if stable else None
        rows = [
            ("mean wait for a connection", show_duration(wait) if stable else "without end", simulated),
            ("connections in use on average", significant(rate * hold), None),
            ("smallest pool without a deadlock", significant(self._floor()), None),
            (f"opened by all pools, of {significant(use.accepted) if use.accepted else 'unknown'} accepted",
             significant(use.others + size * use.instances), None),
        ]  # fmt: skip
        return as_columns(("what", ">computed", ">simulated (95 %)"), rows, f"{self._use.value}, as the sliders stand")

    def simulate(self) -> None:
        """Simulate the chosen size and the two beside it."""
        from archbook.simulate import simulate_queue  # brings the compiler, which a look at the formula does not need

        rate, hold, size = self._load()
        least = math.floor(rate * hold) + 1
        sizes = sorted({max(least, size - 1), max(least, size), size + 1})
        stable = [n for n in sizes if rate * hold < 0.99 * n]
        self._dots = {n: simulate_queue(rate, hold, n, customers=CUSTOMERS, seed=SEED).wait_s for n in stable}
        self._show()
        self._tell(f"Simulated {significant(CUSTOMERS)} requests at each of {show_count(len(stable), 'size')}.")

    def keep(self) -> None:
        """Write the smallest pool that does into evidence.json."""
        use, (rate, hold, size) = self.use, self._load()
        least = pool_size(rate, hold, TARGET)
        text = self._answer(rate, hold, size).replace("*", "")
        claim = f"At {show_factor(self._growth.value)} today's peak: {text}"
        entry = found(self._design, id=f"pool.{use.service}.{use.store}", claim=claim,
                      value=float(least), unit="connections", how="formula", about=f"stores.{use.store}",
                      source="archbook.capacity.formulas.pool_size, Erlang C")  # fmt: skip
        self._keep(self._design.folder, [entry])


def uses(design: Design) -> dict[str, Use]:
    """The pools of a design by ``service → store``; those that nothing uses are left out."""
    today = estimate(design)
    rates: dict[tuple[str, str], float] = {}
    for call in today.calls:
        if call.to in design.stores and design.stores[call.to].pool and call.attempts_per_s > 0:
            rates[call.from_, call.to] = rates.get((call.from_, call.to), 0.0) + call.attempts_per_s
    opened = {(a, b): (design.stores[b].pool or 0) * design.services[a].instances for a, b in rates}
    return {
        f"{a} → {b}": Use(
            a, b, design.stores[b].pool or 0, design.services[a].instances, design.services[a].concurrency,
            rate / design.services[a].instances,
            sum(count for (other, store), count in opened.items() if store == b and other != a),
            design.stores[b].max_connections,
        )
        for (a, b), rate in rates.items()
    }  # fmt: skip

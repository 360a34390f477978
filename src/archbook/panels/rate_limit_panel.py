"""The rate limit panel: a design's limit under five algorithms on the same traffic, in virtual time."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import ipywidgets as widgets
import numpy as np

from archbook.contracts.limits import USUAL, Limit, limits
from archbook.design.model import Design, Where
from archbook.diagrams.live import Axis
from archbook.diagrams.live_lines import Compared, compared_svg
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
from archbook.panels.panel import UNSAVED
from archbook.panels.saving import Saves
from archbook.simulate import RateLimited, rate_limit
from archbook.tables import as_columns
from archbook.units import show_duration, show_factor, show_share, significant

WINDOWS = 3
ALGORITHMS = {"fixed_window": "fixed window", "sliding_counter": "sliding window", "sliding_log": "sliding log",
              "token_bucket": "token bucket", "gcra": "GCRA"}  # fmt: skip
LOG = "sliding_log"  # which a design does not declare
DECLARED = {"sliding_counter": "sliding_window"}
MOST = 1_000  # on the sliders, so that they stay quick
ROUND = (15, 25, 50, 60, 150, 250, 300, 500, 600)
EDGE, STEADY, SEVERAL = "bursts at a window's edge", "steady", "one loud among four users"
SHARED = ("global", "endpoint")
NEIGHBOURS = 3  # who keep to half the limit
NONE = "none in this design"
HOW = """<details><summary>How was this simulated?</summary><p>Requests at fixed times go through each algorithm in
virtual time (archbook.simulate.rate_limit); nothing is random, so that there is no interval. <b>Fixed window</b>
counts from each full window on. <b>Sliding window</b> adds the share of the last window's count that still overlaps;
<b>sliding log</b> remembers the time of each request that passed. <b>Token bucket</b> is full at first and refilled
evenly. <b>GCRA</b> (ITU-T I.371) keeps the time at which the next request is due, and decides as a bucket does. Who is
turned away does not count, and is told the shortest wait after which the request would pass, in whole seconds (RFC
9110, Retry-After).</p></details>"""


class RateLimitPanel(Saves):
    """Controls left, answer and accepted requests over time right, all algorithms in figures below."""

    def __init__(self, design: Design | None = None) -> None:
        self._design = design
        if design:
            self._saved_design = design
        self._results: dict[str, RateLimited] = {}
        self._build_controls()
        self._top, self._table = shown("top"), shown("below")
        column = [self._which, self._algorithm, self._limit, self._burst, self._traffic, self._load, self._changed]
        super().__init__([*column, self._buttons()], [self._top], [self._table, widgets.HTML(HOW)])
        self.reset(said="")

    def _build_controls(self) -> None:
        names = list(limits(self._design)) if self._design else []
        self._which = menu("Limit of", names or [NONE], (names or [NONE])[0], "A limit of the design")
        self._algorithm = menu("Algorithm", [], None, "How requests are counted; its line is the strong one")
        self._algorithm.options = [(title, name) for name, title in ALGORITHMS.items()]
        self._limit = slider("Limit", [1], 1, significant, "Requests that one caller may make in the period")
        self._burst = slider("Burst", [1], 1, significant, "Requests at once: token bucket and GCRA")
        self._traffic = menu("Traffic", [EDGE, STEADY, SEVERAL], EDGE, "What arrives in three minutes")
        self._load = slider("Load", logarithmic(0.1, 10.0, 1.0), 1.0, show_factor,
                            "Multiple of the limit: each burst, each minute, or the loud user")  # fmt: skip
        self._changed = shown()
        self._on(lambda: self.reset(""), self._which)
        self._on(self._show, self._algorithm, self._limit, self._burst, self._traffic, self._load)

    def _buttons(self) -> widgets.HBox:
        return row(
            button("Reset", "Back to what the design says", self.reset),
            button("Save to design", "Write limit, algorithm and burst into design.yaml", self.save),
            button("Undo save", "Put back what the last save replaced", self.undo),
            button("Keep as evidence", "Write what passes into evidence.json", self.keep),
        )

    # What the controls do

    @property
    def _now(self) -> Limit:
        """The chosen limit, as the design has it."""
        return (limits(self._saved_design) if self._design else {}).get(self._which.value, USUAL)

    def reset(self, said: str = "Reset: the controls stand where the design says.") -> None:
        """Back to what the design says of the chosen limit."""
        now = self._now
        with self._quietly():
            set_values(self._limit, counts(max(MOST, now.limit), now.limit, *ROUND), now.limit, now.shown)
            set_values(self._burst, counts(max(MOST, now.burst), now.burst, *ROUND), now.burst, significant)
            self._algorithm.value, self._traffic.value, self._load.value = now.algorithm, EDGE, 1.0
        self._tell(said)
        self._show()

    def _changes(self) -> dict[Where, Any]:
        """What differs from the design, as a person types it."""
        now, name = self._now, self._algorithm.value
        if now.where is None:
            return {}
        changes: dict[str, Any] = {"limit": now.typed(self._limit.value)} if self._limit.value != now.limit else {}
        if now.where[0] == "api":
            return {now.where: changes["limit"]} if changes else {}
        changes |= {"algorithm": DECLARED.get(name, name)} if name not in (now.algorithm, LOG) else {}
        changes |= {"burst": self._burst.value} if self._burst.value != now.burst else {}
        return {(*now.where, key): value for key, value in changes.items()}

    def save(self) -> None:
        """Write what differs from the design into design.yaml."""
        changes = self._changes()
        if not changes:
            same = "limit, algorithm and burst are as in the design"
            self._tell(f"Nothing to save: {same if self._now.where else 'this limit is not one of the design'}.")
            return
        name = self._which.value
        self._write(changes)
        with self._quietly():
            self._which.options = list(limits(self._saved_design))
            self._which.value = name if name in self._which.options else self._which.options[0]

    # What is said and shown

    def _show(self) -> None:
        """Send the same requests through all algorithms."""
        times, users = self._requests()
        limit, burst = int(self._limit.value), int(self._burst.value)
        whose = None if self._now.per in SHARED else users
        early = {"token_bucket": burst, "gcra": burst - 1}
        self._results = {
            name: rate_limit(times, name, limit, self._now.window_s, early.get(name), whose) for name in ALGORITHMS
        }
        self._users = users
        self._top.value = sentence(self._answer()) + f'<div class="archbook-chart">{compared_svg(self._chart())}</div>'
        self._table.value = self._figures()
        self._mark(f"{where[-1]} → {value}" for where, value in self._changes().items())

    def _requests(self) -> tuple[Any, Any]:
        """When requests come, and whose each is; the loud user, or the only one, is 0."""
        limit, load, window = int(self._limit.value), float(self._load.value), self._now.window_s
        number = max(1, round(limit * load))
        if self._traffic.value == EDGE:
            each = np.arange(number) / number * window / 60
            times = np.concatenate([window * (1 - 1 / 60) + each, window + each])
            return times, np.zeros(len(times), dtype=int)
        loud = np.arange(number * WINDOWS) * (window / number)
        if self._traffic.value == STEADY:
            return loud, np.zeros(len(loud), dtype=int)
        half = max(1, limit // 2)
        quiet = (np.arange(half * WINDOWS) + 0.5) * (window / half)
        times = np.concatenate([loud, *[quiet] * NEIGHBOURS])
        users = np.repeat(np.arange(NEIGHBOURS + 1), [len(loud), *[len(quiet)] * NEIGHBOURS])
        order = np.argsort(times, kind="stable")
        return times[order], users[order]

    def _counted(self, result: RateLimited) -> RateLimited:
        """What the limit counts: all requests where they share it, else those of the loud or only user."""
        if self._now.per in SHARED:
            return result
        mine = self._users == 0
        return replace(result, times_s=result.times_s[mine], allowed=result.allowed[mine],
                       retry_after_s=result.retry_after_s[mine])  # fmt: skip

    def _answer(self) -> str:
        name, limit, now = self._algorithm.value, int(self._limit.value), self._now
        result, most = self._results[name], self._most(name)
        burst = f" and a burst of *{significant(self._burst.value)}*" if name in ("token_bucket", "gcra") else ""
        text = (
            f"With a *{ALGORITHMS[name]}* of *{now.shown(limit)}* per {now.per}{burst}, *{significant(result.passed)}* "
            f"of {significant(len(result.times_s))} requests pass: at most *{significant(most)}* in any "
            f"{self._window()}{', ' + show_factor(most / limit) + ' the limit' if most > limit else ''}. "
        )
        fixed = self._most("fixed_window")
        if name != "fixed_window" and fixed > max(most, limit):
            text += (
                f"A fixed window lets *{significant(fixed)}* pass across its edge, {show_factor(fixed / limit)} it. "
            )
        refused = result.retry_after_s[~result.allowed]
        if len(refused):
            text += f"The others get 429 with Retry-After of up to {_seconds(refused.max())}. "
        text += "A design does not declare the log: its sliding window keeps two counts. " if name == LOG else ""
        return text + self._neighbours(result)

    def _most(self, name: str) -> int:
        return self._counted(self._results[name]).most_in(self._now.window_s)

    def _window(self) -> str:
        return "60 s" if self._now.window_s == 60 else show_duration(self._now.window_s)

    def _neighbours(self, result: RateLimited) -> str:
        others = self._users > 0
        if not others.any():
            return ""
        share = float(result.allowed[others].mean())
        why = "they share the limit" if self._now.per in SHARED else "each has their own"
        return f"Of what the three others ask, {show_share(share)} pass: {why}."

    def _chart(self) -> Compared:
        name, limit, window = self._algorithm.value, int(self._limit.value), self._now.window_s
        lines = self._lines()
        top = max(limit, *(y for _, points in lines for _, y in points))
        loud = self._traffic.value == SEVERAL and self._now.per not in SHARED
        ticks = [(at * window / 2, show_duration(at * window / 2)) for at in range(2 * WINDOWS + 1)]
        begins = [show_duration(at * window) for at in (1, 2)]
        title = ALGORITHMS[name][:1].upper() + ALGORITHMS[name][1:]
        return Compared(
            f"{title}: at most {significant(self._most(name))} in any {self._window()}, limit {significant(limit)}",
            f"Accepted requests{' of the loud user' if loud else ''} in the {self._window()} before, simulated",
            Axis(f"time; windows begin at 0, {begins[0]} and {begins[1]}", 0.0, window * WINDOWS, ticks),
            Axis("", 0.0, 1.15 * top, round_ticks(top, significant)),
            lines,
            ALGORITHMS[name],
            (limit, f"limit: {significant(limit)}"),
        )

    def _lines(self) -> list[tuple[tuple[str, ...], list[tuple[float, float]]]]:
        """How many passed in the window before each moment; algorithms that decide alike share a line."""
        window, alike = self._now.window_s, dict[bytes, list[str]]()
        for name in ALGORITHMS:
            alike.setdefault(self._counted(self._results[name]).allowed.tobytes(), []).append(name)
        edge = [window * (1 - 1 / 60), window * (1 - 1e-9), window * (1 + 1 / 60)]
        moments = np.unique(np.concatenate([np.linspace(0, window * WINDOWS, 181), edge]))
        lines = []
        for names in alike.values():
            result = self._counted(self._results[names[0]])
            times = result.times_s[result.allowed]
            before = np.searchsorted(times, moments - window * (1 - 1e-9), "right")
            inside = np.searchsorted(times, moments, "right") - before
            points = [(float(x), float(y)) for x, y in zip(moments, inside, strict=True)]
            lines.append((tuple(ALGORITHMS[name] for name in names), points))
        return lines

    def _figures(self) -> str:
        limit = int(self._limit.value)
        remembers = {"fixed_window": "1 count", "sliding_log": f"{significant(limit)} times",
                     "sliding_counter": "2 counts", "token_bucket": "tokens and a time", "gcra": "1 time"}  # fmt: skip
        rows = []
        for name, title in ALGORITHMS.items():
            result = self._results[name]
            refused = result.retry_after_s[~result.allowed]
            most = self._most(name)
            rows.append((title, significant(result.passed), significant(len(refused)), significant(most),
                         show_factor(most / limit), _seconds(refused.max()) if len(refused) else None,
                         remembers[name]))  # fmt: skip
        heads = ("algorithm", ">pass", ">get 429", f">most in {self._window()}", ">of the limit",
                 ">Retry-After", "remembers a caller by")  # fmt: skip
        return as_columns(heads, rows, "The same requests under each algorithm, simulated").html()

    # What the buttons do

    def keep(self) -> None:
        """Write how much the design's limit lets pass in any minute into evidence.json."""
        where, changed = self._now.where, bool(self._changes())
        if changed or where is None or self._saved_design.folder is None:
            reason = "No design folder to keep it in, or no limit in the design."
            self._tell(UNSAVED if changed else reason)
            return
        result = self._counted(self._results[self._algorithm.value])
        name = ".".join(map(str, where[1:3]))
        entry = found(
            self._saved_design, id=f"rate-limit.{name}", claim=self._answer().replace("*", "").strip(),
            value=float(result.most_in(self._now.window_s)), unit="requests", how="simulation", about=str(where[0]),
            source="archbook.simulate.rate_limit", sample=len(result.times_s),
            details={"per": self._now.per, "algorithm": self._algorithm.value, "limit": self._limit.value,
                     "window_s": self._now.window_s,
                     "burst": self._burst.value, "traffic": self._traffic.value, "load": self._load.value})  # fmt: skip
        self._keep(self._saved_design.folder, [entry])


def _seconds(wait_s: float) -> str:
    return f"{math.ceil(wait_s - 1e-9)} s"

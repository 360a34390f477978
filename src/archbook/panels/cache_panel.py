"""The cache panel: what share a cache answers, what reaches the store behind it, and what a flush does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from archbook.capacity import plan
from archbook.capacity.caching import cache_curve, cache_estimate
from archbook.design.model import Design
from archbook.diagrams.live import Axis
from archbook.diagrams.live_lines import Lines, lines_svg
from archbook.evidence import found
from archbook.panels.controls import button, logarithmic, menu, round_ticks, row, sentence, set_values, shown, slider
from archbook.panels.panel import Panel
from archbook.tables import as_columns
from archbook.units import show_duration, show_factor, show_rate, show_share, significant

if TYPE_CHECKING:
    from archbook.simulate import CacheTrial

SIZES = (0.01, 0.1, 1.0, 10.0, 100.0)
SEED = 1
FORMULA_IS_OFF = 0.001
"""The most that the formula is off where its assumptions hold; see its tests."""
HOW = """<details><summary>How was this computed?</summary><dl>
<dt><b>Hit ratio</b> — least recently used goes first: Che's characteristic time T, for which Σ (1 − e^(−λT)) is the
size of the cache; a key asked for λ times a second is then hit e^(λT) − 1 times for each fetch, λ·ttl times where
the time to live is shorter.</dt>
<dd>holds when: requests are independent, with Zipf popularity (the k-th most popular is asked for as 1 / k^exponent),
items are of one size, and a fetch takes no time<br>source: Che, Tung and Wang, IEEE JSAC 20 (2002); within 0.001 of
simulation in our tests</dd>
<dt><b>After a flush</b> — Σ λ e^(−λt), until the cache is full again</dt>
<dd>holds when: the store keeps up; each key missed by several requests at once is fetched once. With a time to live,
what was fetched together expires together: the simulation shows that wave, the formula does not</dd>
<dt><b>Simulated</b> — six runs with seeds of their own, intervals by Student's t</dt>
</dl></details>"""


class CachePanel(Panel):
    """Sliders left, answer and hit ratio right, load after a flush and the numbers below."""

    def __init__(self, design: Design | None = None) -> None:
        self._design = design
        self._uses = caches(design) if design else {}
        self._trial: CacheTrial | None = None
        self._build_controls()
        self._top, self._below, self._table = shown("top"), shown("below"), shown("below")
        column = [self._size, self._items, self._exponent, self._ttl, self._rate]
        column = [self._cache, *column] if self._uses else column
        results, below = [self._top, self._below], [self._table, widgets.HTML(HOW)]
        super().__init__([*column, self._buttons()], results, below)
        self._take()

    def _build_controls(self) -> None:
        self._cache = menu("Cache", self._uses or ["none in this design"], None, "The cache of the design to look at")
        self._size = slider("Cache size", logarithmic(0.01, 100, 10.0), 10.0, lambda v: f"{significant(v)} %",
                            "Share of the items that fit into the cache")  # fmt: skip
        self._items = slider("Items", logarithmic(100, 1e7, 1e4), 1e4, significant, "Different keys that are asked for")
        self._exponent = slider("Zipf exponent", [i / 20 for i in range(31)], 1.0, lambda v: f"{v:.2f}",
                                "0: all keys alike; 0.6 to 1: usual; above: a few are asked for most")  # fmt: skip
        self._ttl = slider("Time to live", [*_TTLS, math.inf], math.inf, _ttl, "How long a value is kept at most")
        self._rate = slider("Requests", logarithmic(1, 1e5, 1000.0), 1000.0, show_rate, "Look-ups of all keys")
        if self._uses:
            expiring = {name: rate / ttl for name, (rate, ttl, _, _) in self._uses.items()}
            self._cache.value = max(expiring, key=lambda name: expiring[name])  # where the time to live matters most
        self._on(self._take, self._cache)
        self._on(self._move, self._size, self._items, self._exponent, self._ttl, self._rate)

    def _buttons(self) -> widgets.HBox:
        return row(
            button("Simulate", "Put the formula to the test: the same cache over random requests", self.simulate),
            button("Reset", "Back to where the panel opened", self._take),
            button("Keep as evidence", "Write the hit ratio into evidence.json", self.keep),
        )

    # What the sliders do

    def _take(self) -> None:
        """The sliders go to what the design says of the chosen cache, and to usual values for the rest."""
        rate, ttl, items, _ = self._uses.get(self._cache.value, (1000.0, math.inf, 1e4, None))
        with self._quietly():
            self._size.value, self._exponent.value = 10.0, 1.0
            set_values(self._items, logarithmic(100, 1e7, items), items, significant)
            set_values(self._ttl, sorted({*_TTLS, ttl, math.inf}), ttl, _ttl)
            set_values(self._rate, logarithmic(min(1.0, rate), max(1e5, rate), rate), rate, show_rate)
        self._move()

    def _move(self) -> None:
        self._trial, self._said.value = None, ""
        items, rate, ttl = int(self._items.value), float(self._rate.value), float(self._ttl.value)
        capacity = min(items, max(1, round(items * self._size.value / 100)))
        self._now = cache_estimate(self._exponent.value, items, capacity, rate, ttl)
        self._curve = cache_curve(self._exponent.value, items, rate, ttl)
        self._show()

    def _show(self) -> None:
        self._top.value = sentence(self._answer()) + f'<div class="archbook-chart">{lines_svg(self._ratios())}</div>'
        self._below.value = f'<div class="archbook-chart">{lines_svg(self._flush())}</div>'
        self._table.value = self._numbers().html()

    # What is said and shown

    def _answer(self) -> str:
        now, behind = self._now, "what is behind it" if self._uses else "the database"
        text = (
            f"A cache of *{significant(self._size.value)} %* of the items ({significant(now.capacity)} of "
            f"{significant(now.items)}) answers *{show_share(now.hit_ratio)}* of {show_rate(now.request_rate_per_s)}; "
            f"{behind} sees *{show_rate(now.store_rate_per_s)}*. "
        )
        cold = now.after_flush_per_s(0.0)
        if now.back_s > 0:
            text += (
                f"After a flush it sees *{show_rate(cold)}*, and is back within 10 % of its usual load after "
                f"*{show_duration(now.back_s)}*."
            )
        else:
            text += "A flush changes that by less than 10 %."
        counts_on = self._uses.get(self._cache.value, (0, 0, 0, None))[3]
        if counts_on is None:
            return text
        enough = next((size for size, ratio in zip(*self._curve, strict=True) if ratio >= counts_on), None)
        takes = (
            f"with {significant(now.items)} items and this time to live no size does"
            if enough is None
            else f"that takes {_percent(enough / now.items)} of the items"
        )
        return f"{text} The design counts on {show_share(counts_on)}: {takes}."

    def _ratios(self) -> Lines:
        now, trial = self._now, self._trial
        least = max(0.01, 100 / now.items)
        ticks = [(size, f"{size:g} %") for size in SIZES if size >= least]
        line = [(100 * size / now.items, ratio) for size, ratio in zip(*self._curve, strict=True)]
        dots = [(100 * size / now.items, *ratio) for size, ratio in trial.hit_ratios.items()] if trial else []
        counts_on = self._uses.get(self._cache.value, (0, 0, 0, None))[3]
        return Lines(
            f"A cache of {_percent(now.capacity / now.items)} of the items answers {show_share(now.hit_ratio)}",
            "Share of requests that the cache answers, against its size; logarithmic size axis",
            Axis("size of the cache, share of the items", least, 100.0, ticks, True),
            Axis("", 0.0, 1.0, [(share, show_share(share)) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]),
            [point for point in line if point[0] >= least],
            (100 * now.capacity / now.items, show_share(now.hit_ratio)),
            dots,
            None if counts_on is None else (counts_on, f"design: {show_share(counts_on)}"),
        )  # fmt: skip

    def _span(self) -> float:
        return 3 * self._now.back_s or 10 / self._now.request_rate_per_s

    def _flush(self) -> Lines:
        now, span, top = self._now, self._span(), self._now.request_rate_per_s
        times = np.linspace(0, span, 90)
        line = [(-span / 8, now.store_rate_per_s), (0.0, now.store_rate_per_s)]
        line += [(float(time), now.after_flush_per_s(float(time))) for time in times]
        dots = [(time, *rate) for time, rate in self._trial.after_flush] if self._trial else []
        finding = f"A flush sends {show_rate(now.after_flush_per_s(0.0))} to the store"
        if now.hit_ratio > 0 and now.store_rate_per_s > 1e-9 * top:
            finding += f", {show_factor(top / now.store_rate_per_s)} its usual load"
        return Lines(
            finding,
            "Requests that reach the store, from shortly before a flush of the cache on",
            Axis("time since the flush", -span / 8, span, _moments(span)),
            Axis("", 0.0, 1.15 * top, round_ticks(top, show_rate)),
            line,
            (now.back_s, f"{show_duration(now.back_s)}: within 10 % of usual"),
            dots,
            (now.store_rate_per_s, f"usual: {show_rate(now.store_rate_per_s)}"),
        )

    def _numbers(self) -> Any:
        now, trial = self._now, self._trial
        ratio = trial.hit_ratios.get(now.capacity) if trial else None
        passed = ratio and type(ratio)(*(now.request_rate_per_s * (1 - ratio[i]) for i in (0, 2, 1)))
        waits = "too long to simulate" if trial else "not yet: Simulate"
        rows = [
            ("hit ratio", show_share(now.hit_ratio), ratio.shown(show_share) if ratio else waits),
            ("reaches the store", show_rate(now.store_rate_per_s), passed.shown(show_rate) if passed else waits),
            ("an unused key is kept", "for ever" if now.kept_s == math.inf else show_duration(now.kept_s), None),
            ("back after a flush", show_duration(now.back_s), None),
        ]  # fmt: skip
        return as_columns(("what", ">computed", ">simulated (95 %)"), rows, "At these settings")

    # What the buttons do

    def simulate(self) -> None:
        """Simulate the chosen size and four more, and the flush."""
        from archbook.simulate import cache_trial  # brings the compiler, which a look at the formula does not need

        now = self._now
        self._tell("Simulating …")
        sizes = {now.capacity, *(max(1, round(now.items * share / 100)) for share in (0.1, 1, 5, 25, 50))}
        self._trial = cache_trial(now, sorted(sizes), self._span(), seed=SEED)
        self._show()
        left = f" Too long for a quick run: {', '.join(self._trial.too_long)}." if self._trial.too_long else ""
        ratio = self._trial.hit_ratios.get(now.capacity)
        said = ""
        if ratio:
            agrees = ratio.low - FORMULA_IS_OFF <= now.hit_ratio <= ratio.high + FORMULA_IS_OFF
            said = f"Simulated {ratio.shown(show_share)}: {'agrees' if agrees else 'does not agree'} with the formula."
        self._tell(f"{said}{left}".strip() or "Nothing was simulated.")

    def keep(self) -> None:
        """Write the hit ratio at these settings, simulated where it was, into evidence.json."""
        if self._design is None or self._design.folder is None:
            self._tell("No design folder to keep it in: open ab.panels.cache(design).")
            return
        now, trial, about = self._now, self._trial, "design"
        ratio = trial.hit_ratios.get(now.capacity) if trial else None
        fields: dict[str, Any] = {"how": "formula", "source": "archbook.capacity.caching, Che with a time to live"}
        if trial and ratio:
            fields = {"how": "simulation", "low": ratio.low, "high": ratio.high, "seed": SEED,
                      "sample": trial.requests * trial.seeds, "source": "archbook.simulate.cache_trial"}  # fmt: skip
        if self._cache.value in self._uses:
            about = f"stores.{self._cache.value}" if self._cache.value in self._design.stores else "api"
        entry = found(
            self._design, id=f"cache.hit-ratio.{self._cache.value if self._uses else 'any'}",
            claim=self._answer().replace("*", ""), value=ratio.value if ratio else now.hit_ratio, unit="share",
            about=about, details={"items": now.items, "zipf_exponent": now.zipf_exponent, "capacity": now.capacity,
                                  "ttl_s": None if now.ttl_s == math.inf else now.ttl_s,
                                  "request_rate_per_s": now.request_rate_per_s}, **fields)  # fmt: skip
        self._keep(self._design.folder, [entry])


_TTLS = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 21600.0, 86400.0, 604800.0]


def caches(design: Design) -> dict[str, tuple[float, float, float, float | None]]:
    """Caches of a design: look-ups/s at today's peak, time to live (s), items, and the hit ratio it counts on."""
    rates = plan(design)
    found: dict[str, tuple[float, float, float, float | None]] = {}
    for endpoint in design.api.endpoints:
        if endpoint.hit_ratio is not None:
            found[endpoint.name] = (rates.asked_per_s[endpoint.name], float(endpoint.cache or math.inf), 1e4,
                                    float(endpoint.hit_ratio))  # fmt: skip
    for name, store in design.stores.items():
        if store.role in ("cache", "cdn") or store.hit_ratio is not None:
            items = sum(float(holding.items) for holding in store.holds.values())
            found[name] = (rates.reads_per_s.get(name, 0.0), float(store.ttl or math.inf),
                           round(min(max(items, 100.0), 1e7)) if items else 1e4,
                           None if store.hit_ratio is None else float(store.hit_ratio))  # fmt: skip
    for call, made in zip(design.calls, rates.calls_per_s, strict=True):
        if call.hit_ratio is not None and call.hit_ratio < 1:
            found[f"{call.from_} → {call.to}"] = (made / (1 - float(call.hit_ratio)), math.inf, 1e4,
                                                  float(call.hit_ratio))  # fmt: skip
    return {name: use for name, use in found.items() if 0.01 <= use[0] <= 1e6}


def _ttl(seconds: float) -> str:
    return "none" if seconds == math.inf else show_duration(seconds)


def _percent(share: float) -> str:
    return f"{significant(100 * share)} %"


def _moments(span_s: float) -> list[tuple[float, str]]:
    """The same for times, in steps that people count in."""
    steps = (
        step for unit in (1.0, 60.0, 3600.0) for step in (1 * unit, 2 * unit, 5 * unit, 10 * unit, 20 * unit, 30 * unit)
    )
    step = next((step for step in steps if step * 6 >= span_s), 86400.0)
    if span_s < 2 or step * 6 < span_s:
        return round_ticks(span_s, show_duration)
    return [(step * i, show_duration(step * i)) for i in range(int(span_s / step) + 1)]

"""Two designs held against each other: what changed, and what that does to load, speed, cost, promises and findings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archbook.contracts.secrets import without
from archbook.design.comparing import Change, compare, gist
from archbook.design.model import Design
from archbook.evidence import Evidence
from archbook.findings import Finding
from archbook.review.comparing_side import Side, endpoints
from archbook.tables import Table, as_columns
from archbook.units import listed, show_count, show_duration, show_factor, show_money, show_share, significant

if TYPE_CHECKING:
    from archbook.diagrams.picture import Picture

TOLD = 0.005  # a number that differs by less, relative to itself, is told to be the same
Show = Callable[[float], str]
Known = Iterable[Evidence]


@dataclass(frozen=True)
class Diff:
    """Two designs, `a` and `b`: what `b` changes, and what it does. growth: the multiple of today's load looked at."""

    a: Side
    b: Side
    growth: float
    changes: tuple[Change, ...]

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called."""
        a, b = self.a.design.called, self.b.design.called
        return (a, b) if a != b else (f"{a} (before)", f"{b} (after)")

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Old name → new name of renamed elements."""
        return {change.was: change.name for change in self.changes if change.was}

    def grown(self, growth: float) -> Diff:
        """The same two at another multiple of today's load."""
        return Diff(self.a.grown(growth), self.b.grown(growth), growth, self.changes)

    @property
    def answer(self) -> str:
        """The sentence that comes first: what `b` does to the numbers that matter; then what it changes."""
        a, b = self.names
        if not self.changes:
            return f"{a} and {b} say the same: nothing differs."
        said, done = list(self._said()), gist(self.changes)
        if not said:
            return f"{b} holds, costs, answers and reads in the review as {a} does. It {done}."
        text = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
        return f"{b} {text}. It {done}."

    def _said(self) -> Iterator[str]:
        a, b = self.a, self.b
        if differ(a.holds_to, b.holds_to):
            yield _limits(a, b)
        if felt := self._felt() or (self.growth != 1 and self.grown(1.0)._felt()):  # at growth all may be saturated
            yield felt
        cost_a, cost_b = a.at.cost, b.at.cost
        if cost_a.currency == cost_b.currency and differ(cost_a.per_month, cost_b.per_month):
            more = cost_b.per_month - cost_a.per_month
            yield f"costs {show_money(abs(more), cost_a.currency)} {'more' if more > 0 else 'less'}"
        if differ(1 - a.answered, 1 - b.answered) and not a.unstated + b.unstated:
            yield f"has all it needs for {show_share(b.answered)} of requests instead of {show_share(a.answered)}"
        if len(a.missed) != len(b.missed):
            yield f"leaves {endpoints(b.missed)} over the promised p95 instead of {len(a.missed)}"
        closed, rules = len(self.closed), listed((found.rule for found in self.opened), 2)
        if closed:
            opened = f"opens {len(self.opened)} ({rules})" if self.opened else "opens none"
            yield f"closes {show_count(closed, 'finding')} of the review and {opened}"
        elif self.opened:
            yield f"opens {show_count(len(self.opened), 'finding')} of the review ({rules})"

    def _felt(self) -> str:
        """How the p95 changed of the endpoint, of those asked, where it changed most; empty below a tenth."""
        both = [(name, a.p95_s, b.p95_s) for name, a, b in self._endpoints() if a and b and a.rate_per_s + b.rate_per_s]
        known = [(name, old, new) for name, old, new in both if old > 0 and new > 0 and not math.isinf(old + new)]
        name, old, new = max(known, key=lambda found: abs(math.log(found[2] / found[1])), default=("", 1.0, 1.0))
        if 0.91 < new / old < 1.1:
            return ""
        load = "today's peak" if self.growth == 1 else show_factor(self.growth)
        return f"answers {name} within {_time(new)} instead of {_time(old)} (p95 at {load})"

    # What the review says

    def _about(self, finding: Finding) -> tuple[str, str]:
        return finding.rule, " → ".join(self.renamed.get(name, name) for name in finding.about.split(" → "))

    @cached_property
    def closed(self) -> list[Finding]:
        """Findings of `a` that `b` has no more; those that it only waives are none of them."""
        left = {(finding.rule, finding.about) for finding in (*self.b.report.findings, *self.b.report.waived)}
        return [finding for finding in self.a.report.findings if self._about(finding) not in left]

    @cached_property
    def opened(self) -> list[Finding]:
        """Findings that `b` has and `a` has not."""
        known = {self._about(finding) for finding in self.a.report.findings}
        return [finding for finding in self.b.report.findings if (finding.rule, finding.about) not in known]

    # Tables

    def table(self) -> Table:
        """The numbers that matter, beside each other."""
        a, b = self.a.figures(), self.b.figures()
        return as_columns(("", *self.names), [(name, a[name], b[name]) for name in a], "What it does (computed)")

    def element_table(self) -> Table:
        """Load of the elements that are loaded otherwise, or hold to something else."""
        rows = []
        for name, old, new in self._elements():
            pairs = [(old and old.utilisation, new and new.utilisation), (old and old.breaks_at, new and new.breaks_at)]
            if any(differ(*pair) for pair in pairs):
                rows.append((name, *_two(pairs[0], _busy), *_two(pairs[1], _holds)))
        heads = ("element", ">utilisation", ">then", ">holds to", ">then")
        return as_columns(heads, rows, f"Elements at {show_factor(self.growth)} today's peak (computed)")

    def endpoint_table(self) -> Table:
        """Response times of the endpoints that answer otherwise."""
        rows = []
        for name, old, new in self._endpoints():
            pairs = [(old and getattr(old, key), new and getattr(new, key)) for key in ("p50_s", "p95_s", "p99_s")]
            if any(differ(*pair) for pair in pairs):
                rows.append((name, *(shown for pair in pairs for shown in _two(pair, _time))))
        heads = ("endpoint", ">p50", ">then", ">p95", ">then", ">p99", ">then")
        return as_columns(heads, rows, f"Endpoints at {show_factor(self.growth)} today's peak (computed)")

    def _elements(self) -> Iterator[tuple[str, Any, Any]]:
        yield from _paired(self.a.at.elements, self.b.at.elements, self.renamed)

    def _endpoints(self) -> Iterator[tuple[str, Any, Any]]:
        yield from _paired(self.a.at.endpoints, self.b.at.endpoints, {})

    def text(self, width: int = 100, all: bool = False) -> str:
        """For a terminal: one screen, or `all` of it."""
        return told.text(self, width, all)

    def markdown(self) -> str:
        """For a page or a pull request."""
        return told.markdown(self)

    def to_json(self) -> dict[str, Any]:
        """Plain values for files and scripts."""
        return told.to_json(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": told.page(self), "text/markdown": self.markdown(), "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()

    def picture(self) -> Picture:
        """Both designs as one picture: what was added, removed and changed is marked and coloured."""
        from archbook.diagrams.difference import draw_difference

        return draw_difference(without(self.a.design), without(self.b.design), self.changes, " and ".join(self.names))


def diff(a: Design, b: Design, growth: float | None = None, evidence: tuple[Known, Known] = ((), ())) -> Diff:
    """What `b` changes in `a`, and what that does. growth: multiple of today's load; else what `a` is made for.

    evidence: what has been measured of each, for their reviews.
    """
    changes = compare(without(a), without(b))
    at = float(growth or a.traffic.growth)
    return Diff(Side(a, at, evidence[0]), Side(b, at, evidence[1]), at, changes)


def differ(old: float | None, new: float | None) -> bool:
    """Whether two numbers are told apart; None and nan: not known.

    >>> differ(1.0, 1.001), differ(1.0, 1.1), differ(None, 1.0), differ(math.inf, math.inf)
    (False, True, True, False)
    """
    a, b = (math.nan if value is None else value for value in (old, new))
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        return not (a == b or (math.isnan(a) and math.isnan(b)))
    return abs(b - a) > TOLD * max(abs(a), abs(b))


def _paired(old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, Any, Any]]:
    before = {names.get(name, name): entry for name, entry in old.items()}
    yield from ((name, before.get(name), new.get(name)) for name in {**before, **new})


def _two(pair: tuple[float | None, float | None], show: Show) -> tuple[str | None, str | None]:
    return tuple(None if value is None or math.isnan(value) else show(value) for value in pair)  # type: ignore[return-value]


def _limits(a: Side, b: Side) -> str:
    if not b.breaks_first:
        return f"holds any load that is known of instead of {show_factor(a.holds_to)} today's"
    before = show_factor(a.holds_to) if a.breaks_first else "any that is known of"
    return f"holds to {show_factor(b.holds_to)} today's load instead of {before}"


def _holds(factor: float) -> str:
    return show_factor(factor) if math.isfinite(factor) else "–"


def _busy(share: float) -> str:
    if share < 1:
        return show_share(share)
    return "saturated" if math.isinf(share) else f"{significant(share * 100)} %, saturated"


def _time(seconds: float) -> str:
    return show_duration(seconds) if math.isfinite(seconds) else "saturated"


from archbook.review import comparing_told as told  # noqa: E402 - it uses what is defined above

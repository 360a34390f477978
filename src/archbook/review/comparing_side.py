"""One of two designs that are held against each other, and its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property

from archbook.capacity import estimate
from archbook.capacity.availability import Availability, availabilities
from archbook.capacity.result import Estimate
from archbook.design.model import Design
from archbook.evidence import Evidence
from archbook.findings import SEVERITIES
from archbook.findings.report import Report
from archbook.review import review
from archbook.schema import row_sizes
from archbook.units import show_count, show_factor, show_money, show_share, show_size


class Side:
    """One of two designs, with what is worked out from it when it is first asked for. growth: multiple of today's."""

    def __init__(self, design: Design, growth: float, evidence: Iterable[Evidence] = ()) -> None:
        self.design, self.growth, self.evidence = design, growth, tuple(evidence)

    def grown(self, growth: float) -> Side:
        """The same at another load; what does not depend on it is not worked out again."""
        side = Side(self.design, growth, self.evidence)
        side.__dict__.update({key: self.__dict__[key] for key in ("report", "there") if key in self.__dict__})
        return side

    @cached_property
    def at(self) -> Estimate:
        """The estimate at the growth."""
        return estimate(self.design, self.growth, row_sizes(self.design))

    @cached_property
    def report(self) -> Report:
        """What the review finds; it looks at the growth that the design is made for."""
        return review(self.design, self.evidence)

    @property
    def holds_to(self) -> float:
        """Multiple of today's load at which the first element saturates; inf where none does."""
        return min((entry.at for entry in self.at.breaks), default=math.inf)

    @property
    def breaks_first(self) -> str:
        return min(self.at.breaks, key=lambda entry: entry.at).element if self.at.breaks else ""

    @cached_property
    def there(self) -> dict[str, Availability]:
        """Endpoint → availability of what it needs."""
        return availabilities(self.design)

    @property
    def answered(self) -> float:
        """Share of requests for which all that they need is there, by what is stated; nan where nothing arrives."""
        rates = {name: self.at.endpoints[name].rate_per_s for name in self.there}
        total = sum(rates.values())
        return sum(rates[name] * entry.share for name, entry in self.there.items()) / total if total else math.nan

    @property
    def unstated(self) -> int:
        """Elements that requests need and whose availability is not stated."""
        return len({name for entry in self.there.values() for name in entry.unknown})

    @property
    def missed(self) -> list[str]:
        """Endpoints that do not keep their promised p95."""
        return [name for name, entry in self.at.endpoints.items() if entry.meets_slo is False]

    @property
    def stored_b(self) -> float:
        """Bytes kept at the horizon, as far as sizes are known."""
        return sum(kept.size_at_horizon_b or 0.0 for kept in self.at.storage)

    def figures(self) -> dict[str, str]:
        """The numbers that matter, for people."""
        load = f"at {show_factor(self.growth)}"
        unknown = f"not known: {show_count(self.unstated, 'element')} without"
        return {
            "holds to": multiple(self.holds_to),
            "breaks first": self.breaks_first or "nothing known",
            f"over the promised p95 {load}": endpoints(self.missed),
            "cost": show_money(self.at.cost.per_month, self.at.cost.currency),
            "all that is needed is there": unknown if self.unstated else show_share(self.answered),
            f"kept at the horizon {load}": show_size(self.stored_b),
            "findings": _counts(self.report),
        }


def multiple(factor: float) -> str:
    """A multiple of today's load, for people."""
    return show_factor(factor) if math.isfinite(factor) else "no limit known"


def endpoints(names: Sequence[str]) -> str:
    """How many endpoints, for people."""
    return show_count(len(names), "endpoint") if names else "no endpoint"


def _counts(report: Report) -> str:
    counts = [(sum(f.severity == severity for f in report.findings), severity) for severity in SEVERITIES]
    return ", ".join(f"{number} {severity}" for number, severity in counts if number) or "none"

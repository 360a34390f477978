"""The rate limits that a design declares, as its service counts them, each with its place."""

from __future__ import annotations

from typing import NamedTuple

from archbook.contracts.service.limits import whole
from archbook.design.model import Design, Where
from archbook.units import show_duration, significant

PERIODS = {1.0: "s", 60.0: "min", 3600.0: "h", 86400.0: "day"}


class Limit(NamedTuple):
    """A limit: its place in the design, what is counted, how many in which window, algorithm, and how many at once.

    algorithm: one of `archbook.simulate.RATE_LIMITERS`; a design's sliding window keeps two counts.
    """

    where: Where | None
    per: str
    limit: int
    window_s: float
    algorithm: str
    burst: int

    def shown(self, limit: int) -> str:
        """Another number of requests in the same window.

        >>> USUAL.shown(30), USUAL._replace(window_s=7.0).shown(1)
        ('30/min', '1 in 7 s')
        """
        period = PERIODS.get(self.window_s)
        return f"{significant(limit)}{f'/{period}' if period else f' in {show_duration(self.window_s)}'}"

    def typed(self, limit: int) -> str:
        """The same, as it is written in a design."""
        period = PERIODS.get(self.window_s)
        return f"{limit}/{period}" if period else f"{limit / self.window_s:.9g}/s"


USUAL = Limit(None, "user", 100, 60.0, "token_bucket", 100)


def limits(design: Design) -> dict[str, Limit]:
    """The limits of a design by what they say: first the general ones, then those of single endpoints."""
    told: dict[str, Limit] = {}
    for i, rule in enumerate(design.security.rate_limits):
        limit, window = whole(float(rule.limit))
        name = "sliding_counter" if rule.algorithm == "sliding_window" else rule.algorithm
        found = Limit(("security", "rate_limits", i), rule.per, limit, window, name, int(rule.burst or limit))
        on = f" on {rule.on[0]}{' and others' if len(rule.on) > 1 else ''}" if rule.on else ""
        title = f"{found.shown(limit)} per {rule.per}{on}"
        told[title if title not in told else f"{title} ({i + 1})"] = found
    for i, endpoint in enumerate(design.api.endpoints):
        if endpoint.rate_limit is not None:
            limit, window = whole(float(endpoint.rate_limit))
            found = Limit(("api", "endpoints", i, "rate_limit"), "user", limit, window, USUAL.algorithm, limit)
            told[f"{found.shown(limit)} per user on {endpoint.name}"] = found
    return told

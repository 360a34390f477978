"""Counts and durations of a service, in the text format of Prometheus (version 0.0.4)."""

from __future__ import annotations

import bisect
import math
from collections import Counter, deque
from collections.abc import Iterator

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LAST = 1024
"""Requests of a route from which its quantiles are taken."""
QUANTILES = (0.5, 0.95, 0.99)
Route = tuple[str, str]


class Metrics:
    """What was seen so far. A route is a template such as ``/orders/{id}``, so that there are never many."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: dict[Route, list[int]] = {}
        self._sums_s: Counter[Route] = Counter()
        self._last_s: dict[Route, deque[float]] = {}

    def seen(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests[method, route, status] += 1
        at = method, route
        if at not in self._buckets:
            self._buckets[at], self._last_s[at] = [0] * (len(BOUNDS_S) + 1), deque(maxlen=LAST)
        self._buckets[at][bisect.bisect_left(BOUNDS_S, seconds)] += 1
        self._sums_s[at] += seconds  # type: ignore[assignment]
        self._last_s[at].append(seconds)

    def quantile_s(self, method: str, route: str, share: float) -> float:
        """The duration that a share of the last requests of a route did not exceed, in seconds; NaN without any.

        >>> metrics = Metrics()
        >>> for milliseconds in range(1, 101):
        ...     metrics.seen("GET", "/orders", 200, milliseconds / 1000)
        >>> metrics.quantile_s("GET", "/orders", 0.95)
        0.095
        """
        last = sorted(self._last_s.get((method, route), ()))
        return last[max(math.ceil(share * len(last)) - 1, 0)] if last else math.nan

    def text(self) -> str:
        """Everything, as /metrics has it."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield from _head("http_requests_in_flight", "gauge", "Requests that are being answered.")
        yield f"http_requests_in_flight {self.in_flight}"
        yield from _head("http_requests_total", "counter", "Requests answered.")
        for (method, route, status), count in self._requests.items():
            yield f'http_requests_total{{{_labels(method, route)},status="{status}"}} {count}'
        name = "http_request_duration_seconds"
        yield from _head(name, "histogram", "Time from the request to the end of its answer.")
        for at, counts in self._buckets.items():
            labels, so_far = _labels(*at), 0
            for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), counts, strict=True):
                so_far += count
                yield f'{name}_bucket{{{labels},le="{bound}"}} {so_far}'
            yield f"{name}_sum{{{labels}}} {self._sums_s[at]}"
            yield f"{name}_count{{{labels}}} {so_far}"
        name = "http_request_duration_recent_seconds"
        yield from _head(name, "gauge", f"Quantiles of the last {LAST} requests of each route.")
        for at in self._last_s:
            for share in QUANTILES:
                yield f'{name}{{{_labels(*at)},quantile="{share}"}} {self.quantile_s(*at, share)}'


def _head(name: str, kind: str, what: str) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} {kind}"


def _labels(method: str, route: str) -> str:
    escaped = route.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'method="{method}",route="{escaped}"'

"""Rate limits of a design, counted as requests come: who is turned away, and what everybody is told.

Sources: ITU-T I.371, annex A (GCRA); RFC 6585 (429); draft-ietf-httpapi-ratelimit-headers-09 (RateLimit fields).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from archbook.contracts.service.calls import App, Call, Receive, Scope, Send, call_of, refuse
from archbook.design.contract import Endpoint, RateLimit
from archbook.design.model import Design

MOST_CALLERS = 100_000
"""Whose counts are remembered; the one that was silent longest is forgotten first."""
_OFTEN_PER_S = 10.0
"""From here on a limit is one a second; below, one a minute, an hour or a day."""
_SLACK = 1e-9
State = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `limit` in `window_s`. burst: how many at once, for token_bucket, or early, for gcra."""

    name: str
    per: str
    algorithm: str
    limit: int
    window_s: float
    burst: int
    on: frozenset[str] = frozenset()

    def take(self, state: State | None, now_s: float) -> tuple[State, float, int]:
        """The state after a request, how long that must wait, and what is left. Only one that need not wait counts.

        Decides as `archbook.simulate.rate_limit` does.

        >>> policy = Policy("user", "user", "token_bucket", 100, 60.0, 2)
        >>> state, wait, left = policy.take(None, 0.0)
        >>> state, wait, left = policy.take(state, 0.0)
        >>> wait, left, round(policy.take(state, 0.0)[1], 3)
        (0.0, 0, 0.6)
        """
        if self.algorithm in ("token_bucket", "gcra"):
            early = self.burst - 1 if self.algorithm == "token_bucket" else self.burst
            return _evenly(state, now_s, self.window_s / self.limit, early)
        return _in_windows(state, now_s, self, sliding=self.algorithm == "sliding_window")

    def header(self) -> str:
        """As RateLimit-Policy has it."""
        return f'"{self.name}";q={self.limit};w={math.ceil(self.window_s)}'


@dataclass(frozen=True, slots=True)
class Verdict:
    """wait_s: 0 where a request passes. headers: what the client is told. policy: which turned it away."""

    wait_s: float
    headers: tuple[tuple[str, str], ...] = ()
    policy: str = ""


class Limits:
    """The counts of a design's rate limits. Requests that are turned away do not count."""

    def __init__(self, design: Design) -> None:
        self.policies = [_policy(limit) for limit in design.security.rate_limits]
        self._own = {endpoint.name: _own(endpoint) for endpoint in design.api.endpoints if endpoint.rate_limit}
        self._states: OrderedDict[tuple[str, str], State] = OrderedDict()

    def take(self, call: Call, now_s: float) -> Verdict:
        """Count a request against each limit that it falls under, or say which one turns it away, and how long."""
        taken = []
        worst, refused = 0.0, ""
        for policy, whose in self._under(call):
            state, wait, left = policy.take(self._states.get((policy.name, whose)), now_s)
            taken.append((policy, whose, state, left))
            if wait > worst:
                worst, refused = wait, policy.name
        if not worst:
            for policy, whose, state, _ in taken:
                self._states[policy.name, whose] = state
                self._states.move_to_end((policy.name, whose))
            while len(self._states) > MOST_CALLERS:
                self._states.popitem(last=False)
        return Verdict(worst, tuple(_headers([(policy, left) for policy, _, _, left in taken], worst)), refused)

    def _under(self, call: Call) -> list[tuple[Policy, str]]:
        """The limits that a call falls under, and whose count each is."""
        name = call.endpoint.name if call.endpoint else ""
        own = self._own.get(name)
        under = []
        for policy in self.policies:
            whose = _whose(policy.per, call)
            if whose is not None and (not policy.on or name in policy.on) and not (own and policy.per == "user"):
                under.append((policy, whose))
        return [*under, (own, call.caller.subject or call.ip)] if own else under


class Limiting:
    """ASGI: 429 for who asks too often, and RateLimit on every answer."""

    def __init__(self, app: App, design: Design, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._style, self._limits, self._clock = app, design.api.style, Limits(design), clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        call = call_of(scope)
        verdict = self._limits.take(call, self._clock())
        if verdict.wait_s:
            seconds = max(math.ceil(verdict.wait_s), 1)
            call.why = f"over the limit {verdict.policy}"
            told = f"too many requests; try again in {seconds} s"
            headers = [("retry-after", str(seconds)), *verdict.headers]
            await refuse(send, self._style, call, 429, told, headers)
            return
        raw = [(name.encode(), value.encode()) for name, value in verdict.headers]

        async def told_what_is_left(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *raw]  # type: ignore[misc]
            await send(message)

        await self._app(scope, receive, told_what_is_left if raw else send)  # type: ignore[arg-type]


def _whose(per: str, call: Call) -> str | None:
    """Whose count a request is part of; None where the limit is for those who are signed in."""
    if per in ("user", "client"):
        return call.caller.subject or None
    if per == "endpoint":
        return call.endpoint.name if call.endpoint else None
    return call.ip if per == "ip" else ""


def _policy(limit: RateLimit) -> Policy:
    count, window = whole(limit.limit)
    name = limit.per if not limit.on else f"{limit.per} on {' and '.join(limit.on)}"
    burst = (limit.burst or count) - int(limit.algorithm == "gcra")  # a design says how many at once
    ascii_name = "".join(c for c in name if c.isascii() and c.isprintable() and c not in '"\\')
    return Policy(ascii_name, limit.per, limit.algorithm, count, window, burst, frozenset(limit.on))


def _own(endpoint: Endpoint) -> Policy:
    count, window = whole(endpoint.rate_limit or 1.0)
    name = "".join(c for c in endpoint.name if c.isascii() and c.isprintable() and c not in '"\\')
    return Policy(name, "user", "token_bucket", count, window, count)


def whole(rate_per_s: float) -> tuple[int, float]:
    """A rate as a whole number of requests in a usual period, in seconds; a design keeps the rate alone.

    >>> whole(100 / 60), whole(20.0), whole(5 / 3600), whole(1 / 7)
    ((100, 60.0), (20, 1.0), (5, 3600.0), (1, 7.0))
    """
    for period in (1.0, 60.0) if rate_per_s >= _OFTEN_PER_S else (60.0, 1.0, 3600.0, 86400.0):
        count = rate_per_s * period
        if count >= 1 - _SLACK and abs(count - round(count)) < 1e-6 * count:
            return round(count), period
    return (1, 1 / rate_per_s) if rate_per_s < 1 else (round(rate_per_s), round(rate_per_s) / rate_per_s)


def _evenly(state: State | None, now_s: float, interval_s: float, early: int) -> tuple[State, float, int]:
    """GCRA: each request is due an interval after the last; it may come up to `early` intervals before."""
    due = state[0] if state else -math.inf
    wait = due - early * interval_s - now_s
    if wait > _SLACK * interval_s:
        return (due,), wait, 0
    due = max(due, now_s) + interval_s
    return (due,), 0.0, math.floor((now_s - due) / interval_s + early + 1 + 1e-6)


def _in_windows(state: State | None, now_s: float, policy: Policy, *, sliding: bool) -> tuple[State, float, int]:
    """Fixed windows, alone or weighted with the one before. state: number of the window, its count, the one before."""
    number, count, before = state or (-1.0, 0.0, 0.0)
    now = float(math.floor(now_s / policy.window_s + _SLACK))
    if now != number:
        before = count if now == number + 1 else 0.0
        number, count = now, 0.0
    before = before if sliding else 0.0
    inside = min(max(now_s / policy.window_s - number, 0.0), 1.0)
    used = before * (1 - inside) + count
    if used + 1 <= policy.limit * (1 + _SLACK):
        return (number, count + 1, before), 0.0, math.floor(policy.limit - used - 1 + 1e-6)
    if count + 1 <= policy.limit:  # enough of the window before must slide out
        share = 1 - (policy.limit - 1 - count) / before - inside
    else:  # the next window opens and, where it slides, a request's share of this one has left
        share = 1 - inside + (max(1 - (policy.limit - 1) / count, 0.0) if sliding else 0.0)
    return (number, count, before), max(share * policy.window_s, _SLACK), 0


def _headers(under: Sequence[tuple[Policy, int]], wait_s: float) -> list[tuple[str, str]]:
    """RateLimit-Policy of all, and RateLimit of the one that is nearest to its end."""
    if not under:
        return []
    policy, left = min(under, key=lambda pair: pair[1] / pair[0].limit)
    even = policy.algorithm in ("token_bucket", "gcra")
    until = wait_s or (policy.window_s / policy.limit if even else policy.window_s)
    return [
        ("ratelimit-policy", ", ".join(policy.header() for policy, _ in under)),
        ("ratelimit", f'"{policy.name}";r={left};t={max(math.ceil(until), 1)}'),
    ]

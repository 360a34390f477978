"""How long callers wait, and what is waiting while a target hangs: the arithmetic that rules of calls share."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from archbook.design.elements import Slo
from archbook.design.interactions import Call
from archbook.review.subject import Subject
from archbook.units import show_duration, significant

PAUSES = {"none": 0, "fixed": 1, "exponential": 2, "jittered": 2}  # what each pause is multiplied by
STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
GENEROUS = 3.0
"""A timeout this many times the p99 of the target gives up on hardly any answer that would have come."""


def attempts(call: Call) -> int:
    """Attempts of one call when all fail."""
    return 1 + call.retries


def pauses_s(call: Call) -> float:
    """Seconds between the attempts of one call when all fail, at their longest.

    >>> from archbook.design.interactions import Call
    >>> pauses_s(Call(**{"from": "a", "to": "b"}, retries=3, backoff="jittered", pause="50ms"))
    0.35000000000000003
    """
    return _pauses_s(float(call.pause), PAUSES[call.backoff], call.retries)


@lru_cache(maxsize=1024)
def _pauses_s(pause_s: float, factor: int, retries: int) -> float:
    return sum(pause_s * factor**number for number in range(retries)) if factor else 0.0


def longest_s(call: Call) -> float:
    """Seconds that the caller may wait: every attempt times out. inf without a timeout."""
    return math.inf if call.timeout is None else attempts(call) * call.timeout + pauses_s(call)


def places(subject: Subject, service: str) -> int:
    """Requests that a service serves at once."""
    found = subject.design.services[service]
    return found.instances * found.concurrency


def when_it_hangs(subject: Subject, index: int) -> list[str]:
    """What a target that hangs does to the caller, as a sentence; none without traffic. Little's law: rate × wait."""
    call, rate = subject.design.calls[index], subject.asking[index]
    if not rate:
        return []
    has, taken = places(subject, call.from_), rate * longest_s(call)
    served = f"{significant(has)} requests that {call.from_} serves at once"
    if taken < has:
        told = f"while it hangs, waiting for the timeout takes {significant(taken)} of the {served}"
    else:
        told = f"when it hangs, all {served} are waiting after {show_duration(has / rate)}"
    return [f"{told} (computed: Little's law)"]


def kept_free(subject: Subject, index: int) -> int | None:
    """A bulkhead that leaves a quarter of an instance free; None where that is too few for what is usually under way.

    Usual: rate × response of the target, at an instance; twice that must fit.
    """
    call = subject.design.calls[index]
    caller, callee = subject.design.services[call.from_], subject.element(call.to)
    cap = min(caller.concurrency - 1, max(1, caller.concurrency * 3 // 4))
    usual = subject.asking[index] * callee.mean_response_s / caller.instances if callee else 0.0
    return cap if cap > 2 * usual else None


def taken_while_hung(subject: Subject, index: int) -> float:
    """Share of the caller's places that a synchronous call takes while its target hangs, at growth; from 1: all.

    0 where nothing is lost by it: capped by a bulkhead, needed by every request of the caller, or the caller saturates
    without that. Without a timeout it is not known either.
    """
    known: dict[int, float] = subject.kept.setdefault("taken while hung", {})
    if index not in known:
        known[index] = _taken_while_hung(subject, index)
    return known[index]


def _taken_while_hung(subject: Subject, index: int) -> float:
    call = subject.design.calls[index]
    caller = subject.design.services[call.from_]
    found = subject.grown.elements[call.from_] if subject.grown else None
    capped = call.bulkhead is not None and call.bulkhead <= caller.concurrency
    if call.mode != "sync" or call.timeout is None or capped or found is None or not found.utilisation < 1:
        return 0.0
    share = subject.asking[index] * longest_s(call) / places(subject, call.from_)
    return share if call.optional or _does_other_work(subject, index) else 0.0


def _does_other_work(subject: Subject, index: int) -> bool:
    """Whether the caller also handles requests for which it does not make this call."""
    flow, caller = subject.plan, subject.design.calls[index].from_
    return flow is not None and any(
        flow.handling_per_s[number] and all(leg.call != index for leg in flow.handlings[number].legs)
        for number in flow.handled_by[caller]
    )


class Promise(NamedTuple):
    """An objective: seconds, who promises it, and for which share of requests (``p99`` or ``p95``)."""

    limit_s: float
    who: str
    percentile: str


def promise(subject: Subject, call: Call) -> Promise | None:
    """The longest that is promised to those who wait for this call.

    The objective of each endpoint in whose handling the call is made, where its caller answers the client; else the
    caller's own. p99 where there is one, else p95. None for what is done in handling an event.
    """
    known: dict[tuple[str, ...], Promise | None] = subject.kept.setdefault("promises", {})
    key = (call.from_, call.to if call.from_ == subject.gateway else "", *call.on)
    if key not in known:
        known[key] = _promise(subject, call)
    return known[key]


def _promise(subject: Subject, call: Call) -> Promise | None:
    design = subject.design
    answering = (call.from_, subject.gateway)
    if call.on:
        endpoints = [design.endpoint(name) for name in call.on if " " in name]
    else:
        endpoints = subject.served.get(call.to if call.from_ == subject.gateway else call.from_, [])
    slos = []
    for endpoint in endpoints:
        direct = endpoint.service in answering or call.from_ == subject.gateway
        service = endpoint.service if direct else call.from_
        own = direct and endpoint.slo and (endpoint.slo.p99 or endpoint.slo.p95)
        slos.append((endpoint.slo, endpoint.name) if own else (design.services[service].slo, service))
    if not endpoints and not call.on:
        slos.append((design.services[call.from_].slo, call.from_))
    return max((found for slo, who in slos if (found := _objective(slo, who))), default=None)


def _objective(slo: Slo | None, who: str) -> Promise | None:
    if slo is None or not (slo.p99 or slo.p95):
        return None
    return Promise(float(slo.p99), who, "p99") if slo.p99 else Promise(float(slo.p95 or 0.0), who, "p95")


def usual_p99(subject: Subject, name: str) -> str:
    """The p99 of an element as a sentence has it; today's, where it saturates at growth. Empty where not known."""
    found = subject.element(name)
    if found is None or not 0 < found.p99_s < math.inf:
        return ""
    grown = subject.grown.elements.get(name) if subject.grown else None
    when = "" if found is grown else " today"
    return f"p99 of {name} is {show_duration(found.p99_s)}{when}, computed"


def timed(subject: Subject, name: str) -> list[str]:
    """What has been measured or simulated of how long a service or external system takes."""
    return [] if name in subject.design.stores else subject.cited(name)


def within_s(subject: Subject, call: Call, limit_s: float) -> float | None:
    """A timeout with which all attempts end within a limit, and before who waits for this call gives up.

    None where the target's p99, or what it waits for itself, is longer than that.
    """
    outer_s, inner_s = _around(subject)
    limit_s = min(limit_s, outer_s.get(id(call), math.inf))
    fits = stepped((limit_s - pauses_s(call)) / attempts(call), up=False)
    callee = subject.element(call.to)
    needed_s = max(callee.p99_s if callee else 0.0, inner_s.get(id(call), 0.0))
    return fits if fits > 0 and not fits < needed_s else None


def _around(subject: Subject) -> tuple[dict[int, float], dict[int, float]]:
    """By the identity of a call: how long the least patient waits for it, and how long its target waits at most (s)."""
    known: tuple[dict[int, float], dict[int, float]] | None = subject.kept.get("around calls")
    if known is None:
        calls, handlings = subject.design.calls, subject.plan.handlings if subject.plan else ()
        made = [[leg for leg in handling.legs if leg.call >= 0 and leg.sync] for handling in handlings]
        needs_s = [max((attempts(c) * (c.timeout or 0.0) for leg in legs if (c := calls[leg.call])), default=0.0)
                   for legs in made]  # fmt: skip
        patience_s = [math.inf] * len(made)  # of the least patient caller of each handling
        for leg in (leg for legs in made for leg in legs):
            patience_s[leg.handling] = min(patience_s[leg.handling], calls[leg.call].timeout or math.inf)
        outer_s: dict[int, float] = {}
        inner_s: dict[int, float] = {}
        for waits_s, legs in zip(patience_s, made, strict=True):
            for leg in legs:
                key = id(calls[leg.call])
                outer_s[key] = min(outer_s.get(key, math.inf), waits_s)
                inner_s[key] = max(inner_s.get(key, 0.0), needs_s[leg.handling])
        known = subject.kept["around calls"] = outer_s, inner_s
    return known


def proposed_timeout_s(subject: Subject, call: Call) -> float | None:
    """A timeout for a call: three times the p99 of its target, within what is promised; None where none fits."""
    callee = subject.element(call.to)
    if callee is None or not 0 < callee.p99_s < math.inf:
        return None
    wanted = stepped(GENEROUS * callee.p99_s)
    promised = promise(subject, call)
    most = within_s(subject, call, promised[0] if promised else math.inf)
    return min(wanted, most) if most else None


@lru_cache(maxsize=4096)
def stepped(seconds: float, up: bool = True) -> float:
    """The next sensible value of a timeout, above or below.

    >>> stepped(0.31), stepped(0.31, up=False)
    (0.4, 0.3)
    """
    if not 0 < seconds < math.inf:
        return seconds
    scale = 10.0 ** math.floor(math.log10(seconds))
    steps = [step * scale for step in STEPS]
    near = seconds * (1 - 1e-9 if up else 1 + 1e-9)
    found = min(step for step in steps if step >= near) if up else max(step for step in steps if step <= near)
    return float(f"{found:.3g}")


@lru_cache(maxsize=4096)
def typed(seconds: float) -> str:
    """Seconds as they stand in a design file.

    >>> typed(0.4), typed(1.5)
    ('400ms', '1.5s')
    """
    return "".join(show_duration(seconds).split())

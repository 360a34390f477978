"""A wait that ends before the usual answer comes."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.review.waiting import promise, proposed_timeout_s, typed, usual_p99
from archbook.units import show_duration


def impatient(subject: Subject) -> Hits:
    """A timeout below the p99 of the store or external system that is asked, at growth.

    Only where the target makes no calls of its own: what those do to its p99 differs from request to request. Low
    where the request is answered without it.
    """
    services = subject.design.services
    for index, call in enumerate(subject.design.calls):
        callee = subject.element(call.to) if call.to not in services and call.timeout else None
        if callee and call.timeout and call.timeout < callee.p99_s < float("inf"):
            proposed, promised = proposed_timeout_s(subject, call), promise(subject, call)
            room = f", while {promised[1]} promises {show_duration(promised[0])}" if promised else ""
            do = f"set `timeout: {typed(proposed)}`" if proposed else f"make {call.to} quicker, or promise more"
            again = [f"each is tried {call.retries} times more, which adds load"] if call.retries else []
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} gives up on {call.to} after {show_duration(call.timeout)}, before its usual answer",
                f"calls[{index}]: {do}{room}",
                f"{usual_p99(subject, call.to)}: more than one call in a hundred is given up that would be answered",
                *again,
                mend={("calls", index, "timeout"): typed(proposed)} if proposed else None,
                severity="low" if call.optional else None,
            )


RULE = Rule(
    id="timeout-under-the-usual",
    severity="medium",
    principle=4,
    why="Requests fail though nothing is broken, the target works for nobody, and a breaker may open on a good day",
    remedy="Wait for about three times the p99 that was measured, within what is promised.",
    references=("AWS Builders' Library: Timeouts, retries, and backoff with jitter",
                "AWS Well-Architected, Reliability: REL05-BP05"),
    check=impatient,
    fires="calls: {0: {timeout: 5ms}}",
    quiet="calls: {0: {timeout: 20ms}}",
    measured_by="archbook simulate DESIGN",
)  # fmt: skip

"""A call that waits for ever."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.review.waiting import promise, proposed_timeout_s, timed, typed, usual_p99, when_it_hangs
from archbook.units import show_duration


def endless(subject: Subject) -> Hits:
    """A synchronous call without a timeout, to a service, a store or a system of somebody else."""
    for index, call in enumerate(subject.design.calls):
        if call.mode == "sync" and call.timeout is None:
            proposed = proposed_timeout_s(subject, call)
            if proposed:
                do = f"add `timeout: {typed(proposed)}` ({usual_p99(subject, call.to)})"
            else:
                promised = promise(subject, call)
                within = f"; {promised[1]} promises {show_duration(promised[0])}" if promised else ""
                do = f"add a `timeout`, about three times the p99 of {call.to}{within}"
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} → {call.to} has no timeout",
                f"calls[{index}]: {do}",
                *when_it_hangs(subject, index),
                *timed(subject, call.to),
                mend={("calls", index, "timeout"): typed(proposed)} if proposed else None,
            )


RULE = Rule(
    id="call-without-timeout",
    severity="high",
    principle=4,
    why="A target that hangs keeps every request that waits for it, and the place that serves it, until the caller "
    "hangs too",
    remedy="Give up after about three times the usual p99, and sooner than whoever waits for you.",
    references=(
        "AWS Builders' Library: Timeouts, retries, and backoff with jitter",
        "AWS Well-Architected, Reliability: REL05-BP05",
        "Nygard, Release It!, 2nd ed., ch. 5",
    ),
    check=endless,
    fires="calls: {2: {timeout: null}}",
    quiet="calls: {2: {timeout: null, mode: async}}",
    measured_by="archbook simulate DESIGN",
)

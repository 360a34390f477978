"""A synchronous call that goes on when its target has failed."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.review.waiting import when_it_hangs


def unbroken(subject: Subject) -> Hits:
    """A synchronous call to another service or system without a circuit breaker."""
    for index, call in subject.crossings:
        if call.mode == "sync" and not call.breaker:
            fallback = "" if call.fallback else ", and in `fallback` say what is answered while it is open"
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} → {call.to} has no circuit breaker",
                f"calls[{index}]: add `breaker: true`{fallback}",
                *when_it_hangs(subject, index),
                mend={("calls", index, "breaker"): True},
            )


RULE = Rule(
    id="no-circuit-breaker",
    severity="medium",
    principle=4,
    why="A target that fails slowly holds its callers until they fail too, and keeps being asked while it recovers",
    remedy="Stop asking a target that fails, answer with a fallback, and try again after a pause.",
    references=("Nygard, Release It!, 2nd ed., ch. 5", "Azure: Circuit Breaker pattern"),
    check=unbroken,
    fires="calls: {2: {breaker: null}}",
    quiet="calls: {2: {breaker: null, mode: async}}",
)

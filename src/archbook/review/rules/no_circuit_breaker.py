"""A synchronous call that goes on when its target has failed."""

from archbook.design.interactions import Call
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, significant


def unbroken(subject: Subject) -> Hits:
    """A synchronous call to another service or system without a circuit breaker."""
    for index, call in subject.crossings:
        if call.mode == "sync" and not call.breaker:
            fallback = "" if call.fallback else ", and in `fallback` say what is answered while it is open"
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} → {call.to} has no circuit breaker",
                f"calls[{index}]: add `breaker: true`{_timeout(subject, call)}{fallback}",
                *_held(subject, index, call),
            )


def _held(subject: Subject, index: int, call: Call) -> list[str]:
    rate = subject.grown.calls[index].calls_per_s if subject.grown else 0.0
    caller = subject.element(call.from_)
    if not rate or caller is None or not caller.servers:
        return []
    held = rate * call.timeout if call.timeout else float("inf")
    places = f"{significant(caller.servers)} requests that {call.from_} serves at once"
    if held < caller.servers:
        taken = f"while it hangs, waiting for the timeout takes {significant(held)} of the {places}"
    else:
        taken = f"when it hangs, all {places} are waiting after {show_duration(caller.servers / rate)}"
    return [f"{taken} (computed: Little's law)"]


def _timeout(subject: Subject, call: Call) -> str:
    callee = subject.element(call.to)
    if call.timeout or callee is None or not callee.p99_s < float("inf"):
        return "" if call.timeout else " with a `timeout`"
    generous = show_duration(float(f"{2 * callee.p99_s:.1g}")).replace(" ", "")
    return f" and `timeout: {generous}` (p99 of {call.to} is {show_duration(callee.p99_s)}, computed)"


RULE = Rule(
    id="no-circuit-breaker",
    severity="medium",
    principle=4,
    why="A target that fails slowly holds its callers until they fail too, and keeps being asked while it recovers",
    remedy="Stop asking a target that fails, answer with a fallback, and try again after a pause.",
    references=("Nygard, Release It!, 2nd ed., ch. 5", "Azure: Circuit Breaker pattern"),
    check=unbroken,
    fires="calls: [{from: front, to: bank, timeout: 800ms}]",
    quiet="calls: [{from: front, to: bank, timeout: 800ms, breaker: true}, {from: front, to: back, mode: async}]",
)

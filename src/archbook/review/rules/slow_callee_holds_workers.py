"""A target whose hanging fills its caller before the first timeout ends."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.review.waiting import kept_free, longest_s, places, taken_while_hung, typed, when_it_hangs, within_s
from archbook.units import show_duration

HALF = 0.5


def filled(subject: Subject) -> Hits:
    """A timeout so long that all places of the caller wait before it ends, without a cap on the calls under way."""
    for index, call in enumerate(subject.design.calls):
        if taken_while_hung(subject, index) > 1:
            cap = kept_free(subject, index)
            shorter = within_s(subject, call, HALF * places(subject, call.from_) / subject.asking[index])
            change: tuple[str, int | str] | None = ("bulkhead", cap) if cap else None
            change = change or (("timeout", typed(shorter)) if shorter else None)
            more = f"wait shorter, or give {call.from_} more `concurrency`"
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} waits {show_duration(longest_s(call))} for {call.to}, and is full before that",
                f"calls[{index}]: " + (f"set `{change[0]}: {change[1]}`" if change else more),
                *when_it_hangs(subject, index),
                mend={("calls", index, change[0]): change[1]} if change else None,
            )


RULE = Rule(
    id="slow-callee-holds-workers",
    severity="high",
    principle=4,
    why="A breaker counts failures, and there is none before the first timeout ends: by then every place of the caller "
    "is taken, and requests that do not need the target fail too",
    remedy="Cap the calls under way to each target, or wait so briefly that they cannot take all places.",
    references=("Nygard, Release It!, 2nd ed., ch. 4: Blocked Threads", "Google SRE book, ch. 22"),
    check=filled,
    fires="""
services: {front: {instances: 2, concurrency: 3}}
calls: {2: {bulkhead: null, timeout: 700ms}, 3: {bulkhead: 2}}
""",
    quiet="""
services: {front: {instances: 2, concurrency: 3}}
calls: {2: {bulkhead: 2, timeout: 700ms}, 3: {bulkhead: 2}}
""",
    measured_by="archbook simulate DESIGN",
)

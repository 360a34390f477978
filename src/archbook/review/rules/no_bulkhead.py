"""A target that may take most of its caller."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.review.waiting import kept_free, taken_while_hung, when_it_hangs

MOST = 0.5


def uncapped(subject: Subject) -> Hits:
    """A synchronous call to a service or external system that can take more than half of its caller, without a cap."""
    for index, call in subject.crossings:
        if MOST < taken_while_hung(subject, index) <= 1:
            cap = kept_free(subject, index)
            do = (
                f"add `bulkhead: {cap}`, of {subject.design.services[call.from_].concurrency} places"
                if cap
                else "shorten the `timeout`"
            )
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} → {call.to} may take more than half of {call.from_}",
                f"calls[{index}]: {do}, so that requests that do not need {call.to} are still served",
                *when_it_hangs(subject, index),
                mend={("calls", index, "bulkhead"): cap} if cap else None,
            )


RULE = Rule(
    id="no-bulkhead",
    severity="medium",
    principle=4,
    why="Requests that need another target, or none, find no place: what one target cannot do fails all",
    remedy="Cap how many calls to each target an instance has open, and refuse the next one at once.",
    references=("Azure: Bulkhead pattern", "Nygard, Release It!, 2nd ed., ch. 5"),
    check=uncapped,
    fires="""
services: {front: {instances: 2, concurrency: 4}}
calls: {2: {bulkhead: null, timeout: 600ms}, 3: {bulkhead: 3}}
""",
    quiet="""
services: {front: {instances: 2, concurrency: 4}}
calls: {2: {bulkhead: 3, timeout: 600ms}, 3: {bulkhead: 3}}
""",
    measured_by="archbook simulate DESIGN",
)

"""A system of somebody else that must never be away."""

from archbook.capacity.availability import HOURS_A_YEAR
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, show_share


def relied_on(subject: Subject) -> Hits:
    """A synchronous call to a system of somebody else that says nothing of what happens while it is away."""
    for index, call in subject.crossings:
        if call.to in subject.design.externals and call.mode == "sync" and not (call.optional or call.fallback):
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} cannot answer while {call.to} is away",
                f"calls[{index}]: say in `fallback` what is answered then, such as that it is done later from a queue; "
                f"or announce an event and call {call.to} in handling it",
                _away(subject, call.to),
            )


def _away(subject: Subject, external: str) -> str:
    promised = subject.design.externals[external].availability
    if promised is None:
        return f"what {external} promises is not known (externals.{external}: add `availability`)"
    hours = show_duration(3600 * HOURS_A_YEAR * (1 - promised))
    return f"{external} promises {show_share(promised)}, which lets it be away {hours} a year (computed)"


RULE = Rule(
    id="external-without-fallback",
    severity="medium",
    principle=4,
    why="Nobody here can mend it or be told when it comes back, and until then this request fails every time",
    remedy="Keep what was asked for, say so to the client, and do it when the other system is back.",
    references=("AWS Well-Architected, Reliability: REL05-BP01 graceful degradation", "Nygard, Release It!, ch. 4"),
    check=relied_on,
    fires="calls: {3: {fallback: null}}",
    quiet="calls: {3: {fallback: null, mode: async, kind: read}}",
)

"""What can be done without, and nobody said how."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_share


def undecided(subject: Subject) -> Hits:
    """A synchronous call that the request can do without, and that does not say what is answered then."""
    for index, call in enumerate(subject.design.calls):
        if call.mode == "sync" and call.optional and not call.fallback:
            fails = [f"{show_share(call.failure)} of attempts fail (stated in the design)"] if call.failure else []
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} can answer without {call.to}, but not how",
                f"calls[{index}]: say in `fallback` what is answered then, such as a stored value, a default or less; "
                f"or, if there is no such answer, take out `optional`",
                *fails,
            )


RULE = Rule(
    id="optional-call-without-fallback",
    severity="medium",
    principle=4,
    why="What was not thought of before an outage is decided by an exception during it: the whole request fails for a "
    "part that it did not need",
    remedy="Decide what is answered without each optional target, build it, and try it.",
    references=("Azure Well-Architected, Reliability: RE:07 self-preservation", "Nygard, Release It!, 2nd ed., ch. 5",
                "AWS Well-Architected, Reliability: REL05-BP01 graceful degradation"),
    check=undecided,
    fires="calls: {2: {fallback: null}}",
    quiet="calls: {2: {fallback: null, optional: false}}",
)  # fmt: skip

"""A queue that takes whatever comes."""

from archbook.findings import Hits, Rule
from archbook.review.queues import bounded, entries, waited_for
from archbook.review.subject import Subject
from archbook.units import show_factor

HALF = 0.5  # in use at growth: from there on it is worth saying when the queue fills


def endless(subject: Subject) -> Hits:
    """A service for whose answer another one waits, and whose queue has no bound (entries have a rule of their own)."""
    for name in sorted(waited_for(subject) - entries(subject)):
        if subject.design.services[name].queue is None:
            do, seen, mend = bounded(subject, name)
            found = subject.grown.elements.get(name) if subject.grown else None
            if found and found.utilisation >= HALF:
                seen = [f"it fills from {show_factor(found.breaks_at)} today's load on (computed: saturation)", *seen]
            what = f"the queue of {name} has no bound"
            yield subject.at(("services", name), name, what, do, *seen, mend=mend)


RULE = Rule(
    id="unbounded-queue",
    severity="medium",
    principle=4,
    why="In an overload everybody waits until their callers have given up, and then all work is for nobody; the queue "
    "outlives the overload that filled it",
    remedy="Keep the queue so short that whoever is last in it is still served in time, and refuse the next at once.",
    references=("Google SRE book, ch. 22: queue management", "AWS Well-Architected, Reliability: REL05-BP04",
                "AWS Builders' Library: Using load shedding to avoid overload"),
    check=endless,
    fires="services: {back: {queue: null}}",
    quiet="services: {back: {queue: 16}}",
    measured_by="archbook simulate DESIGN",
)  # fmt: skip

"""What only one instance knows."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_share

BOUND = ("sticky", "consistent_hash")


def remembered(subject: Subject) -> Hits:
    """A service that keeps state in its memory: high where requests are spread over instances that do not have it."""
    for name, service in subject.design.services.items():
        if service.stateless:
            continue
        lost = service.instances > 1 and service.balancing not in BOUND
        if lost:
            what = f"{name} keeps state in memory, and its requests go to any of {service.instances} instances"
            seen = f"{show_share(1 - 1 / service.instances)} of requests meet an instance that does not know the caller"
            seen += " (computed: 1 − 1 ÷ instances)"
        else:
            what = f"{name} keeps state in memory, which is gone with its instance"
            seen = f"a release restarts each of {service.instances}, and everybody's state is lost once"
        yield subject.at(
            ("services", name),
            name,
            what,
            f"services.{name}: keep the state in a store of `role: cache`, such as the sessions, and remove "
            "`stateless: false`" + (", or set `balancing: sticky` until then" if lost else ""),
            seen,
            severity="high" if lost else None,
        )


RULE = Rule(
    id="state-in-memory",
    severity="low",
    principle=3,
    why="What is in the memory of one process cannot be found by the others, does not survive a release, and keeps the "
    "service from growing and shrinking",
    remedy="Keep state where every instance finds it.",
    references=("The Twelve-Factor App, VI: Processes", "AWS Well-Architected, Reliability: REL05-BP06"),
    check=remembered,
    fires="services: {front: {stateless: false}}",
    quiet="services: {front: {stateless: true}}",
)

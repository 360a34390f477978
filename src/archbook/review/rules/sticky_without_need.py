"""Clients bound to an instance for no reason."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def bound(subject: Subject) -> Hits:
    """A service that keeps no state, and whose clients come back to the same instance all the same."""
    for name, service in subject.design.services.items():
        if service.balancing == "sticky" and service.stateless and service.instances > 1:
            yield subject.at(
                ("services", name),
                name,
                f"{name} is stateless, and its clients are bound to one instance each",
                f"services.{name}: remove `balancing: sticky`; should an instance keep something, say "
                "`stateless: false`",
                f"{service.instances} instances, each of which keeps the busy clients that it has",
                mend={("services", name, "balancing"): None},
            )


RULE = Rule(
    id="sticky-without-need",
    severity="low",
    principle=1,
    why="Load is spread by who came when, not by who is free: one instance is busy while another idles, and a new one "
    "helps nobody who is already there",
    remedy="Spread requests by load; bind clients only to what only one instance knows.",
    references=("The Twelve-Factor App, VI: Processes", "AWS Well-Architected, Reliability: REL05-BP06"),
    check=bound,
    fires="services: {front: {balancing: sticky}}",
    quiet="services: {front: {balancing: consistent_hash}}",
    measured_by="archbook simulate DESIGN",
)

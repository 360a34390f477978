"""Full, and not yet broken."""

from archbook.capacity.breaking import COMFORTABLE
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, show_share


def nearly_full(subject: Subject) -> Hits:
    """An element that is more than 85 % in use at the growth that the design is for, and does not yet saturate."""
    grown = subject.grown
    if grown is None:
        return
    crowded = {name: element for name, element in grown.elements.items() if COMFORTABLE < element.utilisation < 1}
    needed = {remedy.element: remedy for remedy in grown.remedies} if crowded else {}
    for name, element in crowded.items():
        if name in needed:
            section = {"service": "services", "store": "stores", "external": "externals"}[element.kind]
            remedy = needed[name]
            wait = [f"a request waits {show_duration(element.mean_wait_s)} before it is served, and "
                    f"{show_duration(element.p95_s)} is the p95 (computed)"] if element.servers else []  # fmt: skip
            yield subject.at(
                (section, name),
                name,
                f"{name} is {show_share(element.utilisation)} in use {subject.peak}",
                f"{section}.{name}: `{remedy.what}: {remedy.needed}` by then (now {remedy.now})",
                *wait,
                *subject.cited(name),
            )


RULE = Rule(
    id="little-room-at-growth",
    severity="low",
    principle=1,
    why="Above 85 % waits grow faster than load, and nothing is left for a bad minute, a deployment or a dead instance",
    remedy="Keep a reserve of a sixth at the load that the design is for.",
    references=("Gunther, Guerrilla Capacity Planning", "AWS Well-Architected, Reliability: REL07"),
    check=nearly_full,
    fires="services: {mailer: {instances: 2, concurrency: 1, service_time: {mean: 174ms}}}",
    quiet="services: {mailer: {instances: 2, concurrency: 1, service_time: {mean: 160ms}}}",
    measured_by="archbook simulate DESIGN",
)

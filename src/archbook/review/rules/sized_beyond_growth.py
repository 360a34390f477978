"""Built for a load that nobody expects."""

from math import ceil, isnan

from archbook.capacity.result import ElementEstimate
from archbook.capacity.solving import ELASTIC
from archbook.design.model import Design
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_money, show_share

IDLE = 0.05
"""Utilisation at the planned growth below which an element is built for twenty times more than that."""
SMALL = {"service": 4, "store": 8}
"""Instances of a service and cores of a store that nobody would call too many, whatever the load."""
FEWEST, COMFORTABLE = 2, 0.7


def oversized(subject: Subject) -> Hits:
    """A service or store of many copies that is less than 5 % in use at the growth that the design is for.

    What is paid by use, such as an object store, costs nothing while it is idle.
    """
    grown = subject.grown
    if grown is None:
        return
    prices = {line.element: line.per_month for line in grown.cost.lines if not isnan(line.per_month)}
    for name, element in grown.elements.items():
        store = subject.design.stores.get(name)
        if element.kind in SMALL and 0 < element.utilisation < IDLE and not (store and store.engine in ELASTIC):
            count, what = _count(subject.design, element)
            if count > SMALL[element.kind]:
                yield _hit(subject, element, count, what, prices.get(name, 0.0))


def _count(design: Design, element: ElementEstimate) -> tuple[int, str]:
    if element.kind == "service":
        return design.services[element.name].instances, "instances"
    return design.stores[element.name].servers, "servers"


def _hit(subject: Subject, element: ElementEstimate, count: int, what: str, price: float) -> Hit:
    enough = max(FEWEST, ceil(element.utilisation * count / COMFORTABLE))
    section = f"{element.kind}s"
    saved = price * (1 - enough / count)
    return subject.at(
        (section, element.name),
        element.name,
        f"{element.name} is {show_share(element.utilisation)} in use {subject.peak}, with {count} {what}",
        f"{section}.{element.name}: `{what}: {enough}` carries the growth (now {count})",
        *([f"{show_money(saved, subject.design.currency)} of {show_money(price, subject.design.currency)} are paid "
           "for load that is not planned (computed: cost estimate)"] if saved else []),
    )  # fmt: skip


RULE = Rule(
    id="sized-beyond-growth",
    severity="medium",
    principle=1,
    why="It is paid for every month, watched every night, and is in the way of the change that the next year needs "
    "instead",
    remedy="Build for ten times, and know what comes next; add the rest when the load comes near.",
    references=("AWS Well-Architected, Cost Optimization: COST06", "Fowler: Yagni"),
    check=oversized,
    fires="services: {mailer: {instances: 24, monthly_cost: 50}}",
    quiet="services: {mailer: {instances: 3, monthly_cost: 50}}",
    measured_by="archbook headroom DESIGN",
)

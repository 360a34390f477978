"""One copy of what must not be away."""

import math

from archbook.design.elements import BROKERS
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, show_money, show_share

STRICT = 0.999
REPLICATED = BROKERS | {"s3", "gcs", "azure-blob", "dynamodb", "cdn"}
"""Engines that keep several copies by themselves, or whose copies are nodes of theirs."""
MONTH_S = 30 * 86400.0


def single(subject: Subject) -> Hits:
    """A database of one copy where 99.9 % or more is promised, by itself or by a service that waits for it.

    One whose stated availability is as high as the promise is taken at its word.
    """
    services = subject.design.services
    for name, store in subject.design.stores.items():
        if store.role != "primary" or store.replicas or store.engine in REPLICATED:
            continue
        callers = {
            call.from_ for _, call in subject.calls_to.get(name, ()) if call.mode == "sync" and not call.optional
        }
        objectives = [(name, store.slo), *((caller, services[caller].slo) for caller in callers)]
        promises = [(slo.availability, who) for who, slo in objectives if slo and slo.availability is not None]
        promised, who = max(promises, default=(0.0, ""))
        if promised >= STRICT and (store.availability or 0.0) < promised:
            away = show_duration((1 - promised) * MONTH_S)
            yield subject.at(
                ("stores", name),
                name,
                f"{name} is one copy, and {who} promises {show_share(promised)}",
                f"stores.{name}: set `replicas: 1`, in another zone, that takes over; or state the `availability` that "
                "its operator promises",
                f"{show_share(promised)} leaves {away} a month; a new machine and a restore take longer",
                *_price(subject, name),
                *subject.measured("read_replica", name),
            )


def _price(subject: Subject, name: str) -> list[str]:
    """What a second copy costs, where the first one's cost is known."""
    cost = subject.today.cost if subject.today else None
    if cost is None or math.isnan(cost.of(name)):
        return []
    return [f"a second copy costs about {show_money(cost.of(name), cost.currency)} (computed: as much as the first)"]


RULE = Rule(
    id="single-store-without-replica",
    severity="high",
    principle=4,
    why="When its machine goes, everything that waits for it is away until a backup is restored, and what was written "
    "since then is lost",
    remedy="Keep a second copy that takes over, or promise less.",
    references=("Azure Well-Architected: RE:05 redundancy", "Google SRE book, ch. 26"),
    check=single,
    fires="""
stores:
  things-db: {replicas: 0, replica_lag: null, availability: null, slo: {availability: 99.9%}}
""",
    quiet="""
stores:
  things-db: {replicas: 0, replica_lag: null, availability: 99.9%, slo: {availability: 99.9%}}
""",
)

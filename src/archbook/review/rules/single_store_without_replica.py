"""One copy of what must not be away."""

import math
from collections.abc import Iterator

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, show_money, show_share

STRICT = 0.999
REPLICATED = frozenset({"s3", "gcs", "azure-blob", "dynamodb", "cdn", "sqs", "sns", "pubsub"})
"""Engines that keep several copies by themselves."""
ASIDE = ("replica", "archive", "cdn")
MONTH_S = 30 * 86400.0


def single(subject: Subject) -> Hits:
    """A store of one copy where 99.9 % or more is promised, by itself or by a service that cannot do without it.

    That is one which waits for it, or announces an event through it without an outbox. A store whose stated
    availability is as high as the promise is taken at its word.
    """
    for name, store in subject.design.stores.items():
        if store.role in ASIDE or store.replicas or store.engine in REPLICATED:
            continue
        promised, who = max(_promises(subject, name), default=(0.0, ""))
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


def _promises(subject: Subject, name: str) -> Iterator[tuple[float, str]]:
    """What is promised by the store and by those who cannot do without it."""
    design = subject.design
    waiting = {call.from_ for _, call in subject.calls_to.get(name, ()) if call.mode == "sync" and not call.optional}
    announcing = {event.from_ for event in design.events.values() if event.broker == name and not event.outbox}
    objectives = [(name, design.stores[name].slo), *((one, design.services[one].slo) for one in waiting | announcing)]
    yield from ((slo.availability, who) for who, slo in objectives if slo and slo.availability is not None)


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

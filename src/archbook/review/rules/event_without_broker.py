"""An event that is lost while its consumer is away."""

from archbook.design.elements import BROKERS
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed


def uncarried(subject: Subject) -> Hits:
    """An event that no broker carries."""
    for name, event in subject.design.events.items():
        if event.to and event.broker is None:
            yield subject.at_event(
                name,
                f"{name} goes to {listed(event.to)} through no broker",
                f"events.{name}: name in `broker` the store that keeps it until it is handled"
                + (f", such as `{known}`" if (known := _broker(subject)) else " (one of role `broker`)"),
            )


def _broker(subject: Subject) -> str:
    """The one broker of the design; empty where there are none or several."""
    stores = subject.design.stores.items()
    brokers = [name for name, store in stores if store.role == "broker" or store.engine in BROKERS]
    return brokers[0] if len(brokers) == 1 else ""


RULE = Rule(
    id="event-without-broker",
    severity="medium",
    principle=4,
    why="Handed over directly, it is lost whenever its consumer restarts or is slow, and the producer waits for each "
    "consumer as if it had called it",
    remedy="Let a broker keep each event until its consumer has confirmed it.",
    references=(
        "Hohpe and Woolf, Enterprise Integration Patterns: Guaranteed Delivery",
        "Azure: Asynchronous messaging",
    ),
    check=uncarried,
    fires="""
events:
  thing.created: {broker: null}
  thing.priced: {from: back, to: [front], broker: broker, version: 1, key: thing_id, outbox: true, dead_letter: true,
     idempotent_consumers: true, size: 300B, why: Prices change}
""",
    quiet="events: {thing.created: {broker: broker}}",
)

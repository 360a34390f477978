"""What is in the design and in nobody's way."""

from collections.abc import Iterator

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject

ASIDE = ("cdn", "replica", "archive")
"""Roles of stores that are used without a call: clients ask the first, its primary feeds the second, jobs the third."""


def unused(subject: Subject) -> Hits:
    """A service, store or external system that no call, event or endpoint names, or a zone in which nothing is."""
    design, named = subject.design, set(_named(subject))
    stores = (name for name, store in design.stores.items() if store.role not in ASIDE)
    idle = [(section, name) for section, names in
            (("services", design.services), ("stores", stores), ("externals", design.externals))
            for name in names if name not in named]  # fmt: skip
    for section, name in idle:
        yield subject.at(
            (section, name),
            name,
            f"nothing in the design uses {name}",
            f"take {section}.{name} out, or add the call, event or endpoint that needs it",
        )
    inhabited = {each.zone for part in (design.services, design.stores, design.externals) for each in part.values()}
    for name, zone in design.security.zones.items():
        if name not in inhabited and not zone.public:
            yield subject.at(
                ("security", "zones", name),
                name,
                f"nothing stands in the zone {name}",
                f"take security.zones.{name} out, or say with `zone: {name}` what stands there",
            )


def _named(subject: Subject) -> Iterator[str | None]:
    design = subject.design
    for call in design.calls:
        yield from (call.from_, call.to, call.unless_hit)
    for event in design.events.values():
        yield from (event.from_, event.broker, *event.to)
    yield from (endpoint.service for endpoint in design.api.endpoints)
    yield from (limit.at for limit in design.security.rate_limits)


RULE = Rule(
    id="element-nobody-uses",
    severity="low",
    principle=1,
    why="It is paid for, patched and explained to each newcomer, and whoever breaks into it is not noticed",
    remedy="Remove what nothing uses; it is added in a day when it is needed.",
    references=("Threagile: unnecessary-technical-asset",),
    check=unused,
    fires="externals: {printer: {does: Prints letters, why: Nobody knows, p99: 1s, availability: 99%, zone: partners}}",
    quiet="externals: {bank: {does: Takes and returns deposits}}",
)

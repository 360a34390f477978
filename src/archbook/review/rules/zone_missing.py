"""An element of which nobody knows who reaches it."""

from collections.abc import Mapping

from archbook.design.elements import External, Service, Store
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed


def placeless(subject: Subject) -> Hits:
    """A service, store or external system without a zone, in a design that has zones."""
    design = subject.design
    groups: tuple[tuple[str, Mapping[str, Service | Store | External]], ...] = (
        ("services", design.services), ("stores", design.stores), ("externals", design.externals),
    )  # fmt: skip
    if not design.security.zones:
        return
    for section, elements in groups:
        for name, element in elements.items():
            if element.zone is None:
                yield subject.at(
                    (section, name),
                    name,
                    f"{name} stands in no zone",
                    f"{section}.{name}: add `zone:`, one of {listed(design.security.zones)}",
                )


RULE = Rule(
    id="zone-missing",
    severity="low",
    principle=3,
    why="What stands in no zone is reached by whoever happens to be near it, and the picture of trust has a hole there",
    remedy="Put every element into a zone.",
    references=("Threagile: missing-network-segmentation", "OWASP ASVS 5, V13.1.1"),
    check=placeless,
    fires="services: {mailer: {zone: null}}",
    quiet="""
security: {zones: {money: {does: Banks}, partners: null}}
externals: {bank: {zone: money}}
""",
)

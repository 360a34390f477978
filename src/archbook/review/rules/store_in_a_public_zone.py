"""Data within reach of everybody."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject

PUBLISHES = ("cdn",)


def reachable(subject: Subject) -> Hits:
    """A store that stands in a public zone, or that a service which does asks directly (a CDN is there to be)."""
    design = subject.design
    public = {name for name, zone in design.security.zones.items() if zone.public}
    inner = next((name for name, zone in design.security.zones.items() if not zone.public), "data")
    for name, store in design.stores.items():
        if store.zone in public and store.engine not in PUBLISHES and store.role not in PUBLISHES:
            yield subject.at(
                ("stores", name, "zone"),
                name,
                f"{name} stands in the public zone {store.zone}: anybody can try its door",
                f"stores.{name}: move it to a zone of its own that only its owner reaches, such as `zone: {inner}`",
            )
    for index, call in enumerate(design.calls):
        caller, callee = design.services.get(call.from_), design.stores.get(call.to)
        guarded = callee and callee.zone not in public and callee.engine not in PUBLISHES
        if caller and caller.zone in public and guarded:
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} asks {call.to} directly, from the public zone {caller.zone}",
                f"calls[{index}]: let a service inside ask {call.to}, and {call.from_} ask that; or move "
                f"services.{call.from_} out of {caller.zone}",
            )


RULE = Rule(
    id="store-in-a-public-zone",
    severity="high",
    principle=3,
    why="One guessed password, or one hole in the product, and all the data are out, past every check that the "
    "services make",
    remedy="Keep stores where only their owner's service reaches them.",
    references=(
        "Threagile: unguarded-direct-datastore-access",
        "OWASP API Security 2023, API8 Security Misconfiguration",
    ),
    check=reachable,
    fires="stores: {things-db: {zone: public}}",
    quiet="""
security: {zones: {vault: {does: Money}}}
stores: {things-db: {zone: vault}}
""",
)

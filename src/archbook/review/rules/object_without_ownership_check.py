"""Your order, read by your neighbour."""

from archbook.contracts.roles import reaches_all
from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.findings import Hits, Rule
from archbook.review.privacy import reached
from archbook.review.subject import Subject
from archbook.units import listed


def unowned(subject: Subject) -> Hits:
    """An endpoint that gives private things by their id, or a list of them, and does not check whose they are.

    Roles that reach what belongs to others (a permission other than `:own`) are let through by the design's own word.
    """
    design = subject.design
    for index, endpoint in enumerate(design.api.endpoints):
        by_id = "{" in endpoint.path
        if endpoint.auth != "user" or endpoint.ownership or not (by_id or endpoint.list):
            continue
        callers, classes = _ordinary(design, endpoint), reached(design, endpoint)
        if callers and classes != []:
            yield subject.at_endpoint(
                index,
                f"{endpoint.name} does not check {'whose it is' if by_id else 'whose they are'}: {callers} gets "
                f"at {listed(classes or ['all'])}{' data' if classes else ''} of others",
                f"api.endpoints[{index}]: set `ownership: true` (answer 404 for what belongs to others), or name in "
                "`roles` those who may see all of them",
            )


def _ordinary(design: Design, endpoint: Endpoint) -> str:
    """Who gets in that should only see what is theirs; empty where nobody does."""
    if not endpoint.roles:
        return "whoever is signed in"
    held = {name: design.security.roles[name] for name in endpoint.roles if name in design.security.roles}
    own = [
        name
        for name, role in held.items()
        if any(may.endswith(":own") for may in role.may) and not reaches_all(endpoint, role)
    ]
    return listed(own)


RULE = Rule(
    id="object-without-ownership-check",
    severity="high",
    principle=3,
    why="Ids are guessed, counted upwards or shared; being signed in says who somebody is, not what is theirs",
    remedy="Look up every object together with its owner, and answer 404 for what belongs to others.",
    references=("OWASP API Security 2023, API1 Broken Object Level Authorization", "OWASP ASVS 5, V8.2.2", "CWE-639"),
    check=unowned,
    fires="""
api: {endpoints: {0: {ownership: false}}}
stores: {things-db: {data: [personal]}}
""",
    quiet="api: {endpoints: {0: {ownership: false}}}",
)

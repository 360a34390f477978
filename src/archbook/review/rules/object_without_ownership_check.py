"""Your order, read by your neighbour."""

from archbook.contracts.naming import nouns
from archbook.contracts.resources import alike
from archbook.contracts.roles import OWN, reaches_all
from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.findings import Hits, Rule
from archbook.review.privacy import reached
from archbook.review.subject import Subject
from archbook.units import listed


def unowned(subject: Subject) -> Hits:
    """An endpoint that gives private things by their id, or a list of them, and does not check whose they are.

    Roles that reach what belongs to others (a permission other than `:own`) are let through by the design's own word;
    those that another endpoint by id holds to what is theirs of the same things are not.
    """
    design = subject.design
    for index, endpoint in enumerate(design.api.endpoints):
        by_id = "{" in endpoint.path
        if endpoint.auth != "user" or endpoint.ownership or not (by_id or endpoint.list):
            continue
        beside = _beside(subject, endpoint) if by_id else []
        callers = _ordinary(design, endpoint, beside)
        classes = reached(design, endpoint) if callers else []
        if classes or classes is None or (callers and beside):
            yield subject.at_endpoint(
                index,
                f"{endpoint.name} does not check {'whose it is' if by_id else 'whose they are'}: {callers} gets "
                f"at {listed(classes or ['all'])}{' data' if classes else ''} of others",
                f"api.endpoints[{index}]: set `ownership: true` (answer 404 for what belongs to others), or name in "
                "`roles` those who may see all of them",
                *(f"{other.name} checks it" for other in beside[:1]),
            )


def _beside(subject: Subject, endpoint: Endpoint) -> list[Endpoint]:
    """The endpoints that check whose one of the same things is."""
    thing = _thing(endpoint)
    return [
        other
        for other in subject.served[endpoint.service]
        if other.ownership and "{" in other.path and alike(_thing(other), thing)
    ]


def _thing(endpoint: Endpoint) -> str:
    return endpoint.resource or (nouns(endpoint.path) or [""])[-1]


def _ordinary(design: Design, endpoint: Endpoint, beside: list[Endpoint]) -> str:
    """Who gets in that should only see what is theirs; empty where nobody does."""
    if not endpoint.roles:
        return "whoever is signed in"
    held = {name: design.security.roles[name] for name in endpoint.roles if name in design.security.roles}
    checked = {name for other in beside for name in other.roles}
    within = [noun for noun in nouns(endpoint.path) if not alike(noun, endpoint.resource)]
    own = []
    for name, role in held.items():
        theirs = [thing for thing, sep, what in (may.partition(":") for may in role.may) if sep and what in OWN]
        inside = any(alike(thing, noun) for thing in theirs for noun in within)  # as their devices have readings
        if inside or (not reaches_all(endpoint, role) and (theirs or name in checked)):
            own.append(name)
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

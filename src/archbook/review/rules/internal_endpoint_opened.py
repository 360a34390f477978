"""A back door that the front door leads to."""

from collections.abc import Iterator

from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed

INTERNAL = frozenset({"internal", "_internal"})
"""Path segments that say that an endpoint is not for clients."""

Way = tuple[str, str]
"""How clients come to an endpoint, and what to change."""


def opened(subject: Subject) -> Hits:
    """An endpoint for services (`auth: service`, or `internal` in its path) to which people have a way.

    By a role that they have elsewhere, by a journey in which they also call what is theirs, or by the gateway. What a
    journey of machines alone asks for, such as a partner's notices, comes in from outside by intent.
    """
    design = subject.design
    people = {role for endpoint in design.api.endpoints if endpoint.auth == "user" for role in endpoint.roles}
    asked, routed = _asked(design), _routed(design)
    for index, endpoint in enumerate(design.api.endpoints):
        if endpoint.auth == "service":
            ways = [*_by_role(index, endpoint, people), *asked.get(endpoint.name, routed.get(endpoint.name, ()))]
            kind = "for services only"
        else:
            ways, kind = list(_by_name(index, endpoint)), "internal by its name"
        if ways:
            how, change = zip(*ways, strict=True)
            yield subject.at_endpoint(index, f"{endpoint.name} is {kind}, and {listed(how)}", "; ".join(change))


def _by_name(index: int, endpoint: Endpoint) -> Iterator[Way]:
    if not INTERNAL.isdisjoint(endpoint.path.split("/")):
        who = "anybody may call it" if endpoint.auth == "none" else "whoever signs in may call it"
        yield who, f"api.endpoints[{index}]: set `auth: service`, or give clients a path of their own"


def _by_role(index: int, endpoint: Endpoint, people: set[str]) -> Iterator[Way]:
    if shared := [role for role in endpoint.roles if role in people]:
        yield f"lets in {listed(shared)}", f"api.endpoints[{index}]: take {listed(shared)} out of `roles`"


def _asked(design: Design) -> dict[str, list[Way]]:
    """For each step of a journey, how people come to it: no way where only machines make its journeys."""
    found: dict[str, list[Way]] = {}
    for name, journey in design.traffic.journeys.items():
        steps = [step for step, _ in design.steps(journey)]
        signed_in = any(design.endpoint(step).auth == "user" for step in steps)
        way = (f"is a step of {name}", f"traffic.journeys.{name}: take it out of `steps`")
        for step in dict.fromkeys(steps):
            found.setdefault(step, []).extend([way] if signed_in else [])
    return found


def _routed(design: Design) -> dict[str, list[Way]]:
    """The endpoints that the gateway's calls name."""
    return {
        name: [(f"{call.from_} routes it", f"calls[{number}]: take it out of `on`")]
        for number, call in enumerate(design.calls)
        if call.from_ == design.gateway
        for name in call.on
    }


RULE = Rule(
    id="internal-endpoint-opened",
    severity="high",
    principle=3,
    why="It was written for callers that check first and ask for what they may: it does not ask whose a thing is, nor "
    "how often, and nobody looks at it from outside",
    remedy="Route to clients what is meant for them, by a list, and let services call the rest past the gateway.",
    references=(
        "OWASP API Security 2023, API5 Broken Function Level Authorization",
        "OWASP API Security 2023, API9 Improper Inventory Management",
        "CWE-749",
    ),
    check=opened,
    fires="""
  - {name: 'DELETE /api/v1/things/{id}', service: front, resource: things, auth: service, roles: [member]}
""",
    quiet="  - {name: 'DELETE /api/v1/things/{id}', service: front, resource: things, auth: service}",
)

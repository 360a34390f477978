"""A catalogue that every customer may rewrite."""

from archbook.contracts.roles import reaches_all
from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.findings import Hits, Rule
from archbook.review.privacy import reached
from archbook.review.subject import Subject
from archbook.units import listed

CHANGES = ("PUT", "PATCH", "DELETE")


def for_everybody(subject: Subject) -> Hits:
    """An endpoint that changes what belongs to nobody in particular, and names no role, in a design that has roles.

    Adding (POST) is found where a role has a permission for it that others have not.
    """
    design = subject.design
    for index, endpoint in enumerate(design.api.endpoints):
        if endpoint.auth == "user" and not endpoint.roles and not endpoint.ownership:
            meant = [name for name, role in design.security.roles.items() if reaches_all(endpoint, role)]
            if _changes(design, endpoint, meant):
                roles = listed(meant or design.security.roles)
                yield subject.at_endpoint(
                    index,
                    f"{endpoint.name} may be called by every role",
                    f"api.endpoints[{index}]: name in `roles` those who may, such as `roles: [{roles}]`",
                )


def _changes(design: Design, endpoint: Endpoint, meant: list[str]) -> bool:
    """Whether it is a change for some roles only; what is private is a matter of whose it is, not of roles."""
    if endpoint.method == "POST":
        return bool(meant)
    return bool(design.security.roles) and endpoint.method in CHANGES and reached(design, endpoint) == []


RULE = Rule(
    id="write-for-every-role",
    severity="high",
    principle=3,
    why="Being signed in is all that it asks: any customer who tries the method that the shop's page does not use "
    "changes prices, stock or settings",
    remedy="Deny by default, and name the roles that may change what all share.",
    references=("OWASP API Security 2023, API5 Broken Function Level Authorization", "OWASP ASVS 5, V8.2.1"),
    check=for_everybody,
    fires="  - {name: 'PUT /api/v1/things/{id}', service: front, resource: things, body_limit: 4KB}",
    quiet="  - {name: 'PUT /api/v1/things/{id}', service: front, resource: things, body_limit: 4KB, roles: [member]}",
)

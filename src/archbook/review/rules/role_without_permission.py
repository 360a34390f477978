"""Let in by the door, and not by the word."""

from archbook.contracts.naming import nouns
from archbook.contracts.resources import alike
from archbook.design.contract import Endpoint, Role
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed

READS = ("GET", "HEAD", "OPTIONS")


def unauthorised(subject: Subject) -> Hits:
    """An endpoint that lets in a role whose permissions say nothing of what it is about, or only that it may read."""
    roles = subject.design.security.roles
    for index, endpoint in enumerate(subject.design.api.endpoints):
        for name in endpoint.roles:
            role = roles.get(name)
            if role and role.may and not _may(role, endpoint):
                thing = endpoint.resource or (nouns(endpoint.path) or ["it"])[-1]
                act = "read" if endpoint.method in READS else "write"
                yield subject.at_endpoint(
                    index,
                    f"{endpoint.name} lets in {name}, who may only {listed(role.may)}",
                    f"api.endpoints[{index}]: take {name} out of `roles`, or add `{thing}:{act}` to "
                    f"security.roles.{name}.may",
                )


def _may(role: Role, endpoint: Endpoint) -> bool:
    """Whether a permission speaks of the endpoint's resource, or of one in its path, and of more than reading it."""
    about = {endpoint.resource, *nouns(endpoint.path)}
    spoken = (may.partition(":") for may in role.may)
    said = {what for thing, _, what in spoken if any(alike(thing, name) for name in about)}
    return bool(said if endpoint.method in READS else said - {"read"}) or endpoint.name in role.may


RULE = Rule(
    id="role-without-permission",
    severity="medium",
    principle=3,
    why="Endpoint and role tell two stories: either somebody is let in who should not be, or the list of permissions "
    "that an auditor reads is not true",
    remedy="Give a role what it needs, in words, and let it in nowhere else.",
    references=(
        "OWASP API Security 2023, API5 Broken Function Level Authorization",
        "OWASP ASVS 5, V8.1.1 and V8.2.1",
    ),
    check=unauthorised,
    fires="security: {roles: {member: {may: ['books:own']}}}\napi: {endpoints: {0: {roles: null}}}",
    quiet="security: {roles: {member: {may: ['things:own', 'books:read']}}}",
)

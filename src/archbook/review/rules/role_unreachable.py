"""A role that opens no door."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed


def unreachable(subject: Subject) -> Hits:
    """A role that no endpoint lets in: none names it, and none of those for everybody is about what it may."""
    design = subject.design
    locked = [endpoint for endpoint in design.api.endpoints if endpoint.auth != "none"]
    named = {role for endpoint in locked for role in endpoint.roles}
    for_all = {endpoint.resource for endpoint in locked if not endpoint.roles}
    for name, role in design.security.roles.items():
        wanted = {may.partition(":")[0] for may in role.may}
        if name not in named and not (for_all & wanted if wanted else for_all):
            may = f" (it may {listed(role.may)})" if role.may else ""
            yield subject.at(
                ("security", "roles", name),
                f"role {name}",
                f"no endpoint lets in the role {name}{may}",
                f"name {name} in `roles` of the endpoints it is for, or take it out of security.roles",
            )


RULE = Rule(
    id="role-unreachable",
    severity="medium",
    principle=3,
    why="Either people who should get in are refused, or a forgotten role waits for the day when it opens something "
    "again",
    remedy="Let each role in somewhere, or remove it.",
    references=(
        "OWASP API Security 2023, API5 Broken Function Level Authorization",
        "OWASP ASVS 5, V8.2.1",
    ),
    check=unreachable,
    fires="security: {roles: {auditor: {may: ['things:read'], why: Once a year}}}",
    quiet="""
security: {roles: {auditor: {may: ['things:read'], why: Once a year}}}
api: {endpoints: {0: {roles: [member, auditor]}}}
""",
)

"""Passwords that lie about."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_count


def homeless(subject: Subject) -> Hits:
    """A design with stores or external systems to sign in at, that does not say where secrets are kept."""
    design = subject.design
    doors = len(design.stores) + len(design.externals)
    if doors and not (design.security.secrets or "").strip():
        yield subject.at(
            ("security",),
            "secrets",
            f"nothing says where secrets are kept, and {show_count(doors, 'system asks', 'systems ask')} for one",
            "security.secrets: name the secret manager, who reads from it, and when",
        )


RULE = Rule(
    id="secrets-have-no-place",
    severity="medium",
    principle=3,
    why="What has no place ends up in images, environment files and chats, and nobody can change all the copies",
    remedy="Keep secrets in a secret manager, read at start, one for each service.",
    references=("OWASP ASVS 5, V13.3.1", "Threagile: missing-vault", "Twelve-Factor App, III Config"),
    check=homeless,
    fires="security: {secrets: null}",
    quiet="security: {secrets: The platform's own store}",
)

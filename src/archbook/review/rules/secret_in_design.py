"""A secret that everybody who reads the design knows."""

from archbook.contracts import secrets
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject


def written_down(subject: Subject) -> Hits:
    """A secret in the design, its DDL or a decision."""
    kept = subject.design.security.secrets
    everybody = sum(subject.requests_per_s(endpoint.name) for endpoint in subject.design.api.endpoints)
    there = f"{kept.partition(',')[0]}, where the design says that secrets are kept" if kept else "a secret manager"
    for file, secret in secrets.in_design(subject.design):
        line = f" of line {secret.line}" if file else ""
        yield Hit(
            about=f"{secret.kind} in {file or subject.design.name}",
            what=f"a secret stands in {file or 'the design'}: {secret.kind}",
            do=f"take it out{line}, put a new one into {there}, and have the old one "
            "refused: whoever has a copy, or its history, knows it",
            place=f"{file}:{secret.line}" if file else "",
            cost=everybody,
        )


RULE = Rule(
    id="secret-in-design",
    severity="high",
    principle=3,
    why="A design is copied, reviewed and kept in a history that forgets nothing; each copy opens the door",
    remedy="Keep secrets in a store of secrets, and in the design only where that is.",
    references=("OWASP ASVS 5, V13.3.1", "CWE-798"),
    check=written_down,
    fires="why: Reports read postgres://report:autumn-2026@things-db/things",
    quiet="why: Reports read things-db; the password is in the vault",
)

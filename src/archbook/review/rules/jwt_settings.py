"""Tokens that are believed too easily."""

from collections.abc import Iterator

from archbook.design.contract import Authentication
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed

SYMMETRIC = "HS"


def believed(subject: Subject) -> Hits:
    """Signed tokens without a list of algorithms, or with `none` or keys of two kinds on it, or for any audience.

    Tokens of OAuth2 where the design names their algorithms: others are looked up, and believed by whoever made them.
    """
    held = subject.design.security.authentication
    signed = held and (held.kind == "jwt" or (held.kind == "oauth2" and held.algorithms))
    if held and signed and (faults := list(_faults(held))):
        wrong, mend = zip(*faults, strict=True)
        yield subject.at(
            ("security", "authentication"),
            "authentication",
            f"tokens are believed {'; '.join(wrong)}",
            f"security.authentication: {'; '.join(mend)}",
        )


def _faults(held: Authentication) -> Iterator[tuple[str, str]]:
    names = [name.upper() for name in held.algorithms]
    symmetric = [name for name in names if name.startswith(SYMMETRIC)]
    if not names:
        yield "with whatever algorithm they name", "set `algorithms: [ES256]`"
    elif "NONE" in names:
        yield "without a signature (`none`)", "take `none` out of `algorithms`"
    elif symmetric and len(symmetric) < len(names):
        yield (f"with keys of two kinds ({listed(names)}), so that a public key can sign",
               f"keep one kind in `algorithms`, without {listed(symmetric)}")  # fmt: skip
    if not held.audience:
        yield "when meant for another service (no audience)", "set `audience` to the name of this API"
    if not held.issuer:
        yield "whoever signed them (no issuer)", "set `issuer` to the one address whose keys count"


RULE = Rule(
    id="jwt-settings",
    severity="high",
    principle=3,
    why="Libraries believe what the token says about itself unless told otherwise: whoever writes the header then "
    "chooses how it is checked",
    remedy="Accept one algorithm, one issuer and one audience; refuse `none`.",
    references=("OWASP ASVS 5, V9.1.2 and V9.2.3", "RFC 8725", "OWASP API Security 2023, API2 Broken Authentication"),
    check=believed,
    fires="security: {authentication: {algorithms: [none]}}",
    quiet="security: {authentication: {algorithms: [RS256, ES256]}}",
)

"""A key that opens for a year."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration

HOUR, DAY = 3600.0, 86400.0
SELF_CONTAINED = ("jwt", "oauth2")


def lasting(subject: Subject) -> Hits:
    """Credentials without an end, or tokens that are valid for more than an hour and need no look-up.

    A key ends when it is replaced (`key_rotation`), a token does not.
    """
    held = subject.design.security.authentication
    if held is None or held.kind in ("none", "mtls"):
        return
    if held.kind == "api-key" and held.expiry is None and held.key_rotation:
        return
    if held.expiry is None or (held.kind in SELF_CONTAINED and held.expiry > HOUR):
        lasts = "for ever" if held.expiry is None else f"for {show_duration(held.expiry)}"
        thing = {"session": "a session", "api-key": "a key"}.get(held.kind, "a token")
        yield subject.at(
            ("security", "authentication"),
            "authentication",
            f"{thing} that was stolen opens the door {lasts}",
            "security.authentication: set `expiry: 15min`, and renew it by a refresh token that can be revoked"
            if held.kind in SELF_CONTAINED
            else "security.authentication: set `expiry`, and replace what is older"
            + (", by `key_rotation: 90d`" if held.kind == "api-key" else ""),
        )


RULE = Rule(
    id="long-lived-token",
    severity="medium",
    principle=3,
    why="Whoever copied it from a log or a laptop has it until it ends, and a signed token cannot be called back, not "
    "even by a new password",
    remedy="Let tokens live for minutes and renew them; keep what lives longer where it can be revoked.",
    references=("OWASP ASVS 5, V9.2.1", "RFC 6750, section 5.3", "OWASP API Security 2023, API2 Broken Authentication"),
    check=lasting,
    fires="security: {authentication: {expiry: 30d}}",
    quiet="security: {authentication: {expiry: 1h}}",
)

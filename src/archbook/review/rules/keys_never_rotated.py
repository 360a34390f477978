"""Signing keys for life."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration

YEAR = 366 * 86400.0


def lasting(subject: Subject) -> Hits:
    """Signed tokens whose keys have no day on which they change, or one more than a year away."""
    held = subject.design.security.authentication
    if held and held.kind == "jwt" and not 0 < (held.key_rotation or 0) <= YEAR:
        every = f"only after {show_duration(held.key_rotation)}" if held.key_rotation else "never, as far as it is said"
        yield subject.at(
            ("security", "authentication"),
            "authentication",
            f"the keys that sign tokens change {every}",
            "security.authentication: set `key_rotation: 30d`; publish the next key before it signs, and keep the last "
            "one for as long as tokens live",
        )


RULE = Rule(
    id="keys-never-rotated",
    severity="low",
    principle=3,
    why="A key that never changes is one that nobody knows how to change, on the day when it must be",
    remedy="Change keys by a schedule, so that doing it in haste is routine.",
    references=("OWASP ASVS 5, V13.1.4 and V13.3.4", "RFC 7517"),
    check=lasting,
    fires="security: {authentication: {key_rotation: null}}",
    quiet="security: {authentication: {key_rotation: 90d}}",
)

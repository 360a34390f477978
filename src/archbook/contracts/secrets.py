"""Secrets in a text: found by the forms that issuers give them and by names with random values, and blacked out."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

LEAST_BITS = 3.0
"""Of entropy a character, from which a value beside a name such as `password` counts as random."""
_FORMS = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    "token (JWT)": r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}",
    "AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,})",
    "Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{16,}",
    "Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "password in a URL": r"(?<=://)[^\s/:@]+:(?P<url>[^\s/@]+)(?=@)",
}
_NAMED = (
    r"(?i:password|passwd|secret|api[_-]?key|access[_-]?key|token|authorization)[\w-]{0,40}[\"']?\s*[:=]\s*"
    r"(?:(?i:bearer|basic)\s+)?[\"']?(?P<named>[A-Za-z0-9+/=_.~!@#$%^&*-]{12,})"
)
_ANY = re.compile("|".join([*(f"(?P<form{n}>{form})" for n, form in enumerate(_FORMS.values())), _NAMED]))


@dataclass(frozen=True, slots=True)
class Secret:
    """Where in a text a secret stands, and what it looks like; never the secret itself."""

    kind: str
    line: int
    start: int
    end: int


def find(text: str) -> list[Secret]:
    """The secrets in a text, in order.

    >>> [(secret.kind, secret.line) for secret in find("db: postgres://app:hunter2@db/shop")]
    [('password in a URL', 1)]
    """
    found = []
    for match in _ANY.finditer(text):
        named = match["named"]
        if named is not None and (entropy(named) < LEAST_BITS or not re.search(r"\d", named)):
            continue
        group = "named" if named is not None else "url" if match["url"] else 0
        number = next((n for n in range(len(_FORMS)) if match[f"form{n}"]), None)
        kind = "random value" if number is None else list(_FORMS)[number]
        found.append(Secret(kind, text.count("\n", 0, match.start(group)) + 1, match.start(group), match.end(group)))
    return found


def redact(text: str) -> str:
    """The text with every secret blacked out, and what it was.

    >>> redact("postgres://app:hunter2@db/shop")
    'postgres://app:[password in a URL]@db/shop'
    """
    for secret in reversed(find(text)):
        text = f"{text[: secret.start]}[{secret.kind}]{text[secret.end :]}"
    return text


def entropy(text: str) -> float:
    """Shannon's, in bits a character.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    return sum(-n / len(text) * math.log2(n / len(text)) for n in Counter(text).values()) + 0.0

"""Secrets in a text: found by the forms that issuers give them and by names with random values, and blacked out."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel

from archbook.design.model import Design, Memo

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
_STAND_IN = re.compile(r"[$%{<\[].*|[*x.]+|(?i:pass(?:word)?|secret)")
"""What stands where a secret would: a variable, a gap to fill, stars; or the word itself."""
_SIGNS = ("-----begin", "eyj", "akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "k_live_", "xox",
          "://", "password", "passwd", "secret", "apikey", "api_key", "api-key", "accesskey", "access_key",
          "access-key", "token", "authorization")  # fmt: skip
"""Of which each form and name has one, in small letters: the rest of a text need not be looked at."""


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
    for match in (match for start, end in _suspicious(text) for match in _ANY.finditer(text, start, end)):
        named = match["named"]
        if named is not None and (entropy(named) < LEAST_BITS or not re.search(r"\d", named)):
            continue
        if _STAND_IN.fullmatch(named or match["url"] or ""):
            continue
        group = "named" if named is not None else "url" if match["url"] else 0
        number = next((n for n in range(len(_FORMS)) if match[f"form{n}"]), None)
        kind = "random value" if number is None else list(_FORMS)[number]
        found.append(Secret(kind, text.count("\n", 0, match.start(group)) + 1, match.start(group), match.end(group)))
    return found


def _suspicious(text: str) -> list[tuple[int, int]]:
    """Parts of a text that may hold a secret, in order: a line with a sign and the two after it, a key to its end."""
    small = text.lower()
    if len(small) != len(text):  # a letter whose small form is two
        return [(0, len(text))]
    parts: list[tuple[int, int]] = []
    for sign in _SIGNS:
        at = small.find(sign)
        while at >= 0:
            end = small.find("-----end", at) if sign.startswith("-") else at
            for _ in range(3):
                end = text.find("\n", end) + 1 if end >= 0 else 0
                end = end or len(text)
            parts.append((text.rfind("\n", 0, at) + 1, end))
            at = small.find(sign, at + 1)
    joined: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if joined and start <= joined[-1][1]:
            start, end = joined[-1][0], max(end, joined.pop()[1])
        joined.append((start, end))
    return joined


def redact(text: str) -> str:
    """The text with every secret blacked out, and what it was.

    >>> redact("postgres://app:hunter2@db/shop")
    'postgres://app:[password in a URL]@db/shop'
    """
    for secret in reversed(find(text)):
        text = f"{text[: secret.start]}[{secret.kind}]{text[secret.end :]}"
    return text


def in_design(design: Design) -> Iterator[tuple[str, Secret]]:
    """The secrets in the files of a design as they were read (comments, DDL and decisions too), each with its file.

    What was changed or made in code stands in no file; its file is then empty.
    """
    if "secrets" not in design.memo:
        texts = dict(design.source.texts) or {"": design.model_dump_json(by_alias=True, indent=1)}
        texts |= {design.stores[store].schema_ or store: ddl for store, ddl in design.source.ddl.items()}
        design.memo["secrets"] = [(file, secret) for file, text in texts.items() for secret in find(text)]
    return iter(design.memo["secrets"])


_Value = TypeVar("_Value")


def blacked_out(value: _Value) -> _Value:
    """A value of texts, lists, mappings and frozen records, with every secret in its texts blacked out.

    >>> blacked_out(("see postgres://app:hunter2@db/shop", 7))
    ('see postgres://app:[password in a URL]@db/shop', 7)
    """
    done: Any = value
    if isinstance(value, str):
        done = redact(value)
    elif isinstance(value, tuple | list):
        parts = [blacked_out(part) for part in value]
        done = parts if isinstance(value, list) else tuple(parts)
    elif isinstance(value, dict):
        done = {key: blacked_out(part) for key, part in value.items()}
    elif isinstance(value, BaseModel):
        parts_of = {name: blacked_out(getattr(value, name)) for name in type(value).model_fields}
        done = value.model_copy(update=parts_of)
    elif is_dataclass(value) and not isinstance(value, type):
        done = replace(value, **{field.name: blacked_out(getattr(value, field.name)) for field in fields(value)})
    return done  # type: ignore[no-any-return]


def without(design: Design) -> Design:
    """A design and its DDL with every secret blacked out, to be shown; itself where it holds none."""
    if not any(in_design(design)):
        return design
    shown = blacked_out(design)
    shown._source = replace(design.source, ddl=blacked_out(dict(design.source.ddl)), texts={})
    shown._memo = Memo()
    return shown


def entropy(text: str) -> float:
    """Shannon's, in bits a character.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    return sum(-n / len(text) * math.log2(n / len(text)) for n in Counter(text).values()) + 0.0

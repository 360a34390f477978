"""What a column probably holds, inferred from its name and type; rows and row sizes both follow it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archbook.schema.model import Column, Schema, Type

TEXT = frozenset({"text", "varchar", "bpchar", "citext", "name"})
INTEGERS = {"int2": 32_767, "int4": 2_147_483_647, "int8": 9_223_372_036_854_775_807}


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of text and how long it is on average (characters)."""

    kind: str
    mean_length: float


_NAMES: tuple[tuple[re.Pattern[str], Shape], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), Shape(kind, length))
    for pattern, kind, length in (
        (r"e?mail(_?address)?$", "email", 22),
        (r"uuid|guid", "uuid", 36),
        (r"password|passwd|pwd|hash|digest|checksum|secret", "hash", 60),
        (r"token|session|fingerprint|signature", "hash", 43),
        (r"url|uri|link|href|image|photo|avatar|picture|path$", "url", 46),
        (r"first_?name|given", "first name", 5),
        (r"last_?name|surname|family", "last name", 6),
        (r"user_?name|login|nick|handle", "handle", 9),
        (r"status|state$|phase|stage", "status", 8),
        (r"currency", "currency", 3),
        (r"country", "country", 2),
        (r"city|town", "city", 8),
        (r"street|address|addr", "address", 22),
        (r"zip|postal|postcode", "digits", 5),
        (r"phone|mobile|fax|tel$", "phone", 13),
        (r"^ip|_ip$|ip_?addr", "ip", 12),
        (r"locale|lang", "locale", 5),
        (r"slug|sku|code|number|ref(erence)?$|key$|external", "code", 12),
        (r"title|subject|headline|label|summary", "title", 30),
        (r"descr|body|content|comment|note|message|bio|text|reason|review", "prose", 140),
        (r"type|kind|category|level|role|gender|method|channel|provider|mode|tier|source", "kind", 7),
        (r"json|data|payload|meta|attributes|settings|config|options|properties", "json", 80),
        (r"name", "name", 14),
    )
)
_PLAIN = Shape("text", 16)


def text_shape(column: Column) -> Shape:
    """The kind of text in a text column, never longer than its type allows.

    >>> text_shape(Column("email", Type("varchar", (255,))))
    Shape(kind='email', mean_length=22)
    """
    shape = next((shape for pattern, shape in _NAMES if pattern.search(column.name)), _PLAIN)
    most = length_limit(column.type)
    return shape if most is None or shape.mean_length <= most else Shape(shape.kind, float(most))


def length_limit(type_: Type) -> int | None:
    """The most characters that a text type takes; None: any number."""
    if type_.name not in ("varchar", "bpchar"):
        return None
    if type_.modifiers and isinstance(type_.modifiers[0], int):
        return type_.modifiers[0]
    return 1 if type_.name == "bpchar" else None


def is_text(schema: Schema, column: Column) -> bool:
    """Whether a column holds text (enums excluded)."""
    base = schema.base(column.type)
    return base.name in TEXT and not base.array

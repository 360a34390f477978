"""Quoting, shared by everything that writes SQL."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(*names: str) -> str:
    """Identifiers in double quotes, with commas between.

    >>> quoted("user", 'we"ird')
    '"user", "we""ird"'
    """
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(value: str | float) -> str:
    """A constant in SQL.

    >>> literal("it's"), literal(3.0)
    ("'it''s'", '3')
    """
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(int(value)) if float(value).is_integer() else repr(value)


def hashed(number: str, salt: int) -> str:
    """SQL (DuckDB's) of a hash of a whole number, 64 bits; another salt gives an independent one.

    hash(number, salt) would not: DuckDB joins hashes by XOR, and two columns made from them follow each other.

    >>> hashed("k", 3)
    'hash(xor(CAST(k AS BIGINT), 50331648))'
    """
    return f"hash(xor(CAST({number} AS BIGINT), {salt << 24}))"


def distinct_names(names: Iterable[str]) -> list[str]:
    """Names made distinct, blind to case, by a number behind the later ones.

    >>> distinct_names(["idx", "IDX", "key"])
    ['idx', 'IDX_2', 'key']
    """
    seen: set[str] = set()
    result = []
    for name in names:
        unique, number = name, 1
        while unique.casefold() in seen:
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique.casefold())
        result.append(unique)
    return result

"""Texts that match a regular expression, counted: each place of the text with the characters that it may hold.

A number picks the characters as digits of a mixed radix, so different numbers give different texts.
"""

from __future__ import annotations

import re
import string
from typing import Any

from archbook.schema.sql import hashed

MOST_PLACES = 200
REPEATED = 8  # how often what may be repeated for ever is repeated
_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s",
    "xdigit": "0-9a-f", "punct": "!-/:-@", "word": "a-zA-Z0-9_", "blank": " ",
}  # fmt: skip
_CATEGORIES = {"CATEGORY_DIGIT": string.digits, "CATEGORY_WORD": string.ascii_lowercase + string.digits,
               "CATEGORY_SPACE": " ", "CATEGORY_NOT_SPACE": string.ascii_lowercase,
               "CATEGORY_NOT_DIGIT": string.ascii_lowercase}  # fmt: skip
_ANY = string.ascii_lowercase + string.digits


def places(pattern: str, length: int | None = None) -> tuple[str, ...] | None:
    """The characters that each place of a matching text may hold; None where the pattern is not understood.

    length: how many places there should be, as far as what may be repeated allows.

    >>> places("^[A-C]-x{2}$"), places("^a+b?$", 4)
    (('ABC', '-', 'x', 'x'), ('a', 'a', 'a', 'a'))
    """
    from re import _parser  # type: ignore[attr-defined]  # the standard library's own parser, since 3.11

    plain = re.sub(r"\[:(\w+):\]", lambda found: _CLASSES.get(found[1], found[0]), pattern)
    try:
        tree = _parser.parse(plain)
        least = _sequence(tree, [0]) or ()
        found = _sequence(tree, None if length is None else [length - len(least)])
    except (re.error, OverflowError, RecursionError, ValueError):
        return None
    return found if found is None or len(found) <= MOST_PLACES else None


def like(pattern: str) -> tuple[str, ...]:
    """The same for LIKE.

    >>> like("a_%")[0], len(like("a_%"))
    ('a', 5)
    """
    found: list[str] = []
    for escape, character in re.findall(r"(\\?)(.)", pattern, re.DOTALL):
        wild = not escape and character in "%_"
        found += [_ANY] * (3 if character == "%" else 1) if wild else [character]
    return tuple(found)


def written(alphabets: tuple[str, ...], number: str) -> str:
    """SQL of the text that a number (from 0) picks."""
    parts, stride = [], 1
    for place, alphabet in enumerate(alphabets):
        if len(alphabet) == 1:
            parts.append("'" + alphabet.replace("'", "''") + "'")
            continue
        # beyond what a BIGINT tells apart, the places follow a hash
        digit = f"({number}) // {stride}" if stride < 2**60 else f"CAST({hashed(number, place)} >> 1 AS BIGINT)"
        text = "'" + alphabet.replace("'", "''") + "'"
        parts.append(f"substr({text}, 1 + {digit} % {len(alphabet)}, 1)")
        stride *= len(alphabet)
    return f"concat({', '.join(parts)})" if parts else "''"


def _sequence(items: Any, spare: list[int] | None) -> tuple[str, ...] | None:
    """spare: how many places more than the fewest there are to be, counted down; None: as many as look well."""
    found: list[str] = []
    for operation, argument in items:
        part = _part(str(operation), argument, spare)
        if part is None:
            return None
        found += part
        if len(found) > MOST_PLACES:
            return None
    return tuple(found)


def _part(operation: str, argument: Any, spare: list[int] | None) -> tuple[str, ...] | None:
    if operation == "LITERAL":
        return (chr(argument),)
    if operation in ("ANY", "NOT_LITERAL", "IN"):
        alphabet = _alphabet(argument) if operation == "IN" else _ANY
        return (alphabet,) if alphabet else None
    if operation in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = argument
        return _repeated(least, int(most), inner, spare)
    if operation == "SUBPATTERN":
        return _sequence(argument[-1], spare)
    if operation == "BRANCH":
        return _sequence(argument[1][0], spare)
    return () if operation == "AT" else None


def _repeated(least: int, most: int, inner: Any, spare: list[int] | None) -> tuple[str, ...] | None:
    once = _sequence(inner, [0])
    if once is None:
        return None
    times = least if least > 1 else min(most, REPEATED if most > 1 else least)
    if spare is not None:
        more = min(most - least, max(spare[0], 0) // max(len(once), 1))
        spare[0] -= more * len(once)
        times = least + more
    return None if times * len(once) > MOST_PLACES else once * times


def _alphabet(items: Any) -> str:
    """The characters of a class; of a negated one, the plain ones that are left."""
    found, negated = "", False
    for operation, argument in items:
        name = str(operation)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            found += chr(argument)
        elif name == "RANGE":
            found += "".join(map(chr, range(argument[0], min(argument[1], argument[0] + 127) + 1)))
        else:
            found += _CATEGORIES.get(str(argument), "")
    if negated:
        return "".join(character for character in _ANY if character not in found)
    return "".join(dict.fromkeys(found))


__all__ = ["like", "places", "written"]

"""Names of resources in paths: verbs, numbers and the noun form of an endpoint."""

from __future__ import annotations

import re
from functools import lru_cache

VERSION = re.compile(r"v\d+([._-]?\d+|(alpha|beta)\d*)*", re.IGNORECASE)
VERBS = {
    "GET": "fetch find get list",
    "POST": "add create do insert make new save send submit",
    "PATCH": "change edit modify set update",
    "DELETE": "delete remove",
}
METHODS = {verb: method for method, verbs in VERBS.items() for verb in verbs.split()}
_NO_PLURAL = frozenset(
    [
        "people",
        "children",
        "men",
        "women",
        "feet",
        "media",
        "data",
        "metadata",
        "info",
        "information",
        "staff",
        "news",
        "series",
        "equipment",
        "feedback",
        "inventory",
        "history",
        "content",
        "health",
        "me",
        "self",
        "auth",
        "oauth",
        "search",
        "status",
        "by",
        "all",
        "admin",
        "api",
        "graphql",
    ]
)


def words(segment: str) -> list[str]:
    """The words of a path segment; none of a parameter.

    >>> words("getUsers"), words("order-items"), words("{id}")
    (['get', 'users'], ['order', 'items'], [])
    """
    return [*_words(segment)]


@lru_cache(maxsize=4096)
def _words(segment: str) -> tuple[str, ...]:
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", segment)
    return () if segment.startswith("{") else tuple(word.lower() for word in found)


def verb_in(path: str) -> str:
    """The verb with which a segment of a path begins; empty where none does.

    >>> verb_in("/api/v1/createOrder"), verb_in("/api/v1/orders")
    ('create', '')
    """
    return next((found[0] for found in map(words, path.split("/")) if found and found[0] in METHODS), "")


def noun_form(path: str, verb: str) -> str:
    """The same endpoint with the verb in the method.

    >>> noun_form("/api/v1/createOrder", "create"), noun_form("/getUsers", "get")
    ('POST /api/v1/orders', 'GET /users')
    """
    parts = []
    for segment in path.split("/"):
        found = words(segment)
        if found[:1] == [verb]:
            rest = found[1:]
            segment = "-".join([*rest[:-1], rest[-1] if rest[-1].endswith("s") else plural(rest[-1])]) if rest else ""
        parts.append(segment)
    return f"{METHODS[verb]} /" + "/".join(filter(None, parts))


@lru_cache(maxsize=4096)
def is_plural(segment: str) -> bool:
    """Whether the last word of a segment may be the name of many things.

    >>> is_plural("order-items"), is_plural("user"), is_plural("people"), is_plural("address")
    (True, False, True, False)
    """
    last = (words(segment) or [""])[-1]
    return last in _NO_PLURAL or last.isdigit() or (last.endswith("s") and not last.endswith(("ss", "us", "is")))


def plural(word: str) -> str:
    """The name of many, by the rules that hold for most English nouns.

    >>> plural("user"), plural("category"), plural("address"), plural("orders")
    ('users', 'categories', 'addresses', 'orders')
    """
    if is_plural(word):
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


@lru_cache(maxsize=4096)
def singular(word: str) -> str:
    """The name of one, by the rules that hold for most English nouns.

    >>> singular("users"), singular("categories"), singular("addresses"), singular("news"), singular("status")
    ('user', 'category', 'address', 'news', 'status')
    """
    if word in _NO_PLURAL or not is_plural(word):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[: -2 if word.endswith(("sses", "xes", "zes", "ches", "shes")) else -1]


def nouns(path: str) -> list[str]:
    """The things that a path names, without `api`, the version, and verbs before them.

    >>> nouns("/api/v1/payments/{id}/refunds"), nouns("/getOrderItems")
    (['payments', 'refunds'], ['order_items'])
    """
    return [*_nouns(path)]


@lru_cache(maxsize=4096)
def _nouns(path: str) -> tuple[str, ...]:
    found = []
    for segment in path.split("/"):
        held = words(segment)
        held = held[1:] if len(held) > 1 and held[0] in METHODS else held
        if held and segment != "api" and not VERSION.fullmatch(segment):
            found.append("_".join(held))
    return tuple(found)


def kebab(segment: str) -> str:
    """A segment in lower case with hyphens.

    >>> kebab("orderItems"), kebab("Order_Items")
    ('order-items', 'order-items')
    """
    return "-".join(words(segment)) or segment.lower()


CASES = {
    "snake": re.compile(r"_?[a-z][a-z0-9]*(_[a-z0-9]+)*"),
    "camel": re.compile(r"_?[a-z][a-z0-9]*([A-Z][a-zA-Z0-9]*)?"),
    "kebab": re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*"),
}


def cased(name: str, case: str) -> str:
    """A property's name in one of the cases.

    >>> cased("customerId", "snake"), cased("customer_id", "camel"), cased("customerId", "kebab")
    ('customer_id', 'customerId', 'customer-id')
    """
    found = words(name) or [name]
    if case == "camel":
        return found[0] + "".join(word.capitalize() for word in found[1:])
    return ("_" if case == "snake" else "-").join(found)

"""The style of a document that declares none: what most of it does."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from archbook.contracts.lint.links import links
from archbook.contracts.naming import CASES, VERSION
from archbook.design.contract import Style

if TYPE_CHECKING:
    from archbook.contracts.lint.subject import Subject

VERSION_PARAMETER = re.compile(r"(x-)?(api|accept|.*-api)?-?version", re.IGNORECASE)


def version_in(path: str) -> str:
    """The version in a path or a server's address.

    >>> version_in("/api/v1/users"), version_in("https://api.example.com/v2beta1"), version_in("/users")
    ('v1', 'v2beta1', '')
    """
    return next((segment for segment in path.split("/") if VERSION.fullmatch(segment)), "")


def inferred(subject: Subject) -> Style:
    """The style of the majority; where nothing speaks for one, what the workbook has itself."""
    shapes = [(e.rows, held) for e in subject.endpoints for _, shape in e.shapes if (held := subject.properties(shape))]
    shapes = [entry for entry in shapes if not entry[0]] or shapes  # a list may be wrapped where a thing is not
    errors = Counter(
        error_style(subject, kind, schema)
        for endpoint in subject.endpoints
        for _, answer in endpoint.errors
        for kind, schema in subject.document.content(answer).items()
    )
    paging = Counter(endpoint.paging for endpoint in subject.endpoints if endpoint.rows and endpoint.paging)
    names = Counter(
        case
        for _, _, schema in subject.named
        for name in subject.properties(schema)
        if not (name.isalpha() and name.islower())  # one word is in any case
        for case in CASES
        if CASES[case].fullmatch(name)
    )
    said: dict[str, Any] = {
        "versioning": _versioning(subject),
        "version": _most(Counter(v for e in subject.endpoints if (v := version_in(e.path)))) or "v1",
        "envelope": 2 * sum("data" in held for _, held in shapes) > len(shapes),
        "errors": _most(errors) or "none",
        "pagination": _most(paging) or "none",
        "case": _most(names) or "snake",
        "enums": _enums(subject),
        "links": _most(Counter(form for e in subject.endpoints for _, form in links(e) if form)) or "none",
    }
    return Style(**said)


def _enums(subject: Subject) -> str:
    """Whether more lists of values in answers are open than closed."""
    held = [node for e in subject.endpoints for _, shape in e.shapes for _, node in subject.fields(shape)]
    return "open" if sum("x-extensible-enum" in n for n in held) > sum("enum" in n for n in held) else "closed"


def error_style(subject: Subject, kind: str, schema: Any) -> str:
    """Which of the styles of `Style.errors` the body of an error has."""
    if kind.startswith("application/problem+"):
        return "problem+json"
    properties = subject.properties(schema)
    return "envelope" if "error" in properties or "errors" in properties else "none"


def described(style: Style) -> str:
    """A style as a sentence has it."""
    versions = {"path": f"versions in the path (`/{style.version}`)", "none": "no versions"}
    errors = {
        "envelope": "errors as `{error: …}`",
        "problem+json": "errors by RFC 9457",
        "none": "no one shape of errors",
    }
    return ", ".join(
        [
            versions.get(style.versioning, f"versions in a {style.versioning}"),
            "answers as `{data: …}`" if style.envelope else "no envelope",
            errors[style.errors],
            "lists whole" if style.pagination == "none" else f"lists by {style.pagination}",
            f"properties in {style.case} case",
            *([] if style.enums == "closed" else ["lists of values that may grow"]),
            *([] if style.links == "none" else [f"{style.links} links"]),
        ]
    )


def _versioning(subject: Subject) -> str:
    endpoints = subject.endpoints
    if 2 * sum(bool(version_in(endpoint.path)) for endpoint in endpoints) > len(endpoints):
        return "path"
    if any(map(version_in, subject.servers)):
        return "path"
    told = sum(any(VERSION_PARAMETER.fullmatch(name) for name in endpoint.headers) for endpoint in endpoints)
    return "header" if 2 * told > len(endpoints) else "none"


def _most(counts: Counter[str]) -> str:
    return max(counts, key=lambda name: counts[name]) if counts else ""

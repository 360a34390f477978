"""An OpenAPI document as the `api:` and `security:` of a design: read back where Archbook wrote it, else inferred."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from archbook.contracts.document import Document
from archbook.contracts.lint.style import VERSION_PARAMETER, inferred
from archbook.contracts.lint.subject import CURSOR, PAGE, PAGE_SIZE, Subject
from archbook.contracts.lint.subject import Endpoint as Operation
from archbook.contracts.naming import nouns
from archbook.contracts.openapi import KEY
from archbook.design.contract import Api, Authentication, Endpoint, Security, Style
from archbook.errors import ArchbookError, shown
from archbook.units import listed, show_count

_SORT = re.compile(r"sort(_?by|_?order)?|order(_?by)?|fields|include|expand", re.IGNORECASE)
_MOST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Contract:
    """What a document promises, as a design says it. notes: what was inferred, and what was left out."""

    api: Api
    security: Security
    notes: tuple[str, ...] = ()


def from_openapi(document: Document) -> Contract:
    """The endpoints, the style and the security of an OpenAPI document.

    A document of `to_openapi` gives back equal parts. Of any other, what a design needs is inferred, and told in the
    notes; a broken operation is left out and told. Raises ArchbookError where there is no operation that can be read.
    """
    subject = Subject(document)
    written = document.data.get(KEY)
    ours = written if isinstance(written, Mapping) else None
    notes = list(document.notes)
    endpoints = _ordered(
        dict(_endpoints(subject, ours is not None, notes)), document.items((ours or {}).get("endpoints"))
    )
    if not endpoints:
        raise ArchbookError(f"{document.name}: there is no operation in it that a design can hold{_first(notes)}")
    style = security = None
    if ours is not None:
        style, security = _part(Style, ours.get("style"), notes), _part(Security, ours.get("security"), notes)
    else:
        notes += _about(subject, endpoints)
    api = Api(style=style or inferred(subject), endpoints=tuple(endpoints))
    return Contract(api, security or Security(authentication=_authentication(subject)), tuple(notes))


def _first(notes: list[str]) -> str:
    return f"; {notes[0]}" if notes else ""


def _part(kind: Any, data: Any, notes: list[str]) -> Any:
    """A part as Archbook wrote it; None, and a note, where somebody has changed it to what it cannot be."""
    try:
        return kind.model_validate({} if data is None else data)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        notes.append(f"`{KEY}` holds no {kind.__name__.lower()} that can be read (`{place}`: {fault['msg']}); inferred")
        return None


def _endpoints(subject: Subject, ours: bool, notes: list[str]) -> Iterator[tuple[str, Endpoint]]:
    service, prefix = _service(subject.document), _prefix(subject)
    for operation in subject.endpoints:
        node = operation.node
        name = operation.name if ours else f"{operation.method} {prefix}{operation.path}"
        beyond = node.get(KEY)
        if ours and isinstance(beyond, Mapping):
            told = {"does": node.get("summary", ""), "why": node.get("description", ""),
                    "deprecated": node.get("deprecated", False)}  # fmt: skip
            if (held := _part(Endpoint, {**told, **beyond, "name": name}, notes)) is not None:
                yield name, held
                continue
        try:
            yield name, Endpoint.model_validate({"name": name, "service": service, **_inferred(operation)})
        except ValidationError:
            notes.append(f"{shown(name)} was left out: a design has GET, POST, PUT, PATCH, DELETE, HEAD and OPTIONS of "
                         "paths up to 300 characters without blank, `?` or `#`")  # fmt: skip


def _ordered(endpoints: dict[str, Endpoint], order: list[Any]) -> list[Endpoint]:
    known = [name for name in order if isinstance(name, str) and name in endpoints]
    return [endpoints[name] for name in dict.fromkeys([*known, *endpoints])]


def _inferred(operation: Operation) -> dict[str, Any]:
    """What a foreign operation says of what a design asks."""
    node = operation.node
    about = node.get("summary") or str(node.get("description") or "").strip().partition("\n")[0]
    things = nouns(operation.path)
    sunset = str(node.get("x-sunset", ""))
    asked = [
        n
        for n in operation.query
        if not any(p.fullmatch(n) for p in (PAGE, PAGE_SIZE, CURSOR, VERSION_PARAMETER, _SORT))
    ]
    return {
        "does": str(about)[:_MOST_TEXT],
        "resource": things[-1][:200] if things else None,
        "list": operation.rows,
        "paginated": not operation.rows or bool(operation.paging),
        "filters": tuple(dict.fromkeys(name for name in asked if len(name) <= 200)) if operation.rows else (),
        "auth": _caller(operation),
        "idempotency_key": any("idempotency" in name for name in operation.headers),
        "deprecated": node.get("deprecated") is True,
        "sunset": sunset if re.fullmatch(r"\d{4}-\d{2}-\d{2}", sunset) else None,
    }


def _caller(operation: Operation) -> str:
    """Who calls: nobody known, another service (mutual TLS or client credentials alone), or a user."""
    if not operation.secured:
        return "none"
    schemes = [operation.subject.schemes.get(str(name), {}) for held in operation.security for name in held]
    return "service" if schemes and all(map(_for_services, schemes)) else "user"


def _for_services(scheme: Mapping[str, Any]) -> bool:
    flows = scheme.get("flows")
    only = list(flows) if isinstance(flows, Mapping) else []
    return scheme.get("type") == "mutualTLS" or (scheme.get("type") == "oauth2" and only == ["clientCredentials"])


def _authentication(subject: Subject) -> Authentication | None:
    """The mechanism that most operations ask for."""
    used = Counter(
        str(name)
        for endpoint in subject.endpoints
        for held in subject.document.items(endpoint.security)
        if isinstance(held, Mapping)
        for name in held
    )
    kinds = (_kind(subject.schemes[name]) for name, _ in used.most_common() if name in subject.schemes)
    kind = next(filter(None, kinds), None)
    return Authentication.model_validate({"kind": kind}) if kind else None


def _kind(scheme: Mapping[str, Any]) -> str:
    if scheme.get("type") == "http":
        return "jwt" if str(scheme.get("scheme")).lower() == "bearer" else ""
    if scheme.get("type") == "apiKey":
        return "session" if scheme.get("in") == "cookie" else "api-key"
    return {"oauth2": "oauth2", "openIdConnect": "oauth2", "mutualTLS": "mtls"}.get(str(scheme.get("type")), "")


def _service(document: Document) -> str:
    """The title as the name of a service."""
    title = document.resolve(document.data.get("info")).get("title")
    name = re.sub(r"[^a-z0-9]+", "-", str(title or "").lower()).strip("-")
    name = re.sub(r"^[^a-z]+", "", name)[:60].strip("-")
    return name or "api"


def _prefix(subject: Subject) -> str:
    """The path of the servers, where all have the same one."""
    paths = set()
    for url in subject.servers:
        try:
            paths.add(urlsplit(url).path.rstrip("/"))
        except ValueError:
            return ""
    path = paths.pop() if len(paths) == 1 else ""
    return path if path.startswith("/") and "{" not in path else ""


def _about(subject: Subject, endpoints: list[Endpoint]) -> Iterator[str]:
    """What was inferred, for the reader to look at."""
    lists = [e for e in endpoints if e.list]
    whole = sum(not e.paginated for e in lists)
    yield f"all endpoints are put to one service, `{endpoints[0].service}`, after the title"
    yield "what an endpoint speaks of is taken from its path"
    if lists:
        yield f"{show_count(len(lists), 'list')} by the shape of the answer, {whole} without parameters for pages"
    if prefix := _prefix(subject):
        yield f"`{prefix}` of the servers stands before each path"
    others = sorted(name for name, scheme in subject.schemes.items() if not _kind(scheme))
    if others:
        yield f"{listed(others)}: a design has no word for this way of signing in, and it was left out"
    yield "roles, ownership, rate limits and sizes are in no OpenAPI document: add what you know"

"""A design's promises as an OpenAPI 3.1 document: what clients read, and what the reference service keeps."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import yaml

from archbook.contracts import answers, protection
from archbook.contracts.exchanges import (
    asked_headers,
    cache_control,
    failures_met,
    header_parameter,
    limited,
    never_null,
    path_parameter,
    sunset,
    takes_body,
)
from archbook.contracts.naming import nouns, singular
from archbook.contracts.resources import PARAMETER, Resource, filters_of, resource_of, sortable
from archbook.contracts.secrets import blacked_out, in_design
from archbook.contracts.shapes import column_shape, create_shape, extensible, patch_shape, property_name, read_shape
from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.design.plain import as_written
from archbook.errors import ArchbookError
from archbook.units import show_count

KEY, PUBLIC, WAIVERS = "x-archbook", "x-archbook-public", "x-archbook-waivers"
Node = dict[str, Any]
_TOLD = ("name", "does", "why", "deprecated")  # what OpenAPI has words for
_FAILURES = {status: f"#/components/responses/{failure.name}" for status, failure in answers.FAILURES.items()}
_ACTS = {"POST": "create", "PUT": "put", "PATCH": "update", "DELETE": "delete", "HEAD": "check", "OPTIONS": "describe"}


class OpenApi(dict[str, Any]):
    """A document as plain values, shown in one line."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - the notebook's protocol
        operations = sum(map(len, self["paths"].values()))
        printer.text(f"OpenAPI {self['openapi']}: {show_count(operations, 'operation')} on "
                     f"{show_count(len(self['paths']), 'path')}, "
                     f"{show_count(len(self['components'].get('schemas', ())), 'schema')}")  # fmt: skip


def to_openapi(design: Design, *, public: bool = False, beyond: bool = True) -> OpenApi:
    """The API of a design as an OpenAPI 3.1 document of plain JSON values; the same design gives the same document.

    What the model knows and OpenAPI cannot say stands in `x-archbook`, so that `from_openapi` gives back equal parts.
    public: without that, and without the whys of endpoints: strangers need not know limits, zones and sizes. beyond:
    False leaves it out alone.
    Raises ArchbookError where the design has no endpoint.
    """
    if not design.api.endpoints:
        raise ArchbookError(f"{design.name}: has no endpoints, so there is no API; add one under `api: endpoints:`")
    document = _Writer(design, beyond and not public).document()
    if public:
        document.pop(WAIVERS, None)
        for node in (node for item in document["paths"].values() for node in item.values()):
            node.pop("description", None)
        document[PUBLIC] = True
    return OpenApi(blacked_out(document) if any(in_design(design)) else document)


def as_text(document: Node, form: str = "yaml") -> str:
    """A document as `yaml` or `json`."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - each place in full, as people read it
        return True


class _Writer:
    """One document while it is written; shared parts are put into `components` as operations need them."""

    def __init__(self, design: Design, beyond: bool) -> None:
        self.design, self.style, self.beyond = design, design.api.style, beyond
        self.schemas: dict[str, Node] = {}
        self.parameters: dict[str, Node] = {}
        self.failed: set[int] = set()
        self.headers: set[str] = set()
        self.ids: dict[str, int] = {}
        self.kind = answers.media_type(self.style, design.name)

    def document(self) -> Node:
        design = self.design
        if shape := answers.error_shape(self.style):
            self.schemas[shape[0]] = shape[1]
        paths: dict[str, Node] = {}
        for endpoint in design.api.endpoints:
            paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = self.operation(endpoint)
        served = dict.fromkeys(endpoint.service for endpoint in design.api.endpoints)
        about = {name: design.services[name].does if name in design.services else "" for name in served}
        info = {"title": design.title or design.name, "version": self.style.version}
        waivers = self._waivers()
        return (
            {
                "openapi": "3.1.0",
                "info": info | ({"description": design.why} if design.why else {}),
                "tags": [{"name": name, **({"description": does} if does else {})} for name, does in about.items()],
                "paths": paths,
                "components": self._components(),
            }
            | self._beyond(paths)
            | ({WAIVERS: waivers} if waivers else {})
        )

    def _waivers(self) -> list[Node]:
        """The findings of `lint-api` that the design accepts, so that its document is looked at alike."""
        if not self.design.waivers:
            return []
        from archbook.contracts.lint import rules

        known = {rule.id for rule in rules()}
        return [as_written(waiver) for waiver in self.design.waivers if waiver.rule in known]

    def operation(self, endpoint: Endpoint) -> Node:
        resource = resource_of(self.design, endpoint)
        node: Node = {
            "operationId": self._id(endpoint),
            "tags": [endpoint.service],
            "summary": endpoint.does or _summary(endpoint, resource),
        }
        node |= {"description": endpoint.why} if endpoint.why else {}
        node |= {"deprecated": True} if endpoint.deprecated else {}
        node |= {"x-sunset": endpoint.sunset} if endpoint.sunset else {}  # by oasdiff's name: `diff_api` reads it
        required = protection.requirement(self.design, endpoint)
        node |= {"security": required} if required is not None else {}
        parameters = self._parameters(endpoint, resource)
        node |= {"parameters": parameters} if parameters else {}
        node |= {"requestBody": self._body(endpoint, resource)} if takes_body(endpoint) else {}
        node["responses"] = {**self._success(endpoint, resource), **self._failures(endpoint, parameters)}
        if not self.beyond:
            return node
        beyond = {key: value for key, value in as_written(endpoint).items() if key not in _TOLD}
        return node | {KEY: beyond | ({} if endpoint.does else {"does": ""})}

    def _components(self) -> Node:
        schemes = protection.schemes(self.design)
        failures = {answers.FAILURES[status].name: answers.failure(self.style, status) for status in self.failed}
        self.headers.update(*(failure["headers"] for failure in failures.values()))
        held = {"schemas": self.schemas, "parameters": self.parameters, "responses": failures,
                "headers": answers.headers(self.headers), "securitySchemes": schemes}  # fmt: skip
        return {name: dict(sorted(part.items())) for name, part in held.items() if part}

    def _beyond(self, paths: Node) -> Node:
        """What OpenAPI has no words for; the order of endpoints only where that of the paths is another one."""
        if not self.beyond:
            return {}
        order = [f"{method.upper()} {path}" for path, item in paths.items() for method in item]
        style, security = as_written(self.style), as_written(self.design.security)
        names = [endpoint.name for endpoint in self.design.api.endpoints]
        held = {"style": style, "security": security, "endpoints": names if names != order else None}
        return {KEY: {key: value for key, value in held.items() if value}}

    def _schema(self, name: str, shape: Node) -> Node:
        """A reference to a named schema; another shape of the same name gets a number."""
        number, free = 1, name
        while self.schemas.setdefault(free, shape) != shape:
            number += 1
            free = f"{name}{number}"
        return {"$ref": f"#/components/schemas/{free}"}

    def _parameter(self, node: Node, name: str) -> Node:
        self.parameters[name] = node
        return {"$ref": f"#/components/parameters/{name}"}

    def _parameters(self, endpoint: Endpoint, resource: Resource) -> list[Node]:
        style, case, method = self.style, self.style.case, endpoint.method
        found = [path_parameter(name, resource) for name in dict.fromkeys(PARAMETER.findall(endpoint.path))]
        if endpoint.list and method in ("GET", "HEAD"):
            if style.pagination != "none" and endpoint.paginated:
                found += [self._parameter(node, _pascal(node["name"])) for node in answers.page_parameters(style)]
            for asked in filters_of(resource, endpoint):
                schema = never_null(column_shape(resource, asked.column, sent=True))
                about = {"contains": "Rows that contain it.", ">=": "From this on.", "<": "Up to, and without, this."}
                named = {"name": property_name(asked.parameter, case), "in": "query"}
                told = {"description": about[asked.operator]} if asked.operator in about else {}
                found.append({**named, **told, "schema": schema})
            if (columns := sortable(resource, endpoint)) and style.pagination == "page":
                ways = [way for c in columns for way in (property_name(c, case), f"-{property_name(c, case)}")]
                about_sort = "By which column; `-` for the largest first."
                schema = {"type": "string", "enum": ways}
                found.append({"name": "sort", "in": "query", "description": about_sort, "schema": schema})
        found += [self._parameter(header_parameter(name, about, most, needed), _pascal(name))
                  for name, about, most, needed in asked_headers(endpoint)]  # fmt: skip
        if style.versioning == "header":
            node = header_parameter("API-Version", "Version of the API that the client was written for.", 20, False)
            node["schema"] = {"type": "string", "enum": [style.version]}
            found.append(self._parameter(node, "ApiVersion"))
        return found

    def _body(self, endpoint: Endpoint, resource: Resource) -> Node:
        name, case = _pascal(singular(resource.name)), self.style.case
        if endpoint.method == "PATCH":
            kind, schema = (
                "application/merge-patch+json",
                self._schema(f"{name}Patch", patch_shape(resource, endpoint, case)),
            )
        else:
            kind, schema = "application/json", self._schema(f"{name}Create", create_shape(resource, endpoint, case))
        return {"required": True, "content": {kind: {"schema": schema}}}

    def _success(self, endpoint: Endpoint, resource: Resource) -> Node:
        method, sent = endpoint.method, ["X-Request-Id"]
        sent += ["RateLimit", "RateLimit-Policy"] if limited(self.design, endpoint) else []
        sent += ["Deprecation"] if endpoint.deprecated or endpoint.sunset else []
        sent += ["Sunset"] if endpoint.sunset else []
        if method in ("DELETE", "OPTIONS"):
            return {"204": {"description": "Done" if method == "DELETE" else "What is allowed",
                            "headers": self._headers(endpoint, sent)}}  # fmt: skip
        sent += ["ETag"]
        if method in ("GET", "HEAD"):
            kept = self._headers(endpoint, [*sent, "Cache-Control"])
            told = self._answer("What was asked for", kept, endpoint, resource)
            if method == "HEAD":
                told.pop("content")
            same = self._headers(endpoint, ["X-Request-Id", "ETag", "Cache-Control"])
            return {"200": told, "304": {"description": "Not changed since", "headers": same}}
        made = self._answer("Created", self._headers(endpoint, [*sent, "Location"]), endpoint, resource)
        done = self._answer("Changed", self._headers(endpoint, sent), endpoint, resource)
        return {"POST": {"201": made}, "PUT": {"200": done, "201": made}}.get(method, {"200": done})

    def _answer(self, description: str, sent: Node, endpoint: Endpoint, resource: Resource) -> Node:
        rows = endpoint.list and endpoint.method in ("GET", "HEAD")
        paged = endpoint.paginated and self.style.pagination != "none"
        name = _pascal(singular(resource.name))
        shape = read_shape(resource, self.style.case)
        inner = self._schema(name, extensible(shape) if self.style.enums == "open" else shape)
        if rows or self.style.envelope:
            meta = answers.meta_shape(self.style, rows=rows, paged=paged)
            named = self._schema(("PageMeta" if paged else "ListMeta") if rows else "Meta", meta)
            inner = self._schema(f"{name}{'List' if rows else 'Answer'}",
                                 answers.wrapped(self.style, inner, named, rows=rows, paged=paged))  # fmt: skip
        return {"description": description, "headers": sent, "content": {self.kind: {"schema": inner}}}

    def _headers(self, endpoint: Endpoint, names: list[str]) -> Node:
        """The headers of an answer: shared ones, and those whose value the design knows."""
        told: Node = {}
        for name in names:
            known = {"Cache-Control": cache_control, "Sunset": sunset}.get(name)
            if known and (value := known(endpoint)):
                told[name] = {"schema": {"type": "string", "const": value}}
            else:
                self.headers.add(name)
                told[name] = answers.header(name)
        return told

    def _failures(self, endpoint: Endpoint, parameters: list[Node]) -> Node:
        met = failures_met(self.design, endpoint, bool(parameters))
        self.failed.update(met)
        return {str(status): {"$ref": _FAILURES[status]} for status in met}

    def _id(self, endpoint: Endpoint) -> str:
        """Such as `listOrders`, `getOrder`, `createPaymentRefund`; a second one of a name gets a number."""
        things = nouns(endpoint.path)
        act = _ACTS.get(endpoint.method, "list" if endpoint.list else "get")
        last = things[-1:] if endpoint.list or not things else [singular(things[-1])]
        name = act + "".join(map(_pascal, [*map(singular, things[:-1]), *last]))
        self.ids[name] = self.ids.get(name, 0) + 1
        return name if self.ids[name] == 1 else f"{name}{self.ids[name]}"


@lru_cache(maxsize=4096)
def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name) if part) or "Thing"


def _summary(endpoint: Endpoint, resource: Resource) -> str:
    act = _ACTS.get(endpoint.method, "list" if endpoint.list else "read").capitalize()
    things = resource.name.replace("_", " ")
    if endpoint.list:
        return f"{act} {things}"
    thing = singular(things)
    return f"{act} {'an' if thing[:1] in 'aeio' else 'a'} {thing}"

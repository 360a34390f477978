"""Swagger 2.0 in the shape of OpenAPI 3: what an API promises is the same, only its parts stand elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOVED = {
    "#/definitions/": "#/components/schemas/",
    "#/parameters/": "#/components/parameters/",
    "#/responses/": "#/components/responses/",
}
_JSON = ["application/json"]
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_FLOWS = {"accessCode": "authorizationCode", "application": "clientCredentials"}
_OUTSIDE_SCHEMA = ("name", "in", "required", "description", "allowEmptyValue", "collectionFormat", "schema", "example")
_HERE = ("swagger", "host", "basePath", "schemes", "definitions", "parameters", "responses", "securityDefinitions")


def from_swagger(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document in the shape of OpenAPI 3. What is no mapping where one belongs is left as it is, for the reader.

    >>> sorted(from_swagger({"swagger": "2.0", "host": "a.example", "basePath": "/v1", "paths": {}}))
    ['components', 'openapi', 'paths', 'servers']
    """
    old = _moved(data, {})
    shared = _mappings(old.get("parameters"))
    consumes, produces = _texts(old.get("consumes"), _JSON), _texts(old.get("produces"), _JSON)
    new = {key: value for key, value in old.items() if key not in (*_HERE, "consumes", "produces", "paths")}
    new["openapi"] = "3.0.3"
    host, base = old.get("host"), str(old.get("basePath") or "").rstrip("/")
    if host or base:
        schemes = _texts(old.get("schemes"), ["https"])
        new["servers"] = [{"url": f"{scheme}://{host}{base}" if host else base} for scheme in schemes]
    new["components"] = {
        "schemas": old.get("definitions") or {},
        "parameters": {name: _parameter(p) for name, p in shared.items() if p.get("in") not in ("body", "formData")},
        "responses": {name: _response(r, produces) for name, r in _mappings(old.get("responses")).items()},
        "securitySchemes": {name: _scheme(s) for name, s in _mappings(old.get("securityDefinitions")).items()},
    }
    if isinstance(paths := old.get("paths"), Mapping):
        new["paths"] = {path: _item(item, shared, consumes, produces) for path, item in paths.items()}
    return new


def _moved(node: Any, done: dict[int, Any]) -> Any:
    """A copy whose references point to the new places; what YAML shares stays shared."""
    if id(node) in done:
        return done[id(node)]
    new: Any = node
    if isinstance(node, Mapping):
        new = {key: _moved(value, done) for key, value in node.items()}
        if isinstance(reference := new.get("$ref"), str):
            before = next((old for old in _MOVED if reference.startswith(old)), "")
            new["$ref"] = _MOVED.get(before, "") + reference[len(before) :]
    elif isinstance(node, list):
        new = [_moved(value, done) for value in node]
    else:
        return node
    done[id(node)] = new
    return new


def _mappings(node: Any) -> dict[str, dict[str, Any]]:
    held = node.items() if isinstance(node, Mapping) else ()
    return {name: value for name, value in held if isinstance(value, dict)}


def _texts(node: Any, otherwise: list[str]) -> list[str]:
    texts = [text for text in node if isinstance(text, str)] if isinstance(node, list) else []
    return texts or otherwise


def _key(parameter: dict[str, Any]) -> tuple[str, str]:
    return str(parameter.get("name")), str(parameter.get("in"))


def _item(item: Any, shared: dict[str, dict[str, Any]], consumes: list[str], produces: list[str]) -> Any:
    """A path. Its own parameters go into each operation, since a body may be among them."""
    if not isinstance(item, Mapping):
        return item
    common = item.get("parameters")
    return {
        key: _operation(value, common if isinstance(common, list) else [], shared, consumes, produces)
        if key in _METHODS and isinstance(value, Mapping)
        else value
        for key, value in item.items()
        if key != "parameters"
    }


def _operation(
    node: Mapping[str, Any],
    common: list[Any],
    shared: dict[str, dict[str, Any]],
    consumes: list[str],
    produces: list[str],
) -> dict[str, Any]:
    new = {key: value for key, value in node.items() if key not in ("consumes", "produces", "parameters", "schemes")}
    own = node.get("parameters")
    own = [_shared(p, shared) for p in own] if isinstance(own, list) else []
    named = {_key(p) for p in own}
    above = [p for p in (_shared(p, shared) for p in common) if _key(p) not in named]
    held = [*above, *own]
    consumes, produces = _texts(node.get("consumes"), consumes), _texts(node.get("produces"), produces)
    new["parameters"] = [_parameter(p) for p in held if p.get("in") not in ("body", "formData")]
    if body := next((p for p in held if p.get("in") == "body"), None):
        content = {kind: {"schema": body.get("schema", {})} for kind in consumes}
        new["requestBody"] = {"required": body.get("required", False), "content": content}
    elif form := [p for p in held if p.get("in") == "formData"]:
        new["requestBody"] = {"content": {kind: {"schema": _form(form)} for kind in _form_kinds(consumes)}}
    if isinstance(responses := node.get("responses"), Mapping):
        new["responses"] = {str(status): _response(answer, produces) for status, answer in responses.items()}
    return new


def _shared(parameter: Any, shared: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A parameter, or what it refers to: a shared body must be found here, for it moves to another place."""
    if not isinstance(parameter, dict):
        return {}
    reference = parameter.get("$ref")
    known = shared.get(reference.rpartition("/")[2]) if isinstance(reference, str) else None
    return known if known is not None else parameter


def _parameter(old: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in old:
        return old
    schema = {key: value for key, value in old.items() if key not in _OUTSIDE_SCHEMA and not key.startswith("x-")}
    return {key: value for key, value in old.items() if key not in schema} | {"schema": schema}


def _form(fields: list[dict[str, Any]]) -> dict[str, Any]:
    properties = {str(f.get("name")): _parameter(f)["schema"] for f in fields}
    return {
        "type": "object",
        "properties": properties,
        "required": [f.get("name") for f in fields if f.get("required")],
    }


def _form_kinds(consumes: list[str]) -> list[str]:
    return [kind for kind in consumes if kind in _FORMS] or [_FORMS[0]]


def _response(old: Any, produces: list[str]) -> Any:
    if not isinstance(old, Mapping) or "$ref" in old:
        return old
    new = {key: value for key, value in old.items() if key not in ("schema", "examples", "headers")}
    if "schema" in old:
        new["content"] = {kind: {"schema": old["schema"]} for kind in produces}
    if headers := _mappings(old.get("headers")):
        new["headers"] = {name: _parameter(header) for name, header in headers.items()}
    return new


def _scheme(old: dict[str, Any]) -> dict[str, Any]:
    if old.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    if old.get("type") != "oauth2":
        return old
    urls = {key: old[key] for key in ("authorizationUrl", "tokenUrl", "scopes") if key in old}
    return {"type": "oauth2", "flows": {_FLOWS.get(str(old.get("flow")), str(old.get("flow"))): urls}}

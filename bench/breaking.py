"""Breaking changes: two versions of an API of 1 223 operations, with schemas in circles, made here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from archbook.contracts.breaking import diff_api
from archbook.contracts.document import read
from bench.measure import Measurement, measured, timed

OPERATIONS, SCHEMAS, PROPERTIES = 1223, 900, 12
JSON = "application/json"


def api(version: int) -> str:
    """A document; version 2 changes every tenth schema and parameter, renames some paths and drops others."""
    schemas = {f"Part{number}": _schema(number, version) for number in range(SCHEMAS)}
    paths: dict[str, Any] = {}
    for number in range(OPERATIONS):
        if version == 2 and number % 50 == 0:
            continue
        name = f"thing{number}s" if version == 1 or number % 20 else f"thing-{number}s"
        paths[f"/v1/{name}/{{id}}"] = {"post": _operation(number, version)}
    info = {"title": "things", "version": f"{version}.0"}
    return json.dumps({"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}})


def _schema(number: int, version: int) -> dict[str, Any]:
    kind = "string" if version == 1 or number % 10 else "integer"
    properties: dict[str, Any] = {f"p{n}": {"type": kind, "maxLength": 80} for n in range(PROPERTIES)}
    for step in (1, 7):
        properties[f"next{step}"] = {"$ref": f"#/components/schemas/Part{(number + step) % SCHEMAS}"}
    return {"type": "object", "required": ["p1", "p2"], "properties": properties}


def _operation(number: int, version: int) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/Part{number % SCHEMAS}"}
    needed = version == 2 and number % 10 == 0
    query = [{"name": f"q{n}", "in": "query", "required": needed, "schema": {"type": "integer"}} for n in range(5)]
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    answers = {str(status): {"content": {JSON: {"schema": schema}}} for status in (200, 400, 404)}
    return {"operationId": f"make{number}", "parameters": [path, *query], "responses": answers,
            "requestBody": {"content": {JSON: {"schema": schema}}}}  # fmt: skip


def run() -> Iterator[Measurement]:
    texts = api(1), api(2)
    old, new = (read(text, "api.json") for text in texts)
    found = diff_api(old, new)
    told = f"diff of {OPERATIONS} operations ({len(found.changes)} changes)"
    yield measured(told, timed(lambda: diff_api(old, new), repeats=5), limit=2.0)
    both = timed(lambda: diff_api(*(read(text, "api.json") for text in texts)), repeats=3)
    yield measured("the same with reading both", both, limit=2.0)

"""Whatever style a design declares, the service keeps to it: each answer is one that the design's document knows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from archbook.contracts.openapi import to_openapi
from archbook.contracts.service.app import create
from archbook.design.contract import Security, Style
from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.verbs import load
from tests.examples import example
from tests.services import Client

SHOP = load("ecommerce")
STYLES = {
    "cursors": Style(pagination="cursor"),
    "problem+json, camel, header": Style(errors="problem+json", case="camel", versioning="header", envelope=False),
    "cursors, kebab, media type": Style(
        pagination="cursor", case="kebab", versioning="media-type", envelope=False, errors="none"),
    "relative links, open lists": Style(links="relative", enums="open"),
    "cursors, absolute links": Style(pagination="cursor", links="absolute", case="camel"),
    "no pages": Style(pagination="none", versioning="none", max_page_size=5),
}  # fmt: skip
TYPES = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN percent AS integer CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE things (a integer, b uuid, mood mood NOT NULL, share percent, tags text[], raw bytea NOT NULL, at timetz,
  "order" interval, opens time, ratio double precision, exact numeric, "day" date NOT NULL,
  doubled integer GENERATED ALWAYS AS (a * 2) STORED, PRIMARY KEY (a, b));
"""


def changed(design: Design, **parts: Any) -> Design:
    made = design.model_copy(update=parts)
    made._source = replace(design.source)
    return made


def styled(style: Style, design: Design = SHOP) -> Design:
    return changed(design, api=design.api.model_copy(update={"style": style}))


def with_ddl(design: Design, ddl: dict[str, str]) -> Design:
    made = changed(design)
    made._source = replace(design.source, ddl=ddl)
    return made


THINGS = example("""
api:
  endpoints:
  - {name: GET /api/v1/things, service: front, list: true, resource: things, auth: none, filters: [mood, share, day]}
  - {name: POST /api/v1/things, service: front, resource: things, auth: none}
  - {name: "GET /api/v1/things/{a}/{b}", service: front, resource: things, auth: none}
  - {name: "PUT /api/v1/things/{a}/{b}", service: front, resource: things, auth: none}
  - {name: "PATCH /api/v1/things/{a}/{b}", service: front, resource: things, auth: none}
  - {name: "DELETE /api/v1/things/{a}/{b}", service: front, resource: things, auth: none}
  - {name: "GET /api/v1/things/{unknown}", service: front, resource: things, auth: none}
""")
DESIGNS = {
    **{name: styled(style) for name, style in STYLES.items()},
    "no security": changed(SHOP, security=Security()),
    "no tables": with_ddl(SHOP, {}),
    "no tables, cursors": with_ddl(styled(STYLES["cursors"]), {}),
    "odd types": with_ddl(THINGS, {"things-db": TYPES}),
    "minimal": load("minimal"),
    "first_draft": load("first_draft"),
}


def sent(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A value that a schema allows, from its examples."""
    schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "examples" in schema or "enum" in schema:
        return (schema.get("examples") or schema["enum"])[0]
    kinds = schema.get("type", "string")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    made = {name: sent(document, held) for name, held in schema.get("properties", {}).items()}
    return {"object": made, "string": "long enough", "integer": 1, "number": 1.5, "boolean": True, "array": []}[kind]


def requests(document: dict[str, Any]) -> list[tuple[str, str, Any, dict[str, str]]]:
    """Two requests to each endpoint: one with what its document wants, and one without a body."""
    found = []
    for path, item in document["paths"].items():
        for method, node in item.items():
            parameters = [document["components"]["parameters"][p["$ref"].rpartition("/")[2]] if "$ref" in p else p
                          for p in node.get("parameters", ())]  # fmt: skip
            filled = path
            for one in parameters:
                if one["in"] == "path":
                    filled = filled.replace(f"{{{one['name']}}}", str(sent(document, one["schema"])))
            headers = {
                p["name"]: sent(document, p["schema"]) for p in parameters if p["in"] == "header" and p["required"]
            }
            content = node.get("requestBody", {}).get("content", {})
            body = next((sent(document, held["schema"]) for held in content.values()), None)
            found += [(f"{method.upper()} {path}", f"{method.upper()} {filled}", one, headers) for one in (body, None)]
    return found


@pytest.mark.parametrize("name", DESIGNS)
def test_each_answer_is_one_that_the_document_knows(name: str) -> None:
    design = DESIGNS[name]
    document = to_openapi(design)
    app = create(design, rows=30, limits=False)
    client, good = Client(app), 0
    try:
        for operation, request, body, headers in requests(document):
            endpoint = design.endpoint(operation)
            signed = endpoint.auth != "none" and app.state.guard.kind == "jwt"
            who = next(iter(endpoint.roles), next(iter(app.state.guard.accounts.by_name))) if signed else ""
            answer = client.ask(request, body, who, headers)
            method, _, path = operation.partition(" ")
            known = document["paths"][path][method.lower()]["responses"]
            assert str(answer.status_code) in known, (request, answer.text)
            assert answer.status_code != 500, (request, answer.text)
            good += answer.status_code < 400
            held = known[str(answer.status_code)]
            held = document["components"]["responses"][held["$ref"].rpartition("/")[2]] if "$ref" in held else held
            if "content" in held:
                kind, shape = next(iter(held["content"].items()))
                assert answer.headers["content-type"] == kind
                checked = {**shape["schema"], "components": document["components"]}
                Draft202012Validator(checked).validate(json.loads(answer.content))
    finally:
        app.state.close()
    assert good >= len(design.api.endpoints) / 3


def test_cursors_walk_a_list_to_its_end_and_fit_no_other_list() -> None:
    app = create(DESIGNS["cursors"], rows=100, limits=False)
    client = Client(app)
    try:
        seen, cursor = [], ""
        while cursor is not None:
            page = client.ask(f"GET /api/v1/orders?limit=30{cursor and f'&cursor={cursor}'}", who="support").json()
            seen += [row["id"] for row in page["data"]]
            cursor = page["meta"]["next_cursor"]
        assert seen == sorted(range(1, 101), reverse=True)
        cursor = client.ask("GET /api/v1/orders?limit=2", who="support").json()["meta"]["next_cursor"]
        for wrong in (cursor[:-2] + "xx", "made-up", "é", cursor * 3):
            assert client.ask(f"GET /api/v1/orders?cursor={wrong}", who="support").status_code == 422
        for other in (f"GET /api/v1/payments?cursor={cursor}", f"GET /api/v1/orders?status=paid&cursor={cursor}"):
            assert client.ask(other, who="support").json()["error"]["field"] == "cursor"
    finally:
        app.state.close()


@pytest.mark.parametrize("name", ["relative links, open lists", "cursors, absolute links"])
def test_links_walk_a_list_to_its_end_and_back(name: str) -> None:
    app = create(DESIGNS[name], rows=100, limits=False)
    client, size = Client(app), "page_size" if name.startswith("relative") else "limit"
    try:
        seen, back = [], []
        address = f"/api/v1/orders?{size}=5&status=paid"
        while address:
            page = client.ask(f"GET {address.removeprefix('http://127.0.0.1')}", who="support").json()
            links, rows = page["meta"]["links"], page["data"]
            assert rows
            assert ("://" in links["self"]) == ("absolute" in name)
            seen += [row["id"] for row in rows]
            back.append(links.get("prev"))
            address = links["next"]
        whole = client.ask(f"GET /api/v1/orders?{size}=100&status=paid", who="support").json()["data"]
        assert seen == [row["id"] for row in whole]
        assert bool(back[1:] and back[1]) == ("prev" in links)
        empty = client.ask(f"GET /api/v1/orders?{size}=5&status=paid&page=99", who="support").json()
        if "prev" in links:
            assert f"page={-(-len(whole) // 5)}&" in empty["meta"]["links"]["prev"] + "&"
    finally:
        app.state.close()


def test_postgresql_answers_as_duckdb_does() -> None:
    answers = []
    for engine in ("duckdb", "postgresql"):
        app = create(SHOP, engine=engine, rows=50, limits=False)
        client, found = Client(app), list[Any]()
        try:
            me = app.state.guard.accounts.by_name["customer"].subject
            for path in ("orders?status=paid&page_size=5", f"users/{me}", "products/7", "categories/999/products",
                         "payments?sort=-created_at"):  # fmt: skip
                answer = client.ask(f"GET /api/v1/{path}", who="support")
                found.append((answer.status_code, answer.headers.get("etag"), answer.json().get("data")))
            order = {"total": "12.50", "currency": "euro", "shipping_address": {}}
            wrong = client.ask("POST /api/v1/orders", order, "customer", {"Idempotency-Key": "a"})
            taken = client.ask("GET /api/v1/products/8").json()["data"]["sku"]
            twice = client.ask("PATCH /api/v1/products/7", {"sku": taken}, "admin")
            gone = client.ask("DELETE /api/v1/users/7", who="admin")
            found += [(r.status_code, r.json()["error"]["field"]) for r in (wrong, twice)] + [gone.status_code]
        finally:
            app.state.close()
        answers.append(found)
    assert answers[0] == answers[1]
    assert answers[0][-3:] == [(422, "currency"), (409, "sku"), 204]


def test_a_design_without_endpoints_is_one_sentence() -> None:
    with pytest.raises(ArchbookError, match="has no endpoints"):
        create(changed(SHOP, api=SHOP.api.model_copy(update={"endpoints": ()})))


def test_without_guards_nobody_is_asked_who_they_are() -> None:
    app = create(SHOP, rows=30, guard=False, limits=False)
    try:
        assert Client(app).ask("GET /api/v1/orders").json()["meta"]["total"] == 30
    finally:
        app.state.close()


def test_lists_read_one_by_one_are_the_same_lists() -> None:
    answers = []
    for one_by_one in (False, True):
        app = create(SHOP, rows=30, guard=False, limits=False, one_by_one=one_by_one)
        answers.append(Client(app).ask("GET /api/v1/products?page_size=10").json()["data"])
        app.state.close()
    assert answers[0] == answers[1]

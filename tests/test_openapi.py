"""OpenAPI from designs: valid, honest about the tables, and silent about secrets."""

from __future__ import annotations

import datetime
import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from archbook import lint_api, load
from archbook.contracts.breaking import diff_api
from archbook.contracts.document import Document
from archbook.contracts.exchanges import cache_control, sunset
from archbook.contracts.openapi import to_openapi
from archbook.contracts.resources import filters_of, owner_column, resource_of
from archbook.contracts.shapes import create_shape, patch_shape, read_shape
from archbook.design.contract import Api, Endpoint, Style
from archbook.design.loading import read
from archbook.design.model import Design, Source
from archbook.errors import ArchbookError, UnknownName
from archbook.schema import parse

DESIGNS = ("ecommerce", "first_draft", "minimal")
HEAD = "archbook: 1\nname: shop\ntraffic: {daily_active_users: 1}\nservices: {app: {instances: 1}}\n"


def a_design(endpoints: str, ddl: str = "", rest: str = "") -> Design:
    """A design of one service with one store that has this DDL."""
    store = "stores: {db: {engine: postgresql, owner: app}}\n" if ddl else ""
    design = read(f"{HEAD}{store}{rest}\napi: {{endpoints: [{endpoints}]}}")
    design._source = Source(ddl={"db": ddl} if ddl else {})
    return design


def shape_of(column: str, kind: str = "create") -> dict[str, Any]:
    """The schema of the one column of a table as a client sends or reads it."""
    design = a_design("{name: POST /things, service: app, resource: things}", f"CREATE TABLE things ({column})")
    endpoint = design.api.endpoints[0]
    make = {"create": create_shape, "patch": patch_shape}.get(kind)
    resource = resource_of(design, endpoint)
    shape = make(resource, endpoint, "snake") if make else read_shape(resource, "snake")
    held = next(iter(shape["properties"].values()), {})
    held.pop("examples", None)
    return held


def properties(node: Any) -> Iterator[str]:
    """The name of every property of every schema in a document."""
    if isinstance(node, dict):
        if isinstance(held := node.get("properties"), dict):
            yield from held
        node = list(node.values())
    for inner in node if isinstance(node, list) else ():
        yield from properties(inner)


@pytest.mark.parametrize("name", DESIGNS)
def test_the_document_of_a_shipped_design_is_valid_and_always_the_same(name: str) -> None:
    document = to_openapi(load(name))
    validate(document)
    assert json.dumps(document) == json.dumps(to_openapi(load(name)))


STYLES = [
    dict(zip(("versioning", "envelope", "errors", "pagination", "case"), held, strict=True))
    for held in itertools.chain(
        itertools.product(
            ["header"], [True, False], ["envelope", "problem+json", "none"], ["page", "cursor", "none"], ["camel"]
        ),
        [("media-type", False, "problem+json", "cursor", "kebab"), ("none", True, "none", "page", "snake")],
    )
] + [
    {"versioning": "header", "envelope": envelope, "errors": "envelope", "pagination": pagination, "links": links,
     "enums": "open"}
    for envelope, pagination, links in ((True, "page", "relative"), (False, "cursor", "absolute"))
]  # fmt: skip


@pytest.mark.parametrize("style", STYLES, ids=lambda style: "-".join(str(value) for value in style.values()))
def test_every_style_gives_a_valid_document(style: dict[str, Any]) -> None:
    design = load("minimal")
    document = to_openapi(design.changed({("api", "style"): Style(**style)}))
    validate(document)
    listed = document["paths"]["/api/v1/orders"]["get"]
    schema = document["components"]["schemas"]["OrderList"]["properties"]
    assert ("data" in schema, "items" in schema) == (style["envelope"], not style["envelope"])
    asked = [p["$ref"].rpartition("/")[2] for p in listed["parameters"] if "$ref" in p]
    expected = {"page": ["Page", "PageSize"], "cursor": ["Cursor", "Limit"], "none": []}[style["pagination"]]
    assert asked[: len(expected)] == expected
    assert ("ApiVersion" in asked) == (style["versioning"] == "header")
    kinds = {
        kind for answer in document["components"]["responses"].values() for kind in answer.get("content", {"none": 0})
    }
    assert kinds == {
        {"envelope": "application/json", "problem+json": "application/problem+json", "none": "none"}[style["errors"]]
    }


@pytest.mark.parametrize("style", STYLES, ids=lambda style: "-".join(str(value) for value in style.values()))
def test_a_document_keeps_every_rule_of_the_style_that_its_design_declares(style: dict[str, Any]) -> None:
    old = load("minimal")
    endpoints = tuple(e.model_copy(update={"name": e.name.replace("/v1", "")}) for e in old.api.endpoints)
    design = old.changed({("api", "style"): Style(**style), ("api", "endpoints"): endpoints})
    meant = {"list-without-pagination"} if style["pagination"] == "none" else set()
    meant |= {"error-shape"} if style["errors"] == "none" else set()
    assert {finding.rule for finding in lint_api(design).findings} == meant


def test_strangers_are_not_told_what_only_the_design_needs_to_know() -> None:
    text = json.dumps(to_openapi(load("ecommerce"), public=True))
    assert "Argon2id" in json.dumps(to_openapi(load("ecommerce")))
    assert [word for word in ("Argon2id", "Vault", "300/min", "request_size", '"x-archbook"') if word in text] == []
    validate(json.loads(text))


@pytest.mark.parametrize("name", DESIGNS)
def test_no_secret_column_stands_in_any_answer(name: str) -> None:
    document = to_openapi(load(name))
    sent = {**document["components"]["schemas"]}
    answered = {key: held for key, held in sent.items() if not re.search(r"(Create|Patch)\d*$", key)}
    assert not [p for p in properties(answered) if re.search("password|hash|token|secret", p)]
    assert ("password" in set(properties(sent["UserCreate"]))) == (name != "minimal")  # whose users have none


@pytest.mark.parametrize("name", DESIGNS)
def test_the_examples_are_values_that_their_schemas_allow(name: str) -> None:
    count = 0
    for schema in to_openapi(load(name))["components"]["schemas"].values():
        for held in schema.get("properties", {}).values():
            for example in held.get("examples", ()):
                Draft202012Validator(held, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(example)
                count += 1
    assert count > 10


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("a varchar(20) NOT NULL", {"type": "string", "maxLength": 20}),
        ("a varchar(20)", {"type": ["string", "null"], "maxLength": 20}),
        ("a text NOT NULL", {"type": "string", "maxLength": 200}),
        ("a text NOT NULL CHECK (a IN ('x', 'y'))", {"type": "string", "enum": ["x", "y"]}),
        ("a text CHECK (a IN ('x', 'y'))", {"type": ["string", "null"], "enum": ["x", "y", None]}),
        ("a text NOT NULL CHECK (char_length(a) BETWEEN 3 AND 9)", {"type": "string", "minLength": 3, "maxLength": 9}),
        ("a text NOT NULL CHECK (a ~ '^[A-Z]{3}$')", {"type": "string", "maxLength": 200, "pattern": "^[A-Z]{3}$"}),
        ("email text NOT NULL", {"type": "string", "maxLength": 200, "format": "email"}),
        ("a integer NOT NULL CHECK (a > 0 AND a <= 99)",
         {"type": "integer", "format": "int32", "minimum": 1, "maximum": 99}),
        ("a smallint NOT NULL", {"type": "integer", "format": "int32", "minimum": -32768, "maximum": 32767}),
        ("a numeric(12, 2) NOT NULL CHECK (a >= 0)",
         {"type": "string", "format": "decimal", "pattern": "^[0-9]{1,10}([.][0-9]{1,2})?$", "maxLength": 14}),
        ("a numeric(2, 1) NOT NULL CHECK (a BETWEEN 1 AND 5)", {"type": "number", "minimum": 1.0, "maximum": 5.0}),
        ("a uuid NOT NULL", {"type": "string", "format": "uuid"}),
        ("a timestamptz NOT NULL", {"type": "string", "format": "date-time"}),
        ("a timestamptz NOT NULL DEFAULT now()", {}),
        ("created_at timestamptz NOT NULL", {}),
        ("a bigint GENERATED ALWAYS AS IDENTITY", {}),
        ("a boolean NOT NULL", {"type": "boolean"}),
        ("a jsonb NOT NULL", {"type": "object", "maxProperties": 100}),
        ("a text[] NOT NULL",
         {"type": "array", "maxItems": 100,
          "items": {"type": ["string", "null"], "maxLength": 200, "examples": ["a"]}}),
        ("api_key text NOT NULL", {}),
    ],
)  # fmt: skip
def test_what_the_ddl_says_of_a_column_is_what_a_client_may_send(column: str, expected: dict[str, Any]) -> None:
    assert shape_of(column) == expected


def test_what_is_read_has_only_the_limits_of_the_ddl() -> None:
    assert shape_of("a text NOT NULL", "read") == {"type": "string"}
    assert shape_of("a varchar(20) NOT NULL", "read") == {"type": "string", "maxLength": 20}


def sent_to(endpoint: str, ddl: str) -> set[str]:
    design = a_design(endpoint, ddl, "security: {roles: {admin: {}}}")
    made = design.api.endpoints[0]
    make = patch_shape if made.method == "PATCH" else create_shape
    return set(make(resource_of(design, made), made, "snake")["properties"])


ORDERS = """CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint NOT NULL,
status text NOT NULL DEFAULT 'open', note text);
CREATE TABLE lines (order_id bigint REFERENCES orders (id), product_id bigint, quantity int NOT NULL,
PRIMARY KEY (order_id, product_id))"""
USERS = "CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL, role text NOT NULL, is_admin boolean)"


@pytest.mark.parametrize(
    ("endpoint", "ddl", "expected"),
    [
        ("{name: POST /orders, service: app}", ORDERS, {"user_id", "status", "note"}),
        ("{name: POST /orders, service: app, ownership: true}", ORDERS, {"note"}),
        ('{name: "PATCH /orders/{id}", service: app}', ORDERS, {"status", "note"}),
        ('{name: "PUT /orders/{id}/lines/{product_id}", service: app}', ORDERS, {"quantity"}),
        ('{name: "POST /orders/{id}/lines", service: app}', ORDERS, {"product_id", "quantity"}),
        ("{name: POST /users, service: app, auth: none}", USERS, {"email"}),
        ('{name: "PATCH /users/{id}", service: app, ownership: true}', USERS, {"email"}),
        ('{name: "PATCH /users/{id}", service: app, roles: [admin]}', USERS, {"email", "role", "is_admin"}),
        ("{name: POST /users, service: app, auth: none, validated: false}", USERS, {"email", "role", "is_admin"}),
    ],
)
def test_nobody_sends_what_the_path_the_token_or_the_server_says(endpoint: str, ddl: str, expected: set[str]) -> None:
    assert sent_to(endpoint, ddl) == expected


@pytest.mark.parametrize("ddl", ["CREATE TABLE things (size int);", "CREATE TABLE things (size int) -- no semicolon"])
def test_a_migration_of_a_table_is_a_change_of_what_clients_read(ddl: str) -> None:
    design = a_design("{name: GET /things, service: app, resource: things}", ddl)
    after = design.migrated("db", "ALTER TABLE things RENAME COLUMN size TO width")
    read = [to_openapi(one)["components"]["schemas"]["Thing"]["required"] for one in (design, after)]
    assert read == [["size"], ["width"]]
    with pytest.raises(UnknownName, match="no store with a schema file `bd`; known are `db`"):
        design.migrated("bd", "")


def test_filters_are_typed_by_their_columns() -> None:
    ddl = """CREATE TABLE things (id int, kind text CHECK (kind IN ('a')), title text, price numeric(9,2), made_at date,
    data jsonb, password text, tags text[], words tsvector)"""
    design = a_design(
        "{name: GET /things, service: app, list: true, filters: [id, kind, title, price, made_at, data, password, tags,"
        " words, x]}",
        ddl,
    )
    endpoint = design.api.endpoints[0]
    told = [(f.parameter, f.operator) for f in filters_of(resource_of(design, endpoint), endpoint)]
    assert told == [("id", "="), ("kind", "="), ("title", "contains"), ("price_from", ">="), ("price_to", "<"),
                    ("made_at_from", ">="), ("made_at_to", "<")]  # fmt: skip


def test_the_tables_of_a_real_schema_give_a_valid_document_and_examples(corpus: Callable[[str], Path]) -> None:
    ddl = corpus("ddl/pagila-schema.sql").read_text()
    tables = [(table.name, [c.name for c in table.columns]) for table in parse(ddl).tables.values()]
    methods = (("GET", ""), ("POST", ""), ("GET", "/{id}"), ("PUT", "/{id}"), ("PATCH", "/{id}"))
    endpoints = tuple(
        Endpoint(name=f"{method} /{name}{tail}", service="app", resource=name, list=not tail, filters=tuple(columns))
        for name, columns in tables
        for method, tail in methods
    )
    document = to_openapi(a_design("{name: GET /a, service: app}", ddl).changed({("api", "endpoints"): endpoints}))
    validate(document)
    schemas = document["components"]["schemas"]
    assert len(schemas) > len(tables) > 20
    assert not {"password", "fulltext"} & {*schemas["Staff"]["properties"], *schemas["Film"]["properties"]}
    assert schemas["FilmCreate"]["properties"]["release_year"]["minimum"] == 1901  # of a domain
    asked = [p.get("name") for p in document["paths"]["/staff"]["get"]["parameters"]]
    assert "username" in asked
    assert "password" not in asked


def test_a_name_that_is_not_latin_is_found_as_it_is_written_only() -> None:
    endpoints = ('{name: GET /a, service: app, resource: "товары"}', '{name: GET /b, service: app, resource: "люди"}')
    design = a_design(", ".join(endpoints), 'CREATE TABLE "товары" (id int)')
    assert [resource_of(design, endpoint).table is not None for endpoint in design.api.endpoints] == [True, False]
    validate(to_openapi(design))


def test_the_table_is_sought_in_what_the_service_owns_before_what_it_calls() -> None:
    design = load("ecommerce")
    for name, store in (("GET /api/v1/orders", "orders-db"), ("GET /api/v1/payments", "payments-db")):
        resource = resource_of(design, design.endpoint(name))
        assert resource.table
        assert f"TABLE {resource.table.name} (" in (design.ddl(store) or "")
        assert owner_column(resource.table) == "user_id"
    draft = load("first_draft")  # nobody owns its store; every service calls it
    assert resource_of(draft, draft.endpoint("GET /getUsers")).table


def test_a_design_without_tables_and_security_has_a_valid_document() -> None:
    document = to_openapi(
        a_design(
            '{name: "PUT /a/{x}/b", service: app}, {name: HEAD /a, service: app}, {name: OPTIONS /a, service: app}'
        )
    )
    validate(document)
    assert "securitySchemes" not in document["components"]
    assert "security" not in document["paths"]["/a"]["head"]  # nothing is known, which is not: everybody may


def test_a_design_without_endpoints_is_refused_in_one_sentence() -> None:
    with pytest.raises(
        ArchbookError, match=r"^shop: has no endpoints, so there is no API; add one under `api: endpoints:`$"
    ):
        to_openapi(a_design("").changed({("api",): Api()}))


@pytest.mark.parametrize(
    ("kind", "scheme", "first"),
    [
        ("jwt", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
         [{"jwt": ["support"]}, {"jwt": ["admin"]}]),
        ("session", {"type": "apiKey", "in": "cookie", "name": "session"},
         [{"session": ["support"]}, {"session": ["admin"]}]),
        ("api-key", {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
         [{"apiKey": ["support"]}, {"apiKey": ["admin"]}]),
        ("mtls", {"type": "mutualTLS"}, [{"mtls": ["support"]}, {"mtls": ["admin"]}]),
        ("oauth2", None, [{"oauth2": ["orders:cancel"]}, {"oauth2": ["orders:write"]}]),
    ],
)  # fmt: skip
def test_who_may_call_stands_at_each_operation(kind: str, scheme: dict[str, str] | None, first: list[Any]) -> None:
    rest = (
        f"security: {{authentication: {{kind: {kind}}}, roles: {{support: {{may: ['orders:cancel']}}, admin: {{}}}}}}"
    )
    design = a_design(
        '{name: "PATCH /orders/{id}", service: app, roles: [support, admin]},'
        "{name: GET /orders, service: app, auth: none}",
        "",
        rest,
    )
    document = to_openapi(design)
    validate(document)
    held = next(iter(document["components"]["securitySchemes"].values()))
    if scheme:
        assert held == scheme
    else:
        assert list(held["flows"]["clientCredentials"]["scopes"]) == ["orders:cancel", "orders:write"]
    assert document["paths"]["/orders/{id}"]["patch"]["security"] == first
    assert document["paths"]["/orders"]["get"]["security"] == []


def test_what_goes_before_the_day_that_was_told_breaks_a_client_and_after_it_nobody() -> None:
    stays = "{name: GET /a, service: app}"
    gone = to_openapi(a_design(stays))

    def removed(sunset: str) -> list[str]:
        told = to_openapi(a_design(f'{stays}, {{name: GET /b, service: app, deprecated: true, sunset: "{sunset}"}}'))
        today = datetime.date(2026, 11, 26)
        return [change.kind for change in diff_api(Document("told", told), Document("gone", gone), today).changes]

    assert removed("2027-06-30") == ["api-path-removed-before-sunset", "api-version-not-bumped"]
    assert removed("2026-06-30") == ["api-path-removed-with-deprecation"]


def test_what_the_design_knows_of_caching_and_the_end_is_said_exactly() -> None:
    old = Endpoint.model_validate(
        {"name": "GET /a", "service": "a", "cache": "1min", "deprecated": True, "sunset": "2027-01-31"}
    )
    assert (cache_control(old), sunset(old)) == ("private, max-age=60", "Sun, 31 Jan 2027 00:00:00 GMT")
    sent = to_openapi(load("minimal").changed({("api", "endpoints"): (old,)}))["paths"]["/a"]["get"]["responses"]["200"]
    assert sent["headers"]["Cache-Control"]["schema"]["const"] == cache_control(old)
    assert {"Deprecation", "Sunset"} <= set(sent["headers"])

"""What a new version of an API breaks: every kind, by the two smallest documents between which it lies."""

import copy
import datetime
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archbook as ab
from archbook.contracts.breaking import diff_api
from archbook.contracts.changes import Changes
from archbook.contracts.document import read
from archbook.contracts.kinds import KINDS, LEVELS

JSON = "application/json"
TODAY = datetime.date(2026, 11, 26)
USER = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}


def api(**operation: Any) -> dict[str, Any]:
    """A document with one operation, ``POST /users/{id}``."""
    parts = operation.pop("components", {}), operation.pop("top", {})
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    node = {"responses": {"200": {"description": "OK"}}, **operation}
    node["parameters"] = [path, *operation.get("parameters", ())]
    info = {"title": "users", "version": "1.0.0"}
    paths = {"/users/{id}": {"post": node}}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": parts[0], **parts[1]}


def asks(schema: Any, **more: Any) -> dict[str, Any]:
    return api(requestBody={"required": True, "content": {JSON: {"schema": schema}}}, **more)


def answers(schema: Any, **more: Any) -> dict[str, Any]:
    return api(responses={"200": {"description": "OK", "content": {JSON: {"schema": schema}}}}, **more)


def takes(schema: Any, **more: Any) -> dict[str, Any]:
    return api(parameters=[{"name": "q", "in": "query", "schema": schema, **more}])


def heads(schema: Any, **more: Any) -> dict[str, Any]:
    headers = {"X-Total": {"schema": schema, **more}}
    return api(responses={"200": {"description": "OK", "headers": headers}})


def inside(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}}


def changes(old: dict[str, Any], new: dict[str, Any]) -> Changes:
    return diff_api(read(json.dumps(old), "old.json"), read(json.dumps(new), "new.json"), TODAY)


def kinds(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    return {change.kind: change.level for change in changes(old, new).changes}


PLACES = {
    "request-body": asks,
    "request-property": lambda schema: asks(inside(schema)),
    "request-parameter": takes,
    "request-parameter-property": lambda schema: takes(inside(schema)),
    "response-body": answers,
    "response-property": lambda schema: answers(inside(schema)),
    "response-header": heads,
}
TEXT, NUMBER = {"type": "string"}, {"type": "number"}
CARD, CASH = ({"title": name, "type": "object", "properties": {name: TEXT}} for name in ("card", "cash"))
EDITS: list[tuple[str, Any, Any]] = [
    ("type-changed", TEXT, NUMBER),
    ("became-nullable", TEXT, {"type": ["string", "null"]}),
    ("became-not-nullable", TEXT | {"nullable": True}, TEXT),
    ("became-enum", TEXT, TEXT | {"enum": ["a"]}),
    ("became-not-enum", TEXT | {"const": "a"}, TEXT),
    ("enum-value-removed", TEXT | {"enum": ["a", "b"]}, TEXT | {"enum": ["a"]}),
    ("enum-value-added", TEXT | {"enum": ["a"]}, TEXT | {"enum": ["a", "b"]}),
    ("pattern-added", TEXT, TEXT | {"pattern": "^a"}),
    ("pattern-changed", TEXT | {"pattern": "^a"}, TEXT | {"pattern": "^b"}),
    ("pattern-removed", TEXT | {"pattern": "^a"}, TEXT),
    ("one-of-added", {"oneOf": [CARD]}, {"oneOf": [CARD, CASH]}),
    ("one-of-removed", {"oneOf": [CARD, CASH]}, {"oneOf": [CARD]}),
    ("any-of-added", {"anyOf": [CARD]}, {"anyOf": [CARD, CASH]}),
    ("any-of-removed", {"anyOf": [CARD, CASH]}, {"anyOf": [CARD]}),
]
REQUEST_EDITS = [
    ("type-generalized", {"type": "integer"}, NUMBER),
    ("x-extensible-enum-value-removed", TEXT | {"x-extensible-enum": ["a", "b"]}, TEXT | {"x-extensible-enum": ["b"]}),
    ("default-value-added", TEXT, TEXT | {"default": "a"}),
    ("default-value-changed", TEXT | {"default": "a"}, TEXT | {"default": "b"}),
    ("default-value-removed", TEXT | {"default": "a"}, TEXT),
]
RESPONSE_EDITS = [("type-specialized", NUMBER, {"type": "integer"})]
BOUNDS = {"max": "maximum", "min": "minimum", "exclusive-max": "exclusiveMaximum", "exclusive-min": "exclusiveMinimum",
          "max-length": "maxLength", "min-length": "minLength", "max-items": "maxItems", "min-items": "minItems",
          "max-properties": "maxProperties", "min-properties": "minProperties"}  # fmt: skip
for _name, _keyword in BOUNDS.items():
    _low, _high = {_keyword: 3}, {_keyword: 5}
    EDITS += [(f"{_name}-increased", _low, _high), (f"{_name}-decreased", _high, _low)]
    EDITS += [(f"{_name}-set", {}, _high), (f"{_name}-unset", _high, {})]
OF_VALUES = {
    f"{place}-{tail}": (make(old), make(new))
    for place, make in PLACES.items()
    for tail, old, new in EDITS + (REQUEST_EDITS if place.startswith("request") else RESPONSE_EDITS)
}


def test_parts_within_parts_are_put_together_once_each_however_often_they_are_named() -> None:
    def deep(kind: str) -> dict[str, Any]:
        document = answers({"$ref": "#/components/schemas/S0"})
        shapes: dict[str, Any] = {
            f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}", "description": d} for d in "abcdefgh"],
                      "description": "a part"} for n in range(40)}  # fmt: skip
        document["components"] = {"schemas": {**shapes, "S40": {"properties": {"x": {"type": kind}}}}}
        return document

    assert "response-property-type-changed" in kinds(deep("string"), deep("integer"))


def test_many_renamed_properties_and_paths_are_recognised_and_end() -> None:
    def many(make: Callable[[int], str]) -> dict[str, Any]:
        return answers({"type": "object", "properties": {make(n): TEXT for n in range(500)}})

    changed = changes(many(lambda n: f"userName{n}"), many(lambda n: f"user_name{n}"))
    assert sum(bool(change.renamed_to) for change in changed.changes) == 500

    def paths(prefix: str) -> dict[str, Any]:
        names = (f"get{chr(97 + n % 26) * (n // 26 + 1)}" for n in range(600))
        nodes = {f"{prefix}/things-{n}": {"get": {"operationId": name}} for n, name in enumerate(names)}
        return {**api(), "paths": nodes}

    moved = changes(paths("/shop"), paths("/api/shop"))
    assert sum(bool(change.renamed_to) for change in moved.changes) == 600


def test_a_format_that_is_no_text_is_none() -> None:
    assert kinds(takes({"format": []}), takes({"format": {}})) == {}
    assert "request-parameter-type-changed" in kinds(takes(TEXT | {"format": []}), takes(NUMBER | {"format": {}}))


def gone(**node: Any) -> dict[str, Any]:
    """With a second path."""
    document = api()
    document["paths"]["/orders"] = {"get": {"responses": {"200": {"description": "OK"}}, **node}}
    return document


def beside(**node: Any) -> dict[str, Any]:
    """With a second method of the first path."""
    document = api()
    document["paths"]["/users/{id}"]["delete"] = {"responses": {"204": {"description": "OK"}}, **node}
    return document


def flows(url: str, *scopes: str) -> dict[str, Any]:
    flow = {"clientCredentials": {"tokenUrl": url, "scopes": dict.fromkeys(scopes, "")}}
    return api(components={"securitySchemes": {"oauth": {"type": "oauth2", "flows": flow}}})


def version(text: str, *, broken: bool = False) -> dict[str, Any]:
    return (beside() if broken else api()) | {"info": {"title": "users", "version": text}}


def secured(*ways: dict[str, list[str]]) -> dict[str, Any]:
    return api(security=list(ways))


def statuses(*names: str) -> dict[str, Any]:
    return api(responses={name: {"description": "it"} for name in names})


def media(*names: str) -> dict[str, Any]:
    return {name: {"schema": {}} for name in names}


BODY = {"content": {JSON: {"schema": USER}}}
NEEDS_NAME = USER | {"required": ["id", "name"]}
OLD_KEY, NEW_KEY = {"key": []}, {"token": []}
WITH_DEFAULT = {"type": "object", "properties": {"a": TEXT | {"default": "x"}}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "endpoint-added": (api(), gone()),
    "endpoint-deprecated": (api(), api(deprecated=True)),
    "endpoint-deprecated-with-sunset": (api(), api(deprecated=True, **{"x-sunset": "2027-06-01"})),
    "endpoint-reactivated": (api(deprecated=True), api()),
    "api-path-removed-without-deprecation": (gone(), api()),
    "api-path-removed-before-sunset": (gone(deprecated=True, **{"x-sunset": "2027-06-01"}), api()),
    "api-path-removed-with-deprecation": (gone(deprecated=True, **{"x-sunset": "2026-06-01"}), api()),
    "api-removed-without-deprecation": (beside(), api()),
    "api-removed-before-sunset": (beside(deprecated=True, **{"x-sunset": "2027-06-01"}), api()),
    "api-removed-with-deprecation": (beside(deprecated=True), api()),
    "sunset-deleted": (api(deprecated=True, **{"x-sunset": "2027-06-01"}), api(deprecated=True)),
    "api-sunset-date-changed-too-small": (
        api(deprecated=True, **{"x-sunset": "2027-06-01"}), api(deprecated=True, **{"x-sunset": "2027-01-01"})),
    "api-operation-id-removed": (api(operationId="changeUser"), api(operationId="editUser")),
    "api-version-not-bumped": (version("1.0.0", broken=True), version("1.0.0")),
    "api-major-version-not-bumped": (version("1.0.0", broken=True), version("1.1.0")),
    "api-security-added": (secured(OLD_KEY), secured(OLD_KEY, NEW_KEY)),
    "api-security-removed": (secured(OLD_KEY, NEW_KEY), secured(NEW_KEY)),
    "api-global-security-added": (api(top={"security": [OLD_KEY]}), api(top={"security": [OLD_KEY, NEW_KEY]})),
    "api-global-security-removed": (api(top={"security": [OLD_KEY, NEW_KEY]}), api(top={"security": [NEW_KEY]})),
    "api-security-scope-added": (secured({"key": ["read"]}), secured({"key": ["read", "write"]})),
    "api-security-scope-removed": (secured({"key": ["read", "write"]}), secured({"key": ["read"]})),
    "api-security-component-type-changed": (
        api(components={"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}),
        api(components={"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}})),
    "api-security-component-oauth-token-url-changed": (flows("https://a/token"), flows("https://b/token")),
    "api-security-component-oauth-scope-removed": (flows("/token", "read", "write"), flows("/token", "read")),
    "request-body-added-required": (api(), asks(USER)),
    "request-body-added-optional": (api(), api(requestBody=BODY)),
    "request-body-removed": (asks(USER), api()),
    "request-body-became-required": (api(requestBody=BODY), asks(USER)),
    "request-body-became-optional": (asks(USER), api(requestBody=BODY)),
    "request-body-media-type-removed": (
        api(requestBody={"content": media(JSON, "text/csv")}), api(requestBody={"content": media(JSON)})),
    "request-body-media-type-added": (
        api(requestBody={"content": media(JSON)}), api(requestBody={"content": media(JSON, "text/csv")})),
    "request-parameter-removed": (takes(TEXT), api()),
    "new-required-request-parameter": (api(), takes(TEXT, required=True)),
    "new-request-path-parameter": (api(), api(parameters=[{"name": "b", "in": "path", "required": True}])),
    "new-optional-request-parameter": (api(), takes(TEXT)),
    "request-parameter-became-required": (takes(TEXT), takes(TEXT, required=True)),
    "request-parameter-became-optional": (takes(TEXT, required=True), takes(TEXT)),
    "request-property-removed": (asks(inside(TEXT)), asks({"type": "object"})),
    "new-required-request-property": (asks({"type": "object"}), asks(inside(TEXT) | {"required": ["a"]})),
    "new-required-request-property-with-default": (
        asks({"type": "object"}), asks(WITH_DEFAULT | {"required": ["a"]})),
    "new-optional-request-property": (asks({"type": "object"}), asks(inside(TEXT))),
    "request-property-became-required": (asks(USER), asks(NEEDS_NAME)),
    "request-property-became-required-with-default": (asks(WITH_DEFAULT), asks(WITH_DEFAULT | {"required": ["a"]})),
    "request-property-became-optional": (asks(NEEDS_NAME), asks(USER)),
    "response-required-property-removed": (answers(inside(TEXT) | {"required": ["a"]}), answers({"type": "object"})),
    "response-optional-property-removed": (answers(inside(TEXT)), answers({"type": "object"})),
    "response-required-property-added": (answers({"type": "object"}), answers(inside(TEXT) | {"required": ["a"]})),
    "response-optional-property-added": (answers({"type": "object"}), answers(inside(TEXT))),
    "response-property-became-optional": (answers(NEEDS_NAME), answers(USER)),
    "response-property-became-required": (answers(USER), answers(NEEDS_NAME)),
    "response-success-status-removed": (statuses("200", "202"), statuses("200")),
    "response-success-status-added": (statuses("200"), statuses("200", "202")),
    "response-non-success-status-removed": (statuses("200", "404"), statuses("200")),
    "response-non-success-status-added": (statuses("200"), statuses("200", "404")),
    "response-media-type-removed": (
        api(responses={"200": {"content": media(JSON, "text/csv")}}), api(responses={"200": {"content": media(JSON)}})),
    "response-media-type-added": (
        api(responses={"200": {"content": media(JSON)}}), api(responses={"200": {"content": media(JSON, "text/csv")}})),
    "required-response-header-removed": (heads(TEXT, required=True), statuses("200")),
    "optional-response-header-removed": (heads(TEXT), statuses("200")),
    "response-header-became-optional": (heads(TEXT, required=True), heads(TEXT)),
    "response-header-added": (statuses("200"), heads(TEXT)),
}  # fmt: skip


BOTH_WAYS = {"api-operation-id-removed", "api-security-component-type-changed",
             "api-security-component-oauth-token-url-changed"}  # fmt: skip


def found_level(found: Changes, kind: str) -> str:
    return next(change.level for change in found.changes if change.kind == kind)


def test_no_kind_is_without_a_case() -> None:
    assert KINDS.keys() == CASES.keys() | OF_VALUES.keys()


@pytest.mark.parametrize("kind", CASES)
def test_a_kind_is_found_and_the_way_back_is_another(kind: str) -> None:
    old, new = CASES[kind]
    found = changes(old, new)
    assert kind in {change.kind for change in found.changes}
    assert kinds(new, old).get(kind) != found_level(found, kind) or kind in BOTH_WAYS
    for change in found.changes:
        assert (change.client == "") is (change.level == "safe") is (change.path == ""), change
        assert not re.search(r"[{}]", change.client.replace("{id}", "")), change


def test_a_kind_of_a_value_is_the_only_one_found() -> None:
    wrong = {
        kind: found for kind, (old, new) in OF_VALUES.items() if (found := kinds(old, new)).keys() - _VERSION != {kind}
    }
    assert wrong == {}


_VERSION = {"api-version-not-bumped"}


def test_what_narrows_a_request_or_widens_an_answer_is_never_safe() -> None:
    """What is safe one way is not the other: a bound that a request may lose, an answer may not."""
    for tail in (f"{bound}-{action}" for bound in BOUNDS for action in ("increased", "decreased", "set", "unset")):
        assert {KINDS[f"request-body-{tail}"].level, KINDS[f"response-body-{tail}"].level} == {"breaking", "safe"}


@pytest.mark.parametrize("document", [asks(USER), answers(USER), takes(TEXT), heads(TEXT), gone(), flows("/a", "b")])
def test_nothing_changed_is_nothing_found(document: dict[str, Any]) -> None:
    found = changes(document, copy.deepcopy(document))
    assert (found.changes, found.exit_code) == ((), 0)
    assert "nothing changed" in found.text()


def named(schemas: dict[str, Any], *users: str) -> dict[str, Any]:
    """Operations that all answer with the schema `A`."""
    content = {JSON: {"schema": {"$ref": "#/components/schemas/A"}}}
    paths = {path: {"get": {"responses": {"200": {"content": content}}}} for path in users or ("/a",)}
    return {"openapi": "3.1.0", "info": {"version": "1"}, "paths": paths, "components": {"schemas": schemas}}


REF_A, REF_B = {"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}


def test_a_named_schema_is_told_once_with_all_that_use_it() -> None:
    old = {"A": {"properties": {"b": REF_B}}, "B": {"properties": {"name": TEXT}}}
    new = {"A": {"properties": {"b": REF_B}}, "B": {"properties": {"name": NUMBER}}}
    [change, _] = changes(named(old, "/a", "/b"), named(new, "/a", "/b")).changes
    assert (change.kind, change.it, change.old, change.new) == (
        "response-property-type-changed",
        "B.name",
        "string",
        "number",
    )
    assert change.operations == ("GET /a", "GET /b")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: {"properties": {"self": REF_A, "x": inner}},
        lambda inner: {"type": "array", "items": {"anyOf": [REF_A, {"title": "t", "properties": {"x": inner}}]}},
        lambda inner: {"allOf": [REF_B, {"properties": {"x": inner}}]},
        lambda inner: {"properties": {"self": REF_A | {"minProperties": 1}, "x": inner}},
        lambda inner: {
            "additionalProperties": {"oneOf": [{"title": "t", "allOf": [REF_A, {"properties": {"x": inner}}]}]}
        },
    ],
)
def test_a_change_in_a_circle_is_found(wrap: Any) -> None:
    other = {"allOf": [REF_A], "properties": {"a": REF_A}}
    found = kinds(named({"A": wrap(TEXT), "B": other}), named({"A": wrap(NUMBER), "B": other}))
    assert found["response-property-type-changed"] == "breaking"


def test_the_parts_of_all_of_are_one() -> None:
    parts = {"allOf": [{"properties": {"a": TEXT}, "required": ["a"], "maxProperties": 9}, {"maxProperties": 5}]}
    whole = {"properties": {"a": TEXT}, "required": ["a"], "maxProperties": 5}
    assert kinds(answers(parts), answers(whole)) == {}


@pytest.mark.parametrize(
    ("old", "new", "kind", "to"),
    [
        (answers({"properties": {"userName": TEXT}}), answers({"properties": {"user_name": TEXT}}),
         "response-optional-property-removed", "user_name"),
        (asks({"properties": {"userName": TEXT}}), asks({"properties": {"user_name": TEXT}}),
         "request-property-removed", "user_name"),
        (api(parameters=[{"name": "pageSize", "in": "query", "schema": NUMBER}]),
         api(parameters=[{"name": "page_size", "in": "query", "schema": NUMBER}]),
         "request-parameter-removed", "page_size"),
        (named({}, "/v1/users"), named({}, "/v2/users"), "api-path-removed-without-deprecation", "GET /v2/users"),
        (named({}, "/user"), named({}, "/users"), "api-path-removed-without-deprecation", "GET /users"),
    ],
)  # fmt: skip
def test_a_renamed_part_is_told_as_such_and_breaks(old: Any, new: Any, kind: str, to: str) -> None:
    renamed = [change for change in changes(old, new).changes if change.renamed_to]
    assert [(change.kind, change.level, change.renamed_to) for change in renamed] == [(kind, "breaking", to)]
    assert not {"endpoint-added", "new-optional-request-parameter"} & kinds(old, new).keys()


def test_a_notebook_unfolds_a_kind_at_a_time_and_no_name_breaks_out() -> None:
    shown = changes(api(), {**api(), "paths": {"/<b>": {"get": {}}}}).html()
    assert shown.count("<details open>") == 1
    assert ("<b>&lt;" in shown, "/<b>" in shown, "/&lt;b&gt;" in shown) == (False, False, True)
    assert "instead: keep it, mark it <code>deprecated: true</code>" in shown


def test_another_shape_or_another_name_is_no_renaming() -> None:
    for was, now in (({"userName": TEXT}, {"user_name": NUMBER}), ({"age": TEXT}, {"city": TEXT})):
        found = changes(answers({"properties": was}), answers({"properties": now})).changes
        assert not [change for change in found if change.renamed_to]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (named({}, "/users/{id}"), named({}, "/users/{userId}")),
        (
            asks({"properties": {"a": TEXT | {"readOnly": True}}}),
            asks({"properties": {"a": NUMBER | {"readOnly": True}}}),
        ),
        (asks({"properties": {"a": TEXT | {"readOnly": True}}}), asks({"type": "object"})),
        (api(parameters=[{"name": "Accept", "in": "header", "schema": TEXT}]), api()),
        (
            takes({"type": "number", "maximum": 5, "exclusiveMaximum": True}),
            takes({"type": "number", "exclusiveMaximum": 5}),
        ),
    ],
)
def test_what_no_client_sees_is_no_change(old: Any, new: Any) -> None:
    assert {k: level for k, level in kinds(old, new).items() if k != "request-body-type-generalized"} == {}


def test_an_api_that_asks_for_a_token_breaks_those_without() -> None:
    [change, _] = changes(api(), secured(OLD_KEY)).changes
    assert (change.kind, change.level) == ("api-security-added", "breaking")
    assert change.client == "a client that sends no token gets 401"
    assert kinds(secured(OLD_KEY), api()) == {"api-security-removed": "safe"}


def test_of_several_roles_any_one_suffices_so_that_one_less_breaks_and_one_more_is_safe() -> None:
    customer, admin = secured({"key": ["customer"]}), secured({"key": ["customer"]}, {"key": ["admin"]})
    assert kinds(admin, customer)["api-security-removed"] == "breaking"
    assert kinds(customer, admin) == {"api-security-added": "safe"}
    assert kinds(admin, secured({"key": ["admin"]}, {"key": ["customer"]})) == {}
    assert kinds(secured(OLD_KEY), secured({}, OLD_KEY)) == {}


def test_the_catalogue_of_eshop_breaks_its_clients(corpus: Callable[[str], Path]) -> None:
    """The corpus: five operations of version 1 have no address any more, two of which live on under another."""
    paths = [json.loads(corpus(f"openapi/eshop-catalog-v{n}.json").read_text())["paths"] for n in (1, 2)]
    lost = {
        (path, method) for path, item in paths[0].items() for method in item if method not in paths[1].get(path, {})
    }
    found = ab.diff_api(*(corpus(f"openapi/eshop-catalog-v{n}.json") for n in (1, 2)))
    removed = [change for change in found.of("breaking") if "removed-without-deprecation" in change.kind]
    assert {(c.it.split()[1], c.it.split()[0].lower()) for c in removed} == lost
    assert {change.it: change.renamed_to for change in removed if change.renamed_to} == {
        "GET /api/catalog/items/withsemanticrelevance/{text}": "GET /api/catalog/items/withsemanticrelevance",
        "PUT /api/catalog/items": "PUT /api/catalog/items/{id}",
    }
    assert found.exit_code == 1
    assert "text in the query" in found.text(all=True)


KEYS = [
    "$ref", "type", "properties", "required", "allOf", "oneOf", "items", "enum", "maximum", "schema", "parameters",
    "in", "requestBody", "responses", "200", "content", "headers", "security", "name", "a", "format",
    "additionalProperties", "exclusiveMaximum",
]  # fmt: skip
WORDS = ["object", "string", "#/components/schemas/A", "a"]
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=25,
)


@given(values, values, values, values)
def test_no_broken_node_loses_the_run(old: Any, new: Any, one: Any, other: Any) -> None:
    documents = [
        {"openapi": "3.0.0", "paths": {"/a": {"get": operation}}, "components": {"schemas": {"A": schema}},
         "servers": schema, "security": schema}
        for operation, schema in ((old, one), (new, other))
    ]  # fmt: skip
    found = changes(*documents)
    for shown in (found.text(all=True), found.markdown(), found.html(), json.dumps(found.to_json())):
        assert shown
    assert {change.level for change in found.changes} <= set(LEVELS)

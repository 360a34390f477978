"""Reading OpenAPI documents: real ones, Swagger 2.0, YAML as people write it, and broken nodes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbook.contracts.document import Document, read
from archbook.contracts.json_lines import JsonLines
from archbook.design.yaml_safe import read_yaml
from archbook.errors import ArchbookError, DesignError
from tests.broken import broken_documents


def document(**parts: Any) -> Document:
    return read(json.dumps({"openapi": "3.1.0", **parts}), "shop.json")


@pytest.mark.parametrize(("name", "operations"), [("eshop-catalog-v1.json", 13), ("eshop-catalog-v2.json", 10)])
def test_a_real_document_is_read_with_the_line_of_every_operation(
    corpus: Callable[[str], Path], name: str, operations: int
) -> None:
    path = corpus(f"openapi/{name}")
    found = read(path)
    assert (len(found.operations), found.notes) == (operations, [])
    lines = path.read_text(encoding="utf-8").split("\n")
    assert all(
        f'"{operation.method.lower()}": {{' in lines[operation.line - 1]
        for operation in found.operations
        if operation.line
    )
    assert all(operation.line for operation in found.operations)


def test_json_and_yaml_of_one_api_are_read_alike() -> None:
    in_yaml = read("openapi: 3.1.0\npaths:\n  /users:\n    get:\n      responses: {200: {description: All}}\n")
    in_json = document(paths={"/users": {"get": {"responses": {"200": {"description": "All"}}}}})
    assert in_yaml.data == in_json.data
    assert [operation.line for operation in in_yaml.operations] == [4]


def test_a_path_says_some_things_for_all_its_operations() -> None:
    shared = [{"$ref": "#/components/parameters/id"}, {"name": "page", "in": "query", "schema": {"type": "integer"}}]
    item = {
        "parameters": shared,
        "servers": [{"url": "https://eu.example"}],
        "get": {"parameters": [{"name": "page", "in": "query", "schema": {"type": "string"}}]},
    }
    found = document(paths={"/users": item}, components={"parameters": {"id": {"name": "id", "in": "path"}}})
    (operation,) = found.operations
    assert [(p["name"], p.get("schema", {}).get("type")) for p in found.parameters(operation)] == [
        ("id", None),
        ("page", "string"),
    ]
    assert operation.node["servers"] == item["servers"]


def test_a_path_that_refers_to_another_has_its_operations() -> None:
    found = document(paths={"/a": {"$ref": "#/components/pathItems/a"}}, components={"pathItems": {"a": {"get": {}}}})
    assert [operation.name for operation in found.operations] == ["GET /a"]


def test_references_are_resolved_by_pointer() -> None:
    data = {"paths": {"/a b/{id}": {"get": {"responses": {"200": {"description": "here"}}}}}}
    found = document(**data)
    assert found.resolve({"$ref": "#/paths/~1a%20b~1{id}/get/responses/200"}) == {"description": "here"}
    assert found.resolve({"$ref": "#/paths/~1a%20b~1{id}/get/responses/200", "summary": "x"})["summary"] == "x"


NODES = {
    "a remote $ref": (
        {"$ref": "https://a.example/b.json"}, "1 $ref (`https://a.example/b.json`) is elsewhere; nothing is fetched"),
    "a file beside": ({"$ref": "other.yaml#/a"}, "`other.yaml#/a`) is elsewhere"),
    "a dangling $ref": (
        {"$ref": "#/components/schemas/Nothing"}, "1 $ref (`#/components/schemas/Nothing`) leads nowhere"),
    "a $ref to itself": ({"$ref": "#/components/schemas/A"}, "contain themselves (`A → A`)"),
    "a schema that contains itself": (
        {"properties": {"child": {"items": {"$ref": "#/components/schemas/A"}}}}, "contain themselves (`A → A`)"),
}  # fmt: skip


@pytest.mark.parametrize(("node", "note"), NODES.values(), ids=NODES)
def test_a_node_that_cannot_be_followed_is_told_and_the_rest_is_read(node: Any, note: str) -> None:
    found = document(paths={"/a": {"get": {}}}, components={"schemas": {"A": node}})
    assert len(found.operations) == 1
    assert any(note in said for said in found.notes)
    found.resolve({"$ref": "#/components/schemas/A"})


def test_a_chain_of_references_that_never_ends_is_nothing() -> None:
    circle = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    found = document(paths={}, components={"schemas": circle})
    assert found.resolve({"$ref": "#/components/schemas/A"}) == {}


def test_broken_nodes_do_not_lose_those_beside_them() -> None:
    paths = {
        "/a": 5,
        "/b": {"get": "x", "post": {}},
        "/c": {"parameters": "no", "get": {"parameters": {}, "responses": []}},
    }
    found = document(paths=paths)
    assert [operation.name for operation in found.operations] == ["POST /b", "GET /c"]
    assert [found.parameters(operation) for operation in found.operations] == [[], []]
    assert found.responses(found.operations[1]) == {}
    assert found.notes == [
        "shop.json:1: `/a` is no mapping, and was left out",
        "shop.json:1: get of `/b` is no mapping; left out",
    ]


REFUSED = {
    "nothing": ("", "openapi.yaml:1: is empty, so it is no OpenAPI document; it begins with `openapi: 3.1.0`"),
    "a list": ("[1]", "openapi.yaml:1: is no mapping, so it is no OpenAPI document; it begins with `openapi: 3.1.0`"),
    "a compose file": (
        "services: {}", "openapi.yaml: is no OpenAPI document: `openapi` is missing; Archbook reads OpenAPI 3.x"),
    "version 1": ('swagger: "1.2"', "openapi.yaml: says `swagger: 1.2`; Archbook reads OpenAPI 3.x"),
    "version 4": ("openapi: 4.0.0", "says `openapi: 4.0.0`"),
    "a text": ("hello", "openapi.yaml:1: is no mapping"),
    "torn JSON": ('{"openapi": "3.1.0",\n "paths": {', "openapi.json:2: is no JSON here (expecting property name"),
    "torn YAML": ('openapi: 3.1.0\npaths: "', "a quotation mark or bracket is not closed"),
    "a deep text": ('{"openapi":' + "[" * 100_000, "more than 100 deep"),
    "JSON of 120 levels": ('{"openapi":' + "[" * 120 + "]" * 120 + "}", "more than 100 deep"),
    "deep YAML": ("openapi: " + "[" * 200, "more than 100 deep"),
    "a huge number": ('{"openapi": ' + "9" * 5000 + "}", "has a number of thousands of digits"),
    "no text": (b"\xff\xfe\x00{", "is not UTF-8 text"),
    "an alias of nothing": ("openapi: 3.1.0\npaths: *a", "has an alias (`*a`)"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_such_document_is_refused_in_one_sentence(text: str | bytes, said: str) -> None:
    with pytest.raises(DesignError) as caught:
        read(text, "openapi.json" if "JSON" in said else "openapi.yaml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_not_there_or_too_large_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchbookError, match="cannot be read"):
        read(tmp_path / "nothing.json")
    with pytest.raises(ArchbookError, match="cannot be read"):
        read(tmp_path)
    with pytest.raises(DesignError, match="is larger than 50 MB"):
        read(" " * 50_000_001)


def test_yaml_may_have_anchors_and_merge_keys_as_real_documents_do() -> None:
    text = """
openapi: 3.0.0
x-answers: &answers {"404": {description: Not found}, "200": {description: Old}}
paths:
  /a: {get: &get {operationId: a, responses: {<<: *answers, "200": {description: New}}}}
  /b: {get: *get, post: {<<: [*get, {summary: s}]}}
"""
    first, second, third = read(text).operations
    assert {status: answer["description"] for status, answer in first.node["responses"].items()} == {
        "200": "New",
        "404": "Not found",
    }
    assert second.node == first.node
    assert (third.node["operationId"], third.node["summary"]) == ("a", "s")


def test_aliases_cannot_blow_a_document_up() -> None:
    levels = "\n".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]" for i in range(1, 12))
    with pytest.raises(DesignError, match="more than 4 000 000 values"):
        read(f"openapi: 3.1.0\nx0: &x0 [1, 2, 3]\n{levels}\n")


def test_a_key_that_stands_twice_is_told() -> None:
    assert read('{"openapi": "3.1.0", "paths": {"/a": {}, "/a": {"get": {}}}}').notes == [
        "openapi.yaml: the key `/a` stands twice in one mapping; the last one was read"
    ]
    assert "the same key stands in line 2 and in line 3" in read("openapi: 3.1.0\npaths: {}\npaths: {}\n").notes[0]


SWAGGER = """
swagger: "2.0"
host: api.example.com
basePath: /v2/
consumes: [application/json]
paths:
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, type: integer, format: int64}]
    put:
      parameters: [{$ref: "#/parameters/pet"}]
      responses:
        200: {description: ok, schema: {$ref: "#/definitions/Pet"}, headers: {X-Rate: {type: integer}}}
        404: {$ref: "#/responses/missing"}
  /photos:
    post:
      consumes: [multipart/form-data]
      parameters: [{name: file, in: formData, type: file, required: true}]
definitions: {Pet: {type: object, properties: {mother: {$ref: "#/definitions/Pet"}}}}
parameters: {pet: {name: body, in: body, required: true, schema: {$ref: "#/definitions/Pet"}}}
responses: {missing: {description: none, schema: {type: string}}}
securityDefinitions:
  login: {type: oauth2, flow: accessCode, authorizationUrl: /a, tokenUrl: /t, scopes: {read: all}}
  old: {type: basic}
"""


OPENAPI = """
openapi: 3.1.0
paths:
  /a/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    servers: [{url: /}]
    post:
      parameters: [{$ref: "#/components/parameters/page"}]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/A"}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object}}}}}
components:
  parameters: {page: {name: page, in: query, schema: {type: integer}}}
  schemas: {A: {properties: {a: {$ref: "#/components/schemas/A"}}}}
"""


def test_swagger_2_is_read_in_the_shape_of_version_3() -> None:
    found = read(SWAGGER)
    put, post = found.operations
    assert found.data["servers"] == [{"url": "https://api.example.com/v2"}]
    assert [(p["name"], p["schema"]["format"]) for p in found.parameters(put)] == [("id", "int64")]
    pet = {"type": "object", "properties": {"mother": {"$ref": "#/components/schemas/Pet"}}}
    assert found.content(put.node["requestBody"]) == {"application/json": pet}
    answers = found.responses(put)
    assert found.content(answers["200"]) == {"application/json": pet}
    assert answers["200"]["headers"]["X-Rate"]["schema"] == {"type": "integer"}
    assert found.content(answers["404"]) == {"application/json": {"type": "string"}}
    assert found.content(post.node["requestBody"])["multipart/form-data"]["required"] == ["file"]
    schemes = found.data["components"]["securitySchemes"]
    assert schemes["login"]["flows"]["authorizationCode"]["tokenUrl"] == "/t"
    assert schemes["old"] == {"type": "http", "scheme": "basic"}
    assert found.notes[0] == "openapi.yaml: is Swagger 2.0, and was read as OpenAPI 3"


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


@pytest.mark.parametrize("text", [SWAGGER, OPENAPI], ids=["Swagger 2.0", "OpenAPI 3.1"])
def test_no_node_is_too_broken_for_the_others_to_be_read(text: str) -> None:
    for broken in broken_documents(read_yaml(text, "").data):
        found = read(json.dumps(broken))
        for operation in found.operations:
            found.parameters(operation)
            for answer in [*found.responses(operation).values(), found.resolve(operation.node.get("requestBody"))]:
                found.content(answer)


@given(st.dictionaries(st.text(max_size=3), ANYTHING, max_size=4), st.sampled_from([None, 0, 2]))
def test_lines_of_json_are_those_of_its_keys(data: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(data, indent=indent)
    lines = JsonLines(text)
    for key in data:
        line = lines.get((key,))
        assert line
        assert json.dumps(key) in text.split("\n")[line - 1]
    assert lines.get(("no such key",)) is None


def test_the_name_of_a_file_is_read_as_the_file_and_one_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text("openapi: 3.1.0\npaths: {/users: {get: {}}}\n", "utf-8")
    assert [operation.name for operation in read(str(tmp_path / "api.yaml")).operations] == ["GET /users"]
    with pytest.raises(ArchbookError, match=r"no-such\.json"):
        read("no-such.json")

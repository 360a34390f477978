"""API lint: what holds for every rule, traps of single rules, waivers, counts on real documents, and broken ones."""

# ruff: noqa: E501 - a document on one line
from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archbook.cli import main
from archbook.contracts.document import LIMITS, METHODS, read
from archbook.contracts.lint import lint_api, rules
from archbook.contracts.lint.rules import __path__ as room
from archbook.contracts.lint.style import inferred
from archbook.contracts.lint.subject import Subject
from archbook.design.contract import Style
from archbook.design.yaml_safe import read_yaml
from archbook.errors import ArchbookError
from archbook.findings import SEVERITIES, Rule, apply
from tests.broken import broken_documents

RULES = {rule.id: rule for rule in rules()}
ANCHORS = re.compile(
    r"https://|(Zalando RESTful API guidelines, rules? |Google AIP-|RFC |draft-ietf-|Spectral: |Redocly: |OpenAPI 3\.1, "
    r"|Microsoft Azure REST API guidelines: |OWASP API Security 2023, API|OWASP ASVS 5, V)\w"
)
GOOD = Path(__file__).resolve().parent / "golden" / "good-api.yaml"


def example(fragment: str) -> str:
    return f"openapi: 3.1.0\n{fragment}\n"


def fired(fragment: str, *, only: str | None = None) -> list[str]:
    report = lint_api(example(fragment), only=[RULES[only]] if only else None)
    assert report.crashes == ()
    return [finding.rule for finding in report.findings]


def test_each_file_of_the_room_is_a_rule_named_after_it() -> None:
    files = {path.stem for path in Path(next(iter(room))).glob("*.py")} - {"__init__"}
    assert files == {rule.replace("-", "_") for rule in RULES}
    assert len(RULES) >= 35


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_data_of_a_rule_are_complete(rule: Rule) -> None:
    assert rule.severity in SEVERITIES
    assert rule.principle in range(1, 7)
    assert all(len(text) > 20 for text in (rule.title, rule.why))
    assert len(rule.remedy) > 15
    assert not rule.why.endswith(".")
    assert rule.remedy.endswith(".")
    assert rule.references
    assert [text for text in rule.references if not ANCHORS.match(text)] == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_fires_on_its_first_example_and_not_on_its_second(rule: Rule) -> None:
    assert fired(rule.fires, only=rule.id) == [rule.id]
    assert fired(rule.quiet, only=rule.id) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_finding_says_where_it_is_and_what_is_better_there(rule: Rule) -> None:
    for finding in lint_api(example(rule.fires), file="shop.yaml", only=[rule]).findings:
        assert re.fullmatch(r"shop\.yaml:\d+", finding.place)
        assert finding.about in finding.what
        assert "`" in finding.do
        assert not finding.what.endswith(".")


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_no_broken_node_makes_a_rule_crash(rule: Rule) -> None:
    data = read_yaml(example(rule.fires), "", LIMITS).data
    for broken in broken_documents(data):
        document = read(json.dumps(broken))
        _, crashes = apply(rules(), Subject(document), str)
        assert crashes == [], json.dumps(broken)


def test_a_good_api_has_no_finding() -> None:
    assert [f"{finding.rule}: {finding.what}" for finding in lint_api(GOOD).findings] == []


STYLES = [
    (Style(), set()),
    (Style(errors="problem+json"), {"error-shape"}),
    (Style(envelope=False), {"mixed-envelope"}),
    (Style(case="camel"), {"property-case", "parameter-case"}),
    (Style(links="relative"), {"page-without-next"}),
]


@pytest.mark.parametrize(("style", "odd"), STYLES)
def test_an_api_is_held_against_the_style_that_is_declared(style: Style, odd: set[str]) -> None:
    findings, crashes = apply(rules(), Subject(read(GOOD), style), str)
    assert (crashes, {finding.rule for finding in findings}) == ([], odd)


LINKED = """paths:
  /a: {get: {responses: {'200': {content: {application/json: {schema: {properties: {_links: {properties: {self:
    {properties: {href: {type: string, format: uri}}}}}}}}}}}}}"""


DECLARED = [
    (LINKED, "mixed-links", Style(links="none"), 1),
    (LINKED, "mixed-links", Style(links="relative"), 1),
    (LINKED, "mixed-links", Style(links="absolute"), 0),
    (LINKED, "mixed-links", None, 0),
    (RULES["closed-enum"].fires, "closed-enum", Style(enums="open"), 1),
    (RULES["closed-enum"].fires, "closed-enum", Style(enums="closed"), 0),
    ("paths: {/v1/a: {get: {}}, /v2/b: {get: {}}}", "version-scheme", Style(version="v1"), 1),
    ("paths: {/v1/a: {get: {}}, /v2/b: {get: {}}}", "version-scheme", None, 0),
    ("paths: {/v1/a: {get: {deprecated: true}}, /v2/b: {get: {}}}", "version-scheme", Style(version="v2"), 0),
]


@pytest.mark.parametrize(("fragment", "rule", "style", "findings"), DECLARED)
def test_links_lists_of_values_and_versions_are_as_declared(
    fragment: str, rule: str, style: Any, findings: int
) -> None:
    found, _ = apply([RULES[rule]], Subject(read(example(fragment)), style), str)
    assert len(found) == findings


LIST = "responses: {'200': {content: {application/json: {schema: {type: array}}}}}"
NEXT = "responses: {'200': {content: {application/json: {schema: {properties: {items: {type: array}, next_link: {type: string, format: uri}}}}}}}"
TRAPS = {  # what a rule must not take for its mistake, and what it must not miss
    "a path without an operation": ("paths: {/a/: {}, /b: {get: {}}}", "trailing-slash", 1),
    "a noun that begins like a verb": ("paths: {/settings: {get: {}}, /address-list: {get: {}}}", "verb-in-url", 0),
    "a list of settings": ("paths: {/getSettings: {get: {}}}", "verb-in-url", 1),
    "what one is called is no collection": ("paths: {'/status/{name}': {get: {}}}", "singular-collection", 0),
    "people are many": ("paths: {'/people/{id}': {get: {}}}", "singular-collection", 0),
    "a category": ("paths: {'/category/{id}': {get: {}}, '/category/{id}/log': {get: {}}}", "singular-collection", 1),
    "a version is no segment": ("paths: {'/v1/{id}': {get: {}}}", "singular-collection", 0),
    "a mixed parameter": ("paths: {'/a/{Id}': {get: {}}}", "path-case", 0),
    "a segment with a parameter in it": ("paths: {'/a/{id}.json': {get: {}}}", "path-case", 1),
    "one finding a path, whatever its methods": ("paths: {/aB/cD: {get: {}, post: {}}}", "path-case", 1),
    "a list by a cursor": (f"paths: {{/a: {{get: {{parameters: [{{name: cursor, in: query}}], {LIST}}}}}}}",
        "list-without-pagination", 0),
    "a POST is no list": (f"paths: {{/a: {{post: {{{LIST}}}}}}}", "list-without-pagination", 0),
    "several types": ("paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {type: [array, 'null']}}}}}}}}",
        "list-without-pagination", 1),
    "a page size of a few values": (f"paths: {{/a: {{get: {{parameters: [{{name: limit, in: query, schema: {{enum: [10, 20]}}}}], {LIST}}}}}}}",
        "unbounded-page-size", 0),
    "an open operation, said to be open": ("paths: {/login: {post: {security: []}}}", "no-security", 0),
    "reads that nobody locked are medium": ("paths: {/a: {get: {}}}", "no-security", 1),
    "the next page is no secret": ("paths: {/a: {get: {parameters: [{name: nextPageToken, in: query}]}}}", "credentials-in-url", 0),
    "a password in the query": ("paths: {/a: {get: {parameters: [{name: user_password, in: query}]}}}", "credentials-in-url", 1),
    "a key in the query": (
        "paths: {/a: {get: {}}}\ncomponents: {securitySchemes: {k: {type: apiKey, in: query, name: k}}}", "credentials-in-url", 1),
    "a local server may be plain": ("servers: [{url: 'http://127.0.0.1:8080'}]\npaths: {/a: {get: {}}}", "plain-http", 0),
    "bounds of a shared schema": (
        "paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}\n"
        "components: {schemas: {A: {properties: {b: {$ref: '#/components/schemas/B'}, a: {$ref: '#/components/schemas/A'}}},"
        " B: {type: object, properties: {name: {type: string}}}}}", "unbounded-string", 1),
    "all of two": (
        "paths: {/a: {post: {requestBody: {content: {application/json: {schema: {allOf: [{properties: {a: {type: string}}},"
        " {properties: {b: {type: string, maxLength: 5}}}]}}}}}}}", "unbounded-string", 1),
    "a stack trace": (
        "paths: {/a: {get: {responses: {'500': {content: {application/json: {example: {error: 'at shop.Cart.add(Cart.java:12)'}}}}}}}}",
        "leaky-error", 1),
    "a property for it": (
        "paths: {/a: {get: {responses: {'500': {content: {application/json: {schema: {properties: {stackTrace: {type: string}}}}}}}}}}",
        "leaky-error", 1),
    "one word is in any case": (
        "paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {properties: {userId: {}, name: {}, shopId: {}}}}}", "property-case", 0),
    "a price list is no price": (
        "paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {properties: {price_rank: {type: number}, amount: {type: integer}}}}}",
        "float-money-property", 0),
    "a range of statuses": ("paths: {/a: {get: {responses: {2XX: {description: ok}, 4XX: {description: no}}}}}", "no-client-errors", 0),
    "an image elsewhere is no link": (
        "paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {properties: {self: {type: string, example: /a},"
        " avatar_url: {type: string, format: uri}}}}}}}}}}", "mixed-links", 0),
    "the next page as a number": (
        "paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {properties: {self: {type: string, example: /a},"
        " next: {type: integer, example: 2}}}}}}}}}}", "mixed-links", 0),
    "the header Link leads on": (
        f"paths: {{/a: {{get: &a {{parameters: [{{name: page, in: query}}], {NEXT}}}}}, /b: {{get: *a}}, /c: {{get: {{parameters: [{{name: page, in: query}}],"
        " responses: {'200': {headers: {Link: {}}, content: {application/json: {schema: {type: array}}}}}}}}", "page-without-next", 0),
    "one list of three links": (
        f"paths: {{/a: {{get: {{parameters: [{{name: page, in: query}}], {NEXT}}}}}, /b: {{get: &b {{parameters: [{{name: page, in: query}}], {LIST}}}}}, /c: {{get: *b}}}}",
        "page-without-next", 0),
    "one list of values in two answers": (
        "paths: {/a: {get: &a {responses: {'200': {content: {application/json: {schema: {properties: {s: {$ref: '#/components/schemas/S'}}}}}}}}}, /b: {get: *a}}\n"
        "components: {schemas: {S: {type: string, enum: [a, b]}}}", "closed-enum", 1),
    "numbers are no list of words": (
        "paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {properties: {s: {type: integer, enum: [1, 2]}}}}}}}}}}", "closed-enum", 0),
    "words inside a list": (
        "paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {properties: {s: {type: array, items: {enum: [a, b]}}}}}}}}}}}", "closed-enum", 1),
    "one word is a parameter in any case": ("paths: {/a: {get: {parameters: [{name: pageSize, in: query}, {name: limit, in: query}]}}}", "parameter-case", 0),
    "all parameters in the case of no property": (
        "paths: {/a: {get: {parameters: [{name: PageSize, in: query}, {name: PageIndex, in: query}, {name: api-version, in: query}]}}}", "parameter-case", 2),
    "headers have their own case": ("paths: {/a: {get: {parameters: [{name: page_size, in: query}, {name: X-Api-Key, in: header}]}}}", "parameter-case", 0),
    "PUT of a singleton": ("paths: {/settings: {get: {}, put: {}}}", "put-on-collection", 0),
}  # fmt: skip


@pytest.mark.parametrize(("fragment", "rule", "findings"), TRAPS.values(), ids=TRAPS)
def test_a_rule_tells_its_mistake_from_what_looks_like_it(fragment: str, rule: str, findings: int) -> None:
    assert fired(fragment, only=rule) == [rule] * findings


BETTER = {
    "paths: {/getUsers: {get: {}}}": ("verb-in-url", "name it `GET /users`"),
    "paths: {/orders/createOrder: {post: {}}}": ("verb-in-url", "name it `POST /orders/orders`"),
    "paths: {'/user/{id}': {get: {}}}": ("singular-collection", "name it `/users/{id}`"),
    "paths: {/orderItems/: {get: {}}}": ("trailing-slash", "publish it as `/orderItems`"),
    "paths: {/orderItems: {get: {}}}": ("path-case", "name it `/order-items`"),
    "paths: {/shopApi/getUsers: {get: {}}}": ("path-case", "name it `/shop-api/users`"),
    "paths: {/users: {post: {}, put: {}}}": ("put-on-collection", "name it `PUT /users/{id}`"),
    "paths: {/order-items: {post: {}}}": ("missing-operation-id", "add `operationId: createOrderItems`"),
}


@pytest.mark.parametrize(("fragment", "rule", "do"), [(f, *rest) for f, rest in BETTER.items()], ids=BETTER)
def test_the_remedy_is_the_better_version_of_that_endpoint(fragment: str, rule: str, do: str) -> None:
    (finding,) = lint_api(example(fragment), only=[RULES[rule]]).findings
    assert finding.do.startswith(do)


def counted(data: dict[str, Any]) -> dict[str, int]:
    """What other linters count, in few lines of their own: per path (slash, kebab-case) or per operation (the others)."""
    paths = data["paths"]
    operations = [node for item in paths.values() for method, node in item.items() if method in METHODS]
    segments = {path: [s for s in path[1:].split("/") if s] for path in paths}
    return {
        "trailing-slash": sum(path != "/" and path.endswith("/") for path in paths),
        "path-case": sum(
            not all(re.fullmatch(r"\{.+\}|[a-z0-9-.]+", segment) for segment in held) for held in segments.values()
        ),
        "missing-429": sum("429" not in node.get("responses", {}) for node in operations),
        "missing-operation-id": sum("operationId" not in node for node in operations),
    }


@pytest.mark.parametrize("name", ["eshop-catalog-v1.json", "eshop-catalog-v2.json"])
def test_counts_on_real_documents_are_those_of_other_linters(corpus: Callable[[str], Path], name: str) -> None:
    path = corpus(f"openapi/{name}")
    report = lint_api(path)
    found = Counter(finding.rule for finding in report.findings)
    expected = counted(json.loads(path.read_text(encoding="utf-8")))
    assert {rule: found[rule] for rule in expected} == expected
    assert (report.crashes, report.exit_code) == ((), 1)
    assert len(report.text().split("\n")) <= 60


def test_counts_are_equal_where_there_is_something_to_count() -> None:
    paths = {
        f"/{'order_items' if n % 3 else 'orders'}/{n}{'/' if n % 5 == 0 else ''}": {
            "get": {"operationId": f"a{n}"} if n % 2 else {},
            "post": {"responses": {"429": {}} if n % 7 else {"200": {}}},
        }
        for n in range(100)
    }
    found = Counter(finding.rule for finding in lint_api(json.dumps({"openapi": "3.0.3", "paths": paths})).findings)
    expected = counted({"paths": paths})
    assert {rule: found[rule] for rule in expected} == expected
    assert min(expected.values()) >= 20


def test_the_style_of_a_bare_document_is_that_of_most_of_it_and_is_said(corpus: Callable[[str], Path]) -> None:
    path = corpus("openapi/eshop-catalog-v1.json")
    style = inferred(Subject(read(path)))
    assert (style.versioning, style.errors, style.pagination, style.case) == ("none", "problem+json", "page", "camel")
    assert not style.envelope  # its lists are wrapped, the things in them are not
    assert any(remark.startswith("style, by what most of it does: no versions") for remark in lint_api(path).remarks)


def test_a_waiver_in_the_document_accepts_a_finding_with_its_reason() -> None:
    fragment = """paths: {/getUsers: {get: {}}}
x-archbook-waivers:
- {rule: verb-in-url, about: GET /getUsers, why: The old clients go in May}
- {rule: verb-in-urls, about: GET /getUsers, why: x}
- {rule: trailing-slash, about: /getUsers}
- 5"""
    report = lint_api(example(fragment), file="shop.yaml")
    assert [(f.rule, f.waived) for f in report.waived] == [("verb-in-url", "The old clients go in May")]
    assert "verb-in-url" not in {finding.rule for finding in report.findings}
    assert "shop.yaml `x-archbook-waivers[1]`: no rule `verb-in-urls`; did you mean `verb-in-url`?" in report.remarks
    assert any("is waived without a reason" in remark for remark in report.remarks)


@pytest.mark.parametrize("union", ["allOf", "oneOf", "anyOf"])
def test_a_shape_that_is_put_together_a_thousand_times_over_is_looked_into(union: str) -> None:
    shapes: dict[str, Any] = {f"S{n}": {union: [{"$ref": f"#/components/schemas/S{n + 1}"}]} for n in range(1500)}
    shapes["S1500"] = {"properties": {"name": {"type": "string"}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S1300"}}}}
    data = {"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": body}}}, "components": {"schemas": shapes}}
    report = lint_api(json.dumps(data))
    assert report.crashes == ()
    assert [finding.about for finding in report.findings if finding.rule == "unbounded-string"] == ["POST /a"]


@pytest.mark.parametrize("beside", [{}, {"description": "What it is part of."}])
def test_a_shape_that_contains_itself_is_looked_into_once_whatever_stands_beside_its_reference(
    beside: dict[str, str],
) -> None:
    part = {"$ref": "#/components/schemas/Part", **beside}
    shapes = {"Part": {"properties": {"left": part, "right": dict(part), "name": {"type": "string"}}}}
    body = {"content": {"application/json": {"schema": part}}}
    data = {"openapi": "3.1.0", "paths": {"/parts": {"post": {"requestBody": body}}}, "components": {"schemas": shapes}}
    (finding,) = lint_api(json.dumps(data), only=[RULES["unbounded-string"]]).findings
    assert finding.what == "POST /parts takes texts of any length: `name`"


def test_a_document_without_operations_is_refused_and_says_why() -> None:
    with pytest.raises(
        ArchbookError, match=r"there is no operation in its `paths`; openapi.yaml:2: `paths` is no mapping"
    ):
        lint_api("openapi: 3.1.0\npaths: 5\n")


RUNS = {
    "a finding of high severity": ("paths: {/a: {delete: {}}}", [], 1, "DELETE /a does not say who may call it"),
    "none of high severity": ("paths: {/a: {get: {}}}", [], 0, "GET /a does not say who may call it"),
    "all": ("paths: {/a: {get: {}}}", ["--all"], 0, "GET /a says nothing of itself"),
    "Markdown": ("paths: {/a: {get: {}}}", ["--format", "md"], 0, "## Medium"),
    "JSON": ("paths: {/a: {get: {}}}", ["--format", "json"], 0, '"archbook_lint": 1'),
    "no document": ("- 1", [], 2, "is no mapping"),
}


@pytest.mark.parametrize(("fragment", "options", "code", "said"), RUNS.values(), ids=RUNS)
def test_the_command_says_it_and_exits_with_what_was_found(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    fragment: str,
    options: list[str],
    code: int,
    said: str,
) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(example(fragment) if "paths" in fragment else fragment, encoding="utf-8")
    assert main(["lint-api", str(path), *options]) == code
    printed = capsys.readouterr()
    assert said in (printed.err if code == 2 else printed.out)


def test_a_file_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint-api", "nowhere.yaml"]) == 2
    assert "nowhere.yaml: cannot be read (No such file or directory)" in capsys.readouterr().err


def test_schemas_in_a_circle_are_looked_into_from_each_operation_and_end() -> None:
    size = 40
    schemas = {
        f"S{n}": {
            "properties": {f"p{n}": {"type": "string"}, "next": {"$ref": f"#/components/schemas/S{(n + 1) % size}"}}
        }
        for n in range(size)
    }
    body = {
        f"/a{n}": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/S{n}"}}}}
            }
        }
        for n in range(size)
    }
    data = {"openapi": "3.1.0", "paths": body, "components": {"schemas": schemas}}
    findings = lint_api(json.dumps(data), only=[RULES["unbounded-string"]]).findings
    assert [finding.about for finding in findings] == [f"POST /a{n}" for n in range(size)]
    assert all(f"`p{n}`, `next.p{(n + 1) % size}`" in finding.what for n, finding in enumerate(findings))

"""Designs from OpenAPI documents: nothing lost of ours, and of others' what can be known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from archbook import diff_api, lint_api, load
from archbook.cli import main
from archbook.contracts.document import Document, read
from archbook.contracts.from_openapi import from_openapi
from archbook.contracts.openapi import as_text, to_openapi
from archbook.design.contract import Api, Security
from archbook.design.plain import as_written
from archbook.errors import ArchbookError

DESIGNS = ("ecommerce", "first_draft", "minimal")
rates = st.sampled_from(["1/s", "100/min", "7/h", "3.3/min", "1000/day"])
durations = st.sampled_from(["0", "1ms", "250ms", "1.7s", "15min", "36h", "30d", "1y"])
sizes = st.sampled_from(["0", "400B", "1.5KB", "1KiB", "3MB"])
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
segments = st.one_of(names, names.map(lambda name: "{" + name.replace("-", "_") + "}"))
roles = st.lists(st.sampled_from(["customer", "support", "admin"]), unique=True).map(tuple)
endpoints = st.fixed_dictionaries(
    {
        "name": st.builds(
            lambda method, path: f"{method} /{'/'.join(path)}",
            st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
            st.lists(segments, min_size=1, max_size=4),
        ),
        "service": names,
    },
    optional={
        "does": texts, "why": texts, "resource": names, "list": st.booleans(), "paginated": st.booleans(),
        "filters": st.lists(names, max_size=2).map(tuple), "auth": st.sampled_from(["none", "user", "service"]),
        "roles": roles, "ownership": st.booleans(), "cache": durations,
        "hit_ratio": st.sampled_from([0.1, "97%", "3.3%"]),
        "idempotency_key": st.booleans(), "rate_limit": rates, "body_limit": sizes, "validated": st.booleans(),
        "service_time": st.just({"mean": {"low": "1ms", "likely": "2ms", "high": "4.1ms"}, "scv": 0.3}),
        "slo": st.just({"p95": "300ms", "availability": "99.5%"}), "deprecated": st.booleans(),
        "sunset": st.sampled_from(["2027-01-31", "2027-02-30"]),
    },
)  # fmt: skip
styles = st.fixed_dictionaries({}, optional={
    "versioning": st.sampled_from(["path", "header", "media-type", "none"]), "version": st.sampled_from(["v1", "v2"]),
    "envelope": st.booleans(), "errors": st.sampled_from(["envelope", "problem+json", "none"]),
    "pagination": st.sampled_from(["page", "cursor", "none"]), "max_page_size": st.integers(1, 500),
    "case": st.sampled_from(["snake", "camel", "kebab"])})  # fmt: skip
securities = st.fixed_dictionaries({}, optional={
    "authentication": st.fixed_dictionaries(
        {"kind": st.sampled_from(["jwt", "oauth2", "session", "api-key", "mtls", "none"])},
        optional={"expiry": st.sampled_from(["15min", "90s"]), "algorithms": st.just(("ES256",)), "why": texts}),
    "authorisation": st.sampled_from(["rbac", "acl", "none"]),
    "roles": st.dictionaries(names,
        st.fixed_dictionaries({}, optional={"may": st.just(("a:read", "b")), "why": texts})),
    "rate_limits": st.lists(
        st.fixed_dictionaries({"limit": rates}, optional={"per": st.just("ip"), "burst": st.just(3)})),
    "zones": st.just({"dmz": {"public": True}}), "why": texts})  # fmt: skip


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize("name", DESIGNS)
def test_the_document_of_a_shipped_design_gives_it_back(name: str, form: str) -> None:
    design = load(name)
    found = from_openapi(read(as_text(to_openapi(design), form), f"openapi.{form}"))
    assert (found.api, found.security, found.notes) == (design.api, design.security, ())


@given(st.lists(endpoints, min_size=1, max_size=6, unique_by=lambda held: held["name"]), styles, securities)
@settings(max_examples=60, deadline=None)
def test_nothing_that_a_design_says_of_its_api_is_lost(held: list[Any], style: Any, security: Any) -> None:
    api, protected = Api.model_validate({"endpoints": held, "style": style}), Security.model_validate(security)
    design = load("minimal").changed({("api",): api, ("security",): protected})
    found = from_openapi(read(json.dumps(to_openapi(design))))
    assert (found.api, found.security) == (api, protected)


def test_a_changed_part_of_ours_is_told_and_inferred() -> None:
    document = to_openapi(load("minimal"))
    document["x-archbook"]["style"] = {"case": "loud"}
    document["paths"]["/api/v1/orders"]["get"]["x-archbook"]["request_size"] = "three"
    found = from_openapi(Document("shop.yaml", document))
    assert len(found.notes) == 2
    assert "`x-archbook` holds no style that can be read (`case`" in found.notes[0] + found.notes[1]
    assert found.api.style == load("minimal").api.style
    (orders,) = [e for e in found.api.endpoints if e.name == "GET /api/v1/orders"]
    assert (orders.list, orders.paginated, orders.auth, orders.resource) == (True, True, "user", "orders")


FOREIGN = """
openapi: 3.0.3
info: {title: Pet Store 2!, version: "1"}
servers: [{url: "https://pets.example/api/v2"}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    basic: {type: http, scheme: basic}
    machine: {type: oauth2, flows: {clientCredentials: {tokenUrl: /t, scopes: {}}}}
security: [{key: []}]
paths:
  /pets:
    get:
      summary: All pets
      parameters:
        - {name: kind, in: query, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer}}
        - {name: sort, in: query, schema: {type: string}}
        - {name: api-version, in: query, schema: {type: string}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: array, items: {}}}}}}
    post:
      deprecated: true
      x-sunset: "2027-03-01"
      parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]
      responses: {"201": {description: ok}}
  /pets/{id}/photos:
    get: {security: [], description: "Pictures.\\nMany.", responses: {"200": {description: ok}}}
    trace: {responses: {"200": {description: ok}}}
    put: {security: [{machine: [a]}], responses: {"200": {description: ok}}}
"""


def test_what_a_foreign_document_says_is_inferred_and_told() -> None:
    found = from_openapi(read(FOREIGN))
    told = {endpoint.name: as_written(endpoint) for endpoint in found.api.endpoints}
    common = {"service": "pet-store-2"}
    assert told == {
        f"{name.partition(' ')[0]} /api/v2{name.partition(' ')[2]}": {
            "name": name.replace(" ", " /api/v2"),
            **common,
            **held,
        }
        for name, held in {
            "GET /pets": {"does": "All pets", "resource": "pets", "list": True, "filters": ["kind"]},
            "POST /pets": {"resource": "pets", "idempotency_key": True, "deprecated": True, "sunset": "2027-03-01"},
            "GET /pets/{id}/photos": {"does": "Pictures.", "resource": "photos", "auth": "none"},
            "PUT /pets/{id}/photos": {"resource": "photos", "auth": "service"},
        }.items()
    }
    assert found.security.authentication is not None
    assert found.security.authentication.kind == "api-key"
    assert [note.partition(":")[0] for note in found.notes] == [
        "`TRACE /api/v2/pets/{id}/photos` was left out",
        "all endpoints are put to one service, `pet-store-2`, after the title",
        "what an endpoint speaks of is taken from its path",
        "1 list by the shape of the answer, 0 without parameters for pages",
        "`/api/v2` of the servers stands before each path",
        "basic",
        "roles, ownership, rate limits and sizes are in no OpenAPI document",
    ]


def test_a_real_document_becomes_a_design_that_loads(corpus: Callable[[str], Path]) -> None:
    found = from_openapi(read(corpus("openapi/eshop-catalog-v2.json")))
    assert len(found.api.endpoints) == 10
    assert found.api.style.errors == "problem+json"
    again = yaml.safe_load(as_text({"api": as_written(found.api), "security": as_written(found.security)}))
    assert Api.model_validate(again["api"]) == found.api
    assert Security.model_validate(again["security"]) == found.security


def test_a_document_of_nothing_that_a_design_can_hold_is_refused() -> None:
    with pytest.raises(ArchbookError, match="there is no operation in it that a design can hold"):
        from_openapi(read('{"openapi": "3.1.0", "paths": {"/a": {"trace": {}}}}'))


@pytest.mark.parametrize("name", ["ecommerce", "minimal"])
def test_the_shipped_designs_keep_the_rules_of_their_own_style(name: str) -> None:
    assert [f"{f.rule}: {f.what}" for f in lint_api(load(name)).findings] == []


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_and_its_document_are_linted_alike(name: str) -> None:
    design = load(name)
    report, written = lint_api(design), lint_api(as_text(to_openapi(design)))
    assert [(f.rule, f.about) for f in written.findings] == [(f.rule, f.about) for f in report.findings]
    assert len(written.waived) == len(report.waived)
    assert any(remark.startswith("style, as the document declares it") for remark in written.remarks)


def test_the_first_draft_breaks_the_rules_that_it_is_there_to_break() -> None:
    report = lint_api(load("first_draft"))
    rules = {finding.rule for finding in report.findings}
    assert {"verb-in-url", "list-without-pagination", "missing-429", "error-shape", "float-money-property"} <= rules
    assert {finding.place for finding in report.findings if finding.about == "GET /getUsers"} == {"design.yaml:134"}
    assert any("as the design declares it: no versions, no envelope" in remark for remark in report.remarks)


def test_a_change_of_a_design_is_told_by_what_it_breaks() -> None:
    old = load("minimal")
    kept = tuple(e for e in old.api.endpoints if e.name != "GET /api/v1/orders")
    changes = diff_api(old, old.changed({("api", "endpoints"): kept}))
    assert [(c.kind, c.level) for c in changes.changes if c.level == "breaking"] == [
        ("api-removed-without-deprecation", "breaking")
    ]
    assert diff_api(old, old).changes == ()


def test_the_command_writes_reads_and_overwrites_only_what_is_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "openapi.json"
    assert main(["openapi", "minimal", "-o", str(out)]) == 0
    assert json.loads(out.read_text()) == to_openapi(load("minimal"))
    assert main(["openapi", "minimal", "-o", str(out)]) == 0
    capsys.readouterr()
    assert main(["openapi", str(out)]) == 0
    said = yaml.safe_load(capsys.readouterr().out)
    assert Api.model_validate(said["api"]) == load("minimal").api
    assert main(["openapi", "minimal", "--public", "-o", str(out)]) == 0
    assert main(["openapi", "minimal", "-o", str(out)]) == 0
    notes = tmp_path / "notes.yaml"
    notes.write_text("mine")
    assert main(["openapi", "minimal", "-o", str(notes)]) == 2
    assert "was not written by this command" in capsys.readouterr().err
    assert notes.read_text() == "mine"
    assert main(["openapi", "minimal", "-o", str(tmp_path / "no" / "a.yaml")]) == 2
    assert main(["openapi", "nowhere.yaml"]) == 2
    assert main(["lint-api", "minimal"]) == 0
    assert main(["diff-api", "minimal", str(out)]) == 0

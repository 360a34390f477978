"""The JSON Schema of the format says what the loader says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from archbook.design.loading import read
from archbook.design.schema import json_schema
from archbook.design.yaml_safe import read_yaml
from archbook.errors import DesignError

DESIGNS = sorted((Path(__file__).parent.parent / "data" / "designs").glob("*/design.yaml"))
SMALL = {"archbook": 1, "name": "x", "traffic": {"daily_active_users": 5}, "services": {"a": {}}}


def valid(document: Any) -> bool:
    return jsonschema.Draft202012Validator(json_schema()).is_valid(document)


def keys(part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        for name, value in part.get("properties", {}).items():
            yield name, value
        for value in part.values():
            yield from keys(value)
    elif isinstance(part, list):
        for value in part:
            yield from keys(value)


def test_it_is_a_schema_of_draft_2020_12() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(schema)[:3] == ["$schema", "$id", "title"]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "//" not in schema["$id"]


def test_every_key_has_a_description() -> None:
    bounds = {"low", "likely", "high"}
    found = dict(keys(json_schema()))
    assert len(found) > 100
    assert [name for name, part in found.items() if not part.get("description") and name not in bounds] == []


@pytest.mark.parametrize("path", DESIGNS, ids=lambda path: path.parent.name)
def test_it_accepts_the_designs_that_come_with_archbook(path: Path) -> None:
    data = read_yaml(path.read_bytes(), path.name).data
    assert [e.message for e in jsonschema.Draft202012Validator(json_schema()).iter_errors(data)] == []


SAMPLES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"traffic": {"daily_active_users": "200k"}}, True),
    ({"traffic": {"daily_active_users": {"low": 1, "likely": "2k", "high": "3M"}}}, True),
    ({"traffic": {"daily_active_users": {"low": 1, "high": "3M"}}}, False),
    ({"traffic": {"daily_active_users": 0}}, False),
    ({"traffic": {"daily_active_users": 5, "growth": 0.5}}, False),
    ({"traffic": {"daily_active_users": 5, "horizon": "3y"}}, True),
    ({"traffic": {"daily_active_users": 5, "horizon": 3}}, False),
    ({"traffic": {"daily_active_users": 5, "horizon": "3 apples"}}, False),
    ({"services": {"a": {"slo": {"p95": "200ms", "availability": "99.9%"}}}}, True),
    ({"services": {"a": {"slo": {"p95": 200}}}}, False),
    ({"services": {"a": {"slo": {"availability": 99.9}}}}, False),
    ({"services": {"a": {"instances": "4"}}}, False),
    ({"services": {"a": {"instnces": 4}}}, False),
    ({"services": {"a b": {}}}, False),
    ({"services": {}}, False),
    ({"stores": {"db": {"engine": "postgresql", "schema": "a.sql", "ttl": 0}}}, True),
    ({"stores": {"db": {"engine": "postgres"}}}, False),
    ({"calls": [{"from": "a", "to": "b", "per_request": "per row"}]}, True),
    ({"calls": [{"from": "a", "to": "b", "per_request": "per rows"}]}, False),
    ({"calls": [{"from_": "a", "to": "b"}]}, False),
    ({"security": {"rate_limits": [{"limit": "100/min"}]}}, True),
    ({"security": {"rate_limits": [{"limit": 100}]}}, False),
    ({"servces": {}}, False),
]


@pytest.mark.parametrize(("more", "expected"), SAMPLES, ids=[json.dumps(more)[:60] for more, _ in SAMPLES])
def test_it_accepts_what_the_loader_reads_and_no_more(more: dict[str, Any], expected: bool) -> None:
    assert valid(SMALL | more) == expected
    try:
        read(json.dumps(SMALL | more))
        told = []
    except DesignError as error:
        told = [problem for problem in error.problems if not problem.what.startswith("no ")]
    assert (not told) == expected


def test_defaults_carry_their_unit() -> None:
    schema = json_schema()
    assert schema["$defs"]["Traffic"]["properties"]["horizon"]["default"] == "3 y"
    for _, part in keys(schema):
        if "default" in part:
            resolver = {"$defs": schema["$defs"], **part}
            assert jsonschema.Draft202012Validator(resolver).is_valid(part["default"]), part

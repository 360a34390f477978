"""How an estimate shows itself: text, HTML, tables, plain data; and that it does so for every shipped design."""

from __future__ import annotations

import html
import itertools
import json
import math
import pickle
from pathlib import Path

import pytest

from archbook.capacity import Estimate, answer, curve, estimate
from archbook.capacity.breaking import Limits
from archbook.capacity.solving import Solution, system_of
from archbook.design.loading import load, read
from tests.generated import big_design_yaml

DESIGNS = sorted((Path(__file__).parent.parent / "data" / "designs").glob("*/design.yaml"))


@pytest.fixture(params=DESIGNS, ids=lambda path: path.parent.name)
def shipped(request: pytest.FixtureRequest) -> Estimate:
    return estimate(load(request.param.parent), 10)


def test_every_shipped_design_is_estimated_whole(shipped: Estimate) -> None:
    assert shipped.requests_per_s > 0
    assert all(e.formula != "unknown" for e in shipped.elements.values())
    assert answer(shipped) in str(shipped)
    for endpoint in shipped.endpoints.values():
        if math.isfinite(endpoint.mean_s):
            assert sum(time for _, time in endpoint.path) == pytest.approx(endpoint.mean_s)


def test_every_number_names_a_formula_with_assumptions_and_source(shipped: Estimate) -> None:
    named = {e.formula for e in shipped.elements.values()} | {e.formula for e in shipped.endpoints.values()}
    assert named <= set(shipped.formulas)
    assert all(formula.text and formula.assumptions and formula.source for formula in shipped.formulas.values())
    how = shipped.how_html()
    assert how.startswith("<details><summary>How was this computed?</summary>")
    assert all(f"<b>{name}</b>" in how for name in named)


def test_the_answer_stands_before_the_table_in_every_front_end(shipped: Estimate) -> None:
    bundle = shipped._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"].startswith(answer(shipped))
    page = bundle["text/html"]
    assert page.index(html.escape(answer(shipped))) < page.index("<table") < page.index("<details>")
    assert "<script" not in page
    for word in ("nan", " inf", "Infinity"):
        assert word not in bundle["text/plain"]


def test_plain_data_survives_json_and_pickle(shipped: Estimate) -> None:
    document = shipped.to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    name, element = next(iter(document["elements"].items()))
    assert element["p95_s"] == shipped.elements[name].p95_s or element["p95_s"] is None
    assert document["calls"][0]["from"] == shipped.calls[0].from_
    copy = pickle.loads(pickle.dumps(shipped))
    assert copy.to_json() == document
    assert copy.endpoints == shipped.endpoints


def test_names_from_a_design_cannot_break_out_of_html() -> None:
    made = read("""
archbook: 1
name: x
traffic: {daily_active_users: 86400, journeys: {all: {share: 1, steps: [GET /a&<b>]}}}
services: {a: {}}
api: {endpoints: [{name: GET /a&<b>, service: a}]}
""")
    assert "GET /a&amp;&lt;b&gt;" in estimate(made).endpoint_table().html()


def test_saturation_is_said_in_words(shipped: Estimate) -> None:
    text = shipped.table().text()
    for element in shipped.elements.values():
        if element.utilisation >= 1 and element.servers and math.isfinite(element.utilisation):
            assert " %, saturated" in text
            assert "unbounded" in text


def test_a_large_design_knows_where_each_of_its_elements_saturates() -> None:
    made = read(big_design_yaml(services=400, calls=2000, endpoints=800))
    system = system_of(made)
    at = {name: at for name, at in Limits(system).at.items() if math.isfinite(at)}
    services = sorted((load, name) for name, load in at.items() if system.stations[name].kind == "service")
    assert len(services) > 150
    for part in (services[i : i + 100] for i in range(0, len(services), 100)):
        rows = [system.network.index[name] for _, name in part]
        for by, side in ((0.9995, -1), (1.0005, 1)):
            solved = Solution(system, [load * by for load, _ in part])
            utilisation = [float(solved.utilisation[row, lane]) for lane, row in enumerate(rows)]
            assert all((u - 1) * side > 0 for u in utilisation)


@pytest.mark.parametrize("path", DESIGNS, ids=lambda path: path.parent.name)
def test_no_response_gets_faster_as_the_load_grows(path: Path) -> None:
    grown = curve(load(path.parent), [1.06**step for step in range(60)])
    for name in grown[0].endpoints:
        for number in ("mean_s", "p50_s", "p95_s", "p99_s"):
            times = [getattr(found.endpoints[name], number) for found in grown]
            most_so_far = itertools.accumulate(times, max)
            assert all(time >= 0.99 * most for time, most in zip(times, most_so_far, strict=True)), (name, number)

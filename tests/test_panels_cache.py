"""The cache panel without a browser: what its sliders, menu and buttons do."""

import re

import pytest

import archbook as ab
from archbook.panels.controls import logarithmic


@pytest.fixture
def panel(design_folder):
    return ab.panels.cache(ab.load(design_folder("ecommerce")))


@pytest.fixture
def bare():
    return ab.panels.cache()


def said(widget):
    return re.sub(r"<[^>]+>", "", widget.value.partition("<svg")[0]).replace("\u202f", " ")


def test_the_answer_comes_first_and_has_the_reference_number(bare):
    assert said(bare._top).startswith(
        "A cache of 10 % of the items (1 000 of 10 000) answers 67.6 % of 1 000 req/s; the database sees 324 req/s. "
        "After a flush it sees 1 000 req/s, and is back within 10 % of its usual load after 1.7 s."
    )


@pytest.mark.parametrize(
    ("slider", "value"), [("_size", 20.0), ("_items", 1e5), ("_exponent", 0.8), ("_ttl", 1.0), ("_rate", 100.0)]
)
def test_every_slider_changes_the_answer_both_charts_and_the_numbers(bare, slider, value):
    before = bare._top.value, bare._below.value, bare._table.value
    getattr(bare, slider).value = value
    assert all(
        old != new for old, new in zip(before, (bare._top.value, bare._below.value, bare._table.value), strict=True)
    )


def test_a_simulation_shows_its_dots_and_intervals_until_a_slider_moves(bare):
    assert "simulated</text>" not in bare._top.value + bare._below.value
    bare.simulate()
    assert "agrees with the formula" in said(bare._said)
    assert bare._top.value.count("<path") == 1 + 6  # the key, and six sizes
    assert bare._below.value.count("<path") == 1 + 20
    low, high = re.search(r"67\.\d % \((67\.\d)–(67\.\d|68)\)", said(bare._table)).groups()
    assert float(low) <= 67.6 <= float(high)
    bare._size.value = 20.0
    assert "simulated</text>" not in bare._top.value + bare._below.value
    assert bare._said.value == ""


def test_what_takes_too_long_to_simulate_is_said(bare):
    bare._items.value = 1e7
    bare.simulate()
    assert "Too long for a quick run" in said(bare._said)
    assert "too long to simulate" in said(bare._table)


def test_it_opens_on_a_cache_of_the_design_with_its_load_and_what_the_design_counts_on(panel):
    design = panel._design
    assert panel._cache.value == "GET /api/v1/products/{id}"
    assert panel._ttl.value == 60.0
    assert "The design counts on 25 %" in said(panel._top)
    panel._cache.value = "sessions"
    assert panel._rate.value == pytest.approx(75.9, rel=0.01)
    assert panel._ttl.value == design.stores["sessions"].ttl
    assert "counts on" not in said(panel._top)


def test_reset_goes_back_to_where_it_opened(panel):
    before = panel._top.value
    panel._size.value, panel._exponent.value = 51.0, 0.5
    panel._take()
    assert panel._top.value == before


@pytest.mark.parametrize("simulated", [False, True])
def test_evidence_says_how_it_was_found_and_with_what(panel, simulated):
    if simulated:
        panel.simulate()
    panel.keep()
    kept = ab.load_evidence(panel._design)[-1]
    assert kept.how == ("simulation" if simulated else "formula")
    assert kept.about == "api"
    assert kept.value == pytest.approx(panel._now.hit_ratio, abs=0.01)
    assert (kept.low is not None and kept.low < kept.value < kept.high) == simulated
    assert kept.details["ttl_s"] == 60.0
    assert "Kept in evidence.json" in said(panel._said)


def test_without_a_design_nothing_is_kept_and_it_is_said(bare):
    bare.keep()
    assert "No design folder" in said(bare._said)


@pytest.mark.parametrize("name", ["minimal", "first_draft"])
def test_it_opens_on_designs_with_and_without_caches(design_folder, name):
    assert "<svg" in ab.panels.cache(ab.load(design_folder(name)))._top.value


@pytest.mark.parametrize(
    ("size", "items", "exponent", "ttl", "rate"),
    [
        (0.01, 100.0, 0.0, 1.0, 1.0),
        (100.0, 100.0, 1.5, 604800.0, 1e5),
        (100.0, 1e7, 0.0, 1.0, 1.0),
        (0.01, 1e7, 1.5, 1.0, 1e5),
    ],
)
def test_the_corners_of_the_sliders_have_an_answer(bare, size, items, exponent, ttl, rate):
    bare._size.value, bare._items.value, bare._exponent.value = size, items, exponent
    bare._ttl.value, bare._rate.value = ttl, rate
    text = bare._top.value + bare._below.value + bare._table.value
    assert "nan" not in text
    assert "unknown" not in text
    assert "inf" not in said(bare._top)


def test_every_control_has_a_description_and_can_be_reached_by_keyboard(panel):
    controls = [panel._cache, panel._size, panel._items, panel._exponent, panel._ttl, panel._rate]
    assert all(control.description and control.tooltip for control in controls)
    assert not any(control.tabbable is False for control in controls)
    assert panel._size.options[-1][1] == logarithmic(0.01, 100)[-1] == 100.0

"""The rate limit panel without a browser: the same traffic under each algorithm."""

import re

import pytest

import archbook as ab
from archbook.design.loading import read
from archbook.panels.rate_limit_panel import ALGORITHMS, EDGE, SEVERAL, STEADY


@pytest.fixture
def panel(design_folder):
    return ab.panels.rate_limit(ab.load(design_folder("ecommerce")))


@pytest.fixture
def bare():
    return ab.panels.rate_limit()


def said(widget):
    return re.sub(r"<[^>]+>", "", widget.value.partition("<svg")[0]).replace("\u202f", " ")


def figures(panel):
    """Pass, get 429 and most in any window, by algorithm."""
    rows = re.findall(r"<tr><td[^>]*>(.*?)</tr>", panel._table.value)
    cells = [[re.sub(r"<[^>]+>|\u202f", "", cell) for cell in row.split("</td>")] for row in rows]
    return {row[0]: tuple(map(int, row[1:4])) for row in cells}


def design_with(security="", endpoints=""):
    text = "archbook: 1\nname: x\ntraffic: {daily_active_users: 10, journeys: {}}\nservices: {a: {}}\n"
    return read(f"{text}api: {{endpoints: [{endpoints}]}}\nsecurity: {{{security}}}\n")


def test_a_fixed_window_lets_twice_the_limit_through_at_its_edge(bare):
    bare._algorithm.value = "fixed_window"
    assert said(bare._top).startswith(
        "With a fixed window of 100/min per user, 200 of 200 requests pass: at most 200 in any 60 s, 2× the limit."
    )
    assert figures(bare) == {"fixed window": (200, 0, 200), "sliding window": (101, 99, 101),
                             "sliding log": (100, 100, 100), "token bucket": (103, 97, 103),
                             "GCRA": (103, 97, 103)}  # fmt: skip


def test_algorithms_that_decide_alike_share_a_line(bare):
    assert bare._top.value.count("<polyline") == 4
    bare._traffic.value, bare._load.value = STEADY, 0.51
    assert bare._top.value.count("<polyline") == 1


def test_one_who_is_loud_takes_nothing_from_others_unless_they_share_the_limit():
    own, shared = (ab.panels.rate_limit(design_with(f"rate_limits: [{{per: {per}, limit: 100/min}}]"))
                   for per in ("user", "global"))  # fmt: skip
    for panel in (own, shared):
        panel._traffic.value, panel._load.value = SEVERAL, 10.0
    assert "100 % pass: each has their own" in said(own._top)
    assert float(re.search(r"ask, ([\d.]+) % pass: they share", said(shared._top))[1]) < 50


def test_it_opens_on_the_limits_of_the_design_and_those_of_its_endpoints(panel):
    assert panel._which.value == "100/min per user"
    assert (panel._limit.value, panel._burst.value, panel._algorithm.value) == (100, 30, "token_bucket")
    panel._which.value = "10/min per user on POST /api/v1/orders"
    assert panel._limit.value == 10
    assert "10/min per user" in said(panel._top)


@pytest.mark.parametrize(
    ("control", "value"),
    [("_limit", 50), ("_burst", 80), ("_algorithm", "gcra"), ("_traffic", STEADY), ("_load", 3.0)],
)
def test_every_control_changes_the_answer(panel, control, value):
    before = panel._top.value
    getattr(panel, control).value = value
    assert panel._top.value != before


@pytest.mark.parametrize(
    ("limit", "shown"), [("100/min", "100/min"), ("10/h", "10/h"), ("20/day", "20/day"), ("50/s", "50/s")]
)
def test_a_limit_is_counted_in_a_period_that_has_a_whole_number_of_it(limit, shown):
    panel = ab.panels.rate_limit(design_with(f"rate_limits: [{{limit: {limit}, algorithm: fixed_window}}]"))
    assert f"a fixed window of {shown} per user" in said(panel._top)
    assert "2× the limit" in said(panel._top)


def test_the_log_is_shown_and_not_saved(panel):
    panel._algorithm.value = "sliding_log"
    assert "does not declare the log" in said(panel._top)
    assert panel._changes() == {}


def test_a_burst_is_as_large_in_the_service_as_in_the_panel():
    """GCRA and a token bucket of the same design let the same number of requests pass at once."""
    from archbook.contracts.service.limits import Limits

    for algorithm in ("token_bucket", "gcra"):
        design = design_with(f"rate_limits: [{{limit: 100/min, burst: 30, algorithm: {algorithm}}}]")
        policy, state, passed = Limits(design).policies[0], None, 0
        while passed < 100:
            state, wait, _ = policy.take(state, 600.0)
            if wait:
                break
            passed += 1
        assert passed == 30
        panel = ab.panels.rate_limit(design)
        assert figures(panel)[ALGORITHMS[algorithm]][0] == 33  # two bursts of a second each, and what is refilled


@pytest.mark.parametrize("algorithm", ["fixed_window", "sliding_window", "token_bucket", "gcra"])
def test_it_opens_on_the_algorithm_that_the_design_declares(algorithm):
    panel = ab.panels.rate_limit(design_with(f"rate_limits: [{{limit: 100/min, algorithm: {algorithm}}}]"))
    assert ALGORITHMS[panel._algorithm.value].lower() == algorithm.replace("_", " ")
    assert panel._changed.value == ""


def test_save_writes_what_differs_and_undo_puts_back_every_byte(panel):
    file = panel._saved_design.folder / "design.yaml"
    before = file.read_bytes()
    panel._algorithm.value, panel._limit.value = "sliding_counter", 120
    assert "limit → 120/min; algorithm → sliding_window" in said(panel._changed)
    panel.save()
    rule = ab.load(file.parent).security.rate_limits[0]
    assert (round(rule.limit * 60), rule.algorithm, rule.burst) == (120, "sliding_window", 30)
    assert panel._which.value == "120/min per user"
    panel.undo()
    assert file.read_bytes() == before
    panel.save()
    assert "Nothing to save" in said(panel._said)


def test_the_limit_of_an_endpoint_is_saved_at_the_endpoint(panel):
    panel._which.value = "10/min per user on POST /api/v1/orders"
    panel._limit.value = 20
    panel.save()
    design = ab.load(panel._saved_design.folder)
    assert round(design.endpoint("POST /api/v1/orders").rate_limit * 60) == 20


def test_what_the_saved_limit_lets_pass_is_kept_as_evidence(panel):
    panel._limit.value = 50
    panel.keep()
    assert "Save or reset first" in said(panel._said)
    panel.reset()
    panel.keep()
    kept = ab.load_evidence(panel._saved_design)[-1]
    assert (kept.id, kept.how, kept.value) == ("rate-limit.rate_limits.0", "simulation", 33.0)
    assert not kept.stale(panel._saved_design)


@pytest.mark.parametrize("subject", [None, "minimal", "first_draft"])
def test_without_a_limit_of_the_design_it_shows_usual_values_and_keeps_nothing(subject):
    panel = ab.panels.rate_limit(ab.load(subject) if subject else None)
    assert said(panel._top)
    if panel._now.where is None:
        panel._limit.value = 5
        panel.save()
        assert "not one of the design" in said(panel._said)
        panel.keep()
        assert "No design folder" in said(panel._said)
        panel.undo()


@pytest.mark.parametrize("traffic", [EDGE, STEADY, SEVERAL])
@pytest.mark.parametrize(("limit", "burst", "load"), [(1, 1, 0.1), (1, 1_000, 10.0), (1_000, 1, 10.0)])
def test_the_corners_of_the_sliders_have_an_answer(bare, traffic, limit, burst, load):
    bare._limit.value, bare._burst.value, bare._load.value, bare._traffic.value = limit, burst, load, traffic
    text = bare._top.value + bare._table.value
    assert not re.search(r"\bnan\b|\binf\b|unknown|unbounded", text)
    passed, _, most = figures(bare)["sliding log"]
    assert most <= limit
    assert passed


def test_every_control_has_a_description_and_can_be_reached_by_keyboard(panel):
    controls = [panel._which, panel._algorithm, panel._limit, panel._burst, panel._traffic, panel._load]
    assert all(control.description and control.tooltip for control in controls)
    assert not any(control.tabbable is False for control in controls)

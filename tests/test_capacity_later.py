"""Estimates are worked out when looked at, and stay what they were."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from archbook.capacity import curve, estimate
from archbook.capacity.later import LaterDict, LaterTuple
from archbook.capacity.solving import Solution, system_of
from archbook.design.loading import load, read
from archbook.design.model import Design
from tests.generated import big_design_yaml

PRECISION = 1e-3  # of limits, as `breaking` brackets them
DESIGNS = sorted(folder.parent for folder in Path("data/designs").glob("*/design.yaml"))
LARGER = [read(big_design_yaml(services, 4 * services, 3 * services, seed=services)) for services in (20, 60)]


def test_an_estimate_solves_only_its_own_load_until_it_is_looked_at() -> None:
    design = load(DESIGNS[0])
    found = estimate(design, 3)
    memo = system_of(design).memo
    assert "limits" not in memo
    assert not any(isinstance(key, float) for key in memo)
    assert found.breaks
    assert "limits" in memo


def test_what_is_made_later_is_made_once_and_equals_what_it_is_made_into() -> None:
    times = []
    later = LaterTuple(lambda: times.append(1) or (1, 2))
    assert not times
    assert later == (1, 2) == later == LaterTuple(lambda: (1, 2))
    assert (*later, later[0], len(later), 2 in later) == (1, 2, 1, 2, True)
    assert len(times) == 1
    named = LaterDict(lambda: {"a": 1})
    assert named == dict(named) == {"a": 1}
    assert named.get("b") is None
    assert named != {"a": 2}


def test_an_estimate_is_copied_and_sent_as_what_it_says() -> None:
    found = estimate(load(DESIGNS[0]), 2)
    for other in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert other == found
        assert other.to_json() == found.to_json()
        assert (type(other.breaks), type(other.elements)) == (tuple, dict)


def test_a_curve_looked_at_last_to_first_says_what_single_estimates_say() -> None:
    design = load(DESIGNS[0])
    together = curve(design, [1, 20, 40])
    for growth, found in reversed(list(zip([1, 20, 40], together, strict=True))):
        design.memo.clear()
        assert found.remedies == estimate(design, growth).remedies


@pytest.mark.parametrize("design", [*map(load, DESIGNS), *LARGER], ids=lambda design: f"{design.name}")
def test_every_limit_is_where_the_solved_utilisation_passes_1(design: Design) -> None:
    """Oracle: the utilisation solved a little below and above the limit."""
    system = system_of(design)
    for entry in estimate(design).breaks:
        if system.stations[entry.element].servers:
            row = system.network.index[entry.element]
            below, above = Solution(system, [entry.at * (1 - PRECISION), entry.at * (1 + PRECISION)]).utilisation[row]
            assert below < 1 <= above, entry.element

"""The pool panel without a browser."""

from __future__ import annotations

import re

import pytest

import archbook as ab
from archbook.capacity.formulas import mmc_mean_wait_s, pool_size
from archbook.errors import InvalidInput
from archbook.units import show_duration
from tests.examples import example


@pytest.fixture
def panel(design_folder):
    return ab.panels.pool(ab.load(design_folder("ecommerce")))


def test_it_opens_on_the_busiest_pool_as_the_design_has_it(panel):
    use = panel.use
    assert panel._size.value == panel._design.stores[use.store].pool == use.pool
    assert f"<b>{use.service}</b>" in panel._top.value


def test_the_wait_is_erlangs(panel):
    panel._growth.value = 10.0
    rate, hold, size = panel._load()
    assert show_duration(mmc_mean_wait_s(rate, hold, size)) in panel._table.value
    assert f"<b>{pool_size(rate, hold, 0.01)}</b> would do" in panel._top.value


def test_too_small_a_pool_piles_up_and_is_no_error(panel):
    panel._held.value = panel._held.options[-1][1]
    panel._size.value = 1
    assert "requests pile up" in panel._top.value
    assert "without end" in panel._top.value


def test_threads_that_hold_several_can_deadlock(panel):
    panel._each.value = 3
    panel._size.value = 2
    assert "wait for each other for ever" in panel._top.value
    assert f"<b>{panel.use.threads * 2 + 1}</b> rule that out" in panel._top.value


def test_more_than_the_store_accepts_is_said(panel):
    panel._size.value = panel._size.options[-1][1]
    assert "accepts" in panel._top.value


def test_the_simulation_holds_the_formula(panel):
    panel._growth.value = 10.0
    panel._size.value = 3
    panel.simulate()
    rate, hold, _ = panel._load()
    for size, wait in panel._dots.items():
        assert abs(wait.value - mmc_mean_wait_s(rate, hold, size)) < wait.high - wait.low
    assert "at each of 3 sizes" in panel._said.value
    panel._size.value = 4
    assert panel._dots == {}


def test_evidence_is_kept_with_its_claim(panel):
    panel.keep()
    (entry,) = [e for e in ab.load_evidence(panel._design) if e.id.startswith("pool.")]
    assert entry.unit == "connections"
    assert not re.search(r"\*", entry.claim)


def test_a_design_without_pools_is_told_what_to_add():
    with pytest.raises(InvalidInput, match="give one `pool: 20`"):
        ab.panels.pool(example(""))

"""Generated designs are valid, the same for the same seed, and read quickly and in little memory."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from archbook.design.loading import read
from archbook.errors import DesignError
from tests.generated import big_design_yaml


@pytest.mark.parametrize(("services", "calls", "endpoints"), [(10, 20, 8), (50, 300, 100), (1000, 5000, 3000)])
def test_a_generated_design_is_valid_and_of_the_size_asked_for(services: int, calls: int, endpoints: int) -> None:
    design = read(big_design_yaml(services, calls, endpoints))
    assert (len(design.services), len(design.calls), len(design.api.endpoints)) == (services, calls, endpoints)
    assert design.gateway == "gateway"


def test_the_same_seed_gives_the_same_design() -> None:
    assert big_design_yaml(20, 50, 20, seed=3) == big_design_yaml(20, 50, 20, seed=3)
    assert big_design_yaml(20, 50, 20, seed=3) != big_design_yaml(20, 50, 20, seed=4)


def test_a_thousand_services_take_less_than_100_mb() -> None:
    text = big_design_yaml()
    tracemalloc.start()
    try:
        read(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100e6


def test_reading_leaves_the_garbage_collector_as_it_was() -> None:
    with pytest.raises(DesignError):
        read("a: [")
    assert gc.isenabled()
    gc.disable()
    try:
        read(big_design_yaml(10, 20, 8))
        assert not gc.isenabled()
    finally:
        gc.enable()

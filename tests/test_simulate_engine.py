"""The engine of the simulator: theory is its oracle, and compiled and plain Python run alike."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archbook.capacity import plan
from archbook.capacity.formulas import mmc_mean_wait_s
from archbook.design.loading import load
from archbook.errors import UnknownName
from archbook.simulate import state
from archbook.simulate.figures import figure
from archbook.simulate.program import program_of
from archbook.simulate.timeline import Outage, timeline
from archbook.simulate.world import Plan, replicate
from tests.examples import example

ROOT = Path(__file__).resolve().parent.parent
QUEUE = """
services:
  front: {instances: 1, concurrency: 4, service_time: {mean: 1s}}
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: 3.6
  journeys:
    visit: {share: 1, steps: [GET /api/v1/things]}
stores: {}
externals: {}
"""
SAME = """
from archbook.capacity import plan
from archbook.design.loading import load
from archbook.simulate.program import program_of
from archbook.simulate.queueing import simulate_queue
from archbook.simulate.timeline import timeline
from archbook.simulate.world import Plan, replicate
design = load("data/designs/minimal")
program = program_of(design, plan(design))
world, _ = replicate(program, timeline(program), Plan(10.0, 1.0, 4.0, 4, 3), 0)
print(world.by_endpoint.tolist(), world.by_station_x.tolist(), world.by_policy.tolist())
print(simulate_queue(1.5, 1.0, 2, service_scv=4.0, arrival_scv=0.5, customers=5000))
"""


def test_the_mean_wait_of_four_servers_is_erlangs_within_the_interval() -> None:
    design = example(QUEUE)
    program = program_of(design, plan(design))
    waits = []
    for replication in range(10):
        world, ended = replicate(program, timeline(program), Plan(1.0, 500.0, 60_000.0, 10, 1), replication)
        assert ended
        waits.append(world.by_station_x[0, state.VX_WAIT] / world.by_station[0, state.V_VISITS])
    found, exact = figure(waits), mmc_mean_wait_s(3.6, 1, 4)
    wider = 2 * (found.high - found.value)  # ten seeds: three and more standard errors
    assert abs(found.value - exact) < wider
    assert found.precision < 0.05


def test_every_request_is_answered_or_still_under_way() -> None:
    design = load(ROOT / "data" / "designs" / "ecommerce")
    program = program_of(design, plan(design))
    bank = (Outage("bank", 10.0, 10.0, "refuse"),)
    world, ended = replicate(program, timeline(program, bank), Plan(1.0, 0.0, 40.0, 8, 1), 0)
    offered, good, failed, _ = world.course.sum(axis=0)
    assert ended
    assert offered == good + failed + world.n[state.Z_IN_SYSTEM]
    assert good > 0.9 * offered
    assert world.by_station[program.row("bank"), state.V_REFUSED] > 0


def test_compiled_and_plain_python_run_alike() -> None:
    def printed(plain: str) -> str:
        environment = {**os.environ, "NUMBA_DISABLE_JIT": plain}
        command = [sys.executable, "-c", SAME]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment).stdout

    assert printed("1") == printed("0")


def test_an_unknown_element_is_named_with_its_nearest() -> None:
    design = example(QUEUE)
    with pytest.raises(UnknownName, match="did you mean `front`"):
        timeline(program_of(design, plan(design)), (Outage("fron", 1.0, 1.0),))

"""Sweeps: the same numbers as one by one, paired differences, nothing lost or counted twice."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import archbook as ab
from archbook.cli import main
from archbook.errors import Conflict, EngineUnavailable, InvalidInput, UnknownName
from archbook.simulate import simulate, sweep
from archbook.simulate.sweeping import points_of
from tests.examples import example

QUEUE = """
services:
  front: {instances: 1, concurrency: 4, service_time: {mean: 1s, scv: 1}}
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: 2
  journeys:
    visit: {share: 1, steps: [GET /api/v1/things]}
stores: {}
externals: {}
"""
GRID = {"growth": [0.5, 1, 1.5], "services.front.concurrency": [4, 5]}
SMALL: dict[str, Any] = {"budget": 200_000, "precision": 0.1}


@pytest.fixture(scope="module")
def design() -> ab.Design:
    return example(QUEUE)


@pytest.fixture(scope="module")
def swept(design: ab.Design) -> Any:
    return sweep(design, GRID, workers=1, **SMALL)


def test_every_point_has_the_numbers_that_simulate_gives_alone(design: ab.Design, swept: Any) -> None:
    assert [s.point for s in swept.scenarios] == points_of(GRID)
    for s in (swept.scenarios[0], swept.scenarios[-1]):
        changed = design.changed({("services", "front", "concurrency"): s.point["services.front.concurrency"]})
        alone = simulate(changed, s.growth, **SMALL)
        assert s.figure("mean_s") == alone.mean_s
        assert s.figure("utilisation") == alone.elements["front"].utilisation
        assert s.figure("p95_s") == alone.endpoints["GET /api/v1/things"].p95_s


def test_two_workers_give_what_one_gives(design: ab.Design, swept: Any) -> None:
    seen: list[tuple[float, float]] = []
    both = sweep(design, GRID, workers=2, progress=lambda done, total, _: seen.append((done, total)), **SMALL)
    assert both.to_json() == swept.to_json()
    assert seen == [(i, 6) for i in range(1, 7)]


def test_common_random_numbers_make_the_difference_more_certain_than_the_points(swept: Any) -> None:
    paired = swept.difference(0, 1)  # the same load, one worker more
    apart = [s.figure("mean_s") for s in swept.scenarios[:2]]
    halves = [(f.high - f.low) / 2 for f in (*apart, paired)]
    assert halves[2] < 0.5 * math.hypot(halves[0], halves[1])
    assert paired.value == pytest.approx(apart[1].value - apart[0].value)


def test_what_piles_up_claims_no_time(design: ab.Design) -> None:
    found = sweep(design, {"growth": [1, 3]}, **SMALL)
    assert [s.settled for s in found.scenarios] == [True, False]
    assert math.isnan(found.difference(0, 1).value)
    assert "requests pile up, first at 3× load (front is the busiest" in found.answer
    assert found.to_json()["scenarios"][1]["mean_s"]["value"] is None


def test_a_kept_sweep_goes_on_from_what_is_finished(design: ab.Design, swept: Any, tmp_path: Path) -> None:
    keep = tmp_path / "kept.jsonl"

    def stop_after_two(done: float, _total: float, _label: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(design, GRID, keep=keep, workers=1, progress=stop_after_two, **SMALL)
    assert len(keep.read_bytes().splitlines()) == 3
    with keep.open("ab") as file:
        file.write(b'{"key": "torn by a pow')
    seen: list[float] = []
    whole = sweep(design, GRID, keep=keep, progress=lambda done, *_: seen.append(done), **SMALL)
    assert seen == [3, 4, 5, 6]
    assert whole.to_json() == swept.to_json()
    keys = [json.loads(line)["key"] for line in keep.read_bytes().splitlines()[1:]]
    assert len(keys) == len(set(keys)) == 6


def test_a_file_of_something_else_is_left_alone(design: ab.Design, tmp_path: Path) -> None:
    keep = tmp_path / "kept.jsonl"
    keep.write_text("my notes", encoding="utf-8")
    with pytest.raises(Conflict, match="no file that a sweep wrote"):
        sweep(design, {"growth": [1]}, keep=keep, **SMALL)
    assert keep.read_text(encoding="utf-8") == "my notes"
    keep.unlink()
    sweep(design, {"growth": [0.5]}, keep=keep, **SMALL)
    with pytest.raises(Conflict, match="another design"):
        sweep(example(QUEUE.replace("1s", "2s")), {"growth": [0.5]}, keep=keep, **SMALL)


@pytest.mark.parametrize(
    ("grid", "error", "says"),
    [
        ({"services.frnt.concurrency": [1]}, UnknownName, "did you mean `services.front.concurrency`"),
        ({"services.front.concurrency": ["many"]}, InvalidInput, "must be a whole number"),
        ({"services.front.service_time.mean": [3]}, InvalidInput, "has no unit of time"),
        ({"services.front": [3]}, InvalidInput, "not a single value"),
        ({"traffic.journeys.visit.share": [0.5]}, InvalidInput, "must add up to 1"),
        ({"": [1]}, UnknownName, "no place in the design"),
        ({"growth": 5}, InvalidInput, "needs a list of values"),
        ({"growth": [1, -1]}, InvalidInput, "growth"),
        ({"seed": [1.5]}, InvalidInput, "seed"),
        ({"growth": []}, InvalidInput, "1 to 10000 points"),
        ({}, InvalidInput, "1 to 10000 points"),
        ([], InvalidInput, "1 to 10000 points"),
        ([{"growth": 1}, {"seed": 1}], InvalidInput, "the same paths"),
    ],
)
def test_a_grid_that_cannot_be_says_why(design: ab.Design, grid: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        sweep(design, grid, **SMALL)


def test_the_command_sweeps(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["sweep", "minimal", "growth=1,2", "services.gateway.instances=2", "--budget", "100000", "--json"]
    assert main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["growth"] for row in document["scenarios"]] == [1, 2]
    assert main(["sweep", "minimal", "growth"]) == 2
    assert "write it like growth=1,2,5" in capsys.readouterr().err


@pytest.fixture
def cluster() -> Any:
    """A Dask cluster of two worker processes on loopback; without `distributed` the tests do not run, visibly."""
    distributed = pytest.importorskip("distributed", reason="pip install 'archbook[cluster]'")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as found:
        yield found


def test_a_killed_worker_loses_nothing_and_counts_nothing_twice(
    design: ab.Design, cluster: Any, tmp_path: Path
) -> None:
    grid = {"growth": [0.5, 1, 1.5], "services.front.concurrency": [4, 5], "seed": [1, 2]}
    options: dict[str, Any] = {"budget": 600_000, "precision": 0.001}
    victim, keep, left = cluster.workers[0].pid, tmp_path / "kept.jsonl", []

    def kill_one_after_two(done: float, total: float, _label: str) -> None:
        if done == 2:
            os.kill(victim, signal.SIGKILL)
            left.append(total - done)

    found = sweep(design, grid, cluster.scheduler_address, keep=keep, progress=kill_one_after_two, **options)
    assert left == [10]
    assert found.to_json() == sweep(design, grid, workers=1, **options).to_json()
    keys = [json.loads(line)["key"] for line in keep.read_bytes().splitlines()[1:]]
    assert len(keys) == len(set(keys)) == 12


def test_leaving_early_leaves_nothing_running_on_the_cluster(design: ab.Design, cluster: Any) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    endless = [{"growth": 0.01, "seed": 1}, *({"growth": 1.9, "seed": seed} for seed in range(2, 8))]
    from distributed import Client

    with Client(cluster.scheduler_address, set_as_default=False) as client:
        with pytest.raises(KeyboardInterrupt):
            sweep(design, endless, client, progress=stop, budget=400_000_000, precision=0.05)
        deadline = time.monotonic() + 5
        while any(client.run(lambda dask_worker: len(dask_worker.state.executing)).values()):
            assert time.monotonic() < deadline, "a scenario still runs"
            time.sleep(0.05)


def test_a_cluster_that_is_not_there_says_what_to_do(design: ab.Design, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archbook.simulate.sweeping.CONNECT_S", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(EngineUnavailable, match=r"no Dask scheduler answers at .* start one with `dask scheduler`"):
        sweep(design, {"growth": [1]}, address, **SMALL)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineUnavailable, match=r"pip install 'archbook\[cluster\]'"):
        sweep(design, {"growth": [1]}, address, **SMALL)


def test_the_chart_has_a_line_a_variant_with_its_band(swept: Any) -> None:
    lines = swept.lines()
    assert [row["line"] for row in lines["rows"]] == ["front.concurrency 4", "front.concurrency 5"] * 3
    assert all(row["low"] <= row["y"] <= row["high"] for row in lines["rows"])
    svg = ab.chart(swept).svg
    assert "front.concurrency 5" in svg
    assert "multiple of today" in svg

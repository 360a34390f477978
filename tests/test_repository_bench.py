"""The bench itself: it prints, keeps and compares, and a broken or slow measurement is seen."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import bench
from archbook.errors import ArchbookError
from bench import __main__ as program
from bench.measure import Measurement, fresh, measured

MODULES = sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if m.name not in ("__main__", "measure"))


def fast() -> Iterator[Measurement]:
    yield Measurement("load", 12.0, "ms", limit=50.0, spread=0.4, repeats=7, peer="pydantic", peer_value=6.0)


def slow() -> Iterator[Measurement]:
    yield Measurement("export", 6.0, "s", limit=5.0)


def broken() -> Iterator[Measurement]:
    raise RuntimeError("no engine")


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Puts measurements of our own in the place of the real ones."""

    def plant(**runs: Any) -> None:
        names = [SimpleNamespace(name=name) for name in runs]
        monkeypatch.setattr(program.pkgutil, "iter_modules", lambda _: names)
        found = {f"bench.{name}": SimpleNamespace(run=run) for name, run in runs.items()}
        monkeypatch.setattr(program.importlib, "import_module", found.__getitem__)
        monkeypatch.setattr(program, "KEPT", tmp_path / ".bench")

    return plant


def test_value_limit_peer_ratio_and_spread_are_printed_and_kept(
    planted: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    planted(fast=fast)
    assert program.main([]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("load ")]
    assert " ".join(line.split()) == "load 12 ms 50 ms pydantic 6 ms 2× 0.4 ms 7"
    (kept,) = (tmp_path / ".bench").iterdir()
    assert json.loads(kept.read_text(encoding="utf-8"))["results"][0]["value"] == 12.0


def test_a_value_over_its_limit_fails_and_says_so(planted: Any, capsys: pytest.CaptureFixture[str]) -> None:
    planted(slow=slow)
    assert program.main([]) == 1
    assert "export is over its limit" in capsys.readouterr().out


def test_a_broken_measurement_loses_no_other(planted: Any, capsys: pytest.CaptureFixture[str]) -> None:
    planted(broken=broken, fast=fast)
    assert program.main([]) == 1
    out = capsys.readouterr().out
    assert "broken failed" in out
    assert "12 ms" in out


@pytest.mark.parametrize("arguments", [["compare", "a"], ["--all"], ["nothing_like_it"]])
def test_wrong_arguments_exit_with_2(planted: Any, arguments: list[str]) -> None:
    planted(fast=fast)
    assert program.main(arguments) == 2


def entry(value: float, spread: float = 0.1) -> dict[str, Any]:
    return {"unit": "ms", "value": value, "spread": spread}


def test_two_runs_are_compared_and_noise_is_told_from_change() -> None:
    before = {"same": entry(10.0), "noisy": entry(10.0, 1.0), "moved": entry(10.0), "gone": entry(1.0)}
    after = {"same": entry(10.2), "noisy": entry(12.0, 1.0), "moved": entry(20.0), "new": entry(2.0)}
    rows = {row[0]: row[1:] for row in program.compare(before, after).rows}
    assert rows == {
        "same": ("10 ms", "10.2 ms", "1.02×", "no"),
        "noisy": ("10 ms", "12 ms", "1.2×", "no"),
        "moved": ("10 ms", "20 ms", "2×", "yes"),
        "gone": ("1 ms", "–", "–", "–"),
        "new": ("–", "2 ms", "–", "–"),
    }


def test_a_run_that_is_not_there_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]", encoding="utf-8")
    for name in ("nowhere", str(tmp_path / "x.json")):
        with pytest.raises(ArchbookError, match="is no kept run"):
            program.load(name)


def test_medians_and_spread_of_repeats() -> None:
    found = measured("x", [0.001, 0.002, 0.003, 0.004, 0.1], "ms")
    assert (found.value, found.spread, found.repeats) == (3.0, 1.0, 5)


def test_a_new_python_is_timed_with_its_memory() -> None:
    ((seconds, memory_mb),) = fresh("x = bytearray(60_000_000)", repeats=1)
    assert 0 < seconds < 5
    assert memory_mb > 60


@pytest.mark.parametrize("name", MODULES)
def test_each_measurement_can_be_run(name: str) -> None:
    assert callable(importlib.import_module(f"bench.{name}").run)

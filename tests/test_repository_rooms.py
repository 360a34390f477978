"""The order of the rooms, held by reading every import; each kind of breach is seen to be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import rooms


def test_every_room_imports_from_floors_below_its_own() -> None:
    assert rooms.problems() == []


def test_every_room_of_the_source_has_been_looked_at() -> None:
    found = {rooms.room_of(path.relative_to(rooms.SOURCE)) for path in rooms.SOURCE.rglob("*.py")}
    assert {"errors", "units", "design", "capacity", "schema", "diagrams", "review", "export", "panels"} <= found
    assert found <= set(rooms.FLOORS)


LONG_FUNCTION = "def f() -> None:\n" + "    x = 1\n" * 60

BREACHES = {
    ("capacity/wait.py", "from archbook.schema import parse\n"): "capacity (floor 4) imports schema (floor 4)",
    ("design/model.py", "import archbook.panels\n"): "design (floor 2) imports panels (floor 8)",
    ("review/late.py", "def f():\n    from archbook import export\n"): "review (floor 6) imports export (floor 7)",
    ("review/rules/up.py", "from ...cli import main\n"): "review (floor 6) imports cli (floor 9)",
    ("units.py", "import archbook\n"): "units (floor 1) imports archbook (floor 9)",
    (
        "design/lazy.py",
        "m = import_module('archbook.capacity')\n",
    ): "design (floor 2) imports capacity (floor 4)",
    ("exercise_sets/a.py", "from archbook.panels import capacity\n"): "exercises (floor 8) imports panels (floor 8)",
    ("export/sql.py", "import duckdb\n"): "imports duckdb, which only schema/ may",
    ("cli.py", "from ipywidgets import HTML\n"): "imports ipywidgets, which only panels/ may",
    ("attic/box.py", ""): "room `attic` has no floor",
    ("units.py", LONG_FUNCTION): "`f` has 61 lines",
    ("units.py", "x = 1\n" * 450): "has 450 lines",
    ("units.py", "try:\n    x()\nexcept ValueError:\n    pass\n"): "swallows an exception in silence",
}


@pytest.mark.parametrize(("name", "text"), BREACHES)
def test_a_planted_breach_is_found(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")
    (problem,) = rooms.problems(tmp_path)
    assert problem.startswith(f"{Path(name)}:")
    assert BREACHES[name, text] in problem


ALLOWED = {
    ("capacity/wait.py", "from archbook import units\nfrom archbook.capacity.result import Estimate\nimport math\n"),
    ("schema/duck.py", "import duckdb\nfrom archbook.evidence import found\n"),
    ("cli.py", "import archbook\nfrom archbook import workbook\nimport click\n"),
    ("exercise_sets/start.py", "from archbook.exercises import Exercise\nfrom archbook.capacity import estimate\n"),
    ("review/rules/near.py", "from . import other\nfrom ..report import Report\n"),
}


@pytest.mark.parametrize(("name", "text"), sorted(ALLOWED))
def test_an_import_from_below_or_from_the_same_room_is_fine(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")
    assert rooms.problems(tmp_path) == []

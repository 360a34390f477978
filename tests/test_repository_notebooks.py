"""Every notebook is stripped, in the shape of the house, documented, and runs from top to bottom with no network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools import notebooks as house

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS_A_CELL = 300
SKELETON = ("predict", "reconcile", "break it on purpose", "decide", "exercises", "summary", "under the hood")


def run(path: Path) -> nbformat.NotebookNode:
    """Execute a notebook where it lies. Raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=SECONDS_A_CELL, startup_timeout=120, resources=resources).execute()
    return notebook


def warnings(notebook: nbformat.NotebookNode) -> list[str]:
    """What the cells wrote to stderr."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output["text"] for output in outputs if output.get("name") == "stderr"]


def written(folder: Path, *cells: str, **extra: Any) -> Path:
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell, **extra) for cell in cells])
    path = folder / "planted.ipynb"
    path.write_text(house.text_of(json.loads(nbformat.writes(document))), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stripped_and_in_shape(path: Path) -> None:
    assert house.problems(path) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_follows_the_skeleton(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert re.match(r"# .+\?\n(.|\n)*\*\*The question of this notebook: ", house.source(cells[0]))
    text = "\n".join(house.source(cell) for cell in cells if cell["cell_type"] == "markdown").lower()
    places = [text.find(part) for part in SKELETON]
    assert -1 not in places, dict(zip(SKELETON, places, strict=True))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_named_in_the_readme(path: Path) -> None:
    assert f"`{path.stem}`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_no_notebook_that_is_not_there() -> None:
    named = re.findall(r"`(\d\d_\w+)`", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert sorted(set(named)) == [path.stem for path in NOTEBOOKS]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(
    path: Path, tmp_path: Path, design_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHBOOK_DESIGN", str(design_folder("ecommerce")))
    copy = tmp_path / "notebooks" / path.name
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes())
    assert warnings(run(copy)) == []


# Each guard above, seen to fail once

FUNCTION = "def long():\n" + "    x = 1\n" * 11
SHAPES = {
    ("import math", "x = 1\n" * 16): "has 16 lines; at most 15",
    ("import math", FUNCTION): "`long` has 12 lines; at most 10",
    ("import math\nx = 1", "x"): "is the first code cell and has more than imports",
    ("import math", "%pip install thing"): "`%pip` is plumbing",
    ("import sys", "sys.path.append('src')"): "`sys.path` is plumbing",
    ("import math", "%run other.ipynb"): "`%run` is plumbing",
    ("import math", "x = ="): "cannot be read as Python",
    ("import math", ""): "is empty",
}


@pytest.mark.parametrize("cells", SHAPES)
def test_a_planted_fault_of_shape_is_found(tmp_path: Path, cells: tuple[str, ...]) -> None:
    assert SHAPES[cells] in "\n".join(house.problems(written(tmp_path, *cells)))


def test_a_notebook_in_shape_has_no_problems(tmp_path: Path) -> None:
    assert house.problems(written(tmp_path, "import math", "%matplotlib inline\nmath.pi")) == []


@pytest.mark.parametrize(
    "extra",
    [
        {"execution_count": 3},
        {"outputs": [nbformat.v4.new_output("stream", text="1")]},
        {"metadata": {"collapsed": True}},
    ],
)
def test_a_notebook_that_carries_outputs_is_found_and_stripped(tmp_path: Path, extra: dict[str, Any]) -> None:
    path = written(tmp_path, "import math", **extra)
    assert house.problems(path) == ["planted.ipynb: carries outputs or metadata; run make strip"]
    assert house.main(["strip", str(path)]) == 0
    assert house.problems(path) == []
    assert house.main(["check", str(path)]) == 0


def test_a_cell_that_fails_fails_the_run(tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        run(written(tmp_path, "1 / 0"))


def test_a_warning_is_found(tmp_path: Path) -> None:
    notebook = run(written(tmp_path, "import warnings", "warnings.warn('old')"))
    assert "UserWarning: old" in warnings(notebook)[0]


def test_a_kernel_carries_the_guard_against_network_use(tmp_path: Path, no_network: Callable[[], list[str]]) -> None:
    call = (
        "import socket\ntry:\n    socket.socket().connect(('203.0.113.7', 443))\nexcept RuntimeError:\n    print('no')"
    )
    notebook = run(written(tmp_path, call))
    assert notebook.cells[0].outputs[0]["text"] == "no\n"
    assert no_network() == ["connect to ('203.0.113.7', 443)"]

"""Keep outputs out of the notebooks, and their cells in the shape of the house.

usage: python tools/notebooks.py strip|check [NOTEBOOK...]
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
LONGEST_CELL = 15
LONGEST_FUNCTION = 10
PLUMBING = ("%run", "%pip", "!pip", "pip install", "sys.path", "%cd", "os.chdir", "%%html", "<style")
KEPT_METADATA = ("kernelspec", "language_info")
KEPT_CELL_METADATA = ("tags", "jupyter", "editable")


def stripped(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook without outputs, execution counts, widget state and the marks of the editor that saved it."""
    metadata = {key: value for key, value in notebook.get("metadata", {}).items() if key in KEPT_METADATA}
    if "language_info" in metadata:
        metadata["language_info"] = {"name": "python"}
    return {**notebook, "metadata": metadata, "cells": [_stripped_cell(cell) for cell in notebook["cells"]]}


def _stripped_cell(cell: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in cell.get("metadata", {}).items() if key in KEPT_CELL_METADATA}
    if cell["cell_type"] != "code":
        return {key: value for key, value in cell.items() if key != "attachments" or value} | {"metadata": metadata}
    return {**cell, "metadata": metadata, "outputs": [], "execution_count": None}


def text_of(notebook: dict[str, Any]) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def problems(path: Path) -> list[str]:
    """What is against the house style, one sentence each, with the number of the cell."""
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)
    found = [] if text_of(stripped(notebook)) == text else [f"{path.name}: carries outputs or metadata; run make strip"]
    code = [(i, source(cell)) for i, cell in enumerate(notebook["cells"], 1) if cell["cell_type"] == "code"]
    for position, (number, cell) in enumerate(code):
        found += [f"{path.name} cell {number}: {problem}" for problem in cell_problems(cell, first=position == 0)]
    found += [f"{path.name}: no code cell"] if not code else []
    return found


def source(cell: dict[str, Any]) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def cell_problems(cell: str, first: bool) -> list[str]:
    """What is against the house style in one code cell."""
    found = [f"`{word}` is plumbing" for word in PLUMBING if word in cell]
    lines = len(cell.strip().splitlines())
    if lines > LONGEST_CELL:
        found.append(f"has {lines} lines; at most {LONGEST_CELL}")
    if not cell.strip():
        found.append("is empty")
    plain = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in cell.splitlines())
    try:
        tree = ast.parse(plain)
    except SyntaxError as error:
        return [*found, f"cannot be read as Python: {error.msg}"]
    if first and not all(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body):
        found.append("is the first code cell and has more than imports")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                found.append(f"`{node.name}` has {length} lines; at most {LONGEST_FUNCTION}: it belongs in src/")
    return found


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in ("strip", "check"):
        print(__doc__, file=sys.stderr)
        return 2
    paths = [Path(name) for name in arguments[1:]] or sorted(NOTEBOOKS.glob("*.ipynb"))
    if arguments[0] == "check":
        found = [problem for path in paths for problem in problems(path)]
        print(*found or [f"{len(paths)} notebooks are stripped and in shape"], sep="\n")
        return bool(found)
    for path in paths:
        before = path.read_text(encoding="utf-8")
        after = text_of(stripped(json.loads(before)))
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"stripped {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

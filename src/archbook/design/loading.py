"""Reading a design folder: `design.yaml`, the DDL of its stores and its decisions, with every problem told at once."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from archbook.design.checks import check, found
from archbook.design.complaints import FAULTS_LIMIT, Complaint, complaints
from archbook.design.madr import FOLDER, decision_files, read_decision
from archbook.design.model import Design, Source, Where
from archbook.design.yaml_safe import PROBLEMS_LIMIT, SIZE_LIMIT_B, decoded, read_yaml, spelled
from archbook.errors import DesignError, Problem, shown, suggestion

FILE = "design.yaml"
SUGGESTIONS_LIMIT = 30_000


def load(path: str | Path) -> Design:
    """The design in a folder, or in its `design.yaml`. Raises DesignError with every problem that there is."""
    file = Path(path)
    if file.is_dir():
        file = file / FILE
    if not file.is_file():
        raise DesignError([_missing(Path(path))])
    return read(_content(file, file.name), file.name, file.parent)


def read(text: str | bytes, file: str = FILE, folder: Path | None = None) -> Design:
    """The design that a text describes. Raises DesignError with every problem that there is.

    folder: where schema files and decisions are looked for; None: nothing but the text is read.
    """
    with collector_at_rest():
        return _read(text, file, folder)


def _read(text: str | bytes, file: str, folder: Path | None) -> Design:
    document = read_yaml(text, file)
    data = document.data
    if not isinstance(data, dict):
        what = "is empty" if data is None else "is no mapping"
        remedy = "`archbook new NAME` writes a design to begin with"
        raise DesignError([*document.problems, Problem(file, 1, "", what, remedy)])
    lines = [(file, line) for line in range(max(document.lines.values()) + 1)]
    places = {where: lines[line] for where, line in document.lines.items()}
    problems = list(document.problems)
    if folder:
        problems += _add_decisions(data, folder, places)
    design, faults = _validated(data)
    ddl: dict[str, str] = {}
    if folder:
        faults += _read_schemas(data, folder, ddl)
    if problems or faults or design is None:
        _raise(problems, faults, places)
    raw = text if isinstance(text, bytes) else text.encode()
    design._source = Source(folder, places, ddl, hashlib.sha256(raw).hexdigest())
    return design


@contextlib.contextmanager
def collector_at_rest() -> Iterator[None]:
    """No garbage collection: everything that is made stays alive, and looking for garbage took a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _validated(data: dict[str, Any]) -> tuple[Design | None, list[Complaint]]:
    try:
        design, faults = Design.model_validate(data), list[Complaint]()
    except ValidationError as error:
        design, faults = None, list(complaints(error, data))
    return design, [*faults, *itertools.islice(check(data), FAULTS_LIMIT)]


def _content(file: Path, name: str) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(SIZE_LIMIT_B + 1)
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise DesignError([Problem(name, None, "", what, "look at the rights of the file")]) from None


def _missing(path: Path) -> Problem:
    if path.is_dir():
        return Problem(str(path), None, "", f"has no {FILE}", "`archbook new NAME` writes a design to begin with")
    try:
        beside = sorted(entry.name for entry in path.parent.iterdir() if (entry / FILE).is_file())
    except OSError:
        beside = []
    return Problem(str(path), None, "", "there is no such design", suggestion(path.name, beside))


def _add_decisions(data: dict[str, Any], folder: Path, places: dict[Where, tuple[str, int]]) -> list[Problem]:
    """Append the decisions in Markdown files to those of the design; what cannot be read is returned."""
    problems: list[Problem] = []
    for path in decision_files(folder):
        file = f"{FOLDER}/{path.name}"
        try:
            if not path.resolve().is_relative_to(folder.resolve()):
                raise DesignError([Problem(file, None, "", "leads out of the design folder", "copy the file into it")])
            decision, lines = read_decision(_content(path, file), file)
        except DesignError as error:
            problems += error.problems
            continue
        listed = data.setdefault("decisions", [])
        if isinstance(listed, list):
            where: Where = ("decisions", len(listed))
            places[where] = (file, 1)
            places.update({(*where, key): (file, line) for key, line in lines.items()})
            listed.append(decision)
    return problems


def _read_schemas(data: Mapping[str, Any], folder: Path, ddl: dict[str, str]) -> list[Complaint]:
    faults = []
    for where, name in found(data, ("stores", "*", "schema")):
        if isinstance(name, str) and name:
            try:
                ddl[str(where[1])] = _schema(folder, name)
            except DesignError as error:
                problem = error.problems[0]
                faults.append(Complaint(where, f"{shown(name)} {problem.what}", problem.remedy))
    return faults


def _schema(folder: Path, name: str) -> str:
    root = folder.resolve()
    path = root / name
    if not path.resolve().is_relative_to(root):
        raise DesignError([Problem(name, None, "", "leads out of the design folder", "copy the file into it")])
    if not path.is_file():
        beside = sorted(entry.relative_to(root).as_posix() for entry in path.parent.glob("*.sql"))
        remedy = suggestion(name, beside) if beside else "write the DDL there, or leave the key out"
        raise DesignError([Problem(name, None, "", "is no file in the design folder", remedy)])
    return decoded(_content(path, name), name)


def _raise(problems: list[Problem], faults: Iterable[Complaint], places: Mapping[Where, tuple[str, int]]) -> NoReturn:
    """Raise all problems in file order; a hundred of them in full, and suggestions while they are cheap."""
    placed = [(_place(fault.where, places), fault) for fault in dict.fromkeys(faults)]
    entries: list[tuple[str, int, Problem | Complaint]] = [(file, line, fault) for (file, line), fault in placed]
    entries += [(problem.file, problem.line or 0, problem) for problem in problems]
    main = places[()][0]
    entries.sort(key=lambda entry: (entry[0] != main, entry[0], entry[1]))
    comparisons = 0
    told: list[Problem] = []
    for file, line, entry in entries[:PROBLEMS_LIMIT]:
        if isinstance(entry, Problem):
            told.append(entry)
            continue
        known = list(entry.known) if comparisons < SUGGESTIONS_LIMIT else []
        comparisons += len(known)
        remedy = entry.remedy or (suggestion(entry.name, known) if known else "")
        told.append(Problem(file, line, spelled(entry.where), entry.what, remedy))
    if len(entries) > PROBLEMS_LIMIT:
        told.append(Problem(main, None, "", "there are more problems", "mend these first"))
    raise DesignError(told)


def _place(where: Where, places: Mapping[Where, tuple[str, int]]) -> tuple[str, int]:
    for end in range(len(where), -1, -1):
        if where[:end] in places:
            return places[where[:end]]
    return FILE, 1

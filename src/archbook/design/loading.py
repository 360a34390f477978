"""Reading a design folder: `design.yaml`, the DDL of its stores and its decisions, with every problem told at once."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from archbook.design.checks import check
from archbook.design.complaints import FAULTS_LIMIT, Complaint, complaints
from archbook.design.madr import FOLDER, decision_files, read_decision
from archbook.design.model import Design, Source, Where
from archbook.design.places import found, spelled
from archbook.design.yaml_safe import PROBLEMS_LIMIT, SIZE_LIMIT_B, Document, decoded, read_yaml, refusal
from archbook.errors import DesignError, Problem, shown, suggestion

FILE = "design.yaml"
BEGIN = "`archbook new NAME` writes a design to begin with"
SUGGESTIONS_LIMIT = 30_000
FREE_BLOCKS = 2_000_000
"""So many pieces of memory, about 200 MB, are held before garbage is looked for."""
Places = dict[Where, tuple[str, int]]
_held_blocks = 0


def load(path: str | Path) -> Design:
    """The design in a folder, or in its `design.yaml`. Raises DesignError with every problem that there is."""
    file = Path(path)
    if file.is_dir():
        file = file / FILE
    if not file.is_file():
        raise _missing(Path(path))
    return read(file_content(file, file.name), file.name, file.parent)


def read(text: str | bytes, file: str = FILE, folder: Path | None = None) -> Design:
    """The design that a text describes. Raises DesignError with every problem that there is.

    folder: where schema files and decisions are looked for; None: nothing but the text is read.
    """
    with collector_at_rest():
        return described(read_yaml(text, file), text, file, folder)


def described(document: Document, text: str | bytes, file: str, folder: Path | None) -> Design:
    """The design that a document describes, which has been read from the text. Raises DesignError."""
    data = document.data
    if not isinstance(data, dict):
        what = "is empty" if data is None else "is no mapping"
        raise DesignError([*document.problems, Problem(file, 1, "", what, BEGIN)])
    lines = [(file, line) for line in range(max(document.lines.values()) + 1)]
    places = {where: lines[line] for where, line in document.lines.items()}
    raw = text if isinstance(text, bytes) else text.encode()
    design = assembled(data, places, document.problems, {file: raw.decode("utf-8-sig")}, folder)
    design._source = replace(design._source, digest=hashlib.sha256(raw).hexdigest())
    return design


def assembled(
    data: dict[str, Any], places: Places, told: Iterable[Problem], texts: dict[str, str], folder: Path | None
) -> Design:
    """The design of data whose parts stand at `places`. Raises DesignError with all problems, and those `told` before.

    texts: of the files that it came from; its decisions are added.
    """
    problems, ddl = list(told), dict[str, str]()
    if folder:
        problems += _add_decisions(data, folder, places, texts)
    design, faults = _validated(data)
    if folder:
        faults += _read_schemas(data, folder, ddl)
    if problems or faults or design is None:
        _raise(problems, faults, places)
    design._source = Source(folder, places, ddl, texts=texts)
    return design


@contextlib.contextmanager
def collector_at_rest() -> Iterator[None]:
    """No garbage collection: everything that is made stays alive, and looking for garbage took a third of the time."""
    enabled = gc.isenabled()
    if enabled:
        _collect_at_twice()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if gc.get_freeze_count() == 0:  # all that was made counts as old, so that nothing is looked through at once
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _collect_at_twice() -> None:
    """Collect where about twice as much is held as after the last time: Python itself never looks at what is old here.

    Without it a panel would keep the documents of all edits, and a loop over files those of all files.
    """
    global _held_blocks
    if sys.getallocatedblocks() > 2 * _held_blocks + FREE_BLOCKS:
        gc.collect()
        _held_blocks = sys.getallocatedblocks()


def _validated(data: dict[str, Any]) -> tuple[Design | None, list[Complaint]]:
    try:
        design, faults = Design.model_validate(data), list[Complaint]()
    except ValidationError as error:
        design, faults = None, list(complaints(error, data))
    return design, [*faults, *itertools.islice(check(data), FAULTS_LIMIT)]


def file_content(file: Path, name: str) -> bytes:
    """What stands in a file, a little more than its limit at most. Raises DesignError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(SIZE_LIMIT_B + 1)
    except OSError as error:
        raise refusal(name, None, f"cannot be read ({error.strerror})", "look at the rights of the file") from None


def _missing(path: Path) -> DesignError:
    if path.is_dir():
        return refusal(str(path), None, f"has no {FILE}", BEGIN)
    try:
        beside = sorted(entry.name for entry in path.parent.iterdir() if (entry / FILE).is_file())
    except (OSError, ValueError):  # a path may hold what no file system takes, such as NUL
        beside = []
    return refusal(str(path), None, "there is no such design", suggestion(path.name, beside))


def require_inside(path: Path, folder: Path, name: str) -> None:
    """Raises DesignError for a path that leads out of the design folder."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise refusal(name, None, "leads out of the design folder", "copy the file into it")


def _add_decisions(data: dict[str, Any], folder: Path, places: Places, texts: dict[str, str]) -> Iterator[Problem]:
    """Append the decisions in Markdown files to those of the design, and to `texts`; gives what cannot be read."""
    for path in decision_files(folder):
        file = f"{FOLDER}/{path.name}"
        try:
            require_inside(path, folder, file)
            content = file_content(path, file)
            decision, lines = read_decision(content, file)
        except DesignError as error:
            yield from error.problems
            continue
        texts[file] = content.decode("utf-8-sig")
        listed = data.setdefault("decisions", [])
        if isinstance(listed, list):
            where: Where = ("decisions", len(listed))
            places |= {where: (file, 1), **{(*where, key): (file, line) for key, line in lines.items()}}
            listed.append(decision)


def _read_schemas(data: Mapping[str, Any], folder: Path, ddl: dict[str, str]) -> Iterator[Complaint]:
    """Put the text of each schema file into `ddl`; gives what cannot be read."""
    for where, name in found(data, "stores.*.schema"):
        if isinstance(name, str) and name:
            try:
                ddl[str(where[1])] = _schema(folder, name)
            except DesignError as error:
                problem = error.problems[0]
                yield Complaint(where, f"{shown(name)} {problem.what}", problem.remedy)


def _schema(folder: Path, name: str) -> str:
    path = folder.resolve() / name
    require_inside(path, folder, name)
    if not path.is_file():
        beside = sorted(
            entry.relative_to(folder.resolve()).as_posix() for entry in path.parent.glob("*.sql") if entry.is_file()
        )
        remedy = suggestion(name, beside) if beside else "write the DDL there, or leave the key out"
        raise refusal(name, None, "is no file in the design folder", remedy)
    return decoded(file_content(path, name), name)


def _raise(problems: Iterable[Problem], faults: Iterable[Complaint], places: Places) -> NoReturn:
    """Raise all problems in file order; a hundred of them in full, and suggestions while they are cheap."""
    main = places[()][0]
    entries: list[tuple[str, int, Problem | Complaint]] = [
        *((*_place(fault.where, places), fault) for fault in dict.fromkeys(faults)),
        *((problem.file, problem.line or 0, problem) for problem in problems),
    ]
    entries.sort(key=lambda entry: (entry[0] != main, entry[0], entry[1]))
    comparisons, told = 0, list[Problem]()
    for file, line, entry in entries[:PROBLEMS_LIMIT]:
        if isinstance(entry, Complaint):
            known = list(entry.known) if comparisons < SUGGESTIONS_LIMIT else []
            comparisons += len(known)
            remedy = entry.remedy or (suggestion(entry.name, known) if known else "")
            entry = Problem(file, line, spelled(entry.where), entry.what, remedy)
        told.append(entry)
    if len(entries) > PROBLEMS_LIMIT:
        told.append(Problem(main, None, "", "there are more problems", "mend these first"))
    raise DesignError(told)


def _place(where: Where, places: Places) -> tuple[str, int]:
    return next(places[where[:end]] for end in range(len(where), -1, -1) if where[:end] in places)

"""Variants of a design: small overlays in ``variants/NAME.yaml`` of its folder, each a road that could be taken.

``change`` sets values by their paths, ``remove`` takes parts out, ``add`` is a piece of ``design.yaml`` to put in. The
result is checked as every design is, and what is wrong is told with the file and line in which it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from archbook.design.complaints import complaints
from archbook.design.loading import Places, assembled, collector_at_rest, file_content, require_inside
from archbook.design.model import Design, Where
from archbook.design.places import spelled, value_at
from archbook.design.quantities import Label, Part, Text
from archbook.design.varying import place_of
from archbook.design.yaml_safe import Document, decoded, read_yaml, refusal
from archbook.errors import ArchbookError, DesignError, Problem, UnknownName, suggestion

FOLDER = "variants"
VARIANTS_LIMIT = 100
NAMED: tuple[tuple[str, ...], ...] = (
    ("services",), ("stores",), ("externals",), ("events",), ("traffic", "journeys"), ("security", "roles"),
    ("security", "zones"),
)  # fmt: skip
LISTED: tuple[tuple[str, ...], ...] = (
    ("calls",), ("api", "endpoints"), ("security", "rate_limits"), ("decisions",), ("waivers",),
)  # fmt: skip
"""Sections to which a variant adds: those of names, and those that are lists."""
_GONE = object()


class Variant(Part):
    """A road that could be taken instead: what it is, why it is worth a look, and how the design differs."""

    archbook: Literal[1] = Field(description="Version of the format.")
    title: Label = Field(description="The option in one line.")
    why: Text = Field("", description="Why it is worth a look.")
    change: dict[str, Any] = Field(
        {}, description="Path → value, such as `calls[a → b].timeout: 2s` or `api.endpoints[GET /x].slo: {p95: 1s}`."
    )
    remove: tuple[str, ...] = Field((), description="Paths of what is taken out, such as `calls[a → b]`.")
    add: dict[str, Any] = Field({}, description="A piece of design.yaml: new names in a section, new items in a list.")

    @property
    def values(self) -> int:
        """How many values it writes, and parts it takes out: what the change costs at the keyboard, at least."""
        return len(self.remove) + sum(map(_written, (*self.change.values(), *self.add.values())))


def variants(design: Design) -> dict[str, Variant]:
    """The variants in a design's folder, by name. Raises DesignError with every problem of their own."""
    problems: list[Problem] = []
    found: dict[str, Variant] = {}
    for name, path in _files(design).items():
        try:
            found[name] = _read(path, design)[0]
        except DesignError as error:
            problems += error.problems
    if problems:
        raise DesignError(problems)
    return found


def variant(design: Design, name: str) -> Design:
    """The design, as its folder has it, with one of its variants. Raises UnknownName; DesignError with all problems."""
    files = _files(design)
    if name not in files:
        raise UnknownName(f"variant of {design.name}", name, files)
    with collector_at_rest():
        found = _Overlay(design, *_read(files[name], design)).design()
    found._source = replace(found.source, variant=name)
    return found


def _files(design: Design) -> dict[str, Path]:
    if design.folder is None:
        raise ArchbookError(f"{design.name} was made in code and has no folder with variants")
    return {path.stem: path for path in islice(sorted((design.folder / FOLDER).glob("*.yaml")), VARIANTS_LIMIT)}


def _read(path: Path, design: Design) -> tuple[Variant, Document, str, str]:
    """A variant, its document, its text and its file. Raises DesignError."""
    file = f"{FOLDER}/{path.name}"
    require_inside(path, design.folder or path.parent, file)
    text = decoded(file_content(path, file), file)
    document = read_yaml(text, file)
    if not isinstance(document.data, dict):
        raise refusal(file, 1, "is no mapping", "begin with `archbook: 1`, `title:` and what to `change:`")
    problems = list(document.problems)
    try:
        found = Variant.model_validate(document.data)
    except ValidationError as error:
        for fault in complaints(error, document.data, Variant):
            line = next(document.lines[fault.where[:end]] for end in range(len(fault.where), -1, -1)
                        if fault.where[:end] in document.lines)  # fmt: skip
            known = list(fault.known)
            remedy = fault.remedy or (suggestion(fault.name, known) if known else "")
            problems.append(Problem(file, line, spelled(fault.where), fault.what, remedy))
    if problems:
        raise DesignError(problems)
    return found, document, text, file


def _written(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(_written, parts)) if isinstance(value, dict | list) else 1


class _Overlay:
    """The data of a design and where each part stands, while a variant is laid over it."""

    def __init__(self, design: Design, told: Variant, document: Document, text: str, file: str) -> None:
        self.base, self.told, self.lines, self.file = design, told, document.lines, file
        main = design.source.places.get((), ("design.yaml", 1))[0]
        self.folder, self.main = design.folder or Path(), main
        below = decoded(file_content(self.folder / main, main), main)
        read = read_yaml(below, main)
        self.data: Any = read.data
        self.places: Places = {where: (main, line) for where, line in read.lines.items()}
        self.texts = {main: below, file: text}
        self.problems: list[Problem] = [*read.problems]

    def design(self) -> Design:
        """The design with the variant. Raises DesignError with every problem."""
        for path, value in self.told.change.items():
            if where := self.place(path, ("change", path)):
                self.put(where, value, ("change", path))
        for where, piece, source in self.pieces():
            self.add(where, piece, source)
        for index, path in enumerate(self.told.remove):
            if where := self.place(path, ("remove", index)):
                self.put(where, _GONE, ("remove", index))
        if self.problems:
            raise DesignError(self.problems)
        if "title" not in self.told.change:
            self.data["title"] = f"{self.base.title or self.base.name}, variant: {self.told.title}"[:200]
        places: Places = {}
        data = _compacted(self.data, (), (), self.places, places)
        return assembled(data, places, (), self.texts, self.folder)

    def place(self, path: str, source: Where) -> Where:
        """The place that a path names; empty, and a problem noted, where there is none."""
        try:
            where = place_of(self.base, path)
        except ArchbookError as error:
            what, _, remedy = str(error).partition("; ")
            self.note(source, what, remedy)
            return ()
        home, _ = self.base.source.places.get(where[:2], (self.main, 1))
        if home != self.main:
            self.note(source, f"stands in `{home}`", "a variant changes what stands in design.yaml")
            return ()
        return where

    def note(self, source: Where, what: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, self.lines[source], spelled(source), what, remedy))

    def put(self, where: Where, value: Any, source: Where) -> None:
        """Set a value; what is around it in the format, and not in the file, is made."""
        parent: Any = self.data
        for step, following in zip(where, (*where[1:], None), strict=True):
            if following is None:
                parent[step] = value
            elif isinstance(parent, dict) and parent.get(step) is None:
                parent[step] = {}
            parent = parent[step]
        self.stamp(where, source)

    def stamp(self, where: Where, source: Where) -> None:
        """From now on what stands at `where` stands at `source` of the variant's file."""
        depth = len(source)
        inside = {where + place[depth:]: line for place, line in self.lines.items() if place[:depth] == source}
        self.places |= {place: (self.file, line) for place, line in inside.items()}

    def pieces(self) -> Iterator[tuple[Where, Any, Where]]:
        """Each section that gains something: its place, what it gains, and where that is written."""
        holders = {where[0] for where in (*NAMED, *LISTED) if where[1:]}
        for key, value in self.told.add.items():
            inner = value.items() if key in holders and isinstance(value, Mapping) else [(None, value)]
            for name, piece in inner:
                where = (key,) if name is None else (key, name)
                if where in (*NAMED, *LISTED):
                    yield where, piece, ("add", *where)
                else:
                    known = [spelled(one) for one in (*NAMED, *LISTED)]
                    self.note(("add", *where), "nothing can be added here", suggestion(spelled(where), known))

    def add(self, where: Where, piece: Any, source: Where) -> None:
        kind, word = (dict, "a mapping of names") if where in NAMED else (list, "a list")
        if not isinstance(piece, kind):
            self.note(source, f"must be {word}", "write it as design.yaml has it")
            return
        if value_at(self.data, where) is None:
            self.put(where, kind(), source)
        target = value_at(self.data, where)
        for step, value in piece.items() if isinstance(piece, dict) else enumerate(piece):
            if isinstance(target, dict) and step in target:
                self.note((*source, step), "is there already", "set its values by their paths under `change`")
                continue
            place = (*where, step if isinstance(target, dict) else len(target))
            if isinstance(target, list):
                target.append(None)
            self.put(place, value, (*source, step))


def _compacted(part: Any, old: Where, new: Where, places: Places, kept: Places) -> Any:
    """A part without what is gone; `kept` gets the places of the rest, whose indexes may have moved."""
    if old in places:
        kept[new] = places[old]
    if isinstance(part, dict):
        return {key: _compacted(value, (*old, key), (*new, key), places, kept)
                for key, value in part.items() if value is not _GONE}  # fmt: skip
    if isinstance(part, list):
        left = [(index, value) for index, value in enumerate(part) if value is not _GONE]
        return [_compacted(value, (*old, index), (*new, at), places, kept) for at, (index, value) in enumerate(left)]
    return part

"""Reading YAML that somebody else wrote: a small, safe part of it, with the line of every value.

Only libyaml's *events* are read, which needs no recursion in C, and reading stops at the first breach of a limit.
Anchors and aliases, tags, merge keys, several documents and keys that are no text are refused; a plain ``NO``,
``12:30:45`` or ``2026-11-23`` stays text; only ``true`` and ``false`` are booleans; no key may stand twice. A file
of another tool (`Limits.foreign`) may have anchors, merge keys and tags, whose values count wherever they are used.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from archbook.design.model import Where
from archbook.design.places import spelled
from archbook.errors import DesignError, Problem, shown

SIZE_LIMIT_B = 5_000_000
DEPTH_LIMIT = 50
VALUES_LIMIT = 200_000
PROBLEMS_LIMIT = 100
DIGITS_LIMIT = 30
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_CONSTANTS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
              "": None, "~": None, "null": None, "Null": None, "NULL": None}  # fmt: skip
_WORDS = (
    ("found unexpected end", "a quotation mark or bracket is not closed", "close it"),
    ("found unexpected document", "a quotation mark or bracket is not closed", "close it"),
    ("did not find expected ','", "a bracket is not closed, or a comma is missing in it", "close it, or put the comma"),
    ("escape", "there is a backslash that YAML does not know", "write `\\\\`, or use single quotation marks"),
    ("mapping values are not allowed", "there is a `: ` that does not fit", "quote the text, or mend the indentation"),
    ("cannot start any token", "this character cannot begin a value", "put the text in quotation marks"),
    ("find expected ':'", "the line is no `key: value`", "add the colon, or mend the indentation"),
    ("tag", "has a tag (`!…`)", "write the value without a tag"),
    ("while scanning an anchor", "has an anchor (`&…`)", "write the value out, or put the text in quotation marks"),
    ("while scanning an alias", "has an alias (`*…`)", "write the value out, or put the text in quotation marks"),
    ("document start", "has more than one document", "keep one document in a file"),
    ("", "does not fit the lines above it", "look at the indentation, the colons and the brackets"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be (bytes, levels, values), and whether it was written for another tool."""

    size_b: int = SIZE_LIMIT_B
    depth: int = DEPTH_LIMIT
    values: int = VALUES_LIMIT
    foreign: bool = False


DESIGN = Limits()


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, the line of every part, and the keys that stand twice."""

    data: Any
    lines: dict[Where, int]
    problems: list[Problem]


def read_yaml(content: bytes | str, file: str, limits: Limits = DESIGN) -> Document:
    """Read a document. Raises DesignError, in milliseconds, for whatever is not plain and bounded YAML."""
    text = decoded(content, file, limits)
    reader = _Reader(text, file, limits)
    try:
        data = reader.document()
    except yaml.YAMLError as error:
        raise DesignError([*reader.problems, _syntax(error, text, file)]) from None
    if reader.refused:
        raise DesignError(reader.problems)
    return Document(data, reader.lines, reader.problems)


def refusal(file: str, line: int | None, what: str, remedy: str) -> DesignError:
    """The error for one problem of a file as a whole, or of one line of it."""
    return DesignError([Problem(file, line, "", what, remedy)])


def decoded(content: bytes | str, file: str, limits: Limits = DESIGN) -> str:
    """The text of a file, without a byte-order mark. Raises DesignError for binary, huge or badly encoded content."""
    if len(content) > limits.size_b:
        what = f"is larger than {limits.size_b // 1_000_000} MB"
        raise refusal(file, None, what, "split it, or move long texts out of it")
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1  # type: ignore[arg-type]
        raise refusal(file, line, "is not UTF-8 text", "save the file in the encoding UTF-8") from None
    text = text.removeprefix("\ufeff")
    if not limits.foreign and (found := _FORBIDDEN.search(text)):
        line = text.count("\n", 0, found.start()) + 1
        raise refusal(file, line, f"has the control character U+{ord(found[0]):04X}", "take it out")
    return text


def scalar(text: str) -> Any:
    """What a plain, unquoted value means.

    >>> scalar("6"), scalar("0.5"), scalar("true"), scalar("NO"), scalar("12:30:45"), scalar("~")
    (6, 0.5, True, 'NO', '12:30:45', None)
    """
    if text and text[0] in "+-.0123456789" and len(text) <= DIGITS_LIMIT:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
    return _CONSTANTS.get(text, text)


class _Reader:
    def __init__(self, text: str, file: str, limits: Limits) -> None:
        self.file, self.limits = file, limits
        self.count = 0
        self.anchored: dict[str, tuple[Any, int]] = {}
        self.next: Callable[[], Any] = LOADER(text).get_event
        self.lines: dict[Where, int] = {}
        self.problems: list[Problem] = []
        self.refused = False

    def document(self) -> Any:
        self.next()
        start = self.next()
        if type(start) is yaml.StreamEndEvent:
            return None
        if start.tags or start.version:
            self.refuse(start, (), "a directive (`%…`)", "take the line out")
        first = self.next()
        data = self.value(first, (), first)
        self.next()
        end = self.next()
        if type(end) is not yaml.StreamEndEvent:
            self.refuse(end, (), "more than one document", "keep one document in a file")
        return data

    def value(self, event: Any, where: Where, key: Any) -> Any:
        self.lines[where] = key.start_mark.line + 1
        kind, before = type(event), self.count
        self.count += 1
        if kind is yaml.AliasEvent:
            return self.alias(event, where)
        if event.anchor is not None or event.tag is not None:
            self.properties(event, where)
        if kind is yaml.ScalarEvent:
            data = self.scalar(event, where)
        else:
            if len(where) >= self.limits.depth:
                what = f"values inside values, more than {self.limits.depth} deep"
                usual = "an API needs about 20" if self.limits.foreign else "a design needs about 8"
                self.refuse(event, where[:3], what, usual, stop=True)
            self.counted(event, where)
            data = self.mapping(where) if kind is yaml.MappingStartEvent else self.sequence(where)
        if event.anchor is not None:
            self.anchored[event.anchor] = data, self.count - before
        return data

    def counted(self, event: Any, where: Where) -> None:
        if self.count > self.limits.values:
            what = f"more than {self.limits.values:,} values".replace(",", " ")
            self.refuse(event, where[:3], what, "split it", stop=True)

    def alias(self, event: Any, where: Where) -> Any:
        known = self.anchored.get(event.anchor) if self.limits.foreign else None
        if known is None:
            return self.refuse(event, where, f"an alias (`*{event.anchor[:40]}`)", "write the value out")
        self.count += known[1]
        self.counted(event, where)
        return known[0]

    def mapping(self, where: Where) -> dict[str, Any]:
        data: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while type(event := self.next()) is not yaml.MappingEndEvent:
            if type(event) is not yaml.ScalarEvent:
                self.refuse(event, where, "a key that is no text", "write keys as plain words", stop=True)
            key = event.value
            if event.anchor is not None or event.tag is not None:
                self.properties(event, (*where, key))
            if key == "<<" and not event.style:
                if self.limits.foreign:
                    found = self.value(self.next(), (*where, key), event)
                    parts = found if isinstance(found, list) else [found]
                    merged = {
                        k: v for part in [*parts[::-1], merged] if isinstance(part, dict) for k, v in part.items()
                    }
                    continue
                self.refuse(event, where, "a merge key (`<<`)", "write the keys out")
            if key in data:
                line, first = event.start_mark.line + 1, self.lines[(*where, key)]
                what = f"the same key stands in line {first} and in line {line}"
                self.add(Problem(self.file, line, spelled((*where, key)), what, "keep one of them"))
                self.value(self.next(), (*where, key + " (again)"), event)
            else:
                data[key] = self.value(self.next(), (*where, key), event)
        return {**merged, **data} if merged else data

    def sequence(self, where: Where) -> list[Any]:
        data: list[Any] = []
        while type(event := self.next()) is not yaml.SequenceEndEvent:
            data.append(self.value(event, (*where, len(data)), event))
        return data

    def scalar(self, event: Any, where: Where) -> Any:
        text: str = event.value
        if not event.style:
            if len(text) > DIGITS_LIMIT and _INTEGER.fullmatch(text):
                self.refuse(event, where, f"a number of {len(text)} digits", "write a number that means something")
            return scalar(text)
        if event.style == '"' and (found := _FORBIDDEN.search(text)):
            self.refuse(event, where, f"the control character U+{ord(found[0]):04X}", "take it out")
        return text

    def properties(self, event: Any, where: Where) -> None:
        if self.limits.foreign:
            return
        if event.anchor is not None:
            remedy = "write the value out where it is needed"
            self.refuse(event, where, f"an anchor (`&{event.anchor[:40]}`)", remedy)
        if event.tag is not None:
            self.refuse(event, where, f"a tag ({shown(event.tag)})", "write the value without a tag")

    def refuse(self, event: Any, where: Where, what: str, remedy: str, stop: bool = False) -> None:
        self.refused = True
        self.add(Problem(self.file, event.start_mark.line + 1, spelled(where), f"has {what}", remedy), stop)

    def add(self, problem: Problem, stop: bool = False) -> None:
        self.problems.append(problem)
        if stop or len(self.problems) >= PROBLEMS_LIMIT:
            raise DesignError(self.problems)


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """A fault that the parser found, in our words."""
    opened = getattr(error, "context_mark", None)
    mark: Any = getattr(error, "problem_mark", None) or opened
    line = mark.line + 1 if mark else None
    source = "".join(text.split("\n")[line - 1 : line]) if line else ""
    if re.match(r" *\t", source):
        return Problem(file, line, "", "is indented with a tab", "indent with spaces")
    said = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
    if re.search(r"[\[{,].*/\{", source) and "expected ','" in said:
        remedy = 'inside brackets write `"GET /users/{id}"`, with quotation marks'
        return Problem(file, line, "", "an endpoint with `{…}` stands in brackets without quotation marks", remedy)
    what, remedy = next((what, remedy) for words, what, remedy in _WORDS if words in said)
    if opened and "closed" in what:
        what += f" (opened in line {opened.line + 1})"
    return Problem(file, line, "", what, remedy)

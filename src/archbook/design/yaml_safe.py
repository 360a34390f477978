"""Reading YAML that somebody else wrote: a small, safe part of it, with the line of every value.

Only libyaml's *events* are read, which needs no recursion in C, and reading stops at the first breach of a limit.
Anchors and aliases, tags, merge keys, several documents and keys that are no text are refused; a plain ``NO``,
``12:30:45`` or ``2026-11-23`` stays text; only ``true`` and ``false`` are booleans; no key may stand twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from archbook.design.model import Where
from archbook.errors import DesignError, Problem, shown

SIZE_LIMIT_B = 5_000_000
DEPTH_LIMIT = 50
VALUES_LIMIT = 200_000
PROBLEMS_LIMIT = 100
DIGITS_LIMIT = 30

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_CONSTANTS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
              "": None, "~": None, "null": None, "Null": None, "NULL": None}  # fmt: skip
_WORDS = (
    ("found unexpected end of stream", "a quotation mark or bracket is not closed", "close it"),
    ("found unexpected document indicator", "a quotation mark or bracket is not closed", "close it"),
    ("did not find expected ','", "a bracket is not closed, or a comma is missing in it", "close it, or put the comma"),
    ("escape", "there is a backslash that YAML does not know", "write `\\\\`, or use single quotation marks"),
    ("mapping values are not allowed", "there is a `: ` that does not fit", "quote the text, or mend the indentation"),
    ("cannot start any token", "this character cannot begin a value", "put the text in quotation marks"),
    ("find expected ':'", "the line is no `key: value`", "add the colon, or mend the indentation"),
    ("tag handle", "has a tag (`!…`)", "write the value without a tag"),
    ("while scanning a tag", "has a tag (`!…`)", "write the value without a tag"),
    ("while scanning an anchor", "has an anchor (`&…`)", "write the value out, or put the text in quotation marks"),
    ("while scanning an alias", "has an alias (`*…`)", "write the value out, or put the text in quotation marks"),
    ("document start", "has more than one document", "keep one design in one file"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of the text that a value takes, and how it is written.

    style: ``'``, ``"``, ``|``, ``>`` or empty for scalars; ``{`` or ``[`` in brackets, ``:`` or ``-`` in lines.
    key_start: where its key (or the list item itself) begins. column: that of its first entry.
    """

    key_start: int
    start: int
    end: int
    style: str
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, the line of every part, where it stands in the text, and the keys that stand twice."""

    data: Any
    lines: dict[Where, int]
    spans: dict[Where, Span]
    problems: list[Problem]


def read_yaml(content: bytes | str, file: str, spans: bool = False) -> Document:
    """Read a document. Raises DesignError, in milliseconds, for whatever is not plain and bounded YAML."""
    text = decoded(content, file)
    reader = _Reader(text, file, spans)
    try:
        data = reader.document()
    except yaml.YAMLError as error:
        raise DesignError([*reader.problems, _syntax(error, text, file)]) from None
    if reader.refused:
        raise DesignError(reader.problems)
    return Document(data, reader.lines, reader.spans, reader.problems)


def decoded(content: bytes | str, file: str) -> str:
    """The text of a file, without a byte-order mark. Raises DesignError for binary, huge or badly encoded content."""
    if len(content) > SIZE_LIMIT_B:
        what = f"is larger than {SIZE_LIMIT_B // 1_000_000} MB"
        raise DesignError([Problem(file, None, "", what, "split the design, or move long texts out of it")])
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DesignError(
            [Problem(file, line, "", "is not UTF-8 text", "save the file in the encoding UTF-8")]
        ) from None
    text = text.removeprefix("\ufeff")
    found = _FORBIDDEN.search(text)
    if found:
        what = f"has the control character U+{ord(found[0]):04X}"
        raise DesignError([Problem(file, text.count("\n", 0, found.start()) + 1, "", what, "take it out")])
    return text


def spelled(where: Where) -> str:
    """A place as errors spell it.

    >>> spelled(("calls", 2, "to"))
    'calls[2].to'
    """
    parts = (f"[{step}]" if isinstance(step, int) else "." + shown(step)[1:-1] for step in where)
    return "".join(parts).removeprefix(".")


def scalar(text: str) -> Any:
    """What a plain, unquoted value means.

    >>> scalar("6"), scalar("0.5"), scalar("true"), scalar("NO"), scalar("12:30:45"), scalar("~")
    (6, 0.5, True, 'NO', '12:30:45', None)
    """
    if text[:1] in "+-.0123456789" and text:
        if INTEGER.fullmatch(text):
            return int(text) if len(text) <= DIGITS_LIMIT else text
        if len(text) <= DIGITS_LIMIT and FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        return text
    return _CONSTANTS.get(text, text)


class _Reader:
    def __init__(self, text: str, file: str, spans: bool) -> None:
        self.text, self.file = text, file
        self.next: Callable[[], Any] = _LOADER(text).get_event
        self.lines: dict[Where, int] = {}
        self.spans: dict[Where, Span] = {}
        self.wants_spans = spans
        self.problems: list[Problem] = []
        self.refused = False
        self.end = 0

    def document(self) -> Any:
        self.next()
        event = self.next()
        if type(event) is yaml.StreamEndEvent:
            return None
        if event.tags or event.version:
            self.refuse(event, (), "a directive (`%…`)", "take the line out")
        first = self.next()
        data = self.value(first, (), first)
        self.next()
        event = self.next()
        if type(event) is not yaml.StreamEndEvent:
            self.refuse(event, (), "more than one document", "keep one design in one file")
        return data

    def value(self, event: Any, where: Where, key: Any) -> Any:
        self.lines[where] = key.start_mark.line + 1
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self.refuse(event, where, f"an alias (`*{event.anchor[:40]}`)", "write the value out")
        if event.anchor is not None or event.tag is not None:
            self.properties(event, where)
        if kind is yaml.ScalarEvent:
            data = self.scalar(event, where)
        else:
            self.bounded(event, where)
            data = self.mapping(where) if kind is yaml.MappingStartEvent else self.sequence(where)
        if self.wants_spans:
            self.span(event, where, key)
        return data

    def mapping(self, where: Where) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while True:
            event = self.next()
            if type(event) is yaml.MappingEndEvent:
                self.close(event)
                return data
            if type(event) is not yaml.ScalarEvent:
                self.refuse(event, where, "a key that is no text", "write keys as plain words", stop=True)
            key = event.value
            if event.anchor is not None or event.tag is not None:
                self.properties(event, (*where, key))
            if key == "<<" and not event.style:
                self.refuse(event, where, "a merge key (`<<`)", "write the keys out")
            if key in data:
                self.twice(event, (*where, key))
                self.value(self.next(), (*where, key + " (again)"), event)
            else:
                data[key] = self.value(self.next(), (*where, key), event)

    def sequence(self, where: Where) -> list[Any]:
        data: list[Any] = []
        while True:
            event = self.next()
            if type(event) is yaml.SequenceEndEvent:
                self.close(event)
                return data
            data.append(self.value(event, (*where, len(data)), event))

    def close(self, event: Any) -> None:
        """A bracket ends where it closes; lines end with their last value."""
        if event.end_mark.index > event.start_mark.index:
            self.end = event.end_mark.index

    def scalar(self, event: Any, where: Where) -> Any:
        text: str = event.value
        self.end = event.end_mark.index
        if not event.style:
            if len(text) > DIGITS_LIMIT and INTEGER.fullmatch(text):
                self.refuse(event, where, f"a number of {len(text)} digits", "write a number that means something")
            return scalar(text)
        found = _FORBIDDEN.search(text) if event.style == '"' else None
        if found:
            self.refuse(event, where, f"the control character U+{ord(found[0]):04X}", "take it out")
        return text

    def bounded(self, event: Any, where: Where) -> None:
        if len(where) >= DEPTH_LIMIT:
            what = f"values inside values, more than {DEPTH_LIMIT} deep"
            self.refuse(event, where[:3], what, "a design needs about 8", stop=True)
        if len(self.lines) > VALUES_LIMIT:
            what = f"more than {VALUES_LIMIT // 1000} 000 values"
            self.refuse(event, where[:3], what, "split the design", stop=True)

    def properties(self, event: Any, where: Where) -> None:
        if event.anchor is not None:
            remedy = "write the value out where it is needed"
            self.refuse(event, where, f"an anchor (`&{event.anchor[:40]}`)", remedy)
        if event.tag is not None:
            self.refuse(event, where, f"a tag ({shown(event.tag)})", "write the value without a tag")

    def twice(self, event: Any, where: Where) -> None:
        line, first = event.start_mark.line + 1, self.lines[where]
        what = f"the same key stands in line {first} and in line {line}"
        self.add(Problem(self.file, line, spelled(where), what, "keep one of them"))

    def refuse(self, event: Any, where: Where, what: str, remedy: str, stop: bool = False) -> None:
        self.refused = True
        self.add(Problem(self.file, event.start_mark.line + 1, spelled(where), f"has {what}", remedy))
        if stop:
            raise DesignError(self.problems)

    def add(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= PROBLEMS_LIMIT:
            raise DesignError(self.problems)

    def span(self, event: Any, where: Where, key: Any) -> None:
        mark, end = event.start_mark, self.end
        style = getattr(event, "style", "") or ""
        if type(event) is not yaml.ScalarEvent:
            style = {(True, True): "{", (True, False): ":", (False, True): "[", (False, False): "-"}[
                type(event) is yaml.MappingStartEvent, bool(event.flow_style)
            ]
        elif style in ("|", ">"):
            end = self.end = len(self.text[:end].rstrip())
        self.spans[where] = Span(key.start_mark.index, mark.index, end, style, mark.column)


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """A fault that the parser found, in our words."""
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else None
    source = text.split("\n")[line - 1 : line] if line else []
    if source and "\t" in source[0][: len(source[0]) - len(source[0].lstrip())]:
        return Problem(file, line, "", "is indented with a tab", "indent with spaces")
    if source and re.search(r"[\[{,].*/\{", source[0]) and "expected ','" in str(error):
        remedy = 'inside brackets write `"GET /users/{id}"`, with quotation marks'
        return Problem(file, line, "", "an endpoint with `{…}` stands in brackets without quotation marks", remedy)
    said = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
    for words, what, remedy in _WORDS:
        if words in said:
            opened = getattr(error, "context_mark", None) if "closed" in what else None
            return Problem(file, line, "", what + (f" (opened in line {opened.line + 1})" if opened else ""), remedy)
    return Problem(
        file, line, "", "does not fit the lines above it", "look at the indentation, the colons and the brackets"
    )

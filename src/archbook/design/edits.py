"""Changing values inside the text of a YAML file and leaving every other character as it was."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from archbook.design.model import Where
from archbook.design.places import value_at
from archbook.design.yaml_safe import LOADER, Document, read_yaml, scalar
from archbook.errors import DesignError

_PLAIN = re.compile(r"\w(?:[\w ./%()+;=&–—-]*[\w./%)+])?")


@dataclass(frozen=True, slots=True)
class Edited:
    """A changed text, what it says now, and the data before."""

    text: str
    document: Document
    before: Any


def edited(text: str, changes: Mapping[Where, Any]) -> Edited:
    """The text with values set, added, or (for None) taken out, which must have been read without problems before.

    Raises KeyError(place) for a place that cannot be reached, ValueError(place) for a value that cannot be written.
    """
    root, document = yaml.compose(text, Loader=LOADER), None
    before, wanted = _data(root), _data(root)
    for place, value in changes.items():
        for where, entry in _steps(wanted, place, value):
            text = _changed(text, root or yaml.compose(text, Loader=LOADER), where, entry)
            _put(wanted, where, entry)
            root, document = None, _read(text, wanted)
            if document is None:
                raise ValueError(place)
    return Edited(text, document or read_yaml(text, ""), before)


def _data(node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else scalar(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_data(item) for item in node.value]
    return {key.value: _data(value) for key, value in node.value}


def _read(text: str, wanted: Any) -> Document | None:
    """The document, if it says what is wanted."""
    try:
        document = read_yaml(text, "")
    except DesignError:
        return None
    return document if document.data == wanted and not document.problems else None


def _steps(data: Any, where: Where, value: Any) -> Iterator[tuple[Where, Any]]:
    """The small changes that make a large one: a missing parent comes with its child, a mapping changes key by key."""
    for end, step in enumerate(where):
        parent = value_at(data, where[:end])
        next_index = isinstance(parent, list) and step in range(len(parent) + 1)
        if not next_index and not (isinstance(parent, dict) and isinstance(step, str)):
            raise KeyError(where)
        if value_at(data, where[: end + 1]) is None:
            if value is not None:
                for key in reversed(where[end + 1 :]):
                    value = {key: value} if isinstance(key, str) else [value]
                yield where[: end + 1], value
            return
    yield from list(_differences(where, value_at(data, where), value))


def _differences(where: Where, old: Any, new: Any) -> Iterator[tuple[Where, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            yield from _differences((*where, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index, entry in enumerate(new):
            yield from _differences((*where, index), old[index] if index < len(old) else None, entry)
        yield from (((*where, index), None) for index in range(len(old) - 1, len(new) - 1, -1))
    elif old != new:
        yield where, new


def _put(data: Any, where: Where, value: Any) -> None:
    parent, step = value_at(data, where[:-1]), where[-1]
    if isinstance(parent, list) and isinstance(step, int):
        parent[step : step + 1] = [] if value is None else [value]
    elif value is None:
        del parent[step]
    else:
        parent[step] = value


def _entries(node: Any) -> dict[str | int, tuple[Any, Any]]:
    """Key and value of each entry; the item of a list is both."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: (key, value) for key, value in node.value}
    return {index: (item, item) for index, item in enumerate(node.value)}


def _changed(text: str, root: Any, where: Where, value: Any) -> str:
    parent = root
    for step in where[:-1]:
        parent = _entries(parent)[step][1]
    entries, step = _entries(parent), where[-1]
    if value is None and len(entries) == 1:
        return _changed(text, root, where[:-1], [] if isinstance(parent, yaml.SequenceNode) else {})
    if value is None:
        return _without(text, parent, list(entries.values()), list(entries).index(step))
    if step in entries:
        return _replaced(text, *entries[step], value)
    return _added(text, parent, step, value)


def _last(node: Any) -> Any:
    """The value that ends the lines of a value."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node


def _end(text: str, node: Any) -> int:
    """Where a value ends: a bracket where it closes, lines with their last value."""
    last = _last(node)
    end: int = last.end_mark.index
    return len(text[:end].rstrip()) if _style(last) in ("|", ">") else end


def _style(node: Any) -> str:
    return getattr(node, "style", "") or ""


def _replaced(text: str, key: Any, node: Any, value: Any) -> str:
    start, end = node.start_mark.index, _end(text, node)
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and key is not node:
        colon = text.index(":", key.end_mark.index) + 1
        return f"{text[:colon]} {_flow(value)}{text[colon:start].rstrip()}{text[end:]}"
    style = _style(node)
    if isinstance(value, str) and style in ("|", ">"):
        head, *lines = _block(value, style)
        written = _newline(text).join([head, *_indented(lines, key.start_mark.column + 2)])
    else:
        written = " " * (start == end) + _flow(value, style)
    return text[:start] + written + text[end:]


def _added(text: str, parent: Any, step: str | int, value: Any) -> str:
    """A new key at the end of its mapping, or a new item at the end of its list."""
    entry = {step: value} if isinstance(step, str) else [value]
    end = _end(text, parent)
    if parent.flow_style:
        last = len(text[: end - 1].rstrip().removesuffix(",").rstrip())
        return text[:last] + ", " * bool(parent.value) + _flow(entry)[1:-1] + text[last:]
    head = _last(parent).start_mark.index + 1
    if end == len(text) and text[head - 1] in "|>" and text[head].isspace():
        text, end = f"{text[:head]}-{text[head:]}", end + 1  # else the text would gain an end of line
    end = _line_end(text, end)
    lines = ["", *_indented(_lines(entry), parent.start_mark.column)]
    return text[:end] + _newline(text).join(lines) + text[end:]


def _without(text: str, parent: Any, entries: list[tuple[Any, Any]], index: int) -> str:
    """Without one of several entries: its lines, or its place in brackets."""
    start, end = entries[index][0].start_mark.index, _end(text, entries[index][1])
    line = text.rfind("\n", 0, start) + 1
    shares_its_line = parent.flow_style or text[line : line + parent.start_mark.column].strip()
    if shares_its_line and index == 0:
        return text[:start] + text[entries[1][0].start_mark.index :]
    if parent.flow_style:
        return text[: _end(text, entries[index - 1][1])] + text[end:]
    return text[:line].removesuffix("\n").removesuffix("\r") + text[_line_end(text, end) :]


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end - (text[end - 1] == "\r")


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _indented(lines: Iterable[str], columns: int) -> list[str]:
    return [" " * columns + line if line else "" for line in lines]


def _flow(value: Any, style: str = "") -> str:
    """A value in one line, with the quotation marks of the value that it replaces."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if not isinstance(value, str) or style == '"' or not value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    if style != "'" and _PLAIN.fullmatch(value) and scalar(value) == value:
        return value
    return "'" + value.replace("'", "''") + "'"


def _lines(value: Any) -> list[str]:
    """A mapping or list in lines of its own."""
    lines: list[str] = []
    for key, entry in value.items() if isinstance(value, dict) else ((None, entry) for entry in value):
        head = "-" if key is None else _flow(key) + ":"
        if isinstance(entry, dict | list) and entry:
            inner = _lines(entry)
            lines += [head] if key is not None else [f"- {inner.pop(0)}"]
            lines += _indented(inner, 0 if key is not None and isinstance(entry, list) else 2)
        else:
            is_long = isinstance(entry, str) and ("\n" in entry or len(entry) > 100)
            first, *more = _block(entry, "|" if "\n" in entry else ">") if is_long else [_flow(entry)]
            lines += [f"{head} {first}", *_indented(more, 2)]
    return lines


def _block(value: str, style: str) -> list[str]:
    """A long text in lines of its own, folded (>) or as it stands (|); quoted where that loses something."""
    lines = value.removesuffix("\n").split("\n")
    if style == ">":
        lines = [line for paragraph in lines for line in (*textwrap.wrap(paragraph, 100), "")][:-1]
    written = [style + "-" * (value[-1:] != "\n"), *lines]
    sample = "\n".join(["text: " + written[0], *_indented(lines, 2), ""])
    return written if _read(sample, {"text": value}) else [_flow(value, '"')]

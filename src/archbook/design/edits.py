"""Changing values inside the text of a YAML file and leaving every other character as it was."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Mapping
from typing import Any

import yaml

from archbook.design.complaints import value_at
from archbook.design.model import Where
from archbook.design.yaml_safe import FLOAT, INTEGER, Document, Span, read_yaml
from archbook.errors import DesignError


def edited(text: str, changes: Mapping[Where, Any]) -> str:
    """The text with values set, added, or (for None) taken out.

    Plain values are replaced where they stand, and keys and list items added and removed, by minimal edits; whatever is
    more than that goes through ruamel.yaml, which keeps comments and order but may re-wrap lines.
    Raises KeyError(place) for a place that cannot be reached, ValueError(place) for a value that cannot be written.
    """
    text, rest = _replaced(text, changes)
    for place, value in rest.items():
        document = read_yaml(text, "", spans=True)
        where, entry = _reachable(document.data, place, value)
        if entry is None and not present(document.data, where):
            continue
        wanted = _with(document.data, where, entry)
        attempts = (attempt(text, document, where, entry) for attempt in (_minimal, _rewritten))
        fitting = (result for result in attempts if result is not None and _means(result, wanted))
        result = next(fitting, None)
        if result is None:
            raise ValueError(place)
        text = result
    return text


def _replaced(text: str, changes: Mapping[Where, Any]) -> tuple[str, Mapping[Where, Any]]:
    """All at once, the values that are replaced where they stand; and the changes that are left to do."""
    document = read_yaml(text, "", spans=True)
    there = {where: span for where in changes if (span := document.spans.get(where)) and span.style in ("", "'", '"')}
    plain = {where: changes[where] for where in there if isinstance(changes[where], str | bool | int | float)}
    result, wanted = text, document.data
    for where in sorted(plain, key=lambda where: -there[where].start):
        result = _minimal(result, document, where, plain[where]) or result
        wanted = _with(wanted, where, plain[where])
    if not _means(result, wanted):
        return text, changes
    return result, {where: value for where, value in changes.items() if where not in plain}


def _reachable(data: Any, where: Where, value: Any) -> tuple[Where, Any]:
    """The nearest part that is there (or its next key), and what is to stand in it."""
    for end in range(len(where)):
        step, parent = where[end], value_at(data, where[:end])
        fits = (
            isinstance(step, str)
            if isinstance(parent, dict)
            else isinstance(parent, list) and step in range(len(parent) + 1)
        )
        if not fits:
            raise KeyError(where)
        if not present(data, where[: end + 1]):
            for key in reversed(where[end + 1 :] if value is not None else ()):
                value = {key: value} if isinstance(key, str) else [value]
            return where[: end + 1], value
    return where, value


def present(data: Any, where: Where) -> bool:
    """Whether a value stands at a place."""
    return value_at(data, where) is not None


def _with(data: Any, where: Where, value: Any) -> Any:
    """The data as it should be after the change; what is not on the way to it is shared."""
    copied = dict(data) if isinstance(data, dict) else list(data)
    if len(where) == 1:
        _put(copied, where[0], value)
    else:
        copied[where[0]] = _with(data[where[0]], where[1:], value)  # type: ignore[index]
    return copied


def _put(parent: Any, step: Any, value: Any) -> None:
    if value is None:
        del parent[step]
    elif isinstance(parent, list) and step == len(parent):
        parent.append(value)
    else:
        parent[step] = value


def _means(text: str, wanted: Any) -> bool:
    try:
        document = read_yaml(text, "")
    except DesignError:
        return False
    return bool(document.data == wanted) and not document.problems


def _minimal(text: str, document: Document, where: Where, value: Any) -> str | None:
    span, parent = document.spans.get(where), document.spans[where[:-1]]
    if value is None:
        return _without(text, document, where)
    if span is None:
        return _added(text, parent, where[-1], value)
    if isinstance(value, dict | list) and span.style in (":", "-", "|", ">"):
        return None
    if isinstance(value, str) and span.style in ("|", ">"):
        written = _block(value, span.style, " " * (parent.column + 2), _newline(text))
    else:
        written = " " * (span.start == span.end) + _flow(value, span.style)
    return text[: span.start] + written + text[span.end :]


def _added(text: str, parent: Span, step: str | int, value: Any) -> str | None:
    """A new key at the end of its mapping, or a new item at the end of its list."""
    if parent.style in ("{", "["):
        entry = _flow({step: value})[1:-1] if isinstance(step, str) else _flow(value)
        opened = text[parent.start + 1 : parent.end - 1]
        last = parent.start + 1 + len(opened.rstrip().removesuffix(",").rstrip())
        return text[:last] + (", " if opened.strip() else "") + entry + text[last:]
    if parent.style not in (":", "-"):
        return None
    newline = _newline(text)
    lines = _lines({step: value} if isinstance(step, str) else [value]).splitlines()
    block = "".join(newline + " " * parent.column + line if line else newline for line in lines)
    end = text.find("\n", parent.end)
    end = len(text) if end < 0 else end - (text[end - 1] == "\r")
    return text[:end] + block + text[end:]


def _without(text: str, document: Document, where: Where) -> str | None:
    """Without one entry: its lines, or its place in brackets."""
    span, parent = document.spans[where], document.spans[where[:-1]]
    siblings = [
        other for place, other in document.spans.items() if place[:-1] == where[:-1] and len(place) == len(where)
    ]
    if len(siblings) < 2:
        return text[: parent.start + 1] + text[parent.end - 1 :] if parent.style in ("{", "[") else None
    siblings.sort(key=lambda other: other.key_start)
    index = siblings.index(span)
    if parent.style in ("{", "["):
        if index:
            return text[: siblings[index - 1].end] + text[span.end :]
        return text[: span.key_start] + text[siblings[1].key_start :]
    start = text.rfind("\n", 0, span.key_start) + 1
    if text[start : span.key_start].strip(" -") or (parent.style == ":" and text[start : span.key_start].strip()):
        return None
    end = text.find("\n", span.end)
    if end < 0:
        return text[:start].removesuffix("\n").removesuffix("\r")
    return text[:start] + text[end + 1 :]


def _rewritten(text: str, document: Document, where: Where, value: Any) -> str:
    """The change made by ruamel.yaml, which keeps comments, order and quotation marks."""
    from ruamel.yaml import YAML

    writer = YAML()
    writer.preserve_quotes = True
    writer.width = 1_000_000
    lists = (
        (span, document.spans[place[:-1]]) for place, span in document.spans.items() if place and span.style == "-"
    )
    if any(span.column == parent.column + 2 for span, parent in lists):
        writer.indent(mapping=2, sequence=4, offset=2)
    data = writer.load(text.replace("\r\n", "\n"))
    parent = data
    for step in where[:-1]:
        parent = parent[step]
    _put(parent, where[-1], value)
    out = io.StringIO()
    writer.dump(data, out)
    result = out.getvalue().rstrip("\n") + "\n" * text.endswith("\n")
    return result.replace("\n", _newline(text))


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


class _Writer(yaml.SafeDumper):
    """Puts only the quotation marks that this format needs: `NO`, `on` and days are text in it."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


class _LinesWriter(_Writer):
    """Writes texts of several lines as they stand (``|``)."""


def _text(writer: yaml.SafeDumper, text: str) -> yaml.Node:
    style = None if "\n" not in text else "|" if text == text.strip() else '"'
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style)


for _kind, _pattern, _first in (
    ("bool", "true|false|True|False|TRUE|FALSE", "tTfF"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", INTEGER.pattern, "-+0123456789"),
    ("float", FLOAT.pattern, "-+.0123456789"),
    ("merge", "<<", "<"),
):
    _Writer.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})\Z"), list(_first))
    _LinesWriter.yaml_implicit_resolvers = _Writer.yaml_implicit_resolvers
_LinesWriter.add_representer(str, _text)


def _flow(value: Any, style: str = "") -> str:
    """A value in one line, with the quotation marks of the value that it replaces."""
    wanted = None
    if isinstance(value, str):
        wanted = '"' if "\n" in value else style if style in ("'", '"') else None
    written = yaml.dump([value], Dumper=_Writer, default_flow_style=True, default_style=wanted,
                        allow_unicode=True, width=10**9, sort_keys=False)  # fmt: skip
    return written[1:-2]


def _lines(value: Any) -> str:
    return yaml.dump(
        value, Dumper=_LinesWriter, default_flow_style=False, allow_unicode=True, width=100, sort_keys=False
    )


def _block(value: str, style: str, indent: str, newline: str) -> str:
    """A long text in lines of its own, folded (>) or as it stands (|)."""
    lines = value.removesuffix("\n").split("\n")
    if style == ">":
        lines = [line for paragraph in lines for line in (*textwrap.wrap(paragraph, 100), "")][:-1]
    written = newline.join([style + "-" * (value[-1:] != "\n"), *(indent + line if line else "" for line in lines)])
    return written if _means(f"text: {written}\n", {"text": value}) else _flow(value, '"')

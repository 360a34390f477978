"""The document before it is written: sections of blocks, built once and written by every format.

Text is never markup here. What a person wrote in Markdown has been read into these blocks by `prose`, so that a
writer has only plain text to escape, and no address, tag or script to carry over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from archbook.tables import Table

Kind = Literal["", "code", "strong", "em", "mark", "break"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text. kind ``mark``: the small word that says where a number comes from. to: anchor of a section."""

    text: str
    kind: Kind = ""
    to: str = ""


Inline: TypeAlias = tuple[Span, ...]
DECLARED, COMPUTED = Span("declared", "mark"), Span("computed", "mark")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    spans: Inline


@dataclass(frozen=True, slots=True)
class Listing:
    """A bulleted or numbered list; an item is a sequence of blocks."""

    items: tuple[tuple[Block, ...], ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Definitions:
    """Terms with what is said about each."""

    items: tuple[tuple[Inline, tuple[Block, ...]], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """A few numbers that matter: value, the word for its origin, and what it is."""

    items: tuple[tuple[str, str, Inline], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text in fixed width, line by line."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Blocks set apart. kind ``problem``: something could not be done, or asks for attention."""

    blocks: tuple[Block, ...]
    kind: Literal["quote", "note", "problem"] = "note"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with its caption. name: unique and safe as a file name; empty for a table that a person wrote."""

    name: str
    table: Table
    caption: Inline


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption; where it could not be drawn, `failure` says why and `svg` is empty."""

    name: str
    caption: Inline
    alt: str = ""
    svg: str = ""
    mermaid: str = ""
    failure: str = ""


Block: TypeAlias = Paragraph | Listing | Definitions | Facts | Code | Note | Grid | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it. statement: what the section found, in one sentence, or empty."""

    anchor: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    statement: str = ""

    def inside(self) -> Iterator[Block]:
        """All blocks, those of the sections below too."""
        yield from self.blocks
        for below in self.sections:
            yield from below.inside()


@dataclass(frozen=True, slots=True)
class Document:
    """The whole document; `summary` is page one and stands alone."""

    name: str
    title: str
    summary: Section
    chapters: tuple[Section, ...]
    footer: str = ""

    def grids(self) -> tuple[Grid, ...]:
        """All tables of ours in reading order."""
        return tuple(block for block in self._blocks() if isinstance(block, Grid) and block.name)

    def figures(self) -> tuple[Figure, ...]:
        """All figures in reading order."""
        return tuple(block for block in self._blocks() if isinstance(block, Figure))

    def numbers(self) -> dict[Block, str]:
        """``Figure 3`` or ``Table 2``, by the figure or table."""
        figures: dict[Block, str] = {figure: f"Figure {i}" for i, figure in enumerate(self.figures(), 1)}
        return figures | {grid: f"Table {i}" for i, grid in enumerate(self.grids(), 1)}

    def _blocks(self) -> Iterator[Block]:
        return Section("", "", (), (self.summary, *self.chapters)).inside()


def say(*parts: str | Span) -> Paragraph:
    """A paragraph of plain text and spans."""
    return Paragraph(line(*parts))


def line(*parts: str | Span) -> Inline:
    """Text and spans as one line; what stands `in backticks` becomes fixed width.

    >>> [span.kind for span in line("add `timeout: 1s` here")]
    ['', 'code', '']
    """
    return tuple(span for part in parts if part for span in (_ticked(part) if isinstance(part, str) else (part,)))


def _ticked(text: str) -> Iterator[Span]:
    for i, part in enumerate(re.split(r"`([^`\n]+)`", text)):
        if part:
            yield Span(part, "code" if i % 2 else "")


def code(text: str) -> Span:
    """A name as it stands in the design file."""
    return Span(text, "code")


def terms(*items: tuple[str | Span, str | tuple[Block, ...] | None]) -> Definitions:
    """Definitions of those terms about which something is said.

    >>> len(terms(("engine", "redis"), ("backup", "")).items)
    1
    """
    return Definitions(tuple((line(t), (say(b),) if isinstance(b, str) else b) for t, b in items if b))


def grid(name: str, caption: Inline, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Grid:
    """A table from cells of any type, without the columns in which nothing stands.

    >>> grid("g", (), ("a", "b", "c"), [(1, None, True), (2, "", ("x", "y"))]).table.rows
    (('1', 'yes'), ('2', 'x, y'))
    """
    whole = [[_cell(value) for value in row] for row in rows]
    kept = [i for i in range(len(heads)) if i == 0 or any(row[i] != "–" for row in whole)]
    chosen = tuple(tuple(row[i] for i in kept) for row in (heads, *whole))
    return Grid(name, Table(chosen[0], chosen[1:]), caption)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (", ".join(value) if isinstance(value, tuple | list) else "" if value is None else str(value)) or "–"

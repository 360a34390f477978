"""GitHub-flavoured Markdown with figures and tables beside it (SVG, Mermaid source, CSV), for a wiki or a repository.

No HTML is used, so it reads alike wherever Markdown does. Each figure's Mermaid source is a ``.mmd`` file beside
its SVG: a wiki that draws Mermaid can take it, and the text stays short.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import assert_never

from archbook.export.document import (  # isort: skip
    Block, Code, Definitions, Document, Facts, Figure, Grid, Inline, Listing, Note, Paragraph, Section, Span,
)  # fmt: skip
from archbook.tables import escape_markdown

_BLOCK_START = re.compile(r"^(\s*)(?:(\d{1,9})([.)])|([-+#=~]))")


def write(document: Document) -> dict[str, bytes]:
    """``NAME.md``, ``figures/*.svg``, ``figures/*.mmd`` and ``tables/*.csv``."""
    writer = _Writer(document)
    files = {f"{document.name}.md": writer.text()}
    for figure in document.figures():
        if figure.svg:
            files[f"{writer.paths[figure]}.svg"] = figure.svg
        if figure.svg and figure.mermaid:
            files[f"{writer.paths[figure]}.mmd"] = figure.mermaid.rstrip("\n") + "\n"
    files |= {f"{writer.paths[grid]}.csv": grid.table.csv() for grid in document.grids()}
    return {path: text.encode() for path, text in files.items()}


def chapter(document: Document) -> str:
    """The chapters of a document without numbers and contents, for a notebook."""
    writer = _Writer(document)
    return "\n\n".join(f"## {escape(_heading(s))}\n\n" + "\n\n".join(writer.inside(s, 3)) for s in document.chapters)


def escape(text: str) -> str:
    """Text that Markdown shows as it stands: no tag, no emphasis, no link that a wiki makes of a bare address.

    >>> escape("see http://a.b ~~x~~ $y$")
    'see http\\\\://a.b \\\\~\\\\~x\\\\~\\\\~ \\\\$y\\\\$'
    """
    text = escape_markdown(text).replace("~", "\\~").replace("$", "\\$")
    return re.sub(r"(?i)(?<!\\):(?=//)|(?<=\bwww)\.", lambda match: "\\" + match[0], text)


class _Writer:
    """One document on its way to Markdown: knows the numbers of figures and the anchors of headings."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.numbers = document.numbers()
        self.paths = _paths([*document.figures(), *document.grids()])
        self.headings = {s.anchor: f"{i}. {_heading(s)}" for i, s in enumerate(document.chapters, 1)}

    def text(self) -> str:
        document = self.document
        contents = [f"{i}. {self.link(s.title, s.anchor)}" for i, s in enumerate(document.chapters, 1)]
        parts = [f"# {escape(document.title)}", *self.inside(document.summary, 2), "## Contents", "\n".join(contents)]
        for chapter in document.chapters:
            parts += [f"## {escape(self.headings[chapter.anchor])}", *self.inside(chapter, 3)]
        return "\n\n".join([*parts, "---", escape(document.footer)]) + "\n"

    def inside(self, section: Section, level: int) -> Iterator[str]:
        yield from filter(None, map(self.block, section.blocks))
        for below in section.sections:
            yield f"{'#' * level} {escape(below.title)}"
            yield from self.inside(below, min(level + 1, 6))

    def link(self, text: str, anchor: str) -> str:
        heading = self.headings.get(anchor)
        return f"[{escape(text)}](#{slug(heading)})" if heading else escape(text)

    def blocks(self, blocks: Iterable[Block]) -> str:
        return "\n\n".join(filter(None, map(self.block, blocks)))

    def block(self, block: Block) -> str:
        match block:
            case Paragraph(spans):
                text = self.inline(spans).strip()
                return _BLOCK_START.sub(lambda m: f"{m[2]}\\{m[3]}" if m[2] else f"\\{m[4]}", text, count=1)
            case Listing(items, ordered):
                return "\n".join(_item(f"{i}." if ordered else "-", self.blocks(b)) for i, b in enumerate(items, 1))
            case Definitions(items):
                return "\n".join(_item("-", f"**{self.inline(term)}**" + self.after(below)) for term, below in items)
            case Facts(items):
                return "\n".join(f"- **{escape(v)}** *({escape(m)})*: {self.inline(w)}" for v, m, w in items)
            case Code(text):
                fence = _fence(text, 3)
                return f"{fence}\n{text}\n{fence}"
            case Note(blocks):
                return _prefixed(self.blocks(blocks), "> ")
            case Grid():
                return self.grid(block)
            case Figure():
                return self.figure(block)
            case _:
                assert_never(block)

    def after(self, blocks: tuple[Block, ...]) -> str:
        if len(blocks) == 1 and isinstance(blocks[0], Paragraph):
            return f": {self.inline(blocks[0].spans)}"
        return f"\n\n{self.blocks(blocks)}"

    def grid(self, grid: Grid) -> str:
        rows = [tuple(column.removeprefix(">") for column in grid.table.columns), *grid.table.rows]
        rule = " | ".join("---:" if column.startswith(">") else "---" for column in grid.table.columns)
        lines = [" | ".join(escape(cell) for cell in row) for row in rows]
        table = "\n".join(f"| {text} |" for text in (lines[0], rule, *lines[1:]))
        return f"{self.caption(grid)} ([CSV]({self.paths[grid]}.csv))\n\n{table}" if grid.name else table

    def figure(self, figure: Figure) -> str:
        caption = self.caption(figure)
        if not figure.svg:
            return f"> {caption} This figure could not be drawn: {escape(figure.failure)}"
        source = f" ([Mermaid source]({self.paths[figure]}.mmd))" if figure.mermaid else ""
        return f"![{escape(figure.alt)}]({self.paths[figure]}.svg)\n\n{caption}{source}"

    def caption(self, block: Figure | Grid) -> str:
        return f"*{self.numbers[block]}. {self.inline(block.caption, emphasised=True)}*"

    def inline(self, spans: Inline, emphasised: bool = False) -> str:
        return "".join(self.span(span, emphasised) for span in spans)

    def span(self, span: Span, emphasised: bool) -> str:
        if span.kind == "break":
            return "\\\n"
        if span.to:
            return self.link(span.text, span.to)
        if span.kind == "code":
            return _code(span.text)
        if span.kind == "mark":
            return f"({escape(span.text)})" if emphasised else f"*({escape(span.text)})*"
        text = escape(span.text)
        lead = " " if span.text[:1].isspace() else ""
        tail = " " if span.text[-1:].isspace() and span.text.strip() else ""
        around = {"strong": "**", "em": "" if emphasised else "*"}.get(span.kind, "")
        return f"{lead}{around}{text}{around}{tail}" if text else lead


def _paths(blocks: Iterable[Figure | Grid]) -> dict[Block, str]:
    """Where each is written, without the suffix; two names that differ in case only get two files on any disk."""
    paths: dict[Block, str] = {}
    taken: set[str] = set()
    for block in blocks:
        path = f"{'figures' if isinstance(block, Figure) else 'tables'}/{block.name}"
        while path.lower() in taken:
            path += "-2"
        taken.add(path.lower())
        paths[block] = path
    return paths


def slug(heading: str) -> str:
    """The anchor that GitHub and GitLab give to a heading.

    >>> slug("7. Capacity: order-service breaks first, at 4.2×")
    '7-capacity-order-service-breaks-first-at-42'
    """
    return "".join(c for c in heading.lower() if c.isalnum() or c in "-_ ").strip().replace(" ", "-")


def _heading(section: Section) -> str:
    return f"{section.title}: {section.statement}" if section.statement else section.title


def _fence(text: str, least: int) -> str:
    """More backticks than stand together anywhere in the text."""
    return "`" * max(least, max(map(len, re.findall("`+", text)), default=0) + 1)


def _code(text: str) -> str:
    text = " ".join(text.split())
    fence = _fence(text, 1)
    pad = " " if text and "`" in (text[0], text[-1]) else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else ""


def _item(bullet: str, text: str) -> str:
    pad = " " * (len(bullet) + 1)
    return f"{bullet} " + _prefixed(text, pad).removeprefix(pad)


def _prefixed(text: str, prefix: str) -> str:
    return "\n".join((prefix + line).rstrip() for line in text.split("\n"))

"""One self-contained HTML page: no script, no external address; for a screen, a phone and the printer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from html import escape
from importlib import resources
from typing import assert_never

from archbook.export.document import (  # isort: skip
    Block, Code, Definitions, Document, Facts, Figure, Grid, Inline, Listing, Note, Paragraph, Section, Span,
)  # fmt: skip
from archbook.export.svg import inline_svg

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
)
FEW_COLUMNS = 7  # a table with more is printed smaller
LONG_CELL = 24  # a column with a longer one gets room, and may break words
LANDSCAPE_PX = 1000  # a wider picture is printed on a page turned sideways
ROOM = '<div class="room"></div>'  # in print: what follows begins where some lines fit below it


def write(document: Document) -> dict[str, bytes]:
    """``NAME.html``."""
    return {f"{document.name}.html": _Writer(document).page().encode()}


def chapter(document: Document) -> str:
    """The chapters of a document without numbers and without the page around them, for a notebook."""
    inside = "\n".join(map(_Writer(document).chapter, document.chapters))
    return f'<style>\n{_style("chapter.css")}</style><div class="archbook-chapter">{inside}</div>'


def _style(name: str) -> str:
    return resources.files("archbook.export.formats").joinpath(name).read_text(encoding="utf-8")


class _Writer:
    """One document on its way to HTML: knows the numbers of figures and tables."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.numbers = document.numbers()

    def page(self) -> str:
        document, title = self.document, escape(self.document.title)
        chapters = "\n".join(self.chapter(section, f"{i}") for i, section in enumerate(document.chapters, 1))
        contents = "".join(f'<li><a href="#{_id(s.anchor)}">{escape(s.title)}</a></li>' for s in document.chapters)
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            f"<title>{title}</title>\n<style>\n{_style('page.css')}</style>\n</head>\n<body>\n"
            '<a class="skip" href="#summary">Skip to the summary</a>\n<main>\n'
            f'<header class="summary" id="summary" tabindex="-1">\n<h1>{title}</h1>\n'
            f"{self.inside(document.summary, 2)}</header>\n"
            f'<nav aria-label="Contents">\n<h2>Contents</h2>\n<ol>{contents}</ol>\n</nav>\n'
            f'<div class="chapters">\n{chapters}\n</div>\n</main>\n'
            f"<footer><p>{escape(document.footer)}</p></footer>\n</body>\n</html>\n"
        )

    def chapter(self, section: Section, number: str = "") -> str:
        anchor, title, statement = _id(section.anchor), escape(section.title), escape(section.statement)
        label = " · ".join(filter(None, (number, title if statement else "")))
        heading = (f'<span class="label">{label}</span> ' if label else "") + (statement or title)
        inside = self.headed(f'<h2 id="{anchor}-heading">{heading}</h2>\n', section, 3)
        return f'<section id="{anchor}" aria-labelledby="{anchor}-heading">\n{inside}</section>'

    def inside(self, section: Section, level: int) -> str:
        return self.blocks(section.blocks) + "".join(
            f'<section id="{_id(below.anchor)}">\n'
            + self.headed(f"<h{level}>{escape(below.title)}</h{level}>\n", below, min(level + 1, 6))
            + "</section>\n"
            for below in section.sections
        )

    def headed(self, heading: str, section: Section, level: int) -> str:
        """A heading and what follows; in print it is not parted from a figure, nor left alone at the foot of a page."""
        if not section.blocks or not isinstance(section.blocks[0], Figure):
            return ROOM + heading + self.inside(section, level)
        first = f'<div class="keep">{heading}{self.block(section.blocks[0])}</div>\n'
        return first + self.inside(replace(section, blocks=section.blocks[1:]), level)

    def blocks(self, blocks: Iterable[Block]) -> str:
        return "".join(self.block(block) + "\n" for block in blocks)

    def block(self, block: Block) -> str:
        match block:
            case Paragraph(spans):
                return f"<p>{self.inline(spans)}</p>"
            case Listing(items, ordered):
                tag = "ol" if ordered else "ul"
                return f"<{tag}>" + "".join(f"<li>{self.tight(item)}</li>" for item in items) + f"</{tag}>"
            case Definitions(items):
                pairs = (f"<div><dt>{self.inline(t)}</dt><dd>{self.tight(b)}</dd></div>" for t, b in items)
                return ('<dl class="short">' if _short(block) else "<dl>") + "".join(pairs) + "</dl>"
            case Facts(items):
                cards = (f"<li><b>{escape(v)}</b> {_mark(m)} <span>{self.inline(w)}</span></li>" for v, m, w in items)
                return '<ul class="facts">' + "".join(cards) + "</ul>"
            case Code(text):
                return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'
            case Note(blocks, kind):
                tag = "blockquote" if kind == "quote" else "div"
                return f'<{tag} class="{kind}">{self.blocks(blocks)}</{tag}>'
            case Grid():
                return self.grid(block)
            case Figure():
                return self.figure(block)
            case _:
                assert_never(block)

    def tight(self, blocks: tuple[Block, ...]) -> str:
        if len(blocks) == 1 and isinstance(blocks[0], Paragraph):
            return self.inline(blocks[0].spans)
        return self.blocks(blocks)

    def grid(self, grid: Grid) -> str:
        columns, rows = grid.table.columns, grid.table.rows
        words = [max((len(row[i]) for row in rows), default=0) for i in range(len(columns))]
        marks = ["number " * c.startswith(">") + "long" * (n > LONG_CELL) for c, n in zip(columns, words, strict=True)]
        kinds = [f' class="{kind.strip()}"' if kind else "" for kind in marks]
        heads = (f'<th scope="col"{k}>{escape(c.removeprefix(">"))}</th>' for k, c in zip(kinds, columns, strict=True))
        cells = ((f"<td{k}>{_cell(c)}</td>" for k, c in zip(kinds, row, strict=True)) for row in rows)
        body = "".join("<tr>" + "".join(row) + "</tr>\n" for row in cells)
        caption = self.caption("caption", grid) if grid.name else ""
        kind = "wide small" if len(columns) > FEW_COLUMNS else "wide"
        return (
            f'{ROOM}<div class="{kind}" role="region" aria-label="{self.numbers.get(grid, "Table")}" tabindex="0">'
            f"<table>{caption}\n<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>{body}</tbody></table></div>"
        )

    def figure(self, figure: Figure) -> str:
        start, caption = f'<figure id="figure-{_id(figure.name)}"', self.caption("figcaption", figure)
        if not figure.svg:
            why = f'<p class="problem">This figure could not be drawn: {escape(figure.failure)}</p>'
            return f"{start}>{why}{caption}</figure>"
        svg, width, height = inline_svg(figure.svg, self.numbers[figure].replace("Figure ", "f") + "-", figure.alt)
        shape = ' class="landscape"' if width > LANDSCAPE_PX and width > 1.3 * height else ""
        size = f"--w:{width:.0f}px;--h:{height:.0f}px"
        return f'{start}{shape}><div class="canvas" style="{size}" tabindex="0">{svg}</div>{caption}</figure>'

    def caption(self, tag: str, block: Figure | Grid) -> str:
        return f"<{tag}><span><b>{self.numbers[block]}</b> {self.inline(block.caption)}</span></{tag}>"

    def inline(self, spans: Inline) -> str:
        return "".join(map(_span, spans))


def _span(span: Span) -> str:
    if span.kind == "break":
        return "<br>"
    text = _mark(span.text) if span.kind == "mark" else escape(span.text)
    if span.kind in ("code", "strong", "em"):
        text = f"<{span.kind}>{text}</{span.kind}>"
    return f'<a href="#{_id(span.to)}">{text}</a>' if span.to else text


def _short(block: Definitions) -> bool:
    """Whether each term and what is said about it fit on one line or so."""
    return all(
        len(said) == 1 and isinstance(said[0], Paragraph) and sum(len(span.text) for span in term) <= 24
        for term, said in block.items
    )


def _cell(text: str) -> str:
    """A short cell that begins with a number stays on one line with its unit; a long path may break at a slash."""
    if len(text) <= 24 and text[:1].isdigit():
        return f'<span class="whole">{escape(text)}</span>'
    return re.sub(r"([/(])", r"\1<wbr>", escape(text)) if len(text) > LONG_CELL else escape(text)


def _mark(word: str) -> str:
    return f'<small class="mark">{escape(word)}</small>'


def _id(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in name)

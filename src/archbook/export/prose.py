"""What people wrote in Markdown, read into blocks of the document.

Raw HTML stays text. An address is shown, never made a link or fetched: the document has no external address, and
a reader of the printed page sees where it leads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from archbook.export.document import Block, Code, Grid, Inline, Kind, Listing, Note, Paragraph, Span
from archbook.tables import Table

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_KINDS: dict[str, Kind] = {"strong": "strong", "em": "em"}


def read(text: str) -> tuple[Block, ...]:
    """Blocks of a text in Markdown; its headings become bold lines, its pictures their description.

    >>> [(span.text, span.kind) for span in read("a <b> [c](https://d)")[0].spans]
    [('a <b> c (', ''), ('https://d', 'code'), (')', '')]
    """
    from markdown_it.tree import SyntaxTreeNode

    return tuple(_blocks(SyntaxTreeNode(_parser().parse(_clean(text))).children))


def plain(text: str) -> str:
    """The words of a text in Markdown on one line, for a cell of a table.

    >>> plain("One `cell`,\\n\\n- of **text**")
    'One cell, of text'
    """
    return re.sub(r"[ \t-\r]+", " ", " ".join(_words(block) for block in read(text))).strip()


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _clean(text: str) -> str:
    return "".join(c if c in "\n\t" or c.isprintable() or c.isspace() else "\ufffd" for c in text)


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> Iterator[Block]:
    for node in nodes:
        match node.type:
            case "paragraph" | "inline":
                yield Paragraph(_merged(_spans(node.children)))
            case "heading":
                yield Paragraph(_merged(_spans(node.children, "strong")))
            case "bullet_list" | "ordered_list":
                yield Listing(tuple(tuple(_blocks(item.children)) for item in node.children), node.type[0] == "o")
            case "blockquote":
                yield Note(tuple(_blocks(node.children)), "quote")
            case "fence" | "code_block":
                yield Code(node.content.rstrip("\n"))
            case "table":
                yield _table(node)
            # and nothing for a rule across the page


def _table(node: SyntaxTreeNode) -> Grid:
    lines = [line for part in node.children for line in part.children]
    rows = [tuple(_text(_spans(cell.children)) for cell in line.children) for line in lines]
    return Grid("", Table(tuple(cell.lstrip(">") for cell in rows[0]), tuple(rows[1:])), ())


def _spans(nodes: Iterable[SyntaxTreeNode], kind: Kind = "") -> Iterator[Span]:
    for node in nodes:
        match node.type:
            case "softbreak":
                yield Span(" ", kind)
            case "hardbreak":
                yield Span("", "break")
            case "code_inline":
                yield Span(node.content, "code")
            case "link" | "image":
                shown = tuple(_spans(node.children, kind))
                yield from shown
                address = str(node.attrs.get("href") or node.attrs.get("src") or "")
                if address and address != _text(shown):
                    yield from (Span(" ("), Span(address, "code"), Span(")"))
            case _ if node.children:
                yield from _spans(node.children, _KINDS.get(node.type, kind))
            case _:
                yield Span(node.content, kind)


def _merged(spans: Iterable[Span]) -> Inline:
    merged: list[Span] = []
    for span in spans:
        if merged and merged[-1].kind == span.kind and span.kind in ("", "strong", "em"):
            merged[-1] = Span(merged[-1].text + span.text, span.kind)
        else:
            merged.append(span)
    return tuple(merged)


def _text(spans: Iterable[Span]) -> str:
    return "".join(span.text for span in spans)


def _words(block: Block) -> str:
    match block:
        case Paragraph(spans):
            return _text(spans)
        case Listing(items):
            return " ".join(_words(inner) for item in items for inner in item)
        case Note(blocks):
            return " ".join(map(_words, blocks))
    return block.text if isinstance(block, Code) else ""

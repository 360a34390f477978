"""One table for every front end: terminal, notebook, Markdown, HTML page and CSV."""

from __future__ import annotations

import csv
import html
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

STYLE = "border-collapse:collapse;font:13px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;max-width:100%;"


WRAP = 36  # a column whose cells are all this short or shorter is never broken over lines


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text that are already formatted for a person (units included).

    columns: headings; one that starts with ``>`` is right-aligned (numbers).

    >>> print(Table(("service", ">p95"), (("orders", "12 ms"), ("users", "8 ms"))).text())
    service    p95
    orders   12 ms
    users     8 ms
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    def text(self) -> str:
        """Aligned columns for a terminal."""
        heads, right = self._heads()
        widths = [max(_width(row[i]) for row in (heads, *self.rows)) for i in range(len(heads))]
        lines = [
            "  ".join(_pad(cell, width, flush) for cell, width, flush in zip(row, widths, right, strict=True)).rstrip()
            for row in (heads, *self.rows)
        ]
        return "\n".join([self.title, *lines] if self.title else lines)

    def html(self) -> str:
        """An HTML table that follows the theme of the page around it; every cell is escaped."""
        heads, right = self._heads()
        widest = [max(_width(row[i]) for row in (heads, *self.rows)) for i in range(len(heads))]
        align = [
            f"text-align:{'right' if flush else 'left'};padding:2px 10px;" + "white-space:nowrap;" * (width <= WRAP)
            for flush, width in zip(right, widest, strict=True)
        ]
        head = "".join(
            f'<th scope="col" style="{a}border-bottom:1px solid #6B7280">{html.escape(h)}</th>'
            for a, h in zip(align, heads, strict=True)
        )
        body = "".join(
            "<tr>"
            + "".join(f'<td style="{a}">{html.escape(c)}</td>' for a, c in zip(align, row, strict=True))
            + "</tr>"
            for row in self.rows
        )
        caption = f'<caption style="text-align:left;padding:4px 10px">{html.escape(self.title)}</caption>'
        return (
            f'<div style="overflow-x:auto"><table style="{STYLE}">{caption if self.title else ""}'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def markdown(self) -> str:
        """A pipe table; cells cannot break out of it."""
        heads, right = self._heads()
        rule = tuple("---:" if flush else "---" for flush in right)
        rows = [tuple(escape_markdown(cell) for cell in row) for row in (heads, *self.rows)]
        lines = ["| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:])]
        return "\n".join(lines)

    def csv(self) -> str:
        """CSV whose cells no spreadsheet takes for a formula."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        for row in (self._heads()[0], *self.rows):
            writer.writerow([safe_cell(cell) for cell in row])
        return out.getvalue()

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()

    def _heads(self) -> tuple[tuple[str, ...], list[bool]]:
        return tuple(c.removeprefix(">") for c in self.columns), [c.startswith(">") for c in self.columns]


def safe_cell(cell: str) -> str:
    """A cell that a spreadsheet shows instead of running.

    >>> safe_cell("=cmd()"), safe_cell("12 ms")
    ("'=cmd()", '12 ms')
    """
    return "'" + cell if cell.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r") and cell != "-" else cell


def escape_markdown(text: str) -> str:
    """Text that Markdown shows as it stands, on one line.

    >>> escape_markdown("a|b <script> *x*")
    'a\\\\|b &lt;script&gt; \\\\*x\\\\*'
    """
    text = html.escape(re.sub(r"[ \t-\r\x85\u2028\u2029]+", " ", text).strip(), quote=False)
    for character in "\\`*_[]|":
        text = text.replace(character, "\\" + character)
    return text


def as_columns(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> Table:
    """A table from cells of any type; None becomes an en dash."""
    return Table(tuple(columns), tuple(tuple("–" if c is None else str(c) for c in row) for row in rows), title)


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int, flush_right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if flush_right else text + space

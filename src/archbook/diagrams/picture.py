"""A picture of a design: SVG that stands alone, and the text it was made from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from archbook.design.files import write_atomically
from archbook.errors import RenderError, shown

FORMATS = {
    ".svg": "svg", ".png": "png", ".pdf": "pdf", ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot",
}  # fmt: skip


def one_line(text: str) -> str:
    """Text on one line, with spaces for all that is not printable (XML and terminals refuse some of it)."""
    kept = "".join(c if c.isprintable() or c in "\u00a0\u202f" else " " for c in text)  # numbers are set with U+202F
    return re.sub(" +", " ", kept).strip(" ")


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "table"), counted(3, "synchronous link")
    ('1 table', '3 synchronous links')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Picture:
    """One view of a design, or one chart.

    svg: self-contained: fixed size, its own light card behind it, no script, style sheet or reference.
    mermaid, dot: the text that it was drawn from, where there is one.
    alt: one sentence for those who do not see it.
    """

    title: str
    alt: str
    svg: str
    mermaid: str | None = None
    dot: str | None = None

    def __post_init__(self) -> None:
        for name in ("title", "alt"):  # shown in terminals and pages, and partly a design's own words
            object.__setattr__(self, name, one_line(getattr(self, name)))

    def png(self, scale: float = 2) -> bytes:
        """PNG at `scale` pixels per SVG unit."""
        import vl_convert

        return vl_convert.svg_to_png(self.svg, scale=scale)

    def pdf(self) -> bytes:
        """PDF with text that can be searched."""
        import vl_convert

        return vl_convert.svg_to_pdf(self.svg)

    def content(self, format: str) -> str | bytes:
        """The picture as ``svg``, ``png``, ``pdf``, ``mermaid`` or ``dot``. Raises RenderError."""
        if format in ("png", "pdf"):
            return self.png() if format == "png" else self.pdf()
        if format not in FORMATS.values():
            raise RenderError(f"no picture format {shown(format)}; known are `svg`, `png`, `pdf`, `mermaid` and `dot`")
        text: str | None = getattr(self, format)
        if text is None:
            raise RenderError(f"{self.title}: this picture has no {format} text; ask for `svg`, `png` or `pdf`")
        return text

    def save(self, path: str | Path, format: str | None = None) -> Path:
        """Write it in the format that the file's suffix names. Atomic. Raises RenderError, Conflict."""
        path = Path(path)
        chosen = format or FORMATS.get(path.suffix.lower())
        if chosen is None:
            raise RenderError(
                f"{path.name}: a picture cannot be written as {shown(path.suffix or 'a file without a suffix')}; "
                "end the name in .svg, .png, .pdf, .mmd or .dot"
            )
        return write_atomically(path, self.content(chosen))

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """SVG, as HTML too so that it shrinks to fit the cell.

        Not `mermaid` too: front ends draw that text without our legend, and may fetch what it names.
        """
        return {"text/html": self.svg, "image/svg+xml": self.svg, "text/plain": self.alt}

    def __str__(self) -> str:
        return self.alt

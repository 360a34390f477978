"""One chapter of the document on its own, for a notebook."""

from __future__ import annotations

from dataclasses import dataclass

from archbook.design.model import Design
from archbook.errors import UnknownName
from archbook.export.build import CHAPTERS
from archbook.export.document import Document, Section
from archbook.export.formats import html, md
from archbook.export.material import gather

STYLE = """<style>
.archbook-chapter { --soft: var(--jp-content-font-color2, #4b5563); --rule: var(--jp-border-color2, #d5d9df); }
.archbook-chapter table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
.archbook-chapter :is(th, td) { text-align: left; vertical-align: top; padding: 4px 14px 4px 0; max-width: 24em;
  border-bottom: 1px solid var(--rule); }
.archbook-chapter .number { text-align: right; }
.archbook-chapter .wide { overflow-x: auto; margin: 8px 0; }
.archbook-chapter :is(caption, figcaption, .label) { text-align: left; color: var(--soft); font-size: 13px; }
.archbook-chapter .label { display: block; }
.archbook-chapter .mark { font-size: 11px; color: var(--soft); border: 1px solid var(--rule); border-radius: 3px;
  padding: 0 4px; }
.archbook-chapter figure { margin: 8px 0; }
.archbook-chapter svg { max-width: 100%; height: auto; }
.archbook-chapter dl.short > div { display: grid; grid-template-columns: 12em 1fr; }
.archbook-chapter dd { margin-left: 0; }
</style>"""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter that shows itself, and prints as Markdown."""

    document: Document

    def __str__(self) -> str:
        return md.write(self.document)[f"{self.document.name}.md"].decode()

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        page = f'{STYLE}<div class="archbook-chapter">{html.chapters(self.document)}</div>'
        return {"text/html": page, "text/plain": str(self)}


def chapter(design: Design, name: str) -> Chapter:
    """The chapter called `name`. Raises UnknownName, and ArchbookError where the design cannot be estimated."""
    builders = {build.__name__: build for build in CHAPTERS}
    if name not in builders:
        raise UnknownName("chapter", name, builders)
    section = builders[name](gather(design))
    return Chapter(Document(design.name, design.title or design.name, Section("summary", ""), (section,), ""))

"""One chapter of the document on its own, for a notebook."""

from __future__ import annotations

from dataclasses import dataclass

from archbook.contracts.secrets import blacked_out
from archbook.design.model import Design
from archbook.errors import UnknownName
from archbook.export.build import CHAPTERS
from archbook.export.document import Document, Section
from archbook.export.formats import html, md
from archbook.export.material import gather


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter that shows itself, and prints as Markdown."""

    document: Document

    def __str__(self) -> str:
        return md.chapter(self.document)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": html.chapter(self.document), "text/plain": str(self)}


def chapter(design: Design, name: str) -> Chapter:
    """The chapter called `name`. Raises UnknownName, and ArchbookError where the design cannot be estimated."""
    builders = {build.__name__: build for build in CHAPTERS}
    if name not in builders:
        raise UnknownName("chapter", name, builders)
    section = builders[name](gather(design))
    whole = Document(design.name, design.title or design.name, Section("summary", ""), (section,))
    return Chapter(blacked_out(whole))

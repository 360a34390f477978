"""The design document: page one, then the chapters in the order in which a reader asks."""

from __future__ import annotations

from archbook.design.model import Design
from archbook.export.chapters.parts import containers, context, data, journeys
from archbook.export.chapters.promises import contracts, failure, security
from archbook.export.chapters.proof import capacity, decisions, evidence, review, unmeasured
from archbook.export.chapters.summary import summary
from archbook.export.document import Document
from archbook.export.material import Material, gather

CHAPTERS = (context, journeys, containers, data, contracts, capacity, failure, security, review, decisions, evidence,
            unmeasured)  # fmt: skip


def build(design: Design) -> Document:
    """The document of a design. Raises ArchbookError where it cannot be estimated."""
    return compose(gather(design))


def compose(material: Material) -> Document:
    """The document of what was gathered."""
    design = material.design
    title = design.title or design.name
    measured = max((entry.date[:10] for entry in material.evidence), default="")
    known = f"evidence up to {measured}" if measured else "nothing measured yet"
    footer = (f"{title}: written by Archbook from the design {material.digest()}, {known}. "
              "Numbers are marked declared, computed, simulated or measured.")  # fmt: skip
    return Document(design.name, title, summary(material), tuple(chapter(material) for chapter in CHAPTERS), footer)

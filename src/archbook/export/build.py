"""The design document: page one, then the chapters in the order in which a reader asks."""

from __future__ import annotations

from archbook.design.model import Design
from archbook.export.chapters.data import contracts, data
from archbook.export.chapters.load import capacity, failure
from archbook.export.chapters.protection import security
from archbook.export.chapters.reasons import decisions, evidence, review, unmeasured
from archbook.export.chapters.structure import containers, context, journeys
from archbook.export.chapters.summary import summary
from archbook.export.document import Document
from archbook.export.material import Material, gather

CHAPTERS = (
    context, journeys, containers, data, contracts, capacity, failure, security, review, decisions, evidence,
    unmeasured,
)  # fmt: skip


def build(design: Design) -> Document:
    """The document of a design. Raises ArchbookError where it cannot be estimated."""
    return compose(gather(design))


def compose(material: Material) -> Document:
    """The document of what was gathered."""
    design = material.design
    title = design.title or design.name
    measured = max((entry.date[:10] for entry in material.evidence), default="")
    footer = (
        f"{title}: written by Archbook from the design {material.digest()}"
        + (f", evidence up to {measured}" if measured else ", nothing measured yet")
        + ". Numbers are marked declared, computed, simulated or measured."
    )
    return Document(design.name, title, summary(material), tuple(chapter(material) for chapter in CHAPTERS), footer)

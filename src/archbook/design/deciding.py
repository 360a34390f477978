"""Writing a decision down: one Markdown file a decision (MADR), beside the design."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from archbook.design.files import write_atomically
from archbook.design.madr import FOLDER, read_decision
from archbook.design.model import Design
from archbook.errors import ArchbookError, Conflict, UnknownName, shown


def decide(
    design: Design,
    title: str,
    why: str,
    about: Sequence[str] = (),
    *,
    decision: str = "",
    context: str = "",
    alternatives: Sequence[str] = (),
    consequences: Sequence[str] = (),
) -> str:
    """Write a new decision into the design's folder and return the path of its file, relative to the folder.

    about: names of the elements that it is about. The decision gets the next free number, today's date and the status
    `accepted`; no file is ever overwritten. Raises ArchbookError (no why, no folder), UnknownName (an element) and
    Conflict (the decision is written down already).
    """
    if design.folder is None:
        raise ArchbookError(f"{design.name} was made in code and has no folder to write a decision into")
    file, content = written(design, title, why, about, decision=decision, context=context, alternatives=alternatives,
                            consequences=consequences)  # fmt: skip
    path = design.folder / file
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, content)
    return file


def written(
    design: Design,
    title: str,
    why: str,
    about: Sequence[str] = (),
    *,
    decision: str = "",
    context: str = "",
    alternatives: Sequence[str] = (),
    consequences: Sequence[str] = (),
) -> tuple[str, str]:
    """The file, relative to the folder, and the text that `decide` writes; nothing is written. Raises as it does."""
    if not title.strip() or not why.strip():
        raise ArchbookError("a decision needs its title and its why; nothing has been written")
    known = subjects(design)
    if unknown := next((name for name in about if name not in known), None):
        raise UnknownName("element", unknown, known)
    same = next((old for old in design.decisions if old.title.casefold() == title.strip().casefold()), None)
    if same:
        raise Conflict(f"decision {same.id} says {shown(title)} already; nothing has been written")
    beside = (design.folder / FOLDER).glob("*.md") if design.folder else ()
    taken = [int(m[1]) for path in beside if (m := re.match(r"0*(\d{1,6})", path.name))]
    number = max([*taken, *(old.id for old in design.decisions)], default=0) + 1
    slug = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:60] or "decision"
    sections = {
        "Context": context, "Decision": decision or title, "Why": why,
        "Alternatives": _bullets(alternatives), "Consequences": _bullets(consequences),
    }  # fmt: skip
    parts = [f"## {heading}\n\n{text.strip()}" for heading, text in sections.items() if text]
    content = "\n\n".join([_head(number, title, about), *parts]) + "\n"
    name = f"{number:04d}-{slug}.md"
    read_decision(content.encode(), name)
    return f"{FOLDER}/{name}", content


def subjects(design: Design) -> list[str]:
    """Everything that a decision can be about."""
    endpoints = [endpoint.name for endpoint in design.api.endpoints]
    return [*design.services, *design.stores, *design.externals, *design.events, *endpoints]


def _head(number: int, title: str, about: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in about)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return f'---\nstatus: accepted\ndate: "{today}"\nabout: [{names}]\n---\n\n# {number}. {" ".join(title.split())}'


def _bullets(items: Sequence[str]) -> str:
    return "\n".join("- " + " ".join(item.split()) for item in items)

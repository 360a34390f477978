"""Evidence: what was claimed, the number behind it, how it was found, and whether it still holds.

Evidence speaks of a part of a design (``about``) and keeps that part's digest (``digest``). When the part
changes, the evidence is *stale*: still shown, no longer relied on.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from archbook.design.files import write_atomically
from archbook.design.model import Design
from archbook.errors import DesignError, Problem, UnknownName

How = Literal["formula", "simulation", "measurement"]
FILE = "evidence.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number and where it comes from.

    claim: a sentence that the number supports or refutes.
    value, low, high: the number and its interval, in `unit` (SI; ``×`` for ratios).
    about: the part it speaks of, such as ``stores.orders-db.schema`` or ``services.order-service``.
    digest: digest of that part when the number was found; see `digest_of`.
    """

    id: str
    claim: str
    value: float
    unit: str
    how: How
    about: str
    digest: str
    low: float | None = None
    high: float | None = None
    source: str = ""
    engine: str = ""
    seed: int | None = None
    sample: int | None = None
    date: str = ""
    machine: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def stale(self, design: Design) -> bool:
        """Whether the part that it speaks of has changed, or is gone."""
        try:
            return digest_of(design, self.about) != self.digest
        except UnknownName:
            return True


def digest_of(design: Design, about: str) -> str:
    """Digest of the part of a design called `about`: 16 hexadecimal digits. Raises UnknownName.

    ``design`` is the whole, but for what is only said of it (decisions, waivers); ``stores.NAME.schema`` is the DDL
    text, blind to white space;
    otherwise the first word is a section and the rest a name in it (``calls`` and ``api`` as a whole).
    """
    section, _, name = about.partition(".")
    if about == "design":
        content: Any = design.model_dump(mode="json", by_alias=True, exclude={"decisions", "waivers"})
    elif section == "stores" and name.endswith(".schema"):
        ddl = design.ddl(name.removesuffix(".schema"))
        if ddl is None:
            raise UnknownName("schema", about, [f"stores.{store}.schema" for store in design.source.ddl])
        content = " ".join(ddl.split())
    elif section in type(design).model_fields:
        part = getattr(design, section)
        if name and (not isinstance(part, Mapping) or name not in part):
            raise UnknownName("part", about, [f"{section}.{key}" for key in part] if isinstance(part, Mapping) else [])
        content = design.model_dump(mode="json", by_alias=True)[section]
        content = content[name] if name else content
    else:
        raise UnknownName("part", about, ["design", *type(design).model_fields])
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def found(design: Design, **fields: Any) -> Evidence:
    """Evidence about a part of `design`, dated now, with its digest and this machine filled in."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    blank = Evidence(digest=digest_of(design, fields["about"]), date=now.isoformat(), machine=machine, **fields)
    return replace(blank, details=dict(blank.details))


def load_evidence(folder: Path) -> tuple[Evidence, ...]:
    """All evidence kept in a design folder, oldest first; empty where none is. Raises DesignError."""
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["archbook_evidence"] != FORMAT:
            raise ValueError(f"format {document['archbook_evidence']!r} is not {FORMAT}")
        return tuple(Evidence(**entry) for entry in document["evidence"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f" ({error})" if isinstance(error, ValueError) else ", or was changed by hand"
        problem = Problem(FILE, getattr(error, "lineno", None), "", f"is not evidence that Archbook wrote{reason}",
                          "mend it, or move it away and measure again")  # fmt: skip
        raise DesignError([problem]) from None


def keep(folder: Path, evidence: Iterable[Evidence]) -> Path:
    """Add evidence to a design folder; a newer entry replaces one with the same id. Atomic. Raises Conflict."""
    entries = {entry.id: entry for entry in (*load_evidence(folder), *evidence)}
    document = {"archbook_evidence": FORMAT, "evidence": [_compact(entry) for entry in entries.values()]}
    return write_atomically(folder / FILE, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _compact(entry: Evidence) -> dict[str, Any]:
    return {key: value for key, value in asdict(entry).items() if value not in (None, "", {})}

"""All that the document speaks of, worked out once: estimates, findings, evidence, schemas and pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from archbook.capacity.headroom import Headroom
from archbook.capacity.result import Break, Estimate
from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import Evidence, digest_of, load_evidence
from archbook.export.document import Figure, Inline

if TYPE_CHECKING:
    from archbook.diagrams import Picture
    from archbook.review import Report
    from archbook.review.checklist import Checklist
    from archbook.schema import Schema

Drawing = Callable[[], "Picture"]
CURVE_POINTS, CURVE_WORK = 24, 4000  # points of the chart; fewer where points × parts would exceed the second
MOST = 12  # journeys, and stores with tables, that are drawn
MOST_EVENTS = 60  # more do not fit a picture


@dataclass(frozen=True, slots=True)
class Material:
    """One design and what is known of it. now, then: estimates at today's load and at the design's growth."""

    design: Design
    now: Estimate
    then: Estimate
    report: Report
    evidence: tuple[Evidence, ...] = ()
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    pictures: Mapping[str, Picture | str] = field(default_factory=dict)
    room: Headroom | None = None
    checklist: Checklist | None = None

    @property
    def too_early(self) -> tuple[Break, ...]:
        """What saturates before the design's growth is reached, first to last."""
        return tuple(b for b in self.now.breaks if b.at < self.design.traffic.growth)

    def figure(self, name: str, caption: Inline) -> tuple[Figure, ...]:
        """The picture called `name` with its caption, or what kept it from being drawn; none if nobody asked for it."""
        picture = self.pictures.get(name)
        if picture is None:
            return ()
        if isinstance(picture, str):
            return (Figure(name, caption, failure=picture),)
        return (Figure(name, caption, picture.alt, picture.svg, picture.mermaid or ""),)

    def digest(self) -> str:
        """Digest of the design and its DDL: 16 hexadecimal digits."""
        said = (digest_of(self.design, part) for part in ("design", "decisions", "waivers"))
        parts = [*said, *(f"{name} {ddl}" for name, ddl in self.design.source.ddl.items())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def gather(design: Design) -> Material:
    """Everything for the document of `design`. Raises ArchbookError where it cannot be estimated."""
    from archbook.capacity import estimate, headroom
    from archbook.contracts.secrets import without
    from archbook.review import review
    from archbook.review.checklist import checklist
    from archbook.schema import parse, row_sizes

    sizes = row_sizes(design)
    now = estimate(design, 1.0, row_sizes=sizes)
    then = estimate(design, design.traffic.growth, row_sizes=sizes)
    evidence = load_evidence(design.folder) if design.folder else ()
    schemas = {store: parse(ddl) for store in design.stores if (ddl := design.ddl(store))}
    pictures = draw_all(drawings(without(design), now, then))
    room = headroom(design, sizes)
    report = review(design, evidence)
    ticks = checklist(design, evidence, report)
    return Material(design, now, then, report, evidence, schemas, pictures, room, ticks)


def drawings(design: Design, now: Estimate, then: Estimate) -> dict[str, Drawing]:
    """The pictures of the document by the name of their file; nothing is drawn yet."""
    from archbook.diagrams import draw

    heat = {name: element.utilisation for name, element in then.elements.items() if element.servers}
    asked: dict[str, Drawing] = {
        "load": partial(draw, design, "containers", heat=heat),
        "containers": partial(draw, design, "containers"),
        "utilisation": partial(_chart, design, now),
    }
    if 0 < len(design.events) <= MOST_EVENTS:
        asked["events"] = partial(draw, design, "events")
    journeys = sorted(design.traffic.journeys, key=lambda name: -design.traffic.journeys[name].share)[:MOST]
    tables = [store for store in design.stores if design.ddl(store)][:MOST]
    asked |= {f"journey-{journey}": partial(draw, design, "sequence", of=journey) for journey in journeys}
    return asked | {f"tables-{store}": partial(draw, design, "er", of=store) for store in tables}


def _chart(design: Design, now: Estimate) -> Picture:
    from archbook.capacity import curve
    from archbook.diagrams.charts import utilisation_chart

    first = now.breaks[0].at if now.breaks else 1.0
    last = max(design.traffic.growth, min(first * 1.2, design.traffic.growth * 10), 1.5)
    points = max(6, min(CURVE_POINTS, CURVE_WORK // len(now.elements)))
    return utilisation_chart(curve(design, [last ** (i / (points - 1)) for i in range(points)]), design)


def draw_all(asked: Mapping[str, Drawing]) -> dict[str, Picture | str]:
    """Draw several pictures at once; one that fails leaves the sentence that says why."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        return dict(zip(asked, pool.map(_drawn, asked.values()), strict=True))


def _drawn(drawing: Drawing) -> Picture | str:
    try:
        return drawing()
    except ArchbookError as error:
        return str(error)
    except Exception as error:  # a renderer's bug must be seen in the document, and must not lose it
        return f"{type(error).__name__}: {error}"

"""A design as boxes, lines and frames: what the containers view and its version with icons both draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archbook.design.elements import BROKERS, Store
from archbook.design.model import Design
from archbook.diagrams.picture import counted
from archbook.diagrams.svg import Box

MOST = 20  # boxes in one picture; beyond that they are rolled up by owner
MOST_LINES = 60  # lines between boxes that are rolled up
CLIENTS = "clients"
TAKES = "takes "  # before the name of an event that a service consumes
ENGINES = {
    "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite", "duckdb": "DuckDB",
    "sqlserver": "SQL Server", "mongodb": "MongoDB", "dynamodb": "DynamoDB", "clickhouse": "ClickHouse", "s3": "S3",
    "gcs": "Cloud Storage", "azure-blob": "Azure Blob", "cdn": "CDN", "rabbitmq": "RabbitMQ", "nats": "NATS",
    "sqs": "SQS", "sns": "SNS", "pubsub": "Pub/Sub", "opensearch": "OpenSearch", "other": "store",
}  # fmt: skip


class Line(NamedTuple):
    """What one box asks of, or announces to, another."""

    start: str
    end: str
    asynchronous: bool
    verbs: tuple[str, ...] = ()
    tint: str = ""  # a key of `palette.TINTS`, where two designs are drawn as one

    def texts(self, most: int) -> list[str]:
        """At most `most` lines of label; the rest as a number."""
        verbs = list(self.verbs)
        return verbs if len(verbs) <= most else [*verbs[: most - 1], f"and {len(verbs) - most + 1} more"]


class Map(NamedTuple):
    """Boxes by name, lines between them, and how it was cut down to fit a page (empty: it was not)."""

    boxes: Mapping[str, Box]
    lines: Sequence[Line]
    cut: str = ""
    verbs: int = 2  # lines of label at most

    def title(self, design: Design) -> str:
        """What the picture is of."""
        return f"Containers of {design.title or design.name}" + (f": {self.cut}" if self.cut else "")


def map_of(design: Design, of: str | None = None, by_owner: bool = False) -> Map:
    """The whole design; the neighbourhood of one element; or, where it has too many boxes, its owners."""
    boxes, lines = everything(design, by_owner)
    if of is not None:
        lines = [line for line in lines if of in (line.start, line.end)]
        near = {of}.union(*(line[:2] for line in lines))
        return Map({n: boxes[n] for n in boxes if n in near}, lines, f"{of} and what it talks to", verbs=4)
    if all(line.start != CLIENTS for line in lines):
        del boxes[CLIENTS]
    if len(boxes) > MOST:
        return _rolled_up(design, boxes, lines)
    return Map(boxes, [_overview(design, line) for line in lines])


def everything(design: Design, by_owner: bool = False) -> tuple[dict[str, Box], list[Line]]:
    """All boxes and lines of a design, however many they are."""
    frames = _frames(design, by_owner)
    return {box.name: box._replace(frame=frames.get(box.name, "")) for box in _boxes(design)}, _lines(design)


def _overview(design: Design, line: Line) -> Line:
    """On the whole picture only what surprises: not that a gateway routes, nor what a service does to its own store."""
    store = design.stores.get(line.end)
    if line.start == design.gateway or (store and not line.asynchronous and store.owner in (line.start, None)):
        return line._replace(verbs=())
    takes = [verb for verb in line.verbs if verb.startswith(TAKES)]
    if len(takes) > 1 and len(line.verbs) > 2:
        return line._replace(verbs=(*(v for v in line.verbs if v not in takes), f"{TAKES}{len(takes)} events"))
    return line


def box_of(design: Design, name: str) -> Box:
    """The box of one element, by its name; of the clients for a name that is none's."""
    if service := design.services.get(name):
        return Box(name, service.technology or service.role, "service", service.role, (name,))
    if store := design.stores.get(name):
        below = store.technology or ENGINES.get(store.engine, store.engine.capitalize())
        return Box(name, below, "queue" if _is_queue(store) else "store", store.engine, (name,))
    if name in design.externals:
        return Box(name, "external", "external", "external", (name,))
    return Box(name, "browsers and apps", "client", "clients")


def _is_queue(store: Store) -> bool:
    return store.role == "broker" or store.engine in BROKERS


def _boxes(design: Design) -> list[Box]:
    return [box_of(design, name) for name in (CLIENTS, *design.services, *design.stores, *design.externals)]


def _frames(design: Design, by_owner: bool) -> dict[str, str]:
    """Trust zones where they are drawn up, else the owning teams where there are several."""
    elements: dict[str, Any] = {**design.services, **design.stores, **design.externals}
    zones = {name: element.zone or "" for name, element in elements.items()}
    for name, store in design.stores.items():
        zones[name] = zones[name] or zones.get(store.owner or "", "")
    if any(zones.values()) and not by_owner:
        return zones
    owners = {name: _owner(design, name) for name in elements}
    return owners if len(set(owners.values()) - {""}) > 1 else {}


def _lines(design: Design) -> list[Line]:
    found: dict[tuple[str, str, bool], dict[str, None]] = {}

    def add(start: str, end: str, asynchronous: bool, verb: str) -> None:
        found.setdefault((start, end, asynchronous), {}).update({verb: None} if verb else {})

    for service in [design.gateway] if design.gateway else [e.service for e in design.api.endpoints]:
        add(CLIENTS, service, False, "")
    for call in design.calls:
        add(call.from_, call.to, call.mode == "async", call.does)
    for name, event in design.events.items():
        if event.broker:  # an arrow says who turns to whom: layouts then keep services before what they use
            add(event.from_, event.broker, True, name)
        for consumer in event.to:
            start, end, verb = (consumer, event.broker, TAKES + name) if event.broker else (event.from_, consumer, name)
            add(start, end, True, verb)
    reached = {end for _, end, _ in found}
    for name, store in design.stores.items():
        if "cdn" in (store.role, store.engine) and name not in reached:
            add(CLIENTS, name, False, "static content")
    return [Line(*key, tuple(verbs)) for key, verbs in found.items()]


def _rolled_up(design: Design, boxes: Mapping[str, Box], lines: Sequence[Line]) -> Map:
    """One box an owner, and, if that is still too many, the least connected ones in one box."""
    group = {name: _owner(design, name) or name for name in boxes}
    degree = Counter(group[end] for line in lines for end in line[:2])
    kept = sorted(set(group.values()), key=lambda g: (g != CLIENTS, -degree[g], g))
    if len(kept) > MOST:
        fold = dict.fromkeys(kept[MOST - 1 :], f"{len(kept) - MOST + 1} others")
        group = {name: fold.get(target, target) for name, target in group.items()}
    members = {target: [name for name in boxes if group[name] == target] for target in dict.fromkeys(group.values())}
    made = {target: _group(target, [boxes[name] for name in names]) for target, names in members.items()}
    weights: Counter[Line] = Counter()
    for line in lines:
        weights[Line(group[line.start], group[line.end], line.asynchronous)] += max(1, len(line.verbs))
    between = [line for line in weights if line.start != line.end]
    busiest = sorted(between, key=lambda line: -weights[line])[:MOST_LINES]
    left_out = f", the {MOST_LINES} busiest links of {len(between)}" if len(between) > MOST_LINES else ""
    cut = f"{len(boxes)} boxes, rolled up by owner{left_out}"
    return Map(made, [line for line in between if line in busiest], cut)


def _owner(design: Design, name: str) -> str:
    store = design.stores.get(name)
    service = design.services.get((store.owner or "") if store else name)
    return service.owner if service else ""


def _group(target: str, boxes: Sequence[Box]) -> Box:
    if [box.name for box in boxes] == [target]:
        return boxes[0]._replace(frame="")
    counts = Counter("store" if box.role == "queue" else box.role for box in boxes)
    below = ", ".join(counted(count, kind) for kind, count in sorted(counts.items()))
    return Box(target, below, "group", "group", tuple(member for box in boxes for member in box.members))

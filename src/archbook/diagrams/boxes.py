"""A design as boxes, lines and frames: what the containers view and its version with icons both draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archbook.design.elements import BROKERS, Store
from archbook.design.model import Design

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


@dataclass(frozen=True, slots=True)
class MapBox:
    """One box. role: a key of `palette.ROLES`; sort: what its icon is chosen by; members: elements it stands for."""

    name: str
    below: str
    role: str
    sort: str
    members: tuple[str, ...] = ()
    frame: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What one box asks of, or announces to, another."""

    start: str
    end: str
    asynchronous: bool
    verbs: tuple[str, ...] = ()

    def texts(self, most: int) -> list[str]:
        """At most `most` lines of label; the rest as a number."""
        verbs = list(self.verbs)
        return verbs if len(verbs) <= most else [*verbs[: most - 1], f"and {len(verbs) - most + 1} more"]


@dataclass(frozen=True, slots=True)
class Map:
    """Boxes by name, lines between them, and how it was cut down to fit a page (empty: it was not)."""

    boxes: Mapping[str, MapBox]
    lines: Sequence[Line]
    cut: str = ""
    detailed: bool = False


def map_of(design: Design, of: str | None = None, by_owner: bool = False) -> Map:
    """The whole design; the neighbourhood of one element; or, where it has too many boxes, its owners."""
    frames = _frames(design, by_owner)
    boxes = {box.name: replace(box, frame=frames.get(box.name, "")) for box in _boxes(design)}
    lines = _lines(design)
    if of is None:
        lines = [_overview(design, line) for line in lines]
    else:
        near = {of} | {end for line in lines if of in (line.start, line.end) for end in (line.start, line.end)}
        boxes = {name: box for name, box in boxes.items() if name in near}
        lines = [line for line in lines if of in (line.start, line.end)]
        return Map(boxes, lines, f"{of} and what it talks to", detailed=True)
    used = {end for line in lines for end in (line.start, line.end)}
    boxes = {name: box for name, box in boxes.items() if name != CLIENTS or name in used}
    return Map(boxes, lines) if len(boxes) <= MOST else _rolled_up(design, boxes, lines)


def _overview(design: Design, line: Line) -> Line:
    """On the whole picture only what surprises: not that a gateway routes, nor what a service does to its own store."""
    store = design.stores.get(line.end)
    if line.start == design.gateway or (store and not line.asynchronous and store.owner in (line.start, None)):
        return replace(line, verbs=())
    takes = [verb for verb in line.verbs if verb.startswith(TAKES)]
    if len(takes) > 1 and len(line.verbs) > 2:
        line = replace(line, verbs=(*(v for v in line.verbs if v not in takes), f"{TAKES}{len(takes)} events"))
    return line


def is_queue(store: Store) -> bool:
    """Whether a store carries messages."""
    return store.role == "broker" or store.engine in BROKERS


def _boxes(design: Design) -> list[MapBox]:
    found = [MapBox(CLIENTS, "browsers and apps", "client", "clients")]
    for name, service in design.services.items():
        below = service.technology or service.role
        found.append(MapBox(name, below, "service", service.role, (name,)))
    for name, store in design.stores.items():
        below = store.technology or ENGINES.get(store.engine, store.engine.capitalize())
        found.append(MapBox(name, below, "queue" if is_queue(store) else "store", store.engine, (name,)))
    found += [MapBox(name, "external system", "external", "external", (name,)) for name in design.externals]
    return found


def _frames(design: Design, by_owner: bool) -> dict[str, str]:
    """Trust zones where they are drawn up, else the owning teams where there are several."""
    elements: dict[str, Any] = {**design.services, **design.stores, **design.externals}
    owners = {name: service.owner for name, service in design.services.items()}
    zones = {name: element.zone or "" for name, element in elements.items()}
    for name, store in design.stores.items():
        owners[name] = owners.get(store.owner or "", "")
        zones[name] = zones[name] or zones.get(store.owner or "", "")
    if any(zones.values()) and not by_owner:
        return zones
    return owners if len(set(owners.values()) - {""}) > 1 else {}


def _lines(design: Design) -> list[Line]:
    found: dict[tuple[str, str, bool], dict[str, None]] = {}

    def add(start: str, end: str, asynchronous: bool, verb: str) -> None:
        verbs = found.setdefault((start, end, asynchronous), {})
        if verb:
            verbs[verb] = None

    entries = [design.gateway] if design.gateway else dict.fromkeys(e.service for e in design.api.endpoints)
    for service in entries:
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
        if (store.role == "cdn" or store.engine == "cdn") and name not in reached:
            add(CLIENTS, name, False, "static content")
    return [Line(*key, tuple(verbs)) for key, verbs in found.items()]


def _rolled_up(design: Design, boxes: Mapping[str, MapBox], lines: Sequence[Line]) -> Map:
    """One box an owner, and, if that is still too many, the least connected ones in one box."""
    group = {name: _owner(design, name) or name for name in boxes}
    degree = Counter(group[end] for line in lines for end in (line.start, line.end))
    kept = sorted(set(group.values()), key=lambda g: (g != CLIENTS, -degree[g], g))
    others = f"{len(kept) - MOST + 1} others"
    fold = dict.fromkeys(kept[MOST - 1 :], others) if len(kept) > MOST else {}
    group = {name: fold.get(target, target) for name, target in group.items()}
    members: dict[str, list[str]] = {}
    for name, target in group.items():
        members.setdefault(target, []).append(name)
    made = {target: _group(target, names, boxes) for target, names in members.items()}
    merged: dict[tuple[str, str, bool], Counter[str]] = {}
    for line in lines:
        start, end = group[line.start], group[line.end]
        if start != end:
            merged.setdefault((start, end, line.asynchronous), Counter())["lines"] += max(1, len(line.verbs))
    busiest = sorted(merged, key=lambda key: -merged[key]["lines"])[:MOST_LINES]
    rolled = [Line(*key) for key in merged if key in busiest]
    left_out = f", the {MOST_LINES} busiest links of {len(merged)}" if len(merged) > MOST_LINES else ""
    return Map(made, rolled, f"{len(boxes)} boxes, rolled up by owner{left_out}")


def _owner(design: Design, name: str) -> str:
    service = name if name in design.services else getattr(design.stores.get(name), "owner", None) or ""
    return design.services[service].owner if service in design.services else ""


def _group(target: str, names: Sequence[str], boxes: Mapping[str, MapBox]) -> MapBox:
    if names == [target]:
        return replace(boxes[target], frame="")
    counts = Counter("service" if boxes[n].role == "service" else "external" if boxes[n].role == "external" else "store"
                     for n in names)  # fmt: skip
    below = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(counts.items()))
    return MapBox(target, below, "group", "group", tuple(m for n in names for m in boxes[n].members))

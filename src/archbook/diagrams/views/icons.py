"""Icons: the containers with the marks of their products, through the `diagrams` package and Graphviz."""

from __future__ import annotations

import base64
import importlib
import re
import xml.etree.ElementTree as ET
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from archbook.design.model import Design
from archbook.diagrams.boxes import Map, map_of
from archbook.diagrams.graphviz import Copier, lay_out
from archbook.diagrams.mermaid import ids
from archbook.diagrams.palette import FRAME, GREY, INK, LINE, PURPLE
from archbook.diagrams.picture import Picture
from archbook.diagrams.shapes import SVG, element, number
from archbook.diagrams.svg import XLINK, Box, Frame, on_card, prefix_of
from archbook.diagrams.view import Heat, View
from archbook.diagrams.views.containers import LINES, elements
from archbook.errors import RenderError

ICONS = {
    "clients": "onprem.client.Users", "external": "onprem.network.Internet", "gateway": "generic.network.Router",
    "service": "onprem.compute.Server", "worker": "onprem.compute.Server", "frontend": "onprem.client.Client",
    "group": "onprem.compute.Server", "postgresql": "onprem.database.Postgresql", "mysql": "onprem.database.Mysql",
    "mariadb": "onprem.database.Mariadb", "duckdb": "onprem.database.Duckdb", "sqlserver": "onprem.database.Mssql",
    "oracle": "onprem.database.Oracle", "mongodb": "onprem.database.Mongodb", "dynamodb": "aws.database.Dynamodb",
    "cassandra": "onprem.database.Cassandra", "clickhouse": "onprem.database.Clickhouse", "s3": "aws.storage.S3",
    "redis": "onprem.inmemory.Redis", "valkey": "onprem.inmemory.Redis", "memcached": "onprem.inmemory.Memcached",
    "elasticsearch": "elastic.elasticsearch.Elasticsearch", "opensearch": "aws.analytics.AmazonOpensearchService",
    "gcs": "gcp.storage.Storage", "azure-blob": "azure.storage.BlobStorage", "cdn": "aws.network.CloudFront",
    "kafka": "onprem.queue.Kafka", "rabbitmq": "onprem.queue.Rabbitmq", "nats": "onprem.queue.Nats",
    "sqs": "aws.integration.SQS", "sns": "aws.integration.SNS", "pubsub": "gcp.analytics.PubSub",
}  # fmt: skip
GENERIC = "generic.database.SQL"
LOOK = {"pad": "0.3", "nodesep": "0.2", "ranksep": "0.8", "splines": "spline", "label": "", "bgcolor": "transparent"}
NODE = {"width": "1.2", "imagepos": "tc"}
CLUSTER = {"bgcolor": "#FAFBFC", "pencolor": FRAME, "margin": "18"}


def build(design: Design, of: str | None, _: Heat | None) -> Picture:
    """The containers of a design, or of the neighbourhood of one element, with icons. Raises RenderError."""
    shown = map_of(design, of, by_owner=True)
    title = shown.title(design)
    folder = Path(importlib.import_module("diagrams").__file__ or "").parent.parent
    dot = _dot(shown)
    source = lay_out(dot.replace('image="resources/', f'image="{folder.as_posix()}/resources/'), "the view `icons`")
    alt = f"{title}, with icons: {', '.join(list(shown.boxes)[:20])}."
    copier = _Copier(folder, prefix_of(title + dot))
    drawing = copier.copies(source)
    store = element("defs")
    store.extend(copier.images.values())
    frame = Frame(title, alt, [list(LINES.items())])
    return Picture(title, alt, on_card([store, *drawing], source.attrib["viewBox"], frame, copier.prefix), dot=dot)


def _dot(shown: Map) -> str:
    """DOT text with ids of its own and image paths inside the package, so that it is the same on every machine."""
    from diagrams import Cluster, Diagram, setdiagram

    chosen = ids(shown.boxes)
    diagram = Diagram("", filename="containers", show=False, graph_attr=LOOK, node_attr=NODE)
    set_current: Any = setdiagram  # the diagram's own context would write files and call a viewer
    set_current(diagram)
    try:
        for frame in dict.fromkeys(box.frame for box in shown.boxes.values()):
            with Cluster(_safe(frame), graph_attr=CLUSTER) if frame else nullcontext():
                for name, box in shown.boxes.items():
                    if box.frame == frame:
                        text = f"{_safe(box.name)}\n{_safe(box.below.split(',')[0])}"
                        _icon(box)(text, nodeid=chosen[name], height="1.75")
    finally:
        set_current(None)
    for line in shown.lines:
        style = {"style": "dashed", "color": PURPLE} if line.asynchronous else {"color": LINE}
        text = "\n".join(_safe(verb) for verb in line.texts(2))
        diagram.dot.edge(chosen[line.start], chosen[line.end], label=text, fontsize="12", fontcolor=INK, **style)
    return re.sub(r'image=(?:"[^"]*?|[^"\s]*?)(resources/[\w./-]+)"?', r'image="\1"', diagram.dot.source)


def _icon(box: Box) -> Any:
    """By product where it is known; for a service by the language or proxy that `technology` begins with."""
    if box.role == "service":
        word = re.sub(r"[^a-z]", "", box.below.lower().split(" ")[0])
        for module in ("programming.language", "programming.framework", "onprem.network"):
            known = {name.lower(): name for name in dir(importlib.import_module(f"diagrams.{module}"))}
            if word in known and word not in ("onprem", "network"):
                return getattr(importlib.import_module(f"diagrams.{module}"), known[word])
    module, _, name = ICONS.get(box.sort, GENERIC).rpartition(".")
    return getattr(importlib.import_module(f"diagrams.{module}"), name)


def _safe(text: str) -> str:
    """Text with nothing that means something to Graphviz.

    >>> _safe('<b>"Pay"\\\\n')
    'b Pay n'
    """
    return " ".join(re.sub(r"[^\w .,:()/+-]", " ", text).split())[:40]


class _Copier(Copier):
    """Every icon becomes part of the picture, once."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder, self.prefix = folder, prefix
        self.images: dict[tuple[str, ...], ET.Element] = {}

    def group(self, source: ET.Element, copied: ET.Element) -> None:
        bold: dict[str, dict[str, str]] = {
            "node": {"font-weight": "bold"},
            "cluster": {"font-weight": "bold", "fill": GREY},
        }
        if (text := copied.find(f"{{{SVG}}}text")) is not None:
            text.attrib.update(bold.get(source.get("class", ""), {}))

    def image(self, source: ET.Element) -> ET.Element:
        path = Path(source.get(f"{{{XLINK}}}href") or source.get("href") or "")
        width, height = (number(float(source.get(side, "0").removesuffix("px"))) for side in ("width", "height"))
        key = (path.name, width, height)
        if key not in self.images:
            if not path.resolve().is_relative_to((self.folder / "resources").resolve()):
                raise RenderError(f"the icon {path.name} is not one of the package `diagrams`")
            data = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
            self.images[key] = element("image", id=f"{self.prefix}-i{len(self.images)}", width=width, height=height)
            self.images[key].set(f"{{{XLINK}}}href", data)
        used = element("use", x=source.get("x", "0"), y=source.get("y", "0"))
        used.set(f"{{{XLINK}}}href", "#" + self.images[key].attrib["id"])
        return used


VIEW = View("icons", "The containers with the marks of their products", build, "element", elements)

"""Export: the worked example as Markdown and HTML with all its pictures, beside drawing the pictures alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from archbook.capacity import estimate
from archbook.design.loading import load
from archbook.export import export
from archbook.export.build import build
from archbook.export.formats import writer
from archbook.export.material import draw_all, drawings
from bench.measure import Measurement, fresh, measured, timed

ROOT = Path(__file__).resolve().parent.parent
ECOMMERCE = ROOT / "data" / "designs" / "ecommerce"
IMPORTS = "from archbook.design.loading import load; from archbook.export import export; import tempfile"
WHOLE = f"export(load({str(ECOMMERCE)!r}), tempfile.mkdtemp() + '/out')"


def run() -> Iterator[Measurement]:
    design = load(ECOMMERCE)
    now, then = estimate(design, 1.0), estimate(design, design.traffic.growth)
    drawn = timed(lambda: draw_all(drawings(design, now, then)), repeats=5)
    yield measured("draw all pictures of e-commerce", drawn)
    peer = measured("", drawn).value
    with tempfile.TemporaryDirectory() as folder:
        seconds = timed(lambda: export(design, folder), repeats=5)
    yield measured("export e-commerce, md + html, warm", seconds, limit=5.0, peer="its pictures alone", peer_value=peer)
    document = build(design)
    for name in ("md", "html"):
        yield measured(f"write {name} from the document", timed(lambda name=name: writer(name)(document)), "ms")  # type: ignore[misc]
    first = fresh(WHOLE, before=IMPORTS, repeats=3, cwd=ROOT)
    yield measured("first export of a new Python", [seconds for seconds, _ in first], limit=10.0)

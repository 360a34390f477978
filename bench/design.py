"""Loading: the worked example, and a design of 1 000 services, 5 000 calls and 3 000 endpoints, beside plain PyYAML."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from archbook.design.loading import load, read
from archbook.design.saving import save
from archbook.design.yaml_safe import read_yaml
from bench.measure import Measurement, fresh, measured, timed
from tests.generated import big_design_yaml

ROOT = Path(__file__).resolve().parent.parent
ECOMMERCE = ROOT / "data" / "designs" / "ecommerce"
PEER = "yaml.load with CSafeLoader, nothing validated"


def run() -> Iterator[Measurement]:
    yield from _texts("e-commerce", (ECOMMERCE / "design.yaml").read_text(encoding="utf-8"), repeats=15)
    seconds = timed(lambda: load(ECOMMERCE), repeats=15)
    yield measured("load + validate e-commerce, with DDL and decisions", seconds, "ms", limit=50.0)
    yield from _texts("1 000 services", big_design_yaml(), repeats=7)
    code = "design = archbook.design.loading.read(text)"
    before = "import archbook.design.loading\nfrom tests.generated import big_design_yaml\ntext = big_design_yaml()"
    peaks = [peak_mb for _, peak_mb in fresh(code, before, repeats=3, cwd=ROOT)]
    yield Measurement("peak memory with 1 000 services loaded", max(peaks), "MB", limit=150.0, repeats=3)
    yield measured("save one value of 1 000 services", _saves())


def _texts(name: str, text: str, repeats: int) -> Iterator[Measurement]:
    peer = measured("", timed(lambda: yaml.load(text, yaml.CSafeLoader), repeats)).value
    yield measured(f"{name}: read the YAML safely", timed(lambda: read_yaml(text, "design.yaml"), repeats), peer=PEER,
                   peer_value=peer)  # fmt: skip
    if "schema:" not in text:
        yield measured(f"{name}: load + validate", timed(lambda: read(text), repeats), limit=1.0, peer=PEER,
                       peer_value=peer)  # fmt: skip


def _saves() -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "design.yaml").write_text(big_design_yaml(), encoding="utf-8")
        design = load(folder)
        counts = iter(range(100, 200))

        def once() -> None:
            nonlocal design
            design = save(design, {("services", "service-1", "instances"): next(counts)}).design

        return timed(once, repeats=3)

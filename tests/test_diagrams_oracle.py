"""mermaid.js itself reads every text that we generate (1–4 s each, so few)."""

from __future__ import annotations

from pathlib import Path

import pytest

from archbook.design.loading import load
from archbook.design.model import Design
from archbook.diagrams import draw

mermaidx = pytest.importorskip("mermaidx", reason="mermaidx is not installed; run `make setup`")
DESIGNS = Path(__file__).parent.parent / "data" / "designs"
VIEWS = [
    ("containers", "order-service"),
    ("containers", None),
    ("events", None),
    ("er", "orders-db"),
    ("sequence", "checkout"),
]
NASTY = '%%{init} "]) --> x; end <b>\n`**y**` #quot; 漢'


@pytest.mark.slow
@pytest.mark.parametrize(("view", "of"), VIEWS)
def test_mermaid_js_reads_what_we_write(view: str, of: str | None) -> None:
    text = draw(
        load(DESIGNS / "ecommerce"), view, of, heat={"order-service": 0.9} if view == "containers" else None
    ).mermaid
    assert "<svg" in mermaidx.render(text).svg()


@pytest.mark.slow
@pytest.mark.parametrize("view", ["containers", "events", "er", "sequence"])
def test_mermaid_js_reads_hostile_labels_as_labels(view: str) -> None:
    design = load(DESIGNS / "ecommerce")
    assert "<svg" in mermaidx.render(draw(_spoiled(design), view).mermaid).svg()


def _spoiled(design: Design) -> Design:
    calls = {("calls", index, "does"): NASTY for index in range(len(design.calls))}
    events = {("events", name, "key"): NASTY for name in design.events}
    services = {("services", name, "technology"): NASTY for name in design.services}
    return design.changed({**calls, **events, **services, ("title",): NASTY})


@pytest.mark.slow
def test_the_oracle_refuses_broken_text() -> None:
    with pytest.raises(Exception, match="Parse error"):
        mermaidx.render('flowchart LR\n n["a" --> b]]').svg()

"""mermaid.js itself reads every text that we generate (1–4 s each, so few)."""

from __future__ import annotations

from pathlib import Path

import pytest

from archbook.design.loading import load
from archbook.design.model import Design
from archbook.diagrams import draw
from archbook.diagrams.er import er_picture
from archbook.schema import parse

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
def test_mermaid_js_reads_hostile_table_and_column_names() -> None:
    names = [NASTY.replace('"', '""'), "a]b", "漢字", "漢 字", "😀", "x" * 200, "\\N", "end", "1"]
    ddl = [f'CREATE TABLE "{name}" (id int PRIMARY KEY, "{name}_id" int);' for name in names]
    ddl.append(f'CREATE TABLE last (up int REFERENCES "{names[2]}" (id));')
    schema = parse("".join(ddl))
    assert len(schema.tables) == len(names) + 1
    assert "<svg" in mermaidx.render(er_picture(schema, NASTY).mermaid).svg()


@pytest.mark.slow
def test_the_oracle_refuses_broken_text() -> None:
    with pytest.raises(Exception, match="Parse error"):
        mermaidx.render('flowchart LR\n n["a" --> b]]').svg()

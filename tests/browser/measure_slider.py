"""From a moved slider to the changed page, in the browser: run by `make bench`, not by the tests.

Writes {"panel": [ms …], "bare": [ms …]} to the file named in ARCHBOOK_SLIDER_OUT. `bare` is the peer: a slider whose
observer changes one HTML widget.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat

MOVES = 20
BARE = """import ipywidgets as w
s, h = w.SelectionSlider(options=list(range(100))), w.HTML("<b>0</b>")
s.observe(lambda c: setattr(h, "value", f"<b>{c.new}</b>"), "value")
box = w.VBox([s, h]); box.add_class("bare"); box"""
PANEL = """import archbook as ab
ab.panels.capacity(ab.open_design())"""
MOVE = """async ([handle, watched]) => {
    const changed = watched.map(part => new Promise(done => {
        const observer = new MutationObserver(() => { observer.disconnect(); done(); });
        observer.observe(part, {childList: true, subtree: true, characterData: true});
    }));
    const since = performance.now();
    handle.focus();
    handle.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
    await Promise.all(changed);
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
    return performance.now() - since;
}"""


def moves(page, handle: str, number: int, watched: list[str]) -> list[float]:
    """Milliseconds of each move; the first three warm up and are left out."""
    parts = [page.at(selector).first.element_handle() for selector in watched]
    found = []
    for _ in range(MOVES + 3):
        found.append(page.page.evaluate(MOVE, [page.at(handle).nth(number).element_handle(), parts]))
        page.page.wait_for_timeout(60)
    return found[3:]


def test_measure(lab, notebook) -> None:
    cells = [nbformat.v4.new_code_cell(cell) for cell in (BARE, PANEL)]
    document = nbformat.v4.new_notebook(cells=cells)
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(document, lab.folder / "notebooks" / "moves.ipynb")
    page = notebook("moves")
    page.run_all()
    bare = moves(page, ".bare .noUi-handle", 0, [".bare .widget-html-content"])
    outputs = [f".archbook-{part} .widget-html-content" for part in ("top", "below")]
    panel = moves(page, ".archbook-slider .noUi-handle", 1, outputs)
    Path(os.environ["ARCHBOOK_SLIDER_OUT"]).write_text(json.dumps({"panel": panel, "bare": bare}))

"""The harness itself: it runs a notebook, sees a widget move, shows errors, and notices addresses of others."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
import pytest
from playwright.sync_api import expect

WIDGET = """import ipywidgets
slider = ipywidgets.IntSlider(description="load", min=1, max=10)
said = ipywidgets.HTML()
slider.observe(lambda change: setattr(said, "value", f"<b class='said'>{change.new * 100} a second</b>"), "value")
ipywidgets.VBox([slider, said])"""
WHERE = "import archbook as ab\nprint(ab.open_design().folder)"


@pytest.fixture
def tiny(lab) -> Callable[[str, list[str]], str]:
    """Writes a small notebook into the copy of the workbook."""

    def write(name: str, cells: list[str]) -> str:
        document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(document, lab.folder / "notebooks" / f"{name}.ipynb")
        return name

    return write


def test_a_notebook_runs_on_the_copy_of_the_design_and_a_slider_moves(lab, notebook, tiny) -> None:
    page = notebook(tiny("slider", [WHERE, WIDGET]))
    page.run_all()
    assert page.executed() == 2
    assert str(lab.design) in page.at(".jp-OutputArea-output").first.inner_text()
    handle = page.at(".noUi-handle")
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    expect(page.at(".said")).to_have_text("400 a second")
    page.theme(dark=True)
    dark = page.shoot("harness-dark")
    page.theme(dark=False)
    light = page.shoot("harness-light")
    assert dark.read_bytes()[:4] == b"\x89PNG"
    assert dark.read_bytes() != light.read_bytes()


def test_a_cell_that_fails_fails_the_run(notebook, tiny) -> None:
    page = notebook(tiny("failing", ["1 / 0"]))
    with pytest.raises(AssertionError, match="failing: ZeroDivisionError: division by zero"):
        page.run_all()


def test_an_address_beyond_this_machine_is_noticed(notebook, tiny) -> None:
    cell = "from IPython.display import HTML\nHTML('<img src=\"http://index.example/pixel.png\">')"
    page = notebook(tiny("calling_home", [cell]))
    page.run_all()
    page.page.wait_for_timeout(500)
    assert set(page.beyond) == {"http://index.example/pixel.png"}
    page.beyond.clear()


def test_the_server_listens_on_this_machine_only_and_asks_for_its_token(lab) -> None:
    listening = [c.laddr for c in psutil.Process(lab.process.pid).net_connections("tcp") if c.status == "LISTEN"]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    lab.token, token = "wrong", lab.token
    try:
        with pytest.raises(OSError, match="403"):
            lab.ask("/api/contents")
    finally:
        lab.token = token


def test_nothing_of_the_checkout_is_what_the_lab_works_on(lab) -> None:
    assert Path(__file__).resolve().parents[2] not in lab.folder.parents
    listed = {entry["name"] for entry in lab.ask("/api/contents/notebooks")["content"]}
    assert listed == set(os.listdir(lab.folder / "notebooks")) - {".ipynb_checkpoints"}

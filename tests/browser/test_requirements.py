"""`01_requirements_and_capacity` and its two panels as a reader meets them: they answer, and nothing is cut off."""

from __future__ import annotations

import nbformat
from playwright.sync_api import expect

POOL = "import archbook as ab\nab.panels.pool(ab.open_design())"
CUT_OFF = """panel => [...panel.querySelectorAll('.archbook-answer, p, .archbook-chart, .widget-readout, select')]
    .filter(e => e.getBoundingClientRect().right > panel.getBoundingClientRect().right + 1
                 || e.matches('.widget-readout') && e.scrollWidth > e.clientWidth + 1)
    .map(e => e.className + ' ' + e.textContent.slice(0, 60))"""


def test_the_capacity_panel_puts_simulation_and_headroom_beside_its_answer(notebook) -> None:
    page = notebook("01_requirements_and_capacity", width=1500, height=1100)
    page.run_all()
    panel = page.at(".archbook-panel").first
    panel.scroll_into_view_if_needed()
    expect(panel.locator(".archbook-answer").first).to_contain_text("saturates")
    panel.get_by_role("button", name="Simulate").click()
    expect(panel).to_contain_text("reach the services and are simulated", timeout=60_000)
    expect(panel).to_contain_text("Formula and simulation agree in")
    assert panel.evaluate(CUT_OFF) == []
    page.shoot("capacity-simulated", ".archbook-panel")
    panel.get_by_role("button", name="Headroom").click()
    expect(panel).to_contain_text("The cheapest way to 10×", timeout=60_000)
    assert panel.evaluate(CUT_OFF) == []


def test_the_pool_panel_fits_a_narrow_page_and_too_few_connections_pile_up(lab, notebook) -> None:
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(POOL)])
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(document, lab.folder / "notebooks" / "pool_panel.ipynb")
    page = notebook("pool_panel", width=700, height=1400)
    page.page.evaluate("() => jupyterapp.shell.collapseLeft()")
    page.run_all()
    panel = page.at(".archbook-panel")
    expect(panel.locator(".archbook-answer").first).to_contain_text("of the requests wait for one")
    assert panel.evaluate(CUT_OFF) == []
    page.theme(dark=True)
    page.shoot("pool-panel-dark", ".archbook-panel")
    page.theme(dark=False)
    for name, key in (("Connections", "Home"), ("Held for", "End")):
        slider = panel.locator(".archbook-slider", has_text=name).locator(".noUi-handle")
        slider.focus()
        page.page.keyboard.press(key)
    expect(panel.locator(".archbook-answer").first).to_contain_text("requests pile up")

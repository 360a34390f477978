"""The cache panel in JupyterLab: it opens, simulates, follows its sliders and can be read in both themes."""

from __future__ import annotations

import nbformat

CELL = "import archbook as ab\nab.panels.cache(ab.open_design())"


def test_the_cache_panel_answers_and_simulates_in_both_themes(lab, notebook):
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(document, lab.folder / "notebooks" / "cache_panel.ipynb")
    page = notebook("cache_panel", height=1500)
    page.run_all()
    page.at(".archbook-answer").first.wait_for()
    page.at("button:has-text('Simulate')").first.click()
    page.at("text=agrees with the formula").first.wait_for()
    assert page.at(".archbook-chart svg").count() == 2
    page.shoot("cache-panel-light", ".archbook-panel")
    before = page.at(".archbook-answer").first.inner_text()
    page.at(".archbook-slider .noUi-handle").first.focus()
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function("old => document.querySelector('.archbook-answer').innerText !== old", arg=before)
    page.theme(dark=True)
    page.shoot("cache-panel-dark", ".archbook-panel")

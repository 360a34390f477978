"""Notebook 07 in JupyterLab: it runs from top to bottom, and its pages can be looked at in both themes."""

from __future__ import annotations


def test_the_chapter_runs_and_its_experiments_are_shown(notebook):
    page = notebook("07_database_scaling", height=30_000)
    page.run_all()
    page.at("text=times better").first.wait_for(timeout=60_000)
    assert page.at(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert page.at(".archbook-panel").count() == 1
    page.shoot("database-scaling-light")
    page.theme(dark=True)
    page.shoot("database-scaling-dark")

"""`10_performance_checklist` as a reader meets it: it runs, fits its page in both themes, and a right answer is one."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.fixture
def chapter(notebook):
    page = notebook("10_performance_checklist", width=1300, height=1100)
    page.run_all()
    return page


def test_the_chapter_runs_and_its_results_fit_the_page_in_both_themes(chapter) -> None:
    outputs = chapter.at(".jp-OutputArea-output")
    expect(outputs.filter(has_text="Of 7: 2 met, 5 not measured.")).to_be_visible()
    expect(outputs.filter(has_text="Now: 7 met.")).to_be_visible()
    for table in chapter.at(".jp-RenderedHTML table").all():
        assert table.evaluate("t => t.scrollWidth <= t.closest('.jp-OutputArea').clientWidth"), table.inner_text()[:80]
    stops = chapter.at(".jp-MarkdownOutput h2")
    for theme in ("light", "dark"):
        chapter.theme(dark=theme == "dark")
        for number in range(stops.count()):
            stops.nth(number).evaluate("stop => stop.scrollIntoView({block: 'start'})")
            chapter.shoot(f"checklist-{theme}-{number:02}")
    cell = chapter.at(".jp-CodeCell").filter(has_text='check("10.3"')
    expect(cell.locator(".jp-OutputArea")).to_contain_text("Not yet.")
    chapter.page.evaluate("""() => {
        const panel = jupyterapp.shell.currentWidget, cells = panel.content.widgets;
        const at = cells.findIndex(cell => cell.model.sharedModel.getSource().includes('check("10.3"'));
        cells[at].model.sharedModel.setSource('check("10.3", 43.2, design)');
        panel.content.activeCellIndex = at;
        return jupyterapp.commands.execute('notebook:run-cell');
    }""")
    expect(cell.locator(".jp-OutputArea")).to_contain_text("leaves 43.2 min a month")

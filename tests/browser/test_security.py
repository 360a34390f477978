"""`09_security` as a reader meets it: it runs, fits its page in both themes, and a right answer is one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def chapter(read_notebook):
    return read_notebook("09_security", width=1300, height=1100)


def test_the_chapter_runs_and_its_results_fit_the_page_in_both_themes(chapter) -> None:
    expect(chapter.at(".jp-OutputArea-output").filter(has_text="A copy is the same token")).to_be_visible()
    for table in chapter.at(".jp-RenderedHTML table").all():
        assert table.evaluate("t => t.scrollWidth <= t.closest('.jp-OutputArea').clientWidth"), table.inner_text()[:80]
    stops = chapter.at(".jp-MarkdownOutput h2, .archbook-panel, .jp-CodeCell:has-text('make me an admin')")
    for theme in ("light", "dark"):
        chapter.theme(dark=theme == "dark")
        for number in range(stops.count()):
            stops.nth(number).evaluate("stop => stop.scrollIntoView({block: 'start'})")
            chapter.shoot(f"security-{theme}-{number:02}")


def test_an_exercise_is_answered_where_it_stands(chapter) -> None:
    cell = chapter.at(".jp-CodeCell").filter(has_text='check("09.3"')
    expect(cell.locator(".jp-OutputArea")).to_contain_text("Not yet.")
    chapter.page.evaluate("""() => {
        const panel = jupyterapp.shell.currentWidget, cells = panel.content.widgets;
        const at = cells.findIndex(cell => cell.model.sharedModel.getSource().includes('check("09.3"'));
        cells[at].model.sharedModel.setSource('check("09.3", 130, design)');
        panel.content.activeCellIndex = at;
        return jupyterapp.commands.execute('notebook:run-cell');
    }""")
    expect(cell.locator(".jp-OutputArea")).to_contain_text(re.compile("Right. 130"))

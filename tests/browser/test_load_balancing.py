"""`06_load_balancing` as a reader meets it: it runs, the panel simulates beside the page, and can be looked at."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def chapter(notebook):
    page = notebook("06_load_balancing", width=1500, height=1100)
    page.run_all()
    return page


def test_a_slow_instance_moves_the_answer_and_both_charts(chapter) -> None:
    panel = chapter.at(".archbook-panel")
    answer = panel.locator(".archbook-answer").first
    panel.scroll_into_view_if_needed()
    expect(answer).to_contain_text(re.compile("p99"))
    before = panel.locator("svg").nth(1).inner_html()
    chapter.shoot("balancing-panel-well")
    panel.locator("select").nth(2).select_option("10 times as slow")
    expect(answer).to_contain_text("takes 10× as long")
    assert panel.locator("svg").nth(1).inner_html() != before
    panel.locator("select").nth(1).select_option("power of two")
    expect(panel).to_contain_text("balancing: round robin → power of two")
    for name in ("light", "dark"):
        chapter.theme(dark=name == "dark")
        panel.scroll_into_view_if_needed()
        chapter.shoot(f"balancing-panel-{name}")
        chapter.shoot(f"balancing-panel-{name}-whole", ".archbook-panel")

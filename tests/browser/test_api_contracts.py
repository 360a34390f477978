"""`02_api_contracts` as a reader meets it: it runs, its live calls are shown, and it fits its page in both themes."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_the_chapter_runs_and_its_live_calls_fit_the_page_in_both_themes(notebook) -> None:
    page = notebook("02_api_contracts", width=1300, height=1100)
    page.run_all()
    outputs = page.at(".jp-OutputArea-output")
    for told in (
        "You said 4. 7 of 10 break a client",
        re.compile(r"GET /api/v1/products\?page=1&page_size=1 → 200 OK in"),
        "did you mean `full_name`",
        re.compile(r"first 200 with \d+ bytes; then 304 with 0"),
        "Green teapot 412",
        "page numbers: account 496 is on neither page",
        "The second answer says idempotent-replayed: true",
        "has stopped",
    ):
        expect(outputs.filter(has_text=told)).to_have_count(1)
    assert page.at(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    for table in page.at(".jp-RenderedHTML table").all():
        assert table.evaluate("t => t.scrollWidth <= t.closest('.jp-OutputArea').clientWidth"), table.inner_text()[:80]
    assert page.at(".archbook-panel .archbook-answer").count() >= 1
    headings = page.at(".jp-MarkdownOutput h2")
    for theme in ("light", "dark"):
        page.theme(dark=theme == "dark")
        for number in range(headings.count()):
            headings.nth(number).evaluate("h => h.scrollIntoView({block: 'start'})")
            page.shoot(f"api-contracts-{theme}-{number:02}")
        page.at(".archbook-panel").evaluate("p => p.scrollIntoView({block: 'start'})")
        page.shoot(f"api-contracts-{theme}-panel")

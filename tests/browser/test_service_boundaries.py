"""`03_service_boundaries` as a reader meets it: it runs, and it fits its page in both themes and when it is narrow."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_the_chapter_runs_and_its_tables_fit_the_page_in_both_themes(notebook) -> None:
    page = notebook("03_service_boundaries", width=1300, height=1100)
    page.run_all()
    outputs = page.at(".jp-OutputArea-output")
    for told in (
        "6 of 10 pairs of services talk",
        re.compile(r"messages .+ \(measured\), with a round trip"),
        "asked once for all it is",
        "5 in series at 99.9 %: 99.50 %, away 43.7 h a year",
        "orders-db is used by cart-service order-service",
        "is now called customer_id",
    ):
        expect(outputs.filter(has_text=told)).to_have_count(1)
    assert page.at(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    for table in page.at(".jp-RenderedHTML table").all():
        assert table.evaluate("t => t.scrollWidth <= t.closest('.jp-OutputArea').clientWidth"), table.inner_text()[:80]
    expect(page.at(".archbook-panel").filter(has_text="ecommerce#bank-by-event")).to_have_count(1)
    headings = page.at(".jp-MarkdownOutput h2")
    for theme, width in (("light", 1300), ("dark", 1300), ("light", 700)):
        page.theme(dark=theme == "dark")
        page.page.set_viewport_size({"width": width, "height": 1100})
        for number in range(headings.count()):
            headings.nth(number).evaluate("h => h.scrollIntoView({block: 'start'})")
            page.shoot(f"service-boundaries-{theme}-{width}-{number:02}")
        page.at(".archbook-panel").evaluate("p => p.scrollIntoView({block: 'start'})")
        page.shoot(f"service-boundaries-{theme}-{width}-panel")

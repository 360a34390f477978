"""`08_when_things_fail` as a reader meets it: it runs, and another outage moves the panel's answer and chart."""

from __future__ import annotations

from playwright.sync_api import expect


def test_another_outage_moves_the_sentence_and_the_chart(notebook) -> None:
    page = notebook("08_when_things_fail", width=1500, height=1100)
    page.run_all()
    panel = page.at(".archbook-panel")
    panel.scroll_into_view_if_needed()
    answer = panel.locator(".archbook-answer").first
    expect(answer).to_contain_text("holds all the time")
    page.shoot("failure-panel", ".archbook-panel")
    panel.locator("select").first.select_option("products-db")
    expect(answer).to_contain_text("recovers")
    expect(panel.locator("svg").first).to_contain_text("products-db hangs, 10 s")
    page.theme(dark=True)
    page.shoot("failure-panel-dark", ".archbook-panel")
    page.theme(dark=False)

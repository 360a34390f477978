"""`11_common_mistakes` as a reader meets it: it runs, fits its page in both themes, and the review panel works."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def chapter(read_notebook):
    return read_notebook("11_common_mistakes", width=1300, height=1100)


def test_the_chapter_runs_and_its_results_fit_the_page_in_both_themes(chapter) -> None:
    expect(chapter.at(".jp-OutputArea-output").filter(has_text="of 5 stand at the same place")).to_be_visible()
    for table in chapter.at(".jp-RenderedHTML table").all():
        assert table.evaluate("t => t.scrollWidth <= t.closest('.jp-OutputArea').clientWidth"), table.inner_text()[:80]
    stops = chapter.at(".jp-MarkdownOutput h2, .archbook-panel")
    for theme in ("light", "dark"):
        chapter.theme(dark=theme == "dark")
        for number in range(stops.count()):
            stops.nth(number).evaluate("stop => stop.scrollIntoView({block: 'start'})")
            chapter.shoot(f"mistakes-{theme}-{number:02}")


def test_a_finding_is_chosen_mended_and_taken_back_and_one_is_accepted_with_a_reason(chapter) -> None:
    panel = chapter.at(".archbook-panel")
    answer = panel.locator(".archbook-answer").first
    expect(answer).to_contain_text("findings at 10×")
    panel.get_by_label("Element").select_option("bank")
    panel.get_by_label("Severity").select_option("medium")
    panel.get_by_label("Finding").select_option(label="◆ payment-service → bank has no circuit breaker")
    expect(panel).to_contain_text("calls[14].breaker: nothing → true")
    before = answer.inner_text()
    panel.get_by_role("button", name="Fix", exact=True).click()
    expect(panel).to_contain_text("Saved in design.yaml: calls[14].breaker nothing → `True`")
    expect(answer).not_to_have_text(before)
    panel.get_by_role("button", name="Undo save").click()
    expect(answer).to_have_text(before)
    panel.get_by_role("button", name="Waive").click()
    expect(panel).to_contain_text("say why it is accepted")
    panel.get_by_label("Why accept it").fill("The bank has one of its own")
    panel.get_by_label("Why accept it").press("Tab")
    panel.get_by_role("button", name="Waive").click()
    expect(panel.locator("summary", has_text="1 waived")).to_be_visible()

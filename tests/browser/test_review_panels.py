"""The panels about choices in JupyterLab: two options beside each other, and the decision written down."""

from __future__ import annotations


def test_two_options_are_held_against_each_other_and_one_is_decided_for(opened, lab) -> None:
    page = opened("comparison", height=2100)
    answer = page.at(".archbook-answer").first
    before = answer.inner_text()
    assert "instead of" in before
    page.at(".archbook-slider .noUi-handle").first.focus()
    for _ in range(6):
        page.page.keyboard.press("ArrowLeft")
    page.page.wait_for_function("old => document.querySelector('.archbook-answer').innerText !== old", arg=before)
    assert page.at(".archbook-diagram svg").count() == 1
    page.at(".archbook-panel textarea").first.fill("A slow bank must not fill our threads")
    page.at(".archbook-panel textarea").first.blur()
    page.at(".archbook-panel button:has-text('Decide')").first.click()
    page.at("text=delete the file to undo").first.wait_for()
    page.shoot_panel("comparison-panel")
    assert list((lab.design / "decisions").glob("*-the-order-is-answered-before-the-bank-is-asked.md"))


def test_a_decision_is_drafted_doubted_and_written(opened, lab) -> None:
    page = opened("decision", height=1500)
    page.at(".archbook-panel select").first.select_option(["payment-service", "POST /api/v1/orders"])
    page.at("text=decisions in force are about the same").first.wait_for()
    page.at(".archbook-panel input[type=text]").first.fill("More workers for payments")
    for number, text in ((1, "by event: customers who learn by mail do not come back"), (2, "It must carry a sale")):
        page.at(".archbook-panel textarea").nth(number).fill(text)
        page.at(".archbook-panel textarea").nth(number).blur()
    page.at("text=Will be decisions/").first.wait_for()
    page.at(".archbook-panel button:has-text('Write')").first.click()
    page.at("text=delete the file to undo").first.wait_for()
    page.shoot_panel("decision-panel")
    text = next((lab.design / "decisions").glob("*-more-workers-for-payments.md")).read_text(encoding="utf-8")
    assert "payment-service takes" in text

"""`00_start_here` as a reader meets it: it runs, the slider moves sentence and picture, a save can be undone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def chapter(read_notebook):
    return read_notebook("00_start_here", width=1500, height=1100)


@pytest.fixture
def start(chapter):
    """The chapter as it was run: the panel shows the design as it is saved."""
    chapter.at("button").filter(has_text="Reset").click()
    expect(chapter.at(".archbook-panel")).not_to_contain_text("Changed from the design")
    return chapter


def slider(page, number: int):
    return page.at(".archbook-slider .noUi-handle").nth(number)


def test_the_slider_moves_the_sentence_the_table_and_the_colours(start) -> None:
    answer = start.at(".archbook-answer").first
    expect(answer).to_contain_text("At today's peak")
    before = start.at(".archbook-diagram svg").first.inner_html()
    growth = slider(start, 1)
    growth.focus()
    for _ in range(24):
        growth.press("ArrowRight")
    expect(answer).to_contain_text(re.compile(r"At \d+(\.\d+)?× today's peak .* saturates"))
    expect(start.at(".archbook-panel table").first).to_contain_text("saturated")
    assert start.at(".archbook-diagram svg").first.inner_html() != before
    start.shoot("capacity-panel")
    start.theme(dark=True)
    start.shoot("capacity-panel-dark")
    start.theme(dark=False)


def test_saving_writes_the_design_and_undo_puts_it_back(start, lab) -> None:
    file = lab.design / "design.yaml"
    before = file.read_bytes()
    start.at(".archbook-panel select").first.select_option("payment-service")
    instances = slider(start, 2)
    instances.focus()
    instances.press("ArrowRight")
    expect(start.at(".archbook-changed").first).to_contain_text("payment-service.instances: 2 → 3")
    start.at(
        "button",
    ).filter(has_text="Save to design").click()
    expect(start.at(".archbook-panel")).to_contain_text("Saved in design.yaml")
    changed = [b for a, b in zip(before.splitlines(), file.read_bytes().splitlines(), strict=True) if a != b]
    assert changed == [b"    instances: 3" + changed[0][len(b"    instances: 3") :]]
    start.at("button").filter(has_text="Undo save").click()
    expect(start.at(".archbook-panel")).to_contain_text("design.yaml is as it was before the save")
    assert file.read_bytes() == before


def test_reset_goes_back_to_the_design(start) -> None:
    users = slider(start, 0)
    users.focus()
    users.press("ArrowRight")
    expect(start.at(".archbook-changed").first).to_contain_text("daily_active_users")
    start.at("button").filter(has_text="Reset").click()
    expect(start.at(".archbook-panel")).not_to_contain_text("Changed from the design")


def test_every_diagram_is_drawn_in_light_and_in_dark(start) -> None:
    for name in ("light", "dark"):
        start.theme(dark=name == "dark")
        drawn = start.at(".jp-RenderedHTMLCommon > svg").first
        drawn.scroll_into_view_if_needed()
        expect(drawn).to_be_visible()
        box = drawn.bounding_box()
        assert box is not None
        assert box["width"] > 300
        start.shoot(f"containers-{name}")
    start.theme(dark=False)


def test_the_panel_stacks_on_a_narrow_screen(start) -> None:
    def corners():
        return [start.at(f".archbook-{part}").first.bounding_box() for part in ("slider", "answer")]

    controls, results = corners()
    assert results["y"] < controls["y"] + 100
    start.page.set_viewport_size({"width": 700, "height": 1000})
    start.page.wait_for_timeout(300)
    controls, results = corners()
    assert controls is not None
    assert results is not None
    assert results["y"] > controls["y"] + 100
    start.at(".archbook-panel").scroll_into_view_if_needed()
    start.shoot("capacity-panel-narrow", ".archbook-panel")

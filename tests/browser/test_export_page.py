"""The exported page in a real browser: wide, on a phone, in the dark, printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from archbook.design.loading import load
from archbook.export import export

DESIGNS = Path(__file__).resolve().parents[2] / "data" / "designs"
STICKS_OUT = """() => [...document.querySelectorAll('body *')].filter(e => !e.closest('.wide, .canvas, pre, .skip')
    && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + ' ' + e.textContent.slice(0, 60))"""
CONTRAST = """() => { const rgb = c => c.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  const light = c => { const [r, g, b] = rgb(c); return .2126 * r + .7152 * g + .0722 * b; };
  const page = light(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll('p, td, th, dt, dd, h2, a:not(.skip), .mark, figcaption')].map(e => {
    const text = light(getComputedStyle(e).color);
    return (Math.max(text, page) + .05) / (Math.min(text, page) + .05); }).reduce((a, b) => Math.min(a, b)); }"""


@pytest.fixture(scope="module", params=["ecommerce", "first_draft"])
def page_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(load(DESIGNS / request.param), tmp_path_factory.mktemp("page"), ["html"])[0]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "light"), (390, "dark"), (1280, "dark")])
def test_the_page_fits_is_legible_and_asks_for_nothing(
    browser: Browser, page_file: Path, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(page_file.as_uri())
    assert requests == [page_file.as_uri()]
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(STICKS_OUT) == []
    assert page.evaluate(CONTRAST) >= 4.5
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    context.close()


def test_no_picture_is_cut_in_print(browser: Browser, page_file: Path) -> None:
    context = browser.new_context(viewport={"width": 673, "height": 950})  # A4 within its margins
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto(page_file.as_uri())
    sizes = page.evaluate("""() => [...document.querySelectorAll('figure svg')].map(e => {
        const r = e.getBoundingClientRect(); return [r.left, r.right, r.height]; })""")
    assert sizes
    assert [size for size in sizes if size[0] < 0 or size[1] > 674 or size[2] > 950] == []
    context.close()

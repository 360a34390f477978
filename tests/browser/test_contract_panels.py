"""The panels about contracts in JupyterLab: they open, follow the keyboard, and can be read in both themes."""

from __future__ import annotations

from playwright.sync_api import expect


def test_a_decision_and_a_changed_cell_are_seen(opened):
    page = opened("roles", height=1900)
    page.at(".archbook-panel select").nth(1).select_option("support")
    page.at("text=as support").first.wait_for()
    page.at(".archbook-panel select").nth(4).select_option("–")
    page.at("text=Changed from the design").first.wait_for()
    page.shoot_panel("roles-panel")


def test_the_same_traffic_is_seen_under_each_algorithm(opened):
    page = opened("rate_limit", height=1500)
    before = page.at(".archbook-answer").first.inner_text()
    page.at(".archbook-panel select").nth(1).select_option("fixed window")
    page.at("text=2× the limit").first.wait_for()
    page.at(".archbook-slider .noUi-handle").last.focus()
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function("old => document.querySelector('.archbook-answer').innerText !== old", arg=before)
    assert page.at(".archbook-chart svg polyline").count() == 4
    page.shoot_panel("rate-limit-panel")


def test_an_edited_endpoint_is_linted_and_called(opened):
    page = opened("api", height=1300)
    page.at(".archbook-panel select").first.select_option("GET /api/v1/orders")
    page.at("text=it stands as it is saved").first.wait_for()
    path = page.at(".archbook-panel input[type=text]").first
    expect(path).to_have_value("/api/v1/orders")  # else the choice of the endpoint would overwrite what is typed
    path.fill("/api/v1/getOrders")
    path.press("Enter")
    page.at("text=breaking change").first.wait_for()
    page.shoot("api-panel-lint", ".archbook-panel")
    page.at(".archbook-panel button:has-text('Live call')").first.click()
    page.at(".archbook-panel button:text-is('Call')").first.click()
    page.at("text=200 OK").first.wait_for()
    page.shoot_panel("api-panel")


def test_a_new_endpoint_is_called_and_another_one_removed(opened):
    page = opened("api", height=1300)
    page.at(".archbook-panel button:text-is('New endpoint')").first.click()
    path = page.at(".archbook-panel input[type=text]").first
    expect(path).to_have_value("/api/v1/new-things")
    path.fill("/api/v1/wishes")
    path.press("Enter")
    page.at("text=GET /api/v1/wishes is new").first.wait_for()
    page.at(".archbook-panel button:has-text('Breaks')").first.click()
    page.at("text=endpoint-added").first.wait_for()
    page.shoot("api-panel-new", ".archbook-panel")
    page.at(".archbook-panel button:has-text('Live call')").first.click()
    page.at(".archbook-panel button:text-is('Call')").first.click()
    page.at("text=200 OK").first.wait_for()
    page.at(".archbook-panel select").first.select_option("GET /api/v1/payments")
    page.at(".archbook-panel button:text-is('Remove endpoint')").first.click()
    page.at("text=GET /api/v1/payments is removed").first.wait_for()
    page.at(".archbook-panel button:has-text('Breaks')").first.click()
    page.at("text=api-removed-without-deprecation").first.wait_for()
    page.shoot_panel("api-panel-removed")

"""The API panel without a browser: edits, and what follows from them."""

import re

import pytest

import archbook as ab
from archbook.design.loading import read
from archbook.panels.api_panel import ONE, PAGES, VIEWS, WHOLE

TEXT = "archbook: 1\nname: x\ntraffic: {daily_active_users: 10, journeys: {}}\nservices: {a: {}}\n"


@pytest.fixture
def panel(design_folder):
    panel = ab.panels.api(ab.load(design_folder("ecommerce")))
    panel._endpoint.value = "GET /api/v1/orders"
    return panel


def said(widget):
    return re.sub(r"<[^>]+>", "", widget.value).replace("\u202f", " ")


def test_it_opens_on_what_the_endpoint_promises(panel):
    assert (panel._method.value, panel._path.value) == ("GET", "/api/v1/orders")
    assert (panel._answers.value, panel._auth.value) == (PAGES, "user")
    assert panel._roles.value == ("customer", "support", "admin")
    assert "GET /api/v1/orders: the lint has nothing to say; it stands as it is saved." in said(panel._top)


def test_a_verb_in_the_path_is_found_and_its_clients_break(panel):
    panel._path.value = "/api/v1/getOrders"
    assert panel._endpoint.value == "GET /api/v1/getOrders"
    assert "breaking change" in said(panel._top)
    assert "getOrders" in said(panel._shown)
    assert "path" in said(panel._shown)
    panel._view.value = "OpenAPI"
    assert said(panel._shown).startswith("/api/v1/getOrders:")


@pytest.mark.parametrize(
    ("control", "value", "expected"),
    [
        ("_answers", WHOLE, "finding"),
        ("_answers", ONE, "breaking change"),
        ("_auth", "none", "roles"),
        ("_roles", ("admin",), "breaking"),
        ("_deprecated", "on", "deprecated"),
    ],
)
def test_every_edit_is_seen(panel, control, value, expected):
    before = panel._top.value + panel._shown.value
    getattr(panel, control).value = value
    texts = [said(panel._top)]
    for view in VIEWS[:3]:
        panel._view.value = view
        texts.append(said(panel._shown))
    assert panel._changes
    assert panel._top.value + panel._shown.value != before
    assert expected in " ".join(texts)


def test_an_edit_that_is_taken_back_is_no_change(panel):
    panel._cache.value, panel._owned.value, panel._roles.value = 60.0, "off", ("admin",)
    assert len(panel._changes) == 3
    panel._cache.value, panel._owned.value, panel._roles.value = 0.0, "on", ("customer", "support", "admin")
    assert panel._changes == {}


@pytest.mark.parametrize("path", ["orders", "/or ders", "/a?b=1", "", "/" + "x" * 400])
def test_a_path_that_is_none_is_said_and_changes_nothing(panel, path):
    panel._path.value = path
    assert "is no endpoint" in said(panel._top)
    assert panel._changes == {}


def test_two_endpoints_cannot_have_one_name(panel):
    panel._path.value = "/api/v1/payments"
    assert "is another endpoint of the design" in said(panel._top)
    assert panel._changes == {}


def test_save_renames_it_wherever_it_is_spoken_of_and_undo_puts_back_every_byte(panel):
    file = panel._saved_design.folder / "design.yaml"
    before = file.read_bytes()
    panel._path.value, panel._cache.value = "/api/v1/purchases", 60.0
    panel.save()
    design = ab.load(file.parent)
    assert design.endpoint("GET /api/v1/purchases").cache == 60.0
    assert b"GET /api/v1/orders," not in file.read_bytes()
    panel.undo()
    assert file.read_bytes() == before
    panel.save()
    assert "Nothing to save" in said(panel._said)


@pytest.fixture(scope="module")
def live():
    panel = ab.panels.api(ab.load("ecommerce"))
    yield panel
    panel.stop()


@pytest.mark.parametrize(
    ("endpoint", "who", "status"),
    [
        ("GET /api/v1/orders", "customer", "200 OK"),
        ("GET /api/v1/orders/{id}", "customer", "200 OK"),
        ("GET /api/v1/orders", "nobody", "401 Unauthorized"),
        ("PATCH /api/v1/products/{id}", "customer", "403 Forbidden"),
        ("PATCH /api/v1/products/{id}", "admin", "200 OK"),
    ],
)
def test_a_live_call_is_answered_as_the_design_says(live, endpoint, who, status):
    live._endpoint.value, live._who.value = endpoint, who
    live.call()
    assert f"→ {status} in" in said(live._shown).replace("&gt;", ">")
    assert "x-request-id:" in said(live._shown)


def test_an_edit_changes_the_live_call(live):
    live._endpoint.value, live._who.value = "GET /api/v1/orders", "customer"
    live.call()
    live._cache.value, live._view.value = 60.0, "Live call"
    assert "Call asks it again" in said(live._shown)
    live.call()
    assert "max-age=60" in said(live._shown)
    live.reset()


def test_a_body_that_is_no_json_is_said(live):
    live._endpoint.value, live._who.value = "PATCH /api/v1/products/{id}", "admin"
    live._body.value = "{no"
    live.call()
    assert "is no JSON" in said(live._shown)


def test_a_design_without_endpoints_says_so():
    panel = ab.panels.api(read(f"{TEXT}api: {{endpoints: []}}\n"))
    assert "promises no endpoints yet" in said(panel._top)
    panel._view.value = "OpenAPI"
    panel._method.value = "POST"
    panel.call()
    panel.reset()
    panel.save()


@pytest.mark.parametrize("style", ["{envelope: false, errors: problem+json, pagination: cursor, versioning: header}",
                                   "{errors: none, pagination: none, case: camel, versioning: none}"])  # fmt: skip
def test_every_style_has_an_answer(style):
    panel = ab.panels.api(
        read(f'{TEXT}api: {{style: {style}, endpoints: [{{name: "GET /things", service: a, list: true}}]}}\n')
    )
    for view in VIEWS[:3]:
        panel._view.value = view
        assert said(panel._shown) or view == "Lint"
    panel._deprecated.value = "on"
    assert panel._changes


def test_every_control_has_a_description_and_can_be_reached_by_keyboard(panel):
    controls = [panel._endpoint, panel._method, panel._path, panel._answers, panel._auth, panel._cache, panel._roles,
                panel._owned, panel._key, panel._deprecated]  # fmt: skip
    assert all(control.description and control.tooltip for control in controls)
    assert not any(control.tabbable is False for control in controls)

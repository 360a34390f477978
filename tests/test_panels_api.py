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
    assert panel._edits
    assert panel._top.value + panel._shown.value != before
    assert expected in " ".join(texts)


def test_an_edit_that_is_taken_back_is_no_change(panel):
    panel._cache.value, panel._owned.value, panel._roles.value = 60.0, "off", ("admin",)
    assert len(panel._edits.told()) == 3
    panel._cache.value, panel._owned.value, panel._roles.value = 0.0, "on", ("customer", "support", "admin")
    assert not panel._edits


@pytest.mark.parametrize("path", ["orders", "/or ders", "/a?b=1", "", "/" + "x" * 400])
def test_a_path_that_is_none_is_said_and_changes_nothing(panel, path):
    panel._path.value = path
    assert "is no endpoint" in said(panel._top)
    assert not panel._edits


def test_two_endpoints_cannot_have_one_name(panel):
    panel._path.value = "/api/v1/payments"
    assert "is another endpoint of the design" in said(panel._top)
    assert not panel._edits


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


def test_a_new_endpoint_is_linted_written_called_saved_and_undone(panel):
    panel.add()
    assert (panel._endpoint.value, panel._service.value) == ("GET /api/v1/new-things", "order-service")
    panel._path.value, panel._auth.value = "/api/v1/getWishes", "none"
    assert "GET /api/v1/getWishes" in said(panel._top)
    assert "no client breaks by what was changed" in said(panel._top)
    assert "`GET /api/v1/wishes`" in said(panel._shown)
    panel._path.value = "/api/v1/wishes"
    panel._view.value = "OpenAPI"
    assert said(panel._shown).startswith("/api/v1/wishes:")
    panel._view.value = "Breaks"
    assert "endpoint-added" in said(panel._shown)
    assert "GET /api/v1/wishes is new" in said(panel._changed)
    panel.call()
    assert "→ 200 OK in" in said(panel._shown).replace("&gt;", ">")
    panel.stop()
    file = panel._saved_design.folder / "design.yaml"
    before = file.read_bytes()
    panel.save()
    assert ab.load(file.parent).endpoint("GET /api/v1/wishes").service == "order-service"
    assert set(before.splitlines()) < set(file.read_bytes().splitlines())
    assert panel._endpoint.value == "GET /api/v1/wishes"
    panel.undo()
    assert file.read_bytes() == before


def test_an_endpoint_is_removed_with_the_steps_and_calls_that_need_it_and_undo_puts_back_every_byte(panel):
    gone = "POST /api/v1/orders"
    file = panel._saved_design.folder / "design.yaml"
    before = file.read_bytes()
    panel._endpoint.value = "GET /api/v1/notifications"
    panel.remove()
    assert "3 places" not in said(panel._said)
    panel._endpoint.value = "GET /api/v1/orders/{id}"
    panel._cache.value = 60.0
    panel._endpoint.value = "GET /api/v1/orders"
    panel._path.value = "/api/v1/purchases"
    panel._endpoint.value = "GET /api/v1/payments"
    panel.remove()
    panel.add()
    panel.add()
    panel.remove()
    assert "GET /api/v1/payments" not in panel._endpoint.options
    assert "breaking change" in said(panel._top)
    panel.save()
    assert "Saved in design.yaml" in said(panel._said)
    design = ab.load(file.parent)
    names = [endpoint.name for endpoint in design.api.endpoints]
    assert names == [endpoint.name for endpoint in panel.design.api.endpoints] == list(panel._endpoint.options)
    assert {"GET /api/v1/payments", "GET /api/v1/notifications", "GET /api/v1/orders"}.isdisjoint(names)
    assert {"GET /api/v1/purchases", "GET /api/v1/new-things", gone} < set(names)
    assert b"GET /api/v1/payments," not in file.read_bytes()
    comments = [line.partition(b"#")[2] for line in before.splitlines() if b"#" in line and b"payments," not in line]
    assert [text for text in comments if text not in file.read_bytes()] == []
    panel.undo()
    assert file.read_bytes() == before


def test_another_may_take_the_name_of_a_removed_one(panel):
    panel._endpoint.value = "GET /api/v1/payments"
    panel.remove()
    panel._endpoint.value = "GET /api/v1/orders"
    panel._path.value = "/api/v1/payments"
    folder = panel._saved_design.folder
    panel.save()
    assert "Saved" in said(panel._said)
    assert ab.load(folder).endpoint("GET /api/v1/payments").service == "order-service"


def test_what_would_lose_its_cause_is_not_removed(panel):
    panel._endpoint.value = "POST /api/v1/orders"
    panel.remove()
    assert "has nothing but `POST /api/v1/orders`" in said(panel._said)
    assert panel._endpoint.value == "POST /api/v1/orders"
    assert not panel._edits


def test_reset_puts_back_what_was_removed_and_takes_away_what_is_new(panel):
    names = panel._endpoint.options
    panel.add()
    panel._endpoint.value = "GET /api/v1/payments"
    panel.remove()
    panel.reset()
    assert panel._endpoint.options == names
    assert not panel._edits


def test_the_last_endpoint_stays():
    panel = ab.panels.api(read(f"{TEXT}api: {{endpoints: [{{name: GET /things, service: a}}]}}\n"))
    panel.remove()
    assert "at least one endpoint" in said(panel._said)
    assert panel._endpoint.options == ("GET /things",)


def test_the_first_endpoint_of_a_design_is_added(tmp_path):
    (tmp_path / "design.yaml").write_text(f"{TEXT}# the end\n")
    panel = ab.panels.api(ab.load(tmp_path))
    panel.add()
    assert "GET /api/v1/new-things" in said(panel._top)
    panel.save()
    assert ab.load(tmp_path).api.endpoints[0].name == "GET /api/v1/new-things"
    panel.undo()
    assert (tmp_path / "design.yaml").read_text() == f"{TEXT}# the end\n"
    assert "promises no endpoints yet" in said(panel._top)


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
    assert panel._edits


def test_every_control_has_a_description_and_can_be_reached_by_keyboard(panel):
    controls = [panel._endpoint, panel._method, panel._path, panel._answers, panel._auth, panel._cache, panel._roles,
                panel._owned, panel._key, panel._deprecated]  # fmt: skip
    assert all(control.description and control.tooltip for control in controls)
    assert not any(control.tabbable is False for control in controls)

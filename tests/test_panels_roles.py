"""The roles panel without a browser: decisions, a changed cell, saving."""

import re

import pytest

import archbook as ab
from archbook.contracts.forging import TOKENS, a_token
from archbook.contracts.tokens import Keys, TokenRefused
from archbook.design.loading import read
from archbook.errors import UnknownName


@pytest.fixture
def panel(design_folder):
    return ab.panels.roles(ab.load(design_folder("ecommerce")))


def said(widget):
    return re.sub(r"<[^>]+>", "", widget.value.partition("<div style")[0]).replace("\u202f", " ")


def cells(widget):
    return re.sub(r"\s*<[^>]+>\s*", "|", widget.value)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("forged", "signature is not that of our key"),
        ("expired", "expired 60 s ago"),
        ("alg none", "only ES256 is accepted"),
        ("wrong audience", "not meant for `shop`"),
        ("unknown key", "no key"),
    ],
)
def test_every_bad_token_is_refused_for_its_own_reason(kind, reason):
    keys = Keys("https://accounts.example", "shop")
    with pytest.raises(TokenRefused, match=reason):
        keys.verify(a_token(kind, keys, "ann", 1e9, ["customer"]), 1e9)


def test_only_one_kind_of_token_is_accepted_and_another_kind_is_unknown():
    keys = Keys("https://accounts.example", "shop")
    assert keys.verify(a_token("valid", keys, "ann", 1e9, ["customer"]), 1e9).roles == {"customer"}
    assert a_token("none at all", keys, "ann", 1e9) is None
    with pytest.raises(UnknownName, match="did you mean `forged`"):
        a_token("forgd", keys, "ann", 1e9)
    assert len(TOKENS) == 7


def test_it_opens_on_an_object_of_another_which_the_role_alone_would_open(panel):
    panel._endpoint.value = "GET /api/v1/orders/{id}"
    assert said(panel._top).startswith(
        "ann as customer, with a valid token, calls GET /api/v1/orders/{id} for an object of bob: "
        "refused with 404, since it belongs to bob, not to ann."
    )
    assert "RBAC alone lets 3 of 5 roles through, with the owner check 2, an ACL 0" in said(panel._cases)
    assert re.search(r"an ACL [\d .]+ ?k?M? lists, one for each of orders", said(panel._cases))


@pytest.mark.parametrize(
    ("control", "value", "status"),
    [
        ("_object", "ann", 200),
        ("_role", "service", 403),
        ("_role", "no role", 403),
        *(("_token", kind, 401) for kind in TOKENS[1:]),
    ],
)
def test_each_control_changes_the_answer(panel, control, value, status):
    panel._endpoint.value, panel._object.value = "GET /api/v1/orders/{id}", "bob"
    before = panel._top.value
    getattr(panel, control).value = value
    assert panel._top.value != before
    assert f"with {status}" in said(panel._top)


def test_a_list_shares_one_object_with_one_caller(panel):
    panel._endpoint.value = "GET /api/v1/orders/{id}"
    assert "|ann is not on the list of orders 7 of bob|" in cells(panel._top)
    panel._object.value = "bob, who shares it with ann"
    assert "|ann is on the list of orders 7 of bob|" in cells(panel._top)
    assert "an ACL 5" in said(panel._cases)


def test_what_is_open_to_all_needs_no_token_and_its_cell_stays(panel):
    panel._endpoint.value, panel._token.value = "GET /api/v1/products", "none at all"
    assert "answered with 200; anybody may" in said(panel._top)
    assert panel._cell.disabled


def test_taking_a_role_away_says_which_calls_are_decided_otherwise(panel):
    panel._endpoint.value, panel._role.value = "GET /api/v1/orders/{id}", "support"
    assert panel._cell.value == "yes"
    panel._cell.value = "–"
    assert "2 decisions other than before: support, GET /api/v1/orders/{id}, own object: 200 → 403; " in said(
        panel._changed
    )
    assert "|– (was yes)|" in cells(panel._matrix)
    panel._cell.value = "yes"
    assert panel._changed.value == ""


def test_a_role_that_is_to_reach_the_objects_of_others_gets_the_permission(panel):
    panel._endpoint.value, panel._role.value = "GET /api/v1/orders/{id}", "customer"
    panel._cell.value = "yes"
    assert panel._changes == {("security", "roles", "customer", "may"): (
        *panel._saved_design.security.roles["customer"].may, "orders:read")}  # fmt: skip
    assert "customer, GET /api/v1/orders/{id}, object of another: 404 → 200" in said(panel._changed)
    panel._cell.value = "own"
    assert panel._changes == {}
    panel._role.value = "support"
    panel._cell.value = "own"
    may = panel._changes[("security", "roles", "support", "may")]
    assert may == ("users:read", "payments:read", "payments:refund", "orders:own")


def test_without_the_owner_check_it_is_said_that_objects_lie_open(panel):
    panel._endpoint.value = "GET /api/v1/orders/{id}"
    panel._owner_check.value = "off"
    assert "what belongs to bob lies open" in said(panel._top)
    assert "object of another: 404 → 200" in said(panel._changed)


def test_the_last_role_cannot_be_taken_away_and_the_reason_is_said(panel):
    panel._endpoint.value, panel._role.value = "POST /api/v1/products", "admin"
    panel._cell.value = "–"
    assert "needs a role that may call it" in said(panel._said)
    assert panel._cell.value == "yes"
    assert panel._changed.value == ""


def test_an_endpoint_without_a_resource_has_no_permission_to_give():
    text = "archbook: 1\nname: x\ntraffic: {daily_active_users: 10, journeys: {}}\nservices: {a: {}}\n"
    endpoint = '{name: "GET /a/{id}", service: a, ownership: true}'
    panel = ab.panels.roles(read(f"{text}api: {{endpoints: [{endpoint}]}}\nsecurity: {{roles: {{user: {{}}}}}}\n"))
    panel._cell.value = "yes"
    assert "names no resource" in said(panel._said)
    assert panel._cell.value == "own"


def test_save_keeps_comments_and_undo_puts_back_every_byte(panel):
    file = panel.design.folder / "design.yaml"
    before = file.read_bytes()
    panel._endpoint.value, panel._role.value = "PATCH /api/v1/orders/{id}", "customer"
    panel._cell.value = "own"
    panel.save()
    endpoint = ab.load(file.parent).endpoint("PATCH /api/v1/orders/{id}")
    assert (endpoint.roles, endpoint.ownership) == (("support", "admin", "customer"), True)
    assert file.read_bytes().count(b"#") == before.count(b"#")
    panel.undo()
    assert file.read_bytes() == before
    panel.save()
    assert "Nothing to save" in said(panel._said)


@pytest.mark.parametrize(
    ("endpoints", "security", "expected"),
    [
        ("", "", "promises no endpoints yet"),
        ('{name: "GET /a/{id}", service: a}', "", "answered with 200. Nobody asks whose it is"),
        ('{name: "GET /a/{id}", service: a, ownership: true}', "authorisation: acl",
         "404, since ann is not on the list of object 7 of bob"),
        ('{name: "GET /a/{id}", service: a, ownership: true}', "authorisation: none", "404, since it belongs to bob"),
        ('{name: "GET /a", service: a, auth: service}', "", "403, since only another service may"),
        ('{name: "GET /a", service: a, ownership: true}', "authentication: {kind: api-key}", "answered with 200"),
    ],
)  # fmt: skip
def test_designs_with_less_have_an_answer(endpoints, security, expected):
    text = "archbook: 1\nname: x\ntraffic: {daily_active_users: 10, journeys: {}}\nservices: {a: {}}\n"
    panel = ab.panels.roles(read(f"{text}api: {{endpoints: [{endpoints}]}}\nsecurity: {{{security}}}\n"))
    assert expected in said(panel._top)
    for token in TOKENS:
        panel._token.value = token
    panel.reset()
    panel.save()


@pytest.mark.parametrize("name", ["minimal", "first_draft"])
def test_it_opens_on_every_design_that_is_shipped(name):
    assert said(ab.panels.roles(ab.load(name))._top)


def test_every_control_has_a_description_and_can_be_reached_by_keyboard(panel):
    controls = [panel._endpoint, panel._role, panel._object, panel._token, panel._cell, panel._owner_check]
    assert all(control.description and control.tooltip for control in controls)
    assert not any(control.tabbable is False for control in controls)

"""The failure panel without a browser: what its controls and buttons do."""

from __future__ import annotations

import asyncio

import pytest

import archbook as ab
from archbook.panels.failure_panel import CLIENTS, KEYS, NONE


@pytest.fixture
def panel(design_folder, monkeypatch):
    monkeypatch.setattr("archbook.panels.failure_panel.MOST_RUNS", 2)
    return ab.panels.failure(ab.load(design_folder("minimal")))


def call(panel, start):
    panel._call.value = next(name for name in panel._calls if name.startswith(start))


def test_it_opens_on_an_answer_a_chart_and_the_endpoints_that_suffer(panel):
    assert "At 1× today" in panel._top.value
    assert "<svg" in panel._top.value
    assert "Endpoints that fail most" in panel._table.value


def test_what_fails_when_and_how_changes_the_answer(panel):
    answers = {panel._top.value}
    panel._what.value = "orders-db"
    answers.add(panel._top.value)
    panel._how.value = "refuses"
    answers.add(panel._top.value)
    panel._when.value = (20, 50)
    answers.add(panel._top.value)
    panel._what.value = CLIENTS
    answers.add(panel._top.value)
    assert len(answers) == 5
    assert panel.run.happenings[0].for_s == 30


def test_choosing_what_fails_shows_a_call_to_it(panel):
    panel._what.value = "orders-db"
    assert panel._call.value.startswith("order-service → orders-db")


def test_a_changed_policy_is_marked_and_stands_beside_the_design(panel):
    panel._what.value = "user-service"
    panel._keys["retries"].value = 3
    assert "gateway → user-service, retries: 0 → 3" in panel._changed.value
    assert "As designed" in panel._top.value
    assert "failed as designed" in panel._table.value
    panel._keys["retries"].value = 0
    assert panel._changed.value == ""
    assert "As designed" not in panel._top.value


def test_retries_without_a_breaker_bring_more_calls_to_what_hangs(panel):
    panel._what.value = "user-service"
    panel._keys["breaker"].value = False
    before = panel.run.attempts_per_s["user-service"].mean[30:38].mean()
    panel._keys["retries"].value = 3
    assert panel.run.attempts_per_s["user-service"].mean[30:38].mean() > 2 * before


def test_a_queue_belongs_to_a_service_only(panel):
    call(panel, "gateway → user-service")
    assert not panel._keys["queue"].disabled
    call(panel, "user-service → users-db")
    assert panel._keys["queue"].disabled


def test_saving_writes_what_a_person_would_type_and_undo_puts_back_every_byte(panel):
    file = panel.design.folder / "design.yaml"
    before = file.read_bytes()
    call(panel, "gateway → user-service")
    panel._keys["timeout"].value = 0.3
    panel._keys["retry_budget"].value = 0.1
    panel._keys["breaker"].value = False
    panel.save()
    saved = ab.load(file.parent).calls[0]
    assert (saved.timeout, saved.retry_budget, saved.breaker) == (0.3, 0.1, False)
    assert "timeout: 300ms" in file.read_text()
    panel.undo()
    assert file.read_bytes() == before


def test_no_timeout_takes_the_key_out_of_the_file(panel):
    call(panel, "gateway → user-service")
    panel._keys["timeout"].value = NONE
    assert panel.design.calls[0].timeout is None
    panel.save()
    assert ab.load(panel.design.folder).calls[0].timeout is None


def test_evidence_is_kept_of_the_saved_design_only(panel):
    call(panel, "gateway → user-service")
    panel._keys["retries"].value = 2
    panel.keep()
    assert "Save or reset first" in panel._said.value
    panel.reset()
    panel.keep()
    assert [entry.id for entry in ab.load_evidence(panel.design)] == ["replay-1x"]


def test_nothing_to_save_and_nothing_to_undo_are_said(panel):
    panel.save()
    assert "Nothing to save" in panel._said.value
    panel.undo()
    assert "Nothing to undo" in panel._said.value


def test_a_hand_that_moves_on_is_answered_once(panel, monkeypatch):
    runs = []
    monkeypatch.setattr(panel, "_run", lambda: runs.append(panel._growth.value))

    async def move():
        for value in (1.1, 1.2, 1.3):
            panel._growth.value = value
        await asyncio.sleep(0.3)

    asyncio.run(move())
    assert runs == [1.3]


@pytest.mark.parametrize("name", ["ecommerce", "first_draft"])
def test_it_opens_on_every_shipped_design(design_folder, name):
    panel = ab.panels.failure(ab.load(design_folder(name)))
    assert "<svg" in panel._top.value


def test_a_design_without_traffic_explains_itself(design_folder):
    silent = ab.load(design_folder("minimal")).changed({("traffic", "journeys"): {}})
    panel = ab.panels.failure(silent)
    assert "nothing arrives at" in panel._top.value


def test_every_control_has_a_description_and_a_tip(panel):
    controls = [panel._what, panel._how, panel._when, panel._growth, panel._call, *panel._keys.values()]
    assert all(control.description and control.tooltip for control in controls)
    assert set(panel._keys) == set(KEYS)

"""The load balancing panel without a browser: what its controls and buttons do."""

import re

import pytest

import archbook as ab


@pytest.fixture
def panel(design_folder):
    panel = ab.panels.balancing(ab.load(design_folder("ecommerce")))
    panel.wait()
    return panel


def said(widget):
    return re.sub(r"<[^>]+>", "", widget.value.partition("<svg")[0]).replace("\u202f", " ")


def test_it_opens_with_an_answer_two_charts_and_both_tables(panel):
    assert panel._service.value == "product-service"
    assert re.match(r"At \d+ req/s on 4 instances of product-service, .*p99", said(panel._top))
    assert panel._top.value.count("<svg") == panel._below.value.count("<svg") == 1
    assert panel._table.value.count("<table") == 2
    assert "Erlang C" in panel._table.value


def test_another_policy_shows_its_instances_and_simulates_nothing(panel):
    before, worker = panel._below.value, panel._worker
    panel._policy.value = "sticky"
    assert panel._below.value != before
    assert panel._worker is worker
    assert "balancing: round robin → sticky" in panel._changed.value


def test_a_slow_instance_changes_everything_and_health_checks_do_not_help(panel):
    panel._sick.value = "10 times as slow"
    panel.wait()
    assert "takes 10× as long" in said(panel._top)
    assert "Health checks do not see this one" in said(panel._top)
    assert "instance 0 (sick)" in panel._below.value


def test_health_checks_take_out_an_instance_that_refuses(panel):
    panel._sick.value = "refuses"
    panel.wait()
    assert "taken out by health checks" in said(panel._top)
    assert "nothing reaches it" in panel._below.value
    panel._checks.value = "off"
    panel.wait()
    assert "turned away" in said(panel._top)
    assert "% lost" in panel._top.value


def test_only_the_last_of_many_moves_is_shown(panel):
    for growth in (2.0, 3.0, 5.1, 1.0):
        panel._growth.value = growth
    panel.wait()
    assert panel._result.growth == 1.0
    assert panel._progress.value == ""


def test_a_run_that_is_stopped_leaves_what_is_shown(panel):
    before = panel._top.value
    panel._growth.value = 2.0
    panel.stop()
    panel.wait()
    assert panel._top.value == before
    assert "Stopped" in panel._progress.value
    panel.stop()
    assert "Nothing runs" in panel._progress.value


def test_save_writes_policy_and_instances_and_undo_puts_back_every_byte(panel):
    file = panel.design.folder / "design.yaml"
    before = file.read_bytes()
    panel._policy.value, panel._instances.value = "power_of_two", 6
    panel.save()
    service = ab.load(file.parent).services["product-service"]
    assert (service.balancing, service.instances) == ("power_of_two", 6)
    panel.undo()
    assert file.read_bytes() == before


def test_nothing_to_save_and_nothing_to_undo_are_said(panel):
    panel.save()
    assert "Nothing to save" in panel._said.value
    panel.undo()
    assert "Nothing to undo" in panel._said.value


def test_the_comparison_is_kept_as_evidence_of_the_saved_design(panel):
    panel._instances.value = 6
    panel.keep()
    assert "Save or reset first" in panel._said.value
    panel.reset()
    panel.wait()
    panel.keep()
    kept = ab.load_evidence(panel.design)[-1]
    assert kept.id == "balancing.product-service"
    assert not kept.stale(panel.design)


def test_a_service_with_one_instance_explains_itself(design_folder):
    panel = ab.panels.balancing(ab.load(design_folder("minimal")))
    panel._instances.value = 1
    panel.wait()
    assert "nothing to balance" in said(panel._top)


def test_without_a_design_it_opens_on_a_farm_and_keeps_nothing():
    panel = ab.panels.balancing()
    panel.wait()
    assert "10 instances of server" in said(panel._top)
    panel.keep()
    assert "no folder" in panel._said.value
    panel._policy.value = "sticky"
    panel.save()
    assert panel._said.value


def test_every_control_has_a_description_and_a_tip(panel):
    controls = [panel._service, panel._policy, panel._instances, panel._growth, panel._sick, panel._checks]
    assert all(control.description and control.tooltip for control in controls)

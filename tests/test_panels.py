"""The capacity panel without a browser: what its sliders, menus and buttons do."""

import pytest

import archbook as ab
from archbook.design.loading import read
from archbook.errors import Saturated

SERVICE = ("services", "payment-service", "instances")


@pytest.fixture
def panel(design_folder):
    return ab.panels.capacity(ab.load(design_folder("ecommerce")))


def test_it_opens_on_the_service_that_saturates_first(panel):
    assert panel._service.value == ab.estimate(panel.design).breaks[0].element


def test_growth_changes_the_answer_the_table_and_the_colours_and_not_the_design(panel):
    before = panel._top.value, panel._below.value, panel._table.value
    panel._growth.value = 10.0
    after = panel._top.value, panel._below.value, panel._table.value
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert "At 10× today" in panel._top.value
    assert panel.design == ab.load(panel.design.folder)


def test_a_growth_beyond_the_chart_lengthens_the_chart(panel):
    panel._growth.value = 100.0
    assert panel._curve[-1].growth == pytest.approx(100.0)
    panel._growth.value = 1.0
    assert panel._curve[-1].growth == pytest.approx(20.0)


def test_a_change_is_marked_and_taking_it_back_unmarks_it(panel):
    panel._instances.value = 3
    assert "payment-service.instances: 2 → 3" in panel._changed.value
    assert panel.design.services["payment-service"].instances == 3
    panel._instances.value = 2
    assert panel._changed.value == ""


def test_each_service_keeps_its_own_change(panel):
    panel._instances.value = 3
    panel._service.value = "order-service"
    panel._concurrency.value += 2
    panel._service.value = "payment-service"
    assert panel._instances.value == 3
    assert len(panel._changes) == 2


@pytest.mark.parametrize("index", [0, 1])
def test_a_cache_that_hits_less_brings_more_load(panel, index):
    panel._cache.value = panel._cache.options[index]
    before = panel._estimate.elements["product-service"].arrival_rate_per_s
    panel._hits.value = 0.0
    assert panel._estimate.elements["product-service"].arrival_rate_per_s > before


def test_save_writes_and_undo_puts_back_every_byte(panel):
    file = panel.design.folder / "design.yaml"
    before = file.read_bytes()
    panel._instances.value = 4
    panel.save()
    assert ab.load(file.parent).services["payment-service"].instances == 4
    assert "Saved in design.yaml" in panel._said.value
    panel.undo()
    assert file.read_bytes() == before


def test_a_file_that_changed_underneath_is_not_overwritten(panel):
    file = panel.design.folder / "design.yaml"
    file.write_text(file.read_text() + "# a colleague was here\n")
    panel._instances.value = 4
    panel.save()
    assert "has changed since" in panel._said.value
    assert file.read_text().endswith("# a colleague was here\n")


def test_nothing_to_save_and_nothing_to_undo_are_said(panel):
    panel.save()
    assert "Nothing to save" in panel._said.value
    panel.undo()
    assert "Nothing to undo" in panel._said.value


SAYS_LITTLE = """
archbook: 1
name: x
traffic:
  daily_active_users: {users}
  journeys:
    j: {{share: 1, steps: [GET /a]}}
services:
  a: {{instances: 3{time}}}
stores:
  d: {{engine: postgresql{store}}}
calls:
- {{from: a, to: d}}
api:
  endpoints:
  - {{name: GET /a, service: a}}
"""
TIME = ", service_time: {mean: 5ms}"


@pytest.mark.parametrize(
    ("panel", "users", "time", "store"),
    [
        ("balancing", 1000, "", ""),  # nothing takes time
        ("cache", 1000, TIME, ", hit_ratio: 0"),  # asked less than once a second
        ("pool", 1000, TIME, ", pool: 5"),  # nobody knows how long a statement takes
        ("pool", 10**9, TIME, ", pool: 5" + TIME),  # so many that the store never answers
        ("failure", 1000, "", ", servers: 1" + TIME),
    ],
)
def test_a_panel_opens_on_a_design_that_says_little(panel, users, time, store):
    opened = getattr(ab.panels, panel)(read(SAYS_LITTLE.format(users=users, time=time, store=store)))
    if panel == "balancing":
        opened.wait()
    assert "archbook-answer" in opened._top.value
    opened.keep()
    assert opened._said.value


def test_a_panel_that_could_not_simulate_keeps_nothing():
    opened = ab.panels.failure(
        read("""
archbook: 1
name: x
traffic: {daily_active_users: 100}
services:
  a: {instances: 1, service_time: {mean: 10ms}}
api:
  endpoints:
  - {name: GET /a, service: a}
""")
    )
    opened.keep()
    assert "Nothing is simulated yet" in opened._said.value


@pytest.mark.parametrize("name", ["capacity", "failure", "cache", "pool"])
def test_evidence_that_cannot_be_kept_says_why(design_folder, name):
    design = ab.load(design_folder("ecommerce"))
    (design.folder / "evidence.json").write_text("not JSON", encoding="utf-8")
    panel = getattr(ab.panels, name)(design)
    panel.keep()
    assert "evidence.json:1: is not evidence that Archbook wrote" in panel._said.value


def test_evidence_is_kept_of_the_saved_design_only(panel):
    panel._instances.value = 3
    panel.keep()
    assert "Save or reset first" in panel._said.value
    panel.reset()
    panel.keep()
    kept = ab.load_evidence(panel.design)[-1]
    assert kept.id == "capacity.breaks-first"
    assert kept.value == pytest.approx(ab.estimate(panel.design).breaks[0].at)
    assert not kept.stale(panel.design)


def test_what_cannot_be_computed_is_a_sentence_in_the_answer(panel, monkeypatch):
    def fail(*_, **__):
        raise Saturated("order-service", 3.0, 2.0)

    monkeypatch.setattr("archbook.panels.capacity_panel.estimate", fail)
    chart = panel._chart
    panel._growth.value = 2.0
    assert "order-service needs 3 servers" in panel._top.value
    assert panel._top.value.endswith(chart)


@pytest.mark.parametrize("name", ["minimal", "first_draft"])
def test_it_opens_on_designs_without_caches_and_on_poor_ones(design_folder, name):
    panel = ab.panels.capacity(ab.load(design_folder(name)), growth=10.0)
    assert panel._top.value
    assert "<svg" in panel._below.value


def test_names_of_a_stranger_cannot_leave_their_text(design_folder):
    design = ab.load(design_folder("minimal"))
    name = next(iter(design.services))
    hostile = design.changed({("services", name, "technology"): "<script>alert(1)</script>"})
    panel = ab.panels.capacity(hostile)
    assert "<script" not in panel._top.value + panel._below.value + panel._table.value


def test_every_control_has_a_description_and_can_be_reached_by_keyboard(panel):
    controls = [panel._users, panel._growth, panel._service, panel._instances, panel._concurrency, panel._cache]
    assert all(control.description and control.tooltip for control in controls)
    assert not any(control.tabbable is False for control in controls)


def test_a_notebook_shows_the_sentence_of_an_error_and_no_traceback():
    from IPython.testing.globalipapp import get_ipython, start_ipython

    shell = start_ipython() or get_ipython()
    result = shell.run_cell("import archbook as ab\nab.load('ecommmerce')", silent=True)
    assert result.error_in_exec._render_traceback_() == [str(result.error_in_exec)]
    assert "did you mean" in str(result.error_in_exec)


def test_a_simulation_stands_beside_the_formulas_until_something_moves(panel):
    panel.simulate()
    assert "Formula and simulation agree in" in panel._beyond.value
    panel._growth.value = 2.0
    assert panel._beyond.value == ""


def test_headroom_goes_to_the_growth_of_the_slider(panel):
    panel._growth.value = 20.0
    panel.headroom()
    assert "The cheapest way to 20×" in panel._beyond.value


def test_what_cannot_be_simulated_is_a_sentence(panel, monkeypatch):
    monkeypatch.setattr("archbook.simulate.running.Runs._settle", lambda _: (_ for _ in ()).throw(Saturated("x", 9, 2)))
    panel.simulate()
    assert "x needs 9 servers" in panel._beyond.value

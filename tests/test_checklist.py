"""The performance checklist: what earns an item, what refutes it, what grows stale, and a run that is stopped."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import archbook as ab
import archbook.review.checklist as room
from archbook import verbs
from archbook.cli import main
from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import Evidence, found, load_evidence
from archbook.review.checklist import ITEMS, checklist
from archbook.review.checklist.items import Item
from archbook.review.subject import Subject
from tests.examples import example, good

INDEXES, ROWS, P95, PAGES, HEADERS, POOLS, WATCHED = (item.id for item in ITEMS)
Copy = Callable[[str], Path]
DDL = """CREATE TABLE things (id int PRIMARY KEY, created_at timestamptz);
CREATE TABLE parts (id int PRIMARY KEY, thing_id int REFERENCES things);
CREATE INDEX ON parts (thing_id);"""
MEASURED = {
    INDEXES: "index_or_scan.things-db.postgresql", ROWS: "n_plus_one.things-db.postgresql", P95: "simulate-1x-p95",
    PAGES: "offset_or_keyset.things-db.postgresql", HEADERS: "caching_headers",
    POOLS: "connection_pooling.things-db.postgresql",
}  # fmt: skip


def with_tables(fragment: str = "") -> Design:
    """The good design, its store with DDL."""
    design = good(fragment)
    if "things-db" in design.stores:
        design._source = dataclasses.replace(design._source, ddl={"things-db": DDL})
    return design


def entry(design: Design, item: str, value: float = 40.0, **fields: Any) -> Evidence:
    """Evidence that bears on an item, found now."""
    about = {P95: "design", HEADERS: "api"}.get(item, "stores.things-db.schema")
    told = {"id": MEASURED[item], "claim": "So it was.", "value": value, "low": value * 0.9, "high": value * 1.1,
            "unit": "×", "how": "measurement", "about": about, "engine": "postgresql 18"}  # fmt: skip
    return found(design, **{**told, **fields})


def everything(design: Design) -> list[Evidence]:
    return [entry(design, item, 0.5 if item == P95 else 40.0) for item in MEASURED]


def test_what_is_measured_and_still_holds_is_met_and_says_by_what() -> None:
    design = with_tables()
    ticks = checklist(design, everything(design)).ticks
    assert {tick.state for tick in ticks} == {"met"}
    measured = {tick.item: tick for tick in ticks if tick.item != WATCHED}
    assert {item: tick.evidence for item, tick in measured.items()} == {item: (id,) for item, id in MEASURED.items()}
    day = everything(design)[0].date[:10]
    assert [item for item, tick in measured.items() if f"(measurement, {day})" not in tick.because] == []
    assert "counted in the design" in ticks[-1].because


def test_nothing_is_met_by_its_own_word_but_what_can_only_be_counted() -> None:
    found_ = checklist(with_tables())
    assert {tick.item: tick.state for tick in found_.ticks if tick.state != "not measured"} == {WATCHED: "met"}
    assert [tick.item for tick in found_.missing] == list(MEASURED)
    assert [tick.item for tick in found_.missing if not tick.do.startswith("`archbook ")] == []


REFUTED = [
    (ROWS, "calls: {2: {per_request: per row}}", "once per row"),
    (P95, "services: {front: {slo: {p95: 1ms}}}", "1 of 2 promises"),
    (PAGES, "api: {endpoints: {0: {paginated: false}}}", "the whole list"),
    (PAGES, "api: {style: {pagination: none}}", "the whole list"),
    (HEADERS, "api: {endpoints: {0: {cache: null}}}", "Not one of 1 read says how long"),
    (POOLS, "stores: {things-db: {pool: null}}", "without a"),
    (POOLS, "stores: {things-db: {max_connections: 10}}", "10"),
    (WATCHED, "services: {back: {alerts: null}}", "back"),
    (WATCHED, "services: {back: {health_check: null}}", "back"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "fragment", "because"), REFUTED)
def test_what_the_design_refutes_is_not_met_whatever_was_measured(item: str, fragment: str, because: str) -> None:
    design = with_tables(fragment)
    measured = [one for one in everything(design) if not (item == P95 and one.id == MEASURED[P95])]
    tick = checklist(design, measured).tick(item)
    assert tick.state == "not met"
    assert because in tick.because
    assert tick.do


JUDGED = [
    (INDEXES, 40.0, {}, "met"), (INDEXES, 1.05, {}, "not met"),
    (P95, 0.8, {}, "met"), (P95, 0.95, {}, "not met"), (P95, 0.95, {"high": 1.0}, "met"), (P95, 1.3, {}, "not met"),
    (HEADERS, 1.0, {}, "met"), (HEADERS, 0.9, {}, "not met"),
    (POOLS, 1.0, {}, "met"), (ROWS, 1.0, {}, "met"), (PAGES, 200.0, {}, "met"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "value", "fields", "state"), JUDGED)
def test_a_measurement_earns_an_item_only_where_it_says_so(
    item: str, value: float, fields: dict[str, Any], state: str
) -> None:
    design = with_tables()
    assert checklist(design, [entry(design, item, value, **fields)]).tick(item).state == state


def test_a_simulated_percentile_outranks_the_computed_one() -> None:
    design = with_tables("services: {front: {slo: {p95: 1ms}}}")
    known = {"endpoints": {"GET /api/v1/things": {"p95_s": 0.0005}}}
    tick = checklist(design, [entry(design, P95, 0.5, how="simulation", details=known)]).tick(P95)
    assert tick.state == "met"
    assert "1 of 2 promises" in tick.because


def test_a_simulation_does_not_speak_for_an_endpoint_that_it_has_no_percentile_of() -> None:
    design = with_tables("services: {front: {slo: {p95: 1ms}}}")
    tick = checklist(design, [entry(design, P95, 0.5, how="simulation")]).tick(P95)
    assert tick.state == "not met"
    assert "GET /api/v1/things is asked for too rarely to say, and computed to miss" in tick.because


def test_where_no_table_has_children_the_computation_decides() -> None:
    design = with_tables().migrated("things-db", "DROP TABLE parts")
    tick = checklist(design).tick(ROWS)
    assert (tick.state, tick.missing) == ("met", False)
    assert "nothing to measure it on" in tick.because
    chatty = with_tables("calls: {2: {per_request: per row}}").migrated("things-db", "DROP TABLE parts")
    assert checklist(chatty).tick(ROWS).state == "not met"


NEEDLESS = [
    (INDEXES, "stores: {things-db: {engine: mongodb}}"),
    (ROWS, "stores: {things-db: {engine: mongodb}}"),
    (POOLS, "stores: {things-db: {engine: mongodb}}"),
    (PAGES, "api: {endpoints: {0: {list: false}}}"),
]


@pytest.mark.parametrize(("item", "fragment"), NEEDLESS)
def test_what_a_design_cannot_get_wrong_does_not_apply_and_says_why(item: str, fragment: str) -> None:
    tick = checklist(with_tables(fragment)).tick(item)
    assert (tick.state, tick.missing) == ("does not apply", False)
    assert tick.because


def test_without_tables_or_promises_nothing_is_guessed() -> None:
    found_ = checklist(example(""))
    assert (found_.tick(INDEXES).state, found_.tick(INDEXES).because) == ("not measured", "No tables are known")
    assert found_.tick(P95).state == "not met"
    assert "promises a p95" in found_.tick(P95).because


def test_a_changed_table_makes_what_was_measured_on_it_stale() -> None:
    design = with_tables()
    changed = design.migrated("things-db", "ALTER TABLE things ADD name text")
    found_ = checklist(changed, everything(design))
    states = {tick.item: tick.state for tick in found_.ticks}
    stale = [INDEXES, ROWS, PAGES, POOLS]
    assert [item for item, state in states.items() if state == "not measured"] == stale
    day = everything(design)[0].date[:10]
    assert f"Measured on {day}, and stores.things-db.schema has changed since" in found_.tick(INDEXES).because


def test_a_decision_or_a_waiver_makes_no_simulation_stale() -> None:
    design = with_tables()
    kept = [entry(design, P95, 0.5)]
    decided = with_tables("decisions: [{id: 101, title: One, why: Two, about: [front]}]")
    assert checklist(decided, kept).tick(P95).state == "met"
    assert checklist(with_tables("services: {back: {instances: 5}}"), kept).tick(P95).state == "not measured"


def test_a_tick_says_what_of_its_kind_has_gone_stale_elsewhere() -> None:
    design = with_tables()
    gone = dataclasses.replace(
        entry(design, INDEXES), id="index_or_scan.old-db.postgresql", about="stores.old-db.schema"
    )
    tick = checklist(design, [gone, entry(design, INDEXES)]).tick(INDEXES)
    assert tick.state == "met"
    assert "No longer counts, for its part has changed: index_or_scan.old-db.postgresql." in tick.because


def test_duckdb_alone_earns_nothing_about_a_transactional_store() -> None:
    design = with_tables()
    on_duckdb = entry(design, INDEXES, id="index_or_scan.things-db.duckdb", engine="duckdb 1.5")
    tick = checklist(design, [on_duckdb]).tick(INDEXES)
    assert (tick.state, tick.missing) == ("not measured", True)
    assert "misleads" in tick.because


def test_deep_pages_by_number_are_told_where_they_cost_much() -> None:
    design = with_tables()
    assert "bound their depth" in checklist(design, [entry(design, PAGES, 200.0)]).tick(PAGES).because
    assert "bound their depth" not in checklist(design, [entry(design, PAGES, 2.0)]).tick(PAGES).because


def test_a_finding_that_was_accepted_is_told_at_the_tick() -> None:
    fragment = """
calls: {2: {per_request: 6}}
waivers: [{rule: chatty-services, about: front → back, why: The six are one batch}]
"""
    design = with_tables(fragment)
    tick = checklist(design, everything(design)).tick(ROWS)
    assert tick.state == "met"
    assert "because The six are one batch" in tick.because


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Items that measure nothing and say what was asked of them; pages are refused, caching headers interrupt once."""
    asked: list[str] = []

    def measuring(item: Item) -> Callable[..., Iterator[Evidence]]:
        def measure(design: Design, _: int, progress: Any) -> Iterator[Evidence]:
            asked.append(item.id)
            if progress:
                progress(1, 2, "half")
            if item.id == PAGES:
                raise ArchbookError("no table has a key")
            if item.id == HEADERS and asked.count(HEADERS) == 1:
                raise KeyboardInterrupt
            store = "orders-db" if "orders-db" in design.stores else "things-db"
            about = {P95: "design", HEADERS: "api"}.get(item.id, f"stores.{store}.schema")
            yield found(design, id=MEASURED[item.id], claim="So it was.", value=0.5 if item.id == P95 else 40.0,
                        unit="×", how="measurement", about=about, engine="postgresql 18")  # fmt: skip

        return measure

    items = tuple(dataclasses.replace(item, measure=measuring(item)) for item in ITEMS)
    monkeypatch.setattr(room, "ITEMS", items)
    return asked


def test_a_run_that_is_stopped_keeps_what_it_measured_and_goes_on_from_there(
    measured: list[str], design_folder: Copy
) -> None:
    design = ab.load(design_folder("ecommerce"))
    first = ab.checklist(design, run=True)
    assert first.stopped
    assert measured == [ROWS, P95, PAGES, HEADERS]
    assert "stopped: Caching headers on reads, Pools sized not measured" in first.notes[-1]
    assert {MEASURED[ROWS], MEASURED[P95]} <= {one.id for one in load_evidence(design.folder or Path())}
    measured.append("again")
    second = ab.checklist(design, run=True)
    assert not second.stopped
    assert measured[5:] == [PAGES, HEADERS, POOLS]
    assert [tick.state for tick in second.ticks].count("met") == 6
    assert second.notes == ("Pages on every list could not be measured: no table has a key",)
    assert str(ab.checklist(design).ticks) == str(second.ticks)


@pytest.mark.usefixtures("measured")
def test_progress_says_which_of_how_many() -> None:
    told: list[tuple[float, float, str]] = []
    design = with_tables()
    checklist(design, [entry(design, HEADERS)]).measure(progress=lambda *parts: told.append(parts))
    assert told[0] == (0.5, 5, "1 of 5, Queries use indexes: half;")
    assert told[-1] == (4.5, 5, "5 of 5, Pools sized: half;")


@pytest.mark.usefixtures("measured")
def test_what_has_no_folder_is_measured_and_not_kept() -> None:
    design = with_tables()
    found_ = checklist(design, [entry(design, HEADERS)]).measure()
    assert found_.tick(POOLS).state == "met"
    assert MEASURED[POOLS] in {one.id for one in found_.kept}


def test_the_shipped_design_has_two_ticks_earned_until_it_is_measured(design_folder: Copy) -> None:
    found_ = ab.checklist(ab.load(design_folder("ecommerce")))
    assert {tick.item for tick in found_.ticks if tick.state == "met"} == {INDEXES, WATCHED}
    assert found_.answer.startswith("ecommerce: of 7 items 2 met, 5 not measured.")


def test_it_shows_itself_everywhere_and_nothing_breaks_out() -> None:
    design = with_tables("stores: {things-db: {pool: null}}")
    found_ = checklist(design)
    shown = dataclasses.replace(found_.ticks[0], because="a <b>|` c", title="<script>")
    hostile = dataclasses.replace(found_, ticks=(shown, *found_.ticks[1:]))
    assert "<script>" not in hostile.html() + hostile.markdown()
    assert json.loads(json.dumps(hostile.to_json()))["items"][0]["because"] == "a <b>|` c"
    assert max(map(len, found_.text(100).splitlines())) <= 100
    assert found_.table().rows[5][1] == "not met"


def test_the_command_tells_it_and_says_what_it_will_not_take(
    design_folder: Copy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(design_folder("ecommerce"))
    assert main(["checklist", folder]) == 0
    assert "not measured    Pools sized" in capsys.readouterr().out
    assert main(["checklist", folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["archbook_checklist"] == 1
    assert main(["checklist", folder, "--format", "md"]) == 0
    assert "| item | state | because | next |" in capsys.readouterr().out
    assert main(["checklist", folder, "--run", "--rows", "10"]) == 2
    assert capsys.readouterr().err == "10 rows: a measurement needs 1,000 to 10,000,000\n"
    stopped = dataclasses.replace(ab.checklist(ab.load(folder)), stopped=True)
    monkeypatch.setattr(verbs, "checklist", lambda *_, **__: stopped)
    assert main(["checklist", folder, "--run"]) == 130


@pytest.mark.parametrize(("item", "name"), [(P95, "minimal"), (HEADERS, "ecommerce")])
def test_what_is_simulated_or_asked_live_is_measured_for_real(
    item: str, name: str, design_folder: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "ITEMS", tuple(one for one in ITEMS if one.id == item))
    found_ = ab.checklist(ab.load(design_folder(name)), run=True, rows=1_000)
    assert found_.notes == ()
    (tick,) = found_.ticks
    assert (tick.state, tick.evidence) == ("met", (MEASURED[item],))


def test_what_is_measured_on_postgresql_is_measured_for_real(
    design_folder: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "ITEMS", tuple(item for item in ITEMS if item.id == PAGES))
    found_ = ab.checklist(ab.load(design_folder("ecommerce")), run=True, rows=1_000)
    assert found_.notes == ()
    (tick,) = found_.ticks
    assert (tick.state, tick.evidence[0].partition(".")[0]) == ("met", "offset_or_keyset")


def test_a_finding_can_cite_what_is_kept_about_the_whole_design_and_its_endpoints() -> None:
    design = with_tables()
    endpoint, figures = "GET /api/v1/things", {"p50_s": 0.01, "p95_s": 0.042, "p99_s": 0.09}
    kept = [
        entry(design, P95, claim="front is the busiest", details={"elements": {"back": {"utilisation": 0.5}}}),
        entry(design, HEADERS, source="archbook load", details={"endpoints": {endpoint: figures}}),
        entry(design, INDEXES),
    ]
    cited = Subject(design, kept).cited
    day = kept[0].date[:10]
    assert cited(endpoint) == [f"{endpoint} answers 95 % within 42 ms, by archbook load (measurement, {day})"]
    assert cited("front") == [f"front is the busiest (measurement, {day})"]
    assert cited("back") == [f"back is 50 % in use, by simulate-1x-p95 (measurement, {day})"]
    assert cited("things-db") == [f"So it was (measurement, {day})"]
    assert cited("fro") == cited("GET /api/v1/thing") == []
    larger = Subject(with_tables("services: {back: {instances: 5}}"), kept)
    assert larger.cited("front") == [
        f"front is the busiest (measurement, {day}, stale: its part of the design has changed since)"
    ]


def test_a_read_that_lets_others_keep_what_is_private_is_found(
    design_folder: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archbook.contracts.copies import caching_headers
    from archbook.contracts.service import handlers

    monkeypatch.setattr(handlers, "cache_control", lambda _: "public, max-age=60")
    said = caching_headers(ab.load(design_folder("minimal")), rows=50)
    assert said.value == 0
    assert said.claim.startswith("0 of 4 reads say in Cache-Control")
    assert "not GET /api/v1/users" in said.claim


def test_every_rule_that_an_item_names_is_there() -> None:
    from archbook.contracts.lint import rules as api_rules
    from archbook.review import rules
    from archbook.schema.lint import rules as schema_rules

    known = {rule.id for rule in (*rules(), *schema_rules(), *api_rules())}
    assert [rule for item in ITEMS for rule in item.rules if rule not in known] == []


def test_promises_are_no_evidence_where_an_endpoint_that_is_asked_for_has_no_percentile() -> None:
    run = ab.simulate(ab.load("minimal"), precision=0.2, budget=50_000)
    assert run.precise
    assert [entry.id for entry in run.evidence()] == ["simulate-1x-mean", "simulate-1x-busiest"]


BEARING = [
    ("archbook simulate DESIGN", "front → back", ["back is 50 % in use, by simulate-1x-p95"]),
    ("archbook simulate DESIGN", "things-db", []),
    ("archbook load DESIGN", "GET /api/v1/things", ["GET /api/v1/things answers 95 % within 42 ms, by load"]),
    ("archbook load DESIGN", "back", []),
    ("archbook experiment DESIGN index_or_scan", "front → things-db", ["So it was"]),
    ("archbook experiment DESIGN partition", "things-db", []),
    ("archbook headroom DESIGN", "back", []),
    ("", "back", []),
]


@pytest.mark.parametrize(("command", "about", "said"), BEARING)
def test_evidence_bears_on_a_finding_by_the_command_that_measures_it(command: str, about: str, said: list[str]) -> None:
    design = with_tables()
    kept = [
        entry(design, P95, claim="One request", details={"elements": {"back": {"utilisation": 0.5}}}),
        entry(
            design, HEADERS, id="load", claim="Five", details={"endpoints": {"GET /api/v1/things": {"p95_s": 0.042}}}
        ),
        entry(design, INDEXES),
    ]
    day = kept[0].date[:10]
    assert Subject(design, kept).bearing(command, about) == [f"{one} (measurement, {day})" for one in said]


def test_a_finding_cites_what_its_rule_would_have_measured() -> None:
    design = with_tables("calls: {2: {timeout: null}}")
    kept = [entry(design, P95, claim="One", details={"elements": {"back": {"utilisation": 0.5}}})]
    rule = "call-without-timeout"
    (before,) = [one for one in ab.review(design, []).findings if one.rule == rule]
    (after,) = [one for one in ab.review(design, kept).findings if one.rule == rule]
    assert before.measured_by == "archbook simulate DESIGN"
    assert set(after.evidence) - set(before.evidence) == {
        f"back is 50 % in use, by simulate-1x-p95 (measurement, {kept[0].date[:10]})"
    }

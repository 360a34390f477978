"""The schema panel without a browser: what is read, shown, saved, measured and kept, and what is said when not."""

import re
from pathlib import Path

import pytest

import archbook as ab
from archbook.design.model import Design
from archbook.design.saving import save_ddl
from archbook.errors import Conflict
from archbook.panels.schema_panel import PASTED, SchemaPanel


@pytest.fixture
def shop(design_folder) -> Design:
    return ab.load(design_folder("ecommerce"))


@pytest.fixture
def panel(shop: Design) -> SchemaPanel:
    return ab.panels.schema(shop)


def said(widget) -> str:
    return re.sub(r"<[^>]+>", "", widget.value.partition("<svg")[0]).replace("\u202f", " ")


def test_pasted_ddl_is_read_as_meant_and_what_is_no_engine_s_syntax_is_told() -> None:
    panel = ab.panels.schema()
    assert said(panel._answer).startswith("2 tables with 1 foreign key and 2 indexes.")
    assert "line 5, index idx_created_at of users is written inside CREATE TABLE" in said(panel._answer)
    panel._view.value = "Told while reading"
    assert "PostgreSQL wants CREATE INDEX idx_user_status ON orders (user_id, status)" in said(panel._shown)


def test_every_view_shows_the_tables_that_were_pasted() -> None:
    panel = ab.panels.schema("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int, a int REFERENCES a)")
    assert "<svg" in panel._shown.value
    panel._view.value = "Tables"
    assert "refers to" in said(panel._shown)
    panel._text.value = "CREATE TABLE alone (id int PRIMARY KEY, note text)"
    assert said(panel._answer).startswith("1 table with 0 foreign keys")
    assert "alone" in said(panel._shown)


@pytest.mark.parametrize(
    ("ddl", "answer"),
    [
        ("", "Paste CREATE TABLE statements on the left"),
        ("CREATE TABEL x (id int)", "No table could be read."),
        ("x" * 5_000_001, "The text has 5,000,001 characters; the panel reads 5,000,000."),
    ],
)
def test_what_cannot_be_read_is_said_in_the_answer(ddl: str, answer: str) -> None:
    panel = ab.panels.schema("CREATE TABLE a (id int)")
    panel._text.value = ddl
    assert said(panel._answer).startswith(answer)


def test_a_design_s_ddl_is_saved_undone_and_marked_while_it_differs(panel: SchemaPanel, shop: Design) -> None:
    path = Path(shop.folder) / shop.stores[panel.store].schema_
    before = path.read_text()
    panel._text.value = before + "\nCREATE TABLE added (id int PRIMARY KEY);\n"
    assert "is not saved" in said(panel._answer)
    panel.save()
    assert "added" in path.read_text()
    assert "is not saved" not in said(panel._answer)
    panel.undo()
    assert path.read_text() == before
    assert panel._text.value == before
    panel.undo()
    assert "Nothing to undo" in said(panel._said)


def test_a_file_that_someone_else_has_changed_is_not_written_over(panel: SchemaPanel, shop: Design) -> None:
    path = Path(shop.folder) / shop.stores[panel.store].schema_
    path.write_text("-- mine\n")
    panel._text.value = "CREATE TABLE mine (id int)"
    panel.save()
    assert "has changed since it was loaded" in said(panel._said)
    assert path.read_text() == "-- mine\n"
    with pytest.raises(Conflict, match="has no DDL file"):
        save_ddl(shop, "sessions", "")


def test_an_experiment_runs_beside_the_page_and_is_kept(panel: SchemaPanel, shop: Design) -> None:
    panel._store.value, panel._engine.value, panel._rows.value = "orders-db", "duckdb", 1000.0
    panel.keep()
    assert "Nothing measured yet" in said(panel._said)
    panel.run()
    panel.run()
    assert "runs already" in said(panel._said) or panel.outcome
    panel.wait()
    assert "On DuckDB with 1 000 rows in" in said(panel._result)
    assert "How was this measured?" in panel._result.value
    panel.keep()
    assert "Kept in evidence.json: index_or_scan.orders-db.duckdb" in said(panel._said)
    assert "index_or_scan.orders-db.duckdb" in [entry.id for entry in ab.load_evidence(ab.load(shop.folder))]


def test_a_run_can_be_stopped_and_leaves_nothing(panel: SchemaPanel) -> None:
    panel._engine.value, panel._rows.value = "duckdb", 1_000_000.0
    panel.run()
    panel.stop()
    panel.wait()
    assert panel.outcome is None
    assert "Stopped" in said(panel._said)


def test_what_does_not_suit_an_experiment_is_said_before_and_after_run() -> None:
    panel = ab.panels.schema("CREATE TABLE t (ok boolean)")
    assert "Not on this schema: no table here has a foreign key" in said(panel._question)
    panel._engine.value = "duckdb"
    panel.run()
    panel.wait()
    assert "no table here has a foreign key" in said(panel._said)


def test_pasted_ddl_has_no_design_to_keep_evidence_in(panel: SchemaPanel) -> None:
    panel._store.value = PASTED
    panel.save()
    assert "belongs to no store" in said(panel._said)
    panel._engine.value, panel._rows.value = "duckdb", 1000.0
    panel.run()
    panel.wait()
    panel.keep()
    assert "run it on a design to keep its evidence" in said(panel._said)

"""The schema panel in JupyterLab: DDL is pasted, read and measured, in both themes."""

from __future__ import annotations

import nbformat

CELL = "import archbook as ab\nab.panels.schema()"
PASTED = """CREATE TABLE shelves (id bigint PRIMARY KEY);
CREATE TABLE books (id bigint PRIMARY KEY, shelf_id bigint REFERENCES shelves (id));"""


def test_ddl_is_pasted_read_and_measured_in_both_themes(lab, notebook):
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(document, lab.folder / "notebooks" / "schema_panel.ipynb")
    page = notebook("schema_panel", height=1900)
    page.run_all()
    page.at("text=2 tables").first.wait_for()
    page.shoot("schema-panel-example", ".archbook-panel")
    page.at(".archbook-ddl textarea").first.fill(PASTED)
    page.at("button:has-text('Read')").first.click()
    page.at("text=books").first.wait_for()
    for view in ("Lint", "Tables", "Told while reading", "Diagram"):
        page.at(f".archbook-panel button:has-text('{view}')").first.click()
        page.page.wait_for_timeout(300)
        page.shoot(f"schema-panel-{view.split()[0].lower()}", ".archbook-panel")
    page.at(".archbook-panel button:has-text('DuckDB')").first.click()
    page.at(".archbook-panel button:has-text('Run')").first.click()
    page.at("text=On DuckDB with").first.wait_for(timeout=60_000)
    page.shoot("schema-panel-light", ".archbook-panel")
    page.theme(dark=True)
    page.shoot("schema-panel-dark", ".archbook-panel")

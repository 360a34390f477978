"""`archbook ddl`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archbook.commands import ddl_file, output_option, tell

if TYPE_CHECKING:
    from archbook.schema import Entry, Schema

FORMS = ("summary", "ledger", "postgresql", "duckdb", "dbml", "mermaid")
SUFFIXES = {".dbml": "dbml", ".mmd": "mermaid", ".mermaid": "mermaid"}
MOST = 40  # tables listed without --all


@click.command("ddl")
@click.argument("subject", metavar="FILE_OR_DESIGN")
@click.option("--store", metavar="NAME", help="The store of a design whose DDL is meant, where several have some.")
@click.option("--to", "form", type=click.Choice(FORMS), help="What to write; else what FILE ends with, else a summary.")
@output_option
@click.option("--all", "everything", is_flag=True, help="Every table, and all of the ledger.")
def command(subject: str, store: str | None, form: str | None, output: Path | None, everything: bool) -> None:
    """Say what DDL was read as, and write it for other engines.

    FILE_OR_DESIGN is a file with DDL (PostgreSQL, pg_dump, MySQL, or a mixture), `-` for the standard input, or a
    design with a store that has some. The ledger lists, with line and reason, all that was not read as it stands.
    Of SQL written for an engine the last lines say what that engine lost.
    """
    from archbook.schema import parse

    title, ddl = _read(subject, store)
    if form is None and output is not None and output.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"{output} does not say what to write; add --to {'|'.join(FORMS)}")
    form = form or (SUFFIXES[output.suffix.lower()] if output else "summary")
    schema = parse(ddl)
    text = _written(schema, title, form, everything)
    if output is None:
        tell(text.rstrip("\n"))
        return
    from archbook.errors import ArchbookError

    try:
        output.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise ArchbookError(f"{output}: cannot be written ({error.strerror})") from None
    tell(f"wrote {output}: {_counts(schema)}")


def _read(subject: str, store: str | None) -> tuple[str, str]:
    """What the DDL is called, and its text."""
    from archbook import verbs
    from archbook.errors import ArchbookError
    from archbook.schema.ddl import stores_with_ddl
    from archbook.schema.lint import read_ddl

    if subject == "-":
        return "standard input", sys.stdin.read()
    if path := ddl_file(subject):
        return path.name, read_ddl(path)
    design = verbs.load(subject)
    known = list(design.source.ddl)
    if store is None and len(known) != 1:
        which = f"add --store {'|'.join(known)}" if known else "name a file in a store's `schema`"
        raise ArchbookError(f"{len(known) or 'no'} stores of {design.name} have DDL; {which}")
    (name,) = stores_with_ddl(design, store)
    return name, design.source.ddl[name]


def _written(schema: Schema, title: str, form: str, everything: bool) -> str:
    if form == "summary":
        return _summary(schema, title, everything)
    if form == "ledger":
        return _ledgers(schema)
    if form == "mermaid":
        from archbook.diagrams.er import er_picture

        return er_picture(schema, f"Tables of {title}").mermaid or ""
    if form == "dbml":
        from archbook.schema import to_dbml

        return to_dbml(schema)
    from archbook.schema import to_duckdb, to_postgres

    ddl = to_postgres(schema) if form == "postgresql" else to_duckdb(schema)
    lost = "".join(f"-- {_line(entry)}\n" for entry in ddl.ledger)
    return str(ddl) + (f"\n-- Lost or changed on the way to {form}:\n{lost}" if lost else "")


def _summary(schema: Schema, title: str, everything: bool) -> str:
    from archbook.diagrams.picture import counted, one_line
    from archbook.tables import as_columns

    tables = list(schema.tables.values())
    listed = tables if everything else tables[:MOST]
    rows = [
        (one_line(t.name), len(t.columns), one_line(", ".join(t.primary_key)) or None, len(t.foreign_keys) or None,
         len(t.indexes) or None, len(t.uniques) or None, len(t.checks) or None, t.line)
        for t in listed
    ]  # fmt: skip
    columns = ("table", ">columns", "primary key", ">foreign keys", ">indexes", ">unique", ">checks", ">line")
    parts = [f"{one_line(title)}: {_counts(schema)}.", as_columns(columns, rows).text() if rows else ""]
    if len(listed) < len(tables):
        parts.append(f"{counted(len(tables) - len(listed), 'further table')}: --all lists all.")
    concerns = schema.ledger if everything else schema.concerns()
    if concerns:
        heading = f"{counted(len(concerns), 'part')} not read as {'it stands' if len(concerns) == 1 else 'they stand'}:"
        parts.append("\n".join([heading, *map(_line, concerns[: None if everything else MOST])]))
    if len(concerns) > MOST and not everything:
        parts.append(f"{counted(len(concerns) - MOST, 'further part')}: --all lists all.")
    told = len(schema.ledger) - len(concerns)
    if told:
        parts.append(f"{counted(told, 'line')} of the ledger beside: kept as text, settings, rows (--to ledger).")
    return "\n\n".join(part for part in parts if part)


def _ledgers(schema: Schema) -> str:
    """What was not read as it stands, and what each engine would lose."""
    from archbook.schema import to_duckdb, to_postgres

    parts: list[tuple[str, Iterable[Entry]]] = [
        ("Read:", schema.ledger),
        ("Lost or changed for PostgreSQL:", to_postgres(schema).ledger),
        ("Lost or changed for DuckDB:", to_duckdb(schema).ledger),
    ]
    return "\n\n".join(
        "\n".join([heading, *(list(map(_line, entries)) or ["nothing to tell"])]) for heading, entries in parts
    )


def _line(entry: Entry) -> str:
    from archbook.diagrams.picture import one_line

    return one_line(str(entry))


def _counts(schema: Schema) -> str:
    from archbook.diagrams.picture import counted

    tables = schema.tables.values()
    indexes = sum(len(table.indexes) for table in tables)
    parts = [counted(len(tables), "table"), counted(sum(len(t.foreign_keys) for t in tables), "foreign key")]
    return ", ".join(parts) + " and " + (f"{indexes} indexes" if indexes != 1 else "1 index")

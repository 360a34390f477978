"""A table without a primary key."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.schema.model import Table


def keyless(subject: Subject) -> Hits:
    """A table whose rows nothing tells apart: it has no primary key."""
    for table in subject.tables:
        if not table.primary_key and table.columns:
            yield subject.at(table, "", f"{table.name} has no primary key", _key(subject, table))


def _key(subject: Subject, table: Table) -> str:
    sure = (key for key in table.unique_sets() if not any(table.column(name).nullable for name in key))
    if key := next(sure, None):
        return subject.alter(table, f"ADD PRIMARY KEY ({subject.sql(*key)})")
    name = "row_id" if table.has("id") else "id"
    if table.partition_by:  # its key has to hold the columns that it is partitioned by
        by = table.partition_by.partition("(")[2].rstrip(")")
        return subject.alter(
            table, f"ADD COLUMN {name} uuid NOT NULL DEFAULT gen_random_uuid(), ADD PRIMARY KEY ({name}, {by})"
        )
    number = "bigint AUTO_INCREMENT" if subject.mysql else "bigint GENERATED ALWAYS AS IDENTITY"
    return subject.alter(table, f"ADD COLUMN {name} {number} PRIMARY KEY")


RULE = Rule(
    id="no-primary-key",
    severity="high",
    principle=3,
    why=(
        "A row can be there twice and nothing can point to one of them; logical replication cannot update or delete it"
    ),
    remedy="Give every table a primary key; promote a unique, not nullable set of columns where there is one.",
    references=(
        "splinter: 0004_no_primary_key",
        "SchemaCrawler: LinterTableWithNoPrimaryKey",
        "pg-index-health: tables_without_primary_key",
        "sqlcheck: Primary Key Does Not Exist",
    ),
    check=keyless,
    fires="CREATE TABLE visits (page text NOT NULL, seen_at timestamptz NOT NULL);",
    quiet="CREATE TABLE visits (id uuid PRIMARY KEY, page text NOT NULL, seen_at timestamptz NOT NULL);",
)

"""A table in which everything may be missing."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject

LEAST_COLUMNS = 2


def optional(subject: Subject) -> Hits:
    """A table whose columns, all but its key, may be null."""
    for table in subject.tables:
        others = [column for column in table.columns if column.name not in table.primary_key]
        if len(others) >= LEAST_COLUMNS and all(column.nullable for column in others):
            what = f"every column of {table.name}{' but its key' if table.primary_key else ''} may be null"
            name = subject.sql(others[0].name)
            change = f"ALTER COLUMN {name} SET NOT NULL"
            if subject.mysql:
                change = f"MODIFY {name} {others[0].type} NOT NULL"
            yield subject.at(table, "", what, f"for each that a row cannot do without: {subject.alter(table, change)}")


RULE = Rule(
    id="all-nullable",
    severity="medium",
    principle=3,
    why="A row with nothing in it is valid, and every reader has to ask of every column what its absence means",
    remedy="Say NOT NULL wherever a row makes no sense without the value.",
    references=(
        "SchemaCrawler: LinterTableAllNullableColumns",
        "pg-index-health: tables_where_all_columns_nullable_except_pk",
        "Karwin, SQL Antipatterns, ch. 14 (Fear of the Unknown)",
    ),
    check=optional,
    fires="CREATE TABLE people (id uuid PRIMARY KEY, full_name text, born_on date);",
    quiet="CREATE TABLE people (id uuid PRIMARY KEY, full_name text NOT NULL, born_on date);",
)

"""The word NULL as a value."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def quoted(subject: Subject) -> Hits:
    """A default that is the four letters NULL, where no value was meant."""
    for table, column, _ in subject.columns:
        if (column.default or "").partition("::")[0].strip().casefold() == "'null'":
            name = subject.sql(column.name)
            do = subject.alter(table, f"ALTER COLUMN {name} DROP DEFAULT")
            yield subject.at_column(table, column, "has the text 'NULL' as its default", do)


RULE = Rule(
    id="null-in-quotes",
    severity="medium",
    principle=3,
    why="IS NULL does not find such a row, and a person called Null cannot be told from nobody",
    remedy="Write DEFAULT NULL, or no default.",
    references=("SchemaCrawler: LinterNullIntendedColumns",),
    check=quoted,
    fires="CREATE TABLE people (id uuid PRIMARY KEY, full_name text NOT NULL, note text DEFAULT 'NULL');",
    quiet="CREATE TABLE people (id uuid PRIMARY KEY, full_name text NOT NULL, note text DEFAULT NULL);",
)

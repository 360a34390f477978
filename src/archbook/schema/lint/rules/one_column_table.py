"""A table of one column."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def lonely(subject: Subject) -> Hits:
    """A table with a single column that no foreign key points to."""
    for table in subject.tables:
        if len(table.columns) == 1 and not subject.pointing.get(table.name):
            name = table.columns[0].name
            what = f"{table.name} has the single column {name}, and nothing points to it"
            do = f"let columns with such values point to it (`REFERENCES {subject.sql(table.name)}`), or drop it"
            yield subject.at(table, "", what, do)


RULE = Rule(
    id="one-column-table",
    severity="low",
    principle=6,
    why="A list of values that nobody is held to is a remark, and is forgotten",
    remedy="Point to it by foreign keys, or drop it.",
    references=(
        "SchemaCrawler: LinterTableWithSingleColumn",
        "pg-index-health: tables_with_zero_or_one_column",
    ),
    check=lonely,
    fires="CREATE TABLE countries (code text PRIMARY KEY);",
    quiet="CREATE TABLE countries (code text PRIMARY KEY, title text NOT NULL);",
)

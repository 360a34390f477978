"""Text that is called json."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def textual(subject: Subject) -> Hits:
    """A column of type json rather than jsonb."""
    for table, column, base in subject.columns:
        if base.name == "json" and not subject.mysql:
            do = subject.retype(table, column, "jsonb", f"{subject.sql(column.name)}::jsonb")
            yield subject.at_column(table, column, "is json, not jsonb", do)


RULE = Rule(
    id="json-column",
    severity="medium",
    principle=1,
    why="It is parsed anew at each look into it, has no equality (so DISTINCT and GROUP BY fail on it), and no "
    "index reaches inside",
    remedy="Use jsonb, unless the text has to come back to the byte.",
    references=(
        "pg-index-health: columns_with_json_type",
        "strong_migrations: adding a json column",
        "https://www.postgresql.org/docs/current/datatype-json.html",
    ),
    check=textual,
    fires="CREATE TABLE visits (id uuid PRIMARY KEY, details json NOT NULL);",
    quiet="CREATE TABLE visits (id uuid PRIMARY KEY, details jsonb NOT NULL);",
)

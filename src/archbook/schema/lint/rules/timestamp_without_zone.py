"""A moment without its time zone."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def zoneless(subject: Subject) -> Hits:
    """A column of type timestamp without time zone."""
    for table, column, base in subject.columns:
        if base.name == "timestamp" and not base.array and not subject.mysql:
            change = subject.retype(table, column, "timestamptz", f"{subject.sql(column.name)} AT TIME ZONE 'UTC'")
            do = f"{change} (where UTC is what was written)"
            yield subject.at_column(table, column, "is a timestamp without time zone", do)


RULE = Rule(
    id="timestamp-without-zone",
    severity="medium",
    principle=3,
    why="It is the reading of some clock, and nobody can tell which moment it was: an hour is there twice when "
    "summer time ends, and a client in another zone means another one",
    remedy="Use timestamptz, which takes the same 8 bytes and is a moment.",
    references=(
        "squawk: prefer-timestamptz",
        "pg-index-health: columns_with_timestamp_or_timetz_type",
        "https://wiki.postgresql.org/wiki/Don%27t_Do_This",
    ),
    check=zoneless,
    fires="CREATE TABLE visits (id uuid PRIMARY KEY, seen_at timestamp NOT NULL);",
    quiet="CREATE TABLE visits (id uuid PRIMARY KEY, seen_at timestamptz NOT NULL);",
)

"""A unique set that nulls escape."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def escaping(subject: Subject) -> Hits:
    """A unique set with a column that may be null: two rows with a null there are never the same."""
    for table in subject.tables:
        sets = [(unique.columns, unique.line) for unique in table.uniques]
        sets += [(index.columns, index.line) for index in table.indexes if index.unique and index.plain]
        for columns, line in sets:
            loose = [name for name in columns if table.column(name).nullable]
            if loose and len(loose) < max(len(columns), 2):
                several = len(columns) > 1
                names = f"({', '.join(columns)})" if several else columns[0]
                what = f"{table.name} {names} is unique, but not where {' or '.join(loose)} is null"
                do = _do(subject, table.name, loose)
                yield subject.at(table, ",".join(columns), what, do, line=line, severity="medium" if several else "low")


def _do(subject: Subject, table: str, loose: list[str]) -> str:
    if subject.mysql:
        return f"make {', '.join(loose)} of {table} NOT NULL, with a value that says none"
    sets = ", ".join(f"ALTER COLUMN {subject.sql(name)} SET NOT NULL" for name in loose)
    return f"`ALTER TABLE {subject.sql(table)} {sets};`, or UNIQUE NULLS NOT DISTINCT (PostgreSQL 15 or later)"


RULE = Rule(
    id="nullable-unique",
    severity="medium",
    principle=3,
    why="A null is equal to nothing, not even to another null, so the same pair gets in twice and nobody is told",
    remedy="Make the columns NOT NULL, or write NULLS NOT DISTINCT; a partial index says that nulls are meant.",
    references=(
        "SchemaCrawler: LinterNullColumnsInIndex",
        "pg-index-health: indexes_with_null_values",
        "https://www.postgresql.org/docs/current/indexes-unique.html",
    ),
    check=escaping,
    fires="CREATE TABLE seats (id uuid PRIMARY KEY, train text NOT NULL, seat text, UNIQUE (train, seat));",
    quiet="CREATE TABLE seats (id uuid PRIMARY KEY, train text NOT NULL, seat text NOT NULL, UNIQUE (train, seat));",
)

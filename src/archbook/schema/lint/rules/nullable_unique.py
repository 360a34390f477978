"""A unique set that nulls escape."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def escaping(subject: Subject) -> Hits:
    """A unique set with a column that may be null: two rows with a null there are never the same.

    Low for a column that is unique alone: several rows without a value may be what its null is for.
    """
    for table in subject.tables:
        sets = [(unique.columns, unique.line) for unique in table.uniques]
        sets += [(index.columns, index.line) for index in table.indexes if index.unique and index.plain]
        for columns, line in sets:
            loose = [name for name in columns if table.column(name).nullable]
            if loose and len(columns) == 1:
                what = f"{table.name}.{loose[0]} is unique, but any number of rows may be without it"
                do = _alone(subject, table.name, loose[0])
                yield subject.at(table, loose[0], what, do, line=line, severity="low")
            elif loose and len(loose) < len(columns):
                what = f"{table.name} ({', '.join(columns)}) is unique, but not where {' or '.join(loose)} is null"
                yield subject.at(table, ",".join(columns), what, _do(subject, table.name, loose), line=line)


def _alone(subject: Subject, table: str, column: str) -> str:
    if subject.mysql:
        return f"make {table}.{column} NOT NULL; or leave it so, where a row may be without it"
    name = subject.sql(column)
    return (
        f"`ALTER TABLE {subject.sql(table)} ALTER COLUMN {name} SET NOT NULL;`; or, where a row may be without it, say "
        f"so by a unique index with `WHERE {name} IS NOT NULL` in place of the constraint"
    )


def _do(subject: Subject, table: str, loose: list[str]) -> str:
    if subject.mysql:
        return f"make {', '.join(loose)} of {table} NOT NULL, with a value that says none"
    sets = ", ".join(f"ALTER COLUMN {subject.sql(name)} SET NOT NULL" for name in loose)
    return f"`ALTER TABLE {subject.sql(table)} {sets};`, or UNIQUE NULLS NOT DISTINCT (PostgreSQL 15 or later)"


RULE = Rule(
    id="nullable-unique",
    severity="medium",
    principle=3,
    why="A null is equal to nothing, not even to another null, so rows without a value are never the same, and the "
    "same comes in twice",
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

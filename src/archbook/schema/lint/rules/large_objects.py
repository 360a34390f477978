"""Several large objects in one table."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.units import listed

LARGE = ("bytea", "oid", "xml")


def heavy(subject: Subject) -> Hits:
    """A table with several columns of files or other large objects."""
    for table in subject.tables:
        large = [column for column in table.columns if subject.schema.base(column.type).name in LARGE]
        if len(large) > 1:
            names = listed(column.name for column in large)
            do = f"bytes into an object store, and here their key (`{large[0].name}_key text`); or a table of their own"
            what = f"{table.name} has {len(large)} columns of large objects: {names}"
            yield subject.at(table, "", what, do, line=large[0].line)


RULE = Rule(
    id="large-objects",
    severity="low",
    principle=1,
    why="Rows with files in them fill caches, the log, replicas and backups with bytes that few queries ask for",
    remedy="Put files into an object store, or into a table of their own.",
    references=("SchemaCrawler: LinterTooManyLobs",),
    check=heavy,
    fires="CREATE TABLE persons (id uuid PRIMARY KEY, photo bytea NOT NULL, passport bytea NOT NULL);",
    quiet="CREATE TABLE persons (id uuid PRIMARY KEY, photo_key text NOT NULL, passport_key text NOT NULL);",
)

"""Several large objects in one table."""

import re

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.schema.model import Column, Table
from archbook.units import listed

LARGE = ("bytea", "oid", "xml")
_SHORT = re.compile(
    r"(.*_)?(id|uuid|hash|checksum|digest|salt|token|key|signature|ip|address|timestamp|hex)", re.IGNORECASE
)


def heavy(subject: Subject) -> Hits:
    """A table with several columns of files or other large objects."""
    lines = subject.text.split("\n") if subject.mysql else []
    for table in subject.tables:
        large = [column for column in table.columns if _large(subject, table, column, lines)]
        if len(large) > 1:
            names = listed(column.name for column in large)
            do = f"bytes into an object store, and here their key (`{large[0].name}_key text`); or a table of their own"
            what = f"{table.name} has {len(large)} columns of large objects: {names}"
            yield subject.at(table, "", what, do, line=large[0].line)


def _large(subject: Subject, table: Table, column: Column, lines: list[str]) -> bool:
    """Whether it holds bytes that are not an id, a hash or the like; MySQL's short VARBINARY is bytea too."""
    if subject.schema.base(column.type).name not in LARGE or _SHORT.fullmatch(column.name):
        return False
    keyed = {name for key in table.foreign_keys for name in key.columns}
    keyed.update(name for path in subject.paths(table) for name in path.columns)
    blob = not lines or "BLOB" in lines[column.line - 1].upper().replace("TINYBLOB", "")
    return blob and column.name not in keyed and column.type.name not in subject.schema.domains


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

"""A row that may be its own parent."""

import re

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.schema.model import Table


def own_parent(subject: Subject) -> Hits:
    """A table that points to itself and lets a row be its own parent."""
    for table in subject.tables:
        for key in table.foreign_keys:
            target = subject.schema.target(key)
            tree = key.to == table.name and len(key.columns) == len(target) == 1
            if tree and not _checked(table, *key.columns, *target):
                own, to = subject.sql(*key.columns), subject.sql(*target)
                what = f"{table.name}.{own} may point to its own row"
                do = subject.alter(table, f"ADD CHECK ({own} <> {to})")
                yield subject.at(table, key.columns[0], what, do, line=key.line)


def _checked(table: Table, *names: str) -> bool:
    words = (set(re.findall(r"\w+", check.expression)) for check in table.checks)
    return any(set(names) <= said for said in words)


RULE = Rule(
    id="self-reference-without-check",
    severity="low",
    principle=3,
    why="A walk up the tree never ends at a row that is its own parent; longer circles need a walk that remembers "
    "where it was",
    remedy="Forbid it by a check, and read trees by WITH RECURSIVE … CYCLE, which stops at a circle.",
    references=(
        "Karwin, SQL Antipatterns, ch. 3 (Naive Trees)",
        "SchemaCrawler: LinterForeignKeySelfReference",
        "sqlcheck: Recursive Dependency",
    ),
    check=own_parent,
    fires="""\
CREATE TABLE categories (id uuid PRIMARY KEY, parent_id uuid REFERENCES categories (id));
CREATE INDEX categories_parent_id_idx ON categories (parent_id);
""",
    quiet="""\
CREATE TABLE categories (id uuid PRIMARY KEY, parent_id uuid REFERENCES categories (id), CHECK (parent_id <> id));
CREATE INDEX categories_parent_id_idx ON categories (parent_id);
""",
)

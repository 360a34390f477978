"""A foreign key that no index serves."""

import itertools

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Path, Subject, set_of
from archbook.schema.model import ForeignKey, Index, Table


def unindexed(subject: Subject) -> Hits:
    """A foreign key whose columns lead no index, so that whoever changes the parent reads the whole child."""
    if subject.mysql:  # InnoDB makes the index itself
        return
    for table in subject.schema.tables.values():
        for key in table.foreign_keys:
            if not served(subject, table, key):
                name = f"{table.name.rpartition('.')[2]}_{'_'.join(key.columns)}_idx"
                on = f"{subject.sql(table.name)} ({subject.sql(*key.columns)})"
                yield subject.at(
                    table,
                    set_of(key.columns),
                    f"{table.name}.{set_of(key.columns)} → {key.to} has no index",
                    f"`CREATE INDEX {subject.sql(name)} ON {on};`",
                    line=key.line,
                )


def served(subject: Subject, table: Table, key: ForeignKey) -> bool:
    """Whether some index over all rows begins with the key's columns, in any order."""
    return any(set(path.columns[: len(key.columns)]) == set(key.columns) for path in _paths(subject, table))


def _paths(subject: Subject, table: Table) -> list[Path]:
    other = [index for index in table.indexes if index.where is None and index.method in ("btree", "hash")]
    return subject.paths(table) + [Path(_leading(index), index.unique, index.name, index) for index in other]


def _leading(index: Index) -> tuple[str, ...]:
    """The columns of an index before its first expression."""
    if not index.expressions:
        return index.columns
    return tuple(itertools.takewhile(lambda name: name in index.columns, (part.strip('"') for part in index.parts)))


RULE = Rule(
    id="foreign-key-without-index",
    severity="medium",
    principle=1,
    why=("Every delete or key change of a parent row, and every look-up of its children, reads the whole child table"),
    remedy=(
        "Create an index that begins with the columns of the foreign key; a primary key or a unique constraint that "
        "does will do."
    ),
    references=(
        "splinter: 0001_unindexed_foreign_keys",
        "SchemaCrawler: LinterForeignKeyWithNoIndexes",
        "pg-index-health: foreign_keys_without_index",
        "https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK",
    ),
    check=unindexed,
    fires="""\
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES users (id));
""",
    quiet="""\
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES users (id));
CREATE INDEX orders_user_id_idx ON orders (user_id);
""",
)

"""A column that is called an id and points to nothing."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import INTEGERS, TEXTS, Subject, called
from archbook.schema.model import Column, Table, Type


def unbound(subject: Subject) -> Hits:
    """A column called `…_id` without a foreign key: no table is told that the row depends on it."""
    for table, column, base in subject.columns:
        stem = column.name.casefold().removesuffix("_id")
        if stem == column.name.casefold() or column.name in subject.keyed[table.name] or _typed(table, stem):
            continue
        parent = _parent(subject, table, stem, base)
        if parent is None:
            yield from _of_nobody(subject, table, column, base, stem)
        elif (parent, column.name) != (table, _key(parent)):
            on = f"{subject.sql(parent.name)} ({subject.sql(_key(parent))})"
            add = subject.alter(table, f"ADD FOREIGN KEY ({subject.sql(column.name)}) REFERENCES {on}")
            what = f"has no foreign key, and there is a table {parent.name}"
            yield subject.at_column(table, column, what, add)


def _typed(table: Table, stem: str) -> bool:
    return any(table.has(f"{stem}_{word}") for word in ("type", "kind"))  # rule polymorphic-reference


def _parent(subject: Subject, table: Table, stem: str, base: Type) -> Table | None:
    """The table that the column seems to name: its single key has a like type."""
    found = table if stem == "parent" else subject.table_of(stem)
    if found is None or len(found.primary_key) != 1:
        return None
    theirs = subject.schema.base(found.column(_key(found)).type).name
    alike = any(base.name in family and theirs in family for family in (INTEGERS, TEXTS, ("uuid",)))
    return found if alike and not base.array else None


def _key(table: Table) -> str:
    return table.primary_key[0]


def _of_nobody(subject: Subject, table: Table, column: Column, base: Type, stem: str) -> Hits:
    """An integer came out of some sequence; a unique one may be this table's own, a text another system's."""
    own = (column.name,) in table.unique_sets() or column.identity or column.comment
    known = subject.elsewhere & set(called(stem))
    if base.name in INTEGERS and not base.array and not own and not known:
        comment = f"`COMMENT ON COLUMN {subject.sql(f'{table.name}.{column.name}')} IS 'an id of …';`"
        if subject.mysql:
            comment = f"`{subject.sql(column.name)} … COMMENT 'an id of …'`"
        yield subject.at(
            table,
            column.name,
            f"{table.name}.{column.name} is an id of no table here",
            f"say whose it is, such as another service's: {comment}; or add its foreign key",
            line=column.line,
            severity="low",
        )


RULE = Rule(
    id="id-without-foreign-key",
    severity="medium",
    principle=3,
    why="Nothing stops an id of a row that never was or is gone, and readers cannot tell what it is an id of",
    remedy="Declare the foreign key; where the row lives in another service's store, say so in a comment.",
    references=("Karwin, SQL Antipatterns, ch. 5 (Keyless Entry)", "sqlcheck: Foreign Key Does Not Exist"),
    check=unbound,
    fires="""\
CREATE TABLE users (id uuid PRIMARY KEY, full_name text NOT NULL);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id uuid NOT NULL);
""",
    quiet="""\
CREATE TABLE users (id uuid PRIMARY KEY, full_name text NOT NULL);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id uuid NOT NULL UNIQUE REFERENCES users (id));
""",
)

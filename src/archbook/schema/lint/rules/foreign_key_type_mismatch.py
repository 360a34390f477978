"""A foreign key whose type is not that of the key it points to."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import INTEGERS, TEXTS, Subject
from archbook.schema.model import Column, ForeignKey, Table


def mismatched(subject: Subject) -> Hits:
    """A foreign key whose columns have another type than those they point to."""
    for table in subject.tables:
        for key in table.foreign_keys:
            parent, target = subject.schema.tables.get(key.to), subject.schema.target(key)
            if parent and len(target) == len(key.columns) and parent.has(*target):
                for name, to in zip(key.columns, target, strict=True):
                    yield from _compared(subject, table, table.column(name), key, parent, parent.column(to))


def _compared(subject: Subject, table: Table, column: Column, key: ForeignKey, parent: Table, to: Column) -> Hits:
    own, theirs = subject.schema.base(column.type), subject.schema.base(to.type)
    if own.name == theirs.name or (own.name in TEXTS and theirs.name in TEXTS):
        return
    name, target = f"{table.name}.{column.name}", f"{parent.name}.{to.name}"
    both = own.name in INTEGERS and theirs.name in INTEGERS
    yield subject.at(
        table,
        column.name,
        f"{name} is {own}, and {target} that it points to is {theirs}",
        subject.retype(table, column, str(theirs)),
        line=key.line,
        severity="medium" if both else "high",
    )


RULE = Rule(
    id="foreign-key-type-mismatch",
    severity="medium",
    principle=3,
    why=(
        "An id that fits the parent does not fit the child, or each join has to convert one side and cannot use its "
        "index"
    ),
    remedy="Give the column the type of the key that it points to.",
    references=("SchemaCrawler: LinterForeignKeyMismatch", "pg-index-health: foreign_keys_with_unmatched_column_type"),
    check=mismatched,
    fires="""\
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id integer NOT NULL UNIQUE REFERENCES users (id));
""",
    quiet="""\
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id bigint NOT NULL UNIQUE REFERENCES users (id));
""",
)

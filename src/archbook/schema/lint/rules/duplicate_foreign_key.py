"""A foreign key that says what another says already."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject, set_of
from archbook.schema.model import ForeignKey, Table


def repeated(subject: Subject) -> Hits:
    """A foreign key whose columns are among those of another one to the same table."""
    for table in subject.tables:
        for number, key in enumerate(table.foreign_keys):
            others = (k for n, k in enumerate(table.foreign_keys) if n != number and _within(key, k, n < number))
            if other := next(others, None):
                columns = set_of(key.columns)
                said = (
                    f"in the one over {set_of(other.columns)}"
                    if other.columns != key.columns
                    else f"in line {other.line}"
                )
                what = f"{table.name}.{columns} → {key.to} is already declared {said}"
                name = key.name or _named(table, number)
                kind = "FOREIGN KEY" if subject.mysql else "CONSTRAINT"
                do = subject.alter(table, f"DROP {kind} {subject.sql(name)}")
                yield subject.at(table, columns, what, do, line=key.line)


def _named(table: Table, number: int) -> str:
    """The name that PostgreSQL gives to the foreign key of that number, which has none."""
    columns = table.foreign_keys[number].columns
    earlier = sum(not key.name and key.columns == columns for key in table.foreign_keys[:number])
    return f"{table.name.rpartition('.')[2]}_{'_'.join(columns)}_fkey{earlier or ''}"


def _within(key: ForeignKey, other: ForeignKey, earlier: bool) -> bool:
    pairs, others = (set(zip(k.columns, k.to_columns or k.columns, strict=False)) for k in (key, other))
    return key.to == other.to and (pairs < others or (pairs == others and earlier))


RULE = Rule(
    id="duplicate-foreign-key",
    severity="medium",
    principle=3,
    why="Each is checked on every write, and the two may disagree about what a delete does",
    remedy="Drop the one that adds nothing.",
    references=("pg-index-health: duplicated_foreign_keys", "pg-index-health: intersected_foreign_keys"),
    check=repeated,
    fires="""\
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id uuid NOT NULL UNIQUE REFERENCES users (id));
ALTER TABLE orders ADD CONSTRAINT orders_users FOREIGN KEY (user_id) REFERENCES users (id);
""",
    quiet="""\
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id uuid NOT NULL UNIQUE REFERENCES users (id));
""",
)

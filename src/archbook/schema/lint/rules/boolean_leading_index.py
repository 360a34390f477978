"""An index that begins with a boolean."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def halved(subject: Subject) -> Hits:
    """An index whose first column is a boolean: it can tell two kinds of rows apart."""
    for table in subject.tables:
        for index in table.indexes:
            if index.plain and subject.schema.base(table.column(index.columns[0]).type).name == "bool":
                first, rest = index.columns[0], index.columns[1:] or table.primary_key or index.columns
                what = f"{index.name} on {table.name} begins with the boolean {first}"
                on = f"{subject.sql(table.name)} ({subject.sql(*rest)})"
                partial = f"`CREATE INDEX ON {on} WHERE {subject.sql(first)};`"
                if subject.mysql:
                    partial = f"put {first} last in it, or take it out"
                yield subject.at(table, index.name, what, partial, line=index.line)


RULE = Rule(
    id="boolean-leading-index",
    severity="low",
    principle=1,
    why="Half of the table is no selection: the planner reads the table instead, unless one of the two values is rare",
    remedy="Index the rare rows only, by a partial index over what they are asked for.",
    references=(
        "pg-index-health: indexes_with_boolean",
        "https://www.postgresql.org/docs/current/indexes-partial.html",
    ),
    check=halved,
    fires="""\
CREATE TABLE orders (id uuid PRIMARY KEY, placed_on date NOT NULL, paid boolean NOT NULL);
CREATE INDEX orders_paid_idx ON orders (paid);
""",
    quiet="""\
CREATE TABLE orders (id uuid PRIMARY KEY, placed_on date NOT NULL, paid boolean NOT NULL);
CREATE INDEX orders_unpaid_idx ON orders (placed_on) WHERE NOT paid;
""",
)

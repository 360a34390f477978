"""A list of values that is a type."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.units import listed


def fixed(subject: Subject) -> Hits:
    """A column whose values are listed in a type of its own (ENUM)."""
    for table, column, base in subject.columns:
        enum = subject.schema.enums.get(base.name)
        if enum and not base.array:
            what = f"has one of {len(enum.values)} values that its type lists: {listed(enum.values)}"
            name = subject.sql(column.name)
            check = f"CHECK ({name} IN ('{enum.values[0] if enum.values else ''}', …))"
            to = f"varchar({max(map(len, enum.values), default=1)})" if subject.mysql else "text"
            do = f"{subject.retype(table, column, to, f'{name}::text')} with `{check}`, or a table of the values"
            yield subject.at_column(table, column, what, do)


RULE = Rule(
    id="enum-type",
    severity="low",
    principle=3,
    why="A value can be added, but in PostgreSQL never removed again, and its place in the order is for good; in "
    "MySQL a change can rewrite the table",
    remedy="A check is changed in a moment; a table of values is changed by a row, and can say what each means.",
    references=(
        "Karwin, SQL Antipatterns, ch. 11 (31 Flavors)",
        "sqlcheck: Values In Definition",
        "https://www.postgresql.org/docs/current/datatype-enum.html",
    ),
    check=fixed,
    fires="""\
CREATE TYPE state AS ENUM ('new', 'paid', 'sent');
CREATE TABLE orders (id uuid PRIMARY KEY, state state NOT NULL);
""",
    quiet="CREATE TABLE orders (id uuid PRIMARY KEY, state text NOT NULL CHECK (state IN ('new', 'paid', 'sent')));",
)

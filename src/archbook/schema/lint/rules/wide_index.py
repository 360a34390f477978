"""An index of many columns."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject

MOST_COLUMNS = 3


def wide(subject: Subject) -> Hits:
    """An index, not unique, over more than three columns."""
    for table in subject.tables:
        for index in table.indexes:
            if index.plain and not index.unique and len(index.columns) > MOST_COLUMNS:
                columns, rest = index.columns[:MOST_COLUMNS], index.columns[MOST_COLUMNS:]
                include = f", or INCLUDE ({subject.sql(*rest)}) where a query reads them from it"
                what = f"{index.name} on {table.name} has {len(index.columns)} columns"
                do = f"`CREATE INDEX ON {subject.sql(table.name)} ({subject.sql(*columns)});`{include}"
                if subject.mysql:
                    do = f"end it after {columns[-1]}, unless a plan shows that {', '.join(rest)} is used"
                yield subject.at(table, index.name, what, do, line=index.line)


RULE = Rule(
    id="wide-index",
    severity="low",
    principle=1,
    why="After three columns few rows are left to tell apart, and each further one makes the index larger and "
    "changes it on more updates",
    remedy="End it where few rows are left; measure before a fourth column.",
    references=(
        "strong_migrations: adding a non-unique index with more than three columns",
        "https://use-the-index-luke.com/sql/where-clause/the-equals-operator/concatenated-keys",
    ),
    check=wide,
    fires="""\
CREATE TABLE orders (id uuid PRIMARY KEY, city text NOT NULL, status text NOT NULL, day date, paid date NOT NULL);
CREATE INDEX orders_all_idx ON orders (city, status, day, paid);
""",
    quiet="""\
CREATE TABLE orders (id uuid PRIMARY KEY, city text NOT NULL, status text NOT NULL, day date, paid date NOT NULL);
CREATE INDEX orders_most_idx ON orders (city, status, day);
""",
)

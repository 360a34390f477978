"""The same columns indexed in two orders."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.rules.duplicate_index import dropped
from archbook.schema.lint.subject import Subject


def overlapping(subject: Subject) -> Hits:
    """An index over the same columns as another one, in another order."""
    for table in subject.tables:
        paths = subject.paths(table)
        for number, path in enumerate(paths):
            others = (other for other in paths[:number] if set(other.columns) == set(path.columns))
            other = next((other for other in others if other.columns != path.columns), None)
            if path.index and not path.unique and other:
                first = path.columns[0]
                what = f"{path.name} on {table.name} has the columns of {other.name} in another order"
                shorter = f"`CREATE INDEX ON {subject.sql(table.name)} ({subject.sql(first)});`"
                do = f"{dropped(subject, table, path.index)} if no query asks for {first} alone, else make it {shorter}"
                yield subject.at(table, path.name, what, do, line=path.index.line)


RULE = Rule(
    id="overlapping-index",
    severity="low",
    principle=1,
    why="Where both columns are given one order serves as well as the other; the second only helps who asks for "
    "its first column alone",
    remedy="Keep the order that most queries need, and a single-column index for the others.",
    references=(
        "pg-index-health: intersected_indexes",
        "https://use-the-index-luke.com/sql/where-clause/the-equals-operator/concatenated-keys",
    ),
    check=overlapping,
    fires="""\
CREATE TABLE orders (id uuid PRIMARY KEY, city text NOT NULL, status text NOT NULL);
CREATE INDEX orders_city_status_idx ON orders (city, status);
CREATE INDEX orders_status_city_idx ON orders (status, city);
""",
    quiet="""\
CREATE TABLE orders (id uuid PRIMARY KEY, city text NOT NULL, status text NOT NULL);
CREATE INDEX orders_city_status_idx ON orders (city, status);
CREATE INDEX orders_status_idx ON orders (status);
""",
)

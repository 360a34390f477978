"""A list of values that wants to be a table."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.schema.model import Limit, Table
from archbook.units import listed

MOST_VALUES = 8


def long_list(subject: Subject) -> Hits:
    """A check that lists more than eight values, or the same list in the checks of several tables."""
    seen: dict[tuple[str | float, ...], list[tuple[Table, Limit, int]]] = {}
    for table in subject.tables:
        for check in table.checks:
            for limit in check.limits:
                if len(limit.values) > 1:
                    seen.setdefault(tuple(sorted(limit.values, key=str)), []).append((table, limit, check.line))
    for values, places in seen.items():
        homes = list(dict.fromkeys(table.name for table, _, _ in places))
        if len(values) > MOST_VALUES or (len(homes) > 1 and len(values) > 2):
            table, limit, line = places[0]
            what = f"{table.name}.{limit.column} lists {len(values)} values in its check ({listed(map(str, values))})"
            if len(homes) > 1:
                what = f"the same {len(values)} values of {limit.column} are listed in {listed(homes)}"
            values_table = f"`CREATE TABLE {subject.sql(limit.column)}_values (value text PRIMARY KEY);`"
            do = f"{values_table}, its rows, and a foreign key from {table.name}.{limit.column} instead of the check"
            yield subject.at(table, limit.column, what, do, line=line)


RULE = Rule(
    id="long-value-list",
    severity="low",
    principle=3,
    why="A new value is a migration wherever the list stands, the places drift apart, and nothing says what a "
    "value means",
    remedy="Make the values rows of a table, and point to it by foreign keys.",
    references=("Karwin, SQL Antipatterns, ch. 11 (31 Flavors)", "sqlcheck: Values In Definition"),
    check=long_list,
    fires="""\
CREATE TABLE shirts (id uuid PRIMARY KEY, colour text NOT NULL
    CHECK (colour IN ('red', 'blue', 'green', 'black', 'white', 'grey', 'pink', 'gold', 'navy')));
""",
    quiet="CREATE TABLE shirts (id uuid PRIMARY KEY, size text NOT NULL CHECK (size IN ('s', 'm', 'l')));",
)

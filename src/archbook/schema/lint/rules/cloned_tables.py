"""The same table once for each year or number."""

import re

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.schema.model import Table
from archbook.units import listed

_NUMBERED = re.compile(r"(.*?)_?\d{1,8}(?:_\d{1,2})?")


def cloned(subject: Subject) -> Hits:
    """Tables with the same columns whose names differ only in a number."""
    groups: dict[tuple[str, tuple[str, ...]], list[Table]] = {}
    for table in subject.tables:
        if numbered := _NUMBERED.fullmatch(table.name):
            columns = tuple(column.name for column in table.columns)
            groups.setdefault((numbered[1], columns), []).append(table)
    for (stem, _), tables in groups.items():
        if len(tables) > 1:
            names = listed(table.name for table in tables)
            do = (
                f"one table {stem} with a column for what the number says; where rows are many, "
                f"`CREATE TABLE {subject.sql(stem)} (…) PARTITION BY RANGE (…)`"
            )
            yield subject.at(tables[0], "", f"{names} are one table cut in {len(tables)} by hand", do)


RULE = Rule(
    id="cloned-tables",
    severity="medium",
    principle=1,
    why="Each year needs new DDL and new queries, no key is unique over all of them, and no foreign key can point "
    "to them",
    remedy="One table; partitions of it where it is large, which queries need not know about.",
    references=(
        "Karwin, SQL Antipatterns, ch. 9 (Metadata Tribbles)",
        "https://www.postgresql.org/docs/current/ddl-partitioning.html",
    ),
    check=cloned,
    fires="""\
CREATE TABLE sales_2025 (id uuid PRIMARY KEY, amount numeric(12, 2) NOT NULL);
CREATE TABLE sales_2026 (id uuid PRIMARY KEY, amount numeric(12, 2) NOT NULL);
""",
    quiet="CREATE TABLE sales (id uuid PRIMARY KEY, amount numeric(12, 2) NOT NULL, sold_on date NOT NULL);",
)

"""The same column several times."""

import re

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.schema.model import Column
from archbook.units import listed

_NUMBERED = re.compile(r"(.*?\D)_?(\d{1,2})")


def repeated(subject: Subject) -> Hits:
    """Columns that are one thing numbered through: address1, address2, address3."""
    for table in subject.tables:
        keyed = {name for key in table.foreign_keys for name in key.columns}  # the two ends of a link, and the like
        groups: dict[tuple[str, str], list[Column]] = {}
        for column in table.columns:
            if numbered := _NUMBERED.fullmatch(column.name):
                groups.setdefault((numbered[1].rstrip("_"), subject.schema.base(column.type).name), []).append(column)
        for (stem, _), columns in groups.items():
            if _consecutive(columns) and not keyed & {column.name for column in columns}:
                names = listed(column.name for column in columns)
                what = f"{table.name} numbers {names}: at most {len(columns)} of one thing"
                links = subject.sql(f"{table.name.rpartition('.')[2]}_{stem}")
                on = f"REFERENCES {subject.sql(table.name)}"
                parts = f"… {on}, position integer, {stem} {columns[0].type}, PRIMARY KEY (…, position)"
                do = f"`CREATE TABLE {links} ({parts});`"
                yield subject.at(table, columns[0].name, what, do, line=columns[0].line)


def _consecutive(columns: list[Column]) -> bool:
    """Whether two of them have numbers that follow each other; iso_639_1 and iso_639_3 are two standards."""
    numbers = {int(numbered[2]) for column in columns if (numbered := _NUMBERED.fullmatch(column.name))}
    return any(number + 1 in numbers for number in numbers)


RULE = Rule(
    id="repeated-columns",
    severity="medium",
    principle=3,
    why="To find a value asks every column, the next one needs new DDL and new code, and nothing keeps a value "
    "from standing there twice",
    remedy="A row for each, in a table of its own; or one column, where only the lines of a text were meant.",
    references=(
        "Karwin, SQL Antipatterns, ch. 8 (Multicolumn Attributes)",
        "SchemaCrawler: LinterTableWithIncrementingColumns",
        "sqlcheck: Metadata Tribbles",
    ),
    check=repeated,
    fires="CREATE TABLE people (id uuid PRIMARY KEY, phone1 text NOT NULL, phone2 text NOT NULL);",
    quiet="CREATE TABLE people (id uuid PRIMARY KEY, phone text NOT NULL, sha256 text NOT NULL);",
)

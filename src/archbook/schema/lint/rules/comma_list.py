"""A list in one text."""

import re

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import TEXTS, Subject
from archbook.schema.model import Type

_LIST = re.compile(r"(?:.*_)?(?:ids|list|tags|keywords|categories|roles|emails|csv)", re.IGNORECASE)
LEAST_LENGTH = 16


def packed(subject: Subject) -> Hits:
    """A text column named after several things: tags, keywords, `…_ids`, `…_list`."""
    for table, column, base in subject.columns:
        if base.name in TEXTS and not base.array and not _short(base) and _LIST.fullmatch(column.name):
            one = re.sub(r"(?<!s)s$", "", re.sub(r"_?(list|csv)$", "", column.name)) or "item"
            links = subject.sql(f"{table.name.rpartition('.')[2]}_{column.name}")
            parent = f"REFERENCES {subject.sql(table.name)}"
            do = f"`CREATE TABLE {links} (… {parent}, {one} text, PRIMARY KEY (…, {one}));`"
            array = "" if subject.mysql else "; or `text[]` with a GIN index, where nothing points to its items"
            yield subject.at_column(table, column, "holds a list in a text", do + array)


def _short(type_: Type) -> bool:
    """Too short for a list: a flag, such as ``show_list varchar(2)``."""
    return bool(type_.modifiers) and type_.modifiers[0] in range(LEAST_LENGTH)


RULE = Rule(
    id="comma-list",
    severity="medium",
    principle=3,
    why="No index finds a value in the middle, no foreign key checks it, and every change reads and writes the "
    "whole list",
    remedy="A row for each value, in a table of links.",
    references=("Karwin, SQL Antipatterns, ch. 2 (Jaywalking)", "sqlcheck: Multi-Valued Attribute"),
    check=packed,
    fires="CREATE TABLE posts (id uuid PRIMARY KEY, tags text NOT NULL);",
    quiet="CREATE TABLE posts (id uuid PRIMARY KEY, tags text[] NOT NULL);",
)

"""A table of attribute names and values."""

import re

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import TEXTS, Subject
from archbook.schema.model import Table

_VALUE = re.compile(r"(\w+_)?(value|val)(_text|_string)?", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(\w+_)?(key|attr|attribute|property|prop|field|meta)(_name|_key|_id|_code)?|name", re.IGNORECASE
)
_MOST_COLUMNS = 8


def generic(subject: Subject) -> Hits:
    """A table whose rows are one attribute of something: its name in one column, its value in another."""
    for table in subject.tables:
        value = next((c for c in table.columns if _VALUE.fullmatch(c.name)), None)
        if value is None or subject.schema.base(value.type).name not in TEXTS or len(table.columns) > _MOST_COLUMNS:
            continue
        attribute = next((c.name for c in table.columns if c is not value and _ATTRIBUTE.fullmatch(c.name)), None)
        entity = _entity(table, attribute or "")
        if attribute and entity:
            yield subject.at(
                table,
                "",
                f"{table.name} keeps attributes as rows: {attribute} and {value.name} of each {entity}",
                f"give each known attribute a column with its type in the table that {entity} names, and the rest one "
                f"`attributes {'json' if subject.mysql else 'jsonb'}` column there",
            )


def _entity(table: Table, attribute: str) -> str:
    """The column that says what the attribute belongs to."""
    keyed = [name for key in table.foreign_keys for name in key.columns]
    named = [column.name for column in table.columns if column.name.casefold().endswith("_id")]
    own = table.primary_key if len(table.primary_key) == 1 else ()
    return next((name for name in (*keyed, *named) if name != attribute and name not in own), "")


RULE = Rule(
    id="entity-attribute-value",
    severity="medium",
    principle=3,
    why="No type, NOT NULL, check or foreign key holds for a value, and to read one thing back takes a join for "
    "each attribute",
    remedy="Columns for what is known; jsonb for what is open.",
    references=("Karwin, SQL Antipatterns, ch. 6 (Entity-Attribute-Value)", "sqlcheck: Entity-Attribute-Value Pattern"),
    check=generic,
    fires="""\
CREATE TABLE products (id uuid PRIMARY KEY);
CREATE TABLE traits (product_id uuid REFERENCES products, name text, value text, PRIMARY KEY (product_id, name));
""",
    quiet="CREATE TABLE settings (name text PRIMARY KEY, value text NOT NULL);",
)

"""Money in binary fractions."""

import re

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject

_MONEY = re.compile(
    r"(?:.*_)?(price|amount|total|subtotal|cost|fee|tax|balance|salary|wage|revenue|discount|payment|refund|deposit|budget"
    r"|credit|debit|invoice|money|cash)(?:_(?:usd|eur|gbp|net|gross|due|paid|amount|total|price|value|sum|each))*",
    re.IGNORECASE,
)


def inexact(subject: Subject) -> Hits:
    """An amount of money in a binary floating-point column."""
    for table, column, base in subject.columns:
        if base.name in ("float4", "float8") and _MONEY.fullmatch(column.name):
            do = subject.retype(table, column, "numeric(12, 2)")
            yield subject.at_column(table, column, f"is money as {base}", do)


RULE = Rule(
    id="float-money",
    severity="high",
    principle=3,
    why="0.1 has no exact binary fraction, so sums are off by cents, depend on their order, and do not compare equal",
    remedy="Use numeric with the digits of the currency, or whole cents as bigint.",
    references=(
        "Karwin, SQL Antipatterns, ch. 10 (Rounding Errors)",
        "sqlcheck: Imprecise Data Type",
        "https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-FLOAT",
    ),
    check=inexact,
    fires="CREATE TABLE items (id uuid PRIMARY KEY, price double precision NOT NULL);",
    quiet="CREATE TABLE items (id uuid PRIMARY KEY, price numeric(12, 2) NOT NULL, weight_kg real NOT NULL);",
)

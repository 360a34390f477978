"""The type money."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def money(subject: Subject) -> Hits:
    """A column of the type money, whose currency is a setting of the server."""
    for table, column, base in subject.columns:
        if base.name == "money":
            do = subject.retype(table, column, "numeric(12, 2)", f"{subject.sql(column.name)}::numeric")
            yield subject.at_column(table, column, "has the type money", f"{do}, with a column for the currency")


RULE = Rule(
    id="money-type",
    severity="medium",
    principle=3,
    why="It knows no currency: the same bytes are dollars or yen by the setting lc_monetary, and a restore "
    "elsewhere changes them",
    remedy="Use numeric, and a column that names the currency.",
    references=("https://wiki.postgresql.org/wiki/Don%27t_Do_This", "pg-index-health: columns_with_money_type"),
    check=money,
    fires="CREATE TABLE items (id uuid PRIMARY KEY, price money NOT NULL);",
    quiet="CREATE TABLE items (id uuid PRIMARY KEY, price numeric(12, 2) NOT NULL);",
)

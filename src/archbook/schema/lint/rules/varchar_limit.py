"""A varchar(n) whose limit means nothing."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def limited(subject: Subject) -> Hits:
    """A column of type varchar(n)."""
    for table, column, base in subject.columns:
        if base.name == "varchar" and base.modifiers and not subject.mysql:
            check = f"ADD CHECK (char_length({subject.sql(column.name)}) <= {base.modifiers[0]})"
            do = f"{subject.retype(table, column, 'text')}; if the limit is a rule of yours, `{check}`"
            yield subject.at_column(table, column, f"is {base}", do)


RULE = Rule(
    id="varchar-limit",
    severity="low",
    principle=1,
    why="The limit saves no byte and no time, refuses the first longer value at run time, and hides whether "
    "anybody meant it",
    remedy="Use text; write a limit that is a rule of the business as a check, which can be changed without a rewrite.",
    references=(
        "squawk: prefer-text-field",
        "pg-index-health: columns_with_fixed_length_varchar",
        "https://wiki.postgresql.org/wiki/Don%27t_Do_This",
    ),
    check=limited,
    fires="CREATE TABLE people (id uuid PRIMARY KEY, full_name varchar(255) NOT NULL);",
    quiet="CREATE TABLE people (id uuid PRIMARY KEY, full_name text NOT NULL);",
)

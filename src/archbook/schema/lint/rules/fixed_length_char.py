"""A char(n)."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def padded(subject: Subject) -> Hits:
    """A column of type char(n) with more than one character: it is filled up with spaces."""
    for table, column, base in subject.columns:
        length = base.modifiers[0] if base.modifiers else 1
        if base.name == "bpchar" and length != 1 and not subject.mysql:
            check = f"CHECK (char_length({subject.sql(column.name)}) = {length})"
            do = f"{subject.retype(table, column, 'text')}, and where all values are that long, `ADD {check}`"
            yield subject.at_column(table, column, f"is {base}", do)


RULE = Rule(
    id="fixed-length-char",
    severity="low",
    principle=3,
    why="Shorter values are filled up with spaces that are stored, come back to the client, and do not count in "
    "comparisons with char but do with text",
    remedy="Use text, with a check where the length is really fixed.",
    references=("squawk: ban-char-field", "https://wiki.postgresql.org/wiki/Don%27t_Do_This"),
    check=padded,
    fires="CREATE TABLE countries (code char(2) PRIMARY KEY, title text NOT NULL);",
    quiet="CREATE TABLE countries (code text PRIMARY KEY CHECK (char_length(code) = 2), title text NOT NULL);",
)

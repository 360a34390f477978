"""A name that has to be quoted."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.schema.model import Table
from archbook.units import listed


def awkward(subject: Subject) -> Hits:
    """A name that works in quotes only: a word that SQL reserves, upper case, or a character of another kind."""
    for table in subject.tables:
        names = [name for name in _names(table) if not subject.bare(name)]
        if names and not subject.mysql:
            name = names[0]
            why = "SQL reserves it" if name in subject.reserved else "it has more than lower-case letters, digits and _"
            more = f" ({listed(names)})" if len(names) > 1 else ""
            part = "" if name in table.name.split(".") else f"COLUMN {subject.sql(name)} "
            home = f" of {table.name}" if part else ", the name of a table,"
            what = f"`{name}`{home} has to be quoted: {why}{more}"
            yield subject.at(table, "", what, subject.alter(table, f"RENAME {part}TO {_plain(name)}"))


def _names(table: Table) -> list[str]:
    return [*table.name.split("."), *(column.name for column in table.columns)]


def _plain(name: str) -> str:
    """A name like it that needs no quotes.

    >>> _plain("userId"), _plain("order")
    ('user_id', 'order_')
    """
    pairs = zip(" " + name, name, strict=False)
    split = "".join(f"_{c}" if c.isupper() and before.islower() else c for before, c in pairs)
    words = "".join(c if c.isascii() and c.isalnum() else "_" for c in split).casefold().strip("_")
    return words if words and words != name else f"{words}_"


RULE = Rule(
    id="quoted-name",
    severity="low",
    principle=6,
    why="Whoever forgets the quotes gets a syntax error, or another name in silence: SELECT user answers who is "
    "signed in",
    remedy="Call it something that needs no quotes, such as the plural.",
    references=(
        "SchemaCrawler: LinterTableWithQuotedNames",
        "https://wiki.postgresql.org/wiki/Don%27t_Do_This",
        "https://www.postgresql.org/docs/current/sql-keywords-appendix.html",
    ),
    check=awkward,
    fires='CREATE TABLE "order" (id uuid PRIMARY KEY, city text NOT NULL);',
    quiet="CREATE TABLE orders (id uuid PRIMARY KEY, city text NOT NULL);",
)

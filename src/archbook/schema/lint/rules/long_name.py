"""A name that PostgreSQL cuts off."""

import re

from archbook.findings import Hit, Hits, Rule
from archbook.schema.lint.subject import Subject

MOST_BYTES = 63
_LONG = re.compile(rf"(?<![\w$])[\w$]{{{MOST_BYTES + 1},}}(?![\w$])|\"(?:[^\"\n]|\"\"){{{MOST_BYTES // 4 + 1},}}\"")
_NAMING = re.compile(
    r"(?:TABLE|INDEX|CONSTRAINT|TYPE|DOMAIN|EXISTS|ONLY|COLUMN|TO|KEY|CONCURRENTLY)\s+(?:\w+\.)?$|[(,]\s*$",
    re.IGNORECASE,
)


def cut(subject: Subject) -> Hits:
    """A name of more than 63 bytes."""
    if subject.mysql:  # it refuses such a name
        return
    for found in dict.fromkeys(_found(subject.text)):
        name, line = found
        kept = name.encode()[:MOST_BYTES].decode(errors="ignore")
        what = f"`{name}` has {len(name.encode())} bytes, and PostgreSQL keeps {MOST_BYTES} of them"
        yield Hit(kept, what, f"line {line}: call it something shorter than `{kept}`", (line,))


def _found(text: str) -> list[tuple[str, int]]:
    names = []
    for match in _LONG.finditer(text):
        name = match[0].strip('"')
        if len(name.encode()) > MOST_BYTES and _NAMING.search(text, max(match.start() - 60, 0), match.start()):
            names.append((name, text.count("\n", 0, match.start()) + 1))
    return names


RULE = Rule(
    id="long-name",
    severity="medium",
    principle=6,
    why="The rest is cut off with a notice that nobody reads: two names may become one, and code that looks the "
    "name up does not find it",
    remedy="Shorten it to 63 bytes or fewer.",
    references=(
        "squawk: identifier-too-long",
        "pg-index-health: possible_object_name_overflow",
        "https://www.postgresql.org/docs/current/sql-syntax-lexical.html",
    ),
    check=cut,
    fires="""\
CREATE TABLE orders_that_were_placed_by_customers_of_the_northern_region_last_year
    (id uuid PRIMARY KEY, city text NOT NULL);
""",
    quiet="CREATE TABLE northern_orders (id uuid PRIMARY KEY, city text NOT NULL);",
)

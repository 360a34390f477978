"""MySQL's syntax among PostgreSQL's."""

from archbook.findings import Hit, Hits, Rule
from archbook.schema.lint.subject import Subject


def foreign(subject: Subject) -> Hits:
    """A part in another dialect, in a DDL that is otherwise PostgreSQL's: no engine takes the whole."""
    if subject.mysql:
        return
    for entry in subject.schema.ledger:
        if entry.kind == "read as meant" and entry.why.startswith("PostgreSQL"):
            want = entry.why.removeprefix("PostgreSQL wants ")
            yield Hit(entry.part, f"{entry.part} {entry.what}", f"write `{want};`", (entry.line,))


RULE = Rule(
    id="mysql-syntax",
    severity="high",
    principle=3,
    why="PostgreSQL refuses the statement, or takes `INDEX idx (col)` for a column called index; MySQL refuses "
    "the rest",
    remedy="Write it in the dialect of the engine that you use.",
    references=(
        "https://www.postgresql.org/docs/current/sql-createtable.html",
        "https://dev.mysql.com/doc/refman/8.4/en/create-table.html",
    ),
    check=foreign,
    fires="CREATE TABLE visits (id uuid PRIMARY KEY, page text NOT NULL, INDEX idx_page (page));",
    quiet="""\
CREATE TABLE visits (id uuid PRIMARY KEY, page text NOT NULL);
CREATE INDEX idx_page ON visits (page);
""",
)

"""A table that nobody has described."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def undescribed(subject: Subject) -> Hits:
    """A table without a comment."""
    for table in subject.tables:
        if not table.comment:
            name = subject.sql(table.name)
            do = f"`COMMENT ON TABLE {name} IS '…';`: what one row is, who writes it, how long it is kept"
            if subject.mysql:
                do = f"`ALTER TABLE {name} COMMENT = '…';`: what one row is, who writes it, how long it is kept"
            yield subject.at(table, "", f"{table.name} has no comment", do)


RULE = Rule(
    id="no-comment",
    severity="low",
    principle=6,
    why="The name says what it is called, not what one row means, who writes it and when it may go; the database "
    "shows a comment wherever the table is",
    remedy="Say in one sentence what a row is.",
    references=("SchemaCrawler: LinterTableWithNoRemarks", "pg-index-health: tables_without_description"),
    check=undescribed,
    fires="CREATE TABLE visits (id uuid PRIMARY KEY, page text NOT NULL);",
    quiet="""\
CREATE TABLE visits (id uuid PRIMARY KEY, page text NOT NULL);
COMMENT ON TABLE visits IS 'One row for each page that was shown; kept for 90 days.';
""",
)

"""A table that stands alone."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject

LEAST_TABLES = 3


def unrelated(subject: Subject) -> Hits:
    """A table that no foreign key joins to the others, and no comment says why."""
    alone = [t for t in subject.tables if not subject.keyed[t.name] and not subject.pointing.get(t.name)]
    if len(subject.tables) < LEAST_TABLES or 2 * len(alone) > len(subject.tables):
        return  # most tables stand alone: foreign keys are not this schema's way
    for table in alone:
        if not table.comment:
            name = subject.sql(table.name)
            do = f"declare its foreign keys, or say why it stands alone: `COMMENT ON TABLE {name} IS '…';`"
            if subject.mysql:
                do = f"declare its foreign keys, or say why it stands alone: `ALTER TABLE {name} COMMENT = '…';`"
            yield subject.at(table, "", f"{table.name} is joined to no other table", do)


RULE = Rule(
    id="unrelated-table",
    severity="low",
    principle=6,
    why="Either its keys are not declared and nothing checks them, or it is left over, or it belongs elsewhere",
    remedy="Declare its keys, say why it stands alone, or drop it.",
    references=("pg-index-health: tables_not_linked_to_others",),
    check=unrelated,
    fires="""\
CREATE TABLE users (id uuid PRIMARY KEY, full_name text NOT NULL);
CREATE TABLE notes (id uuid PRIMARY KEY, user_id uuid NOT NULL UNIQUE REFERENCES users);
CREATE TABLE things (id uuid PRIMARY KEY, title text NOT NULL);
""",
    quiet="""\
CREATE TABLE users (id uuid PRIMARY KEY, full_name text NOT NULL);
CREATE TABLE notes (id uuid PRIMARY KEY, user_id uuid NOT NULL UNIQUE REFERENCES users);
CREATE TABLE things (id uuid PRIMARY KEY, title text NOT NULL);
COMMENT ON TABLE things IS 'What the relay has still to send.';
""",
)

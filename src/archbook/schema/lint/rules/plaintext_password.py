"""A password that can be read."""

import re

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import TEXTS, Subject

_PASSWORD = re.compile(r"(?:.*_)?(?:password|passwd|passphrase|pwd|pass)(?:_plain|_text)?", re.IGNORECASE)


def readable(subject: Subject) -> Hits:
    """A text column called after a password and not after its hash."""
    for table, column, base in subject.columns:
        if base.name in TEXTS and _PASSWORD.fullmatch(column.name):
            new = subject.sql(f"{column.name}_hash")
            do = subject.alter(table, f"RENAME COLUMN {subject.sql(column.name)} TO {new}")
            yield subject.at_column(
                table,
                column,
                "is a password, or a hash that is called one",
                f"keep only its hash (Argon2id, with a salt of its own): {do} once every value is one",
            )


RULE = Rule(
    id="plaintext-password",
    severity="high",
    principle=3,
    why="Whoever reads the table, a backup or a log of it can sign in as anybody, here and wherever people use "
    "the same password again",
    remedy="Store only a slow, salted hash, and call the column so.",
    references=(
        "Karwin, SQL Antipatterns, ch. 20 (Readable Passwords)",
        "sqlcheck: Readable Passwords",
        "OWASP ASVS 5, V11.4.2",
    ),
    check=readable,
    fires="CREATE TABLE users (id uuid PRIMARY KEY, password text NOT NULL);",
    quiet="CREATE TABLE users (id uuid PRIMARY KEY, password_hash text NOT NULL);",
)

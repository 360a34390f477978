"""A password that can be read."""

import re

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import TEXTS, Subject
from archbook.schema.model import Table

_PASSWORD = re.compile(r"(?:.*_)?(?:password|passwd|passphrase|pwd|pass)(?:_plain|_text)?", re.IGNORECASE)
_SOMEBODYS = re.compile(r"(?:user_?|login_?|account_?)?(?:password|passwd|pwd|pass)(?:_plain|_text)?", re.IGNORECASE)
_PEOPLE = ("user", "account", "member", "customer", "person", "people", "staff", "employee", "admin", "login", "editor",
           "author", "player", "student", "subscriber", "client", "contact", "credential")  # fmt: skip


def readable(subject: Subject) -> Hits:
    """A text column called after a password and not after its hash."""
    for table, column, base in subject.columns:
        if base.name not in TEXTS or not _PASSWORD.fullmatch(column.name):
            continue
        if _SOMEBODYS.fullmatch(column.name) and _people(table):
            new = subject.sql(f"{column.name}_hash")
            change = subject.alter(table, f"RENAME COLUMN {subject.sql(column.name)} TO {new}")
            do = f"keep only its hash (Argon2id, with a salt of its own): {change} once every value is one"
            yield subject.at_column(table, column, "is a password, or a hash that is called one", do)
        else:
            what = f"{table.name}.{column.name} is a secret in a column that anybody who reads the table can read"
            do = "keep it in a store of secrets, and here the name under which it is found there; or encrypt it"
            yield subject.at(table, column.name, what, do, line=column.line, severity="medium")


def _people(table: Table) -> bool:
    """Whether its rows are those who sign in."""
    return any(word in table.name.casefold() for word in _PEOPLE) or table.has("email")


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

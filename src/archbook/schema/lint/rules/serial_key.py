"""A column numbered by serial."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def serial(subject: Subject) -> Hits:
    """A column numbered by serial, where the standard has identity columns."""
    for table, column, base in subject.columns:
        if column.identity == "serial" and not subject.mysql:
            words = f"{subject.sql(column.name)} {base} GENERATED ALWAYS AS IDENTITY"
            yield subject.at_column(table, column, "is numbered by serial", f"write `{words}`")


RULE = Rule(
    id="serial-key",
    severity="low",
    principle=6,
    why="Its sequence has rights and a name of its own, survives a copied default, and any insert may pass a "
    "number by hand that the sequence hits later",
    remedy="Write GENERATED ALWAYS AS IDENTITY (PostgreSQL 10 or later).",
    references=(
        "squawk: prefer-identity",
        "pg-index-health: primary_keys_with_serial_types",
        "https://wiki.postgresql.org/wiki/Don%27t_Do_This",
    ),
    check=serial,
    fires="CREATE TABLE visits (id bigserial PRIMARY KEY, page text NOT NULL);",
    quiet="CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, page text NOT NULL);",
)

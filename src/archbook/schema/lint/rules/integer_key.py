"""A numbered key of 32 bits or less."""

import dataclasses

from archbook.findings import Hits, Rule, Severity
from archbook.schema.lint.subject import Subject
from archbook.units import listed

MOST = {"int4": 2**31 - 1, "int2": 2**15 - 1}


def short(subject: Subject) -> Hits:
    """A key that the database numbers and that ends at 2.1 billion, or earlier."""
    for table in subject.tables:
        if len(table.primary_key) != 1:
            continue
        column = table.column(table.primary_key[0])
        most = MOST.get(subject.schema.base(column.type).name)
        if most and column.identity:
            pointing = [f"{child.name}.{key.columns[0]}" for child, key in subject.pointing.get(table.name, ())]
            also = f", then the same for {listed(pointing)}" if pointing else ""
            to = "bigint unsigned AUTO_INCREMENT" if subject.mysql else "bigint"
            rows = subject.rows.get(table.name, 0.0)
            severity: Severity = "high" if rows > most / 10 else "low" if 0 < rows < most / 1000 else "medium"
            what = f"ends after {most:,} inserts".replace(",", "\u202f")
            hit = subject.at_column(table, column, what, subject.retype(table, column, to) + also)
            yield dataclasses.replace(hit, severity=severity)


RULE = Rule(
    id="integer-key",
    severity="medium",
    principle=1,
    why="At the last number every insert fails, and widening the column of a full table rewrites it under a lock; "
    "failed inserts and deletes use numbers up too",
    remedy="Number keys by bigint from the first day: four bytes a row are cheaper than that night.",
    references=("squawk: prefer-bigint-over-int", "strong_migrations: changing the type of a column"),
    check=short,
    fires="CREATE TABLE visits (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, page text NOT NULL);",
    quiet="CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, page text NOT NULL);",
)

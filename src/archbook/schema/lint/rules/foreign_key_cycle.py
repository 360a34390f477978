"""Foreign keys that run in a circle."""

import itertools

from archbook.design.cycles import cycles
from archbook.findings import Hit, Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.schema.model import ForeignKey, Table


def circular(subject: Subject) -> Hits:
    """Tables whose foreign keys run in a circle, so that none of them can be filled, copied or emptied first."""
    edges = {
        (table.name, key.to): (table, key)
        for table in subject.tables
        for key in table.foreign_keys
        if key.to != table.name and key.to in subject.schema.tables
    }
    for path in cycles(edges):
        yield _hit(subject, path, [edges[step] for step in itertools.pairwise(path)])


def _hit(subject: Subject, path: list[str], links: list[tuple[Table, ForeignKey]]) -> Hit:
    table, key = next((link for link in links if _loose(*link)), links[0])
    what = f"the foreign keys of {' → '.join(path)} run in a circle"
    if _loose(table, key):
        do = f"insert with {table.name}.{', '.join(key.columns)} empty and set it afterwards, or take the key out"
        return subject.at(table, "", what, do, line=key.line)
    name = subject.sql(key.name or f"{table.name}_{'_'.join(key.columns)}_fkey")
    return subject.at(
        table,
        "",
        f"{what}, and none of them may be empty: no first row can be inserted",
        subject.alter(table, f"ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED")
        if not subject.mysql
        else subject.alter(table, f"MODIFY {subject.sql(*key.columns)} {table.column(key.columns[0]).type} NULL"),
        line=key.line,
        severity="high",
    )


def _loose(table: Table, key: ForeignKey) -> bool:
    return key.deferrable or any(table.column(name).nullable for name in key.columns)


RULE = Rule(
    id="foreign-key-cycle",
    severity="low",
    principle=3,
    why="No order of inserts, deletes or a restore satisfies all of them: each needs a second step, or checks put "
    "off to the commit",
    remedy="Take one key out of the circle, often by a table of its own for the relation, or make it deferrable.",
    references=("SchemaCrawler: LinterTableCycles", "https://www.postgresql.org/docs/current/sql-set-constraints.html"),
    check=circular,
    fires="""\
CREATE TABLE teams (id uuid PRIMARY KEY, captain_id uuid UNIQUE NOT NULL);
CREATE TABLE players (id uuid PRIMARY KEY, team_id uuid UNIQUE NOT NULL REFERENCES teams (id));
ALTER TABLE teams ADD FOREIGN KEY (captain_id) REFERENCES players (id);
""",
    quiet="""\
CREATE TABLE teams (id uuid PRIMARY KEY);
CREATE TABLE players (id uuid PRIMARY KEY, team_id uuid UNIQUE NOT NULL REFERENCES teams (id));
""",
)

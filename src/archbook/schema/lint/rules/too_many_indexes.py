"""A table with many indexes."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.units import listed

MOST_INDEXES = 8


def many(subject: Subject) -> Hits:
    """A table that keeps more than eight indexes, those of its keys counted."""
    for table in subject.tables:
        number = bool(table.primary_key) + len(table.uniques) + len(table.indexes)
        if number > MOST_INDEXES:
            plain = listed(index.name for index in table.indexes if not index.unique)
            where = "sys.schema_unused_indexes" if subject.mysql else "idx_scan in pg_stat_user_indexes"
            do = f"ask {where} about {plain}, and drop what no query used for a month"
            yield subject.at(table, "", f"{table.name} has {number} indexes", do)


RULE = Rule(
    id="too-many-indexes",
    severity="low",
    principle=1,
    why="An insert writes the row once and every index once more, and an update that could stay in its page has "
    "to touch them all",
    remedy="Index what is asked for; drop what nobody uses.",
    references=(
        "Karwin, SQL Antipatterns, ch. 13 (Index Shotgun)",
        "sqlcheck: Too Many Indexes",
        "splinter: 0005_unused_index",
    ),
    check=many,
    fires="""\
CREATE TABLE wide (id uuid PRIMARY KEY, a date NOT NULL, b date NOT NULL, c date NOT NULL, d date NOT NULL,
    e date NOT NULL, f date NOT NULL, g date NOT NULL, h date NOT NULL);
CREATE INDEX wide_a_idx ON wide (a);
CREATE INDEX wide_b_idx ON wide (b);
CREATE INDEX wide_c_idx ON wide (c);
CREATE INDEX wide_d_idx ON wide (d);
CREATE INDEX wide_e_idx ON wide (e);
CREATE INDEX wide_f_idx ON wide (f);
CREATE INDEX wide_g_idx ON wide (g);
CREATE INDEX wide_h_idx ON wide (h);
""",
    quiet="""\
CREATE TABLE wide (id uuid PRIMARY KEY, a date NOT NULL);
CREATE INDEX wide_a_idx ON wide (a);
""",
)

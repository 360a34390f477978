"""A reference whose target another column names."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import TEXTS, Subject


def either(subject: Subject) -> Hits:
    """A pair `x_type` and `x_id` in which one column says which table the other points into."""
    for table, column, base in subject.columns:
        stem = column.name.removesuffix("_type")
        pointer = f"{stem}_id"
        words = base.name in TEXTS or base.name in subject.schema.enums
        if stem == column.name or not words or not table.has(pointer) or subject.table_of(stem):
            continue
        own = any(pointer in key and column.name not in key for key in table.unique_sets())  # a thing and its kind
        if not own and not any(pointer in key.columns for key in table.foreign_keys):
            what = f"{table.name}.{pointer} points into the table that {column.name} names: no foreign key can check it"
            do = (
                f"in {table.name}: one nullable column with a foreign key for each target instead, such as "
                "`CHECK (num_nonnulls(order_id, user_id) = 1)`; or a table of links for each target"
            )
            yield subject.at(table, pointer, what, do, line=column.line)


RULE = Rule(
    id="polymorphic-reference",
    severity="medium",
    principle=3,
    why="Rows that point to nothing stay when their target is deleted, and each reader has to know the names in "
    "the type column",
    remedy="Give each target a column with a foreign key, and check that exactly one is set.",
    references=(
        "Karwin, SQL Antipatterns, ch. 7 (Polymorphic Associations)",
        "https://docs.gitlab.com/development/database/polymorphic_associations/",
    ),
    check=either,
    fires="CREATE TABLE comments (id uuid PRIMARY KEY, subject_type text NOT NULL, subject_id bigint NOT NULL);",
    quiet="CREATE TABLE comments (id uuid PRIMARY KEY, subject_type text NOT NULL, body text NOT NULL);",
)

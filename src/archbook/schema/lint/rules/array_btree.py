"""A b-tree over an array."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def whole_arrays(subject: Subject) -> Hits:
    """A b-tree index over an array: it finds whole arrays, never what is in them."""
    for table in subject.tables:
        for index in table.indexes:
            arrays = [name for name in index.columns if subject.schema.base(table.column(name).type).array]
            if index.method == "btree" and arrays and not index.unique:
                what = f"{index.name} on {table.name} is a b-tree over the array {arrays[0]}"
                do = f"`CREATE INDEX ON {subject.sql(table.name)} USING gin ({subject.sql(arrays[0])});` instead"
                yield subject.at(table, index.name, what, do, line=index.line)


RULE = Rule(
    id="array-btree",
    severity="medium",
    principle=1,
    why="`tags @> ARRAY[…]` and `… = ANY (tags)` read the whole table: a b-tree only compares arrays as a whole",
    remedy="Index arrays by GIN, and ask with `@>` or `&&`.",
    references=(
        "pg-index-health: btree_indexes_on_array_columns",
        "https://www.postgresql.org/docs/current/indexes-types.html",
    ),
    check=whole_arrays,
    fires="""\
CREATE TABLE posts (id uuid PRIMARY KEY, words text[] NOT NULL);
CREATE INDEX posts_words_idx ON posts (words);
""",
    quiet="""\
CREATE TABLE posts (id uuid PRIMARY KEY, words text[] NOT NULL);
CREATE INDEX posts_words_idx ON posts USING gin (words);
""",
)

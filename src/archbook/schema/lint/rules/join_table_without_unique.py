"""A pair that can be linked twice."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject


def twice(subject: Subject) -> Hits:
    """A table of links between two others with a key of its own, in which a pair can be there twice."""
    for table in subject.tables:
        keys = [key.columns for key in table.foreign_keys]
        linked = {name for columns in keys for name in columns}
        own = {column.name for column in table.columns} - linked
        links = len(keys) == 2 and len(table.primary_key) == 1 and own == set(table.primary_key)
        if links and not any(set(unique) <= linked for unique in table.unique_sets()):
            pair = subject.sql(*keys[0], *keys[1])
            unique = subject.alter(table, f"ADD UNIQUE ({pair})")
            do = f"{unique}; then {table.primary_key[0]} can go and the pair be the key"
            yield subject.at(table, "", f"{table.name} can hold the same pair ({pair}) twice", do)


RULE = Rule(
    id="join-table-without-unique",
    severity="medium",
    principle=3,
    why="A link that is there twice doubles sums and rows of every join through it",
    remedy="Make the pair the primary key, or at least unique.",
    references=("SchemaCrawler: LinterUselessSurrogateKey", "Karwin, SQL Antipatterns, ch. 4 (ID Required)"),
    check=twice,
    fires="""\
CREATE TABLE tags (id uuid PRIMARY KEY);
CREATE TABLE posts (id uuid PRIMARY KEY);
CREATE TABLE post_tags (
    id uuid PRIMARY KEY, post_id uuid NOT NULL REFERENCES posts, tag_id uuid NOT NULL REFERENCES tags
);
CREATE INDEX post_tags_post_id_idx ON post_tags (post_id);
CREATE INDEX post_tags_tag_id_idx ON post_tags (tag_id);
""",
    quiet="""\
CREATE TABLE tags (id uuid PRIMARY KEY);
CREATE TABLE posts (id uuid PRIMARY KEY);
CREATE TABLE post_tags (post_id uuid REFERENCES posts, tag_id uuid REFERENCES tags, PRIMARY KEY (post_id, tag_id));
CREATE INDEX post_tags_tag_id_idx ON post_tags (tag_id);
""",
)

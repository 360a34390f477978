"""The same index twice."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.subject import Subject
from archbook.schema.model import Index, Table


def duplicate(subject: Subject) -> Hits:
    """An index that is there already: the same columns in the same order, under another name."""
    for table in subject.tables:
        kept: dict[object, str] = {path.columns: path.name for path in subject.paths(table) if path.index is None}
        for index in sorted(table.indexes, key=lambda index: not index.unique):
            same = _said(index)
            twin = kept.get(same) or (kept.get(index.columns) if _as_key(index) else None)
            if twin:
                what = f"{index.name} on {table.name} is the same index as {twin}"
                yield subject.at(table, index.name, what, dropped(subject, table, index), line=index.line)
            kept.setdefault(same, index.name)


def dropped(subject: Subject, table: Table, index: Index) -> str:
    """The statement that drops an index."""
    home = table.name.rpartition(".")[0]
    name = subject.sql(f"{home}.{index.name}" if home and "." not in index.name else index.name)
    return f"`DROP INDEX {name}{f' ON {subject.sql(table.name)}' if subject.mysql else ''};`"


def _said(index: Index) -> tuple[object, ...]:
    """All that an index says but its name and line, and that it is unique: a plain twin of a unique one is too many."""
    return index.columns, index.method, index.include, index.where, index.expressions, index.descending, index.parts


def _as_key(index: Index) -> bool:
    return index.plain and not index.include and not index.descending and not index.parts


RULE = Rule(
    id="duplicate-index",
    severity="medium",
    principle=1,
    why="It answers no query that the other does not, and every write, vacuum and backup pays for it",
    remedy="Drop one of the two.",
    references=("splinter: 0009_duplicate_index", "pg-index-health: duplicated_indexes", "skeema: lint-dupe-index"),
    check=duplicate,
    fires="""\
CREATE TABLE orders (id uuid PRIMARY KEY, city text NOT NULL);
CREATE INDEX orders_city_idx ON orders (city);
CREATE INDEX orders_by_city ON orders (city);
""",
    quiet="""\
CREATE TABLE orders (id uuid PRIMARY KEY, city text NOT NULL);
CREATE INDEX orders_city_idx ON orders (city);
""",
)

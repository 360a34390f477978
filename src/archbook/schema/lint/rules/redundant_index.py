"""An index that is the beginning of another."""

from archbook.findings import Hits, Rule
from archbook.schema.lint.rules.duplicate_index import dropped
from archbook.schema.lint.subject import Path, Subject
from archbook.schema.model import Index


def redundant(subject: Subject) -> Hits:
    """An index whose columns are the first ones of a longer index. A unique one is not redundant: it also forbids."""
    for table in subject.tables:
        paths = subject.paths(table)
        for index in table.indexes:
            longer = next((path for path in paths if _begins(path, index)), None)
            twin = any(other.columns == index.columns for other in table.indexes[: table.indexes.index(index)])
            if index.plain and not index.unique and longer and not twin:  # rule duplicate-index tells of twins
                columns = ", ".join(index.columns)
                whole = f"{longer.name} ({', '.join(longer.columns)})"
                what = f"{index.name} on {table.name} ({columns}) is the beginning of {whole}"
                yield subject.at(table, index.name, what, dropped(subject, table, index), line=index.line)


def _begins(path: Path, index: Index) -> bool:
    if not len(path.columns) > len(index.columns) or path.columns[: len(index.columns)] != index.columns:
        return False
    if index.parts or (path.index and path.index.parts):  # operator classes and the like serve other questions
        return False
    length = len(index.columns)
    other = path.index.descending if path.index else ()
    same = {name in index.descending for name in index.columns} == {name in other for name in path.columns[:length]}
    return same and not set(index.include) - set(path.columns) - set(path.index.include if path.index else ())


RULE = Rule(
    id="redundant-index",
    severity="medium",
    principle=1,
    why="The longer index finds the same rows, and every write pays for both",
    remedy="Drop the shorter one, unless a measurement shows that its smaller size is needed.",
    references=(
        "SchemaCrawler: LinterRedundantIndexes",
        "pg-index-health: intersected_indexes",
        "index-digest: redundant_indices",
        "skeema: lint-dupe-index",
    ),
    check=redundant,
    fires="""\
CREATE TABLE orders (id uuid PRIMARY KEY, city text NOT NULL, placed_on date NOT NULL);
CREATE INDEX orders_city_idx ON orders (city);
CREATE INDEX orders_city_placed_on_idx ON orders (city, placed_on);
""",
    quiet="""\
CREATE TABLE orders (id uuid PRIMARY KEY, city text NOT NULL, placed_on date NOT NULL);
CREATE UNIQUE INDEX orders_city_key ON orders (city);
CREATE INDEX orders_city_placed_on_idx ON orders (city, placed_on);
""",
)

"""A question that no index answers."""

import re
from collections.abc import Collection, Iterator

from archbook.contracts.resources import TIMES, owner_column, resource_of
from archbook.design.contract import Endpoint
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.schema import Schema, Table
from archbook.schema.lint.subject import Subject as Text

ID = re.compile(r"(^|_)id$|Id$")
QUERY = re.compile(r"\s*([\w.]+)\s*\(([^()]*)\)\s*")
FEW_ROWS = 1000


def unindexed(subject: Subject) -> Hits:
    """A look-up by columns with which no index of the table begins: of a call's `query`, of a path, or of a list.

    A list of what belongs to the caller, or to what its path names, is found by that; beside an id, a time only orders
    what that finds. Tables that stay below 1 000 rows are read whole as fast.
    """
    known: set[tuple[str, str, str]] = set()
    for index, call in enumerate(subject.design.calls):
        if call.query and (schema := subject.schemas.get(call.to)) and (asked := _asked(schema, call.query)):
            table, columns = asked
            chosen = _choosing(schema, table, columns)
            if not _found(subject, call.to, table, chosen) and (call.to, table.name, columns[0]) not in known:
                known.add((call.to, table.name, columns[0]))
                yield subject.at_calls(
                    [(index, call)],
                    f"{call.from_} looks up {table.name} by {', '.join(chosen)}, with which no index begins",
                    f"calls[{index}]: {_create(subject, call.to, table, columns)}",
                    *_facts(subject, call.to, table),
                    about=f"{call.to}.{table.name}.{columns[0]}",
                )
    for index, endpoint in enumerate(subject.design.api.endpoints):
        for store, table, column in _filters(subject, endpoint) if subject.schemas else ():
            if (store, table.name, column) not in known:
                known.add((store, table.name, column))
                yield subject.at_endpoint(
                    index,
                    f"{endpoint.name} looks up {table.name} by {column}, with which no index begins",
                    f"api.endpoints[{index}]: {_create(subject, store, table, (column,))}"
                    + ("; or take it out of `filters`" if column in endpoint.filters else ""),
                    *_facts(subject, store, table),
                )


def _asked(schema: Schema, query: str) -> tuple[Table, tuple[str, ...]] | None:
    """Table and columns of a query such as ``orders(user_id, created_at)``; None where the DDL has them not."""
    if not (parts := QUERY.fullmatch(query)):
        return None
    table = next((t for name, t in schema.tables.items() if parts[1] in (name, name.rpartition(".")[2])), None)
    columns = tuple(column.strip() for column in parts[2].split(",") if column.strip())
    return (table, columns) if table and columns and table.has(*columns) else None


def _choosing(schema: Schema, table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a query that choose rows: beside an id not its times, whose index alone leads to those of all."""
    if not any(map(ID.search, columns)):
        return columns
    return tuple(name for name in columns if schema.base(table.column(name).type).name not in TIMES) or columns


def _filters(subject: Subject, endpoint: Endpoint) -> Iterator[tuple[str, Table, str]]:
    """What no index serves: the column of the path or of the owner, by which rows are chosen always, or a filter."""
    resource = resource_of(subject.design, endpoint)
    if (table := resource.table) is None:
        return
    store = next((name for name, schema in subject.schemas.items() if schema is resource.schema), "")
    owner = owner_column(table) if endpoint.ownership and endpoint.list else None
    always = [*resource.path.values(), *([owner] if owner else [])]
    for column in always[:1] or endpoint.filters:
        if (
            store
            and table.has(column)
            and not (_behind(table, column, endpoint.filters) or _found(subject, store, table, {column, *always}))
        ):
            yield store, table, column


def _found(subject: Subject, store: str, table: Table, columns: Collection[str]) -> bool:
    """Whether rows with given columns are found without reading all of a large table."""
    rows = subject.rows(store, table.name)
    if (rows is not None and rows <= FEW_ROWS) or not _first(table).isdisjoint(columns):
        return True
    keys = {key.columns[0] for key in table.foreign_keys} & set(columns)  # InnoDB makes their indexes itself
    return bool(keys) and Text(subject.schemas[store], subject.design.ddl(store) or "").mysql


def _behind(table: Table, column: str, filters: Collection[str]) -> bool:
    """Whether an index has it behind filters of the same list, as in (tenant_id, period)."""
    ways = [*table.unique_sets(), *(index.columns for index in table.indexes if index.where is None)]
    return any(column in way and set(way[: way.index(column)]) <= set(filters) for way in ways)


def _first(table: Table) -> set[str]:
    """Columns with which a key or an index over all rows begins; for an expression, the names in it."""
    found = {key[0] for key in table.unique_sets()}
    for index in table.indexes:
        if index.where is None:
            found |= set(re.findall(r"\w+", (index.parts or index.columns or index.expressions or ("",))[0]))
    return found


def _create(subject: Subject, store: str, table: Table, columns: tuple[str, ...]) -> str:
    text = Text(subject.schemas[store])
    name = f"{table.name.rpartition('.')[2]}_{'_'.join(columns)}_idx"
    statement = f"`CREATE INDEX {text.sql(name)} ON {text.sql(table.name)} ({text.sql(*columns)});`"
    return f"{statement} in {subject.design.stores[store].schema_ or f'the DDL of {store}'}"


def _facts(subject: Subject, store: str, table: Table) -> list[str]:
    return [*subject.growth_of(store, table.name), *subject.measured("index_or_scan", store)]


RULE = Rule(
    id="unindexed-filter",
    severity="medium",
    principle=1,
    why="The database reads the whole table for each such question: nothing to notice with a thousand rows, and the "
    "cause of the outage with ten million",
    remedy="Create an index that begins with what is asked for, or do not offer the question.",
    references=("Winand, Use The Index, Luke: The Where Clause", "PostgreSQL documentation: Multicolumn Indexes"),
    check=unindexed,
    fires="""
stores: {things-db: {schema: schema/things.sql}}
calls: {0: {query: things(colour)}}
ddl: {things-db: "CREATE TABLE things (id bigint PRIMARY KEY, colour text NOT NULL);"}
""",
    quiet="""
stores: {things-db: {schema: schema/things.sql}}
calls: {0: {query: things(colour)}}
ddl:
  things-db: |
    CREATE TABLE things (id bigint PRIMARY KEY, colour text NOT NULL);
    CREATE INDEX things_colour_idx ON things (colour);
""",
    measured_by="archbook experiment DESIGN index_or_scan",
)

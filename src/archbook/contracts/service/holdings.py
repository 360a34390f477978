"""The tables behind an API as one schema, and how their rows hang together: also over the borders of services."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from archbook.contracts.naming import singular, words
from archbook.contracts.resources import Resource, owner_column, resource_of
from archbook.design.model import Design
from archbook.schema import ForeignKey, Schema, Table
from archbook.schema.model import Type

Path = tuple[tuple[str, str, str], ...]
"""Foreign keys to walk: each (column here, table there, column there)."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a service has to hold.

    schema: the tables of all endpoints and those that they point to, of all stores. meant: the same with foreign keys
    that the names of columns say and no constraint can hold, such as `orders.user_id` to the users of another service.
    resources: of each endpoint by its name, with its table as `schema` calls it.
    """

    schema: Schema
    meant: Schema
    resources: Mapping[str, Resource] = field(default_factory=dict)

    def owner(self, table: str) -> tuple[Path, str] | None:
        """The way from a row to the column that says whose it is; None where nothing says so."""
        ways: deque[tuple[str, Path]] = deque([(table, ())])
        seen = {table}
        while ways:
            name, path = ways.popleft()
            if column := owner_column(self.meant.tables[name]):
                return path, column
            for key in self.meant.tables[name].foreign_keys:
                to = self.meant.target(key)
                if len(key.columns) == len(to) == 1 and key.to not in seen and key.to in self.meant.tables:
                    seen.add(key.to)
                    ways.append((key.to, (*path, (key.columns[0], key.to, to[0]))))
        return None

    def links(self, table: str) -> dict[str, tuple[str, str]]:
        """Columns that name a row of another table, and the table and column that they name."""
        return {
            key.columns[0]: (key.to, self.meant.target(key)[0])
            for key in self.meant.tables[table].foreign_keys
            if key.to in self.meant.tables and len(key.columns) == len(self.meant.target(key)) == 1
        }

    def people(self) -> tuple[str, str] | None:
        """The table of those who own things, and its key."""
        for name, table in self.meant.tables.items():
            if len(table.primary_key) == 1 and owner_column(table) == table.primary_key[0]:
                return name, table.primary_key[0]
        return None


def holdings(design: Design) -> Holdings:
    """The tables that the endpoints of a design speak of. Two tables of one name are told apart by a number."""
    schema, resources = Schema(), dict[str, Resource]()
    known: dict[int, tuple[Schema, Mapping[str, str]]] = {}  # the schema is kept, or another could get its id
    for endpoint in design.api.endpoints:
        resource = resource_of(design, endpoint)
        if resource.table is None or not resource.table.columns:
            resources[endpoint.name] = Resource(resource.name)
            continue
        if id(resource.schema) not in known:
            known[id(resource.schema)] = (resource.schema, _free_names(resource.schema, schema))
        names = known[id(resource.schema)][1]
        source = _renamed(_needed(resource.schema, [resource.table.name]), names)
        schema = _joined(schema, source)
        table = source.tables[names.get(resource.table.name, resource.table.name)]
        resources[endpoint.name] = replace(resource, schema=source, table=table)
    return Holdings(schema, _meant(schema), resources)


def _needed(schema: Schema, names: Iterable[str]) -> Schema:
    """The tables of these names and all that they point to, and the types of the schema."""
    left, found = list(names), dict[str, Table]()
    while left:
        name = left.pop()
        if name in schema.tables and name not in found:
            found[name] = schema.tables[name]
            left += [key.to for key in found[name].foreign_keys]
    return Schema(found, schema.enums, schema.domains, schema.composites)


def _free_names(source: Schema, taken: Schema) -> dict[str, str]:
    """Other names for the tables and types of a schema that another one has already."""
    used = {*taken.tables, *taken.enums, *taken.domains, *taken.composites}
    names: dict[str, str] = {}
    for name in (*source.tables, *source.enums, *source.domains, *source.composites):
        free, number = name, 1
        while free in used:
            number += 1
            free = f"{name}_{number}"
        if free != name:
            names[name] = free
    return names


def _renamed(schema: Schema, names: Mapping[str, str]) -> Schema:
    def type_of(held: Type) -> Type:
        return replace(held, name=names.get(held.name, held.name))

    def table(held: Table) -> Table:
        columns = tuple(replace(column, type=type_of(column.type)) for column in held.columns)
        keys = tuple(replace(key, to=names.get(key.to, key.to)) for key in held.foreign_keys)
        return replace(held, name=names.get(held.name, held.name), columns=columns, foreign_keys=keys)

    return Schema(
        {names.get(name, name): table(held) for name, held in schema.tables.items()},
        {names.get(n, n): replace(held, name=names.get(n, n)) for n, held in schema.enums.items()},
        {names.get(n, n): replace(held, name=names.get(n, n), type=type_of(held.type))
         for n, held in schema.domains.items()},
        {names.get(n, n): replace(held, name=names.get(n, n)) for n, held in schema.composites.items()},
    )  # fmt: skip


def _joined(one: Schema, other: Schema) -> Schema:
    return Schema({**one.tables, **other.tables}, {**one.enums, **other.enums},
                  {**one.domains, **other.domains}, {**one.composites, **other.composites})  # fmt: skip


def _meant(schema: Schema) -> Schema:
    """The schema with a foreign key for each column that is called after another table: `user_id` after `users`."""
    called = {
        f"{singular((words(name.rpartition('.')[2]) or [name])[-1])}_id": table
        for name, table in schema.tables.items()
        if len(table.primary_key) == 1
    }
    tables = {}
    for name, table in schema.tables.items():
        bound = {column for key in table.foreign_keys for column in key.columns}
        more = []
        for column in table.columns:
            there = called.get("_".join(words(column.name)))
            if there is None or there.name == name or column.name in bound:
                continue
            if schema.base(there.column(there.primary_key[0]).type) == schema.base(column.type):
                more.append(ForeignKey((column.name,), there.name))
        tables[name] = replace(table, foreign_keys=(*table.foreign_keys, *more))
    return replace(schema, tables=tables)

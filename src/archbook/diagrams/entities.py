"""What an entity-relationship picture draws: tables with their keys, and references with how many rows they join."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from archbook.diagrams.picture import counted

if TYPE_CHECKING:
    from archbook.schema import Column, ForeignKey, Schema, Table


@dataclass(frozen=True, slots=True)
class Row:
    """One column of an entity. keys: of ``PK``, ``FK`` and ``UK``."""

    name: str
    type: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """One table. notes: such as ``join table``; role: how it is painted; left_out: columns that are not in `rows`."""

    name: str
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    role: str = "table"
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """Each row of `child` names a row of `parent` (or none: `optional`); `once`: each parent at most one child."""

    parent: str
    child: str
    columns: tuple[str, ...]
    optional: bool
    once: bool


@dataclass(frozen=True, slots=True)
class Entities:
    """What is drawn, by name in the order of the DDL."""

    tables: Mapping[str, Entity]
    links: Sequence[Link]

    def connected(self) -> Counter[str]:
        """Tables that refer to another one or are referred to, with how often."""
        found = Counter(name for link in self.links for name in {link.parent, link.child})
        for link in self.links:
            if link.parent == link.child:
                found[link.parent] -= 1
        return +found

    def only(self, names: Collection[str]) -> Entities:
        """The part that has these names."""
        kept = {name: entity for name, entity in self.tables.items() if name in names}
        return Entities(kept, [link for link in self.links if link.parent in kept and link.child in kept])

    def most_connected(self, number: int) -> Entities:
        """The part with the `number` tables that have most references."""
        degree = self.connected()
        return self._part(sorted(self.tables, key=lambda name: -degree[name])[:number])

    def around(self, centre: str, depth: int, most: int) -> Entities:
        """One table and those at most `depth` references from it, `most` of them: nearest and most connected first."""
        beside: dict[str, set[str]] = {name: set() for name in self.tables}
        for link in self.links:
            beside[link.parent].add(link.child)
            beside[link.child].add(link.parent)
        degree = self.connected()
        steps, queue = {centre: 0}, deque([centre])
        while queue:
            here = queue.popleft()
            if steps[here] < depth:
                for name in sorted(beside[here] - steps.keys(), key=lambda name: (-degree[name], name)):
                    steps[name] = steps[here] + 1
                    queue.append(name)
        part = self._part(list(steps)[: most + 1])
        return replace(part, tables={**part.tables, centre: replace(part.tables[centre], role="centre")})

    def _part(self, names: Collection[str]) -> Entities:
        """What has these names; a table says how many of its references are not drawn."""
        if len(names) == len(self.tables):
            return self
        kept = set(names)
        part = Entities(
            {name: entity for name, entity in self.tables.items() if name in kept},
            [link for link in self.links if link.parent in kept and link.child in kept],
        )
        degree, drawn = self.connected(), part.connected()
        tables = {
            name: replace(entity, notes=(*entity.notes, *_hidden(degree[name] - drawn[name])))
            for name, entity in part.tables.items()
        }
        return replace(part, tables=tables)

    def cut(self, rows: int, keys_only: bool, whole: str = "") -> Entities:
        """The same with at most `rows` columns a table, keys first.

        keys_only: for all tables but `whole`, only primary keys, unique columns and the ends of what is drawn.
        """
        ends: dict[str, set[str]] = {name: set() for name in self.tables}
        for link in self.links:
            ends[link.child].update(link.columns)
        tables = {
            name: _cut(entity, rows, ends[name] if keys_only and name != whole else None)
            for name, entity in self.tables.items()
        }
        return replace(self, tables=tables)


def entities(schema: Schema) -> Entities:
    """All tables of a schema. Partitions are rolled into the table that they are part of, with their foreign keys;
    a table that is referred to and not in the schema is there with the role ``absent``."""
    roots = {name: root_of(schema, name) for name in schema.tables}
    parts = Counter(root for name, root in roots.items() if root != name)
    keys: dict[str, dict[tuple[str, tuple[str, ...]], ForeignKey]] = {root: {} for root in roots.values()}
    for name, root in roots.items():
        for key in schema.tables[name].foreign_keys:
            keys[root].setdefault((roots.get(key.to, key.to), key.columns), key)
    tables = {root: _entity(schema.tables[root], [k[1] for k in found], parts[root]) for root, found in keys.items()}
    absent = {to for found in keys.values() for to, _ in found} - tables.keys()
    tables |= {name: Entity(name, notes=("not in this DDL",), role="absent") for name in sorted(absent)}
    links = [_link(schema.tables[root], to, columns) for root, found in keys.items() for to, columns in found]
    return Entities(tables, links)


def root_of(schema: Schema, name: str) -> str:
    """The table that a partition is part of in the end; any other table itself."""
    seen = {name}
    while (above := schema.tables[name].partition_of) and above in schema.tables and above not in seen:
        name = above
        seen.add(name)
    return name


def _link(table: Table, to: str, columns: tuple[str, ...]) -> Link:
    optional = any(column.nullable for column in table.columns if column.name in columns)
    return Link(to, table.name, columns, optional, any(set(key) <= set(columns) for key in table.unique_sets()))


def _entity(table: Table, foreign: Sequence[tuple[str, ...]], parts: int) -> Entity:
    joins = _joins(table, foreign)
    notes = ["join table"] if joins else []
    notes += [counted(parts, "partition")] if parts else ["partitioned"] if table.partition_by else []
    unique = {columns[0] for columns in table.unique_sets() if len(columns) == 1} - set(table.primary_key)
    kinds = (("PK", set(table.primary_key)), ("FK", {name for columns in foreign for name in columns}), ("UK", unique))
    rows = [_row(column, tuple(key for key, names in kinds if column.name in names)) for column in table.columns]
    return Entity(table.name, tuple(rows), tuple(notes), "join" if joins else "table")


def _joins(table: Table, foreign: Sequence[tuple[str, ...]]) -> bool:
    """Whether a unique key is made of the foreign keys to two or more rows, and of nothing else."""
    for unique in map(set, table.unique_sets()):
        within = [columns for columns in set(foreign) if set(columns) <= unique]
        if len(within) > 1 and {name for columns in within for name in columns} == unique:
            return True
    return False


def _row(column: Column, keys: tuple[str, ...]) -> Row:
    return Row(column.name, str(column.type), keys)


def _hidden(number: int) -> tuple[str, ...]:
    return (f"{counted(number, 'reference')} not drawn",) if number else ()


def _cut(entity: Entity, most: int, ends: set[str] | None) -> Entity:
    if ends is None:
        chosen = sorted(entity.rows, key=lambda row: not row.keys)
    else:
        chosen = [row for row in entity.rows if row.name in ends or {"PK", "UK"} & set(row.keys)]
    kept = set(chosen if len(chosen) <= most else chosen[: max(most - 1, 0)])
    rows = tuple(row for row in entity.rows if row in kept)
    return replace(entity, rows=rows, left_out=len(entity.rows) - len(rows))

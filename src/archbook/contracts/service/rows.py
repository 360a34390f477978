"""The rows of a table as the things of an endpoint: found, listed, made, changed and removed, each by who may."""

from __future__ import annotations

import datetime
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archbook.contracts.resources import TIMES, Resource, filters_of, owner_column, sortable
from archbook.contracts.service.bodies import Parameter, Wrong
from archbook.contracts.service.cursors import Cursors
from archbook.contracts.service.holdings import Holdings
from archbook.contracts.service.reading import Asked
from archbook.contracts.shapes import (
    SECRET,
    column_shape,
    columns_changed,
    columns_created,
    columns_read,
    property_name,
)
from archbook.design.contract import Endpoint, Style
from archbook.schema.asking import Condition, Held, View
from archbook.schema.model import Column, Table
from archbook.schema.refusals import Refused
from archbook.schema.serving import Serving
from archbook.schema.shapes import TEXT

See = Callable[[Mapping[str, Any]], None]
"""Is given a thing as it is; what it raises leaves the thing so."""
MOST_UNPAGED = 10_000
_CHANGED = re.compile(r"(updated|modified|changed)(_?(at|on))?", re.IGNORECASE)
_PASSWORD = re.compile(r".*(password|passwd|pwd).*", re.IGNORECASE)
NOTHING = "there is nothing under this path"


class Rows:
    """The things of one endpoint.

    one_by_one: a list reads each row by a statement of its own (N+1), to show what that costs.
    """

    def __init__(
        self, serving: Serving, held: Holdings, endpoint: Endpoint, resource: Resource, style: Style,
        cursors: Cursors, one_by_one: bool = False,
    ) -> None:  # fmt: skip
        assert resource.table
        self.serving, self.held, self.endpoint, self.resource = serving, held, endpoint, resource
        self.style, self.cursors, self.one_by_one = style, cursors, one_by_one
        self.table: Table = resource.table
        read = columns_read(resource)
        self.names = {column.name: property_name(column.name, style.case) for column in read}
        numbers = frozenset(
            c.name for c in read if resource.schema.base(c.type).name == "numeric" and _is_number(resource, c)
        )
        self.key = self.table.primary_key or (self.table.unique_sets() or [tuple(self.names)])[0]
        self.view = View(self.table.name, tuple(self.names), numbers)
        listed = [*sortable(resource, endpoint), *self.key]
        self.listed = View(
            self.table.name, (*self.names, *dict.fromkeys(c for c in listed if c not in self.names)), numbers
        )
        self.as_listed = self.listed.columns == tuple(self.names.values())
        self.created = {property_name(c.name, style.case): c for c in columns_created(resource, endpoint)}
        self.changed = {property_name(c.name, style.case): c for c in columns_changed(resource, endpoint)}
        self.owner = held.owner(self.table.name)
        self.links = held.links(self.table.name)
        self.filters = {property_name(f.parameter, style.case): f for f in filters_of(resource, endpoint)}
        self.sorts = {property_name(name, style.case): name for name in sortable(resource, endpoint)}

    def page(self, asked: Asked) -> tuple[list[Held], dict[str, Any]]:
        """The rows of a page, and what is told beside them."""
        conditions = self._conditions(asked)
        if conditions is None:
            return [], self._beside(asked, 0, None)
        for name, one in self.filters.items():
            if name in asked.query:
                conditions.append(Condition(one.column.name, asked.query[name], one.operator))
        order = self._order(asked.query.get("sort", ""))
        if self.endpoint.paginated and self.style.pagination == "cursor":
            rows, beside = self._behind(asked, conditions, order)
        elif self.endpoint.paginated and self.style.pagination == "page":
            size = asked.query[property_name("page_size", self.style.case)]
            rows = self._read(conditions, order, size, (asked.query["page"] - 1) * size)
            beside = self._beside(asked, self.serving.count(self.table.name, conditions), None)
        else:
            rows, beside = self._read(conditions, order, MOST_UNPAGED, 0), {}
        if not rows:
            self._see_parents(asked, {column: asked.path[name] for name, column in self.resource.path.items()})
        return rows if self.as_listed else [self.shown(row) for row in rows], beside

    def one(self, asked: Asked) -> Held | None:
        """One thing, or None."""
        conditions = self._conditions(asked)
        row = None if conditions is None else self.serving.one(self.view, conditions)
        return row and self.shown(row)

    def create(self, asked: Asked) -> Held:
        """A new thing. Raises Refused, Wrong."""
        row = {column.name: asked.body[name] for name, column in self.created.items() if name in asked.body}
        return self._insert(asked, row)

    def put(self, asked: Asked, see: See) -> tuple[Held, bool]:
        """A thing as it is to be, and whether it is new. Raises Refused, Wrong."""
        row = {c.name: asked.body.get(n) for n, c in self.created.items() if n in asked.body or c.default is None}
        row = {name: value for name, value in row.items() if name not in self.key}
        for _ in range(2):
            conditions = self._conditions(asked)
            if conditions is None:
                raise Wrong(404, NOTHING)
            self._see_links(asked, row)
            changed = self.serving.update(self.view, conditions, lambda held: self._put(held, row, see))
            if changed is not None:
                return self.shown(changed), False
            if any(self.table.column(c).identity for c in self.resource.path.values() if c in self.key):
                raise Wrong(404, "there is nothing under this id, and the service gives the ids of new things")
            see({})
            try:
                return self._insert(asked, row), True
            except Refused as refused:
                if refused.reason != "duplicate" or not set(refused.columns) <= set(self.resource.path.values()):
                    raise
        raise Wrong(404, NOTHING)  # it is there, and belongs to somebody else

    def change(self, asked: Asked, see: See) -> Held | None:
        """A thing after a merge-patch (RFC 7396), or None. Raises Refused, Wrong."""
        conditions = self._conditions(asked)
        patch = {column.name: asked.body[name] for name, column in self.changed.items() if name in asked.body}
        if conditions is None:
            return None
        self._see_links(asked, patch)

        def changes(held: Held) -> Held:
            return self._put(held, {name: merge(held.get(name), value) for name, value in patch.items()}, see)

        row = self.serving.update(self.view, conditions, changes)
        return row and self.shown(row)

    def remove(self, asked: Asked, see: See) -> bool:
        """Whether there was a thing, which is no more. Raises Refused."""
        conditions = self._conditions(asked)
        if conditions is None:
            return False
        return self.serving.delete(self.view, conditions, lambda held: see(self.shown(held)))

    def shown(self, row: Held) -> Held:
        """A row as clients read it."""
        return {name: row[column] for column, name in self.names.items()}

    def key_of(self, row: Mapping[str, Any]) -> str:
        """What stands for a thing in a path."""
        return ",".join(str(row.get(self.names.get(column, ""), "")) for column in self.key)

    def fields(self, columns: Sequence[str]) -> str:
        """Columns as clients call them."""
        return ", ".join(self.names.get(column, property_name(column, self.style.case)) for column in columns)

    def _conditions(self, asked: Asked) -> list[Condition] | None:
        """What rows must be that the path names and the caller may see; None where no row can be."""
        named = list(asked.path)
        if named and named[-1] not in self.resource.path and self.endpoint.path.endswith(f"{{{named[-1]}}}"):
            return None
        found = [Condition(column, asked.path[name]) for name, column in self.resource.path.items()]
        if asked.owner is not None:
            mine = self._mine(self.table.name, asked.owner)
            return None if mine is None else [*found, mine]
        return found

    def _mine(self, table: str, owner: str) -> Condition | None:
        """The condition of belonging to somebody; None where a thing cannot belong to them, or to anybody."""
        way = self.held.owner(table)
        if way is None:
            return None
        path, column = way
        value = self._typed(path[-1][1] if path else table, column, owner)
        return None if value is None else Condition(column, value, path=path)

    def _typed(self, table: str, column: str, text: str) -> Any:
        held = self.held.schema.tables[table]
        kept = Resource(table, self.held.schema, held)
        try:
            return Parameter("", column_shape(kept, held.column(column)), {}).read(text)
        except Wrong:
            return None

    def _order(self, sort: str) -> list[tuple[str, bool]]:
        """As asked, else by the key: newest first where the service numbers rows."""
        asked = self.sorts.get(sort.removeprefix("-"))
        numbered = any(self.table.column(column).identity for column in self.key)
        order = {asked: sort.startswith("-")} if asked else {}
        down = sort.startswith("-") if asked else numbered
        return list((order | {column: down for column in self.key if column not in order}).items())

    def _behind(
        self, asked: Asked, conditions: list[Condition], order: list[tuple[str, bool]]
    ) -> tuple[list[Held], dict[str, Any]]:
        of, limit = f"{self.endpoint.name} {sorted(asked.path.items())} {asked.owner}", asked.query["limit"]
        of += str(sorted((name, value) for name, value in asked.query.items() if name not in ("cursor", "limit")))
        last = None
        if "cursor" in asked.query:
            last = self.cursors.read(of, asked.query["cursor"])
            if last is None:
                told = "`cursor` is not one that this list gave; leave it out to begin at the start"
                raise Wrong(422, told, "cursor")
        rows = self._read(conditions, order, limit + 1, 0, last)
        more = len(rows) > limit
        rows = rows[:limit]
        following = self.cursors.write(of, [rows[-1][column] for column, _ in order]) if more else None
        return rows, self._beside(asked, 0, following)

    def _read(
        self, conditions: list[Condition], order: list[tuple[str, bool]], limit: int, offset: int,
        last: list[object] | None = None,
    ) -> list[Held]:  # fmt: skip
        view = View(self.table.name, self.key) if self.one_by_one else self.listed
        if offset:
            rows = self.serving.page(view, conditions, order, limit, offset)
        else:
            rows = self.serving.after(view, conditions, order, last, limit)
        if not self.one_by_one:
            return rows
        single = (self.serving.one(self.listed, [Condition(c, row[c]) for c in self.key]) for row in rows)
        return [row for row in single if row is not None]

    def _beside(self, asked: Asked, total: int, cursor: str | None) -> dict[str, Any]:
        case = self.style.case
        if not self.endpoint.paginated or self.style.pagination == "none":
            return {}
        if self.style.pagination == "cursor":
            return {"limit": asked.query["limit"], property_name("next_cursor", case): cursor}
        size = property_name("page_size", case)
        return {"page": asked.query["page"], size: asked.query[size], "total": total}

    def _insert(self, asked: Asked, row: dict[str, Any]) -> Held:
        row = {**row, **{column: asked.path[name] for name, column in self.resource.path.items()}}
        own = owner_column(self.table) if self.endpoint.ownership else None
        if own and own not in row and own not in self.table.primary_key:
            row[own] = self._typed(self.table.name, own, asked.caller)
        for column in self.table.columns:
            if column.name not in row and column.default is None and not column.nullable and not column.identity:
                row |= _stand_in(self.resource, column, asked.body.get("password"))
        self._see_links(asked, {name: value for name, value in row.items() if name != own})
        return self.shown(self.serving.insert(self.view, row))

    def _see_links(self, asked: Asked, row: Mapping[str, Any]) -> None:
        """That what a row names is there, and belongs to who may touch only what is theirs. Raises Refused, Wrong."""
        people = self.held.people()
        for column, (table, to) in self.links.items():
            if row.get(column) is None:
                continue
            conditions = [Condition(to, row[column])]
            if asked.owner is not None and self.held.owner(table) and (not people or table != people[0]):
                mine = self._mine(table, asked.owner)
                conditions = [*conditions, mine] if mine else [Condition(to, None)]
            if not self.serving.count(table, conditions):
                if column in self.resource.path.values():
                    raise Wrong(404, NOTHING)
                raise Refused("missing", (column,), "there is nothing of this id")

    def _see_parents(self, asked: Asked, row: Mapping[str, Any]) -> None:
        """404 for a list under something that is not there."""
        self._see_links(asked, row)

    def _stamped(self, row: Held) -> Held:
        stamps = [c.name for c in self.table.columns
                  if _CHANGED.fullmatch(c.name) and self.resource.schema.base(c.type).name in TIMES]  # fmt: skip
        return row | dict.fromkeys(stamps, _now())

    def _put(self, held: Held, row: Held, see: See) -> Held:
        see(self.shown(held))
        new = {name: value for name, value in row.items() if name not in held or held[name] != value}
        return self._stamped(new) if new else {}


def merge(old: Any, patch: Any) -> Any:
    """A JSON merge-patch (RFC 7396).

    >>> merge({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"d": 3}})
    {'b': {'c': 2, 'd': 3}}
    """
    if not isinstance(patch, dict):
        return patch
    merged = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        merged[name] = merge(merged.get(name), value)
        if value is None:
            del merged[name]
    return merged


def _is_number(resource: Resource, column: Column) -> bool:
    kind = column_shape(resource, column).get("type")
    return "number" in (kind if isinstance(kind, list) else [kind])


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat()


def _stand_in(resource: Resource, column: Column, password: str | None) -> dict[str, Any]:
    """What the service itself puts into a column that it does not ask clients for."""
    base = resource.schema.base(column.type)
    if base.name in TIMES:
        return {column.name: _now()}
    if base.name in TEXT and SECRET.fullmatch(column.name):
        hashed = _PASSWORD.fullmatch(column.name) and password
        return {column.name: _hashed(password) if hashed and password else secrets.token_urlsafe(32)}
    return {column.name: ""} if base.name == "bytea" else {}


def _hashed(password: str) -> str:
    """scrypt with its own salt, slow on purpose (RFC 7914)."""
    salt = secrets.token_bytes(16)
    return f"scrypt$16384$8$1${salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1).hex()}"

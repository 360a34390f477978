"""A parent and its collections of children as ORM classes made from a schema, and what loading them sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm.interfaces import LoaderOption

from archbook.schema.choosing import Link
from archbook.schema.metadata import to_metadata
from archbook.schema.model import Schema

Sent = tuple[str, Any]  # a statement as the driver got it, and its parameters


class Family:
    """Parents with one collection of children for each link; all links have the same parent.

    Loading is through one connection and a new Session each time, so nothing is remembered from the time before.
    """

    def __init__(self, pool: sa.Engine, schema: Schema, links: Sequence[Link]) -> None:
        tables = to_metadata(schema).tables
        parent, mapped = tables[links[0].parent], orm.registry()
        collections = {}
        for number, link in enumerate(links):
            child = tables[link.child]
            made: Any = type(f"Child{number}", (), {})
            mapped.map_imperatively(made, child, column_prefix="its_")
            joined = orm.foreign(child.c[link.column]) == parent.c[link.to]
            collections[f"children_{number}"] = orm.relationship(made, primaryjoin=joined, viewonly=True)
        self.parent: Any = type("Parent", (), {})
        mapped.map_imperatively(self.parent, parent, properties=collections, column_prefix="its_")
        self.collections = [getattr(self.parent, name) for name in collections]
        self.key = parent.c[links[0].to]
        self.tables = [parent, *(tables[link.child] for link in links)]
        self.joins = [tables[link.child].c[link.column] == self.key for link in links]
        self.connection = pool.connect()

    def load(self, keys: Sequence[Any], *options: LoaderOption) -> list[Any]:
        """Keys of parents with those of their children, as objects of the ORM."""
        with orm.Session(self.connection) as session:
            wanted = sa.select(self.parent).where(self.key.in_(keys)).order_by(self.key).options(*options)
            return [
                (_key(parent), number, _key(child))
                for parent in session.scalars(wanted).unique()
                for number, collection in enumerate(self.collections)
                for child in getattr(parent, collection.key)
            ]

    def join(self, keys: Sequence[Any]) -> list[Any]:
        """The same of the first collection by a join written by hand, as plain rows."""
        parent, child = self.tables[:2]
        joined = sa.select(parent, child).select_from(parent.join(child, self.joins[0])).where(self.key.in_(keys))
        with orm.Session(self.connection) as session:
            rows = session.execute(joined.order_by(self.key)).all()
        width = len(parent.c)
        places = [width + number for number, column in enumerate(child.c) if column.primary_key]
        own = list(parent.c).index(self.key)
        return [((row[own],), 0, tuple(row[place] for place in places)) for row in rows]

    def sent(self, load: Callable[[], object]) -> list[Sent]:
        """The statements that `load` sends."""
        statements: list[Sent] = []
        with _listening(self.connection, statements):
            load()
        return statements

    def rows_of(self, sent: Sequence[Sent]) -> int:
        """How many rows come back for statements, sent once more as they were."""
        return sum(len(self.connection.exec_driver_sql(text, given).fetchall()) for text, given in sent)

    def close(self) -> None:
        """Give the connection back."""
        self.connection.close()


def _key(row: Any) -> tuple[Any, ...]:
    return tuple(orm.object_mapper(row).primary_key_from_instance(row))


@contextmanager
def _listening(connection: sa.Connection, statements: list[Sent]) -> Iterator[None]:
    def keep(_connection: Any, _cursor: Any, text: str, given: Any, _context: Any, _many: bool) -> None:
        statements.append((text, given))

    sa.event.listen(connection, "before_cursor_execute", keep)
    try:
        yield
    finally:
        sa.event.remove(connection, "before_cursor_execute", keep)

"""Things that no table of the design has, such as sessions: kept in memory while the service runs."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from archbook.contracts.service.bodies import Wrong
from archbook.contracts.service.reading import Asked
from archbook.contracts.service.rows import See, merge
from archbook.contracts.shapes import SECRET, property_name
from archbook.design.contract import Endpoint, Style

MOST = 10_000
"""Things of one kind; the oldest goes first."""
Thing = dict[str, Any]


class Shelf:
    """All things of all kinds: by where they stand, and their id."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.things: dict[tuple[str, ...], OrderedDict[str, tuple[str, Thing]]] = {}


class Kept:
    """The things of one endpoint. What looks like a secret is not kept, and so never answered."""

    def __init__(self, shelf: Shelf, endpoint: Endpoint, name: str, style: Style) -> None:
        self._shelf, self._endpoint, self._name, self._style = shelf, endpoint, name, style
        last = endpoint.path.rpartition("/")[2]
        self._named = last.startswith("{") and last.endswith("}")

    def page(self, asked: Asked) -> tuple[list[Thing], dict[str, Any]]:
        """The things of a page; a cursor is the id of the last one."""
        with self._shelf.lock:
            rows = [thing for owner, thing in self._place(asked).values() if asked.owner in (None, owner)]
        style, beside = self._style, dict[str, Any]()
        if self._endpoint.paginated and style.pagination == "page":
            size, page = asked.query[property_name("page_size", style.case)], asked.query["page"]
            beside = {"page": page, property_name("page_size", style.case): size, "total": len(rows)}
            rows = rows[(page - 1) * size : page * size]
        elif self._endpoint.paginated and style.pagination == "cursor":
            limit, after = asked.query["limit"], asked.query.get("cursor", "")
            ids = [thing["id"] for thing in rows]
            if after and after not in ids:
                raise Wrong(
                    422, "`cursor` is not one that this list gave; leave it out to begin at the start", "cursor"
                )
            rows = rows[ids.index(after) + 1 if after else 0 :]
            more, rows = len(rows) > limit, rows[:limit]
            beside = {"limit": limit, property_name("next_cursor", style.case): rows[-1]["id"] if more else None}
        return rows, beside

    def one(self, asked: Asked) -> Thing | None:
        """One thing, or None. What stands once under its parent is always there."""
        with self._shelf.lock:
            owner, thing = self._place(asked).get(self._id(asked), ("", None))
        if thing is None and not self._named:
            return {"id": self._id(asked)}
        return thing if asked.owner in (None, owner) else None

    def create(self, asked: Asked) -> Thing:
        """A new thing with an id that nobody guesses."""
        return self._keep(asked, {**_plain(asked.body), "id": secrets.token_urlsafe(16)})

    def put(self, asked: Asked, see: See) -> tuple[Thing, bool]:
        """A thing as it is to be, and whether it is new. Raises Wrong."""
        with self._shelf.lock:
            owner, old = self._place(asked).get(self._id(asked), ("", None))
        if old is not None and asked.owner not in (None, owner):
            raise Wrong(404, "there is nothing under this path")
        see(old or {})
        return self._keep(asked, {**_plain(asked.body), "id": self._id(asked)}), old is None

    def change(self, asked: Asked, see: See) -> Thing | None:
        """A thing after a merge-patch, or None."""
        thing = self.one(asked)
        if thing is None:
            return None
        see(thing)
        return self._keep(asked, {**merge(thing, _plain(asked.body)), "id": thing["id"]})

    def remove(self, asked: Asked, see: See) -> bool:
        """Whether there was a thing, which is no more."""
        thing = self.one(asked)
        if thing is not None:
            see(thing)
            with self._shelf.lock:
                return self._place(asked).pop(self._id(asked), None) is not None
        return False

    def key_of(self, row: Mapping[str, Any]) -> str:
        """What stands for a thing in a path."""
        return str(row["id"])

    def fields(self, columns: object) -> str:  # noqa: ARG002
        """No table refuses anything here."""
        return ""

    def _place(self, asked: Asked) -> OrderedDict[str, tuple[str, Thing]]:
        parents = list(asked.path.values())[: -1 if self._named else None]
        return self._shelf.things.setdefault((self._name, *map(str, parents)), OrderedDict())

    def _id(self, asked: Asked) -> str:
        return str(next(reversed(asked.path.values()), "the-only-one"))

    def _keep(self, asked: Asked, thing: Thing) -> Thing:
        with self._shelf.lock:
            place = self._place(asked)
            place[thing["id"]] = (place.get(thing["id"], (asked.caller, thing))[0], thing)
            while len(place) > MOST:
                place.popitem(last=False)
        return thing


def _plain(body: Thing) -> Thing:
    return {name: value for name, value in body.items() if not SECRET.fullmatch(name)}

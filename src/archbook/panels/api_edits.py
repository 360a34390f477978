"""The endpoints of a design while a person edits them: changed, new and removed, until they are saved."""

from __future__ import annotations

from typing import Any

from archbook.contracts.naming import VERSION
from archbook.design.contract import Endpoint
from archbook.design.model import Design, Where
from archbook.design.plain import as_written
from archbook.design.removing import spoken_of, taken_along, without_endpoints
from archbook.units import show_duration

ENDPOINTS: Where = ("api", "endpoints")


class Edits:
    """What differs from a saved design. Endpoints keep their numbers, new ones come behind those of the file."""

    def __init__(self, saved: Design) -> None:
        self.base, self._saved = saved, len(saved.api.endpoints)
        self._changes: dict[Where, Any] = {}
        self.removed: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._changes or self.removed or self.added)

    @property
    def left(self) -> list[int]:
        """The numbers of the endpoints that are there."""
        return [number for number in range(len(self.base.api.endpoints)) if number not in self.removed]

    @property
    def added(self) -> list[int]:
        """The numbers of the new ones."""
        return [number for number in self.left if number >= self._saved]

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All endpoints as they stand here, by number, the removed ones too."""
        return self.base.changed(self._changes).api.endpoints

    @property
    def design(self) -> Design:
        """The design as it stands here. Raises ArchbookError where what goes with a removed endpoint cannot go."""
        left = without_endpoints(self.base, self._gone()) if self.removed else self.base
        place = {number: index for index, number in enumerate(self.left)}
        return left.changed({(*ENDPOINTS, place[int(w[2])], w[3]): value for w, value in self._changes.items()})

    def change(self, number: int, key: str, value: Any) -> None:
        """Change one value; what is as the design says it is no change."""
        where, said = (*ENDPOINTS, number, key), getattr(self.base.api.endpoints[number], key)
        if value == (said or (None if key == "cache" else said)):
            self._changes.pop(where, None)
        else:
            self._changes[where] = value

    def add(self, beside: Endpoint | None) -> int:
        """A new endpoint after the manner of another one, and its number."""
        style = self.base.api.style
        parts = (beside.path if beside else f"/api/{style.version}" * (style.versioning == "path")).split("/")
        end = next((i + 1 for i, part in enumerate(parts) if VERSION.fullmatch(part)), 1)
        prefix = "/".join(parts[:end])
        names = {endpoint.name for endpoint in self.endpoints}
        paths = (f"{prefix}/new-things{number or ''}" for number in range(len(names) + 1))
        name = next(f"GET {path}" for path in paths if f"GET {path}" not in names)
        service = beside.service if beside else next(iter(self.base.services))
        new = Endpoint.model_validate({"name": name, "service": service, "list": True})
        self.base = self.base.changed({ENDPOINTS: (*self.base.api.endpoints, new)})
        return len(self.base.api.endpoints) - 1

    def remove(self, number: int) -> int:
        """Take an endpoint out; how many places of the design go with it. Raises ArchbookError, and nothing is gone."""
        along = len(taken_along(self.base, {*self._gone(), self.base.api.endpoints[number].name}))
        along -= len(taken_along(self.base, self._gone()))
        self.removed.add(number)
        self._changes = {where: value for where, value in self._changes.items() if where[2] != number}
        return along

    def written(self) -> dict[Where, Any]:
        """The changes as a file has them, in the order in which they can be made."""
        names = {self.base.api.endpoints[int(w[2])].name: new for w, new in self._changes.items() if w[3] == "name"}
        found = {where: _typed(value) for where, value in self._changes.items() if int(where[2]) < self._saved}
        found |= {where: names[name] for where, name in spoken_of(self.base, names).items()}
        for place, number in enumerate(self.added, start=self._saved):
            found[(*ENDPOINTS, place)] = as_written(self.endpoints[number])
        gone = sorted((number for number in self.removed if number < self._saved), reverse=True)
        removed = [*taken_along(self.base, self._gone()), *((*ENDPOINTS, number) for number in gone)]
        return found | dict.fromkeys(removed)

    def told(self) -> list[str]:
        """Each difference in words."""
        base, now = self.base.api.endpoints, self.endpoints
        return [
            *(f"{base[int(w[2])].name}, {w[3]} → {said(value)}"
              for w, value in self._changes.items() if int(w[2]) < self._saved),
            *(f"{now[number].name} is new" for number in self.added),
            *(f"{base[number].name} is removed" for number in sorted(self.removed) if number < self._saved),
        ]  # fmt: skip

    def _gone(self) -> set[str]:
        return {self.base.api.endpoints[number].name for number in self.removed}


def _typed(value: Any) -> Any:
    """A value as a person types it."""
    if isinstance(value, tuple):
        return list(value) or None
    return f"{value:g}s" if isinstance(value, float) else value


def said(value: Any) -> str:
    """A value as a sentence has it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " and ".join(value) or "everybody"
    return show_duration(value) if isinstance(value, float) else "none" if value is None else str(value)

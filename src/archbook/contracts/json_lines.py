"""The lines of a JSON text, found when they are asked for: its own scanner skips what is not on the way."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cached_property

from archbook.design.model import Where

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(strict=False)


class JsonLines:
    """Lines by place, of a text that has been read as JSON before.

    >>> lines = JsonLines('{"a": 1,\\n "b": [2,\\n {"c": 3}]}')
    >>> lines.get(("b",)), lines.get(("b", 1, "c")), lines.get(("d",))
    (2, 3, None)
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._children: dict[Where, dict[str | int, tuple[int, int]]] = {}

    def get(self, where: Where) -> int | None:
        """The line on which the key of a place, or the item of a list, stands; None where nothing does."""
        if not where:
            return 1
        found = self._inside(where[:-1]).get(where[-1])
        return bisect_right(self._ends, found[0]) + 1 if found else None

    @cached_property
    def _ends(self) -> list[int]:
        return [match.end() for match in re.finditer("\n", self.text)]

    def _inside(self, where: Where) -> dict[str | int, tuple[int, int]]:
        """Where key and value of each child begin."""
        if where not in self._children:
            start = self._inside(where[:-1]).get(where[-1], (0, -1))[1] if where else self._skip(0)
            self._children[where] = self._scanned(start) if start >= 0 else {}
        return self._children[where]

    def _scanned(self, at: int) -> dict[str | int, tuple[int, int]]:
        found: dict[str | int, tuple[int, int]] = {}
        opening = self.text[at]
        at = self._skip(at + 1)
        while opening in "{[" and self.text[at] not in "}]":
            key: str | int = len(found)
            begin = value = at
            if opening == "{":
                key, at = _DECODER.raw_decode(self.text, at)
                value = self._skip(self._skip(at) + 1)
            found[key] = begin, value
            at = self._skip(_DECODER.raw_decode(self.text, value)[1])
            at = self._skip(at + 1) if self.text[at] == "," else at
        return found

    def _skip(self, at: int) -> int:
        return _SPACE.match(self.text, at).end()  # type: ignore[union-attr]

"""Tuples and dicts that are made when they are first looked at."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


class _Later:
    """It is compared, shown and copied as what it is made into."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @functools.cached_property
    def _made(self) -> Any:
        return self._make()

    def __getitem__(self, key: Any) -> Any:
        return self._made[key]

    def __len__(self) -> int:
        return len(self._made)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._made)

    def __eq__(self, other: object) -> bool:
        return bool(self._made == (other._made if isinstance(other, _Later) else other))

    def __hash__(self) -> int:
        return hash(self._made)

    def __repr__(self) -> str:
        return repr(self._made)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self._made), (self._made,)


class LaterTuple(_Later, Sequence[Any]):
    """A tuple that is made when it is first looked at."""


class LaterDict(_Later, Mapping[Any, Any]):
    """A dict that is made when it is first looked at."""

    def get(self, key: Any, default: Any = None) -> Any:
        return self._made.get(key, default)

    def items(self) -> Any:
        return self._made.items()

    def values(self) -> Any:
        return self._made.values()

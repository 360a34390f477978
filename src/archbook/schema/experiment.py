"""What an experiment is: data and a few functions, in a file of its own under ``experiments/``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archbook.schema.model import Schema

if TYPE_CHECKING:
    from archbook.schema.engines.duckdb import DuckDb
    from archbook.schema.engines.protocol import Engine
    from archbook.schema.outcome import EngineOutcome


@dataclass(frozen=True, slots=True)
class Choice:
    """What an experiment runs on. columns: those that it is about, the leading one first; index: its name."""

    table: str
    columns: tuple[str, ...]
    index: str
    why: str


Choose = Callable[[Schema, Mapping[str, float]], Choice]
"""Picks a table by itself, given its sizes in rows where a design tells them. Raises ArchbookError."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the things compared. prepare: brings the engine into this state; timed apart, repeated each round."""

    name: str
    prepare: Callable[[Engine, Choice], None]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question that an engine answers on the reader's own tables.

    choose: picks a table by itself; sizes are rows by table where a design tells them. Raises ArchbookError.
    statement: what is timed, with ``$1`` … for a key; keys: parameters, taken from the rows.
    variants: the ratio is that of the first over the last. sentence, verdict: what was found, for people.
    """

    name: str
    question: str
    choose: Choose
    statement: Callable[[Choice], str]
    keys: Callable[[DuckDb, Choice, int], list[tuple[Any, ...]]]
    variants: Callable[[Choice], tuple[Variant, ...]]
    sentence: Callable[[Choice, EngineOutcome], str]
    verdict: Callable[[Choice, Mapping[str, EngineOutcome]], str]

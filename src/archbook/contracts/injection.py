"""The same question to a database, asked in several ways: what an input does to each of them, on each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from archbook.errors import EngineUnavailable
from archbook.schema.engines import NAMES, Engine, start
from archbook.schema.engines.protocol import Row
from archbook.tables import Table, as_columns

PEOPLE = ((1, "Ann", "ann@shop.example"), (2, "Bob", "bob@shop.example"), (3, "O'Brien", "ob@shop.example"))
Ask = Callable[[Engine, str], list[Row]]
"""Asks the table `users` (id, name, email) for the id and name of who is called so."""


def compared(ways: Mapping[str, Ask], inputs: Sequence[str], engines: Iterable[str] = NAMES) -> Table:
    """What each way of asking answers to each input, one after the other in the order given, on one table an engine.

    engines: as `archbook.schema.engines.start` names them; of one that is not there, a row says why.
    """
    rows = [row for engine in engines for row in _on(engine, ways, inputs)]
    title = f"each input in turn, first {', then '.join(ways)}"
    return as_columns(("engine", "input", *ways), rows, title)


def _on(name: str, ways: Mapping[str, Ask], inputs: Sequence[str]) -> Iterator[tuple[str, ...]]:
    try:
        engine = start(name)
    except EngineUnavailable as error:
        yield (name, "", *[f"not tried: {error}"] * len(ways))
        return
    with engine:
        engine.execute("CREATE TABLE users (id integer, name text, email text)")
        for person in PEOPLE:
            engine.execute("INSERT INTO users VALUES ($1, $2, $3)", person)
        for text in inputs:
            yield (name, text, *(_answer(engine, ask, text) for ask in ways.values()))


def _answer(engine: Engine, ask: Ask, text: str) -> str:
    try:
        found = sorted(ask(engine, text))
    except Exception as error:  # each engine has its own, and what it says is the answer
        return str(error).partition("\n")[0]
    return ", ".join(f"{key} {name}" for key, name in found) or "nobody"

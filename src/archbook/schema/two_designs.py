"""One design with keys and another with copies and counts, of one parent and its children, as SQL for either engine."""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

from collections.abc import Sequence

from archbook.errors import TransactionLost
from archbook.schema.engines.protocol import Engine
from archbook.schema.experiment import Choice
from archbook.schema.sql import quoted

PAGE = 50  # rows on a page
SOME = 40  # rows like those that will come
COUNTED, WIDE, ASIDE, COUNT, COPY = (f"archbook_{name}" for name in ("counted", "wide", "aside", "count", "copy"))
Statement = tuple[str, Sequence[object]]


class TwoDesigns:
    """The statements of both designs. The denormalised one has parents with a count and children with a copy."""

    def __init__(self, choice: Choice) -> None:
        roles = choice.roles
        self.child, self.parent = quoted(choice.table), quoted(roles["parent"])
        self.key, self.label = quoted(roles["key"]), quoted(roles["label"])
        self.own, self.to = quoted(roles["child key"]), quoted(choice.columns[0])
        self._its_parent = f"{self.key} = (SELECT {self.to} FROM {ASIDE} WHERE {self.own} = $1)"
        self.counts = f"SELECT {self.to} AS k, count(*) AS n FROM {self.child} GROUP BY 1"

    def set_up(self) -> list[str]:
        """Both tables of the denormalised design, and some rows like those that will come."""
        joined = f"LEFT JOIN {self.parent} AS p ON p.{self.key} = c.{self.to}"
        counted = f"LEFT JOIN ({self.counts}) AS c ON c.k = p.{self.key}"
        some = f"WHERE {self.to} IS NOT NULL ORDER BY {self.own} LIMIT {SOME}"
        return [
            f"CREATE TABLE {COUNTED} AS SELECT p.*, coalesce(c.n, 0) AS {COUNT} FROM {self.parent} AS p {counted}",
            f"CREATE TABLE {WIDE} AS SELECT c.*, p.{self.label} AS {COPY} FROM {self.child} AS c {joined}",
            f"CREATE TABLE {ASIDE} AS SELECT * FROM {self.child} {some}",
        ]

    def page_with_counts(self) -> tuple[str, str]:
        """Parents from a key on, with how many children each has: counted, and stored."""
        number = f"(SELECT count(*) FROM {self.child} AS c WHERE c.{self.to} = p.{self.key})"
        rest = f"WHERE p.{self.key} >= $1 ORDER BY p.{self.key} LIMIT {PAGE}"
        return tuple(  # type: ignore[return-value]
            f"SELECT p.{self.key}, p.{self.label}, {what} FROM {table} AS p {rest}"
            for what, table in ((number, self.parent), (COUNT, COUNTED))
        )

    def page_with_labels(self) -> tuple[str, str]:
        """Children from a key on, with their parent's label: joined, and copied."""
        joined = f"{self.child} AS c LEFT JOIN {self.parent} AS p ON p.{self.key} = c.{self.to}"
        rest = f"WHERE c.{self.own} >= $1 ORDER BY c.{self.own} LIMIT {PAGE}"
        return f"SELECT c.*, p.{self.label} FROM {joined} {rest}", f"SELECT * FROM {WIDE} AS c {rest}"

    def most(self) -> tuple[str, str]:
        """Parents with most children: all counted, and from the index on the stored count."""
        what, order = f"p.{self.key}, p.{self.label}", f"p.{self.key} DESC LIMIT {PAGE}"
        counted = f"SELECT {what}, c.n FROM ({self.counts}) AS c JOIN {self.parent} AS p ON p.{self.key} = c.k"
        stored = f"SELECT {what}, p.{COUNT} FROM {COUNTED} AS p WHERE p.{COUNT} > 0"
        return f"{counted} ORDER BY c.n DESC, {order}", f"{stored} ORDER BY p.{COUNT} DESC, {order}"

    def add(self, row: object) -> Statement:
        """One more child."""
        return f"INSERT INTO {self.child} SELECT * FROM {ASIDE} WHERE {self.own} = $1", (row,)

    def count_up(self, row: object) -> Statement:
        """The count of the parent that a child belongs to, one higher than it is."""
        return f"UPDATE {COUNTED} SET {COUNT} = {COUNT} + 1 WHERE {self._its_parent}", (row,)

    def read_count(self, row: object) -> Statement:
        """The count of the parent that a child belongs to."""
        return f"SELECT {COUNT} FROM {COUNTED} WHERE {self._its_parent}", (row,)

    def write_count(self, row: object, count: int) -> Statement:
        """The count of the parent that a child belongs to, as the writer believes that it is."""
        return f"UPDATE {COUNTED} SET {COUNT} = $2 WHERE {self._its_parent}", (row, count)

    def uncounted(self) -> str:
        """By how many the counts of some parents are too low."""
        some = f"IN (SELECT {self.to} FROM {ASIDE})"
        there = f"(SELECT count(*) FROM {self.child} WHERE {self.to} {some})"
        return f"SELECT {there} - (SELECT sum({COUNT}) FROM {COUNTED} WHERE {self.key} {some})"

    def change(self, table: str, key: object) -> Statement:
        """Another label for a parent."""
        return f"UPDATE {table} SET {self.label} = reverse({self.label}) WHERE {self.key} = $1", (key,)

    def copy(self, key: object) -> Statement:
        """The copies of a parent's label, made as it is."""
        label = f"(SELECT {self.label} FROM {COUNTED} WHERE {self.key} = $1)"
        return f"UPDATE {WIDE} SET {COPY} = {label} WHERE {self.to} = $1", (key,)

    def stale(self, keys: Sequence[object]) -> Statement:
        """How many copies of the labels of some parents are not what the parent says."""
        joined = f"{WIDE} AS w JOIN {COUNTED} AS p ON p.{self.key} = w.{self.to}"
        some = ", ".join(f"${number + 1}" for number in range(len(keys)))
        wrong = f"p.{self.key} IN ({some}) AND w.{COPY} IS DISTINCT FROM p.{self.label}"
        return f"SELECT count(*) FROM {joined} WHERE {wrong}", keys

    def triggers(self) -> list[str]:
        """PostgreSQL's: the count goes up with each child, and copies follow the label."""
        up = f"UPDATE {COUNTED} SET {COUNT} = {COUNT} + 1 WHERE {self.key} = NEW.{self.to}"
        follow = f"UPDATE {WIDE} SET {COPY} = NEW.{self.label} WHERE {self.to} = NEW.{self.key}"
        made = []
        for name, body, when in (
            (COUNT, up, f"AFTER INSERT ON {self.child}"),
            (COPY, follow, f"AFTER UPDATE OF {self.label} ON {COUNTED}"),
        ):
            body = f"BEGIN {body}; RETURN NULL; END"
            made.append(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body${body}$body$")
            made.append(f"CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {name}()")
        return made

    def no_triggers(self) -> list[str]:
        """Without them again."""
        return [f"DROP FUNCTION IF EXISTS {name}() CASCADE" for name in (COUNT, COPY)]


def transaction(engine: Engine, *statements: Statement) -> None:
    """All statements or none."""
    engine.execute("BEGIN")
    for text, given in statements:
        engine.execute(text, given)
    engine.execute("COMMIT")


def add_at_once(one: Engine, other: Engine, sql: TwoDesigns, row: object, blindly: bool) -> bool:
    """Two writers add a row to one parent at the same time. Whether the second was refused, and did it again.

    blindly: each writes the count that it has read, and one; else the engine adds one to what is there.
    """
    seen = [_begin(writer, sql, row) for writer in (one, other)]
    _finish(one, sql, row, seen[0], blindly)
    try:
        _finish(other, sql, row, seen[1], blindly)
    except TransactionLost:
        other.execute("ROLLBACK")
        _finish(other, sql, row, _begin(other, sql, row), blindly)
        return True
    return False


def _begin(writer: Engine, sql: TwoDesigns, row: object) -> int:
    writer.execute("BEGIN")
    writer.execute(*sql.add(row))
    return int(writer.execute(*sql.read_count(row))[0][0])


def _finish(writer: Engine, sql: TwoDesigns, row: object, seen: int, blindly: bool) -> None:
    writer.execute(*(sql.write_count(row, seen + 1) if blindly else sql.count_up(row)))
    writer.execute("COMMIT")

"""Which expression each column of a table gets, so that keys are distinct and foreign keys point to rows.

Every value is a function of the row's number, written as SQL; a foreign key computes the key of the row it points to.
"""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from archbook.schema.conditions import NOTHING, Trait, computed_keys, traits
from archbook.schema.duckdb_ddl import column_type
from archbook.schema.model import Column, Entry, ForeignKey, Kind, Schema, Table
from archbook.schema.sql import hashed, quoted
from archbook.schema.values import Maker

Value = Callable[[str], str]
"""SQL of a row's number → SQL of a value."""
FANOUT = 8  # children of one row in a table that points to itself
NULL_SHARE = 20  # one foreign key in so many is null, where it may be
ENOUGH = 2**40  # rows that no table has
FREE = 10**6  # a column that can tell more apart than this is bounded only by what is needed


@dataclass(slots=True)
class Assignment:
    """Expressions for one table, and which promises they do not keep by construction."""

    values: dict[str, Value] = field(default_factory=dict)
    repeating: list[tuple[str, ...]] = field(default_factory=list)  # unique sets that may repeat
    dangling: list[ForeignKey] = field(default_factory=list)  # foreign keys that may point to nothing
    losses: dict[str, int] = field(default_factory=dict)  # how often each table had lost rows by then
    pointed: list[ForeignKey] = field(default_factory=list)  # foreign keys that are part of a unique set


@dataclass(slots=True)
class Planner:
    """Rows planned for each table, and the expressions that make them."""

    schema: Schema
    rows: dict[str, int]
    seed: int
    skew: float
    filled: set[str] = field(default_factory=set)
    ragged: set[str] = field(default_factory=set)  # filled tables whose rows are not the numbers 0 … rows-1
    ledger: list[Entry] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)  # that DuckDB has
    _known: dict[str, Assignment] = field(default_factory=dict)
    _traits: dict[str, Mapping[str, Trait]] = field(default_factory=dict)
    _targets: dict[str, set[str]] = field(default_factory=dict)
    _losses: dict[str, int] = field(default_factory=dict)  # how often a table lost rows
    _checked: dict[tuple[str, ForeignKey], int] = field(default_factory=dict)  # losses of the parent then
    _unique: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)  # tables whose expressions are being made

    def room(self, table: Table) -> int:
        """Rows that fit: those wanted, bounded by what each unique set of columns can tell apart."""
        rows = self.rows[table.name]
        for columns in self.unique_sets(table):
            rows = min(rows, math.prod(size for _, size in self._digits(table, columns)))
        return rows

    def lose(self, table: Table, what: str, why: str, kind: Kind = "changed") -> None:
        """Write down what of a table's promises or rows could not be kept."""
        entry = Entry(table.line, f"table {table.name}", what, why, kind)
        if entry not in self.ledger:
            self.ledger.append(entry)

    def fill(self, table: Table) -> None:
        """Note that a table has its rows, and that its keys point to rows as far as they do by construction."""
        self.filled.add(table.name)
        doubtful = self.assignment(table).dangling
        for key in table.foreign_keys:
            if key not in doubtful and key.to in self.filled:  # a parent filled later may come out otherwise
                self._checked[table.name, key] = self.assignment(table).losses.get(key.to, 0)

    def counted(self, table: Table, left: int) -> int:
        """Note how many rows a table has left."""
        if left < self.rows[table.name]:
            self.rows[table.name] = left
            self.ragged.add(table.name)
            self._losses[table.name] = self._losses.get(table.name, 0) + 1
        return left

    def stale(self, table: Table, key: ForeignKey) -> bool:
        """Whether rows that a key points to may have been dropped since it was looked at."""
        return key.to in self.filled and self._checked.get((table.name, key)) != self._losses.get(key.to, 0)

    def check(self, table: Table, key: ForeignKey) -> None:
        """Note that a key points to rows now."""
        self._checked[table.name, key] = self._losses.get(key.to, 0)

    def forget(self, table: Table) -> None:
        """Plan a table anew: its rows are others."""
        self._known.pop(table.name, None)
        self.ragged.discard(table.name)
        self.filled.discard(table.name)

    def pointed_at(self, table: str) -> frozenset[str]:
        """The columns of a table that foreign keys point to."""
        if not self._targets:
            for source in self.schema.tables.values():
                for key in source.foreign_keys:
                    self._targets.setdefault(key.to, set()).update(self.schema.target(key))
        return frozenset(self._targets.get(table, ()))

    def assignment(self, table: Table) -> Assignment:
        """The expressions of a table's columns."""
        if table.name not in self._known:
            self._known[table.name] = made = Assignment()
            made.losses = dict(self._losses)
            self._busy.add(table.name)
            self._number(table, made)
            for columns in sorted(self.unique_sets(table), key=len):
                self._make_distinct(table, columns, made)
            for key in sorted(table.foreign_keys, key=lambda key: -len(key.columns)):
                self._point(table, key, made)
            for column in table.columns:
                made.values.setdefault(column.name, self._maker(table, column).plausible)
            self._busy.discard(table.name)
        return self._known[table.name]

    def permuted(self, number: str, size: int, salt: str, below: int = 0) -> str:
        """number·a + b mod size: one to one below `size`, and far from in order; the number is below `below`, or size.

        In 128 bits only where 64 do not hold it: they take DuckDB twenty times as long.
        """
        dice = random.Random(f"{self.seed}/{salt}")
        factor = max(int(size * 0.618), 1) + dice.randrange(max(size // 8, 1))
        while math.gcd(factor, size) != 1:
            factor += 1
        wide = "HUGEINT" if (below or size) * factor + size > 2**62 else "BIGINT"
        return f"CAST((CAST({number} AS {wide}) * {factor} + {dice.randrange(size)}) % {size} AS BIGINT)"

    def _number(self, table: Table, made: Assignment) -> None:
        """Columns that number the rows, or are unique alone."""
        for column in table.columns:
            if self._is_number(table, column.name):
                made.values[column.name] = self._maker(table, column).distinct

    def _is_number(self, table: Table, column: str) -> bool:
        if any(column in key.columns for key in table.foreign_keys):
            return False
        return bool(table.column(column).identity) or (column,) in self.unique_sets(table)

    def unique_sets(self, table: Table) -> list[tuple[str, ...]]:
        """Columns whose values are made distinct: keys, unique indexes on expressions, and where there is room those
        on some rows (else it is mended by what takes rows out of the index)."""
        if table.name not in self._unique:
            sets = table.unique_sets()
            pointing = {column for key in table.foreign_keys for column in key.columns}
            for columns, some in computed_keys(table):
                sizes = [self._maker(table, table.column(column)).capacity() for column in columns]
                if not some or (not pointing & set(columns) and math.prod(sizes) >= self.rows[table.name]):
                    sets.append(columns)
            self._unique[table.name] = list(dict.fromkeys(columns for columns in sets if columns))
        return self._unique[table.name]

    def _make_distinct(self, table: Table, columns: tuple[str, ...], made: Assignment) -> None:
        if any(self._is_number(table, column) for column in columns):
            return
        if any(column in made.values for column in columns):
            shorter = [u for u in self.unique_sets(table) if set(u) < set(columns) and u not in made.repeating]
            if not shorter:
                made.repeating.append(columns)
            return
        digits = self._digits(table, columns)
        unsure = any(isinstance(digit, ForeignKey) and digit.to not in self.filled for digit, _ in digits)
        if unsure or math.prod(size for _, size in digits) < self.rows[table.name]:
            made.repeating.append(columns)  # a parent has lost rows since the room was planned, or may yet
        for digit, number in self._spread(table, columns).items():
            if isinstance(digit, ForeignKey):
                made.pointed.append(digit)
                for column, to in zip(digit.columns, self.schema.target(digit), strict=True):
                    made.values[column] = self._pointer(table, table.column(column), digit, to, number)
            else:
                made.values[digit] = _after(self._maker(table, table.column(digit)).distinct, number)

    def _digits(self, table: Table, columns: tuple[str, ...]) -> list[tuple[ForeignKey | str, int]]:
        """A unique set as digits: foreign keys (base: rows of the parent) and columns (base: what they tell apart)."""
        left, digits = list(columns), list[tuple[ForeignKey | str, int]]()
        for key in sorted(table.foreign_keys, key=lambda key: -len(key.columns)):
            if set(key.columns) <= set(left) and self._computable(table, key):
                left = [column for column in left if column not in key.columns]
                digits.append((key, max(self.rows[key.to], 1)))
        return digits + [(column, self._maker(table, table.column(column)).capacity()) for column in left]

    def _spread(self, table: Table, columns: tuple[str, ...]) -> dict[ForeignKey | str, Value]:
        """Numbers below each digit's base, such that no two rows have all of them alike."""
        digits = self._digits(table, columns)
        fixed = math.prod(size for digit, size in digits if size < FREE or isinstance(digit, ForeignKey))
        need = max(math.ceil(self.rows[table.name] / fixed), 1)
        bases: dict[ForeignKey | str, int] = {}
        for digit, size in digits:
            if math.prod(bases.values()) < ENOUGH:  # else what is left may be as it likes
                bases[digit] = size if size < FREE or isinstance(digit, ForeignKey) else min(size, need)
        size, stride = math.prod(bases.values()), 1
        spread: dict[ForeignKey | str, Value] = {}
        for digit, base in bases.items():
            spread[digit] = self._digit(table, size, stride, base, f"{table.name}/{columns}")
            stride *= base
        return spread

    def _digit(self, table: Table, size: int, stride: int, base: int, salt: str) -> Value:
        rows = max(self.rows[table.name], 1)
        return lambda number: f"({self.permuted(number, size, salt, rows)} // {stride} % {base})"

    def _point(self, table: Table, key: ForeignKey, made: Assignment) -> None:
        """A foreign key whose columns are still free points by Zipf's law; else it is checked after filling."""
        fresh = [table.column(column) for column in key.columns if column not in made.values]
        if not self._computable(table, key):
            self._leave(table, key, fresh, made)
        elif len(fresh) < len(key.columns) and any(column.nullable for column in fresh):
            made.values |= {column.name: self._null(column) for column in fresh}
        elif fresh:
            targets = dict(zip(key.columns, self.schema.target(key), strict=True))
            number = self._popular(table, key)
            for column in fresh:
                pointer = self._pointer(table, column, key, targets[column.name], number)
                made.values[column.name] = self._sometimes(table, key, column, pointer)
        certain = key in made.pointed or (len(fresh) == len(key.columns) and self._computable(table, key))
        if self._reachable(key) and not certain:
            made.dangling.append(key)

    def _leave(self, table: Table, key: ForeignKey, fresh: list[Column], made: Assignment) -> None:
        """A foreign key into a table that has no rows: null, or (told) values that point to nothing."""
        made.values |= {column.name: self._null(column) for column in fresh if column.nullable}
        if not self._reachable(key) and not any(table.column(column).nullable for column in key.columns):
            part = f"foreign key {', '.join(key.columns)} of {table.name}"
            self.ledger.append(Entry(key.line, part, f"points to no rows: {key.to} has none", kind="lost"))

    def _reachable(self, key: ForeignKey) -> bool:
        target = self.schema.target(key)
        return key.to in self.rows and len(target) == len(key.columns) and self.schema.tables[key.to].has(*target)

    def _computable(self, table: Table, key: ForeignKey) -> bool:
        """Whether the key of the row pointed to is a known function of its number (it is not in a cycle of keys)."""
        if key.to == table.name:
            return self._reachable(key) and not set(self.schema.target(key)) & set(key.columns)
        return self._reachable(key) and key.to not in self._busy

    def _pointer(self, table: Table, column: Column, key: ForeignKey, to: str, number: Value) -> Value:
        """The value that column `to` has in the row whose number is given."""
        type_ = column_type(self.schema, column.type)
        if key.to in self.ragged:
            listed = f"(SELECT list({quoted(to)} ORDER BY rowid) FROM {quoted(key.to)})"
            return lambda k: f"CAST({listed}[1 + {number(k)}] AS {type_})"
        if key.to == table.name:  # its own expressions are being made: look them up when they are used
            return lambda k: f"CAST({self._known[key.to].values[to](number(k))} AS {type_})"
        values = self.assignment(self.schema.tables[key.to]).values
        return lambda k: f"CAST({values[to](number(k))} AS {type_})"

    def _sometimes(self, table: Table, key: ForeignKey, column: Column, pointer: Value) -> Value:
        """Null for the root of a table that points to itself, and for one row in twenty, where that is allowed."""
        if not column.nullable:
            return pointer
        salt = random.Random(f"{self.seed}/{table.name}/{key.columns}").getrandbits(32)
        holds = "{k} > 0" if key.to == table.name else f"{hashed('{k}', salt)} % {NULL_SHARE} > 0"
        return lambda k: f"CASE WHEN {holds.format(k=k)} THEN {pointer(k)} END"

    def _null(self, column: Column) -> Value:
        return lambda _: f"CAST(NULL AS {column_type(self.schema, column.type)})"

    def _popular(self, table: Table, key: ForeignKey) -> Value:
        """The number of a parent: by Zipf's law, ranks spread over all numbers; in layers within one table."""
        if key.to == table.name:
            return lambda k: f"({k} // {FANOUT})"
        parents, salt = max(self.rows[key.to], 1), f"{table.name}/{key.columns}"
        seed = random.Random(f"{self.seed}/{salt}").getrandbits(32)
        power = 1 - self.skew
        scale = (parents + 1.0) ** power - 1

        def number(k: str) -> str:
            u = f"(({hashed(k, seed)} >> 11) / 9007199254740992.0)"
            rank = f"pow({parents + 1}.0, {u})" if abs(power) < 1e-9 else f"pow({scale!r} * {u} + 1, {1 / power!r})"
            return self.permuted(f"least(CAST(floor({rank}) AS BIGINT) - 1, {parents - 1})", parents, salt)

        return number

    def _maker(self, table: Table, column: Column) -> Maker:
        if table.name not in self._traits:
            self._traits[table.name] = traits(self.schema, table)
        trait = self._traits[table.name].get(column.name, NOTHING)
        return Maker(self.schema, table, column, self.rows.get(table.name, 1), self.seed, trait)


def _after(outer: Value, inner: Value) -> Value:
    return lambda number: outer(inner(number))


def planned(schema: Schema, table: str, rows: int) -> dict[str, int]:
    """`rows` for one table, and a tenth for each generation of tables that it points to (at least 10).

    >>> from archbook.schema.ddl import parse
    >>> ddl = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)"
    >>> planned(parse(ddl), "b", 1000)
    {'b': 1000, 'a': 100}
    """
    plan: dict[str, int] = {table: rows}
    front = [table]
    while front:
        name = front.pop(0)
        for key in schema.tables[name].foreign_keys:
            if key.to in schema.tables and key.to not in plan:
                plan[key.to] = max(min(10, rows), plan[name] // 10)
                front.append(key.to)
    return plan

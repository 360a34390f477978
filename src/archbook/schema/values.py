"""SQL expressions (DuckDB's) that make a plausible value of a column out of a row's number.

Each expression is a function of the number alone, so a foreign key can compute the key of the row it points to.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from zlib import crc32

from archbook.schema.conditions import NOTHING, Trait
from archbook.schema.duckdb_ddl import column_type
from archbook.schema.model import Column, Limit, Schema, Table
from archbook.schema.patterns import places, written
from archbook.schema.shapes import INTEGERS, TEXT, length_limit, text_shape
from archbook.schema.sql import hashed, literal

WINDOW_START_S = 1_672_531_200  # 2023-01-01
WINDOW_S = 94_608_000  # three years, in which timestamps lie
UNBOUNDED = 10**15
NUMBERS = ("money", "float4", "float8", "oid")
_CAPACITY = {
    "bool": 2, "date": 500_000, "time": 86_400_000, "timetz": 86_400_000, "float4": 10_000_000, "oid": 2**31,
    "inet": 2**24, "cidr": 2**8, "xml": UNBOUNDED, "tsvector": UNBOUNDED,
}  # fmt: skip
_LISTS = {
    "first name": ("Ada", "Ben", "Chloe", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam"),
    "last name": ("Adler", "Brown", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Haas", "Ito", "Jensen", "Klein"),
    "status": ("active", "pending", "done", "paid", "shipped", "cancelled", "failed", "refunded"),
    "currency": ("EUR", "USD", "GBP", "CHF", "JPY", "SEK"),
    "country": ("DE", "US", "GB", "FR", "CH", "JP", "SE", "BR", "IN"),
    "city": ("Berlin", "Lisbon", "Osaka", "Nairobi", "Toronto", "Lima", "Zurich", "Malmo"),
    "locale": ("en-US", "de-DE", "fr-FR", "pt-BR", "ja-JP"),
    "kind": ("standard", "basic", "premium", "partner", "trial", "internal"),
}
_TEMPLATES = {  # {n}: the row's number, {h}: a hash of it
    "email": "'user' || {n} || '@example.com'",
    "uuid": "CAST(md5('{salt}' || {n}) AS UUID)::VARCHAR",
    "hash": "md5('{salt}' || {n}) || left(md5({n} || 'b'), 28)",
    "url": "'https://www.example.com/' || left(md5('{salt}' || {n}), 12) || '/' || {n}",
    "handle": "'user' || {n}",
    "address": "({h} % 200 + 1) || ' Example Street ' || {n}",
    "digits": "lpad(CAST({h} % 100000 AS VARCHAR), 5, '0')",
    "phone": "'+4930' || lpad(CAST({h} % 100000000 AS VARCHAR), 8, '0')",
    "ip": "'10.' || ({h} % 256) || '.' || ({h} // 256 % 256) || '.' || ({h} // 65536 % 256)",
    "code": "upper(left(md5('{salt}' || {n}), 4)) || '-' || {n}",
    "title": "left('The quick brown fox jumps over the lazy dog and on', CAST(12 + {h} % 36 AS INTEGER)) || ' ' || {n}",
    "prose": "left(repeat('Plain words that a person could have written. ', 6), CAST(20 + {h} % 240 AS INTEGER))",
    "json": '\'{{"n": \' || {n} || \', "kind": "example", "tags": ["a", "b"]}}\'',
    "name": "'Example ' || {n}",
    "text": "'value ' || ({h} % 10000)",
}
_SAMPLES = {  # what the templates make, for patterns to be held against
    "email": "user1234@example.com", "uuid": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "handle": "user1234",
    "url": "https://www.example.com/0a1b2c3d4e5f/1234", "phone": "+493012345678", "digits": "12345",
}  # fmt: skip
_NUMBERED = ("email", "uuid", "hash", "url", "handle", "address", "code", "title", "json", "name")
_USUAL: dict[str, tuple[float, float]] = {  # ranges of numbers, by a word of the column's name
    "quantity": (1, 10), "qty": (1, 10), "age": (18, 90), "year": (1995, 2026), "rating": (1, 5), "month": (1, 12),
    "stock": (0, 500), "percent": (0, 100), "latitude": (-90, 90), "longitude": (-180, 180), "version": (1, 9),
}  # fmt: skip
_ODD = {  # types that DuckDB holds as text, in a form that PostgreSQL reads
    "inet": _TEMPLATES["ip"], "cidr": "'10.' || ({h} % 256) || '.0.0/16'", "macaddr": "'08:00:2b:01:02:03'",
    "point": "'(' || ({h} % 180) || ',' || ({h} % 90) || ')'", "xml": "'<n>' || {n} || '</n>'",
    "tsvector": "'words ''of'' row' || {n}", "bit": "'1'", "varbit": "'101'", "int4range": "'[1,10)'",
    "int8range": "'[1,10)'", "numrange": "'[1,10)'", "daterange": "'[2024-01-01,2024-02-01)'",
    "tsrange": "'[2024-01-01,2024-02-01)'", "tstzrange": "'[2024-01-01,2024-02-01)'",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes values of one column. rows: of its table; seed: changes all values that look random."""

    schema: Schema
    table: Table
    column: Column
    rows: int
    seed: int
    trait: Trait = NOTHING  # what checks ask of its text

    def capacity(self) -> int:
        """How many distinct values `distinct` can make."""
        base = self.schema.base(self.column.type)
        limits = self.schema.limits(self.table, self.column)
        if listed := self._listed(limits):
            return len(listed)
        low, high = self._range(limits, 1, INTEGERS.get(base.name, UNBOUNDED))
        if base.name in INTEGERS:
            return max(int(high - low) + 1, 1)
        if base.name == "numeric" and base.modifiers:
            digits = int(base.modifiers[0]) - (self._scale() if limits else 0)
            return int(min(10**digits - 1, max(high - low, 1), UNBOUNDED))
        if base.name in TEXT and (found := self._places()):
            return int(min(math.prod(map(len, found)), UNBOUNDED))
        if base.name in TEXT:
            longest = self._longest()
            return UNBOUNDED if longest is None or longest >= 10 else int(36**longest)
        if base.name == "bytea" and self._bytes():
            return int(min(256 ** self._bytes(), UNBOUNDED))
        return _CAPACITY.get(base.name, 1 if base.name in _ODD else UNBOUNDED)

    def distinct(self, number: str) -> str:
        """A value that no other number below `capacity` gives."""
        value = self._distinct(self.schema.base(self.column.type).name, number)
        return self._typed(f"[{value}]" if self.schema.base(self.column.type).array else value)

    def _distinct(self, name: str, number: str) -> str:
        limits = self.schema.limits(self.table, self.column)
        if listed := self._listed(limits):
            return f"[{', '.join(map(literal, listed))}][1 + {number}]"
        low = int(self._range(limits, 1, UNBOUNDED)[0])
        if name == "numeric":
            return f"({low} + {number}) / {10 ** (0 if limits else self._scale())}.0"
        if name in TEXT:
            return self._distinct_text(number)
        if name in ("timestamp", "timestamptz"):
            return self._moment(number)
        if name in ("json", "jsonb"):
            return _TEMPLATES["json"].format(n=f"({number})")
        if name in ("vector", "halfvec"):
            return f"[{number} + x for x in range({self._size()})]"
        steps = {"date": f"DATE '2025-12-31' - CAST({number} AS INTEGER)", "bool": f"{number} = 1",
                 "uuid": f"CAST(md5('{self._salt()}' || {number}) AS UUID)",
                 "bytea": self._binary(number), "interval": f"to_seconds({number})",
                 "time": f"TIME '00:00:00' + to_milliseconds({number})",
                 "timetz": f"CAST(TIME '00:00:00' + to_milliseconds({number}) AS TIME WITH TIME ZONE)"}  # fmt: skip
        odd = _ODD.get(name, f"{low} + {{n}}" if name in INTEGERS or name in NUMBERS else "'x' || {n}")
        return steps.get(name) or odd.format(n=f"({number})", h=f"({number})")

    def _binary(self, number: str) -> str:
        size = self._bytes()
        if not size:
            return f"encode(CAST({number} AS VARCHAR))"
        if size < 8:
            return f"unhex(lpad(to_base({number}, 16), {2 * size}, '0'))"
        return f"unhex(left(repeat(md5('{self._salt()}' || {number}), {size // 16 + 1}), {2 * size}))"

    def plausible(self, number: str) -> str:
        """A value of the kind that the column's name and type suggest; some are null where they may be."""
        value = self._value(number)
        if not self.column.nullable:
            return value
        share = 0.95 if self.column.name.startswith(("deleted", "archived")) else 0.1
        return f"CASE WHEN {self._uniform(number, 'null')} >= {share} THEN {value} END"

    def _value(self, number: str) -> str:
        base = self.schema.base(self.column.type)
        limits = self.schema.limits(self.table, self.column)
        if listed := self._listed(limits):
            u = self._uniform(number)
            value = f"[{', '.join(map(literal, listed))}][1 + CAST(floor({u} * {u} * {len(listed)}) AS INTEGER)]"
        elif base.name in INTEGERS or base.name in ("numeric", *NUMBERS):
            value = self._number(number, limits)
        elif base.name in TEXT:
            value = self._text(number)
        elif base.name in ("timestamp", "timestamptz", "date"):
            value = self._time(number)
        elif base.name == "bool":
            share = 0.1 if self.column.name.startswith(("deleted", "is_deleted", "archived")) else 0.8
            value = f"{self._uniform(number)} < {share}"
        else:
            value = self._other(base.name, number)
        return self._typed(f"[{value}]" if base.array else value)

    def _other(self, name: str, number: str) -> str:
        if name in ("time", "timetz", "interval"):
            return self._distinct(name, f"({self._hash(number)} % 86400000)")
        if name in _ODD:
            return _ODD[name].format(n=f"({number})", h=self._hash(number))
        return self._distinct(name, number)

    def _scale(self) -> int:
        modifiers = self.schema.base(self.column.type).modifiers
        return max(int(modifiers[1]), 0) if len(modifiers) > 1 else 0

    def _size(self) -> int:
        modifiers = self.schema.base(self.column.type).modifiers
        return int(modifiers[0]) if modifiers else 3

    def _number(self, number: str, limits: list[Limit]) -> str:
        base, name, u = self.schema.base(self.column.type), self.column.name.lower(), self._uniform(number)
        most = 1_000_000.0
        if base.name in INTEGERS:
            most = float(INTEGERS[base.name])
        elif base.name == "numeric" and base.modifiers:
            most = 10.0 ** (int(base.modifiers[0]) - self._scale()) - 1
        low, high = next((_USUAL[word] for word in name.split("_") if word in _USUAL), (1, 1_000))
        if name.endswith("_id"):  # points into another database
            low, high = 1, max(10, self.rows // 10)
        low, high = self._range(limits, min(low, most), min(high, most))
        whole = base.name in INTEGERS or base.name == "oid"
        if any(word in name for word in ("amount", "price", "total", "cost", "balance", "cents", "fee")) and not limits:
            value = f"least({most!r}, exp(1.5 + 5 * {u}){' * 100' if 'cents' in name else ''})"
        else:
            value = f"{low!r} + {u} * {high - low + (1 if whole else 0)!r}"
        return f"floor({value})" if whole else value

    def _places(self) -> tuple[str, ...]:
        """The pattern that the text follows, where its ordinary values would not match it."""
        pattern = self.trait.pattern
        sample = _SAMPLES.get(text_shape(self.column).kind, "") if pattern else ""
        if sample and re.search(pattern, sample):
            return ()
        if pattern and self.schema.base(self.column.type).name == "bpchar":  # it is padded, and matched so
            return places(pattern, self._longest()) or ()
        return self.trait.alphabets[: self._longest()]

    def _longest(self) -> int | None:
        limits = (length_limit(self.schema.base(self.column.type)), self.trait.longest)
        return min((limit for limit in limits if limit is not None), default=None)

    def _bytes(self) -> int:
        """How many bytes a binary value has, where checks say so; else 0."""
        return min(self.trait.longest, 32) if self.trait.longest else self.trait.shortest

    def _lengthened(self, value: str) -> str:
        least = self.trait.shortest
        return f"({value}) || repeat('x', greatest(0, {least} - length({value})))" if least > 1 else value

    def _text(self, number: str) -> str:
        shape = text_shape(self.column)
        if found := self._places():
            return written(found, self._hash(number))
        if shape.kind in _LISTS:
            words = _LISTS[shape.kind]
            u = self._uniform(number)
            value = f"[{', '.join(map(literal, words))}][1 + CAST(floor({u} * {u} * {len(words)}) AS INTEGER)]"
        else:
            value = _TEMPLATES[shape.kind].format(n=f"({number})", h=self._hash(number), salt=self._salt())
        longest, value = self._longest(), self._lengthened(value)
        return value if longest is None else f"left({value}, {longest})"

    def _distinct_text(self, number: str) -> str:
        if found := self._places():
            return written(found, number)
        longest = self._longest()
        kind = text_shape(self.column).kind
        template = _TEMPLATES[kind] if kind in _NUMBERED else "'value ' || {n}"
        if longest is not None and longest < 64:
            width = max(min(longest, 10), self.trait.shortest)
            return f"right(lpad(to_base({number}, 36), {width}, '0'), {longest})"
        return self._lengthened(template.format(n=f"({number})", h=f"({number})", salt=self._salt()))

    def _time(self, number: str) -> str:
        """Within the window, later rows later; what ends or changes lies after what begins."""
        name, some = self.column.name.lower(), self._hash(number)
        if "birth" in name or name == "dob":
            return f"DATE '1950-01-01' + CAST({some} % 20000 AS INTEGER)"
        later = any(
            word in name for word in ("updat", "modif", "end", "expir", "due", "until", "last", "deliver", "return")
        )
        return self._moment(number, f" + 3600000000 + {some} % 2592000000000" if later else "")

    def _moment(self, number: str, later: str = "") -> str:
        step = max(WINDOW_S * 1_000_000 // max(self.rows, 1), 1)
        make = "make_timestamptz" if self.schema.base(self.column.type).name == "timestamptz" else "make_timestamp"
        return f"{make}({WINDOW_START_S}000000 + {number} * {step}{later})"

    def _listed(self, limits: list[Limit]) -> tuple[str | float, ...]:
        base = self.schema.base(self.column.type)
        if base.name in self.schema.enums:
            return self.schema.enums[base.name].values
        return next((limit.values for limit in limits if limit.values), ())

    def _range(self, limits: list[Limit], low: float, high: float) -> tuple[float, float]:
        """The range that the checks leave of low to high (or theirs, where that is empty)."""
        width = high - low
        step = 1 if self.schema.base(self.column.type).name in INTEGERS else 0.01
        lows = [limit.low + (step if limit.low_open else 0) for limit in limits if limit.low is not None]
        highs = [limit.high - (step if limit.high_open else 0) for limit in limits if limit.high is not None]
        if highs and max([low, *lows]) > min(highs):
            low = min(highs) - width
        low = max([low, *lows])
        high = min([max(high, low), *highs])
        return low, max(low, high)

    def _typed(self, value: str) -> str:
        return f"CAST({value} AS {column_type(self.schema, self.column.type)})"

    def _salt(self, extra: str = "") -> int:
        return crc32(f"{self.seed}/{self.table.name}/{self.column.name}/{extra}".encode())

    def _hash(self, number: str, extra: str = "") -> str:
        return f"CAST({hashed(number, self._salt(extra))} >> 1 AS BIGINT)"

    def _uniform(self, number: str, extra: str = "") -> str:
        return f"(({hashed(number, self._salt(extra))} >> 11) / 9007199254740992.0)"

"""A schema as PostgreSQL's DDL: to take away, or for a scratch schema that made-up rows fill."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from archbook.schema.duckdb_ddl import Ddl, create_enum, limit_sql
from archbook.schema.model import Check, Column, Entry, ForeignKey, Index, Kind, Schema, Table, Type, Unique
from archbook.schema.sql import distinct_names, literal, quoted

BUILT_IN = {
    "int2", "int4", "int8", "float4", "float8", "bool", "text", "varchar", "bpchar", "name", "uuid", "date", "time",
    "timetz", "timestamp", "timestamptz", "interval", "bytea", "json", "jsonb", "oid", "money", "numeric", "inet",
    "cidr", "macaddr", "bit", "varbit", "tsvector", "tsquery", "point",
    "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
}  # fmt: skip
SERIAL = {"int2": "smallserial", "int4": "serial", "int8": "bigserial"}
HARMLESS = {
    "length", "char_length", "character_length", "octet_length", "bit_length", "lower", "upper", "btrim", "trim",
    "ltrim", "rtrim", "abs", "ceil", "floor", "round", "mod", "coalesce", "nullif", "greatest", "least", "num_nonnulls",
    "num_nulls", "array_length", "cardinality", "date_part", "date_trunc", "extract", "lower_inf", "upper_inf",
    "isempty", "jsonb_typeof", "json_typeof", "position", "substring", "left", "right", "and", "or", "not", "in",
    "any", "all", "array", "row", "between", "numeric", "varchar", "interval", "timestamp", "is", "isfinite",
}  # fmt: skip
"""Functions (and words before a parenthesis) that a check may have in a scratch schema: they only compute."""
_CALL = re.compile(r'([\w"]+)\s*\(')
_STRING = re.compile(r"'(?:[^']|'')*'")
_BARE = re.compile(r"[a-z_][a-z0-9_]*")


def to_postgres(schema: Schema, scratch: bool = False) -> Ddl:
    """The whole schema: types, tables, then keys, checks, foreign keys, indexes and comments.

    scratch: everything in one schema and fit for made-up rows. There tables of other schemas have these in their
    names, partitions and generated columns are ordinary ones, types of extensions are text, defaults are left out,
    and a check that calls a function which could do more than compute is too.

    >>> from archbook.schema.ddl import parse
    >>> print(to_postgres(parse("CREATE TABLE t (id bigserial PRIMARY KEY, n text DEFAULT 'x')")), end="")
    CREATE TABLE "t" ("id" bigserial NOT NULL, "n" text DEFAULT 'x');
    ALTER TABLE "t" ADD PRIMARY KEY ("id");
    """
    writer = _Writer(schema, scratch)
    return Ddl(tuple(writer.statements()), tuple(writer.ledger))


def column_type(schema: Schema, type_: Type) -> str:
    """A type in a scratch schema: as PostgreSQL without extensions knows it; text where it does not."""
    base = schema.base(type_)
    if base.name in schema.enums:
        return quoted(base.name) + ("[]" if base.array else "")
    return str(base) if base.name in BUILT_IN else "text" + ("[]" if base.array else "")


def parts_of(name: str) -> tuple[str, ...]:
    """The schema and the name in a key of the model.

    >>> parts_of("sales.users"), parts_of('sales."odd.name"'), parts_of("users")
    (('sales', 'users'), ('sales', 'odd.name'), ('users',))
    """
    return tuple(part.strip('"') if "." in part else part for part in re.findall(r'"[^"]*\.[^"]*"|[^.]+', name))


@dataclass(slots=True)
class _Writer:
    schema: Schema
    scratch: bool
    ledger: list[Entry] = field(default_factory=list)

    def tell(self, line: int, part: str, what: str, why: str = "", kind: Kind = "changed") -> None:
        self.ledger.append(Entry(line, part, what, why, kind))

    def name(self, key: str) -> str:
        """A table's or type's name in quotes, behind its schema unless this is a scratch schema."""
        return quoted(key) if self.scratch else ".".join(quoted(part) for part in parts_of(key))

    def statements(self) -> Iterator[tuple[str, str]]:
        """Each with the part that it makes, in an order that runs."""
        tables = sorted(self.schema.tables.values(), key=self._depth)
        yield from self._types()
        for table in tables:
            yield from self._table(table)
        names = self._names(tables)
        for table in tables:
            yield from ((f"keys of {table.name}", s) for s in self._keys(table, names))
        for table in tables:
            yield from ((f"foreign keys of {table.name}", s) for s in self._foreign_keys(table))
        for table in tables:
            for index in filter(self._has_method, self._own(table).indexes):
                yield f"index {index.name} of {table.name}", self._index(names[id(index)], table, index)
        if not self.scratch:
            for table in tables:
                yield from ((f"comment on {table.name}", s) for s in self._comments(table))

    def _depth(self, table: Table) -> int:
        """How many parents a partition has: they are made first."""
        depth, seen = 0, {table.name}
        while table.partition_of in self.schema.tables and table.partition_of not in seen:
            table, depth = self.schema.tables[table.partition_of], depth + 1
            seen.add(table.name)
        return 0 if self.scratch else depth

    def _types(self) -> Iterator[tuple[str, str]]:
        if self.scratch:
            yield from ((f"type {name}", create_enum(self.schema, name)) for name in self.schema.enums)
            return
        schema = self.schema
        keys = (*schema.tables, *schema.enums, *schema.domains, *schema.composites)
        for name in dict.fromkeys(parts_of(key)[0] for key in keys if len(parts_of(key)) > 1):
            yield f"schema {name}", f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}"
        for enum in schema.enums.values():
            values = ", ".join(map(literal, enum.values))
            yield f"type {enum.name}", f"CREATE TYPE {self.name(enum.name)} AS ENUM ({values})"
        made = [(d.line, d.name, self._domain(d.name)) for d in schema.domains.values()]
        made += [(c.line, c.name, self._composite(c.name)) for c in schema.composites.values()]
        yield from ((f"type {name}", text) for _, name, text in sorted(made, key=lambda m: m[0]))

    def _domain(self, name: str) -> str:
        domain = self.schema.domains[name]
        text = f"CREATE DOMAIN {self.name(name)} AS {self.type(domain.type)}{'' if domain.nullable else ' NOT NULL'}"
        return text + "".join(f" {_named(check.name)}CHECK ({check.expression})" for check in domain.checks)

    def _composite(self, name: str) -> str:
        fields = ", ".join(f"{quoted(field)} {self.type(t)}" for field, t in self.schema.composites[name].fields)
        return f"CREATE TYPE {self.name(name)} AS ({fields})"

    def type(self, type_: Type) -> str:
        """A type as it was meant; in a scratch schema as PostgreSQL without extensions knows it."""
        schema = self.schema
        if self.scratch:
            return column_type(schema, type_)
        array = "[]" if type_.array else ""
        if type_.name in (*schema.enums, *schema.domains, *schema.composites):
            return self.name(type_.name) + array
        if type_.name in BUILT_IN:
            return str(type_)
        name = ".".join(part if _BARE.fullmatch(part) else quoted(part) for part in parts_of(type_.name))
        words = [str(m) if isinstance(m, int) or _BARE.fullmatch(m) else literal(m) for m in type_.modifiers]
        return name + (f"({','.join(words)})" if words else "") + array

    def _table(self, table: Table) -> Iterator[tuple[str, str]]:
        self._losses(table)
        split = f" PARTITION BY {table.partition_by}" if table.partition_by and not self.scratch else ""
        parent = self.schema.tables.get(table.partition_of)
        if parent and table.partition_bound and not self.scratch:
            head = f"CREATE TABLE {self.name(table.name)} PARTITION OF {self.name(parent.name)}"
            yield f"table {table.name}", f"{head} {table.partition_bound}{split}"
            return
        for column in table.columns:
            if self._sequence(table, column):
                yield f"sequence of {table.name}.{column.name}", f"CREATE SEQUENCE {self._sequence(table, column)}"
        columns = ", ".join(self._column(table, column) for column in table.columns)
        yield f"table {table.name}", f"CREATE TABLE {self.name(table.name)} ({columns}){split}"

    def _sequence(self, table: Table, column: Column) -> str:
        """The sequence of a serial column that the serial types cannot say; else empty."""
        plain = not column.nullable and column.type.name in SERIAL and not column.type.array
        if column.identity != "serial" or plain:
            return ""
        *schema, name = (table.name,) if self.scratch else parts_of(table.name)
        return ".".join(quoted(part) for part in (*schema, f"{name}_{column.name}_seq"))

    def _column(self, table: Table, column: Column) -> str:
        type_, tail = self.type(column.type), ""
        if sequence := self._sequence(table, column):
            tail = f" DEFAULT nextval({literal(sequence)})"
        elif column.identity == "serial":
            type_ = SERIAL[column.type.name]
        elif column.identity:
            tail = f" GENERATED {column.identity.upper()} AS IDENTITY"
        elif self.scratch:
            pass
        elif column.generated is not None:
            tail = f" GENERATED ALWAYS AS ({column.generated}) STORED"
        elif column.default is not None:
            self._needs(column.line, f"{table.name}.{column.name}", column.default)
            tail = f" DEFAULT {column.default}"
        return f"{quoted(column.name)} {type_}{tail}{'' if column.nullable else ' NOT NULL'}"

    def _losses(self, table: Table) -> None:
        if self.scratch and table.partition_by:
            self.tell(table.line, f"table {table.name}", "partitioning is not carried over")
        for column in table.columns:
            base, part = self.schema.base(column.type), f"{table.name}.{column.name}"
            if base.name not in (*BUILT_IN, *self.schema.enums):
                if self.scratch:
                    why = "a type with fields" if base.name in self.schema.composites else "an extension"
                    self.tell(column.line, part, f"type {base} becomes text", why)
                elif base.name not in self.schema.composites:
                    self.tell(column.line, part, f"has type {base}", "it needs the extension that has it")
            if self.scratch and column.generated is not None:
                self.tell(column.line, part, "is an ordinary column here")

    def _own(self, table: Table) -> Table:
        """A partition without what PostgreSQL copies from its parent."""
        parent = self.schema.tables.get(table.partition_of)
        if parent is None or self.scratch:
            return table
        copied: list[ForeignKey | Unique | Index | Check] = [*parent.foreign_keys, *parent.uniques, *parent.indexes]
        parents = {_bare(part) for part in (*copied, *parent.checks)}
        return replace(
            table,
            primary_key=() if parent.primary_key == table.primary_key else table.primary_key,
            foreign_keys=tuple(k for k in table.foreign_keys if _bare(k) not in parents),
            uniques=tuple(u for u in table.uniques if _bare(u) not in parents),
            indexes=tuple(i for i in table.indexes if _bare(i) not in parents),
            checks=tuple(c for c in table.checks if _bare(c) not in parents),
        )

    def _names(self, tables: list[Table]) -> dict[int, str]:
        """Names of unique constraints and indexes by identity: PostgreSQL has one space for them and for tables."""
        unnamed = [*self.schema.tables]
        parts: list[Unique | Index] = [u for t in tables for u in t.uniques if u.name]
        parts += [i for t in tables for i in t.indexes]
        names = distinct_names([*unnamed, *(part.name for part in parts)])[len(unnamed) :]
        for part, name in zip(parts, names, strict=True):
            if part.name != name:
                why = "PostgreSQL wants names of indexes and tables to differ"
                self.tell(part.line, f"index {part.name}", f"is named {name} here", why)
        return {id(part): name for part, name in zip(parts, names, strict=True)}

    def _keys(self, table: Table, names: dict[int, str]) -> Iterator[str]:
        start = f"ALTER TABLE {self.name(table.name)} ADD "
        table = self._own(table)
        if table.primary_key:
            yield f"{start}PRIMARY KEY ({quoted(*table.primary_key)})"
        for unique in table.uniques:
            yield f"{start}{_named(names.get(id(unique), ''))}UNIQUE ({quoted(*unique.columns)})"
        if self.scratch:
            for column in table.columns:
                yield from (f"{start}CHECK ({limit_sql(limit)})" for limit in self.schema.limits(table, column))
        for check in table.checks:
            if not self.scratch:
                self._needs(check.line, f"check of {table.name}", check.expression)
                yield f"{start}{_named(check.name)}CHECK ({check.expression})"
            elif not check.limits and self._harmless(table, check):
                yield f"{start}CHECK ({check.expression})"

    def _needs(self, line: int, part: str, expression: str) -> None:
        """Tell of functions of the DDL that must be there first: they are kept as text and not written."""
        functions = {c.name.rpartition(".")[2].strip('"').lower() for c in self.schema.carried if c.kind == "function"}
        if functions and (called := _calls(expression) & functions):
            self.tell(line, part, f"calls {sorted(called)[0]}()", "create this function of the DDL before the table")

    def _harmless(self, table: Table, check: Check) -> bool:
        if strange := sorted(_calls(check.expression) - HARMLESS):
            what = f"({check.expression[:60]}) is lost"
            self.tell(check.line, f"check of {table.name}", what, f"it calls {strange[0]}", "lost")
        return not strange

    def _foreign_keys(self, table: Table) -> Iterator[str]:
        for key in self._own(table).foreign_keys:
            to = self.schema.target(key)
            if not to or len(to) != len(key.columns):
                why = f"it does not match columns of {key.to}" if key.to in self.schema.tables else f"no table {key.to}"
                part = f"foreign key {', '.join(key.columns)} of {table.name}"
                self.tell(key.line, part, "is lost", why, "lost")
                continue
            actions = "".join(f" ON {e} {a}" for e, a in (("DELETE", key.on_delete), ("UPDATE", key.on_update)) if a)
            target = f"{self.name(key.to)} ({quoted(*to)}){actions}{' DEFERRABLE' if key.deferrable else ''}"
            start = f"ALTER TABLE {self.name(table.name)} ADD {'' if self.scratch else _named(key.name)}"
            yield f"{start}FOREIGN KEY ({quoted(*key.columns)}) REFERENCES {target}"

    def _has_method(self, index: Index) -> bool:
        if index.method in ("fulltext", "spatial"):
            instead = "gin over to_tsvector(…)" if index.method == "fulltext" else "gist"
            what = f"is lost; PostgreSQL has {instead} for it"
            self.tell(index.line, f"index {index.name}", what, f"{index.method} is MySQL's", "lost")
        return index.method not in ("fulltext", "spatial")

    def _index(self, name: str, table: Table, index: Index) -> str:
        parts = list(index.parts) or [quoted(c) + (" DESC" if c in index.descending else "") for c in index.columns]
        tail = f" INCLUDE ({quoted(*index.include)})" if index.include else ""
        tail += f" WHERE {index.where}" if index.where else ""
        unique = "UNIQUE " if index.unique else ""
        method = index.method if _BARE.fullmatch(index.method) else quoted(index.method)
        place = self.name(table.name) + ("" if method == "btree" else f" USING {method}")
        return f"CREATE {unique}INDEX {quoted(name)} ON {place} ({', '.join(parts)}){tail}"

    def _comments(self, table: Table) -> Iterator[str]:
        if table.comment:
            yield f"COMMENT ON TABLE {self.name(table.name)} IS {literal(table.comment)}"
        for column in table.columns:
            if column.comment:
                place = f"{self.name(table.name)}.{quoted(column.name)}"
                yield f"COMMENT ON COLUMN {place} IS {literal(column.comment)}"


def _calls(expression: str) -> set[str]:
    """Names before a parenthesis, outside strings."""
    return {call.strip('"').lower() for call in _CALL.findall(_STRING.sub("''", expression))}


def _named(name: str) -> str:
    return f"CONSTRAINT {quoted(name)} " if name else ""


def _bare(part: ForeignKey | Unique | Index | Check) -> ForeignKey | Unique | Index | Check:
    """A part without its name and place, for comparison."""
    return replace(part, name="", line=0)

"""A schema as DuckDB's DDL, with a ledger of what DuckDB does not have.

Schemas are flattened into quoted names (DuckDB has no foreign keys between schemas); partitions become tables of
their own beside their parent; foreign keys that close a cycle are left out, since DuckDB cannot add them later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from archbook.schema.model import Column, Entry, ForeignKey, Index, Kind, Limit, Schema, Table, Type
from archbook.schema.sql import distinct_names, literal, quoted

TYPES = {
    "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT", "float4": "REAL", "float8": "DOUBLE", "bool": "BOOLEAN",
    "text": "VARCHAR", "varchar": "VARCHAR", "bpchar": "VARCHAR", "citext": "VARCHAR", "name": "VARCHAR",
    "uuid": "UUID", "date": "DATE", "time": "TIME", "timetz": "TIME WITH TIME ZONE", "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ", "interval": "INTERVAL", "bytea": "BLOB", "json": "JSON", "jsonb": "JSON",
    "oid": "BIGINT", "money": "DECIMAL(19,2)",
}  # fmt: skip
WIDTHS = {"int2": 2, "int4": 4, "int8": 8}
CHANGED = {
    "jsonb": "jsonb becomes JSON: text, without jsonb's operators and GIN indexes",
    "citext": "citext becomes VARCHAR: comparisons mind upper and lower case",
    "money": "money becomes DECIMAL(19,2)",
}
_CONSTANT = re.compile(r"^(-?\d+(\.\d+)?|true|false|null|('(?:[^']|'')*'))(::[\w\s.\"()\[\],]+)?$", re.IGNORECASE)
_NOW = re.compile(
    r"^(now\(\)|current_timestamp(\(\d\))?|localtimestamp|clock_timestamp\(\)|transaction_timestamp\(\))$", re.I
)
_UUID = re.compile(r"^(gen_random_uuid|uuid_generate_v[14]|uuidv[47])\(\)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ddl:
    """Statements in an order that runs, each with the part that it makes, and what was lost on the way."""

    statements: tuple[tuple[str, str], ...]
    ledger: tuple[Entry, ...]

    def __str__(self) -> str:
        return "".join(f"{statement};\n" for _, statement in self.statements)


def to_duckdb(schema: Schema) -> Ddl:
    """The whole schema for DuckDB: types, sequences, tables with keys and checks, indexes.

    >>> from archbook.schema.ddl import parse
    >>> print(to_duckdb(parse("CREATE TABLE t (id bigserial PRIMARY KEY, n text DEFAULT 'x')")), end="")
    CREATE SEQUENCE "t_id_seq";
    CREATE TABLE "t" ("id" BIGINT NOT NULL DEFAULT nextval('"t_id_seq"'), "n" VARCHAR DEFAULT 'x', PRIMARY KEY ("id"));
    """
    writer = _Writer(*_agreeing(schema))
    schema = writer.schema
    statements = [(f"type {name}", create_enum(schema, name)) for name in schema.enums]
    for table in in_order(schema):
        statements += writer.table(table)
    statements += writer.indexes()
    return Ddl(tuple(statements), tuple(sorted(writer.ledger, key=lambda entry: entry.line)))


def column_type(schema: Schema, type_: Type) -> str:
    """A type in DuckDB's words; VARCHAR where it has none."""
    base = schema.base(type_)
    array = "[]" if base.array else ""
    if base.name in schema.enums:
        return quoted(base.name) + array
    if base.name == "numeric":
        return _decimal(base) + array
    if base.name in ("vector", "halfvec"):
        return f"FLOAT[]{array}"
    return TYPES.get(base.name, "VARCHAR") + array


def create_enum(schema: Schema, name: str) -> str:
    """CREATE TYPE of an enum, in DuckDB's words and PostgreSQL's alike."""
    return f"CREATE TYPE {quoted(name)} AS ENUM ({', '.join(map(literal, schema.enums[name].values))})"


def enums_of(schema: Schema, table: Table) -> set[str]:
    """Names of the enums that a table uses."""
    return {schema.base(column.type).name for column in table.columns} & set(schema.enums)


def in_order(schema: Schema) -> list[Table]:
    """Tables with those that they point to first; a cycle is cut where it is met."""
    order: dict[str, Table] = {}
    for root in schema.tables.values():
        stack, on_path = [root], {root.name}
        while stack:
            table = stack[-1]
            waiting = (k.to for k in table.foreign_keys if k.to in schema.tables and k.to not in order)
            target = next((name for name in waiting if name not in on_path), None)
            if target is None:
                order.setdefault(table.name, stack.pop())
            else:
                on_path.add(target)
                stack.append(schema.tables[target])
    return list(order.values())


def _agreeing(schema: Schema) -> tuple[Schema, list[Entry]]:
    """The schema with whole numbers that foreign keys join made as wide as the widest: DuckDB wants one type."""
    groups: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for table in schema.tables.values():
        for key in table.foreign_keys:
            target = schema.tables.get(key.to)
            for mine, to in zip(key.columns, schema.target(key), strict=False):
                if target and table.has(mine) and target.has(to):
                    one, other = (table.name, mine), (key.to, to)
                    joined = groups.get(one, {one}) | groups.get(other, {other})
                    groups |= dict.fromkeys(joined, joined)
    changed, ledger = dict(schema.tables), list[Entry]()
    for (name, column_name), group in groups.items():
        types = [schema.tables[t].column(c).type for t, c in group]
        column = schema.tables[name].column(column_name)
        widest = max(types, key=lambda t: WIDTHS.get(t.name, 0))
        if all(t.name in WIDTHS and not t.array for t in types) and column.type.name != widest.name:
            what, why = f"{column.type} becomes {widest}", "DuckDB wants one type on both sides of a foreign key"
            ledger.append(Entry(column.line, f"{name}.{column_name}", what, why, "changed"))
            columns = tuple(replace(c, type=widest) if c.name == column_name else c for c in changed[name].columns)
            changed[name] = replace(changed[name], columns=columns)
    return replace(schema, tables=changed), ledger


def _decimal(base: Type) -> str:
    digits = [m for m in base.modifiers if isinstance(m, int)]
    if not digits:
        return "DECIMAL(38,10)"
    scale = digits[1] if len(digits) > 1 else 0
    return "DOUBLE" if digits[0] > 38 or not 0 <= scale <= digits[0] else f"DECIMAL({digits[0]},{scale})"


@dataclass(slots=True)
class _Writer:
    schema: Schema
    ledger: list[Entry] = field(default_factory=list)
    created: set[str] = field(default_factory=set)

    def lose(self, line: int, part: str, what: str, why: str = "", kind: Kind = "lost") -> None:
        self.ledger.append(Entry(line, part, what, why, kind))

    def table(self, table: Table) -> Iterator[tuple[str, str]]:
        """The sequences of a table, then the table."""
        if not table.columns:
            self.lose(table.line, f"table {table.name}", "is left out", "a table of DuckDB needs a column")
            return
        if table.partition_by:
            why = "DuckDB has no partitions; rows stay in the parent"
            self.lose(table.line, f"table {table.name}", f"partitioning by {table.partition_by} is lost", why)
        if table.partition_of:
            why = "no row is routed into it"
            self.lose(table.line, f"table {table.name}", f"is a table beside {table.partition_of}", why, "changed")
        for column in table.columns:
            if column.identity:
                sequence = _sequence(table, column)
                yield f"sequence {sequence}", f"CREATE SEQUENCE {quoted(sequence)}"
        self.created.add(table.name)
        parts = [self._column(table, column) for column in table.columns] + list(self._keys(table))
        yield f"table {table.name}", f"CREATE TABLE {quoted(table.name)} ({', '.join(parts)})"

    def _column(self, table: Table, column: Column) -> str:
        self._type_losses(table, column)
        text = f"{quoted(column.name)} {column_type(self.schema, column.type)}"
        if not column.nullable:
            text += " NOT NULL"
        if column.identity:
            return f"{text} DEFAULT nextval({literal(quoted(_sequence(table, column)))})"
        if column.generated is not None:
            why = f"GENERATED AS ({column.generated}); an ordinary column here"
            self.lose(column.line, f"{table.name}.{column.name}", "is not computed", why)
        elif column.default is not None:
            default = default_sql(column.default)
            if default is None:
                part = f"{table.name}.{column.name}"
                self.lose(column.line, part, f"default {column.default[:60]} is lost", "not known to DuckDB")
            else:
                text += f" DEFAULT {default}"
        return text

    def _type_losses(self, table: Table, column: Column) -> None:
        part, base = f"{table.name}.{column.name}", self.schema.base(column.type)
        if column.type.name in self.schema.domains:
            domain = self.schema.domains[column.type.name]
            rules = " and loses a check" if any(not check.limits for check in domain.checks) else ""
            self.lose(
                column.line, part, f"domain {domain.name} becomes {base}{rules}", "DuckDB has no domains", "changed"
            )
        if base.name in CHANGED:
            self.lose(column.line, part, CHANGED[base.name], kind="changed")
        elif base.name == "numeric" and not base.modifiers:
            self.lose(column.line, part, "numeric without precision becomes DECIMAL(38,10)", kind="changed")
        elif base.name == "numeric" and _decimal(base) == "DOUBLE":
            self.lose(column.line, part, f"{base} becomes DOUBLE", "DuckDB's DECIMAL has at most 38 digits", "changed")
        elif base.name in ("varchar", "bpchar") and base.modifiers:
            self.lose(column.line, part, f"length of {base} is not enforced", kind="changed")
        elif base.name not in (*TYPES, *self.schema.enums, "numeric", "vector", "halfvec"):
            self.lose(column.line, part, f"type {base} becomes VARCHAR", "DuckDB has no such type", "changed")

    def _keys(self, table: Table) -> Iterator[str]:
        """PRIMARY KEY, UNIQUE, CHECK and FOREIGN KEY of a table, each as far as DuckDB takes it."""
        primary = table.primary_key
        if primary and self._indexable(table, primary, f"primary key of {table.name}", table.line):
            yield f"PRIMARY KEY ({quoted(*primary)})"
        wanted = {unique.columns: unique.line for unique in table.uniques} | self._pointed_at(table)
        for columns, line in wanted.items():
            if columns != primary and self._indexable(table, columns, f"unique key of {table.name}", line):
                yield f"UNIQUE ({quoted(*columns)})"
        for column in table.columns:
            for limit in self.schema.limits(table, column):
                if limit not in table.limits(column.name) and self._comparable(table, limit):
                    yield f"CHECK ({limit_sql(limit)})"
        for check in table.checks:
            if check.limits and all(self._comparable(table, limit) for limit in check.limits):
                yield f"CHECK ({' AND '.join(limit_sql(limit) for limit in check.limits)})"
            else:
                part = f"check {check.name} of {table.name}".replace("  ", " ")
                self.lose(
                    check.line, part, f"({check.expression[:80]}) is lost", "only lists and ranges are carried over"
                )
        for key in table.foreign_keys:
            yield from self._foreign_key(table, key)

    def _comparable(self, table: Table, limit: Limit) -> bool:
        """Whether DuckDB compares the column with the limit: it does not turn text into numbers by itself."""
        numbers = limit.low is not None or limit.high is not None or any(not isinstance(v, str) for v in limit.values)
        if not table.has(limit.column):
            return False
        type_ = column_type(self.schema, table.column(limit.column).type).partition("(")[0]
        return not numbers or type_ in ("SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE", "DECIMAL")

    def _indexable(self, table: Table, columns: tuple[str, ...], part: str, line: int) -> bool:
        bases = [self.schema.base(table.column(column).type) for column in columns]
        bad = [base for base in bases if base.array or base.name in ("interval", "vector", "halfvec")]
        if bad:
            self.lose(line, part, f"is lost: DuckDB indexes no {bad[0]}")
        return not bad

    def _pointed_at(self, table: Table) -> dict[tuple[str, ...], int]:
        """Unique indexes that a foreign key relies on: DuckDB wants a constraint there."""
        targets = {
            self.schema.target(key)
            for other in self.schema.tables.values()
            for key in other.foreign_keys
            if key.to == table.name
        }
        unique = [index for index in table.indexes if index.unique and index.plain]
        return {i.columns: i.line for i in unique if any(set(i.columns) == set(t) for t in targets)}

    def _foreign_key(self, table: Table, key: ForeignKey) -> Iterator[str]:
        part = f"foreign key {key.name or ', '.join(key.columns)} of {table.name}"
        refusal = self._refusal(table, key)
        if refusal:
            self.lose(key.line, part, "is lost", refusal)
            return
        actions = [f"ON {event} {action}" for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update))]
        actions = [action for action in actions if not action.endswith((" ", "RESTRICT"))]
        if actions:
            self.lose(key.line, part, f"{' and '.join(actions)} is lost", "DuckDB only refuses, it never cascades")
        if key.deferrable:
            self.lose(key.line, part, "DEFERRABLE is lost", "DuckDB checks at once")
        target = self.schema.tables[key.to]
        pairs = dict(zip(self.schema.target(key), key.columns, strict=True))
        to = next(unique for unique in target.unique_sets() if set(unique) == set(pairs))
        yield f"FOREIGN KEY ({quoted(*(pairs[c] for c in to))}) REFERENCES {quoted(key.to)} ({quoted(*to)})"

    def _refusal(self, table: Table, key: ForeignKey) -> str:
        """Why DuckDB would refuse a foreign key; empty where it takes it."""
        target, to = self.schema.tables.get(key.to), self.schema.target(key)
        if target is None:
            return f"no table {key.to} in this DDL"
        if len(to) != len(key.columns) or not target.has(*to) or len(set(to)) < len(to):
            return f"it does not match columns of {key.to}"
        if not any(set(unique) == set(to) for unique in target.unique_sets()):
            return f"{key.to} ({', '.join(to)}) is not unique"
        if key.to not in self.created:
            return "it closes a cycle of foreign keys, and DuckDB cannot add one later"
        for column, other in zip(key.columns, to, strict=True):
            mine, theirs = (column_type(self.schema, t.column(c).type) for t, c in ((table, column), (target, other)))
            if mine != theirs:
                return f"types differ: {column} is {mine}, {key.to}.{other} is {theirs}"
            if "[" in mine or mine == "INTERVAL":
                return f"DuckDB indexes no {mine}"
        return ""

    def indexes(self) -> Iterator[tuple[str, str]]:
        """CREATE INDEX for what is a plain b-tree; the rest goes to the ledger."""
        found = [(t, i) for t in self.schema.tables.values() if t.name in self.created for i in t.indexes]
        names = distinct_names(index.name for _, index in found)
        for name, (table, index) in zip(names, found, strict=True):
            part = f"index {index.name} of {table.name}"
            if self._carried_over(table, index, part) and self._indexable(table, index.columns, part, index.line):
                unique = "UNIQUE " if index.unique else ""
                columns = quoted(*dict.fromkeys(index.columns))
                yield part, f"CREATE {unique}INDEX {quoted(name)} ON {quoted(table.name)} ({columns})"

    def _carried_over(self, table: Table, index: Index, part: str) -> bool:
        if index.include:
            self.lose(index.line, part, f"INCLUDE ({', '.join(index.include)}) is lost")
        reasons = {
            "DuckDB has no partial indexes": index.where is not None,
            "expressions are not carried over": bool(index.expressions),
            f"DuckDB has no {index.method} indexes": index.method not in ("btree", "hash"),
        }
        why = next((reason for reason, holds in reasons.items() if holds), "")
        if why:
            self.lose(index.line, part, "is lost", why)
        return not why and table.has(*index.columns)


def _sequence(table: Table, column: Column) -> str:
    return f"{table.name}_{column.name}_seq".replace('"', "_")  # nextval() takes no doubled quotes


def limit_sql(limit: Limit) -> str:
    """A limit as a condition.

    >>> limit_sql(Limit("n", low=0, low_open=True))
    '"n" > 0'
    """
    column = quoted(limit.column)
    if limit.values:
        return f"{column} IN ({', '.join(map(literal, limit.values))})"
    sides = []
    if limit.low is not None:
        sides.append(f"{column} {'>' if limit.low_open else '>='} {literal(limit.low)}")
    if limit.high is not None:
        sides.append(f"{column} {'<' if limit.high_open else '<='} {literal(limit.high)}")
    return " AND ".join(sides)


def default_sql(expression: str) -> str | None:
    """A default that DuckDB knows too; None where it does not.

    >>> default_sql("'new'::text"), default_sql("now()"), default_sql("next_free(7)")
    ("'new'", 'current_timestamp', None)
    """
    constant = _CONSTANT.match(expression)
    if constant:
        return constant[1]
    if _NOW.match(expression):
        return "current_timestamp"
    return "uuid()" if _UUID.match(expression) else "current_date" if expression.lower() == "current_date" else None

"""Why an engine refused a row, in words that a client can act on: never the engine's own."""

from __future__ import annotations

import re
from typing import Literal

from archbook.errors import ArchbookError
from archbook.schema.model import Schema, Table

Reason = Literal["duplicate", "missing", "used", "needed", "check", "value"]
_DUPLICATE = re.compile(r'Duplicate key "(?P<columns>.*?)" violates', re.DOTALL)
_NEEDED = re.compile(r"NOT NULL constraint failed: .*\.(?P<columns>.+)")
_KEY = re.compile(r"Key \((?P<columns>.*?)\)=", re.DOTALL)


class Refused(ArchbookError):
    """A row that a constraint does not allow. No change has been made.

    reason: ``duplicate`` (another row has these values), ``missing`` (it names a row that is not there), ``used``
    (other rows name it), ``needed`` (a value is missing), ``check`` (a rule of the table), ``value`` (of no such type).
    """

    def __init__(self, reason: Reason, columns: tuple[str, ...], text: str) -> None:
        self.reason, self.columns = reason, columns
        super().__init__(f"{', '.join(columns)}: {text}" if columns else text)


def refusal(error: BaseException, schema: Schema, table: Table) -> Refused | None:
    """What an engine's error says about a row; None where it is no such refusal."""
    import duckdb
    import psycopg

    if isinstance(error, duckdb.ConstraintException):
        return _of_duckdb(str(error), table)
    if isinstance(error, psycopg.errors.IntegrityError):
        return _of_postgres(error, schema, table)
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException | psycopg.DataError):
        return Refused("value", (), "a value does not fit the type or size of its column")
    return None


def _of_duckdb(text: str, table: Table) -> Refused:
    if found := _DUPLICATE.search(text):
        return _duplicate(_columns_in(found["columns"], table))
    if found := _NEEDED.search(text):
        return Refused("needed", _columns_in(found["columns"], table), "a value is needed")
    return _broken(_columns_in(text, table))


def _of_postgres(error: object, schema: Schema, table: Table) -> Refused:
    from psycopg import errors

    assert isinstance(error, errors.IntegrityError)
    named = _KEY.search(error.diag.message_detail or "")
    columns = _columns_in(named["columns"], table) if named else ()
    if isinstance(error, errors.UniqueViolation):
        return _duplicate(columns)
    if isinstance(error, errors.NotNullViolation):
        return Refused("needed", (error.diag.column_name or "",), "a value is needed")
    if isinstance(error, errors.ForeignKeyViolation):
        other = error.diag.table_name or ""
        if other == table.name and "is not present" in (error.diag.message_detail or ""):
            to = next((key.to for key in table.foreign_keys if key.columns == columns), "the other table")
            return Refused("missing", columns, f"there is no row of {to} that it could name")
        key = next((k for k in schema.tables[other].foreign_keys if k.to == table.name), None) if other else None
        return Refused("used", key.columns if key else (), f"rows of {other} still point to it")
    return _broken(_columns_in(error.diag.constraint_name or "", table))


def _duplicate(columns: tuple[str, ...]) -> Refused:
    return Refused("duplicate", columns, "another row has the same value")


def _broken(columns: tuple[str, ...]) -> Refused:
    return Refused("check", columns, "the value breaks a rule of the table")


def _columns_in(text: str, table: Table) -> tuple[str, ...]:
    """The columns of a table that a text names, longest names first found; not those inside longer names."""
    found = []
    for name in sorted((column.name for column in table.columns), key=len, reverse=True):
        pattern = rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"
        if re.search(pattern, text):
            found.append(name)
            text = re.sub(pattern, " ", text)
    order = [column.name for column in table.columns]
    return tuple(sorted(found, key=order.index))

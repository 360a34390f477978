"""DDL text to a schema, one statement at a time; what cannot be read is told with its line and why."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from archbook.errors import ArchbookError, UnknownName, nearest, shown
from archbook.schema import parse_mysql
from archbook.schema.draft import Draft
from archbook.schema.model import Carried, Schema
from archbook.schema.statements import Statement, Statements

if TYPE_CHECKING:
    from archbook.design.model import Design

MOST_REFUSALS = 500
MOST_REFUSED_CHARACTERS = 100_000_000  # a text that keeps being read again to its end is given up
MOST_CHARACTERS = 20_000_000
MOST_REWRITTEN = 500_000  # characters of one statement that are taken apart as MySQL's
DEEPEST = 2_500  # characters without a comma or string: beyond it libpg_query would exhaust its stack
_TABLES = re.compile(
    r"(CREATE\s+(GLOBAL\s+|LOCAL\s+|TEMP\s+|TEMPORARY\s+|UNLOGGED\s+)*TABLE|CREATE\s+(UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?INDEX"
    r"|ALTER\s+(FOREIGN\s+TABLE|TABLE|TYPE|DOMAIN)|ALTER\s+INDEX\s.*\sRENAME|CREATE\s+(TYPE|DOMAIN|FOREIGN\s+TABLE)|COMMENT\s+ON"
    r"|DROP\s+(TABLE|INDEX|TYPE|DOMAIN|FOREIGN\s+TABLE)|CREATE\s+SCHEMA\s.*\sCREATE)\b", re.I | re.S,
)  # fmt: skip
_CARRIED = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:DEFINER\s*=\s*\S+\s+)?(?:TEMP\s+|TEMPORARY\s+|RECURSIVE\s+|CONSTRAINT\s+|SQL\s+SECURITY\s+\w+\s+|ALGORITHM\s*=\s*\w+\s+)*"
    r"(MATERIALIZED\s+VIEW|VIEW|FUNCTION|PROCEDURE|TRIGGER|EVENT\s+TRIGGER|EVENT|RULE|AGGREGATE|POLICY|OPERATOR|CAST|STATISTICS)"
    r"\s+(?:IF\s+NOT\s+EXISTS\s+)?([^\s(]+)", re.I,
)  # fmt: skip
_ROWS = re.compile(r"(INSERT|UPDATE|DELETE|REPLACE|COPY|TRUNCATE|LOAD|MERGE)\b", re.I)
_SETTINGS = re.compile(
    r"(SET|RESET|SELECT|SHOW|USE|BEGIN|START|COMMIT|ROLLBACK|GRANT|REVOKE|LOCK|UNLOCK|ANALYZE|VACUUM|REFRESH|REINDEX"
    r"|DO|CALL|END|(?:CREATE|ALTER|DROP)\s+(?:(?:TEMP|TEMPORARY|UNLOGGED|MATERIALIZED|UNIQUE|EVENT|TRUSTED|PROCEDURAL|DEFAULT)\s+)?"
    r"(?:SCHEMA|DATABASE|SEQUENCE|EXTENSION|ROLE|USER|SERVER|PUBLICATION|GROUP|CONVERSION|TRANSFORM"
    r"|SUBSCRIPTION|TABLESPACE|VIEW|FUNCTION|PROCEDURE|TRIGGER|DOMAIN|AGGREGATE|INDEX|RULE|TYPE|POLICY|LANGUAGE|DEFAULT"
    r"|COLLATION|OPERATOR|CAST|STATISTICS|EVENT|FOREIGN|ACCESS|TEXT))\b|(\\)", re.I,
)  # fmt: skip
_WORDS = ("CREATE", "ALTER", "TABLE", "INDEX", "UNIQUE", "TYPE", "DOMAIN", "COMMENT", "INSERT", "DROP")
_SEARCH_PATH = re.compile(r"SET\s+(?:SESSION\s+|LOCAL\s+)?search_path\s*(?:=|\bTO\b)\s*(.*)", re.I | re.S)
_INCLUDE = re.compile(r"(?:\\(?:i|ir|include|include_relative)|source)\s+(\S+)", re.I)
_CONDITIONAL = re.compile(r"/\*!\d*\s*(\w+)")
_STRINGS = re.compile(r"'(?:[^']|'')*'")


@lru_cache(maxsize=64)
def parse(ddl: str) -> Schema:
    """The schema that a DDL text describes: PostgreSQL, pg_dump output, MySQL, or a mixture.

    Never raises for what the text says: all that was not understood is in the schema's ledger, with its line.

    >>> schema = parse("CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(255) UNIQUE NOT NULL);")
    >>> schema.table("users").primary_key, str(schema.table("users").column("email").type)
    (('id',), 'varchar(255)')
    """
    draft = Draft()
    statements = Statements(_clean(ddl, draft))
    count = refused = characters = 0
    while (statement := statements.next()) is not None:
        count += 1
        if not _take(draft, statement):
            refused += 1
            characters += len(statement.text)
            _recover(draft, statements, statement)
        if refused >= MOST_REFUSALS or characters > MOST_REFUSED_CHARACTERS:
            why = f"{refused} statements before it were not understood"
            draft.note("the rest of the text", f"is not read from line {statement.line} on", why, "refused")
            break
    _conditional(draft, statements)
    return draft.finish(count)


def stores_with_ddl(design: Design, store: str | None = None) -> list[str]:
    """The stores of a design that have DDL, or only the one named. Raises ArchbookError, UnknownName."""
    found = design.source.ddl
    if store is not None and store not in found:
        if store in design.stores:
            raise ArchbookError(f"store {shown(store)} has no DDL; name a file in its `schema`")
        raise UnknownName("store", store, found)
    if not found:
        raise ArchbookError("no store of this design has DDL; name a file in a store's `schema`")
    return list(found) if store is None else [store]


def _conditional(draft: Draft, statements: Statements) -> None:
    """Tell of MySQL's conditional comments, which every other reader takes for comments."""
    for comment in _CONDITIONAL.finditer(statements.text):
        changes = comment[1].upper() in ("CREATE", "ALTER", "PARTITION")
        what = f"conditional comment /*! {comment[1].upper()} … */"
        line = statements.line_at(comment.start())
        draft.note(what, "is not read", "MySQL's syntax", "unread" if changes else "setting", line)


def _recover(draft: Draft, statements: Statements, broken: Statement) -> None:
    """Go on where a statement that was not understood must have ended; what stands before that may be whole."""
    before = statements.resume(broken)
    if before is None or broken.problem:
        return
    draft.ledger.pop()  # the refusal of the whole; the part before says it better
    if _take(draft, before):
        draft.note(shown(before.text[:200]), "has no semicolon after it", "", "read as meant")


def _clean(ddl: str, draft: Draft) -> str:
    """The text without what no grammar takes: NUL characters, lone surrogates, a byte-order mark."""
    text = ddl.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(text) > MOST_CHARACTERS:
        cut = f"is not read: only the first {MOST_CHARACTERS:,} characters are"
        draft.note("the end of the text", cut, "", "refused", text.count("\n", 0, MOST_CHARACTERS) + 1)
        text = text[:MOST_CHARACTERS]
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        draft.note("the text", "has NUL characters; read as spaces", "", "read as meant", line)
        text = text.replace("\0", " ")
    return text.encode("utf-8", "replace").decode()


def _take(draft: Draft, statement: Statement) -> bool:
    """Read one statement into the draft; False where it was not understood (and is told)."""
    text, draft.line = statement.text, statement.line
    if statement.problem:
        draft.note(shown(text[:200]), "is not read", statement.problem, "refused")
        return False
    if _TABLES.match(text):
        return _read(draft, statement)
    if path := _SEARCH_PATH.match(text):
        names = [name.strip(" \t\n'\"") for name in path[1].split(",")]
        schemas = ["" if name in ("public", "DEFAULT", "default") else name for name in names]
        draft.search_path = tuple(name for name in schemas if name not in ("$user", "pg_catalog")) or ("",)
    if included := _INCLUDE.match(text):
        draft.note(f"file {included[1]}", "is not read", "only the text at hand is")
        return True
    if carried := _CARRIED.match(text):
        kind = " ".join(carried[1].lower().split())
        draft.carried.append(Carried(kind, carried[2], text, statement.line))
        draft.note(f"{kind} {carried[2]}", "is kept as text", "engines here run no code of the DDL", "carried")
    elif rows := _ROWS.match(text):
        what = f"has {statement.rows:,} rows that are not read" if statement.rows else "is not read"
        draft.note(f"{rows[1].upper()} statement", what, "experiments make their own rows", "rows")
    elif setting := _SETTINGS.match(text):
        words = " ".join(setting[0].upper().split())
        draft.note(f"{words} statement", "is not read", "it says nothing about tables", "setting")
    else:
        return _read(draft, statement)
    return True


def _read(draft: Draft, statement: Statement) -> bool:
    import postgast
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    refusals = (postgast.PgQueryError, DecodeError, _TooDeep)
    try:
        _postgres(draft, statement.text, statement.line)
        return True
    except refusals as error:
        refusal = error
    try:
        if len(statement.text) > MOST_REWRITTEN:
            raise parse_mysql.NotMysql
        parse_mysql.read(draft, statement.text, statement.line, _postgres, refusals)
        return True
    except parse_mysql.NotMysql:
        place = getattr(refusal, "cursorpos", 0)
        before = statement.text.encode()[: max(place - 1, 0)]
        line = statement.line + before.count(b"\n")
        draft.note(shown(statement.text[:200]), "is not understood", _why(statement.text, refusal), "refused", line)
        return False


class _TooDeep(Exception):
    """An expression that would exhaust the parser's stack."""


def _postgres(draft: Draft, text: str, line: int) -> None:
    from archbook.schema import parse_postgres

    longest = max(map(len, re.split(r"[,;]", _STRINGS.sub("''", text))))
    if longest > DEEPEST:
        raise _TooDeep(f"it has an expression of {longest:,} characters, more than the {DEEPEST:,} that are read")
    parse_postgres.read(draft, text, line)


def _why(text: str, error: Exception) -> str:
    """What the grammar said, and the keyword that was probably meant."""
    said = parse_mysql.plain(error)
    for word in re.findall(r"\w+", text[:200])[:3]:
        if word.upper() not in _WORDS and (meant := nearest(word.upper(), _WORDS)):
            return f"{said}; did you mean `{meant}`?"
    return said

"""A user's PostgreSQL at a URL: only a schema of our own is touched, and it is dropped at the end, whatever happens."""

from __future__ import annotations

import atexit
from datetime import UTC, datetime

import psycopg
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from archbook.errors import EngineUnavailable, shown
from archbook.schema.engines.postgresql import Postgres, connect
from archbook.schema.sql import literal, quoted

OLDEST = 130_000  # server_version_num
DAY_S = 86_400
REMARK = "Archbook scratch schema, made "
STALE = """
SELECT nspname FROM pg_namespace AS n
WHERE nspname ~ '^archbook_[0-9a-f]{8}$' AND pg_get_userbyid(nspowner) = current_user
  AND to_timestamp(substring(obj_description(n.oid, 'pg_namespace') FROM $1)::bigint)
      < now() - $2 * interval '1 s'
  AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = nspname)
"""


class PostgresAt(Postgres):
    """The PostgreSQL at a SQLAlchemy URL. Raises EngineUnavailable, which never shows the password.

    All that we make lies in a schema ``archbook_…``, dropped on closing, by Ctrl-C and at the end of the program. Where
    the program is killed, the next start drops it: a schema of that name, with our remark, of the same user, more than
    a day old and without a session of ours.
    """

    _made = False

    def __init__(self, url: str, time_limit_s: float = 120.0) -> None:
        parsed = _parsed(url)
        named = {"host": parsed.host, "port": parsed.port, "user": parsed.username, "password": parsed.password,
                 "dbname": parsed.database, **parsed.query}  # fmt: skip
        options = {name: value for name, value in named.items() if value is not None}
        harmless = {name: value for name, value in parsed.query.items() if "pass" not in name}
        super().__init__(options, time_limit_s, parsed.set(query=harmless).render_as_string(hide_password=True))

    def _settle(self) -> None:
        self._suits()
        atexit.register(self.close)
        self._made = True  # or about to be: Ctrl-C may come at any time
        try:
            self.execute(f"CREATE SCHEMA {quoted(self.workplace)}")
        except psycopg.errors.InsufficientPrivilege:
            self._made = False
            user, database = self.execute("SELECT current_user, current_database()")[0]
            raise EngineUnavailable(
                f"{shown(user)} may not make a scratch schema at {self.shown_as}: "
                f"GRANT CREATE ON DATABASE {quoted(database)} TO {quoted(user)}, or give another URL"
            ) from None
        except psycopg.errors.ReadOnlySqlTransaction:
            self._made = False
            raise EngineUnavailable(f"PostgreSQL at {self.shown_as} is read-only: give the primary's URL") from None
        now = int(datetime.now(UTC).timestamp())
        about = f"{REMARK}{now} (seconds since 1970); dropped at the end, or by the next start after a day"
        self.execute(f"COMMENT ON SCHEMA {quoted(self.workplace)} IS {literal(about)}")
        for (stale,) in self.execute(STALE, [f"^{REMARK}([0-9]{{10}})", DAY_S]):
            self.execute(f"DROP SCHEMA IF EXISTS {quoted(stale)} CASCADE")
        found = self.execute("SELECT extversion FROM pg_extension WHERE extname = 'citus'")
        self.citus = str(found[0][0]) if found else ""

    def _suits(self) -> None:
        """Raises EngineUnavailable where an experiment would say nothing, or could reach the host's own tables."""
        assert self.connection
        said, pid = self.execute("SELECT version(), pg_backend_pid()")[0]
        if not str(said).startswith("PostgreSQL") or self.connection.info.server_version < OLDEST:
            wanted = f"PostgreSQL {OLDEST // 10_000} or later"
            raise EngineUnavailable(f"at {self.shown_as} is {shown(said)}; experiments need {wanted}")
        if pid != self.connection.info.backend_pid:  # our search_path might be set in another session than ours
            raise EngineUnavailable(
                f"a connection pooler answers at {self.shown_as}, and may mix sessions: give the server's own URL"
            )

    def close(self) -> None:
        """End every session of ours and drop our schema. Calling it twice does no harm."""
        atexit.unregister(self.close)
        super().close()
        made, self._made = self._made, False
        if not made:
            return
        try:
            with connect(self.options, self.shown_as) as last:
                last.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s",
                             [self.workplace])  # fmt: skip
                last.execute(f"DROP SCHEMA IF EXISTS {quoted(self.workplace)} CASCADE".encode())
        except (EngineUnavailable, psycopg.Error) as error:
            left = f"our schema {self.workplace} is left there; the next start after a day drops it"
            raise EngineUnavailable(f"{' '.join(str(error).split())}; {left}") from None


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise EngineUnavailable("the engine's URL cannot be read; write postgresql://user@host/database") from None
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        name = shown(parsed.get_backend_name())
        raise EngineUnavailable(f"{name} is no engine of the schema lab; it knows duckdb and postgresql")
    return parsed

"""A streaming standby: the same rows as its primary, read only, a moment later."""

from __future__ import annotations

import time

from archbook.errors import EngineUnavailable
from archbook.schema.engines.postgresql import Postgres

LOOK_S = 0.0005  # how often a standby is asked how far it is


class Standby(Postgres):
    """A connection to a standby. Positions are those of the write-ahead log, as PostgreSQL writes them."""

    def replayed(self, position: str) -> bool:
        """Whether all that the primary had written up to a position can be read here."""
        return bool(self.execute("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", [position])[0][0])

    def wait_for(self, position: str) -> float:
        """Wait until a position can be read here; how long that took (s). Raises EngineUnavailable at the limit."""
        begun = time.perf_counter()
        while not self.replayed(position):
            if time.perf_counter() - begun > self.time_limit_s:
                raise EngineUnavailable(f"the standby was not there after {self.time_limit_s:g} s: is it paused?")
            time.sleep(LOOK_S)
        return time.perf_counter() - begun

    def pause(self) -> None:
        """Take no changes in until `resume`."""
        self.execute("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        """Catch up, and follow again."""
        self.execute("SELECT pg_wal_replay_resume()")

    def delay(self, delay_s: float) -> None:
        """Take each commit in this much later than it was made: a lag as under load, at will."""
        self.execute(f"ALTER SYSTEM SET recovery_min_apply_delay = '{int(delay_s * 1000)}ms'")
        self.execute("SELECT pg_reload_conf()")

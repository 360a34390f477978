"""Starting up: `import archbook` in a new Python."""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure import Measurement, fresh, measured


def run() -> Iterator[Measurement]:
    ours = [seconds for seconds, _ in fresh("import archbook", repeats=9)]
    peer = [seconds for seconds, _ in fresh("import pydantic", repeats=9)]
    peer_value = measured("", peer, "ms").value
    yield measured("import archbook", ours, "ms", limit=300.0, peer="import pydantic", peer_value=peer_value)

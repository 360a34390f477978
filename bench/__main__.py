"""Run every measurement of this folder, print value, peer, ratio and spread, and keep them as JSON.

usage: python -m bench [WORD...]           run all, or those whose file name contains a word
       python -m bench compare A B         two kept runs side by side

A measurement is one file here with `run() -> Iterable[Measurement]`; nothing else needs to know of it.
"""

from __future__ import annotations

import datetime
import importlib
import json
import os
import pkgutil
import platform
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bench
from archbook.errors import ArchbookError
from archbook.tables import Table, as_columns
from archbook.units import show_factor, significant
from bench.measure import Measurement

KEPT = Path(__file__).resolve().parent.parent / ".bench"


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["compare"] and len(arguments) == 3:
        print(compare(load(arguments[1]), load(arguments[2])))
        return 0
    if arguments[:1] == ["compare"] or any(word.startswith("-") for word in arguments):
        print(__doc__, file=sys.stderr)
        return 2
    results, failures = run(arguments)
    if not results and not failures:
        print(f"no measurement in bench/ has {' or '.join(arguments)} in its name", file=sys.stderr)
        return 2
    print(table(results))
    print(f"Kept in {keep(results).relative_to(KEPT.parent)}; `python -m bench compare A B` shows two runs together.")
    missed = [m.name for m in results if not m.kept]
    for line in [*(f"{name} failed" for name in failures), *(f"{name} is over its limit" for name in missed)]:
        print(line)
    return bool(failures or missed)


def run(words: Iterable[str]) -> tuple[list[Measurement], list[str]]:
    """All measurements, and the names of the files that failed."""
    results: list[Measurement] = []
    failures = []
    words = list(words)
    for name in sorted(module.name for module in pkgutil.iter_modules(bench.__path__)):
        if name in ("__main__", "measure") or (words and not any(word in name for word in words)):
            continue
        print(f"{name} ...", flush=True)
        try:
            results += importlib.import_module(f"bench.{name}").run()
        except Exception:  # one broken measurement must not lose the others
            traceback.print_exc()
            failures.append(name)
    return results, failures


def table(results: Iterable[Measurement]) -> Table:
    rows = [
        (m.name, _shown(m.value, m.unit), _limit(m), m.peer or None, _shown(m.peer_value, m.unit),
         show_factor(m.ratio) if m.ratio else None, _shown(m.spread, m.unit), m.repeats)
        for m in results
    ]  # fmt: skip
    return as_columns(("what", ">value", ">limit", "peer", ">peer value", ">ratio", ">spread", ">runs"), rows)


def compare(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Table:
    """Two kept runs side by side; `moved` marks a change of more than three times the larger spread."""
    return as_columns(("what", ">before", ">after", ">after / before", "moved"), list(_compared(before, after)))


def _compared(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Iterator[tuple[str | None, ...]]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        unit = (new or old or {})["unit"]
        if old is None or new is None:
            yield name, _shown(old and old["value"], unit), _shown(new and new["value"], unit), None, None
            continue
        noise = 3 * max(old["spread"] or 0.0, new["spread"] or 0.0)
        moved = "yes" if abs(new["value"] - old["value"]) > max(noise, 0.05 * old["value"]) else "no"
        ratio = show_factor(new["value"] / old["value"]) if old["value"] else None
        yield name, _shown(old["value"], unit), _shown(new["value"], unit), ratio, moved


def keep(results: Iterable[Measurement]) -> Path:
    KEPT.mkdir(exist_ok=True)
    now = datetime.datetime.now(datetime.UTC)
    path = KEPT / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    document = {"archbook_bench": 1, "date": now.isoformat(timespec="seconds"), "machine": machine,
                "results": [asdict(m) for m in results]}  # fmt: skip
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def load(name: str) -> dict[str, dict[str, Any]]:
    """A kept run by path, or by the start of its name in .bench/. Raises ArchbookError."""
    path = Path(name)
    if not path.is_file():
        path = next(iter(sorted(KEPT.glob(f"{name}*"))), path)
    try:
        return {entry["name"]: entry for entry in json.loads(path.read_text(encoding="utf-8"))["results"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchbookError(f"{name}: is no kept run ({error}); .bench/ holds them") from None


def _shown(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{significant(value)} {unit}"


def _limit(measurement: Measurement) -> str | None:
    if measurement.limit is None:
        return None
    return f"{'' if measurement.kept else 'over '}{significant(measurement.limit)} {measurement.unit}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ArchbookError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

"""One design simulated at many points, several at once: here, or on a Dask cluster; with common random numbers."""

from __future__ import annotations

import itertools
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from archbook.capacity.formulas import checked, counted, sequence
from archbook.design.model import Design, a_design
from archbook.design.varying import varied
from archbook.errors import Conflict, EngineUnavailable, InvalidInput
from archbook.evidence import digest_of
from archbook.simulate.measured import ELEMENT, ENDPOINT
from archbook.simulate.result import failed_share, mean_response
from archbook.simulate.running import Progress, Runs
from archbook.simulate.swept import Scenario, Sweep

Grid = Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]
Task = tuple[Design, float, int, float, int]
MOST_POINTS = 10_000
CONNECT_S = 10
INSTALL = "pip install 'archbook[cluster]'"


class _Stopped(Exception):
    """Nobody waits for this scenario any more."""


def sweep(
    design: Design, grid: Grid, cluster: Any = None, *, seed: int = 1, precision: float = 0.05,
    budget: int = 2_000_000, keep: str | Path | None = None, progress: Progress | None = None,
    workers: int | None = None,
) -> Sweep:  # fmt: skip
    """A design simulated in steady state at every point of a grid, each as `simulate` does it.

    grid: path → values, such as ``{"growth": [1, 5], "seed": [1, 2], "calls[3].timeout": ["500ms", "1s"]}``, of which
    all combinations are taken; or a list of points. A path leads into the design; a value is written as in its file.
    Every point takes the same random numbers (seed), so that differences between points are paired by replication.
    cluster: None for threads of this process, a Dask scheduler's address, or a `distributed.Client`, whose workers have
    Archbook installed; what a lost worker had begun runs again elsewhere. keep: a file for finished points; the same
    sweep goes on from there. precision, budget: of each point, as in `simulate`; progress: called with (done, total,
    label). Raises InvalidInput, UnknownName, Conflict (of `keep`), and EngineUnavailable for a cluster.
    """
    a_design(design)
    points, workers = points_of(grid), workers and counted("workers", workers, most=1000)
    tasks = [_task(design, point, seed, precision, budget) for point in points]
    head: dict[str, Any] = {"archbook_sweep": 1, "archbook": version("archbook"), "design": digest_of(design, "design"),
            "precision": precision, "budget": budget}  # fmt: skip
    keys = [_key({"growth": 1.0, "seed": seed, **point}) for point in points]
    found = {key: kept for key, kept in _kept(keep, head).items() if key in keys}
    wanted = {key: task for key, task in zip(keys, tasks, strict=True) if key not in found}
    run = _locally(wanted, workers) if cluster is None else _on_cluster(wanted, cluster)
    with _appending(keep, head) as append, run as finished:
        for key, numbers in finished:
            found[key] = numbers
            append(key, numbers)
            if progress:
                progress(len(found), len(set(keys)), f"{len(found)} of {len(set(keys))} points")
    names = [found[key]["p95_s"].keys() for key in keys if found[key]["settled"]]
    common = [name for name in (names or [{}])[0] if all(name in known for known in names)]
    for numbers in found.values():
        numbers["p95_s"] = {name: row for name, row in numbers["p95_s"].items() if name in common}
    left_out = tuple(sorted({name for known in names for name in known}.difference(common)))
    scenarios = [Scenario(dict(point), growth=task[1], seed=task[2], **found[key])
                 for point, task, key in zip(points, tasks, keys, strict=True)]  # fmt: skip
    return Sweep(design.name, head["design"], precision, budget, tuple(scenarios), left_out)


def points_of(grid: Grid) -> list[dict[str, Any]]:
    """The points of a grid: all combinations of its values, the last one changing fastest, or those listed.

    >>> points_of({"growth": [1, 2], "seed": [7]})
    [{'growth': 1, 'seed': 7}, {'growth': 2, 'seed': 7}]
    """
    if not isinstance(grid, Mapping):
        points = sequence("grid", grid)
        if not all(isinstance(point, Mapping) for point in points):
            raise InvalidInput('`grid` holds what is no point; write it like `{"growth": [1, 2]}`')
        points = [dict(point) for point in points]
        if any(point.keys() != points[0].keys() for point in points):
            raise InvalidInput("the points of a sweep must all set the same paths; give each point every one of them")
    else:
        for path, values in grid.items():
            if isinstance(values, str | Mapping) or not hasattr(values, "__iter__"):
                raise InvalidInput(f"`{path}` needs a list of values; write it like `{{{path!r}: [{values!r}]}}`")
        points = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    points = [{path: v.item() if hasattr(v, "item") else v for path, v in point.items()} for point in points]
    if not 0 < len(points) <= MOST_POINTS or not points[0]:
        raise InvalidInput(
            f"a sweep takes 1 to {MOST_POINTS} points with one path or more, and this one has "
            f"{len(points) if points and points[0] else 0}; give every path at least one value"
        )
    return points


def _key(point: Mapping[str, Any]) -> str:
    return json.dumps(point, sort_keys=True, ensure_ascii=False, default=str)


def _task(design: Design, point: Mapping[str, Any], seed: int, precision: float, budget: int) -> Task:
    rest = {path: value for path, value in point.items() if path not in ("growth", "seed")}
    growth = checked("growth", point.get("growth", 1.0), above=0, most=1e6)
    return varied(design, rest), growth, counted("seed", point.get("seed", seed), least=0), precision, budget


def scenario(task: Task, stopped: Callable[[], bool]) -> dict[str, Any]:
    """One point, simulated: plain numbers of each replication, from which every figure follows."""

    def look(*_: object) -> None:
        if stopped():
            raise _Stopped

    runs = Runs(*task, progress=look)
    program, tables = runs.program, [run.endpoints for run in runs.all]
    p95_s, busy = ENDPOINT.index("p95_s"), ELEMENT.index("utilisation")
    return {
        "settled": bool(runs.settled), "precise": bool(runs.settled and runs.reached() <= runs.precision),
        "requests_per_s": runs.per_s, "requests": sum(run.requests for run in runs.all), "spent": runs.spent,
        "mean_s": [mean_response(table) for table in tables], "failed": [failed_share(table) for table in tables],
        "p95_s": _columns(program.endpoints, tables, p95_s),
        "utilisation": _columns(program.stations, [run.elements for run in runs.all], busy),
    }  # fmt: skip


def _columns(names: Sequence[str], tables: list[Any], column: int) -> dict[str, list[float]]:
    """A number of each name and replication, without names of which some replication knows nothing."""
    values = np.array(tables)[:, :, column].T
    return {name: row.tolist() for name, row in zip(names, values, strict=True) if not np.isnan(row).any()}


@contextmanager
def _locally(tasks: Mapping[str, Task], workers: int | None) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    """Threads: the engine lets go of the interpreter's lock. Leaving early stops each after its replication."""
    stop = threading.Event()
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        futures = {pool.submit(scenario, task, stop.is_set): key for key, task in tasks.items()}
        try:
            yield ((futures[future], future.result()) for future in as_completed(futures))
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


@contextmanager
def _on_cluster(tasks: Mapping[str, Task], cluster: Any) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    """Tasks of a Dask cluster; leaving early cancels them, and each ends after its replication."""
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise EngineUnavailable(f"a sweep on a cluster needs Dask's distributed: `{INSTALL}`") from None
    client = cluster if isinstance(cluster, distributed.Client) else _connected(distributed, cluster)
    try:
        if not client.nthreads():
            address = client.scheduler.address
            raise EngineUnavailable(f"no worker is at the Dask scheduler {address}; start one: `dask worker {address}`")
        futures = {client.submit(_remote, task, pure=False): key for key, task in tasks.items()}
        try:
            yield ((futures[future], _result(future)) for future in distributed.as_completed(futures, loop=client.loop))
        finally:
            client.cancel(list(futures), force=True)
    finally:
        if client is not cluster:
            client.close()


def _connected(distributed: Any, address: Any) -> Any:
    try:
        return distributed.Client(str(address), timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        what = f"no Dask scheduler answers at `{address}` ({str(error) or type(error).__name__})"
        raise EngineUnavailable(f"{what}; start one with `dask scheduler` and give the address it prints") from None


def _result(future: Any) -> dict[str, Any]:
    from distributed.scheduler import KilledWorker

    try:
        numbers: dict[str, Any] = future.result()
    except (KilledWorker, ModuleNotFoundError) as error:
        why = "cannot import it" if isinstance(error, ImportError) else "are lost one after the other"
        raise EngineUnavailable(f"the workers of the cluster do not carry Archbook: they {why} ({error}); install the "
                                "same version there, and look at their memory") from None  # fmt: skip
    return numbers


def _remote(task: Task) -> dict[str, Any]:
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    return scenario(task, lambda: key not in worker.state.tasks or worker.state.tasks[key].state == "cancelled")


def _kept(keep: str | Path | None, head: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Finished points in a file by their key. Raises Conflict where it is no file of this very sweep."""
    path = Path(keep) if keep else None
    if path is None or not path.exists() or not path.stat().st_size:
        return {}
    try:
        lines = path.read_bytes().split(b"\n")[:-1]  # what a power cut tore has no end of line
        first, *rest = map(json.loads, lines or [b""])
        if {name: first.get(name) for name in head} == head:
            return {entry["key"]: entry["numbers"] for entry in rest}
        different = " and ".join(name for name in head if first.get(name) != head[name])
        what = f"is of a sweep with another {different}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        what = "is no file that a sweep wrote"
    raise Conflict(f"{path}: {what}; name another file. Nothing has been written")


@contextmanager
def _appending(keep: str | Path | None, head: Mapping[str, Any]) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """Adds points to the file, each in one write, so that a stop loses nothing that is finished."""
    if keep is None:
        yield lambda _key, _numbers: None
        return
    try:
        file = Path(keep).open("ab", buffering=0)  # noqa: SIM115 - closed below
        whole = Path(keep).read_bytes().rfind(b"\n") + 1
        file.truncate(whole)
    except OSError as error:
        raise Conflict(f"{keep}: cannot be written ({error.strerror}); nothing has been simulated") from None

    def write(entry: Mapping[str, Any]) -> None:
        file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        os.fsync(file.fileno())

    with file:
        if not whole:
            write(head)
        yield lambda key, numbers: write({"key": key, "numbers": numbers})

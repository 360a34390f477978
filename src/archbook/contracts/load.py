"""A bounded load run: clients on this machine ask the reference service for what its design says people ask for."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from archbook.capacity import estimate
from archbook.contracts.clients import Asked, Clients, Kept, request_of
from archbook.contracts.load_outcome import LoadOutcome, outcome_of
from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.errors import ArchbookError, InvalidInput, UnknownName

if TYPE_CHECKING:
    from archbook.contracts.service.beside import Beside

COMPARED: Mapping[str, tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]] = {
    "n_plus_one": (("a statement a row", {"one_by_one": True}), ("a statement a list", {})),
    "cache": (("no cache", {}), ("clients keep what Cache-Control lets them", {"cached": True})),
    "pool": (
        ("a pool of 1", {"connections": 1, "at_once": False}),
        ("a pool of 8", {"connections": 8, "at_once": False}),
    ),
}
"""What a run compares: two variants, each with how it is made."""
ROUNDS = 4
"""How often the variants take turns, so that what else this machine does meets both."""
CACHED_PER_S = 200.0
"""How often caches are asked where nothing else is said: who is answered at once would ask again without end."""
LONGEST_S, MOST_CLIENTS = 600.0, 256
VARIETY = 20
"""How many different objects of an endpoint are asked for."""
TRIES = 100
Progress = Callable[[float, float, str], None]


def load_test(
    design: Design, seconds: float = 10.0, clients: int = 16, *, rate_per_s: float | None = None, compare: str = "",
    seed: int = 7, progress: Progress | None = None, **options: Any,
) -> LoadOutcome:  # fmt: skip
    """Ask the service of a design for `seconds`, as its journeys do, and lay the times beside the estimate.

    Each of `clients` asks again as soon as it is answered; with rate_per_s all together ask so often, at random
    moments, and waiting counts from when a request was due. compare: `n_plus_one`, `cache` or `pool`, two services
    that take turns. options: engine, rows (see `archbook.contracts.service.app.create`). Only reads are asked, with
    the design's rate limits off. Raises ArchbookError where nothing can be asked.
    """
    seconds, clients = _checked(seconds, clients, rate_per_s)
    if compare and compare not in COMPARED:
        raise UnknownName("comparison", compare, COMPARED)
    from archbook.contracts.service.beside import Beside

    if compare == "cache" and rate_per_s is None:
        rate_per_s = CACHED_PER_S
    variants = COMPARED[compare] if compare else (("", {}),)
    each_s = seconds / ROUNDS / len(variants) if compare else seconds
    with ExitStack() as stack:
        parts: list[tuple[str, Beside, list[Asked], bool]] = []
        left_out: dict[str, str] = {}
        for name, made in variants:
            served = {**options, **{key: value for key, value in made.items() if key != "cached"}}
            service = stack.enter_context(Beside(design, seed=seed, limits=False, **served))
            asked, left_out = plan(design, service.url, service.proofs)
            parts.append((name, service, asked, "cached" in made))
        asked_s = 0.0
        for turn in range(ROUNDS if compare else 1):
            for number, (name, service, asked, cached) in enumerate(parts):
                if progress:
                    progress(turn * len(parts) + number, ROUNDS * len(parts) if compare else 1, name or "asking")
                run = Clients(service.url, asked, rate_per_s, seed + turn, Kept() if cached else None)
                asked_s += asyncio.run(run.last(each_s, clients))
    found = {name: asked for name, _, asked, _ in parts}
    told = {"clients": clients, "rate_per_s": rate_per_s, "seconds": asked_s / len(parts), "seed": seed, **options}
    return outcome_of(design, found, left_out, told, estimate(design).endpoints)


def plan(design: Design, url: str, proofs: Mapping[str, Mapping[str, str]]) -> tuple[list[Asked], dict[str, str]]:
    """Requests for each endpoint that reads, tried once; and why each other endpoint is left out."""
    rates = estimate(design).endpoints
    asked, left_out = [], {}
    for endpoint in design.api.endpoints:
        weight = rates[endpoint.name].rate_per_s
        if endpoint.method != "GET":
            left_out[endpoint.name] = "it writes"
        elif not weight:
            left_out[endpoint.name] = "no journey asks for it"
        else:
            good, status = _requests(design, endpoint, url, proofs)
            if good:
                asked.append(Asked(endpoint, weight, good))
            else:
                left_out[endpoint.name] = f"nothing was found to ask it for (the last answer was {status})"
    if not asked:
        raise ArchbookError(
            f"nothing of {design.name} can be asked: no endpoint that reads is in a journey and answers"
        )
    return asked, left_out


def _requests(
    design: Design, endpoint: Endpoint, url: str, proofs: Mapping[str, Mapping[str, str]]
) -> tuple[list[bytes], int]:
    """Requests that are answered well, by the first client that gets any; and the last status."""
    from archbook.contracts.service.asking import ask

    status, tries = 0, 0
    for proof in [{}] if endpoint.auth == "none" else proofs.values():
        good: list[bytes] = []
        for target in itertools.islice(targets(design, endpoint, url, proof), TRIES):
            status = ask(url, f"GET {target}", headers=dict(proof)).status
            tries += 1
            if status in (401, 403):
                break
            if status == 200:
                good.append(request_of(url, target, proof))
            if len(good) >= VARIETY:
                break
        if good:
            return good, status
    return [], status


def targets(design: Design, endpoint: Endpoint, url: str, proof: Mapping[str, str]) -> Iterator[str]:
    """Paths to try: with keys from the list that the path goes through, where the API has one; else small numbers."""
    before, brace, after = endpoint.path.partition("/{")
    if not brace:
        yield endpoint.path
        return
    rest = after.partition("}")[2]
    for key in itertools.chain(_keys(design, before, url, proof), range(1, TRIES)):
        yield f"{before}/{quote(str(key), safe='')}{rest}" if "{" not in rest else f"{before}/{key}/1"


def _keys(design: Design, path: str, url: str, proof: Mapping[str, str]) -> Iterator[Any]:
    from archbook.contracts.service.asking import ask

    if not any(e.method == "GET" and e.path == path for e in design.api.endpoints):
        return
    found = ask(url, f"GET {path}", headers=dict(proof)).data
    rows = next((v for v in found.values() if isinstance(v, list)), []) if isinstance(found, dict) else found
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row:
            yield row.get("id", next(iter(row.values())))


def _checked(seconds: float, clients: int, rate_per_s: float | None) -> tuple[float, int]:
    if not 1.0 <= seconds <= LONGEST_S:
        raise InvalidInput(f"`seconds` is {seconds:g}; a run takes 1 s to {LONGEST_S:g} s")
    if isinstance(clients, bool) or not isinstance(clients, int) or not 1 <= clients <= MOST_CLIENTS:
        raise InvalidInput(f"`clients` is {clients}; 1 to {MOST_CLIENTS} ask at once")
    if rate_per_s is not None and not 0 < rate_per_s <= 100_000:
        raise InvalidInput(f"`rate_per_s` is {rate_per_s:g}; it must be above 0 and at most 100 000")
    return float(seconds), clients

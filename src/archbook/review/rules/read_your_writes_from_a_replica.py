"""A reader that does not see what it has just written."""

from collections.abc import Iterator

from archbook.design.contract import Endpoint
from archbook.findings import Hits, Rule
from archbook.review.subject import Placed, Subject, grouped
from archbook.units import listed, show_duration

CLICK_S = 1.0
"""So long people take for the next step at least."""


def behind(subject: Subject) -> Hits:
    """A read after a write of the same rows in one request, of a store whose replicas answer reads.

    Or in the next step of a journey, where they are a second or more behind. Replicas that are not behind
    (`replica_lag: 0`) are quiet.
    """
    design = subject.design
    late = {name: store.replica_lag for name, store in design.stores.items()
            if store.replicas and store.replica_lag != 0}  # fmt: skip
    asked = [(i, call) for i, call in enumerate(design.calls) if call.to in late and call.mode == "sync"]
    by_client = grouped(asked, lambda call: (call.from_, call.to))
    told = set()
    for (service, store), calls in by_client.items():
        for write, read in _pairs(calls, calls):
            if write[0] < read[0] and _on(write, read) and (service, store) not in told:
                told.add((service, store))
                on = listed(_on(write, read), most=2)
                yield subject.at_calls(
                    [read],
                    f"{service} writes {store} and reads it back{f' for {on}' if on != '*' else ''}, from a replica "
                    f"that is {_how_late(late[store])} behind",
                    f"calls[{read[0]}]: read it from the primary, or answer from what the write returned",
                    *subject.measured("read_replica", store),
                )
    slow = {store for store, lag in late.items() if lag is not None and lag >= CLICK_S}
    for endpoint, later in _steps(subject) if slow else ():
        for write, read in _pairs(_of(by_client, endpoint, slow), _of(by_client, later, slow)):
            if (link := (read[1].from_, read[1].to)) not in told:
                told.add(link)
                yield subject.at_calls(
                    [read],
                    f"{later.name} does not show what {endpoint.name} has just written to {write[1].to}: replicas are "
                    f"{_how_late(late[write[1].to])} behind",
                    f"calls[{read[0]}]: read it from the primary for a while after a write of the same person",
                    *subject.measured("read_replica", write[1].to),
                )


def _pairs(first: list[Placed], then: list[Placed]) -> Iterator[tuple[Placed, Placed]]:
    """Writes, and reads of the same table; a call without `query` may be about any."""
    for write in first:
        for read in then if write[1].kind == "write" else ():
            tables = {(call.query or "").partition("(")[0].strip() for _, call in (write, read)}
            if read[1].kind == "read" and read[1].to == write[1].to and (len(tables) == 1 or "" in tables):
                yield write, read


def _on(write: Placed, read: Placed) -> list[str]:
    """The requests in which both happen; ``*`` for all."""
    first, then = write[1].on, read[1].on
    return [name for name in first if name in then] if first and then else [*(first or then or ("*",))]


def _steps(subject: Subject) -> Iterator[tuple[Endpoint, Endpoint]]:
    """Each step of a journey with each later one."""
    for journey in subject.design.traffic.journeys.values():
        steps = [subject.design.endpoint(name) for name, _ in subject.design.steps(journey)]
        yield from ((first, later) for i, first in enumerate(steps) for later in steps[i + 1 :])


def _of(by_client: dict[tuple[str, str], list[Placed]], endpoint: Endpoint, stores: set[str]) -> list[Placed]:
    calls = (placed for store in stores for placed in by_client.get((endpoint.service, store), ()))
    return [(i, call) for i, call in calls if not call.on or endpoint.name in call.on]


def _how_late(lag: float | None) -> str:
    return "some time" if lag is None else show_duration(lag)


RULE = Rule(
    id="read-your-writes-from-a-replica",
    severity="medium",
    principle=3,
    why="Now and then what was just saved seems lost, and people save it again; under load the replica falls further "
    "behind",
    remedy="Read from the primary what the same request or person has just written.",
    references=("Kleppmann, Designing Data-Intensive Applications, ch. 5: Reading Your Own Writes",),
    check=behind,
    fires="""
calls:
- {from: front, to: things-db, on: [POST /api/v1/things], timeout: 50ms, query: things(id), why: The thing as it is now}
""",
    quiet="""
stores: {things-db: {replica_lag: 0}}
calls:
- {from: front, to: things-db, on: [POST /api/v1/things], timeout: 50ms, query: things(id), why: The thing as it is now}
""",
    measured_by="archbook experiment DESIGN read_replica",
)

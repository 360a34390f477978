"""What measures the items of the checklist; the rooms that do it are imported when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from archbook.design.model import Design
from archbook.evidence import Evidence

Progress = Callable[[float, float, str], None]
SERVED_ROWS = 1_000
"""Of each table of the service that is asked live."""
PRECISION, BUDGET = 0.02, 5_000_000
"""Of the simulation: half the 95 % interval of mean responses over themselves, and requests at most."""


def experiment(name: str) -> dict[str, Any]:
    """Parts of an item that a schema experiment earns: on PostgreSQL, as DuckDB misleads about transactional stores."""

    def measure(design: Design, rows: int, progress: Progress | None) -> Iterable[Evidence]:
        from archbook.schema import run

        return run(name, design, engine="postgresql", rows=rows, progress=progress).evidence(design)

    return {"evidence": f"{name}.", "run": f"archbook experiment DESIGN {name}", "measure": measure}


def simulated(design: Design, _: int, progress: Progress | None) -> Iterable[Evidence]:
    """The design at today's peak."""
    from archbook.schema import row_sizes
    from archbook.simulate.running import simulate

    found = simulate(design, precision=PRECISION, budget=BUDGET, row_sizes=row_sizes(design), progress=progress)
    return found.evidence(design)


def asked(design: Design, rows: int, progress: Progress | None) -> Iterable[Evidence]:
    """Its live API, once of every read."""
    from archbook.contracts.copies import caching_headers

    return [caching_headers(design, min(rows, SERVED_ROWS), progress)]

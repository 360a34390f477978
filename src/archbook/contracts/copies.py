"""What the live API of a design tells caches: asked of every endpoint that reads, and kept as evidence."""

from __future__ import annotations

from collections.abc import Callable

from archbook.contracts.live import ROWS, Live
from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import Evidence, found
from archbook.units import listed, show_count

Progress = Callable[[float, float, str], None]
FRESH = 304


def caching_headers(design: Design, rows: int = ROWS, progress: Progress | None = None) -> Evidence:
    """The share of the endpoints that read which say how long a copy may be kept, and for whom; asked live.

    An endpoint says so with Cache-Control and ETag, answers 304 to the copy that it has just given, and calls what it
    gives to one caller `private`. Raises ArchbookError where there is no service to start, or none of them answers.
    """
    reads = [endpoint for endpoint in design.api.endpoints if endpoint.method == "GET"]
    told: dict[str, dict[str, str | int]] = {}
    lacking, silent = [], []
    with Live(design, rows, limits=False) as live:
        for number, endpoint in enumerate(reads):
            if progress:
                progress(number, len(reads), endpoint.name)
            first = live.read(endpoint)
            if first is None:
                silent.append(endpoint.name)
                continue
            tag, kept = first.headers.get("etag", ""), first.headers.get("cache-control", "")
            again = live.read(endpoint, {"If-None-Match": tag}) if tag else None
            status = again.status if again else 0
            told[endpoint.name] = {"cache_control": kept, "etag": tag, "asked_again": status}
            shared = endpoint.auth != "none" and "private" not in kept and "no-store" not in kept
            if not kept or shared or status != FRESH:
                lacking.append(endpoint.name)
    if not told:
        raise ArchbookError(f"no endpoint of {design.name} that reads answers well; `archbook serve DESIGN` shows why")
    good = len(told) - len(lacking)
    claim = (
        f"{good} of {show_count(len(told), 'read')} say in Cache-Control how long a copy may be kept and for whom, and "
        f"answer {FRESH} to a copy that still holds" + (f"; not {listed(lacking)}" if lacking else "")
        + (f"; {listed(silent)} could not be asked" if silent else "")
    )  # fmt: skip
    return found(design, id="caching_headers", claim=claim, value=good / len(told), unit="share", how="measurement",
                 about="api", source="archbook checklist, the reference service asked live", sample=len(told),
                 details={"reads": told})  # fmt: skip

"""Taking endpoints out of a design, and with them what speaks of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from archbook.design.checks import REFERENCES
from archbook.design.model import Design, Where
from archbook.design.places import found, spelled
from archbook.errors import ArchbookError, shown


def spoken_of(design: Design, names: Collection[str]) -> dict[Where, str]:
    """Every place that speaks of endpoints by their name, with the name."""
    data = design.model_dump(mode="json", by_alias=True)
    patterns = (pattern for kind in ("endpoint", "endpoint or event") for pattern in REFERENCES[kind].split())
    places = (place for pattern in patterns for place in found(data, pattern))
    return {where: name for where, name in places if isinstance(name, str) and name in names}


def taken_along(design: Design, names: Collection[str]) -> list[Where]:
    """What goes with endpoints that are removed: steps of journeys, causes, and the calls and limits for them alone.

    The last place of a list comes first, so that they can be taken out one after the other. Raises ArchbookError where
    something would be left without its cause: a journey without steps, or an event that nothing announces.
    """
    gone = {where[:-1] if where[-1] == "do" else where for where in spoken_of(design, names)}
    for held in {where[:-1] for where in gone}:
        here = {where for where in gone if where[:-1] == held}
        if len(here) == len(_at(design, held)):
            gone = (gone - here) | {_whole(held, names)}
    return sorted(gone, key=lambda where: [(isinstance(step, int), step) for step in where], reverse=True)


def without_endpoints(design: Design, names: Collection[str]) -> Design:
    """A copy without some endpoints, and without what goes with them; nothing is written. Raises ArchbookError."""
    for where in taken_along(design, names):
        if isinstance(index := where[-1], int):
            held = _at(design, where[:-1])
            design = design.changed({where[:-1]: (*held[:index], *held[index + 1 :])})
        else:
            design = design.changed({where: ()})
    left = tuple(endpoint for endpoint in design.api.endpoints if endpoint.name not in names)
    return design.changed({("api", "endpoints"): left})


def _whole(held: Where, names: Collection[str]) -> Where:
    """What goes where a list would be left empty, which would mean all."""
    if held[-1] == "added_by":
        return held
    if isinstance(held[-2], int):  # a call, or a limit
        return held[:-1]
    named = " and ".join(shown(name) for name in names)
    raise ArchbookError(f"{spelled(held[:-1])} has nothing but {named}: change it in `design.yaml`, then remove that")


def _at(part: Any, where: Where) -> Any:
    for step in where:
        aliases = {info.alias: name for name, info in getattr(type(part), "model_fields", {}).items() if info.alias}
        part = part[step] if isinstance(part, dict | tuple) else getattr(part, aliases.get(step, str(step)))  # type: ignore[index]
    return part

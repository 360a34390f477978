"""A design with some values replaced, each named by a path and written as a person types it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from archbook.design.checks import check
from archbook.design.complaints import Complaint, complaints
from archbook.design.model import Design, Where
from archbook.design.places import spelled
from archbook.design.quantities import Part
from archbook.errors import InvalidInput, UnknownName, shown, suggestion


def varied(design: Design, values: Mapping[str, Any]) -> Design:
    """A copy of a design with the values at some paths replaced; nothing is written.

    values: path → value as the design file has it, with its unit: ``{"calls[3].timeout": "500ms"}``. Raises UnknownName
    for a path that is not there, and InvalidInput for a value that does not fit there.
    """
    if not values:
        return design
    changed = design.changed({place_of(design, path): _read(design, path, value) for path, value in values.items()})
    fault = next(check(changed.model_dump(mode="json", by_alias=True)), None)
    if fault:
        told = ", ".join(f"`{path}` {shown(value)}" for path, value in values.items())
        raise InvalidInput(f"{design.name} with {told}: {_sentence(fault)}")
    return changed


def place_of(design: Design, path: str) -> Where:
    """The place that a path names, such as ``services.payment-service.instances``. Raises UnknownName.

    >>> from archbook.design.loading import read
    >>> text = "archbook: 1\\nname: a\\ntraffic: {daily_active_users: 1}\\nservices: {b.c: {instances: 2}}"
    >>> place_of(read(text), "services.b.c.instances")
    ('services', 'b.c', 'instances')
    """
    part: Any = design
    where: Where = ()
    rest = re.sub(r"\[(\d+)\]", r".\1", str(path))
    while rest or not where:
        known = _keys(part)
        fitting = [key for key in known if rest == key or rest.startswith(f"{key}.")]
        if not fitting:
            tail = "".join(rest.partition(".")[1:])
            raise UnknownName("place in the design", path, [f"{spelled((*where, _step(key)))}{tail}" for key in known])
        key = max(fitting, key=len)
        part, rest = known[key], rest[len(key) + 1 :]
        where = (*where, _step(key))
    return where


def _step(key: str) -> str | int:
    return int(key) if key.isdecimal() else key  # names begin with a letter


def _keys(part: Any) -> dict[str, Any]:
    """What stands in a part of a design, by the names that the file has for it."""
    if isinstance(part, Part):
        return {info.alias or name: getattr(part, name) for name, info in type(part).model_fields.items()}
    if isinstance(part, Mapping):
        return dict(part)
    return {str(index): item for index, item in enumerate(part)} if isinstance(part, tuple) else {}


def _read(design: Design, path: str, value: Any) -> Any:
    """A value as the model holds it, read by the type of the key that the path ends with."""
    *above, last = place_of(design, path)
    owner: Any = design
    for step in above:
        owner = _keys(owner)[str(step)]
    if not isinstance(owner, Part):
        inside = next(iter(_keys(_keys(owner)[str(last)])), None)
        remedy = f"name one key in it, such as `{path}.{inside}`" if inside else "vary the whole around it"
        raise InvalidInput(f"`{path}` is not a single value; {remedy}")
    info = next(info for name, info in type(owner).model_fields.items() if last in (info.alias, name))
    kind: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    data = {str(last): value.item() if hasattr(value, "item") else value}  # NumPy's numbers as Python's
    try:
        return TypeAdapter(dict[str, kind]).validate_python(data)[str(last)]
    except ValidationError as error:
        raise InvalidInput(f"`{path}`: {_sentence(next(complaints(error, data)))}") from None


def _sentence(fault: Complaint) -> str:
    remedy = fault.remedy or (suggestion(fault.name, fault.known) if fault.known else "")
    return fault.what + (f"; {remedy}" if remedy else "")

"""A design with some values replaced, each named by a path and written as a person types it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from archbook.design.checks import check
from archbook.design.complaints import Complaint, complaints
from archbook.design.model import Design, Memo, Source, Where
from archbook.design.places import spelled
from archbook.design.quantities import Part
from archbook.errors import InvalidInput, UnknownName, shown, suggestion
from archbook.units import listed


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


def rebuilt(design: Design, variant: str, ddl: Mapping[str, str] | None = None, **parts: Any) -> Design:
    """A copy of a design with whole parts replaced, such as `calls`; it has no folder, so nothing is written to one.

    variant: what was done, in a word: the copy is called so. ddl: the DDL of stores that are new. Raises InvalidInput
    where the parts do not fit together.
    """
    made = design.model_copy(update=parts)
    name = ",".join(filter(None, (design.source.variant, variant)))
    made._source = Source(ddl={**design.source.ddl, **(ddl or {})}, variant=name)
    made._memo = Memo()
    fault = next(check(made.model_dump(mode="json", by_alias=True)), None)
    if fault:
        raise InvalidInput(f"{made.called}: {_sentence(fault)}")
    return made


def place_of(design: Design, path: str) -> Where:
    """The place that a path names, such as ``services.payment-service.instances``. Raises UnknownName, InvalidInput.

    A call may be named by its ends, as in ``calls[a → b].timeout``, and by what it does where there are several:
    ``calls[a → b, charges]``; an endpoint by its name: ``api.endpoints[GET /things].rows``.

    >>> from archbook.design.loading import read
    >>> text = "archbook: 1\\nname: a\\ntraffic: {daily_active_users: 1}\\nservices: {b.c: {instances: 2}}"
    >>> place_of(read(text), "services.b.c.instances")
    ('services', 'b.c', 'instances')
    """
    part: Any = design
    where: Where = ()
    rest = re.sub(r"\[(\d+)\]", r".\1", _numbered(design, str(path)))
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


def _numbered(design: Design, path: str) -> str:
    """A path in which a call or endpoint that is named in brackets is the one of that number."""
    named = re.match(r"(calls|api\.endpoints)\[([^\]]*[^\]\d][^\]]*)\]", path)
    if named is None:
        return path
    if named[1] == "calls":
        wanted = " ".join(named[2].replace("->", "→").replace("→", " → ").split())
        ends = [f"{call.from_} → {call.to}" for call in design.calls]
        known = [f"{end}, {call.does}" if call.does else end for end, call in zip(ends, design.calls, strict=True)]
        found = [index for index, end in enumerate(ends) if wanted in (end, known[index])]
    else:
        wanted, known = named[2], [endpoint.name for endpoint in design.api.endpoints]
        found = [index for index, name in enumerate(known) if name == wanted]
    if not found:
        raise UnknownName("call" if named[1] == "calls" else "endpoint", wanted, known)
    if len(found) > 1:
        ways = listed((f"`calls[{known[i] if known.count(known[i]) == 1 else i}]`" for i in found), most=8)
        raise InvalidInput(f"{len(found)} calls go {shown(wanted)}; say which one: {ways}")
    return f"{named[1]}.{found[0]}{path[named.end() :]}"


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
